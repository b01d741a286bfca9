/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/proc-stat.h"
#include "tests/support/unit.h"

#define REST " S 1 2 3 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 7 0 123456 1048576 300 18446744073709551615 1 1"

static void
a_process_is_read (void **unused)
{
  HnProcStat stat = { 0 };

  assert_true (hn_proc_stat_parse ("42 (hydraneck)" REST, &stat));
  assert_int_equal (stat.cpu_ticks, 200);
  assert_int_equal (stat.threads, 7);
  assert_int_equal (stat.start_ticks, 123456);
  assert_int_equal (stat.virtual_bytes, 1048576);
  assert_int_equal (stat.resident_pages, 300);
}

static void
a_name_with_brackets_and_spaces_does_no_harm (void **unused)
{
  HnProcStat stat = { 0 };

  assert_true (hn_proc_stat_parse ("42 (a) S 9 (b c)" REST, &stat));
  assert_int_equal (stat.threads, 7);
}

static void
what_is_cut_short_is_refused (void **unused)
{
  HnProcStat stat = { 0 };

  assert_false (hn_proc_stat_parse ("", &stat));
  assert_false (hn_proc_stat_parse ("42 (a)", &stat));
  assert_false (hn_proc_stat_parse ("42 (a) S 1 2 3", &stat));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_process_is_read),
    cmocka_unit_test (a_name_with_brackets_and_spaces_does_no_harm),
    cmocka_unit_test (what_is_cut_short_is_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
