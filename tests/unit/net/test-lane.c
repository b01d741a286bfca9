/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/unit.h"

#include "base/clock.h"
#include "net/lane.h"

static int one, two, three;

static void
who_came_first_is_due_first (void **unused)
{
  HnLane lane = { .span_us = 100 };
  HnLaneSeat seats[2] = { 0 };

  assert_true (hn_lane_get_deadline (&lane) == HN_NEVER);
  hn_lane_enter (&lane, &seats[0], &one, 1000);
  hn_lane_enter (&lane, &seats[1], &two, 1050);
  assert_int_equal (hn_lane_get_deadline (&lane), 1100);
  assert_null (hn_lane_pop (&lane, 1099));
  assert_ptr_equal (hn_lane_pop (&lane, 1100), &one);
  assert_null (seats[0].lane);
  assert_null (hn_lane_pop (&lane, 1149));
  assert_ptr_equal (hn_lane_pop (&lane, 5000), &two);
  assert_null (hn_lane_pop (&lane, 5000));
}

static void
who_enters_again_waits_anew (void **unused)
{
  HnLane lane = { .span_us = 100 };
  HnLaneSeat seats[3] = { 0 };

  hn_lane_enter (&lane, &seats[0], &one, 0);
  hn_lane_enter (&lane, &seats[1], &two, 10);
  hn_lane_enter (&lane, &seats[2], &three, 20);
  hn_lane_enter (&lane, &seats[0], &one, 30);
  assert_int_equal (hn_lane_get_deadline (&lane), 110);
  assert_ptr_equal (hn_lane_pop (&lane, 1000), &two);
  assert_ptr_equal (hn_lane_pop (&lane, 1000), &three);
  assert_ptr_equal (hn_lane_pop (&lane, 1000), &one);
}

static void
who_enters_another_lane_has_left_the_first (void **unused)
{
  HnLane quiet = { .span_us = 100 }, asked = { .span_us = 50 };
  HnLaneSeat seat = { 0 };

  hn_lane_enter (&quiet, &seat, &one, 0);
  hn_lane_enter (&asked, &seat, &one, 10);
  assert_true (hn_lane_get_deadline (&quiet) == HN_NEVER);
  assert_int_equal (hn_lane_get_deadline (&asked), 60);
  hn_lane_leave (&seat);
  hn_lane_leave (&seat);
  assert_true (hn_lane_get_deadline (&asked) == HN_NEVER);
}

static void
without_a_span_nobody_waits (void **unused)
{
  HnLane lane = { 0 }, other = { .span_us = 1 };
  HnLaneSeat seat = { 0 };

  hn_lane_enter (&other, &seat, &one, 0);
  hn_lane_enter (&lane, &seat, &one, 0);
  assert_null (hn_lane_pop (&lane, G_MAXINT64));
  assert_null (hn_lane_pop (&other, G_MAXINT64));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (who_came_first_is_due_first),
    cmocka_unit_test (who_enters_again_waits_anew),
    cmocka_unit_test (who_enters_another_lane_has_left_the_first),
    cmocka_unit_test (without_a_span_nobody_waits),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
