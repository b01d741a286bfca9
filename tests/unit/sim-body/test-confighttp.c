/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gates in their order, then each route. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/fakes/body/confighttp.h"
#include "sim/fakes/body/nvhttp.h"

#define JSON "Content-Type: application/json\r\n"
#define USER "Authorization: Basic U3Vuc2hpbmU6c3Vuc2hpbmU=\r\n"  /* Sunshine:sunshine */
#define WRONG "Authorization: Basic c3Vuc2hpbmU6U3Vuc2hpbmU=\r\n" /* sunshine:Sunshine */

typedef struct {
  SimIdentity *identity;
  SimEvents *events;
  SimBody *body;
} World;

static const SimBodyOptions options = { "sunshine", "sunshine", NULL };

static int
make_world (void **state)
{
  World *w = g_new0 (World, 1);

  w->identity = sim_identity_new (NULL);
  *state = w;
  return 0;
}

static int
end_world (void **state)
{
  World *w = *state;

  sim_identity_free (w->identity);
  g_free (w);
  return 0;
}

static int
begin (void **state)
{
  World *w = *state;

  w->events = sim_events_new ();
  w->body = sim_body_new ("127.0.1.7", w->identity, &options, w->events);
  return 0;
}

static int
finish (void **state)
{
  World *w = *state;

  g_clear_pointer (&w->body, sim_body_free);
  g_clear_pointer (&w->events, sim_events_free);
  return 0;
}

static SimAnswer *
ask (World *w, const char *line, const char *headers, const char *body)
{
  g_autofree char *head = g_strdup_printf ("%s HTTP/1.1\r\nHost: x\r\n%s\r\n", line, headers);
  g_autoptr (SimRequest) request = sim_request_parse (head, strlen (head), NULL);
  SimAnswer *answer = sim_answer_new ();

  assert_non_null (request);
  g_string_assign (request->body, body);
  sim_confighttp_answer (w->body, request, answer);
  return answer;
}

static void
assert_answer (World *w, const char *line, const char *headers, const char *body, guint status, const char *expected)
{
  g_autoptr (SimAnswer) answer = ask (w, line, headers, body);

  assert_int_equal (answer->status, status);
  assert_string_equal (answer->body->str, expected);
}

static void
start_pairing (World *w, const char *id)
{
  g_autofree char *head = g_strdup_printf (
      "GET /pair?uniqueid=%s&phrase=getservercert&salt=000102030405060708090a0b0c0d0e0f&clientcert=00 HTTP/1.1\r\n\r\n", id);
  g_autoptr (SimRequest) request = sim_request_parse (head, strlen (head), NULL);
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  sim_nvhttp_answer (w->body, request, FALSE, answer);
  assert_string_equal (answer->hold, id);
}

static void
the_content_type_is_asked_before_the_user (void **state)
{
  World *w = *state;

  assert_answer (w, "POST /api/pin", "", "{}", 400,
                 "{\"error\":\"Content type not provided\",\"status\":false,\"status_code\":400}");
  assert_answer (w, "POST /api/pin", "Content-Type: text/plain\r\n" WRONG, "{}", 400,
                 "{\"error\":\"Content type mismatch\",\"status\":false,\"status_code\":400}");
  assert_answer (w, "POST /api/pin", "Content-Type: Application/JSON; charset=utf-8\r\n", "{}", 401,
                 "{\"error\":\"Unauthorized\",\"status\":false,\"status_code\":401}");
}

static void
a_stranger_gets_401_with_the_realm (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) answer = ask (w, "GET /api/apps", WRONG, "");

  assert_int_equal (answer->status, 401);
  assert_non_null (
      strstr (answer->headers->str, "WWW-Authenticate: Basic realm=\"Sunshine Gamestream Host\", charset=\"UTF-8\"\r\n"));
  assert_non_null (strstr (answer->headers->str, "X-Frame-Options: DENY\r\n"));
}

static void
the_knob_turns_everybody_away (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) answer = NULL;

  w->body->faults[SIM_FAULT_UNAUTHORIZED] = 1;
  answer = ask (w, "GET /api/apps", USER, "");
  assert_int_equal (answer->status, 401);
}

static void
whoever_is_not_lan_gets_an_empty_403 (void **state)
{
  World *w = *state;

  w->body->faults[SIM_FAULT_NOT_LAN] = 1;
  assert_answer (w, "GET /api/apps", USER, "", 403, "");
  assert_answer (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\"}", 403, "");
}

static void
without_a_user_everybody_is_sent_to_welcome (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) answer = NULL;

  w->body->faults[SIM_FAULT_NO_USER] = 1;
  answer = ask (w, "GET /api/apps", USER, "");
  assert_int_equal (answer->status, 307);
  assert_non_null (strstr (answer->headers->str, "Location: /welcome\r\n"));
}

static void
a_version_wants_a_type_for_every_change (void **state)
{
  World *w = *state;

  assert_answer (w, "POST /api/apps/close", USER, "{}", 200, "{\"status\":true}");
  w->body->faults[SIM_FAULT_CONTENT_TYPE_EVERYWHERE] = 1;
  assert_answer (w, "POST /api/apps/close", USER, "{}", 400,
                 "{\"error\":\"Content type not provided\",\"status\":false,\"status_code\":400}");
  assert_answer (w, "POST /api/apps/close", JSON USER, "{}", 200, "{\"status\":true}");
}

static void
a_second_pin_from_elsewhere_removes_the_session (void **state)
{
  World *w = *state;
  g_autoptr (JsonObject) seen = NULL;

  w->body->faults[SIM_FAULT_SECOND_PIN] = 1;
  start_pairing (w, "a");
  assert_answer (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\"}", 200, "{\"status\":true}");
  seen = sim_body_json (w->body);
  assert_int_equal (json_array_get_length (json_object_get_array_member (seen, "pairing_sessions")), 0);
}

static void
applications_are_doubled_or_move_as_told (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) list = NULL;

  w->body->faults[SIM_FAULT_DOUBLE_APPS] = 1;
  assert_answer (w, "POST /api/apps", JSON USER, "{\"name\":\"Mars\",\"cmd\":\"x\",\"index\":-1}", 200, "{\"status\":true}");
  assert_int_equal (w->body->apps->len, 4);
  w->body->faults[SIM_FAULT_SHIFT_APPS] = 1;
  list = ask (w, "GET /api/apps", USER, "");
  assert_null (strstr (list->body->str, "\"!"));
  assert_int_equal (w->body->apps->len, 5);
  assert_true (g_str_has_prefix (json_object_get_string_member (g_ptr_array_index (w->body->apps, 0), "name"), "!"));
}

static void
a_foreign_origin_needs_the_token (void **state)
{
  World *w = *state;
  g_autofree char *with_token =
      g_strdup_printf ("Origin: https://evil.example\r\nX-CSRF-Token: %s\r\n" USER, w->body->csrf_token);

  assert_answer (w, "POST /api/apps/close", "Origin: https://evil.example\r\n" USER, "", 400,
                 "{\"error\":\"Missing CSRF token\",\"status\":false,\"status_code\":400}");
  assert_answer (w, "POST /api/apps/close", "Referer: https://localhost.evil.example/\r\nX-CSRF-Token: no\r\n" USER, "", 400,
                 "{\"error\":\"Invalid CSRF token\",\"status\":false,\"status_code\":400}");
  assert_answer (w, "POST /api/apps/close", with_token, "", 200, "{\"status\":true}");
  assert_answer (w, "POST /api/apps/close", "Origin: https://localhost:47990\r\n" USER, "", 200, "{\"status\":true}");
  assert_answer (w, "POST /api/apps/close", USER, "", 200, "{\"status\":true}");
}

static void
what_is_unknown_is_404_for_get_and_400_else (void **state)
{
  World *w = *state;

  assert_answer (w, "GET /api/currentClient", "", "", 404, "{\"error\":\"Not Found\",\"status_code\":404}");
  assert_answer (w, "GET /api/pin", "", "", 404, "{\"error\":\"Not Found\",\"status_code\":404}");
  assert_answer (w, "POST /api/x", "", "", 400, "{\"error\":\"Bad Request\",\"status\":false,\"status_code\":400}");
}

static void
a_pin_before_phase_1_is_false (void **state)
{
  World *w = *state;

  assert_answer (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\",\"name\":\"x\"}", 200, "{\"status\":false}");
}

static void
a_pin_releases_the_held_request (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) answer = NULL;

  start_pairing (w, "a");
  answer = ask (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\",\"name\":\"x\"}");
  assert_string_equal (answer->body->str, "{\"status\":true}");
  assert_string_equal (answer->release, "a");
  assert_non_null (strstr (answer->released->str, "<root status_code=\"200\"><paired>1</paired><plaincert>2D2D2D2D2D424547494E"));
}

static void
a_silent_pairing_takes_the_pin_and_releases_nobody (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) answer = NULL;

  w->body->faults[SIM_FAULT_SILENT_PAIR] = 1;
  start_pairing (w, "a");
  answer = ask (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\",\"name\":\"x\"}");
  assert_string_equal (answer->body->str, "{\"status\":true}");
  assert_null (answer->release);
}

static void
a_refused_pin_is_refused_so_many_times (void **state)
{
  World *w = *state;

  w->body->faults[SIM_FAULT_REFUSE_PIN] = 2;
  start_pairing (w, "a");
  assert_answer (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\"}", 200, "{\"status\":false}");
  assert_answer (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\"}", 200, "{\"status\":false}");
  assert_answer (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\"}", 200, "{\"status\":true}");
}

static void
a_pin_that_is_no_number_or_too_large_is_400 (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) letters = ask (w, "POST /api/pin", JSON USER, "{\"pin\":\"abcd\"}");
  g_autoptr (SimAnswer) large = ask (w, "POST /api/pin", JSON USER, "{\"pin\":\"12345\"}");
  g_autoptr (SimAnswer) none = ask (w, "POST /api/pin", JSON USER, "[");

  assert_int_equal (letters->status, 400);
  assert_int_equal (large->status, 400);
  assert_true (g_str_has_suffix (large->stray->str, "{\"status\":false}"));
  assert_int_equal (none->status, 400);
}

static void
old_versions_write_the_status_as_text (void **state)
{
  World *w = *state;

  w->body->faults[SIM_FAULT_OLD_STATUS_STRINGS] = 1;
  assert_answer (w, "POST /api/pin", JSON USER, "{\"pin\":\"1234\"}", 200, "{\"status\":\"false\"}");
}

static void
apps_are_added_sorted_replaced_and_deleted_by_position (void **state)
{
  World *w = *state;

  assert_answer (w, "POST /api/apps", JSON USER, "{\"name\":\"Easel\",\"cmd\":\"C:\\\\e.exe\",\"index\":-1}", 200,
                 "{\"status\":true}");
  assert_answer (
      w, "GET /api/apps", USER, "", 200,
      "{\"env\":{},\"apps\":[{\"name\":\"Desktop\",\"cmd\":\"\",\"image-path\":\"\"},"
      "{\"name\":\"Easel\",\"cmd\":\"C:\\\\e.exe\"},{\"name\":\"Steam Big Picture\",\"cmd\":\"\",\"image-path\":\"\"}]}");
  assert_answer (w, "POST /api/apps", JSON USER, "{\"name\":\"Zoo\",\"index\":1}", 200, "{\"status\":true}");
  assert_answer (w, "DELETE /api/apps/2", USER, "", 200, "{\"result\":\"application 2 deleted\",\"status\":true}");
  assert_answer (w, "DELETE /api/apps/9", USER, "", 400,
                 "{\"error\":\"'index' 9 out of range, max index is 1\",\"status\":false,\"status_code\":400}");
  assert_answer (w, "DELETE /api/apps/0", USER, "", 200, "{\"result\":\"application 0 deleted\",\"status\":true}");
  assert_answer (w, "DELETE /api/apps/0", USER, "", 200, "{\"result\":\"application 0 deleted\",\"status\":true}");
  assert_answer (w, "DELETE /api/apps/0", USER, "", 400,
                 "{\"error\":\"No applications found\",\"status\":false,\"status_code\":400}");
}

static void
an_app_needs_name_and_index (void **state)
{
  static const char *const bodies[] = { "{\"index\":-1}", "{\"name\":\"x\"}", "{\"name\":\"x\",\"index\":\"-1\"}",
                                        "{\"name\":1,\"index\":-1}" };
  World *w = *state;

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (SimAnswer) answer = ask (w, "POST /api/apps", JSON USER, bodies[i]);

    assert_int_equal (answer->status, 400);
  }
  assert_int_equal (w->body->apps->len, 2);
}

static void
a_broken_app_list_answers_500 (void **state)
{
  World *w = *state;
  g_autoptr (SimAnswer) answer = NULL;

  w->body->faults[SIM_FAULT_APPS_500] = 1;
  answer = ask (w, "GET /api/apps", USER, "");
  assert_int_equal (answer->status, 500);
}

static void
clients_are_listed_and_unpaired_by_uuid (void **state)
{
  World *w = *state;
  g_autofree char *uuid = g_strdup (sim_body_add_client (w->body, "roth", w->identity->cert_pem));
  g_autofree char *list =
      g_strdup_printf ("{\"named_certs\":[{\"name\":\"roth\",\"uuid\":\"%s\",\"enabled\":true}],\"status\":true}", uuid);
  g_autofree char *body = g_strdup_printf ("{\"uuid\":\"%s\"}", uuid);

  w->body->running = 1;
  assert_answer (w, "GET /api/clients/list", USER, "", 200, list);
  assert_answer (w, "POST /api/clients/unpair", JSON USER, "{\"uuid\":\"nobody\"}", 200, "{\"status\":false}");
  assert_answer (w, "POST /api/clients/unpair", JSON USER, body, 200, "{\"status\":true}");
  assert_answer (w, "GET /api/clients/list", USER, "", 200, "{\"named_certs\":[],\"status\":true}");
  assert_int_equal (w->body->running, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, begin, finish)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (the_content_type_is_asked_before_the_user),
    TEST (a_stranger_gets_401_with_the_realm),
    TEST (the_knob_turns_everybody_away),
    TEST (whoever_is_not_lan_gets_an_empty_403),
    TEST (without_a_user_everybody_is_sent_to_welcome),
    TEST (a_version_wants_a_type_for_every_change),
    TEST (a_second_pin_from_elsewhere_removes_the_session),
    TEST (applications_are_doubled_or_move_as_told),
    TEST (a_foreign_origin_needs_the_token),
    TEST (what_is_unknown_is_404_for_get_and_400_else),
    TEST (a_pin_before_phase_1_is_false),
    TEST (a_pin_releases_the_held_request),
    TEST (a_silent_pairing_takes_the_pin_and_releases_nobody),
    TEST (a_refused_pin_is_refused_so_many_times),
    TEST (a_pin_that_is_no_number_or_too_large_is_400),
    TEST (old_versions_write_the_status_as_text),
    TEST (apps_are_added_sorted_replaced_and_deleted_by_position),
    TEST (an_app_needs_name_and_index),
    TEST (a_broken_app_list_answers_500),
    TEST (clients_are_listed_and_unpaired_by_uuid),
  };

  return cmocka_run_group_tests (tests, make_world, end_world);
}
