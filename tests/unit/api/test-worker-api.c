/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/worker-api.h"

#include <string.h>

#include "api/drain-request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

#define ID "0123456789abcdef0123456789abcdef"

static JsonObject *
object_of (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = hn_json_parse_object (text, strlen (text), &error);

  assert_null (error);
  return object;
}

static void
every_state_has_a_name_that_leads_back_to_it (void **unused)
{
  for (int i = HN_SESSION_STARTING; i <= HN_SESSION_ERROR; i++) {
    HnSessionState state = HN_SESSION_STARTING;

    assert_true (hn_session_state_from_text (hn_session_state_to_text ((HnSessionState) i), &state));
    assert_int_equal (state, i);
  }
}

static void
a_name_that_is_no_state_is_refused (void **unused)
{
  HnSessionState state = HN_SESSION_IDLE;

  assert_false (hn_session_state_from_text ("dead", &state));
  assert_false (hn_session_state_from_text (NULL, &state));
  assert_int_equal (state, HN_SESSION_IDLE);
}

static void
only_stopped_and_error_hold_no_slot (void **unused)
{
  assert_true (hn_session_state_is_live (HN_SESSION_STARTING));
  assert_true (hn_session_state_is_live (HN_SESSION_STOPPING));
  assert_false (hn_session_state_is_live (HN_SESSION_STOPPED));
  assert_false (hn_session_state_is_live (HN_SESSION_ERROR));
}

static void
a_create_request_survives_the_wire (void **unused)
{
  g_autoptr (JsonObject) in
      = object_of ("{\"body_ip\":\"10.0.1.50\",\"sunshine_user\":\"u\",\"sunshine_pass\":\"p\",\"experience\":\"Forest\","
                   "\"exe_path\":\"C:\\\\x.exe\",\"district\":\"d\",\"body\":\"b\",\"head\":\"h\",\"replace\":true,\"new\":1}");
  g_autoptr (HnCreateRequest) first = hn_create_request_from_json (in, NULL);
  g_autoptr (JsonObject) out = hn_create_request_to_json (first);
  g_autoptr (HnCreateRequest) self = hn_create_request_from_json (out, NULL);

  assert_string_equal (self->body_ip, "10.0.1.50");
  assert_string_equal (self->sunshine_user, "u");
  assert_string_equal (self->sunshine_pass, "p");
  assert_string_equal (self->experience, "Forest");
  assert_string_equal (self->exe_path, "C:\\x.exe");
  assert_string_equal (self->district, "d");
  assert_string_equal (self->body, "b");
  assert_string_equal (self->head, "h");
  assert_true (self->replace);
}

static void
a_create_request_needs_only_its_body (void **unused)
{
  g_autoptr (JsonObject) in = object_of ("{\"body_ip\":\"10.0.1.50\",\"experience\":\"\"}");
  g_autoptr (HnCreateRequest) self = hn_create_request_from_json (in, NULL);

  assert_non_null (self);
  assert_null (self->experience);
  assert_false (self->replace);
}

static void
a_bad_create_request_is_refused_by_the_name_of_its_field (void **unused)
{
  static const struct {
    const char *body;
    const char *message;
  } rows[] = {
    { "{}", "field 'body_ip' is required" },
    { "{\"body_ip\":7}", "field 'body_ip' must be a string" },
    { "{\"body_ip\":\"\"}", "field 'body_ip' must not be empty" },
    { "{\"body_ip\":\"living-room\"}", "field 'body_ip' must be an IP address" },
    { "{\"body_ip\":\"010.0.0.1\"}", "field 'body_ip' must be an IP address" },
    { "{\"body_ip\":\"10.0.0.1\",\"experience\":[]}", "field 'experience' must be a string" },
    { "{\"body_ip\":\"10.0.0.1\",\"replace\":\"yes\"}", "field 'replace' must be true or false" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonObject) in = object_of (rows[i].body);
    g_autoptr (GError) error = NULL;

    assert_null (hn_create_request_from_json (in, &error));
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
    assert_string_equal (error->message, rows[i].message);
  }
}

static void
a_create_reply_survives_the_wire (void **unused)
{
  HnCreateReply reply = { (char *) ID, (char *) "http://h/session/x", (char *) "/session/x", (char *) "w1" };
  g_autoptr (JsonObject) object = hn_create_reply_to_json (&reply);
  g_autoptr (HnCreateReply) self = hn_create_reply_from_json (object, NULL);

  assert_string_equal (self->session_id, ID);
  assert_string_equal (self->stream_url, "http://h/session/x");
  assert_string_equal (self->stream_path, "/session/x");
  assert_string_equal (self->worker_id, "w1");
}

static void
a_create_reply_without_a_real_id_is_refused (void **unused)
{
  g_autoptr (JsonObject) odd = object_of ("{\"session_id\":\"../x\",\"stream_url\":\"http://h/\"}");
  g_autoptr (JsonObject) none = object_of ("{\"session_id\":\"" ID "\"}");
  g_autoptr (GError) error = NULL;

  assert_null (hn_create_reply_from_json (odd, &error));
  assert_string_equal (error->message, "field 'session_id' must be 32 lower-case hex digits");
  assert_null (hn_create_reply_from_json (none, NULL));
}

static HnWorkerReport *
sample_report (void)
{
  HnWorkerReport *report = hn_worker_report_new ();
  HnSessionReport *session = g_new0 (HnSessionReport, 1);

  report->id = g_strdup ("w1");
  report->url = g_strdup ("http://10.0.0.1:8090/");
  report->public_url = g_strdup ("https://w1.example.net");
  report->boot_id = g_strdup ("b1");
  report->boot_utc_us = 77;
  report->api_token = g_strdup ("t1");
  report->version = g_strdup ("0.1.0");
  report->active_sessions = 1;
  report->max_sessions = 4;
  report->wireguard = TRUE;
  report->draining = TRUE;
  report->leaving = TRUE;
  session->id = g_strdup (ID);
  session->body_ip = g_strdup ("10.0.1.50");
  session->state = HN_SESSION_ACTIVE;
  session->stream_path = g_strdup ("/session/" ID "/stream.html?hostId=1&appId=2");
  session->experience = g_strdup ("Forest");
  session->process_alive = TRUE;
  session->data_directory_ok = TRUE;
  session->active_connections = 2;
  session->created_utc_us = G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC;
  session->age_us = G_GINT64_CONSTANT (3723) * G_USEC_PER_SEC;
  session->end_reason = g_strdup ("user_quit");
  session->error = g_strdup ("gone");
  g_ptr_array_add (report->sessions, session);
  return report;
}

static void
a_heartbeat_survives_the_wire (void **unused)
{
  g_autoptr (HnWorkerReport) first = sample_report ();
  g_autoptr (JsonObject) object = hn_worker_report_to_json (first);
  g_autoptr (HnWorkerReport) self = hn_worker_report_from_json (object, NULL);
  HnSessionReport *session;

  assert_non_null (self);
  assert_string_equal (self->id, "w1");
  assert_string_equal (self->url, "http://10.0.0.1:8090");
  assert_string_equal (self->public_url, "https://w1.example.net");
  assert_string_equal (self->boot_id, "b1");
  assert_int_equal (self->boot_utc_us, 77);
  assert_string_equal (self->api_token, "t1");
  assert_string_equal (self->version, "0.1.0");
  assert_int_equal (self->active_sessions, 1);
  assert_int_equal (self->max_sessions, 4);
  assert_true (self->wireguard);
  assert_true (self->draining);
  assert_true (self->leaving);
  assert_int_equal (self->sessions->len, 1);
  session = g_ptr_array_index (self->sessions, 0);
  assert_string_equal (session->id, ID);
  assert_int_equal (session->state, HN_SESSION_ACTIVE);
  assert_string_equal (session->experience, "Forest");
  assert_true (session->process_alive);
  assert_true (session->data_directory_ok);
  assert_int_equal (session->active_connections, 2);
  assert_true (session->created_utc_us == G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC);
  assert_true (session->age_us == G_GINT64_CONSTANT (3723) * G_USEC_PER_SEC);
  assert_string_equal (session->end_reason, "user_quit");
  assert_string_equal (session->error, "gone");
}

static void
a_session_is_described_in_the_runbooks_words (void **unused)
{
  g_autoptr (HnWorkerReport) report = sample_report ();
  g_autoptr (JsonObject) object = hn_session_report_to_json (g_ptr_array_index (report->sessions, 0));

  assert_string_equal (json_object_get_string_member (object, "id"), ID);
  assert_string_equal (json_object_get_string_member (object, "status"), "active");
  assert_string_equal (json_object_get_string_member (object, "age"), "1h2m3s");
  assert_string_equal (json_object_get_string_member (object, "created_at"), "2023-11-14T22:13:20Z");
  assert_false (json_object_has_member (object, "worker_id"));
}

static void
a_bad_heartbeat_is_refused_by_the_name_of_its_field (void **unused)
{
#define HEAD "{\"worker_id\":\"w\",\"boot_id\":\"b\",\"api_token\":\"t\",\"max_sessions\":1,\"active_sessions\":0"
  static const struct {
    const char *body;
    const char *message;
  } rows[] = {
    { "{}", "field 'worker_id' is required" },
    { HEAD "}", "field 'url' is required" },
    { HEAD ",\"url\":\"ftp://x\"}", "field 'url' must be an http or https URL" },
    { HEAD ",\"url\":\"http://\"}", "field 'url' must be an http or https URL" },
    { HEAD ",\"url\":\"http://u@x\"}", "field 'url' must not have a user, query or fragment" },
    { HEAD ",\"url\":\"http://x\",\"public_url\":\"x\"}", "field 'public_url' must be an http or https URL" },
    { HEAD ",\"url\":\"http://x\",\"wireguard\":1}", "field 'wireguard' must be true or false" },
    { HEAD ",\"url\":\"http://x\",\"draining\":\"no\"}", "field 'draining' must be true or false" },
    { HEAD ",\"url\":\"http://x\",\"leaving\":\"no\"}", "field 'leaving' must be true or false" },
    { "{\"worker_id\":\"a/b\",\"url\":\"http://x\",\"boot_id\":\"b\",\"api_token\":\"t\",\"max_sessions\":1,\"active_sessions\":0}",
      "field 'worker_id' must be 1 to 64 letters, digits and characters of '._:-'" },
    { HEAD ",\"url\":\"http://x\",\"sessions\":{}}", "field 'sessions' must be a list" },
    { HEAD ",\"url\":\"http://x\",\"sessions\":[1]}", "field 'sessions' must hold objects only" },
    { HEAD ",\"url\":\"http://x\",\"sessions\":[{}]}", "session 0: field 'id' is required" },
    { HEAD ",\"url\":\"http://x\",\"sessions\":[{\"id\":\"x\",\"body_ip\":\"1.2.3.4\",\"status\":\"idle\"}]}",
      "session 0: field 'id' must be 32 lower-case hex digits" },
    { HEAD ",\"url\":\"http://x\",\"sessions\":[{\"id\":\"" ID "\",\"body_ip\":\"1.2.3.4\",\"status\":\"odd\"}]}",
      "session 0: field 'status' is not a state of a session" },
    { HEAD ",\"url\":\"http://x\",\"sessions\":[{\"id\":\"" ID "\",\"body_ip\":\"1.2.3.4\",\"status\":\"idle\","
      "\"created_at\":\"noon\"}]}",
      "session 0: field 'created_at' is not a time" },
  };
#undef HEAD

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonObject) in = object_of (rows[i].body);
    g_autoptr (GError) error = NULL;

    assert_null (hn_worker_report_from_json (in, &error));
    assert_string_equal (error->message, rows[i].message);
  }
}

static void
a_heartbeat_with_too_many_sessions_is_refused (void **unused)
{
  g_autoptr (HnWorkerReport) report = sample_report ();
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 2000; i++)
    g_ptr_array_add (report->sessions, hn_session_report_copy (g_ptr_array_index (report->sessions, 0)));
  object = hn_worker_report_to_json (report);
  assert_null (hn_worker_report_from_json (object, &error));
  assert_string_equal (error->message, "field 'sessions' has too many elements");
}

static void
an_answer_to_a_heartbeat_says_whether_to_drain (void **unused)
{
  static const struct {
    const char *body;
    gboolean drain;
  } rows[] = { { "{}", FALSE }, { "{\"drain\":true}", TRUE }, { "{\"drain\":false}", FALSE }, { "{\"drain\":\"yes\"}", FALSE } };
  const HnHeartbeatReply reply = { .drain = TRUE, .drain_left_us = HN_NEVER };
  g_autoptr (JsonObject) written = hn_heartbeat_reply_to_json (&reply);
  g_autofree char *text = hn_json_to_text (written);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonObject) in = object_of (rows[i].body);

    assert_int_equal (hn_heartbeat_reply_from_json (in).drain, rows[i].drain);
  }
  assert_string_equal (text, "{\"status\":\"ok\",\"drain\":true}\n");
}

static void
a_deadline_for_draining_crosses_as_seconds_that_are_left (void **unused)
{
  const HnHeartbeatReply reply = { .drain = TRUE, .drain_left_us = hn_seconds (1.5) };
  g_autoptr (JsonObject) written = hn_heartbeat_reply_to_json (&reply);
  g_autoptr (JsonObject) none = object_of ("{\"drain\":true}");
  g_autoptr (JsonObject) odd = object_of ("{\"drain\":true,\"drain_seconds_left\":-3}");

  assert_int_equal (hn_heartbeat_reply_from_json (written).drain_left_us, hn_seconds (2));
  assert_int_equal (hn_heartbeat_reply_from_json (none).drain_left_us, HN_NEVER);
  assert_int_equal (hn_heartbeat_reply_from_json (odd).drain_left_us, HN_NEVER);
}

static void
a_drain_may_have_a_deadline (void **unused)
{
  static const struct {
    const char *body;
    gint64 seconds; /* -1: none, -2: refused */
  } rows[] = { { "", -1 },
               { "{}", -1 },
               { "{\"deadline\":null}", -1 },
               { "{\"deadline\":0}", 0 },
               { "{\"deadline\":600}", 600 },
               { "{\"deadline\":\"90s\"}", 90 },
               { "{\"deadline\":\"10m\"}", 600 },
               { "{\"deadline\":\"168h\"}", 604800 },
               { "{\"deadline\":\"169h\"}", -2 },
               { "{\"deadline\":-1}", -2 },
               { "{\"deadline\":604801}", -2 },
               { "{\"deadline\":\"10\"}", -2 },
               { "{\"deadline\":\"-1m\"}", -2 },
               { "{\"deadline\":\"9999999999999999999h\"}", -2 },
               { "{\"deadline\":true}", -2 },
               { "[]", -2 } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    gint64 left_us = 5;
    gboolean good = hn_drain_request_read (rows[i].body, strlen (rows[i].body), &left_us, &error);

    if (good != (rows[i].seconds != -2) || (error == NULL) != good)
      fail_msg ("'%s' is %s", rows[i].body, good ? "taken" : "refused");
    if (good)
      assert_int_equal (left_us, rows[i].seconds < 0 ? HN_NEVER : hn_seconds ((double) rows[i].seconds));
  }
}

static void
a_copy_of_a_session_shares_nothing (void **unused)
{
  g_autoptr (HnWorkerReport) report = sample_report ();
  HnSessionReport *session = g_ptr_array_index (report->sessions, 0);
  g_autoptr (HnSessionReport) copy = hn_session_report_copy (session);

  session->body_ip[0] = '2';
  assert_string_equal (copy->body_ip, "10.0.1.50");
  assert_int_equal (copy->active_connections, 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_state_has_a_name_that_leads_back_to_it),
    cmocka_unit_test (a_name_that_is_no_state_is_refused),
    cmocka_unit_test (only_stopped_and_error_hold_no_slot),
    cmocka_unit_test (a_create_request_survives_the_wire),
    cmocka_unit_test (a_create_request_needs_only_its_body),
    cmocka_unit_test (a_bad_create_request_is_refused_by_the_name_of_its_field),
    cmocka_unit_test (a_create_reply_survives_the_wire),
    cmocka_unit_test (a_create_reply_without_a_real_id_is_refused),
    cmocka_unit_test (a_heartbeat_survives_the_wire),
    cmocka_unit_test (a_session_is_described_in_the_runbooks_words),
    cmocka_unit_test (a_bad_heartbeat_is_refused_by_the_name_of_its_field),
    cmocka_unit_test (a_heartbeat_with_too_many_sessions_is_refused),
    cmocka_unit_test (an_answer_to_a_heartbeat_says_whether_to_drain),
    cmocka_unit_test (a_deadline_for_draining_crosses_as_seconds_that_are_left),
    cmocka_unit_test (a_drain_may_have_a_deadline),
    cmocka_unit_test (a_copy_of_a_session_shares_nothing),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
