/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"

/* A roster of one process, without Redis: all calls wait in a queue and are carried out by hn_roster_memory_run(). Pure; the loop, the
 * clock and chance are roster-memory-io's. */

typedef struct _HnRosterMemory HnRosterMemory;

/**
 * hn_roster_memory_new:
 * @process: unique (base/id): also the beginning of all epochs
 * @events: static
 * @user_data: for @events
 * @later: called when something waits: hn_roster_memory_run() is to be called from the loop; static
 * @later_data: for @later
 * @later_free: frees @later_data when the roster is freed
 *
 * Returns: (transfer full): a roster; freed by hn_roster_free()
 */
HnRosterMemory *hn_roster_memory_new (const char *process, const HnRosterEvents *events, gpointer user_data,
                                      void (*later) (gpointer later_data), gpointer later_data, GDestroyNotify later_free);

/**
 * hn_roster_memory_as_roster:
 * @self: a roster
 *
 * Returns: (transfer none): the same
 */
HnRoster *hn_roster_memory_as_roster (HnRosterMemory *self);

/**
 * hn_roster_memory_run:
 * @self: a roster
 * @now_us: monotonic
 * @utc_us: the same moment, for those who come
 * @most: so many calls at most, so that others have their turn
 *
 * Carries out calls that wait; those that are made meanwhile come after them.
 *
 * Returns: whether some still wait. %FALSE too when the roster was freed by its `closed` callback
 */
gboolean hn_roster_memory_run (HnRosterMemory *self, gint64 now_us, gint64 utc_us, guint most);
