/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/agenda.h"

#include "base/clock.h"
#include "tests/support/unit.h"

static void
what_is_due_comes_in_the_order_of_its_dates (void **unused)
{
  g_autoptr (HnAgenda) self = hn_agenda_new ();
  int a, b, c;

  assert_int_equal (hn_agenda_get_next (self), HN_NEVER);
  assert_null (hn_agenda_take (self, G_MAXINT64));
  hn_agenda_put (self, &b, 20);
  hn_agenda_put (self, &c, 30);
  hn_agenda_put (self, &a, 10);
  assert_int_equal (hn_agenda_get_next (self), 10);
  assert_null (hn_agenda_take (self, 9));
  assert_ptr_equal (hn_agenda_take (self, 25), &a);
  assert_ptr_equal (hn_agenda_take (self, 25), &b);
  assert_null (hn_agenda_take (self, 25));
  assert_int_equal (hn_agenda_get_next (self), 30);
}

static void
a_thing_has_one_date_and_may_lose_it (void **unused)
{
  g_autoptr (HnAgenda) self = hn_agenda_new ();
  int a, b;

  hn_agenda_put (self, &a, 10);
  hn_agenda_put (self, &b, 20);
  hn_agenda_put (self, &a, 30);
  assert_ptr_equal (hn_agenda_take (self, 100), &b);
  assert_ptr_equal (hn_agenda_take (self, 100), &a);
  assert_null (hn_agenda_take (self, 100));
  hn_agenda_put (self, &a, 10);
  hn_agenda_put (self, &a, HN_NEVER);
  hn_agenda_put (self, &b, HN_NEVER);
  assert_int_equal (hn_agenda_get_next (self), HN_NEVER);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_due_comes_in_the_order_of_its_dates),
    cmocka_unit_test (a_thing_has_one_date_and_may_lose_it),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
