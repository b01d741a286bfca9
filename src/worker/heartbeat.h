/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/random.h"

/* When the worker tells the controller about itself. Pure. */

typedef struct _HnHeartbeat HnHeartbeat;

/**
 * hn_heartbeat_new:
 * @now_us: monotonic time
 * @period_us: between two beats when nothing changes
 * @random: chance for the pauses after a failure; outlives it
 *
 * Returns: (transfer full): a heartbeat that is due at once
 */
HnHeartbeat *hn_heartbeat_new (gint64 now_us, gint64 period_us, HnRandom *random);

/**
 * hn_heartbeat_free:
 * @self: (nullable): what to free
 */
void hn_heartbeat_free (HnHeartbeat *self);

/**
 * hn_heartbeat_changed:
 * @self: a heartbeat
 * @now_us: monotonic time
 *
 * Something changed that the controller should know at once, or has news for us.
 */
void hn_heartbeat_changed (HnHeartbeat *self, gint64 now_us);

/**
 * hn_heartbeat_sent:
 * @self: a heartbeat that was due
 *
 * A report is under way: nothing is due until hn_heartbeat_answered().
 */
void hn_heartbeat_sent (HnHeartbeat *self);

/**
 * hn_heartbeat_answered:
 * @self: a heartbeat
 * @accepted: whether the controller took it
 * @now_us: monotonic time
 */
void hn_heartbeat_answered (HnHeartbeat *self, gboolean accepted, gint64 now_us);

/**
 * hn_heartbeat_deadline:
 * @self: a heartbeat
 *
 * Returns: when the next is due, or %HN_NEVER while one is under way
 */
gint64 hn_heartbeat_deadline (const HnHeartbeat *self);

/**
 * hn_heartbeat_get_failures:
 * @self: a heartbeat
 *
 * Returns: how many in a row were not accepted
 */
guint hn_heartbeat_get_failures (const HnHeartbeat *self);

/**
 * hn_heartbeat_leave:
 * @self: a heartbeat
 * @now_us: monotonic time
 *
 * The last one is due at once, even after failures; when one is under way, as soon as that is accepted. The answer to the last one is
 * told by hn_heartbeat_has_left().
 */
void hn_heartbeat_leave (HnHeartbeat *self, gint64 now_us);

/**
 * hn_heartbeat_is_leaving:
 * @self: a heartbeat
 *
 * Returns: whether the one that is due is the last one
 */
gboolean hn_heartbeat_is_leaving (const HnHeartbeat *self);

/**
 * hn_heartbeat_has_left:
 * @self: a heartbeat
 *
 * Returns: whether there will be no more: the last one was answered, or is not worth a try
 */
gboolean hn_heartbeat_has_left (const HnHeartbeat *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHeartbeat, hn_heartbeat_free)
