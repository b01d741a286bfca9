/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/swarm/agenda-io.h"

#include "base/clock.h"
#include "net/timer.h"

struct SimAgenda {
  SimSchedule *schedule;
  HnTimer *timer;
  gint64 armed_us; /* HN_NEVER: not */
};

/* Only for an earlier deadline: one that was dropped costs an empty turn, arming for each task would cost more. */
static void
arm (SimAgenda *self)
{
  gint64 deadline_us = sim_schedule_deadline (self->schedule);

  if (deadline_us < 0 || (self->armed_us != HN_NEVER && self->armed_us <= deadline_us))
    return;
  self->armed_us = deadline_us;
  hn_timer_arm (self->timer, deadline_us);
}

static void
on_time (gpointer user)
{
  SimAgenda *self = user;

  self->armed_us = HN_NEVER;
  sim_schedule_run (self->schedule, hn_clock_now_us ());
  arm (self);
}

SimTask *
sim_agenda_at (SimAgenda *self, gint64 at_us, SimTaskFunc func, gpointer user)
{
  SimTask *task = sim_schedule_add (self->schedule, at_us, func, user);

  arm (self);
  return task;
}

SimTask *
sim_agenda_in (SimAgenda *self, gint64 after_us, SimTaskFunc func, gpointer user)
{
  return sim_agenda_at (self, hn_clock_now_us () + after_us, func, user);
}

void
sim_agenda_drop (SimAgenda *self, SimTask **task)
{
  sim_schedule_drop (self->schedule, task);
}

SimAgenda *
sim_agenda_new (void)
{
  SimAgenda *self = g_new0 (SimAgenda, 1);

  self->schedule = sim_schedule_new ();
  self->timer = hn_timer_new (on_time, self);
  self->armed_us = HN_NEVER;
  return self;
}

void
sim_agenda_free (SimAgenda *self)
{
  if (self == NULL)
    return;
  hn_timer_free (self->timer);
  sim_schedule_free (self->schedule);
  g_free (self);
}
