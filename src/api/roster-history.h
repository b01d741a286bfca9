/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-seat.h"

/* What was said lately in the groups of one process that has no Redis, for members that come back: a bounded ring for each group, and
 * where each group's offsets stand, for a while after its last seat too. Pure. */

typedef struct _HnRosterHistory HnRosterHistory;

/**
 * hn_roster_history_new:
 *
 * Returns: (transfer full): a history of nothing
 */
HnRosterHistory *hn_roster_history_new (void);

/**
 * hn_roster_history_free:
 * @self: (nullable): a history
 */
void hn_roster_history_free (HnRosterHistory *self);

/**
 * hn_roster_history_open:
 * @self: a history
 * @group: name of a group that gets its first seat
 * @epoch: of its offsets, if it is not remembered
 * @now_us: monotonic
 * @ret_offset: (out): of its last event, 0 if it is not remembered
 *
 * Returns: (transfer none): its epoch
 */
const char *hn_roster_history_open (HnRosterHistory *self, const char *group, const char *epoch, gint64 now_us, guint64 *ret_offset);

/**
 * hn_roster_history_close:
 * @self: a history
 * @group: name of an open group that has no seat any more; remembered for HN_LIMIT_ROSTER_HISTORY_SECONDS
 * @now_us: monotonic
 */
void hn_roster_history_close (HnRosterHistory *self, const char *group, gint64 now_us);

/**
 * hn_roster_history_add:
 * @self: a history
 * @group: name of an open group
 * @event: CAME, LEFT or SAID with the next offset; its text is copied
 * @seat: of hn_roster_seat_new(): the event's
 * @now_us: monotonic
 */
void hn_roster_history_add (HnRosterHistory *self, const char *group, const HnRosterEvent *event, const HnRosterSeat *seat,
                            gint64 now_us);

/**
 * hn_roster_history_get:
 * @self: a history
 * @group: name
 * @epoch: of @offset
 * @offset: of a reader's last event
 * @now_us: monotonic
 * @events: (element-type HnRosterEvent): those after it are appended; valid until the history is changed
 *
 * Returns: whether these are all
 */
gboolean hn_roster_history_get (HnRosterHistory *self, const char *group, const char *epoch, guint64 offset, gint64 now_us,
                                GArray *events);

/**
 * hn_roster_history_get_bytes:
 * @self: a history
 *
 * Returns: what its events take
 */
gsize hn_roster_history_get_bytes (const HnRosterHistory *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRosterHistory, hn_roster_history_free)
