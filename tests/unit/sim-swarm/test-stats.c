/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/support/unit.h"

#include "sim/fakes/swarm/feed.h"
#include "sim/fakes/swarm/stats.h"

static void
percentiles_are_exact_and_by_nearest_rank (void **state)
{
  g_autoptr (SimStats) stats = sim_stats_new ();

  assert_int_equal (sim_stats_at (stats, 99), 0);
  for (gint64 i = 200; i > 0; i--)
    sim_stats_add (stats, i);
  assert_int_equal (sim_stats_at (stats, 50), 100);
  assert_int_equal (sim_stats_at (stats, 99), 198);
  assert_int_equal (sim_stats_at (stats, 100), 200);
  assert_int_equal (sim_stats_at (stats, 0), 1);
  sim_stats_add (stats, 1000);
  assert_int_equal (sim_stats_at (stats, 100), 1000);
  assert_int_equal (sim_stats_count (stats), 201);
}

static void
a_second_of_a_feed_is_as_many_bits_as_asked_for (void **state)
{
  static const guint rates[] = { 1, 200, 20000 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    gsize sum = 0;

    for (guint64 n = 60; n < 120; n++)
      sum += sim_feed_bytes (rates[i], n);
    assert_int_equal (sum, rates[i] * 1000 / 8);
    assert_true (sim_feed_bytes (rates[i], 0) > sim_feed_bytes (rates[i], 1));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (percentiles_are_exact_and_by_nearest_rank),
    cmocka_unit_test (a_second_of_a_feed_is_as_many_bits_as_asked_for),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
