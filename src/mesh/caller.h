/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/jwt.h"
#include "net/http-head.h"

/* Who opens a socket of the mesh: what its token says, where tokens are asked for. Pure. */

#define HN_CALLER_PROTOCOL "hydraneck-mesh" /* for callers that must name one because they bring `bearer.TOKEN` beside it */

/**
 * HnCaller:
 * @refusal: (nullable): why it is closed with 1008; %NULL: it is let in
 * @why: (nullable): the same for the log
 * @identity: (nullable): whom its token names
 * @allowed: (nullable): the one id that it may register, or the prefix of several before a `*`
 * @expires_utc_us: when its token does, G_MAXINT64: never
 */
typedef struct {
  char *refusal;
  char *why;
  char *identity;
  char *allowed;
  gint64 expires_utc_us;
} HnCaller;

/**
 * hn_caller_new:
 * @rules: (nullable): what is asked of tokens; %NULL: nobody needs one
 * @head: the request that opens the socket
 * @utc_us: now
 *
 * Returns: (transfer full): who it is
 */
HnCaller *hn_caller_new (const HnJwtRules *rules, const HnHttpHead *head, gint64 utc_us);

/**
 * hn_caller_free:
 * @self: (nullable): what to free
 */
void hn_caller_free (HnCaller *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnCaller, hn_caller_free)
