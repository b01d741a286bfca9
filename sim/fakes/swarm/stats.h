/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measured times, and what they come to. Pure. */
#pragma once

#include <json-glib/json-glib.h>

typedef struct SimStats SimStats;

/**
 * sim_stats_new:
 *
 * Returns: (transfer full): no times yet
 */
SimStats *sim_stats_new (void);

/**
 * sim_stats_free:
 * @self: (nullable) (transfer full): times
 */
void sim_stats_free (SimStats *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimStats, sim_stats_free)

/**
 * sim_stats_add:
 * @self: times
 * @us: one more
 */
void sim_stats_add (SimStats *self, gint64 us);

/**
 * sim_stats_count:
 * @self: times
 *
 * Returns: how many there are
 */
guint sim_stats_count (const SimStats *self);

/**
 * sim_stats_at:
 * @self: times
 * @percent: 0 … 100
 *
 * Returns: the smallest time that at least @percent of all are not above (nearest rank); 0 when there are none
 */
gint64 sim_stats_at (SimStats *self, double percent);

/**
 * sim_stats_json:
 * @self: times
 *
 * Returns: (transfer full): `{"count","p50","p99","max"}`, in microseconds
 */
JsonObject *sim_stats_json (SimStats *self);
