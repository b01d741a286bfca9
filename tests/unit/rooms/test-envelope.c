/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/envelope.h"

#include "tests/support/unit.h"

#define UTC_US G_GINT64_CONSTANT (1762682400000001) /* 2025-11-09T10:00:00.000001 */

typedef struct {
  char *text;
  HnEnvelope envelope;
  HnRefusal refusal;
  char *why;
} Read;

/* From a block of exactly that size, so that a sanitizer sees each step beyond it. */
static Read
read_text (const char *text)
{
  gsize length = strlen (text);
  Read self = { .text = g_memdup2 (text, MAX (length, 1)) };

  self.refusal = hn_envelope_read (self.text, length, &self.envelope, &self.why);
  return self;
}

static void
done (Read *self)
{
  hn_envelope_clear (&self->envelope);
  g_free (self->text);
  g_free (self->why);
}

static void
assert_refused (const char *text, HnRefusal expected, const char *why)
{
  Read read = read_text (text);

  if (read.refusal != expected)
    fail_msg ("%s: refusal %d, not %d", text, (int) read.refusal, (int) expected);
  if (why != NULL)
    assert_string_equal (read.why, why);
  done (&read);
}

static void
assert_written (const char *text, const char *expected)
{
  Read read = read_text (text);
  g_autoptr (GString) out = g_string_new (NULL);

  assert_int_equal (read.refusal, HN_REFUSALS);
  hn_envelope_write (&read.envelope, "\"A\"", "\"r1\"", UTC_US, out);
  assert_string_equal (out->str, expected);
  done (&read);
}

static void
a_payload_leaves_as_the_bytes_that_came (void **unused)
{
  assert_written ("{\"type\":\"offer\",\"payload\":{ \"z\":0.1,\"a\":1e2 , \"n\":12345678901234567890,\"t\":\"\\u00e4ä\\u0000\\ud800\"},\"timestamp\":\"x\"}",
                  "{\"type\":\"offer\",\"payload\":{ \"z\":0.1,\"a\":1e2 , \"n\":12345678901234567890,\"t\":\"\\u00e4ä\\u0000\\ud800\"}"
                  ",\"sender_id\":\"A\",\"room_id\":\"r1\",\"timestamp\":\"x\"}");
}

static void
sender_and_room_are_ours_and_the_rest_is_left_out (void **unused)
{
  assert_written (" {\"extra\":[{}],\"sender_id\":\"B\",\"room_id\":\"other\",\"payload\":{},\"type\":\"ice_candidate\",\"type2\":1}\n",
                  "{\"type\":\"ice-candidate\",\"payload\":{},\"sender_id\":\"A\",\"room_id\":\"r1\",\"timestamp\":\"2025-11-09T10:00:00.000001+00:00\"}");
}

static void
a_time_that_is_missing_null_or_empty_is_filled_in (void **unused)
{
  static const char *const times[] = { "", ",\"timestamp\":null", ",\"timestamp\":\"\"" };

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autofree char *text = g_strconcat ("{\"type\":\"answer\",\"payload\":{},\"sender_id\":null,\"room_id\":null", times[i], "}", NULL);

    assert_written (text, "{\"type\":\"answer\",\"payload\":{},\"sender_id\":\"A\",\"room_id\":\"r1\",\"timestamp\":\"2025-11-09T10:00:00.000001+00:00\"}");
  }
}

static void
what_is_no_json_is_told_so (void **unused)
{
  static const char *const texts[] = { "{", "", "{\"type\":\"offer\"}{}", "{'type':'offer'}", "{\"type\":\"offer\",}", "/*x*/{}", "{\"type\":NaN}", "{\"a\":\"\t\"}" };
  g_autoptr (GString) deep = g_string_new ("{\"type\":\"offer\",\"payload\":{\"a\":");

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_refused (texts[i], HN_REFUSAL_INVALID_JSON, NULL);
  for (int i = 0; i < 30000; i++)
    g_string_append_c (deep, '[');
  assert_refused (deep->str, HN_REFUSAL_INVALID_JSON, NULL);
}

static void
what_has_not_the_form_is_told_so (void **unused)
{
  assert_refused ("[]", HN_REFUSAL_INVALID_MESSAGE, "a message must be an object");
  assert_refused ("null", HN_REFUSAL_INVALID_MESSAGE, "a message must be an object");
  assert_refused ("5", HN_REFUSAL_INVALID_MESSAGE, NULL);
  assert_refused ("{}", HN_REFUSAL_INVALID_MESSAGE, "'type' must be a string");
  assert_refused ("{\"type\":7,\"payload\":{}}", HN_REFUSAL_INVALID_MESSAGE, "'type' must be a string");
  assert_refused ("{\"type\":\"offer\"}", HN_REFUSAL_INVALID_MESSAGE, "'payload' must be an object");
  assert_refused ("{\"type\":\"offer\",\"payload\":null}", HN_REFUSAL_INVALID_MESSAGE, NULL);
  assert_refused ("{\"type\":\"offer\",\"payload\":[]}", HN_REFUSAL_INVALID_MESSAGE, NULL);
  assert_refused ("{\"type\":\"offer\",\"payload\":\"{}\"}", HN_REFUSAL_INVALID_MESSAGE, NULL);
  assert_refused ("{\"type\":\"offer\",\"payload\":{},\"sender_id\":7}", HN_REFUSAL_INVALID_MESSAGE, "'sender_id' must be a string or null");
  assert_refused ("{\"type\":\"offer\",\"payload\":{},\"room_id\":{}}", HN_REFUSAL_INVALID_MESSAGE, "'room_id' must be a string or null");
  assert_refused ("{\"type\":\"offer\",\"payload\":{},\"timestamp\":7}", HN_REFUSAL_INVALID_MESSAGE, "'timestamp' must be a string or null");
  assert_refused ("{\"type\":\"offer\",\"payload\":{\"target_user_id\":7}}", HN_REFUSAL_INVALID_MESSAGE, "'target_user_id' must be a string or null");
}

static void
no_field_stands_twice_under_any_spelling (void **unused)
{
  assert_refused ("{\"type\":\"error\",\"type\":\"offer\",\"payload\":{}}", HN_REFUSAL_INVALID_MESSAGE, "'type' stands twice");
  assert_refused ("{\"type\":\"offer\",\"\\u0074ype\":\"error\",\"payload\":{}}", HN_REFUSAL_INVALID_MESSAGE, "'type' stands twice");
  assert_refused ("{\"type\":\"offer\",\"payload\":{},\"payload\":{}}", HN_REFUSAL_INVALID_MESSAGE, "'payload' stands twice");
  assert_refused ("{\"type\":\"offer\",\"payload\":{},\"timestamp\":\"a\",\"timestamp\":\"b\"}", HN_REFUSAL_INVALID_MESSAGE, NULL);
}

static void
types_are_known_and_a_clients (void **unused)
{
  assert_refused ("{\"type\":\"dance\",\"payload\":{}}", HN_REFUSAL_UNKNOWN_TYPE, NULL);
  assert_refused ("{\"type\":\"\",\"payload\":{}}", HN_REFUSAL_UNKNOWN_TYPE, NULL);
  assert_refused ("{\"type\":\"of\\u0000er\",\"payload\":{}}", HN_REFUSAL_UNKNOWN_TYPE, NULL);
  assert_refused ("{\"type\":\"room_state\",\"payload\":{}}", HN_REFUSAL_FORBIDDEN_TYPE, NULL);
  assert_refused ("{\"type\":\"user-left\",\"payload\":{}}", HN_REFUSAL_FORBIDDEN_TYPE, NULL);
  assert_refused ("{\"type\":\"error\",\"payload\":{}}", HN_REFUSAL_FORBIDDEN_TYPE, NULL);
  assert_refused ("{\"type\":\"err\\u006fr\",\"payload\":{}}", HN_REFUSAL_FORBIDDEN_TYPE, NULL);
}

static void
assert_target (const char *payload, const char *expected)
{
  g_autofree char *text = g_strdup_printf ("{\"type\":\"offer\",\"payload\":%s}", payload);
  Read read = read_text (text);

  assert_int_equal (read.refusal, HN_REFUSALS);
  assert_true (g_strcmp0 (read.envelope.target, expected) == 0);
  done (&read);
}

static void
a_target_is_one_user_or_nobody_in_particular (void **unused)
{
  assert_target ("{}", NULL);
  assert_target ("{\"target_user_id\":null}", NULL);
  assert_target ("{\"target_user_id\":\"\"}", NULL);
  assert_target ("{\"x\":{\"target_user_id\":\"C\"},\"target_user_id\":\"B\"}", "B");
  assert_target ("{\"target_user_id\":\"\\u00e4\"}", "ä");
  assert_refused ("{\"type\":\"offer\",\"payload\":{\"target_user_id\":\"\\ud800\"}}", HN_REFUSAL_TARGET_NOT_FOUND, NULL);
}

static void
what_was_written_is_taken_apart_again (void **unused)
{
  g_autoptr (GString) out = g_string_new (NULL);
  Read read = read_text ("{\"type\":\"chat-message\",\"payload\":{\"a\":\"}\"},\"timestamp\":\"t\"}");
  HnDialectType type = HN_DIALECT_TYPES;
  HnSlice rest = { NULL };

  hn_envelope_write (&read.envelope, "\"A\"", "\"r1\"", UTC_US, out);
  assert_true (hn_envelope_look ((HnSlice){ out->str, out->len }, &type, &rest));
  assert_int_equal (type, HN_DIALECT_CHAT_MESSAGE);
  assert_true (hn_slice_equal (rest, "\",\"payload\":{\"a\":\"}\"},\"sender_id\":\"A\",\"room_id\":\"r1\",\"timestamp\":\"t\""));
  assert_true (hn_envelope_is_relayed ((HnSlice){ out->str, out->len }));
  assert_false (hn_envelope_look ((HnSlice){ out->str, out->len - 1 }, &type, &rest));
  done (&read);
}

static void
what_others_put_into_the_store_is_not_believed (void **unused)
{
  static const char *const texts[] = {
    "", "{", "{}", "{\"type\":\"", "{\"type\":\"offer", "{\"type\":\"offer\"", "{\"type\":\"dance\",\"payload\":{}}", "{ \"type\":\"offer\",\"payload\":{}}",
    "{\"type\":\"offer\",\"payload\":{}", "{\"type\":\"error\",\"payload\":{}}", "{\"type\":\"offer\",\"payload\":[]}", "{\"type\":\"offer\",\"payload\":{}}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    gsize length = strlen (texts[i]);
    g_autofree char *copy = g_memdup2 (texts[i], MAX (length, 1));

    if (hn_envelope_is_relayed ((HnSlice){ copy, length }))
      fail_msg ("'%s' was believed", texts[i]);
  }
}

static void
another_make_of_server_is_understood (void **unused)
{
  static const char *const garbage[] = { "", "{", "[]", "{\"type\":\"dance\",\"payload\":{}}", "{\"type\":\"error\",\"payload\":{}}", "{\"type\":\"ping\",\"payload\":{}}",
                                         "{\"type\":\"offer\",\"payload\":7}", "{\"type\":\"offer\",\"payload\":{},\"sender_id\":7}" };
  static const char joined[] = "{\"type\":\"user-joined\",\"payload\":{\"a\": 1},\"sender_id\":null,\"room_id\":\"r1\",\"timestamp\":\"t\"}";
  static const char offer[] = "{\"sender_id\":\"b\\u00e4\",\"type\":\"ice_candidate\",\"payload\":{}}";
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *sender = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (garbage); i++)
    assert_false (hn_envelope_translate ((HnSlice){ garbage[i], strlen (garbage[i]) }, UTC_US, out, &sender));
  assert_true (hn_envelope_translate ((HnSlice){ joined, strlen (joined) }, UTC_US, out, &sender));
  assert_string_equal (out->str, joined);
  assert_null (sender);
  g_string_truncate (out, 0);
  assert_true (hn_envelope_translate ((HnSlice){ offer, strlen (offer) }, UTC_US, out, &sender));
  assert_string_equal (sender, "bä");
  assert_string_equal (out->str, "{\"type\":\"ice-candidate\",\"payload\":{},\"sender_id\":\"b\\u00e4\",\"room_id\":null,\"timestamp\":\"2025-11-09T10:00:00.000001+00:00\"}");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_payload_leaves_as_the_bytes_that_came),
    cmocka_unit_test (sender_and_room_are_ours_and_the_rest_is_left_out),
    cmocka_unit_test (a_time_that_is_missing_null_or_empty_is_filled_in),
    cmocka_unit_test (what_is_no_json_is_told_so),
    cmocka_unit_test (what_has_not_the_form_is_told_so),
    cmocka_unit_test (no_field_stands_twice_under_any_spelling),
    cmocka_unit_test (types_are_known_and_a_clients),
    cmocka_unit_test (a_target_is_one_user_or_nobody_in_particular),
    cmocka_unit_test (what_was_written_is_taken_apart_again),
    cmocka_unit_test (what_others_put_into_the_store_is_not_believed),
    cmocka_unit_test (another_make_of_server_is_understood),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
