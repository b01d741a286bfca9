/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-memory-io.h"

#include "api/roster-memory.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/later.h"
#include "net/timer.h"

/* What is asked for in a turn of the loop is carried out at its end, so that what it makes leaves in the same turn; of too much the rest waits for the next one. */
typedef struct {
  HnRosterMemory *core;
  HnLater *soon;
  HnTimer *next_turn;
} Loop;

static void
run (gpointer data)
{
  Loop *self = data;

  if (hn_roster_memory_run (self->core, hn_clock_now_us (), hn_clock_utc_us (), HN_LIMIT_ROSTER_TURN))
    hn_timer_arm (self->next_turn, 0);
}

static void
wake (gpointer data)
{
  hn_later_wake (((Loop *) data)->soon);
}

static void
loop_free (gpointer data)
{
  Loop *self = data;

  hn_later_free (self->soon);
  hn_timer_free (self->next_turn);
  g_free (self);
}

HnRoster *
hn_roster_memory_io_new (HnPoller *poller, const char *process, const HnRosterEvents *events, gpointer user_data)
{
  Loop *loop = g_new0 (Loop, 1);

  loop->soon = hn_later_new (poller, run, loop);
  loop->next_turn = hn_timer_new (run, loop);
  loop->core = hn_roster_memory_new (process, events, user_data, wake, loop, loop_free);
  return hn_roster_memory_as_roster (loop->core);
}
