/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/mesh-message.h"

#include <string.h>

#include "base/metrics.h"
#include "tests/support/unit.h"

static void
assert_wrong (const char *text, HnMeshError error, const char *detail)
{
  g_auto (HnMeshMessage) message = { 0 };

  hn_mesh_message_read (text, strlen (text), &message);
  assert_int_equal (message.kind, HN_MESH_WRONG);
  assert_int_equal (message.error, error);
  if (detail != NULL)
    assert_string_equal (message.detail, detail);
}

static void
assert_text (GString *text, const char *expected)
{
  assert_string_equal (text->str, expected);
  g_string_free (text, TRUE);
}

static void
a_register_names_its_agent (void **unused)
{
  static const char text[] = "{\"type\":\"register\",\"agent_id\":\"test-agent\"}";
  g_auto (HnMeshMessage) message = { 0 };

  hn_mesh_message_read (text, strlen (text), &message);
  assert_int_equal (message.kind, HN_MESH_REGISTER);
  assert_string_equal (message.agent_id, "test-agent");
}

static void
a_register_without_an_id_has_its_own_error (void **unused)
{
  static const char *const texts[] = { "{\"type\":\"register\"}",
                                       "{\"type\":\"register\",\"agent_id\":\"\"}",
                                       "{\"type\":\"register\",\"agent_id\":null}",
                                       "{\"type\":\"register\",\"agent_id\":false}",
                                       "{\"type\":\"register\",\"agent_id\":0}",
                                       "{\"type\":\"register\",\"agent_id\":-0.0e7}",
                                       "{\"type\":\"register\",\"agent_id\":1e-400}",
                                       "{\"type\":\"register\",\"agent_id\":\"a\",\"agent_id\":\"\"}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_wrong (texts[i], HN_MESH_ERROR_MISSING_AGENT_ID, NULL);
}

static void
an_id_is_a_short_text_that_can_be_seen (void **unused)
{
  static const char *const values[] = { "7", "{}", "[]", "true", "0.5", "\"a b\"", "\"\\t\"", "\"a\\u0000b\"", "\"a\\u007f\"", "\"\\u202eabc\"", "\"a\\u200db\"", "\"\\u00a0\"", "\"\\u2028\"", "\"\\ud800\"" };
  g_autofree char *longest = g_strnfill (128, 'x');
  g_autofree char *too_long = g_strnfill (129, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *text = g_strdup_printf ("{\"type\":\"register\",\"agent_id\":%s}", values[i]);

    assert_wrong (text, HN_MESH_ERROR_INVALID_AGENT_ID, NULL);
  }
  assert_true (hn_mesh_message_is_agent_id (longest));
  assert_false (hn_mesh_message_is_agent_id (too_long));
  assert_true (hn_mesh_message_is_agent_id ("агент-7/ß:_.\"\\"));
  assert_false (hn_mesh_message_is_agent_id (""));
}

static void
a_relayed_message_goes_on_with_four_fields_and_its_bytes (void **unused)
{
  static const char body[] = "{ \"sdp\" : \"v=0\\r\\n\\u00fc\", \"type\":\"offer\", \"n\":[0.10, 1E5 ,\"\\/\"], \"n\":2 }";
  g_autofree char *text = g_strdup_printf (" {\"trace\":1,\"to\":\"b\\u0062\",\"offer\":%s,\"room\":\"r\",\"from\":\"a\\\"\",\"type\":\"offer\"}\n", body);
  g_auto (HnMeshMessage) message = { 0 };

  hn_mesh_message_read (text, strlen (text), &message);
  assert_int_equal (message.kind, HN_MESH_OFFER);
  assert_string_equal (message.from, "a\"");
  assert_string_equal (message.to, "bb");
  assert_int_equal (message.body.length, strlen (body));
  assert_memory_equal (message.body.text, body, strlen (body));
  assert_text (hn_mesh_message_relayed_head (&message), "{\"type\":\"offer\",\"from\":\"a\\\"\",\"to\":\"bb\",\"offer\":");
}

static void
each_relayed_type_has_its_body (void **unused)
{
  static const struct {
    const char *text;
    HnMeshKind kind;
    const char *head;
  } rows[] = {
    { "{\"type\":\"offer\",\"from\":\"a\",\"to\":\"b\",\"offer\":1,\"answer\":2,\"candidate\":3}", HN_MESH_OFFER, "{\"type\":\"offer\",\"from\":\"a\",\"to\":\"b\",\"offer\":" },
    { "{\"type\":\"answer\",\"from\":\"a\",\"to\":\"b\",\"offer\":1,\"answer\":2,\"candidate\":3}", HN_MESH_ANSWER, "{\"type\":\"answer\",\"from\":\"a\",\"to\":\"b\",\"answer\":" },
    { "{\"type\":\"ice-candidate\",\"from\":\"a\",\"to\":\"b\",\"offer\":1,\"answer\":2,\"candidate\":3}", HN_MESH_CANDIDATE,
      "{\"type\":\"ice-candidate\",\"from\":\"a\",\"to\":\"b\",\"candidate\":" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_auto (HnMeshMessage) message = { 0 };

    hn_mesh_message_read (rows[i].text, strlen (rows[i].text), &message);
    assert_int_equal (message.kind, rows[i].kind);
    assert_int_equal (message.body.length, 1);
    assert_int_equal (*message.body.text, '1' + (char) i);
    assert_text (hn_mesh_message_relayed_head (&message), rows[i].head);
  }
}

static void
a_relayed_message_that_lacks_something_has_the_error_of_its_type (void **unused)
{
  static const struct {
    const char *type;
    const char *body;
    const char *detail;
  } rows[] = {
    { "offer", "offer", "Error: Invalid offer message" },
    { "answer", "answer", "Error: Invalid answer message" },
    { "ice-candidate", "candidate", "Error: Invalid ICE candidate message" },
  };
  static const char *const fields[] = { "\"from\":\"\",\"to\":\"b\",\"%s\":{}", "\"to\":\"b\",\"%s\":{}",         "\"from\":\"a\",\"%s\":{}",
                                        "\"from\":\"a\",\"to\":\"b\"",         "\"from\":\"a\",\"to\":null,\"%s\":{}", "\"from\":\"a\",\"to\":\"\",\"%s\":{}", "\"from\":\"a\",\"to\":\"b\",\"%s\":null",
                                        "\"from\":\"a\",\"to\":\"b\",\"%s\":\"\"", "\"from\":\"a\",\"to\":\"b\",\"%s\":0",  "\"from\":7,\"to\":\"b\",\"%s\":{}",
                                        "\"from\":\"a\",\"to\":[1],\"%s\":{}", "\"from\":\"a\",\"to\":\"\\u0000\",\"%s\":{}" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint k = 0; k < G_N_ELEMENTS (fields); k++) {
      g_auto (GStrv) parts = g_strsplit (fields[k], "%s", -1);
      g_autofree char *inner = g_strjoinv (rows[i].body, parts);
      g_autofree char *text = g_strdup_printf ("{\"type\":\"%s\",%s}", rows[i].type, inner);

      assert_wrong (text, HN_MESH_ERROR_INVALID_MESSAGE, rows[i].detail);
    }
}

static void
the_end_of_candidates_passes_as_an_object (void **unused)
{
  static const char text[] = "{\"type\":\"ice-candidate\",\"from\":\"a\",\"to\":\"b\",\"candidate\":{\"candidate\":\"\"}}";
  g_auto (HnMeshMessage) message = { 0 };

  hn_mesh_message_read (text, strlen (text), &message);
  assert_int_equal (message.kind, HN_MESH_CANDIDATE);
}

static void
what_is_no_message_is_not_answered (void **unused)
{
  static const char *const texts[] = { "[]", "5", "\"x\"", "true", "{}", "{\"type\":\"dance\"}", "{\"type\":5}", "{\"type\":null}", "{\"type\":\"registered\"}", "{\"type\":\"Offer\"}",
                                       "{\"type\":\"offer\",\"type\":\"dance\"}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_auto (HnMeshMessage) message = { 0 };

    hn_mesh_message_read (texts[i], strlen (texts[i]), &message);
    assert_int_equal (message.kind, HN_MESH_IGNORED);
  }
}

static void
what_is_no_json_is_a_syntax_error (void **unused)
{
  static const char *const texts[] = { "{bad", "", " ", "{}{}", "{'type':'register'}", "{\"type\":\"register\",}", "NaN", "/* */ {}", "{\"type\":01}" };
  g_autofree char *deep = g_strnfill (60000, '[');

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_wrong (texts[i], HN_MESH_ERROR_INVALID_JSON, NULL);
  assert_wrong (deep, HN_MESH_ERROR_INVALID_JSON, NULL);
  assert_wrong ("null", HN_MESH_ERROR_INVALID_MESSAGE, "TypeError: Cannot read properties of null (reading 'type')");
}

static void
what_agents_are_told_has_the_form_that_they_know (void **unused)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new ();

  assert_text (hn_mesh_message_registered ("test-agent", others), "{\"type\":\"registered\",\"agent_id\":\"test-agent\",\"connected_agents\":[]}");
  g_ptr_array_add (others, (gpointer) "a");
  g_ptr_array_add (others, (gpointer) "b\"");
  assert_text (hn_mesh_message_registered ("c", others), "{\"type\":\"registered\",\"agent_id\":\"c\",\"connected_agents\":[\"a\",\"b\\\"\"]}");
  assert_text (hn_mesh_message_joined ("ü"), "{\"type\":\"agent-joined\",\"agent_id\":\"ü\"}");
  assert_text (hn_mesh_message_left ("b"), "{\"type\":\"agent-left\",\"agent_id\":\"b\"}");
}

static void
an_error_has_a_text_and_a_code (void **unused)
{
  assert_text (hn_mesh_message_error (HN_MESH_ERROR_MISSING_AGENT_ID, NULL), "{\"type\":\"error\",\"message\":\"Error: Missing agent_id in register message\",\"code\":\"MISSING_AGENT_ID\"}");
  assert_text (hn_mesh_message_error (HN_MESH_ERROR_AGENT_NOT_FOUND, "ghost"), "{\"type\":\"error\",\"message\":\"Error: Agent ghost not found\",\"code\":\"AGENT_NOT_FOUND\"}");
  assert_text (hn_mesh_message_error (HN_MESH_ERROR_INVALID_MESSAGE, "Error: Invalid offer message"),
               "{\"type\":\"error\",\"message\":\"Error: Invalid offer message\",\"code\":\"INVALID_MESSAGE\"}");
}

static void
an_error_quotes_no_more_than_it_needs (void **unused)
{
  g_autofree char *longest = g_strnfill (160, 'x');
  g_autofree char *too_long = g_strnfill (161, 'x');
  g_autofree char *cut = g_strconcat ("{\"type\":\"error\",\"message\":\"", longest, "…\",\"code\":\"INVALID_MESSAGE\"}", NULL);

  assert_text (hn_mesh_message_error (HN_MESH_ERROR_INVALID_MESSAGE, too_long), cut);
  for (guint lead = 0; lead < 4; lead++) {
    g_autoptr (GString) name = g_string_new (NULL);
    GString *text;

    for (guint i = 0; i < lead; i++)
      g_string_append_c (name, 'x');
    for (guint i = 0; i < 10000; i++)
      g_string_append (name, "𝛼");
    text = hn_mesh_message_error (HN_MESH_ERROR_AGENT_NOT_FOUND, name->str);
    assert_true (g_utf8_validate (text->str, (gssize) text->len, NULL));
    assert_non_null (strstr (text->str, "𝛼… not found"));
    assert_in_range (text->len, 200, 260);
    g_string_free (text, TRUE);
  }
}

static void
metrics_know_every_error_and_every_relayed_type (void **unused)
{
  for (HnMeshError error = 0; error < HN_MESH_ERRORS; error++)
    assert_true (hn_metrics_knows (HN_METRIC_MESH_ERRORS, hn_mesh_message_error_label (error)));
  for (HnMeshKind kind = HN_MESH_OFFER; kind <= HN_MESH_CANDIDATE; kind++)
    assert_true (hn_metrics_knows (HN_METRIC_MESH_RELAYED, hn_mesh_message_kind_label (kind)));
}

static void
the_document_has_each_error (void **unused)
{
  static const char *const rows[] = {
#define ROW(code, label, before, behind) "| `" #code "` | `" before "{}" behind "` |",
    HN_MESH_ERROR_TABLE (ROW)
#undef ROW
  };
  g_autofree char *shown = NULL;
  guint missing = 0;

  assert_true (g_file_get_contents (DOCS "/signalling.md", &shown, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strstr (shown, rows[i]) == NULL) {
      g_printerr ("docs/signalling.md has no row with: %s\n", rows[i]); /* cmocka's messages are too short for it */
      missing++;
    }
  assert_int_equal (missing, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_register_names_its_agent),
    cmocka_unit_test (a_register_without_an_id_has_its_own_error),
    cmocka_unit_test (an_id_is_a_short_text_that_can_be_seen),
    cmocka_unit_test (a_relayed_message_goes_on_with_four_fields_and_its_bytes),
    cmocka_unit_test (each_relayed_type_has_its_body),
    cmocka_unit_test (a_relayed_message_that_lacks_something_has_the_error_of_its_type),
    cmocka_unit_test (the_end_of_candidates_passes_as_an_object),
    cmocka_unit_test (what_is_no_message_is_not_answered),
    cmocka_unit_test (what_is_no_json_is_a_syntax_error),
    cmocka_unit_test (what_agents_are_told_has_the_form_that_they_know),
    cmocka_unit_test (an_error_has_a_text_and_a_code),
    cmocka_unit_test (an_error_quotes_no_more_than_it_needs),
    cmocka_unit_test (metrics_know_every_error_and_every_relayed_type),
    cmocka_unit_test (the_document_has_each_error),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
