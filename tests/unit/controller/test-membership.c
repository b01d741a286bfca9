/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"
#include "controller/membership.h"
#include "tests/support/unit.h"

#define S G_USEC_PER_SEC
#define TIMEOUT (60 * (gint64) S)

/* The whole table, written a second time: every state with every event. */
static const struct {
  HnMembershipState from;
  HnMembershipEvent event;
  HnMembershipState to;
} expected[] = {
  { HN_MEMBERSHIP_UNKNOWN, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_UNKNOWN, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_UNKNOWN, HN_MEMBERSHIP_FAILED, HN_MEMBERSHIP_UNKNOWN },
  { HN_MEMBERSHIP_UNKNOWN, HN_MEMBERSHIP_TIME_UP, HN_MEMBERSHIP_UNKNOWN },
  { HN_MEMBERSHIP_HEALTHY, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_HEALTHY, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_HEALTHY, HN_MEMBERSHIP_FAILED, HN_MEMBERSHIP_SUSPECT },
  { HN_MEMBERSHIP_HEALTHY, HN_MEMBERSHIP_TIME_UP, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_SUSPECT, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_SUSPECT, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_SUSPECT, HN_MEMBERSHIP_FAILED, HN_MEMBERSHIP_SUSPECT },
  { HN_MEMBERSHIP_SUSPECT, HN_MEMBERSHIP_TIME_UP, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_UNHEALTHY, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_UNHEALTHY, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_UNHEALTHY, HN_MEMBERSHIP_FAILED, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_UNHEALTHY, HN_MEMBERSHIP_TIME_UP, HN_MEMBERSHIP_GONE },
  { HN_MEMBERSHIP_GONE, HN_MEMBERSHIP_HEARTBEAT, HN_MEMBERSHIP_HEALTHY },
  { HN_MEMBERSHIP_GONE, HN_MEMBERSHIP_LEAVING, HN_MEMBERSHIP_UNHEALTHY },
  { HN_MEMBERSHIP_GONE, HN_MEMBERSHIP_FAILED, HN_MEMBERSHIP_GONE },
  { HN_MEMBERSHIP_GONE, HN_MEMBERSHIP_TIME_UP, HN_MEMBERSHIP_GONE },
};

static void
every_state_answers_every_event_as_written_here (void **unused)
{
  assert_int_equal (G_N_ELEMENTS (expected), 5 * 4);
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++) {
    HnMembership lease = { .state = expected[i].from, .heard_us = 7 };

    assert_int_equal (hn_membership_handle (&lease, expected[i].event, 9), expected[i].from != expected[i].to);
    assert_int_equal (lease.state, expected[i].to);
    assert_int_equal (lease.heard_us, expected[i].event == HN_MEMBERSHIP_HEARTBEAT || expected[i].event == HN_MEMBERSHIP_LEAVING ? 9 : 7);
  }
}

static void
only_a_healthy_worker_takes_sessions (void **unused)
{
  for (int state = HN_MEMBERSHIP_UNKNOWN; state <= HN_MEMBERSHIP_GONE; state++) {
    HnMembership lease = { .state = (HnMembershipState) state };

    assert_int_equal (hn_membership_takes_sessions (&lease), state == HN_MEMBERSHIP_HEALTHY);
  }
}

static void
a_failed_connection_does_not_prolong_the_lease (void **unused)
{
  HnMembership lease = { 0 };

  assert_int_equal (hn_membership_deadline (&lease, TIMEOUT), HN_NEVER);
  hn_membership_handle (&lease, HN_MEMBERSHIP_HEARTBEAT, 100);
  assert_int_equal (hn_membership_deadline (&lease, TIMEOUT), 100 + TIMEOUT);
  hn_membership_handle (&lease, HN_MEMBERSHIP_FAILED, 200);
  assert_int_equal (hn_membership_deadline (&lease, TIMEOUT), 100 + TIMEOUT);
}

static void
a_silent_worker_is_forgotten_long_after_it_became_unhealthy (void **unused)
{
  HnMembership lease = { 0 };

  hn_membership_handle (&lease, HN_MEMBERSHIP_HEARTBEAT, 0);
  hn_membership_handle (&lease, HN_MEMBERSHIP_TIME_UP, TIMEOUT);
  assert_int_equal (lease.state, HN_MEMBERSHIP_UNHEALTHY);
  assert_int_equal (hn_membership_deadline (&lease, TIMEOUT), 11 * TIMEOUT);
  hn_membership_handle (&lease, HN_MEMBERSHIP_TIME_UP, 11 * TIMEOUT);
  assert_int_equal (lease.state, HN_MEMBERSHIP_GONE);
  assert_int_equal (hn_membership_deadline (&lease, TIMEOUT), HN_NEVER);
}

static void
states_have_their_public_names (void **unused)
{
  assert_string_equal (hn_membership_to_text (HN_MEMBERSHIP_UNKNOWN), "unknown");
  assert_string_equal (hn_membership_to_text (HN_MEMBERSHIP_HEALTHY), "healthy");
  assert_string_equal (hn_membership_to_text (HN_MEMBERSHIP_SUSPECT), "suspect");
  assert_string_equal (hn_membership_to_text (HN_MEMBERSHIP_UNHEALTHY), "unhealthy");
  assert_string_equal (hn_membership_to_text (HN_MEMBERSHIP_GONE), "gone");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_state_answers_every_event_as_written_here),
    cmocka_unit_test (only_a_healthy_worker_takes_sessions),
    cmocka_unit_test (a_failed_connection_does_not_prolong_the_lease),
    cmocka_unit_test (a_silent_worker_is_forgotten_long_after_it_became_unhealthy),
    cmocka_unit_test (states_have_their_public_names),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
