/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-store.h"

/* What the scripts of assets/ answer, as a value. No socket is touched here; the name tells whose structs are read. */

struct redisReply; /* hiredis */

/**
 * HnRosterReply:
 * @answer: the value; it points into the reply, whose strings were changed
 */
typedef struct {
  HnRosterAnswer answer;
} HnRosterReply;

/**
 * hn_roster_reply_redis_read:
 * @kind: what was asked
 * @reply: outlives the value
 * @ret_why: (out) (transfer full): what is wrong with it, otherwise untouched
 *
 * Returns: (transfer full) (nullable): the value; %NULL when it is an error or none that is to be expected
 */
HnRosterReply *hn_roster_reply_redis_read (HnRosterAskKind kind, struct redisReply *reply, char **ret_why);

/**
 * hn_roster_reply_redis_free:
 * @self: (nullable): what to free
 */
void hn_roster_reply_redis_free (HnRosterReply *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRosterReply, hn_roster_reply_redis_free)
