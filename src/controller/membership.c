/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: only a heartbeat makes a worker healthy. A failed connection makes it suspect until the next one: no new sessions, the old
 * ones are still proxied. Silent for the heartbeat timeout it is unhealthy (at once when it said that it ends), and forgotten after FORGET_TIMEOUTS of silence more:
 * until then its sessions are listed as stale and proxied in case only its heartbeats are lost. */
#include "controller/membership.h"

#include "base/clock.h"

#define FORGET_TIMEOUTS 10

typedef struct {
  HnMembershipState from;
  HnMembershipEvent event;
  HnMembershipState to;
} Row;

/* What is in no row changes nothing. */
static const Row table[] = {
  { HN_MEMBERSHIP_UNKNOWN, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_UNKNOWN, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_HEALTHY, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_HEALTHY, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_HEALTHY, HN_MEMBERSHIP_FAILED, HN_MEMBERSHIP_SUSPECT },
  { HN_MEMBERSHIP_HEALTHY, HN_MEMBERSHIP_TIME_UP, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_SUSPECT, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_SUSPECT, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_SUSPECT, HN_MEMBERSHIP_TIME_UP, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_UNHEALTHY, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_UNHEALTHY, HN_MEMBERSHIP_TIME_UP, HN_MEMBERSHIP_GONE },
  { HN_MEMBERSHIP_GONE, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_GONE, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
};

gboolean
hn_membership_handle (HnMembership *self, HnMembershipEvent event, gint64 now_us)
{
  HnMembershipState before = self->state;

  if (event == HN_MEMBERSHIP_HEARTBEAT || event == HN_MEMBERSHIP_LEAVING)
    self->heard_us = now_us;
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    if (table[i].from == before && table[i].event == event) {
      self->state = table[i].to;
      break;
    }
  }
  return self->state != before;
}

gint64
hn_membership_deadline (const HnMembership *self, gint64 timeout_us)
{
  switch (self->state) {
  case HN_MEMBERSHIP_HEALTHY:
  case HN_MEMBERSHIP_SUSPECT:
    return self->heard_us + timeout_us;
  case HN_MEMBERSHIP_UNHEALTHY:
    return self->heard_us + (1 + FORGET_TIMEOUTS) * timeout_us;
  case HN_MEMBERSHIP_UNKNOWN:
  case HN_MEMBERSHIP_GONE:
    break;
  }
  return HN_NEVER;
}

gboolean
hn_membership_takes_sessions (const HnMembership *self)
{
  return self->state == HN_MEMBERSHIP_HEALTHY;
}

const char *
hn_membership_to_text (HnMembershipState state)
{
  static const char *const texts[] = {
#define HN_MEMBERSHIP_TEXT(state, text) [HN_MEMBERSHIP_##state] = text,
    HN_MEMBERSHIP_STATES (HN_MEMBERSHIP_TEXT)
#undef HN_MEMBERSHIP_TEXT
  };

  return texts[state];
}
