/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"

#define STALL_US hn_seconds (30)
#define WINDOW_US hn_seconds (60)

static void
nobody_waits_for_a_peer_at_rest (void **state)
{
  HnPace pace = { 0 };

  assert_int_equal (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US), HN_NEVER);
  hn_pace_gave (&pace, 0, hn_seconds (10));
  assert_int_equal (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US), hn_seconds (40));
  hn_pace_rest (&pace);
  assert_int_equal (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US), HN_NEVER);
}

static void
a_byte_a_second_puts_off_the_stall_but_not_the_end_of_the_window (void **state)
{
  HnPace pace = { 0 };

  hn_pace_gave (&pace, 0, hn_seconds (10));
  for (int second = 11; second < 70; second++)
    hn_pace_gave (&pace, 1, hn_seconds (second));
  assert_int_equal (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US), hn_seconds (70));
}

static void
a_slow_but_honest_peer_may_go_on_for_ever (void **state)
{
  HnPace pace = { 0 };

  hn_pace_gave (&pace, 0, hn_seconds (10));
  for (int second = 11; second < 100000; second++) {
    hn_pace_gave (&pace, 300, hn_seconds (second)); /* a modem of 2,400 baud */
    assert_true (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US) > hn_seconds (second));
  }
}

static void
what_moved_before_a_wait_is_not_counted_for_it (void **state)
{
  HnPace pace = { 0 };

  hn_pace_gave (&pace, HN_LIMIT_PACE_BYTES - 1, hn_seconds (10));
  hn_pace_gave (&pace, HN_LIMIT_PACE_BYTES - 1, hn_seconds (20));
  assert_int_equal (hn_pace_get_deadline (&pace, hn_seconds (1000), WINDOW_US), hn_seconds (70));
  hn_pace_gave (&pace, 1, hn_seconds (30));
  assert_int_equal (hn_pace_get_deadline (&pace, hn_seconds (1000), WINDOW_US), hn_seconds (90));
}

static void
what_a_taker_took_is_what_is_left_less_than_before (void **state)
{
  HnPace pace = { 0 };

  hn_pace_left (&pace, 5000000, hn_seconds (10));
  assert_int_equal (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US), hn_seconds (40));
  hn_pace_left (&pace, 4999999, hn_seconds (30));
  assert_int_equal (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US), hn_seconds (60));
  hn_pace_left (&pace, 6000000, hn_seconds (50)); /* somebody sent more */
  assert_int_equal (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US), hn_seconds (60));
  hn_pace_left (&pace, 5000000, hn_seconds (55));
  assert_int_equal (hn_pace_get_deadline (&pace, STALL_US, WINDOW_US), hn_seconds (85));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nobody_waits_for_a_peer_at_rest),
    cmocka_unit_test (a_byte_a_second_puts_off_the_stall_but_not_the_end_of_the_window),
    cmocka_unit_test (a_slow_but_honest_peer_may_go_on_for_ever),
    cmocka_unit_test (what_moved_before_a_wait_is_not_counted_for_it),
    cmocka_unit_test (what_a_taker_took_is_what_is_left_less_than_before),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
