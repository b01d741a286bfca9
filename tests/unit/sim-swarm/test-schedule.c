/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/support/unit.h"

#include "sim/fakes/swarm/schedule.h"

typedef struct {
  SimSchedule *schedule;
  SimTask *other;
  GString *done;
} World;

static World world;

static void
do_a (gpointer user)
{
  g_string_append_c (world.done, 'a');
}

static void
do_b (gpointer user)
{
  g_string_append_c (world.done, 'b');
}

static void
do_again (gpointer user)
{
  g_string_append_c (world.done, '+');
  sim_schedule_add (world.schedule, 0, do_again, NULL);
}

static void
do_drop (gpointer user)
{
  sim_schedule_drop (world.schedule, &world.other);
}

static int
set_up (void **state)
{
  world = (World){ .schedule = sim_schedule_new (), .done = g_string_new (NULL) };
  return 0;
}

static int
tear_down (void **state)
{
  sim_schedule_free (world.schedule);
  g_string_free (world.done, TRUE);
  return 0;
}

static void
tasks_are_done_in_the_order_of_their_times_and_of_their_coming (void **state)
{
  assert_int_equal (sim_schedule_deadline (world.schedule), -1);
  sim_schedule_add (world.schedule, 20, do_b, NULL);
  sim_schedule_add (world.schedule, 10, do_a, NULL);
  sim_schedule_add (world.schedule, 20, do_a, NULL);
  assert_int_equal (sim_schedule_deadline (world.schedule), 10);
  sim_schedule_run (world.schedule, 9);
  assert_string_equal (world.done->str, "");
  sim_schedule_run (world.schedule, 20);
  assert_string_equal (world.done->str, "aba");
  assert_int_equal (sim_schedule_deadline (world.schedule), -1);
}

static void
a_task_that_adds_itself_again_does_not_hold_the_run (void **state)
{
  sim_schedule_add (world.schedule, 0, do_again, NULL);
  sim_schedule_run (world.schedule, 1);
  assert_string_equal (world.done->str, "+");
  sim_schedule_run (world.schedule, 1);
  assert_string_equal (world.done->str, "++");
}

static void
a_task_may_drop_another_that_is_due (void **state)
{
  sim_schedule_add (world.schedule, 1, do_drop, NULL);
  world.other = sim_schedule_add (world.schedule, 2, do_b, NULL);
  sim_schedule_run (world.schedule, 5);
  assert_string_equal (world.done->str, "");
  assert_null (world.other);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (tasks_are_done_in_the_order_of_their_times_and_of_their_coming),
    TEST (a_task_that_adds_itself_again_does_not_hold_the_run),
    TEST (a_task_may_drop_another_that_is_due),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
