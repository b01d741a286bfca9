/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-memory-io.h"

#include "api/roster-memory.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/timer.h"

/* What the core calls when something waits. */
typedef struct {
  HnRosterMemory *core;
  HnTimer *timer;
} Later;

static void
run (gpointer data)
{
  Later *self = data;

  if (hn_roster_memory_run (self->core, hn_clock_now_us (), hn_clock_utc_us (), HN_LIMIT_ROSTER_TURN))
    hn_timer_arm (self->timer, 0);
}

static void
wake (gpointer data)
{
  hn_timer_arm (((Later *) data)->timer, 0);
}

static void
later_free (gpointer data)
{
  Later *self = data;

  hn_timer_free (self->timer);
  g_free (self);
}

HnRoster *
hn_roster_memory_io_new (const char *process, const HnRosterEvents *events, gpointer user_data)
{
  Later *later = g_new0 (Later, 1);

  later->timer = hn_timer_new (run, later);
  later->core = hn_roster_memory_new (process, events, user_data, wake, later, later_free);
  return hn_roster_memory_as_roster (later->core);
}
