/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a fake worker's next heartbeat is due: each period, at once on a change, one more for what changed while one was under way, and after a
 * failure 0.25, 0.5, 1, 2, 4, 5, 5 … s. Pure. */
#pragma once

#include <glib.h>

typedef struct {
  gint64 period_us;
  gboolean under_way;
  gboolean changed; /* meanwhile */
  guint failures;
} SimBeat;

/**
 * sim_beat_changed:
 * @self: a rhythm
 *
 * Returns: whether a heartbeat must be sent now
 */
gboolean sim_beat_changed (SimBeat *self);

/**
 * sim_beat_sent:
 * @self: a rhythm
 */
void sim_beat_sent (SimBeat *self);

/**
 * sim_beat_answered:
 * @self: a rhythm
 * @accepted: whether the controller took it
 *
 * Returns: how long to wait for the next one, 0 for none
 */
gint64 sim_beat_answered (SimBeat *self, gboolean accepted);
