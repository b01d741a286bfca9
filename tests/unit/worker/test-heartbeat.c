/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/heartbeat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#define MS G_GINT64_CONSTANT (1000)
#define S G_GINT64_CONSTANT (1000000)

static HnHeartbeat *
heartbeat_new (HnRandom **random, gint64 now_us)
{
  *random = hn_random_new_seeded (5);
  return hn_heartbeat_new (now_us, 30 * S, *random);
}

static void
the_first_beat_is_due_at_once_and_then_each_period (void **unused)
{
  g_autoptr (HnRandom) random = NULL;
  g_autoptr (HnHeartbeat) self = heartbeat_new (&random, 5);

  assert_true (hn_heartbeat_deadline (self) == 5);
  hn_heartbeat_sent (self);
  assert_true (hn_heartbeat_deadline (self) == HN_NEVER);
  hn_heartbeat_answered (self, TRUE, S);
  assert_true (hn_heartbeat_deadline (self) == 31 * S);
}

static void
a_change_is_told_at_once (void **unused)
{
  g_autoptr (HnRandom) random = NULL;
  g_autoptr (HnHeartbeat) self = heartbeat_new (&random, 0);

  hn_heartbeat_sent (self);
  hn_heartbeat_answered (self, TRUE, S);
  hn_heartbeat_changed (self, 2 * S);
  assert_true (hn_heartbeat_deadline (self) == 2 * S);
  hn_heartbeat_changed (self, 3 * S);
  assert_true (hn_heartbeat_deadline (self) == 2 * S);
}

static void
changes_during_a_beat_make_one_more (void **unused)
{
  g_autoptr (HnRandom) random = NULL;
  g_autoptr (HnHeartbeat) self = heartbeat_new (&random, 0);

  hn_heartbeat_sent (self);
  hn_heartbeat_changed (self, S);
  hn_heartbeat_changed (self, S);
  assert_true (hn_heartbeat_deadline (self) == HN_NEVER);
  hn_heartbeat_answered (self, TRUE, 2 * S);
  assert_true (hn_heartbeat_deadline (self) == 2 * S);
  hn_heartbeat_sent (self);
  hn_heartbeat_answered (self, TRUE, 3 * S);
  assert_true (hn_heartbeat_deadline (self) == 33 * S);
}

static void
a_controller_that_is_down_is_tried_every_5_seconds_at_last (void **unused)
{
  static const gint64 pauses_ms[] = { 250, 500, 1000, 2000, 4000, 5000, 5000, 5000 };
  g_autoptr (HnRandom) random = NULL;
  g_autoptr (HnHeartbeat) self = heartbeat_new (&random, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (pauses_ms); i++) {
    hn_heartbeat_sent (self);
    hn_heartbeat_answered (self, FALSE, 0);
    assert_true (hn_heartbeat_deadline (self) <= pauses_ms[i] * MS);
    assert_true (hn_heartbeat_deadline (self) >= pauses_ms[i] * MS / 2);
    assert_int_equal (hn_heartbeat_get_failures (self), i + 1);
  }
  hn_heartbeat_sent (self);
  hn_heartbeat_answered (self, TRUE, 0);
  assert_int_equal (hn_heartbeat_get_failures (self), 0);
  assert_true (hn_heartbeat_deadline (self) == 30 * S);
}

static void
changes_do_not_hurry_a_controller_that_is_down (void **unused)
{
  g_autoptr (HnRandom) random = NULL;
  g_autoptr (HnHeartbeat) self = heartbeat_new (&random, 0);

  hn_heartbeat_sent (self);
  hn_heartbeat_answered (self, FALSE, 0);
  assert_true (hn_heartbeat_deadline (self) >= 125 * MS);
  hn_heartbeat_changed (self, 1);
  assert_true (hn_heartbeat_deadline (self) >= 125 * MS);
}

static void
a_thousand_workers_do_not_come_back_at_one_moment (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (1);
  guint early = 0, last_quarter = 0;

  for (guint i = 0; i < 1000; i++) {
    g_autoptr (HnHeartbeat) self = hn_heartbeat_new (0, 30 * S, random);

    for (guint k = 0; k < 8; k++) {
      hn_heartbeat_sent (self);
      hn_heartbeat_answered (self, FALSE, 0);
    }
    assert_true (hn_heartbeat_deadline (self) <= 5 * S);
    early += hn_heartbeat_deadline (self) < 3 * S ? 1 : 0;
    last_quarter += hn_heartbeat_deadline (self) > 4500 * MS ? 1 : 0;
  }
  assert_in_range (early, 100, 300);
  assert_in_range (last_quarter, 100, 300);
}

static void
the_last_one_goes_out_at_once_and_is_tried_once (void **unused)
{
  for (int accepted = FALSE; accepted <= TRUE; accepted++) {
    g_autoptr (HnRandom) random = NULL;
    g_autoptr (HnHeartbeat) self = heartbeat_new (&random, 0);

    hn_heartbeat_sent (self);
    hn_heartbeat_answered (self, accepted, S);
    assert_false (hn_heartbeat_is_leaving (self));
    hn_heartbeat_leave (self, S + 1);
    assert_true (hn_heartbeat_is_leaving (self));
    assert_true (hn_heartbeat_deadline (self) == S + 1);
    hn_heartbeat_sent (self);
    assert_false (hn_heartbeat_has_left (self));
    hn_heartbeat_answered (self, accepted, 2 * S);
    assert_true (hn_heartbeat_has_left (self));
    assert_true (hn_heartbeat_deadline (self) == HN_NEVER);
  }
}

static void
the_last_one_waits_for_the_one_under_way (void **unused)
{
  for (int accepted = FALSE; accepted <= TRUE; accepted++) {
    g_autoptr (HnRandom) random = NULL;
    g_autoptr (HnHeartbeat) self = heartbeat_new (&random, 0);

    hn_heartbeat_sent (self);
    hn_heartbeat_leave (self, S);
    assert_true (hn_heartbeat_deadline (self) == HN_NEVER);
    hn_heartbeat_answered (self, accepted, 2 * S);
    assert_int_equal (hn_heartbeat_has_left (self), !accepted); /* a controller that does not answer is not asked again */
    assert_true (hn_heartbeat_deadline (self) == (accepted ? 2 * S : HN_NEVER));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_first_beat_is_due_at_once_and_then_each_period),
    cmocka_unit_test (a_change_is_told_at_once),
    cmocka_unit_test (changes_during_a_beat_make_one_more),
    cmocka_unit_test (a_controller_that_is_down_is_tried_every_5_seconds_at_last),
    cmocka_unit_test (a_thousand_workers_do_not_come_back_at_one_moment),
    cmocka_unit_test (changes_do_not_hurry_a_controller_that_is_down),
    cmocka_unit_test (the_last_one_goes_out_at_once_and_is_tried_once),
    cmocka_unit_test (the_last_one_waits_for_the_one_under_way),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
