/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <string.h>

#include "base/limits.h"
#include "tests/support/unit.h"

static const char *const malformed[] = {
  "", " ", "{", "}", "{}{}", "{} x", "[1]", "\"a\"", "null", "{\"a\":}", "{a:1}", "{\"a\":1,}", "// c\n{}", "/* c */{}", "{\"a\" 1}",
  "{\"a\":\"\\x\"}", "{\"a\":\"b}", "\xff{}", "{]", "{\"a\":1e}", "{'a':1}",
  "{\"a\":'b'}", "{\"a\":#1\n}", "{\"a\":var}", "{\"a\":0x1}",
  /* several documents: json-glib leaks all but the last */
  "1{}", "\"a\"{}", "{}1", ",{}", ":{}", "true false", "1 2",
  /* half a pair is no UTF-8, and NUL would cut the text short */
  "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800x\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"\\udc00\":1}", "{\"a\":\"b\\u0000c\"}",
};

static void
what_is_not_one_object_is_refused (void **unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonObject) object = hn_json_parse_object (malformed[i], strlen (malformed[i]), &error);

    if (object != NULL)
      print_message ("accepted: %s\n", malformed[i]);
    assert_null (object);
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
    assert_true (g_str_has_prefix (error->message, "malformed JSON: "));
  }
}

static void
a_pair_of_escapes_is_one_character (void **unused)
{
  const char *text = "{\"a\":\"\\ud83d\\ude00\\u00e9\"}";
  const char *value = NULL;
  g_autoptr (JsonObject) object = hn_json_parse_object (text, strlen (text), NULL);

  assert_non_null (object);
  assert_true (hn_json_get_text (object, "a", HN_LIMIT_TEXT_BYTES, TRUE, &value, NULL));
  assert_string_equal (value, "\xf0\x9f\x98\x80\xc3\xa9");
}

static void
sixty_thousand_brackets_do_not_reach_the_parser (void **unused)
{
  g_autofree char *deep = g_strnfill (60000, '[');
  g_autoptr (GError) error = NULL;

  assert_null (hn_json_parse (deep, 60000, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "malformed JSON: nested deeper than 32");
}

static void
single_quotes_cannot_hide_brackets_from_the_check (void **unused)
{
  g_autofree char *brackets = g_strnfill (1000000, '[');
  g_autofree char *bomb = g_strconcat ("{'\"':", brackets, ",'\"':1}", NULL);
  g_autoptr (GError) error = NULL;

  assert_null (hn_json_parse (bomb, strlen (bomb), &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
}

static void
brackets_inside_strings_do_not_count (void **unused)
{
  const char *text = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"}}\"}";
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) object = hn_json_parse_object (text, strlen (text), &error);

  assert_null (error);
  assert_non_null (object);
}

static JsonObject *
object_of (const char *text)
{
  JsonObject *object = hn_json_parse_object (text, strlen (text), NULL);

  assert_non_null (object);
  return object;
}

static void
getters_name_the_field_and_what_is_wrong (void **unused)
{
  g_autoptr (JsonObject) object = object_of ("{\"n\":1.5,\"s\":7,\"i\":\"x\",\"b\":1,\"o\":[],\"a\":{},\"big\":99,\"e\":\"\",\"c\":\"a\\nb\",\"c1\":\"a\xc2\x9b\",\"ls\":\"\xe2\x80\xa8\",\"fine\":\"\xc3\xa4\xf0\x9f\x98\x80\",\"z\":null}");
  g_autoptr (GError) error = NULL;
  const char *text = "kept";
  gint64 number = 4;
  gboolean flag = TRUE;
  JsonObject *inner = NULL;
  JsonArray *list = NULL;

  assert_false (hn_json_get_text (object, "missing", 9, TRUE, &text, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'missing' is required");
  assert_false (hn_json_get_text (object, "z", 9, TRUE, &text, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'z' is required");
  assert_false (hn_json_get_text (object, "s", 9, FALSE, &text, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 's' must be a string");
  assert_false (hn_json_get_text (object, "e", 9, TRUE, &text, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'e' must not be empty");
  assert_false (hn_json_get_text (object, "c", 9, TRUE, &text, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'c' must not contain control characters");
  assert_false (hn_json_get_text (object, "c", 2, TRUE, &text, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'c' is longer than 2 bytes");
  assert_false (hn_json_get_text (object, "c1", 9, TRUE, &text, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'c1' must not contain control characters");
  assert_false (hn_json_get_text (object, "ls", 9, TRUE, &text, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'ls' must not contain control characters");
  assert_string_equal (text, "kept");
  assert_false (hn_json_get_int (object, "n", 0, 9, TRUE, &number, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'n' must be a whole number");
  assert_false (hn_json_get_int (object, "big", 0, 9, TRUE, &number, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'big' must be within 0 … 9");
  assert_int_equal (number, 4);
  assert_false (hn_json_get_bool (object, "b", TRUE, &flag, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'b' must be true or false");
  assert_false (hn_json_get_object (object, "o", TRUE, &inner, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'o' must be an object");
  assert_false (hn_json_get_array (object, "a", TRUE, &list, &error));
  assert_hn_error (error, HN_ERROR_INVALID, "field 'a' must be a list");
}

static void
absent_optional_fields_leave_the_default (void **unused)
{
  g_autoptr (JsonObject) object = object_of ("{\"z\":null}");
  g_autoptr (GError) error = NULL;
  gint64 number = 4;
  gboolean flag = TRUE;

  assert_true (hn_json_get_int (object, "z", 0, 9, FALSE, &number, &error));
  assert_true (hn_json_get_bool (object, "none", FALSE, &flag, &error));
  assert_int_equal (number, 4);
  assert_true (flag);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_not_one_object_is_refused),
    cmocka_unit_test (a_pair_of_escapes_is_one_character),
    cmocka_unit_test (sixty_thousand_brackets_do_not_reach_the_parser),
    cmocka_unit_test (single_quotes_cannot_hide_brackets_from_the_check),
    cmocka_unit_test (brackets_inside_strings_do_not_count),
    cmocka_unit_test (getters_name_the_field_and_what_is_wrong),
    cmocka_unit_test (absent_optional_fields_leave_the_default),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
