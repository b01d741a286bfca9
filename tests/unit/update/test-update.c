/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/update.h"

#include "tests/support/unit.h"

#define D HN_UPDATE_DONE
#define F HN_UPDATE_FAILED

/* Events until it ends; the last effect. */
static HnUpdateState
play (const HnUpdateEvent *events, gsize count, HnUpdateDo *ret_last)
{
  HnUpdateState state = HN_UPDATE_CHECKING;

  for (gsize i = 0; i < count; i++)
    *ret_last = hn_update_handle (&state, events[i]);
  return state;
}

static void
everything_well_is_kept (void **unused)
{
  static const HnUpdateDo expected[] = { HN_UPDATE_DO_SUM, HN_UPDATE_DO_DOWNLOAD, HN_UPDATE_DO_TRY, HN_UPDATE_DO_LOOK, HN_UPDATE_DO_SWAP, HN_UPDATE_DO_RESTART, HN_UPDATE_DO_PROVE, HN_UPDATE_DO_END };
  HnUpdateState state = HN_UPDATE_CHECKING;

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    assert_int_equal (hn_update_handle (&state, D), expected[i]);
  assert_int_equal (state, HN_UPDATE_KEPT);
}

static void
nothing_newer_is_an_end (void **unused)
{
  HnUpdateState state = HN_UPDATE_CHECKING;

  assert_int_equal (hn_update_handle (&state, HN_UPDATE_NOTHING_NEWER), HN_UPDATE_DO_END);
  assert_int_equal (state, HN_UPDATE_CURRENT);
}

static void
before_the_swap_a_failure_changes_nothing_and_removes_what_was_fetched (void **unused)
{
  static const HnUpdateEvent events[] = { D, D, D, D, D, F };

  for (gsize start = 0; start < G_N_ELEMENTS (events); start++) {
    HnUpdateDo last = HN_UPDATE_DO_CHECK;

    assert_int_equal (play (events + start, G_N_ELEMENTS (events) - start, &last), HN_UPDATE_ABORTED);
    /* nothing is on the disk before the download */
    assert_int_equal (last, G_N_ELEMENTS (events) - start <= 2 ? HN_UPDATE_DO_END : HN_UPDATE_DO_DISCARD);
  }
}

static void
one_that_does_not_start_or_is_not_healthy_is_rolled_back (void **unused)
{
  static const HnUpdateEvent no_start[] = { D, D, D, D, D, D, F, D, D, D };
  static const HnUpdateEvent no_health[] = { D, D, D, D, D, D, D, F, D, F, D };
  HnUpdateDo last;

  assert_int_equal (play (no_start, G_N_ELEMENTS (no_start), &last), HN_UPDATE_ROLLED_BACK);
  assert_int_equal (play (no_health, G_N_ELEMENTS (no_health), &last), HN_UPDATE_ROLLED_BACK);
  assert_int_equal (last, HN_UPDATE_DO_END);
}

static void
when_the_old_one_does_not_come_up_either_it_is_said (void **unused)
{
  static const HnUpdateEvent not_restored[] = { D, D, D, D, D, D, D, F, F };
  static const HnUpdateEvent not_healthy[] = { D, D, D, D, D, D, D, F, D, D, F };
  HnUpdateDo last;

  assert_int_equal (play (not_restored, G_N_ELEMENTS (not_restored), &last), HN_UPDATE_LOST);
  assert_int_equal (play (not_healthy, G_N_ELEMENTS (not_healthy), &last), HN_UPDATE_LOST);
}

static void
an_update_that_was_cut_off_is_ended_first (void **unused)
{
  static const struct {
    HnUpdateEvent events[8];
    gsize count;
    HnUpdateState end;
    HnUpdateDo last;
  } rows[] = {
    { { D }, 1, HN_UPDATE_CHECKING, HN_UPDATE_DO_CHECK }, /* there was none */
    { { F }, 1, HN_UPDATE_ABORTED, HN_UPDATE_DO_END },    /* another one is at it */
    { { HN_UPDATE_UNPROVEN, D, D }, 3, HN_UPDATE_KEPT, HN_UPDATE_DO_END },
    { { HN_UPDATE_UNPROVEN, HN_UPDATE_UNPROVEN, D, D }, 4, HN_UPDATE_KEPT, HN_UPDATE_DO_END },
    { { HN_UPDATE_UNPROVEN, D, F, D, D, D }, 6, HN_UPDATE_ROLLED_BACK, HN_UPDATE_DO_END },
    { { HN_UPDATE_UNPROVEN, HN_UPDATE_UNPROVEN, D, F }, 4, HN_UPDATE_RESTORING, HN_UPDATE_DO_RESTORE },
    { { HN_UPDATE_UNPROVEN, HN_UPDATE_UNUSED }, 2, HN_UPDATE_TAKING_BACK, HN_UPDATE_DO_TAKE_BACK },
    { { HN_UPDATE_UNPROVEN, HN_UPDATE_UNUSED, D }, 3, HN_UPDATE_ABORTED, HN_UPDATE_DO_END },
    { { HN_UPDATE_UNPROVEN, HN_UPDATE_UNUSED, F }, 3, HN_UPDATE_LOST, HN_UPDATE_DO_END },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    HnUpdateState state = HN_UPDATE_RESUMING;
    HnUpdateDo last = HN_UPDATE_DO_RESUME;

    for (gsize n = 0; n < rows[i].count; n++)
      last = hn_update_handle (&state, rows[i].events[n]);
    assert_int_equal (state, rows[i].end);
    assert_int_equal (last, rows[i].last);
  }
}

static void
an_end_stays_one (void **unused)
{
  HnUpdateState state = HN_UPDATE_ROLLED_BACK;

  assert_int_equal (hn_update_handle (&state, D), HN_UPDATE_DO_END);
  assert_int_equal (state, HN_UPDATE_ROLLED_BACK);
  assert_string_equal (hn_update_state_to_text (state), "rolled back");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (everything_well_is_kept),
    cmocka_unit_test (nothing_newer_is_an_end),
    cmocka_unit_test (before_the_swap_a_failure_changes_nothing_and_removes_what_was_fetched),
    cmocka_unit_test (one_that_does_not_start_or_is_not_healthy_is_rolled_back),
    cmocka_unit_test (when_the_old_one_does_not_come_up_either_it_is_said),
    cmocka_unit_test (an_update_that_was_cut_off_is_ended_first),
    cmocka_unit_test (an_end_stays_one),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
