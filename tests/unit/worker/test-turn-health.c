/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/turn-health.h"

#include "base/limits.h"
#include "tests/support/unit.h"

static const HnTurnLook well = { TRUE, FALSE, 700, NULL };
static const HnTurnLook silent = { FALSE, TRUE, 0, "no answer" };
static const HnTurnLook refused = { FALSE, FALSE, 0, "401" };

static void
a_first_look_that_is_well_is_nothing_to_tell (void **unused)
{
  g_autoptr (HnTurnHealth) health = hn_turn_health_new (TRUE);
  HnTurnView view = hn_turn_health_get_view (health);

  assert_false (view.is_known);
  assert_int_equal (hn_turn_health_look (health, &well, 5), HN_TURN_HEALTH_DO_NOTHING);
  view = hn_turn_health_get_view (health);
  assert_true (view.is_known && view.ok);
  assert_int_equal (view.rtt_us, 700);
  assert_int_equal (view.since_utc_us, 5);
  assert_null (view.error);
}

static void
a_change_is_told_once_with_its_time (void **unused)
{
  g_autoptr (HnTurnHealth) health = hn_turn_health_new (FALSE);
  HnTurnView view;

  hn_turn_health_look (health, &well, 1);
  assert_int_equal (hn_turn_health_look (health, &silent, 2), HN_TURN_HEALTH_DO_TELL_FAILED);
  for (guint i = 0; i < 20; i++)
    assert_int_equal (hn_turn_health_look (health, i % 2 ? &silent : &refused, 3 + i), HN_TURN_HEALTH_DO_NOTHING);
  view = hn_turn_health_get_view (health);
  assert_int_equal (view.since_utc_us, 2);
  assert_int_equal (view.rtt_us, 700);
  assert_string_equal (view.error, "no answer");
  assert_int_equal (hn_turn_health_look (health, &well, 50), HN_TURN_HEALTH_DO_TELL_HEALED);
  assert_int_equal (hn_turn_health_get_view (health).since_utc_us, 50);
}

static void
a_first_look_that_fails_is_told (void **unused)
{
  g_autoptr (HnTurnHealth) health = hn_turn_health_new (TRUE);

  assert_int_equal (hn_turn_health_look (health, &silent, 1), HN_TURN_HEALTH_DO_TELL_FAILED);
}

static void
a_refusal_is_believed_when_it_comes_twice (void **unused)
{
  g_autoptr (HnTurnHealth) health = hn_turn_health_new (TRUE);

  assert_int_equal (hn_turn_health_look (health, &refused, 1), HN_TURN_HEALTH_DO_LOOK_AGAIN);
  assert_false (hn_turn_health_get_view (health).is_known);
  assert_int_equal (hn_turn_health_look (health, &refused, 2), HN_TURN_HEALTH_DO_TELL_FAILED);
  assert_int_equal (hn_turn_health_get_view (health).since_utc_us, 2);
  assert_int_equal (hn_turn_health_look (health, &refused, 3), HN_TURN_HEALTH_DO_NOTHING);
  assert_int_equal (hn_turn_health_look (health, &well, 4), HN_TURN_HEALTH_DO_TELL_HEALED);
  assert_int_equal (hn_turn_health_look (health, &refused, 5), HN_TURN_HEALTH_DO_LOOK_AGAIN);
  assert_true (hn_turn_health_get_view (health).ok);
  assert_int_equal (hn_turn_health_look (health, &well, 6), HN_TURN_HEALTH_DO_NOTHING);
  assert_int_equal (hn_turn_health_look (health, &refused, 7), HN_TURN_HEALTH_DO_LOOK_AGAIN);
  assert_int_equal (hn_turn_health_look (health, &silent, 8), HN_TURN_HEALTH_DO_TELL_FAILED);
}

static guint
looks_until_restart (HnTurnHealth *health)
{
  for (guint i = 1; i < 100; i++)
    if (hn_turn_health_look (health, &silent, i) & HN_TURN_HEALTH_DO_ASK_RESTART)
      return i;
  return 0;
}

static void
a_restart_is_asked_for_less_and_less_often (void **unused)
{
  g_autoptr (HnTurnHealth) health = hn_turn_health_new (TRUE);

  assert_int_equal (looks_until_restart (health), HN_LIMIT_TURN_FAILURES);
  assert_int_equal (looks_until_restart (health), 2 * HN_LIMIT_TURN_FAILURES);
  assert_int_equal (looks_until_restart (health), 4 * HN_LIMIT_TURN_FAILURES);
  assert_int_equal (hn_turn_health_look (health, &well, 1), HN_TURN_HEALTH_DO_TELL_HEALED | HN_TURN_HEALTH_DO_TELL_RESTARTED);
  assert_int_equal (looks_until_restart (health), HN_LIMIT_TURN_FAILURES);
}

static void
what_heals_by_itself_was_not_restarted (void **unused)
{
  g_autoptr (HnTurnHealth) health = hn_turn_health_new (TRUE);

  hn_turn_health_look (health, &silent, 1);
  assert_int_equal (hn_turn_health_look (health, &well, 2), HN_TURN_HEALTH_DO_TELL_HEALED);
}

static void
a_server_that_refuses_us_is_not_restarted (void **unused)
{
  g_autoptr (HnTurnHealth) health = hn_turn_health_new (TRUE);

  hn_turn_health_look (health, &silent, 1);
  for (guint i = 0; i < 20; i++)
    assert_int_equal (hn_turn_health_look (health, &refused, 2), HN_TURN_HEALTH_DO_NOTHING);
  assert_int_equal (looks_until_restart (health), HN_LIMIT_TURN_FAILURES);
}

static void
where_nobody_can_restart_it_nobody_is_asked (void **unused)
{
  g_autoptr (HnTurnHealth) health = hn_turn_health_new (FALSE);

  assert_int_equal (looks_until_restart (health), 0);
  assert_int_equal (hn_turn_health_look (health, &well, 1), HN_TURN_HEALTH_DO_TELL_HEALED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_first_look_that_is_well_is_nothing_to_tell),
    cmocka_unit_test (a_change_is_told_once_with_its_time),
    cmocka_unit_test (a_first_look_that_fails_is_told),
    cmocka_unit_test (a_refusal_is_believed_when_it_comes_twice),
    cmocka_unit_test (a_restart_is_asked_for_less_and_less_often),
    cmocka_unit_test (what_heals_by_itself_was_not_restarted),
    cmocka_unit_test (a_server_that_refuses_us_is_not_restarted),
    cmocka_unit_test (where_nobody_can_restart_it_nobody_is_asked),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
