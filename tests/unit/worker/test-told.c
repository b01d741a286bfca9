/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told of a session afterwards: its history, and the end of its log. */
#include <string.h>

#include "base/limits.h"
#include "tests/support/unit.h"
#include "worker/lifeline.h"
#include "worker/log-tail.h"

static void
a_history_has_each_state_once_with_its_time (void **unused)
{
  g_autoptr (HnLifeline) history = hn_lifeline_new (1000);
  const GArray *steps;
  guint left_out = 9;

  hn_lifeline_note (history, HN_SESSION_STARTING, 1000, 50);
  hn_lifeline_note (history, HN_SESSION_STARTING, 1500, 60);
  hn_lifeline_note (history, HN_SESSION_PAIRING, 3000, 70);
  steps = hn_lifeline_get (history, &left_out);
  assert_int_equal (left_out, 0);
  assert_int_equal (steps->len, 2);
  assert_int_equal (g_array_index (steps, HnLifelineStep, 0).after_us, 0);
  assert_int_equal (g_array_index (steps, HnLifelineStep, 1).after_us, 2000);
  assert_int_equal (g_array_index (steps, HnLifelineStep, 1).utc_us, 70);
}

static void
of_a_long_history_the_middle_is_left_out (void **unused)
{
  g_autoptr (HnLifeline) history = hn_lifeline_new (0);
  const GArray *steps;
  guint left_out = 0;

  hn_lifeline_note (history, HN_SESSION_STARTING, 0, 0);
  for (int i = 1; i < HN_LIMIT_HISTORY + 10; i++)
    hn_lifeline_note (history, i % 2 == 0 ? HN_SESSION_IDLE : HN_SESSION_ACTIVE, i, i);
  steps = hn_lifeline_get (history, &left_out);
  assert_int_equal (steps->len, HN_LIMIT_HISTORY);
  assert_int_equal (left_out, 10);
  assert_int_equal (g_array_index (steps, HnLifelineStep, 0).state, HN_SESSION_STARTING);
  assert_int_equal (g_array_index (steps, HnLifelineStep, 15).after_us, 15);
  assert_int_equal (g_array_index (steps, HnLifelineStep, 16).after_us, 26);
  assert_int_equal (g_array_index (steps, HnLifelineStep, steps->len - 1).after_us, HN_LIMIT_HISTORY + 9);
}

static void
expect_tail (const char *log, gboolean is_whole, guint lines, const char *expected)
{
  static const char *const secrets[] = { "hunter22", "sunshine", "abc", NULL };
  g_autofree char *tail = hn_log_tail (log, strlen (log), is_whole, lines, secrets);

  assert_string_equal (tail, expected);
}

static void
the_last_lines_are_shown (void **unused)
{
  expect_tail ("one\ntwo\nthree\n", TRUE, 2, "two\nthree\n");
  expect_tail ("one\ntwo\nthree", TRUE, 2, "two\nthree\n");
  expect_tail ("one\ntwo\n", TRUE, 9, "one\ntwo\n");
  expect_tail ("ne\ntwo\n", FALSE, 9, "two\n");
  expect_tail ("no line end", FALSE, 9, "");
  expect_tail ("", TRUE, 9, "");
  expect_tail ("\n\n\n", TRUE, 2, "\n\n");
}

static void
secrets_are_hidden_and_words_are_not (void **unused)
{
  expect_tail ("login hunter22 hunter22x\n", TRUE, 1, "login *** ***x\n");
  expect_tail ("sunshine abc\n", TRUE, 1, "sunshine abc\n");
}

static void
what_a_terminal_would_obey_is_taken_out (void **unused)
{
  expect_tail ("\033[31mred\033[0m\r\n", TRUE, 1, "red\n");
  expect_tail ("\033]0;title\007\tx\177\n", TRUE, 1, "?]0;title?\tx?\n");
  expect_tail ("\033[", TRUE, 1, "");
  expect_tail ("a\033[1\nb\n", TRUE, 2, "a\nb\n");
  expect_tail ("a\302\23331m\342\200\256b\342\201\246c \302\240\342\202\254\n", TRUE, 1, "a?31m?b?c \302\240\342\202\254\n");
  expect_tail ("b\xff\n", TRUE, 1, "b\357\277\275\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_history_has_each_state_once_with_its_time),
    cmocka_unit_test (of_a_long_history_the_middle_is_left_out),
    cmocka_unit_test (the_last_lines_are_shown),
    cmocka_unit_test (secrets_are_hidden_and_words_are_not),
    cmocka_unit_test (what_a_terminal_would_obey_is_taken_out),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
