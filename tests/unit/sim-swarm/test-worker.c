/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/support/unit.h"

#include "sim/fakes/body/json.h"
#include "sim/fakes/swarm/worker.h"

typedef struct {
  HnRandom *random;
  SimPages *pages;
  SimWorker *worker;
  SimDo act;
} World;

static int
set_up (void **state)
{
  World *world = g_new0 (World, 1);

  world->random = hn_random_new_seeded (7);
  world->pages = sim_pages_new ();
  world->worker = sim_worker_new (3, "127.0.0.9", 2003, 2, world->random, world->pages, 5000000);
  *state = world;
  return 0;
}

static int
tear_down (void **state)
{
  World *world = *state;

  sim_do_clear (&world->act);
  sim_worker_free (world->worker);
  sim_pages_free (world->pages);
  hn_random_free (world->random);
  g_free (world);
  return 0;
}

static void
ask_as (World *world, const char *method, const char *path, const char *fields, const char *body)
{
  g_autofree char *text = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, path, fields);
  guint status = 0;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (text, strlen (text), &status, NULL);

  assert_non_null (head);
  sim_do_clear (&world->act);
  sim_worker_handle (world->worker, head, body, strlen (body), 6000000, &world->act);
}

/* As the controller, which has the token. */
static void
ask (World *world, const char *method, const char *path, const char *body)
{
  g_autofree char *fields = g_strdup_printf ("Authorization: Bearer %s\r\n", world->worker->api_token);

  ask_as (world, method, path, fields, body);
}

static void
expect_error (World *world, guint status, const char *message)
{
  g_autoptr (JsonObject) object = sim_json_parse_object (world->act.text, strlen (world->act.text), NULL);

  assert_int_equal (world->act.kind, SIM_DO_ANSWER);
  assert_int_equal (world->act.status, status);
  assert_string_equal (sim_json_string (object, "error"), message);
  assert_int_equal (json_object_get_int_member (object, "code"), status);
}

static SimSession *
create (World *world, const char *body_ip)
{
  g_autofree char *body = g_strdup_printf ("{\"body_ip\":\"%s\",\"experience\":\"a \\\"b\\\"\"}", body_ip);
  g_autofree char *reply = NULL;

  ask (world, "POST", "/api/v1/sessions", body);
  assert_int_equal (world->act.kind, SIM_DO_CREATE);
  assert_true (world->act.changed);
  reply = sim_worker_created (world->worker, world->act.session);
  assert_non_null (strstr (reply, world->act.session->id));
  return world->act.session;
}

static void
who_has_another_token_or_none_is_refused (void **state)
{
  World *world = *state;

  ask_as (world, "GET", "/api/v1/sessions", "", "");
  expect_error (world, 401, "unauthorized");
  ask_as (world, "GET", "/api/v1/sessions", "Authorization: Bearer x\r\n", "");
  expect_error (world, 401, "unauthorized");
  world->worker->faults[SIM_SWARM_FAULT_WRONG_TOKEN] = 1;
  ask (world, "GET", "/api/v1/sessions", "");
  expect_error (world, 401, "unauthorized");
}

static void
a_worker_takes_as_many_sessions_as_it_has_slots (void **state)
{
  World *world = *state;
  g_autofree char *path = NULL;

  create (world, "10.0.0.1");
  path = g_strconcat ("/api/v1/sessions/", create (world, "10.0.0.2")->id, NULL);
  ask (world, "POST", "/api/v1/sessions", "{\"body_ip\":\"10.0.0.3\"}");
  expect_error (world, 503, "max sessions reached");
  ask (world, "DELETE", path, "");
  assert_int_equal (world->act.status, 200);
  assert_non_null (world->act.ended);
  ask (world, "GET", path, "");
  expect_error (world, 404, "session not found");
  create (world, "10.0.0.3");
}

static void
a_body_in_use_is_refused_and_an_unused_session_replaced (void **state)
{
  World *world = *state;
  SimSession *session = create (world, "10.0.0.1");
  g_autofree char *first = g_strdup (session->id);
  g_autofree char *message = g_strdup_printf ("body 10.0.0.1 already in use by session %.8s", first);

  session->sockets = 1;
  ask (world, "POST", "/api/v1/sessions", "{\"body_ip\":\"10.0.0.1\"}");
  expect_error (world, 409, message);
  session->sockets = 0;
  create (world, "10.0.0.1");
  assert_string_equal (world->act.ended, first);
  assert_null (sim_worker_find (world->worker, first));
}

static void
pages_and_sockets_are_served_while_the_session_is_ready (void **state)
{
  World *world = *state;
  SimSession *session = create (world, "10.0.0.1");
  g_autofree char *page = g_strdup_printf ("/session/%s/stream.html?hostId=1", session->id);
  g_autofree char *socket = g_strdup_printf ("/session/%s/api/host/stream?feed_kbit=300", session->id);

  ask_as (world, "GET", page, "", "");
  assert_int_equal (world->act.status, 200);
  assert_non_null (world->act.page);
  ask_as (world, "GET", socket, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "");
  assert_int_equal (world->act.kind, SIM_DO_SOCKET);
  assert_int_equal (world->act.feed_kbit, 300);
  assert_string_equal (world->act.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  ask_as (world, "GET", socket, "", "");
  expect_error (world, 400, "a WebSocket is expected");
  session->ready = FALSE;
  ask_as (world, "GET", page, "", "");
  expect_error (world, 404, "session not found");
}

static void
refusals_hangs_and_cuts_are_as_told (void **state)
{
  World *world = *state;

  world->worker->faults[SIM_SWARM_FAULT_REFUSE_STATUS] = 502;
  ask (world, "POST", "/api/v1/sessions", "{\"body_ip\":\"10.0.0.1\"}");
  expect_error (world, 502, "body 10.0.0.1 unreachable on port 47990");
  world->worker->faults[SIM_SWARM_FAULT_REFUSE_STATUS] = 0;
  world->worker->faults[SIM_SWARM_FAULT_CUT_CREATE] = 1;
  ask (world, "POST", "/api/v1/sessions", "{\"body_ip\":\"10.0.0.1\"}");
  assert_int_equal (world->act.kind, SIM_DO_CUT);
  world->worker->faults[SIM_SWARM_FAULT_HANG] = 1;
  ask (world, "GET", "/api/v1/sessions", "");
  assert_int_equal (world->act.kind, SIM_DO_NOTHING);
}

static void
a_heartbeat_tells_all_and_lies_only_when_told (void **state)
{
  World *world = *state;
  SimSession *session = create (world, "10.0.0.1");
  g_autofree char *text = sim_worker_heartbeat (world->worker, "fake-3", 65000000);
  g_autoptr (JsonObject) object = sim_json_parse_object (text, strlen (text), NULL);
  JsonObject *one = json_array_get_object_element (json_object_get_array_member (object, "sessions"), 0);
  g_autofree char *lie = NULL;
  g_autoptr (JsonObject) false_object = NULL;

  assert_string_equal (sim_json_string (object, "worker_id"), "fake-3");
  assert_string_equal (sim_json_string (object, "url"), "http://127.0.0.9:2003");
  assert_int_equal (json_object_get_int_member (object, "active_sessions"), 1);
  assert_int_equal (json_object_get_int_member (object, "max_sessions"), 2);
  assert_string_equal (sim_json_string (one, "id"), session->id);
  assert_string_equal (sim_json_string (one, "status"), "ready");
  assert_string_equal (sim_json_string (one, "experience"), "a \"b\"");
  assert_int_equal (json_object_get_int_member (one, "age_seconds"), 59);
  world->worker->faults[SIM_SWARM_FAULT_CLAIM_SLOTS] = 50;
  world->worker->faults[SIM_SWARM_FAULT_CLAIM_IDLE] = 1;
  lie = sim_worker_heartbeat (world->worker, "fake-1", 65000000);
  false_object = sim_json_parse_object (lie, strlen (lie), NULL);
  assert_string_equal (sim_json_string (false_object, "worker_id"), "fake-1");
  assert_int_equal (json_object_get_int_member (false_object, "active_sessions"), 0);
  assert_int_equal (json_object_get_int_member (false_object, "max_sessions"), 50);
}

static void
a_restart_is_a_new_process_without_sessions (void **state)
{
  World *world = *state;
  g_autofree char *boot = g_strdup (world->worker->boot_id);
  g_autofree char *token = g_strdup (world->worker->api_token);

  create (world, "10.0.0.1");
  sim_worker_restart (world->worker, 7000000);
  assert_string_not_equal (world->worker->boot_id, boot);
  assert_string_not_equal (world->worker->api_token, token);
  assert_int_equal (g_hash_table_size (world->worker->sessions), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (who_has_another_token_or_none_is_refused),
    TEST (a_worker_takes_as_many_sessions_as_it_has_slots),
    TEST (a_body_in_use_is_refused_and_an_unused_session_replaced),
    TEST (pages_and_sockets_are_served_while_the_session_is_ready),
    TEST (refusals_hangs_and_cuts_are_as_told),
    TEST (a_heartbeat_tells_all_and_lies_only_when_told),
    TEST (a_restart_is_a_new_process_without_sessions),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
