/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/address.h"

/* Whose turn it is on a body: Sunshine streams to one client and pairs one at a time. Pure. */

typedef struct _HnBodyQueue HnBodyQueue;

typedef enum {
  HN_BODY_FREE,    /* it is this session's turn now */
  HN_BODY_WAIT,    /* its turn comes when hn_body_queue_leave() names it */
  HN_BODY_REFUSED, /* see the error */
} HnBodyTurn;

/**
 * hn_body_queue_new:
 *
 * Returns: (transfer full): all bodies free
 */
HnBodyQueue *hn_body_queue_new (void);

/**
 * hn_body_queue_free:
 * @self: (nullable): what to free
 */
void hn_body_queue_free (HnBodyQueue *self);

/**
 * hn_body_queue_enter:
 * @self: bodies
 * @body: the body's address
 * @body_text: how messages name it
 * @session_id: who wants it
 * @replace: end the older session even if it streams
 * @ret_replaced: (element-type utf8): the ids of sessions that must now be ended, reason `replaced`, are appended (made by
 * g_strdup)
 * @error: CONFLICT: `body X already in use by session Y`
 *
 * Returns: whose turn it is
 */
HnBodyTurn hn_body_queue_enter (HnBodyQueue *self, const HnAddress *body, const char *body_text, const char *session_id,
                                gboolean replace, GPtrArray *ret_replaced, GError **error);

/**
 * hn_body_queue_set_streaming:
 * @self: bodies
 * @session_id: a session
 * @streaming: whether it has a stream socket
 */
void hn_body_queue_set_streaming (HnBodyQueue *self, const char *session_id, gboolean streaming);

/**
 * hn_body_queue_leave:
 * @self: bodies
 * @session_id: a session that is cleaned up; an unknown one is ignored
 *
 * Returns: (transfer full) (nullable): the session whose turn it is now
 */
char *hn_body_queue_leave (HnBodyQueue *self, const char *session_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnBodyQueue, hn_body_queue_free)
