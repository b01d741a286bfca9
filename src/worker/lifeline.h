/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/worker-api.h"

/* Which states a session went through, and when. Pure. */

typedef struct _HnLifeline HnLifeline;

typedef struct {
  HnSessionState state;
  gint64 utc_us;   /* when it began */
  gint64 after_us; /* the same, since the session was created */
} HnLifelineStep;

/**
 * hn_lifeline_new:
 * @now_us: monotonic time of the session's creation
 *
 * Returns: (transfer full): nothing happened yet
 */
HnLifeline *hn_lifeline_new (gint64 now_us);

/**
 * hn_lifeline_free:
 * @self: (nullable): what to free
 */
void hn_lifeline_free (HnLifeline *self);

/**
 * hn_lifeline_note:
 * @self: a history
 * @state: the state that a session is in now; told again it is no news
 * @now_us: monotonic time
 * @utc_us: the same, UTC
 */
void hn_lifeline_note (HnLifeline *self, HnSessionState state, gint64 now_us, gint64 utc_us);

/**
 * hn_lifeline_get:
 * @self: a history
 * @ret_left_out: (out): how many were left out behind the first ones
 *
 * Returns: (transfer none) (element-type HnLifelineStep): the steps in their order, HN_LIMIT_HISTORY at most
 */
const GArray *hn_lifeline_get (const HnLifeline *self, guint *ret_left_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnLifeline, hn_lifeline_free)
