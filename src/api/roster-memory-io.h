/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"
#include "net/poller.h"

/* A roster of one process, on the main loop of its thread. */

/**
 * hn_roster_memory_io_new:
 * @poller: outlives the roster
 * @process: unique (base/id)
 * @events: static; `available` and `foreign` are never called
 * @user_data: for @events
 *
 * Returns: (transfer full): a roster
 */
HnRoster *hn_roster_memory_io_new (HnPoller *poller, const char *process, const HnRosterEvents *events, gpointer user_data);
