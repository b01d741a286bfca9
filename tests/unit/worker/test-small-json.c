/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hydrabody-json, nps-json and health-json: each one function. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "worker/deliver-json.h"
#include "worker/health-json.h"
#include "worker/hydrabody-json.h"
#include "worker/note-json.h"
#include "worker/nps-json.h"

#define S G_GINT64_CONSTANT (1000000)
#define ID "0123456789abcdef0123456789abcdef"

static void
launch_and_stop_name_the_same_three_things (void **unused)
{
  g_autofree char *launch = hn_hydrabody_json_launch ("Forest", "C:\\f.exe", "s1");
  g_autofree char *stop = hn_hydrabody_json_stop (NULL, "C:\\f.exe", "s1");

  assert_string_equal (launch, "{\"experience\":\"Forest\",\"exe_path\":\"C:\\\\f.exe\",\"session_id\":\"s1\"}\n");
  assert_string_equal (stop, "{\"exe_path\":\"C:\\\\f.exe\",\"session_id\":\"s1\"}\n");
}

static void
a_record_tells_who_when_how_long_and_why (void **unused)
{
  HnNpsRecord record = {
    .session_id = "s1", .worker_id = "w1", .experience = "Forest", .district = "d", .body = "b", .head = "h"
  };
  g_autofree char *text = NULL;

  record.body_ip = "10.0.0.1";
  record.end_reason = "user_quit";
  record.started_utc_us = 1700000000 * S;
  record.ended_utc_us = 1700000060 * S;
  record.duration_us = 60 * S + 1500;
  record.disconnect_count = 2;
  record.rating = 4;
  text = hn_nps_json_record (&record);
  assert_string_equal (text,
                       "{\"session_id\":\"s1\",\"worker_id\":\"w1\",\"experience\":\"Forest\",\"district\":\"d\",\"body\":\"b\","
                       "\"body_ip\":\"10.0.0.1\",\"head\":\"h\",\"started_at\":\"2023-11-14T22:13:20Z\","
                       "\"ended_at\":\"2023-11-14T22:14:20Z\",\"duration_ms\":60001,\"end_reason\":\"user_quit\","
                       "\"disconnect_count\":2,\"rating\":4}\n");
}

static void
a_record_leaves_out_what_nobody_said (void **unused)
{
  HnNpsRecord record = { .session_id = "s1", .duration_us = -5 };
  g_autofree char *text = hn_nps_json_record (&record);
  g_autoptr (JsonObject) object = hn_json_parse_object (text, strlen (text), NULL);

  assert_false (json_object_has_member (object, "rating"));
  assert_false (json_object_has_member (object, "experience"));
  assert_int_equal (json_object_get_int_member (object, "duration_ms"), 0);
}

static void
a_note_is_read_again_and_a_damaged_one_is_not (void **unused)
{
  static const char *const bad[] = { "", "{", "{}", "{\"body_ip\":\"10.0.0.1\"}", "{\"body_ip\":\"name\",\"client\":\"hydra-1\"}",
                                     "{\"body_ip\":\"10.0.0.1\",\"client\":\"somebody else\"}" };
  g_autofree char *note = hn_note_json ("fd00::1", "hydra-77");
  g_autofree char *body_ip = NULL, *client = NULL;

  assert_true (hn_note_json_parse (note, &body_ip, &client));
  assert_string_equal (body_ip, "fd00::1");
  assert_string_equal (client, "hydra-77");
  assert_false (hn_note_json_parse (NULL, &body_ip, &client));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_false (hn_note_json_parse (bad[i], &body_ip, &client));
}

static void
a_request_that_waits_is_read_again_and_a_damaged_one_is_not (void **unused)
{
  static const char *const bad[] = { "", "{\"path\":\"/x\"", "{\"path\":\"/x\"}", "{\"body\":{}}", "{\"path\":1,\"body\":{}}" };
  g_autofree char *text = hn_deliver_json_pack ("/api/v1/sessions", "{\"a\":\"\303\244\"}\n");
  g_autofree char *path = NULL, *body = NULL;

  assert_true (hn_deliver_json_unpack (text, &path, &body, NULL));
  assert_string_equal (path, "/api/v1/sessions");
  assert_string_equal (body, "{\"a\":\"\303\244\"}\n");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    assert_false (hn_deliver_json_unpack (bad[i], &path, &body, &error));
    assert_non_null (error);
  }
}

static void
a_rating_tells_no_more_than_it_must (void **unused)
{
  const HnRating rating = { "77", ID, "Blue Room", "north", 4, 0 };
  const HnRating bare = { "78", ID, "x", NULL, 1, 0 };
  g_autofree char *text = hn_deliver_json_rating (&rating);
  g_autofree char *without = hn_deliver_json_rating (&bare);

  assert_string_equal (text, "{\"record_id\":\"77\",\"session_id\":\"01234567\",\"experience\":\"Blue Room\",\"district\":\"north\","
                             "\"rating\":4,\"rated_at\":\"1970-01-01T00:00:00Z\"}\n");
  assert_null (strstr (without, "district"));
}

static void
an_experience_names_the_path_of_its_ratings (void **unused)
{
  static const char *const none[] = { NULL, "", ".", ".." };
  g_autofree char *path = hn_deliver_json_rating_path ("Blue Room/2?#%");

  assert_string_equal (path, "/api/v1/experiences/Blue%20Room%2F2%3F%23%25/ratings");
  for (gsize i = 0; i < G_N_ELEMENTS (none); i++)
    assert_null (hn_deliver_json_rating_path (none[i]));
}

static JsonObject *
health_of (gboolean wireguard, gboolean with_sessions)
{
  g_autoptr (HnWorkerReport) report = hn_worker_report_new ();
  HnSessionReport *session = g_new0 (HnSessionReport, 1);
  HnHealth health = { .report = report, .process_id = 77, .uptime_us = 3723 * S + S / 2, .with_sessions = with_sessions };

  report->id = g_strdup ("w1");
  report->version = g_strdup ("0.1.0");
  report->api_token = g_strdup ("secret");
  report->active_sessions = 1;
  report->max_sessions = 4;
  report->wireguard = wireguard;
  session->id = g_strdup (ID);
  session->body_ip = g_strdup ("10.0.0.1");
  session->age_us = 5 * S;
  g_ptr_array_add (report->sessions, session);
  return hn_health_json (&health);
}

static void
health_has_the_runbooks_shape (void **unused)
{
  g_autoptr (JsonObject) health = health_of (TRUE, TRUE);
  JsonObject *extra = json_object_get_object_member (health, "extra");
  JsonObject *session = hn_json_array_get_object (json_object_get_array_member (extra, "sessions"), 0);
  static const char *const fields[] = { "id", "body_ip", "status", "process_alive", "data_directory_ok", "active_connections",
                                        "age" };

  assert_string_equal (json_object_get_string_member (health, "service"), "hydraneckwebrtc");
  assert_string_equal (json_object_get_string_member (health, "version"), "0.1.0");
  assert_string_equal (json_object_get_string_member (health, "status"), "ok");
  assert_int_equal (json_object_get_int_member (health, "uptime_seconds"), 3724);
  assert_int_equal (json_object_get_int_member (extra, "process_id"), 77);
  assert_string_equal (json_object_get_string_member (extra, "uptime"), "1h2m3s");
  assert_true (json_object_get_boolean_member (extra, "wireguard"));
  assert_int_equal (json_object_get_int_member (extra, "active_sessions"), 1);
  assert_int_equal (json_object_get_int_member (extra, "max_sessions"), 4);
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    assert_true (json_object_has_member (session, fields[i]));
}

static void
without_wireguard_a_worker_is_degraded (void **unused)
{
  g_autoptr (JsonObject) health = health_of (FALSE, TRUE);

  assert_string_equal (json_object_get_string_member (health, "status"), "degraded");
}

static void
without_relays_a_worker_is_degraded_and_says_why_to_its_own (void **unused)
{
  g_autoptr (HnWorkerReport) report = hn_worker_report_new ();
  HnHealth health = { .report = report, .turn = { TRUE, TRUE, 1500, 1000 * S, NULL }, .with_sessions = TRUE };
  g_autoptr (JsonObject) well = NULL;
  g_autoptr (JsonObject) own = NULL;
  g_autoptr (JsonObject) stranger = NULL;
  JsonObject *turn;

  report->wireguard = TRUE;
  well = hn_health_json (&health);
  turn = json_object_get_object_member (json_object_get_object_member (well, "extra"), "turn");
  assert_string_equal (json_object_get_string_member (well, "status"), "ok");
  assert_true (json_object_get_boolean_member (turn, "ok"));
  assert_true (json_object_get_double_member (turn, "rtt_ms") == 1.5);
  assert_string_equal (json_object_get_string_member (turn, "since"), "1970-01-01T00:16:40Z");
  assert_true (json_object_get_null_member (turn, "error"));

  health.turn.ok = FALSE;
  health.turn.error = "it refuses user 'x'";
  own = hn_health_json (&health);
  turn = json_object_get_object_member (json_object_get_object_member (own, "extra"), "turn");
  assert_string_equal (json_object_get_string_member (own, "status"), "degraded");
  assert_string_equal (json_object_get_string_member (turn, "error"), "it refuses user 'x'");

  health.with_sessions = FALSE;
  stranger = hn_health_json (&health);
  turn = json_object_get_object_member (json_object_get_object_member (stranger, "extra"), "turn");
  assert_string_equal (json_object_get_string_member (stranger, "status"), "degraded");
  assert_false (json_object_has_member (turn, "error"));
}

static void
strangers_get_counts_but_no_ids_and_nobody_the_token (void **unused)
{
  g_autoptr (JsonObject) stranger = health_of (TRUE, FALSE);
  g_autoptr (JsonObject) friend = health_of (TRUE, TRUE);
  g_autofree char *seen = hn_json_to_text (stranger);
  g_autofree char *all = hn_json_to_text (friend);

  assert_null (strstr (seen, "sessions\":["));
  assert_null (strstr (seen, ID));
  assert_null (strstr (all, "secret"));
}

static void
health_counts_why_sessions_ended (void **unused)
{
  g_autoptr (HnWorkerReport) report = hn_worker_report_new ();
  guint64 ended[HN_END_REASONS] = { [HN_END_USER_QUIT] = 3, [HN_END_WORKER_SHUTDOWN] = 1 };
  HnHealth health = { .report = report, .ended = ended };
  g_autoptr (JsonObject) object = hn_health_json (&health);
  JsonObject *counts = json_object_get_object_member (json_object_get_object_member (object, "extra"), "ended_sessions");

  assert_int_equal (json_object_get_size (counts), 2);
  assert_int_equal (json_object_get_int_member (counts, "user_quit"), 3);
  assert_int_equal (json_object_get_int_member (counts, "worker_shutdown"), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (launch_and_stop_name_the_same_three_things),
    cmocka_unit_test (a_record_tells_who_when_how_long_and_why),
    cmocka_unit_test (a_record_leaves_out_what_nobody_said),
    cmocka_unit_test (a_note_is_read_again_and_a_damaged_one_is_not),
    cmocka_unit_test (a_request_that_waits_is_read_again_and_a_damaged_one_is_not),
    cmocka_unit_test (a_rating_tells_no_more_than_it_must),
    cmocka_unit_test (an_experience_names_the_path_of_its_ratings),
    cmocka_unit_test (health_counts_why_sessions_ended),
    cmocka_unit_test (health_has_the_runbooks_shape),
    cmocka_unit_test (without_wireguard_a_worker_is_degraded),
    cmocka_unit_test (without_relays_a_worker_is_degraded_and_says_why_to_its_own),
    cmocka_unit_test (strangers_get_counts_but_no_ids_and_nobody_the_token),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
