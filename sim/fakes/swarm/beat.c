/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/swarm/beat.h"

#define FIRST_RETRY_US G_GINT64_CONSTANT (250000)
#define LAST_RETRY_US G_GINT64_CONSTANT (5000000)

gboolean
sim_beat_changed (SimBeat *self)
{
  if (self->under_way)
    self->changed = TRUE;
  return !self->under_way && self->failures == 0;
}

void
sim_beat_sent (SimBeat *self)
{
  self->under_way = TRUE;
  self->changed = FALSE;
}

gint64
sim_beat_answered (SimBeat *self, gboolean accepted)
{
  gint64 wait_us = self->changed ? 0 : self->period_us;

  self->under_way = FALSE;
  self->changed = FALSE;
  if (accepted) {
    self->failures = 0;
    return wait_us;
  }
  wait_us = MIN (FIRST_RETRY_US << MIN (self->failures, 5), LAST_RETRY_US);
  self->failures++;
  return wait_us;
}
