/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hydrabody, the record service, the library, and what a test reads of them: events, faults, voice counters, messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/fakes/body/hydrabody.h"
#include "sim/fakes/body/json.h"
#include "sim/fakes/body/services.h"

#define BEARER "Authorization: Bearer k\r\n"

typedef gboolean (*Service) (SimServices *self, const SimRequest *request, SimAnswer *answer);

static SimRequest *
parse (const char *line, const char *headers, const char *body)
{
  g_autofree char *head = g_strdup_printf ("%s HTTP/1.1\r\n%s\r\n", line, headers);
  SimRequest *request = sim_request_parse (head, strlen (head), NULL);

  assert_non_null (request);
  g_string_assign (request->body, body);
  return request;
}

static void
assert_service (SimServices *services, Service service, const char *line, const char *headers, const char *body, guint status,
                const char *expected)
{
  g_autoptr (SimRequest) request = parse (line, headers, body);
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  assert_true (service (services, request, answer));
  assert_int_equal (answer->status, status);
  if (strstr (answer->body->str, expected) == NULL)
    fail_msg ("'%s' is not in '%s'", expected, answer->body->str);
}

static void
assert_hydrabody (SimBody *body, const char *line, const char *headers, const char *text, guint status, const char *expected)
{
  g_autoptr (SimRequest) request = parse (line, headers, text);
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  assert_true (sim_hydrabody_answer (body, request, answer));
  assert_int_equal (answer->status, status);
  assert_string_equal (answer->body->str, expected);
}

static void
a_record_is_kept_as_it_came (void **unused)
{
  g_autoptr (SimEvents) events = sim_events_new ();
  g_autoptr (SimServices) services = sim_services_new (events);
  g_autoptr (JsonObject) state = NULL;
  g_autofree char *text = NULL;

  assert_service (services, sim_services_nps, "POST /api/v1/sessions", BEARER, "{\"session_id\":\"s\",\"x\":1}", 201, "recorded");
  state = sim_services_json (services);
  text = sim_json_text (state);
  assert_non_null (strstr (text, "\"records\":[{\"session_id\":\"s\",\"x\":1}]"));
  assert_int_equal (sim_events_last (events), 1);
}

static void
records_and_ratings_need_a_bearer (void **unused)
{
  g_autoptr (SimEvents) events = sim_events_new ();
  g_autoptr (SimServices) services = sim_services_new (events);

  assert_service (services, sim_services_nps, "POST /api/v1/sessions", "", "{}", 401,
                  "{\"error\":\"unauthorized\",\"code\":401}\n");
  services->nps_token = "other";
  assert_service (services, sim_services_nps, "POST /api/v1/sessions", BEARER, "{}", 401, "unauthorized");
  assert_service (services, sim_services_library, "POST /api/v1/experiences/x/ratings", "", "{\"rating\":5}", 401,
                  "unauthorized");
  assert_int_equal (sim_events_last (events), 0);
}

static void
a_rating_is_one_to_five_for_a_named_experience (void **unused)
{
  g_autoptr (SimEvents) events = sim_events_new ();
  g_autoptr (SimServices) services = sim_services_new (events);
  g_autoptr (JsonObject) state = NULL;
  g_autofree char *text = NULL;

  assert_service (services, sim_services_library, "POST /api/v1/experiences/my%20x/ratings", BEARER, "{\"rating\":4}", 201,
                  "recorded");
  assert_service (services, sim_services_library, "POST /api/v1/experiences/x/ratings", BEARER, "{\"rating\":6}", 400, "rating");
  assert_service (services, sim_services_library, "POST /api/v1/experiences/x/ratings", BEARER, "{\"rating\":\"5\"}", 400,
                  "rating");
  assert_service (services, sim_services_library, "POST /api/v1/experiences//ratings", BEARER, "{\"rating\":4}", 404,
                  "not found");
  assert_service (services, sim_services_library, "POST /api/v1/experiences/ratings", BEARER, "{\"rating\":4}", 404, "not found");
  state = sim_services_json (services);
  text = sim_json_text (state);
  assert_non_null (strstr (text, "\"ratings\":[{\"rating\":4,\"experience\":\"my x\"}]"));
}

static void
a_service_made_to_fail_tells_the_attempt_and_keeps_nothing (void **unused)
{
  g_autoptr (SimEvents) events = sim_events_new ();
  g_autoptr (SimServices) services = sim_services_new (events);

  services->faults[SIM_SERVICE_FAULT_NPS_STATUS] = 503;
  services->faults[SIM_SERVICE_FAULT_LIBRARY_STATUS] = 500;
  assert_service (services, sim_services_nps, "POST /api/v1/sessions", BEARER, "{}", 503, "\"code\":503");
  assert_service (services, sim_services_library, "POST /api/v1/experiences/x/ratings", BEARER, "{\"rating\":4}", 500,
                  "\"code\":500");
  assert_int_equal (services->records.length, 0);
  assert_int_equal (services->ratings.length, 0);
  assert_int_equal (sim_events_last (events), 2);
}

static void
health_asks_nobody (void **unused)
{
  g_autoptr (SimEvents) events = sim_events_new ();
  g_autoptr (SimServices) services = sim_services_new (events);

  assert_service (services, sim_services_nps, "GET /api/v1/health", "", "", 200, "\"service\":\"hydranps\"");
  assert_service (services, sim_services_library, "GET /api/v1/health", "", "", 200, "\"status\":\"ok\"");
}

static void
hydrabody_launches_and_stops (void **unused)
{
  g_autoptr (SimEvents) events = sim_events_new ();
  g_autoptr (SimIdentity) identity = sim_identity_new (NULL);
  const SimBodyOptions options = { "u", "p", NULL };
  g_autoptr (SimBody) body = sim_body_new ("127.0.1.1", identity, &options, events);

  assert_hydrabody (body, "POST /api/v1/launch", "", "{\"experience\":\"x\",\"exe_path\":\"C:\\\\x\"}", 200,
                    "{\"status\":\"launched\",\"pid\":4242}\n");
  assert_hydrabody (body, "POST /api/v1/launch", "", "{}", 400, "{\"error\":\"exe_path is required\",\"code\":400}\n");
  assert_hydrabody (body, "GET /api/v1/launch", "", "", 405, "{\"error\":\"method not allowed\",\"code\":405}\n");
  assert_hydrabody (body, "POST /api/v1/stop", "", "{\"experience\":\"x\"}", 200, "{\"status\":\"stopped\",\"killed\":1}\n");
  assert_hydrabody (body, "POST /api/v1/stop", "", "{\"experience\":\"x\"}", 200, "{\"status\":\"stopped\",\"killed\":0}\n");
  body->faults[SIM_FAULT_HYDRABODY_LAUNCH_500] = 1;
  assert_hydrabody (body, "POST /api/v1/launch", "", "{\"exe_path\":\"x\"}", 500,
                    "{\"error\":\"failed to launch 'x'\",\"code\":500}\n");
}

static void
hydrabody_asks_for_its_token_when_it_has_one (void **unused)
{
  g_autoptr (SimEvents) events = sim_events_new ();
  g_autoptr (SimIdentity) identity = sim_identity_new (NULL);
  const SimBodyOptions options = { "u", "p", "k" };
  g_autoptr (SimBody) body = sim_body_new ("127.0.1.1", identity, &options, events);

  assert_hydrabody (body, "POST /api/v1/stop", "", "{}", 401, "{\"error\":\"unauthorized\",\"code\":401}\n");
  assert_hydrabody (body, "POST /api/v1/stop", BEARER, "{}", 200, "{\"status\":\"stopped\",\"killed\":0}\n");
}

static void
voice_counts_gaps_and_streams (void **unused)
{
  SimVoice voice = { 0 };
  guint8 packet[20] = { 0x80, 0x80 | 111, 0xff, 0xfe, 0, 0, 3, 0xc0, 0, 0, 0, 7 };

  assert_true (sim_voice_packet (&voice, packet, sizeof packet));
  packet[3] = 0xff;
  assert_false (sim_voice_packet (&voice, packet, sizeof packet));
  packet[2] = 0;
  packet[3] = 2;
  assert_false (sim_voice_packet (&voice, packet, sizeof packet));
  assert_int_equal (voice.lost, 2);
  packet[3] = 1;
  assert_false (sim_voice_packet (&voice, packet, sizeof packet));
  assert_int_equal (voice.reordered, 1);
  packet[11] = 8;
  assert_true (sim_voice_packet (&voice, packet, sizeof packet));
  assert_int_equal (voice.streams, 2);
  assert_int_equal (voice.packets, 5);
  assert_int_equal (voice.payload_type, 111);
  assert_int_equal (voice.timestamp, 960);
  assert_false (sim_voice_packet (&voice, packet, 11));
  packet[0] = 0x40;
  assert_false (sim_voice_packet (&voice, packet, sizeof packet));
  assert_int_equal (voice.malformed, 2);
}

static void
a_fault_takes_only_its_own_kind_of_value (void **unused)
{
  g_autoptr (JsonNode) yes = json_node_init_boolean (json_node_alloc (), TRUE);
  g_autoptr (JsonNode) three = json_node_init_int (json_node_alloc (), 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) type_error = NULL;
  guint fault = 99;
  guint value = 99;

  assert_false (sim_faults_read (sim_body_faults, SIM_FAULTS, "no_such", yes, &fault, &value, &error));
  assert_string_equal (error->message, "unknown fault 'no_such'");
  assert_false (sim_faults_read (sim_body_faults, SIM_FAULTS, "wrong_pin", three, &fault, &value, &type_error));
  assert_non_null (type_error);
  assert_int_equal (value, 99);
  assert_true (sim_faults_read (sim_body_faults, SIM_FAULTS, "refuse_pin", three, &fault, &value, NULL));
  assert_int_equal (fault, SIM_FAULT_REFUSE_PIN);
  assert_int_equal (value, 3);
}

static void
events_are_numbered_on_after_a_reset (void **unused)
{
  g_autoptr (SimEvents) events = sim_events_new ();
  g_autoptr (JsonObject) first = NULL;
  g_autoptr (JsonObject) second = NULL;
  g_autofree char *first_text = NULL;
  g_autofree char *second_text = NULL;

  sim_events_add (events, "launch", "127.0.1.1", "appid", "5", "left_out", NULL, NULL);
  sim_events_add (events, "cancel", NULL, NULL);
  first = sim_events_since (events, 1);
  first_text = sim_json_text (first);
  assert_string_equal (first_text, "{\"events\":[{\"n\":2,\"type\":\"cancel\"}],\"last\":2}\n");
  sim_events_reset (events);
  sim_events_add (events, "rating", NULL, "stars", "4", NULL);
  second = sim_events_since (events, 0);
  second_text = sim_json_text (second);
  assert_string_equal (second_text, "{\"events\":[{\"n\":3,\"type\":\"rating\",\"stars\":\"4\"}],\"last\":3}\n");
}

static void
a_request_is_parsed_or_refused (void **unused)
{
  static const char good[] = "GET /a?x=1%2B2&x=3&y HTTP/1.1\r\nHOST: h \r\nContent-Length: 5\r\n\r\n";
  static const char *const bad[] = { "GET /a\r\n\r\n", "GET a HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nnocolon\r\n\r\n",
                                     "\r\n\r\n" };
  g_autoptr (SimRequest) request = sim_request_parse (good, strlen (good), NULL);
  gsize bytes = 0;

  assert_string_equal (request->path, "/a");
  assert_string_equal (sim_request_query (request, "x"), "1+2");
  assert_string_equal (sim_request_query (request, "y"), "");
  assert_string_equal (sim_request_header (request, "host"), "h");
  assert_true (sim_request_body_bytes (request, &bytes));
  assert_int_equal (bytes, 5);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_null (sim_request_parse (bad[i], strlen (bad[i]), NULL));
}

static void
a_body_that_is_chunked_or_of_odd_length_is_refused (void **unused)
{
  static const char *const heads[] = {
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (heads); i++) {
    g_autoptr (SimRequest) request = sim_request_parse (heads[i], strlen (heads[i]), NULL);
    gsize bytes = 0;

    assert_non_null (request);
    assert_false (sim_request_body_bytes (request, &bytes));
  }
}

static void
json_that_is_deep_or_no_object_is_refused (void **unused)
{
  g_autofree char *deep = g_strnfill (100000, '[');
  static const char *const bad[] = { "", "[]", "1", "{", "nonsense" };

  assert_null (sim_json_parse_object (deep, strlen (deep), NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_null (sim_json_parse_object (bad[i], strlen (bad[i]), NULL));
}

static void
an_answer_closes_the_connection_and_may_say_more (void **unused)
{
  g_autoptr (SimAnswer) answer = sim_answer_new ();
  GString *wire;

  g_string_assign (answer->body, "hello");
  g_string_assign (answer->stray, "more");
  wire = sim_answer_wire (answer);
  assert_string_equal (wire->str, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhellomore");
  g_string_free (wire, TRUE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_record_is_kept_as_it_came),
    cmocka_unit_test (records_and_ratings_need_a_bearer),
    cmocka_unit_test (a_rating_is_one_to_five_for_a_named_experience),
    cmocka_unit_test (a_service_made_to_fail_tells_the_attempt_and_keeps_nothing),
    cmocka_unit_test (health_asks_nobody),
    cmocka_unit_test (hydrabody_launches_and_stops),
    cmocka_unit_test (hydrabody_asks_for_its_token_when_it_has_one),
    cmocka_unit_test (voice_counts_gaps_and_streams),
    cmocka_unit_test (a_fault_takes_only_its_own_kind_of_value),
    cmocka_unit_test (events_are_numbered_on_after_a_reset),
    cmocka_unit_test (a_request_is_parsed_or_refused),
    cmocka_unit_test (a_body_that_is_chunked_or_of_odd_length_is_refused),
    cmocka_unit_test (json_that_is_deep_or_no_object_is_refused),
    cmocka_unit_test (an_answer_closes_the_connection_and_may_say_more),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
