/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ended and distance: what is kept, and what counts. */
#include "worker/ended.h"

#include "base/clock.h"
#include "base/limits.h"
#include "tests/support/unit.h"
#include "worker/distance.h"

#define ID "0123456789abcdef0123456789abcdef"
#define NOW (hn_seconds (1795233809.0))
#define DAY (hn_seconds (86400.0))

static GPtrArray *
logs_of (guint count, gint64 newest_us, gsize bytes)
{
  GPtrArray *logs = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_ended_log_free);

  for (guint i = 0; i < count; i++) {
    HnEndedLog *log = g_new0 (HnEndedLog, 1);

    log->name = g_strdup_printf ("%u", i);
    log->ended_us = newest_us - hn_seconds (count - 1 - i); /* the oldest first: it must be sorted */
    log->bytes = bytes;
    g_ptr_array_add (logs, log);
  }
  return logs;
}

static void
a_name_tells_the_short_id_and_the_time_and_is_read_again (void **unused)
{
  g_autofree char *name = hn_ended_name (ID, NOW);
  g_autoptr (HnEndedLog) log = hn_ended_parse (name);

  assert_string_equal (name, "01234567-20261121T040329Z");
  assert_non_null (log);
  assert_string_equal (log->name, name);
  assert_true (log->ended_us == NOW);
}

static void
other_names_are_not_ours (void **unused)
{
  static const char *const odd[] = { "", "ended", "0123456-20261121T040329Z", "012345678-20261121T040329Z", "0123456G-20261121T040329Z",
                                     "01234567-20261121T040329", "01234567-20261321T040329Z", "01234567-Z", ID };

  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    assert_null (hn_ended_parse (odd[i]));
}

static void
the_last_fifty_are_kept (void **unused)
{
  g_autoptr (GPtrArray) fifty = logs_of (HN_LIMIT_ENDED_LOGS, NOW, 1);
  g_autoptr (GPtrArray) more = logs_of (HN_LIMIT_ENDED_LOGS + 3, NOW, 1);

  assert_int_equal (HN_LIMIT_ENDED_LOGS, 50);
  assert_int_equal (hn_ended_surplus (fifty, NOW, DAY), 50);
  assert_int_equal (hn_ended_surplus (more, NOW, DAY), 50);
  assert_string_equal (((HnEndedLog *) g_ptr_array_index (more, 50))->name, "2");
  assert_string_equal (((HnEndedLog *) g_ptr_array_index (more, 52))->name, "0");
}

static void
none_is_kept_longer_than_it_may_be (void **unused)
{
  g_autoptr (GPtrArray) logs = logs_of (3, NOW - DAY + hn_seconds (1), 1);

  assert_int_equal (HN_LIMIT_ENDED_LOG_HOURS, 24);
  assert_int_equal (hn_ended_surplus (logs, NOW, DAY), 2); /* 24 h sharp may stay, a second more may not */
}

static void
all_together_are_bounded_but_the_last_stays (void **unused)
{
  g_autoptr (GPtrArray) logs = logs_of (10, NOW, HN_LIMIT_ENDED_LOG_BYTES / 4);
  g_autoptr (GPtrArray) one = logs_of (1, NOW, HN_LIMIT_LOG_BYTES);

  assert_int_equal (hn_ended_surplus (logs, NOW, DAY), 4);
  assert_int_equal (hn_ended_surplus (one, NOW, DAY), 1);
}

static void
the_distance_is_the_middle_of_what_was_measured (void **unused)
{
  static const struct {
    gint64 samples[4];
    guint count;
    gint64 median;
  } rows[] = {
    { { 7 }, 1, 7 },           { { 9, 3 }, 2, 3 },       { { 1, 1000000, 3 }, 3, 3 },
    { { 1000000, 3, 1 }, 3, 3 }, { { 5, 5, 5 }, 3, 5 }, { { 2, 2, 1 }, 3, 2 },
    { { 4, 1, 3, 2 }, 4, 2 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_int_equal (hn_distance_median (rows[i].samples, rows[i].count), rows[i].median);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_name_tells_the_short_id_and_the_time_and_is_read_again),
    cmocka_unit_test (other_names_are_not_ours),
    cmocka_unit_test (the_last_fifty_are_kept),
    cmocka_unit_test (none_is_kept_longer_than_it_may_be),
    cmocka_unit_test (all_together_are_bounded_but_the_last_stays),
    cmocka_unit_test (the_distance_is_the_middle_of_what_was_measured),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
