/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/waiting.h"

#include "base/clock.h"
#include "tests/support/unit.h"

#define INTERVAL ((gint64) 6 * 3600 * 1000000)
#define LIMIT ((gint64) 2 * 3600 * 1000000)
#define ASKED ((gint64) 900 * 1000000)

static HnWaiting *
asleep (gboolean can_drain, HnRandom *random)
{
  HnWaitingOptions options = { INTERVAL, LIMIT, ASKED, can_drain };

  return hn_waiting_new (&options, random, 0);
}

/* A newer one was found at 0. */
static HnWaiting *
found (gboolean can_drain, HnRandom *random)
{
  HnWaiting *self = asleep (can_drain, random);

  assert_int_equal (hn_waiting_handle (self, HN_WAITING_TIME_UP, 0), HN_WAITING_DO_CHECK);
  assert_int_equal (hn_waiting_deadline (self), HN_NEVER);
  assert_int_equal (hn_waiting_handle (self, HN_WAITING_NEWER, 0), HN_WAITING_DO_NOTHING);
  assert_int_equal (hn_waiting_get_state (self), HN_WAITING_DEFERRING);
  return self;
}

static void
the_first_look_comes_after_an_interval_less_a_quarter_at_most (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  gint64 earliest = G_MAXINT64, latest = 0;

  for (int i = 0; i < 1000; i++) {
    g_autoptr (HnWaiting) self = asleep (TRUE, random);

    earliest = MIN (earliest, hn_waiting_deadline (self));
    latest = MAX (latest, hn_waiting_deadline (self));
  }
  assert_true (earliest >= INTERVAL - INTERVAL / 4 && earliest < INTERVAL - INTERVAL / 5);
  assert_true (latest <= INTERVAL && latest > INTERVAL - INTERVAL / 20);
}

static void
nothing_newer_is_looked_for_again_later (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  g_autoptr (HnWaiting) self = asleep (TRUE, random);

  assert_int_equal (hn_waiting_handle (self, HN_WAITING_TIME_UP, INTERVAL), HN_WAITING_DO_CHECK);
  assert_int_equal (hn_waiting_handle (self, HN_WAITING_NOTHING_NEWER, INTERVAL), HN_WAITING_DO_NOTHING);
  assert_int_equal (hn_waiting_get_state (self), HN_WAITING_SLEEPING);
  assert_true (hn_waiting_deadline (self) > INTERVAL + INTERVAL / 2);
}

static void
a_moment_without_sessions_is_used_at_once (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  g_autoptr (HnWaiting) self = found (TRUE, random);

  assert_int_equal (hn_waiting_handle (self, HN_WAITING_IDLE, 5), HN_WAITING_DO_HOLD | HN_WAITING_DO_ASK);
  assert_int_equal (hn_waiting_get_state (self), HN_WAITING_ASKED);
  assert_int_equal (hn_waiting_deadline (self), 5 + ASKED);
}

static void
a_worker_that_is_never_idle_drains_and_is_replaced_with_its_last_session (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  g_autoptr (HnWaiting) self = found (TRUE, random);

  assert_int_equal (hn_waiting_deadline (self), LIMIT);
  assert_int_equal (hn_waiting_handle (self, HN_WAITING_TIME_UP, LIMIT), HN_WAITING_DO_HOLD);
  assert_int_equal (hn_waiting_deadline (self), 2 * LIMIT);
  assert_int_equal (hn_waiting_handle (self, HN_WAITING_IDLE, LIMIT + 9), HN_WAITING_DO_ASK);
}

static void
sessions_that_outlive_the_limit_go_on_and_the_update_waits_for_the_next_look (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  g_autoptr (HnWaiting) self = found (TRUE, random);

  hn_waiting_handle (self, HN_WAITING_TIME_UP, LIMIT);
  assert_int_equal (hn_waiting_handle (self, HN_WAITING_TIME_UP, 2 * LIMIT), HN_WAITING_DO_RELEASE | HN_WAITING_DO_GIVE_UP);
  assert_int_equal (hn_waiting_get_state (self), HN_WAITING_SLEEPING);
  assert_true (hn_waiting_deadline (self) > 2 * LIMIT);
}

static void
who_cannot_drain_only_waits (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  g_autoptr (HnWaiting) self = found (FALSE, random);

  assert_int_equal (hn_waiting_handle (self, HN_WAITING_TIME_UP, LIMIT), HN_WAITING_DO_GIVE_UP);
  assert_int_equal (hn_waiting_get_state (self), HN_WAITING_SLEEPING);
}

static void
who_was_asked_for_and_still_runs_takes_sessions_again (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  g_autoptr (HnWaiting) self = found (TRUE, random);
  g_autoptr (HnWaiting) other = found (TRUE, random);

  hn_waiting_handle (self, HN_WAITING_IDLE, 0);
  assert_int_equal (hn_waiting_handle (self, HN_WAITING_TIME_UP, ASKED), HN_WAITING_DO_RELEASE);
  hn_waiting_handle (other, HN_WAITING_IDLE, 0);
  assert_int_equal (hn_waiting_handle (other, HN_WAITING_NOT_ASKED, 0), HN_WAITING_DO_RELEASE);
  assert_int_equal (hn_waiting_get_state (other), HN_WAITING_SLEEPING);
}

static void
what_means_nothing_in_a_state_changes_nothing (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  g_autoptr (HnWaiting) self = asleep (TRUE, random);
  gint64 deadline = hn_waiting_deadline (self);

  assert_int_equal (hn_waiting_handle (self, HN_WAITING_IDLE, 1), HN_WAITING_DO_NOTHING);
  assert_int_equal (hn_waiting_handle (self, HN_WAITING_NEWER, 1), HN_WAITING_DO_NOTHING);
  assert_int_equal (hn_waiting_deadline (self), deadline);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_first_look_comes_after_an_interval_less_a_quarter_at_most),
    cmocka_unit_test (nothing_newer_is_looked_for_again_later),
    cmocka_unit_test (a_moment_without_sessions_is_used_at_once),
    cmocka_unit_test (a_worker_that_is_never_idle_drains_and_is_replaced_with_its_last_session),
    cmocka_unit_test (sessions_that_outlive_the_limit_go_on_and_the_update_waits_for_the_next_look),
    cmocka_unit_test (who_cannot_drain_only_waits),
    cmocka_unit_test (who_was_asked_for_and_still_runs_takes_sessions_again),
    cmocka_unit_test (what_means_nothing_in_a_state_changes_nothing),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
