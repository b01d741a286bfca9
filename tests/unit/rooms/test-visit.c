/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/visit.h"

#include "tests/support/unit.h"

static void
step (HnVisitState *state, HnVisitEvent event, HnVisitState to, HnVisitDo what)
{
  assert_int_equal (hn_visit_handle (state, event), what);
  assert_int_equal (*state, to);
}

static void
a_guest_comes_stands_and_goes (void **unused)
{
  HnVisitState state = HN_VISIT_JOINING;

  step (&state, HN_VISIT_CAME, HN_VISIT_IN, HN_VISIT_DO_STAND);
  step (&state, HN_VISIT_CLOSED, HN_VISIT_GONE, HN_VISIT_DO_STEP_OUT | HN_VISIT_DO_LEAVE | HN_VISIT_DO_FORGET);
}

static void
who_comes_back_stands_when_it_has_caught_up (void **unused)
{
  HnVisitState state = HN_VISIT_JOINING;

  step (&state, HN_VISIT_CAME_BACK, HN_VISIT_CATCHING, HN_VISIT_DO_CATCH_UP);
  step (&state, HN_VISIT_CAME, HN_VISIT_CATCHING, HN_VISIT_DO_NOTHING);
  step (&state, HN_VISIT_CAUGHT_UP, HN_VISIT_IN, HN_VISIT_DO_STAND);
}

static void
who_is_lost_keeps_its_seat_for_a_while (void **unused)
{
  HnVisitState state = HN_VISIT_IN;

  step (&state, HN_VISIT_BROKE, HN_VISIT_LOST, HN_VISIT_DO_STEP_OUT | HN_VISIT_DO_KEEP);
  step (&state, HN_VISIT_CLOSED, HN_VISIT_LOST, HN_VISIT_DO_NOTHING);
  step (&state, HN_VISIT_TIME_UP, HN_VISIT_GONE, HN_VISIT_DO_LEAVE | HN_VISIT_DO_FORGET);
}

static void
who_is_replaced_keeps_its_seat_for_its_successor (void **unused)
{
  HnVisitState state = HN_VISIT_IN;

  step (&state, HN_VISIT_SUCCEEDED, HN_VISIT_REPLACED, HN_VISIT_DO_STEP_OUT | HN_VISIT_DO_KEEP | HN_VISIT_DO_CLOSE);
  step (&state, HN_VISIT_SUCCESSOR_IN, HN_VISIT_LEFT, HN_VISIT_DO_LEAVE);
  step (&state, HN_VISIT_CLOSED, HN_VISIT_GONE, HN_VISIT_DO_FORGET);
  state = HN_VISIT_REPLACED;
  step (&state, HN_VISIT_CLOSED, HN_VISIT_LOST, HN_VISIT_DO_NOTHING);
  step (&state, HN_VISIT_SUCCESSOR_IN, HN_VISIT_GONE, HN_VISIT_DO_LEAVE | HN_VISIT_DO_FORGET);
}

/* Whatever happens in whatever order: a seat is given up once, the visit is forgotten once, and nothing comes after that. */
static void
each_seat_is_given_up_once_and_each_visit_forgotten_once (void **unused)
{
  for (guint number = 0; number < HN_VISIT_EVENTS * HN_VISIT_EVENTS * HN_VISIT_EVENTS * HN_VISIT_EVENTS * HN_VISIT_EVENTS; number++) {
    HnVisitState state = HN_VISIT_JOINING;
    guint left = 0, forgotten = 0;

    for (guint rest = number, i = 0; i < 5; i++, rest /= HN_VISIT_EVENTS) {
      HnVisitState before = state;
      HnVisitDo what = hn_visit_handle (&state, rest % HN_VISIT_EVENTS);

      assert_true (before != HN_VISIT_GONE || what == HN_VISIT_DO_NOTHING);
      assert_int_equal ((what & HN_VISIT_DO_STAND) != 0, state == HN_VISIT_IN && before != HN_VISIT_IN);
      assert_int_equal ((what & HN_VISIT_DO_STEP_OUT) != 0, before == HN_VISIT_IN && state != HN_VISIT_IN);
      assert_int_equal ((what & HN_VISIT_DO_LEAVE) != 0, hn_visit_has_seat (before) && !hn_visit_has_seat (state));
      left += (what & HN_VISIT_DO_LEAVE) != 0 ? 1 : 0;
      forgotten += (what & HN_VISIT_DO_FORGET) != 0 ? 1 : 0;
    }
    assert_int_equal (left, hn_visit_has_seat (state) ? 0 : 1);
    assert_int_equal (forgotten, state == HN_VISIT_GONE ? 1 : 0);
  }
}

static void
from_everywhere_a_guest_can_be_ended (void **unused)
{
  for (guint from = HN_VISIT_REFUSED; from < HN_VISIT_GONE; from++) {
    HnVisitState state = from;
    HnVisitDo what = hn_visit_handle (&state, HN_VISIT_ENDED);

    assert_int_equal ((what & HN_VISIT_DO_LEAVE) != 0, hn_visit_has_seat (from));
    hn_visit_handle (&state, HN_VISIT_CLOSED);
    assert_int_equal (state, HN_VISIT_GONE);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_guest_comes_stands_and_goes),
    cmocka_unit_test (who_comes_back_stands_when_it_has_caught_up),
    cmocka_unit_test (who_is_lost_keeps_its_seat_for_a_while),
    cmocka_unit_test (who_is_replaced_keeps_its_seat_for_its_successor),
    cmocka_unit_test (each_seat_is_given_up_once_and_each_visit_forgotten_once),
    cmocka_unit_test (from_everywhere_a_guest_can_be_ended),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
