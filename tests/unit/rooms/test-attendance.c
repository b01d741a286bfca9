/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/attendance.h"

#include "tests/support/unit.h"

static void
a_user_has_so_many_connections (void **unused)
{
  g_autoptr (HnAttendance) self = hn_attendance_new (2, 0);

  assert_int_equal (hn_attendance_enter (self, "A", "r1"), HN_REFUSALS);
  assert_int_equal (hn_attendance_enter (self, "A", "r2"), HN_REFUSALS);
  assert_int_equal (hn_attendance_enter (self, "A", "r1"), HN_REFUSAL_TOO_MANY_CONNECTIONS);
  assert_int_equal (hn_attendance_enter (self, "B", "r1"), HN_REFUSALS);
  hn_attendance_leave (self, "A", "r2");
  assert_int_equal (hn_attendance_enter (self, "A", "r1"), HN_REFUSALS);
}

static void
a_user_is_in_so_many_rooms (void **unused)
{
  g_autoptr (HnAttendance) self = hn_attendance_new (0, 2);

  assert_int_equal (hn_attendance_enter (self, "A", "r1"), HN_REFUSALS);
  assert_int_equal (hn_attendance_enter (self, "A", "r2"), HN_REFUSALS);
  assert_int_equal (hn_attendance_enter (self, "A", "r3"), HN_REFUSAL_TOO_MANY_ROOMS);
  assert_int_equal (hn_attendance_enter (self, "A", "r2"), HN_REFUSALS);
  hn_attendance_leave (self, "A", "r2");
  assert_int_equal (hn_attendance_enter (self, "A", "r3"), HN_REFUSAL_TOO_MANY_ROOMS);
  hn_attendance_leave (self, "A", "r2");
  assert_int_equal (hn_attendance_enter (self, "A", "r3"), HN_REFUSALS);
}

static void
who_has_gone_is_forgotten (void **unused)
{
  g_autoptr (HnAttendance) self = hn_attendance_new (1, 1);

  assert_int_equal (hn_attendance_enter (self, "A", "r1"), HN_REFUSALS);
  assert_int_equal (hn_attendance_get_users (self), 1);
  assert_int_equal (hn_attendance_enter (self, "A", "r2"), HN_REFUSAL_TOO_MANY_CONNECTIONS);
  assert_int_equal (hn_attendance_get_users (self), 1);
  hn_attendance_leave (self, "A", "r1");
  assert_int_equal (hn_attendance_get_users (self), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_user_has_so_many_connections),
    cmocka_unit_test (a_user_is_in_so_many_rooms),
    cmocka_unit_test (who_has_gone_is_forgotten),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
