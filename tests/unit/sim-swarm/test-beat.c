/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/support/unit.h"

#include "sim/fakes/swarm/beat.h"

static void
a_change_is_told_at_once (void **state)
{
  SimBeat beat = { .period_us = 30000000 };

  assert_true (sim_beat_changed (&beat));
}

static void
changes_while_one_is_under_way_make_one_more_afterwards (void **state)
{
  SimBeat beat = { .period_us = 30000000 };

  sim_beat_sent (&beat);
  assert_false (sim_beat_changed (&beat));
  assert_false (sim_beat_changed (&beat));
  assert_int_equal (sim_beat_answered (&beat, TRUE), 0);
  sim_beat_sent (&beat);
  assert_int_equal (sim_beat_answered (&beat, TRUE), 30000000);
}

static void
failures_wait_longer_each_time_up_to_five_seconds (void **state)
{
  static const gint64 expected[] = { 250000, 500000, 1000000, 2000000, 4000000, 5000000, 5000000 };
  SimBeat beat = { .period_us = 30000000 };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    sim_beat_sent (&beat);
    assert_int_equal (sim_beat_answered (&beat, FALSE), expected[i]);
    assert_false (sim_beat_changed (&beat));
  }
  sim_beat_sent (&beat);
  assert_int_equal (sim_beat_answered (&beat, TRUE), 30000000);
  assert_true (sim_beat_changed (&beat));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_change_is_told_at_once),
    cmocka_unit_test (changes_while_one_is_under_way_make_one_more_afterwards),
    cmocka_unit_test (failures_wait_longer_each_time_up_to_five_seconds),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
