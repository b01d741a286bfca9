/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json-scan.h"

#include <string.h>

#include "base/limits.h"
#include "tests/support/unit.h"

#define DEPTH HN_LIMIT_JSON_DEPTH

static HnJsonValue
scanned (const char *text)
{
  g_autoptr (GError) error = NULL;
  HnJsonValue value = { 0 };

  if (!hn_json_scan (text, strlen (text), DEPTH, &value, &error))
    print_message ("refused: %s: %s\n", text, error->message);
  assert_null (error);
  assert_non_null (value.text);
  return value;
}

static void
assert_slice (const HnJsonValue *value, HnJsonKind kind, const char *text)
{
  assert_int_equal (value->kind, kind);
  assert_int_equal (value->length, strlen (text));
  assert_memory_equal (value->text, text, value->length);
}

static const char *const malformed[] = {
  /* what json-glib takes, and we must not */
  "", " ", "{\"type\":\"offer\"}{}", "{'type':'offer'}", "/* c */{}", "// c\n{}", "{\"a\":1,}", "[1,]", "NaN", "{\"a\":NaN}", "Infinity", "-Infinity",
  "{\"a\":.5}", "{\"a\":01}", "{\"a\":0x10}", "{\"a\":+1}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":-}", "{\"a\":--1}", "var a = 1;", "1 2", "{} x", "\"a\"\"b\"",
  /* what ends too early, or never began */
  "{", "[", "}", "]", "{\"type\":\"offer\"", "{\"a\"", "{\"a\":", "[1", "\"a", "\"a\\", "\"a\\\"", "\"\\u12", "\"\\u12\"", "-", "t", "tru", "nul", "fals",
  /* what is in the wrong place */
  "{]", "[}", "{\"a\":1]", "[1}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\",1}", "{:1}", "{,}", "[,]", "[,1]", "[1,,2]", "{\"a\":1,,\"b\":2}", "{\"a\":1 \"b\":2}", "[1 2]", ",", ":", "trueish",
  "True", "nulL", "[1]]", "{}}", "{\"a\":}", "{\"a\":1:2}",
  /* strings */
  "\"\\x\"", "\"\\'\"", "\"\\u00g0\"", "\"\n\"", "\"\t\"", "\"\x1f\"", "{\"a\nb\":1}", "\"\\U0041\"",
  /* no white space of JSON */
  "\f{}", "\v{}", "\xc2\xa0{}", "\xef\xbb\xbf{}",
};

static void
what_is_not_json_is_refused (void **unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++) {
    g_autoptr (GError) error = NULL;
    HnJsonValue value = { 0 };

    if (hn_json_scan (malformed[i], strlen (malformed[i]), DEPTH, &value, &error))
      print_message ("accepted: %s\n", malformed[i]);
    assert_null (value.text);
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_PROTOCOL));
    assert_true (g_str_has_prefix (error->message, "not JSON: "));
    assert_true (g_utf8_validate (error->message, -1, NULL));
  }
}

static void
a_nul_is_no_end_and_no_value (void **unused)
{
  static const char nul[] = "{\"a\":\"b\0c\"}", after[] = "{}\0", escape[] = "\"\\\0\"", bare[] = "\0";
  HnJsonValue value;

  assert_false (hn_json_scan (nul, sizeof nul - 1, DEPTH, &value, NULL));
  assert_false (hn_json_scan (after, sizeof after - 1, DEPTH, &value, NULL));
  assert_false (hn_json_scan (escape, sizeof escape - 1, DEPTH, &value, NULL));
  assert_false (hn_json_scan (bare, 1, DEPTH, &value, NULL));
}

static void
the_place_of_what_is_wrong_is_named (void **unused)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
    { "", "not JSON: it ends too early at byte 0" },
    { "{\"a\":1,}", "not JSON: a name is expected at byte 7" },
    { "[1 2]", "not JSON: a comma or ] is expected at byte 3" },
    { "{\"a\" 1}", "not JSON: a colon is expected at byte 5" },
    { "{\"a\":01}", "not JSON: a comma or } is expected at byte 6" },
    { "{} x", "not JSON: something follows it at byte 3" },
    { "[1.]", "not JSON: a digit is missing at byte 3" },
    { "\"\\q\"", "not JSON: an escape that is none at byte 1" },
    { "\"\\u12\"", "not JSON: an escape without four digits at byte 5" },
    { "\"a\n\"", "not JSON: a control character in a string at byte 2" },
    { "\"a", "not JSON: a string without its end at byte 2" },
    { "[nope]", "not JSON: a value is expected at byte 1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GError *error = NULL;
    HnJsonValue value;

    assert_false (hn_json_scan (cases[i].text, strlen (cases[i].text), DEPTH, &value, &error));
    assert_hn_error (error, HN_ERROR_PROTOCOL, cases[i].message);
  }
}

static void
every_kind_of_value_is_told (void **unused)
{
  static const struct {
    const char *text;
    HnJsonKind kind;
    const char *value;
  } cases[] = {
    { "null", HN_JSON_NULL, "null" },
    { " true ", HN_JSON_TRUE, "true" },
    { "\r\n\tfalse\n", HN_JSON_FALSE, "false" },
    { "5", HN_JSON_NUMBER, "5" },
    { "-0.5e-10 ", HN_JSON_NUMBER, "-0.5e-10" },
    { "0", HN_JSON_NUMBER, "0" },
    { "1E+400", HN_JSON_NUMBER, "1E+400" },
    { " \"x\" ", HN_JSON_STRING, "\"x\"" },
    { "\"\"", HN_JSON_STRING, "\"\"" },
    { "[]", HN_JSON_ARRAY, "[]" },
    { "[ ]", HN_JSON_ARRAY, "[ ]" },
    { "{}", HN_JSON_OBJECT, "{}" },
    { " { \"a\" : [ 1 , { } ] } ", HN_JSON_OBJECT, "{ \"a\" : [ 1 , { } ] }" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    HnJsonValue value = scanned (cases[i].text);

    assert_slice (&value, cases[i].kind, cases[i].value);
  }
}

static void
nesting_has_a_limit_and_costs_no_stack (void **unused)
{
  static const char *const openings[] = { "[", "{\"a\":", "[{\"a\":" };
  HnJsonValue value;

  for (guint i = 0; i < G_N_ELEMENTS (openings); i++) {
    g_autoptr (GString) deep = g_string_new (NULL);
    GError *error = NULL;

    for (guint n = 0; n < 100000; n++)
      g_string_append (deep, openings[i]);
    assert_false (hn_json_scan (deep->str, deep->len, DEPTH, &value, &error));
    assert_true (g_str_has_prefix (error->message, "not JSON: nested too deeply at byte "));
    g_error_free (error);
  }
}

static void
exactly_the_deepest_nesting_is_accepted (void **unused)
{
  for (guint depth = 0; depth <= HN_JSON_SCAN_DEPTH; depth++) {
    g_autofree char *opening = g_strnfill (depth, '[');
    g_autofree char *closing = g_strnfill (depth, ']');
    g_autofree char *text = g_strconcat (opening, depth > 0 ? "" : "1", closing, NULL);
    HnJsonValue value;

    assert_true (hn_json_scan (text, strlen (text), depth, &value, NULL));
    if (depth > 0)
      assert_false (hn_json_scan (text, strlen (text), depth - 1, &value, NULL));
  }
}

/* Objects and arrays in each other: which of them is closed is remembered at every level. */
static void
brackets_close_what_they_opened (void **unused)
{
  HnJsonValue value;

  scanned ("[{\"a\":[{\"b\":[[],{}]},{}]}]");
  assert_false (hn_json_scan ("[{\"a\":[{\"b\":1]}]}]", 19, DEPTH, &value, NULL));
  assert_false (hn_json_scan ("{\"a\":[1,{\"b\":2}}", 16, DEPTH, &value, NULL));
}

static void
what_is_read_are_the_bytes_that_came (void **unused)
{
  static const char payload[] = "{\"z\":0.1,\"y\":1e2,\"x\":12345678901234567890,\"w\":-0.0,\"v\":\"\\u00e9\\/\\ud83d\\ude00 r\xc3\xa4um\",  \"u\" : [ 1 ,2 ]}";
  g_autofree char *text = g_strconcat ("{ \"type\" : \"offer\" ,\n\"payload\" :", payload, "\t}", NULL);
  HnJsonValue value = scanned (text), found;

  assert_true (hn_json_object_find (&value, "payload", &found));
  assert_slice (&found, HN_JSON_OBJECT, payload);
  assert_true (hn_json_object_find (&found, "x", &value));
  assert_slice (&value, HN_JSON_NUMBER, "12345678901234567890");
  assert_true (hn_json_object_find (&found, "z", &value));
  assert_slice (&value, HN_JSON_NUMBER, "0.1");
  assert_true (hn_json_object_find (&found, "v", &value));
  assert_slice (&value, HN_JSON_STRING, "\"\\u00e9\\/\\ud83d\\ude00 r\xc3\xa4um\"");
  assert_true (hn_json_object_find (&found, "u", &value));
  assert_slice (&value, HN_JSON_ARRAY, "[ 1 ,2 ]");
}

static void
members_come_in_their_order (void **unused)
{
  HnJsonValue object = scanned (" { \"b\" :1, \"a\":{\"b\":[\"}\",\"\\\"\"]} ,\"b\": null ,\"\":\"\\\\\" } ");
  static const struct {
    const char *name, *value;
    HnJsonKind kind;
  } expected[] = {
    { "\"b\"", "1", HN_JSON_NUMBER },
    { "\"a\"", "{\"b\":[\"}\",\"\\\"\"]}", HN_JSON_OBJECT },
    { "\"b\"", "null", HN_JSON_NULL },
    { "\"\"", "\"\\\\\"", HN_JSON_STRING },
  };
  HnJsonMember member;
  gsize position = 0;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    assert_true (hn_json_object_next (&object, &position, &member));
    assert_slice (&member.name, HN_JSON_STRING, expected[i].name);
    assert_slice (&member.value, expected[i].kind, expected[i].value);
  }
  assert_false (hn_json_object_next (&object, &position, &member));
  assert_false (hn_json_object_next (&object, &position, &member));
}

static void
elements_come_in_their_order (void **unused)
{
  HnJsonValue array = scanned ("[ \"]\" , [[],{}],false,-1.5 ]"), value;
  static const char *const expected[] = { "\"]\"", "[[],{}]", "false", "-1.5" };
  gsize position = 0;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    assert_true (hn_json_array_next (&array, &position, &value));
    assert_int_equal (value.length, strlen (expected[i]));
    assert_memory_equal (value.text, expected[i], value.length);
  }
  assert_false (hn_json_array_next (&array, &position, &value));
}

static void
what_is_empty_has_nothing (void **unused)
{
  HnJsonValue object = scanned ("{  }"), array = scanned ("[ ]"), value;
  HnJsonMember member;
  gsize position = 0;

  assert_false (hn_json_object_next (&object, &position, &member));
  assert_false (hn_json_object_find (&object, "", &value));
  assert_true (hn_json_object_is_clear (&object));
  position = 0;
  assert_false (hn_json_array_next (&array, &position, &value));
}

static void
the_last_of_several_with_a_name_is_found (void **unused)
{
  HnJsonValue object = scanned ("{\"type\":\"error\",\"t\":1,\"type\":\"offer\",\"types\":2}"), value;

  assert_true (hn_json_object_find (&object, "type", &value));
  assert_slice (&value, HN_JSON_STRING, "\"offer\"");
  assert_false (hn_json_object_find (&object, "typ", &value));
  assert_false (hn_json_object_find (&object, "", &value));
}

static void
members_of_what_is_inside_are_not_found (void **unused)
{
  HnJsonValue object = scanned ("{\"payload\":{\"type\":\"offer\"}}"), value;

  assert_false (hn_json_object_find (&object, "type", &value));
}

static void
two_members_with_a_name_are_seen_however_they_are_written (void **unused)
{
  static const char *const unclear[] = {
    "{\"type\":\"error\",\"type\":\"offer\",\"payload\":{}}",
    "{\"type\":1,\"t\\u0079pe\":2}",
    "{\"\\u0074ype\":1,\"type\":2}",
    "{\"a\":1,\"b\":2,\"c\":3,\"a\":1}",
    "{\"\":1,\"\":2}",
    "{\"\\ud800\":1,\"\\uD800\":2}",
    "{\"\\u0000\":1,\"\\u0000\":2}",
    "{\"\\/\":1,\"/\":2}",
    "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}",
  };
  static const char *const clear[] = {
    "{\"type\":\"error\",\"payload\":{\"type\":\"offer\"}}", "{\"a\":1,\"A\":2}",     "{\"a\":{\"x\":1},\"b\":{\"x\":1}}",
    "{\"\\u0000a\":1,\"\\u0000b\":2}",                        "{\"\\ud800\":1,\"\\ud801\":2}", "{\"a\":1,\"a\\u0000\":2}",
    "{\"\\\\u0061\":1,\"a\":2}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (unclear); i++) {
    HnJsonValue object = scanned (unclear[i]);

    assert_false (hn_json_object_is_clear (&object));
  }
  for (guint i = 0; i < G_N_ELEMENTS (clear); i++) {
    HnJsonValue object = scanned (clear[i]);

    assert_true (hn_json_object_is_clear (&object));
  }
}

static void
many_members_are_compared_too (void **unused)
{
  g_autoptr (GString) text = g_string_new ("{\"first\":0");
  HnJsonValue object;

  for (guint i = 0; i < 8000; i++)
    g_string_append_printf (text, ",\"%x\":%u", i, i);
  g_string_append_c (text, '}');
  object = scanned (text->str);
  assert_true (hn_json_object_is_clear (&object));
  g_string_truncate (text, text->len - 1);
  g_string_append (text, ",\"f\\u0069rst\":1}");
  object = scanned (text->str);
  assert_false (hn_json_object_is_clear (&object));
}

static void
text_is_read_with_its_escapes (void **unused)
{
  static const struct {
    const char *json, *text;
  } cases[] = {
    { "\"\"", "" },
    { "\"a\"", "a" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
    { "\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac" },
    { "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
    { "\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf" },
    { "\"r\xc3\xa4um\"", "r\xc3\xa4um" },
    { "\"\\\\u0041\"", "\\u0041" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    HnJsonValue value = scanned (cases[i].json);
    g_autofree char *text = hn_json_value_dup_text (&value);

    assert_string_equal (text, cases[i].text);
    assert_true (hn_json_value_equals (&value, cases[i].text));
    if (cases[i].text[0] != '\0') {
      g_autofree char *longer = g_strconcat (text, "x", NULL);

      assert_false (hn_json_value_equals (&value, longer));
      text[strlen (text) - 1] = '\0';
      assert_false (hn_json_value_equals (&value, text));
    }
  }
}

static void
what_is_no_text_gives_none (void **unused)
{
  static const char *const cases[] = {
    "\"a\\u0000b\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\udc00\\ud800\"", "\"\\ud800\\ud800\"", "\"\\ud83d\\n\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    HnJsonValue value = scanned (cases[i]);

    assert_null (hn_json_value_dup_text (&value));
    assert_false (hn_json_value_equals (&value, "a"));
    assert_false (hn_json_value_equals (&value, ""));
  }
}

static void
integers_are_read_if_they_are_some (void **unused)
{
  static const struct {
    const char *text;
    gboolean good;
    gint64 value;
  } cases[] = {
    { "0", TRUE, 0 },
    { "-0", TRUE, 0 },
    { "-17", TRUE, -17 },
    { "9223372036854775807", TRUE, G_MAXINT64 },
    { "-9223372036854775808", TRUE, G_MININT64 },
    { "9223372036854775808", FALSE, 0 },
    { "123456789012345678901234567890", FALSE, 0 },
    { "1.0", FALSE, 0 },
    { "1e2", FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    HnJsonValue value = scanned (cases[i].text);
    gint64 read = 4711;

    assert_int_equal (hn_json_value_get_int (&value, &read), cases[i].good);
    assert_int_equal (read, cases[i].good ? cases[i].value : 4711);
  }
}

static void
what_is_written_is_read_as_it_was (void **unused)
{
  static const char *const texts[] = { "", "a", "\"\\\b\f\n\r\t\x01\x1f\x7f/", "r\xc3\xa4um \xf0\x9f\x98\x80" };
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    HnJsonValue value;
    g_autofree char *read = NULL;

    g_string_truncate (out, 0);
    hn_json_append_string (out, texts[i]);
    value = scanned (out->str);
    read = hn_json_value_dup_text (&value);
    assert_string_equal (read, texts[i]);
  }
  assert_string_equal (out->str, "\"r\xc3\xa4um \xf0\x9f\x98\x80\"");
  g_string_truncate (out, 0);
  hn_json_append_string (out, "\x01");
  assert_string_equal (out->str, "\"\\u0001\"");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_not_json_is_refused),
    cmocka_unit_test (a_nul_is_no_end_and_no_value),
    cmocka_unit_test (the_place_of_what_is_wrong_is_named),
    cmocka_unit_test (every_kind_of_value_is_told),
    cmocka_unit_test (nesting_has_a_limit_and_costs_no_stack),
    cmocka_unit_test (exactly_the_deepest_nesting_is_accepted),
    cmocka_unit_test (brackets_close_what_they_opened),
    cmocka_unit_test (what_is_read_are_the_bytes_that_came),
    cmocka_unit_test (members_come_in_their_order),
    cmocka_unit_test (elements_come_in_their_order),
    cmocka_unit_test (what_is_empty_has_nothing),
    cmocka_unit_test (the_last_of_several_with_a_name_is_found),
    cmocka_unit_test (members_of_what_is_inside_are_not_found),
    cmocka_unit_test (two_members_with_a_name_are_seen_however_they_are_written),
    cmocka_unit_test (many_members_are_compared_too),
    cmocka_unit_test (text_is_read_with_its_escapes),
    cmocka_unit_test (what_is_no_text_gives_none),
    cmocka_unit_test (integers_are_read_if_they_are_some),
    cmocka_unit_test (what_is_written_is_read_as_it_was),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
