/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/env-file.h"

#include <string.h>

#include "tests/support/unit.h"

static HnEnvFile *
parse (const char *text, GError **error)
{
  return hn_env_file_parse (text, strlen (text), ".sbd", error);
}

static void
lines_are_read_with_their_numbers (void **unused)
{
  g_autoptr (HnEnvFile) file = parse ("# settings\n\nA=1\n  B_2=x y  \nexport C=z\r\n\tD=\nE", NULL);

  assert_null (file); /* E is none */
  file = parse ("# settings\n\nA=1\n  B_2=x y  \nexport C=z\r\n\tD=", NULL);
  assert_non_null (file);
  assert_int_equal (g_strv_length (file->variables), 4);
  assert_string_equal (file->variables[0], "A=1");
  assert_string_equal (file->variables[1], "B_2=x y");
  assert_string_equal (file->variables[2], "C=z");
  assert_string_equal (file->variables[3], "D=");
  assert_int_equal (file->lines[0], 3);
  assert_int_equal (file->lines[1], 4);
  assert_int_equal (file->lines[2], 5);
  assert_int_equal (file->lines[3], 6);
}

static void
values_are_plain_or_quoted (void **unused)
{
  static const struct {
    const char *line, *value;
  } rows[] = {
    { "A=all  # or \"relay\" to force TURN", "A=all" },
    { "A=a#b", "A=a#b" },
    { "A=#", "A=" },
    { "A= spaced # c", "A=spaced" },
    { "A=b=c", "A=b=c" },
    { "A='a # b\\n'", "A=a # b\\n" },
    { "A=\"a # b\\n\\t\\r\\\"\\\\\"", "A=a # b\n\t\r\"\\" },
    { "A=\"\" # nothing", "A=" },
    { "A='it'#c", "A=it" },
    { "A=it's", "A=it's" },
    { "A=r\xc3\xa4um", "A=r\xc3\xa4um" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (HnEnvFile) file = parse (rows[i].line, &error);

    assert_null (error);
    assert_string_equal (file->variables[0], rows[i].value);
    assert_null (file->variables[1]);
  }
}

static void
what_is_wrong_is_refused_with_its_line_and_without_its_value (void **unused)
{
  static const struct {
    const char *text, *message;
  } rows[] = {
    { "A=1\nhallo", ".sbd:2: is no KEY=value" },
    { "A B=1", ".sbd:1: a key is letters, digits and _, directly before its =" },
    { "A =1", ".sbd:1: a key is letters, digits and _, directly before its =" },
    { "=1", ".sbd:1: a key is letters, digits and _, directly before its =" },
    { "1A=1", ".sbd:1: a key is letters, digits and _, directly before its =" },
    { "A-B=1", ".sbd:1: a key is letters, digits and _, directly before its =" },
    { "\n\nA=\"secret", ".sbd:3: a quote is not closed" },
    { "A='secret", ".sbd:1: a quote is not closed" },
    { "A=\"x\\", ".sbd:1: an escape that is none" },
    { "A=\"x\\q\"", ".sbd:1: an escape that is none" },
    { "A='x' y", ".sbd:1: something follows the quoted value" },
    { "A=1\nB=2\nA=3", ".sbd:3: a key that was given before" },
    { "A=\xff", ".sbd: is not UTF-8 text" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GError *error = NULL;

    assert_null (parse (rows[i].text, &error));
    assert_hn_error (error, HN_ERROR_CONFIG, rows[i].message);
  }
}

static void
a_nul_is_no_text (void **unused)
{
  static const char text[] = "A=1\0B=2";

  assert_null (hn_env_file_parse (text, sizeof text - 1, ".sbd", NULL));
}

static void
a_longer_key_is_another_one (void **unused)
{
  g_autoptr (HnEnvFile) file = parse ("KEY_2=1\nKEY=2\nKE=3", NULL);

  assert_non_null (file);
  assert_int_equal (g_strv_length (file->variables), 3);
}

static void
an_empty_file_says_nothing (void **unused)
{
  g_autoptr (HnEnvFile) file = parse ("", NULL);

  assert_non_null (file);
  assert_null (file->variables[0]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (lines_are_read_with_their_numbers),
    cmocka_unit_test (values_are_plain_or_quoted),
    cmocka_unit_test (what_is_wrong_is_refused_with_its_line_and_without_its_value),
    cmocka_unit_test (a_nul_is_no_text),
    cmocka_unit_test (a_longer_key_is_another_one),
    cmocka_unit_test (an_empty_file_says_nothing),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
