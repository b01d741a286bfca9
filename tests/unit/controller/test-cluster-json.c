/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "controller/cluster-json.h"
#include "tests/support/unit.h"

#define ID "0123456789abcdef0123456789abcdef"
#define TIMEOUT (60 * (gint64) G_USEC_PER_SEC)
#define AT(seconds) ((seconds) * (gint64) G_USEC_PER_SEC)

static const HnClusterJsonProcess process = { .version = "1.2.3", .process_id = 42, .started_us = 0 };

static HnWorkerReport *
report (const char *id, guint active, gboolean wireguard)
{
  HnWorkerReport *self = hn_worker_report_new ();

  self->id = g_strdup (id);
  self->url = g_strdup ("http://127.0.26.1:47990");
  self->boot_id = g_strdup ("boot");
  self->api_token = g_strdup ("secret-of-the-worker");
  self->version = g_strdup ("0.9");
  self->active_sessions = active;
  self->max_sessions = 10;
  self->wireguard = wireguard;
  return self;
}

static void
add_session (HnWorkerReport *to)
{
  HnSessionReport *session = g_new0 (HnSessionReport, 1);

  session->id = g_strdup (ID);
  session->body_ip = g_strdup ("10.0.0.1");
  session->state = HN_SESSION_ACTIVE;
  session->stream_path = g_strdup ("/session/" ID "/stream.html?hostId=1&appId=2");
  session->stream_url = g_strdup ("http://worker:1/session/" ID "/stream.html?hostId=1&appId=2");
  session->age_us = AT (5);
  session->process_alive = TRUE;
  session->active_connections = 1;
  g_ptr_array_add (to->sessions, session);
}

static HnRegistry *
registry_of_two (gboolean second_has_wireguard)
{
  HnRegistry *registry = hn_registry_new (TIMEOUT, 0);
  HnWorkerReport *first = report ("w1", 1, TRUE);

  add_session (first);
  assert_non_null (hn_registry_heartbeat (registry, first, AT (10), NULL, NULL));
  assert_non_null (hn_registry_heartbeat (registry, report ("w2", 3, second_has_wireguard), AT (10), NULL, NULL));
  return registry;
}

static JsonObject *
extra_of (JsonObject *health)
{
  return json_object_get_object_member (health, "extra");
}

static void
health_sums_over_healthy_workers (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_of_two (TRUE);
  g_autoptr (JsonObject) health = hn_cluster_json_health (registry, &process, FALSE, AT (3661));
  g_autofree char *text = hn_json_to_text (health);

  assert_string_equal (text, "{\"service\":\"hydraneckwebrtc\",\"version\":\"1.2.3\",\"uptime_seconds\":3661,\"status\":\"ok\","
                             "\"extra\":{\"process_id\":42,\"uptime\":\"1h1m1s\",\"wireguard\":true,\"active_sessions\":4,"
                             "\"max_sessions\":20,\"workers_healthy\":2,\"workers_total\":2}}\n");
}

static void
a_creation_on_its_way_counts_as_a_session (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_of_two (TRUE);
  const HnRegistryWorker *worker = NULL;
  g_autoptr (JsonObject) health = NULL;
  gboolean is_bound = FALSE;

  hn_registry_reserve (registry, "10.0.0.9", NULL, &worker, &is_bound);
  health = hn_cluster_json_health (registry, &process, FALSE, AT (11));
  assert_int_equal (json_object_get_int_member (extra_of (health), "active_sessions"), 5);
}

static void
one_worker_without_wireguard_degrades_all (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_of_two (FALSE);
  g_autoptr (JsonObject) health = hn_cluster_json_health (registry, &process, FALSE, AT (11));

  assert_string_equal (json_object_get_string_member (health, "status"), "degraded");
  assert_false (json_object_get_boolean_member (extra_of (health), "wireguard"));
}

static void
an_unhealthy_worker_degrades_and_is_not_counted (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_of_two (FALSE);
  g_autoptr (JsonObject) health = NULL;

  hn_registry_failed (registry, "w2", AT (11));
  health = hn_cluster_json_health (registry, &process, FALSE, AT (11));
  assert_string_equal (json_object_get_string_member (health, "status"), "degraded");
  assert_true (json_object_get_boolean_member (extra_of (health), "wireguard"));
  assert_int_equal (json_object_get_int_member (extra_of (health), "active_sessions"), 1);
  assert_int_equal (json_object_get_int_member (extra_of (health), "max_sessions"), 10);
  assert_int_equal (json_object_get_int_member (extra_of (health), "workers_healthy"), 1);
  assert_int_equal (json_object_get_int_member (extra_of (health), "workers_total"), 2);
}

static void
a_controller_without_workers_is_degraded (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, 0);
  g_autoptr (JsonObject) health = hn_cluster_json_health (registry, &process, TRUE, AT (1));

  assert_string_equal (json_object_get_string_member (health, "status"), "degraded");
  assert_false (json_object_get_boolean_member (extra_of (health), "wireguard"));
}

static void
sessions_are_in_health_only_for_whom_may_see_them (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_of_two (TRUE);
  g_autoptr (JsonObject) with = hn_cluster_json_health (registry, &process, TRUE, AT (12));
  g_autoptr (JsonObject) without = hn_cluster_json_health (registry, &process, FALSE, AT (12));
  JsonObject *session = json_array_get_object_element (json_object_get_array_member (extra_of (with), "sessions"), 0);
  static const char *const names[]
    = { "id", "body_ip", "status", "process_alive", "data_directory_ok", "active_connections", "age", "worker_id" };

  assert_false (json_object_has_member (extra_of (without), "sessions"));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_true (json_object_has_member (session, names[i]));
  assert_string_equal (json_object_get_string_member (session, "age"), "7s");
  assert_false (json_object_has_member (session, "stream_url"));
}

static void
workers_are_shown_without_their_tokens (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_of_two (TRUE);
  g_autoptr (JsonObject) workers = hn_cluster_json_workers (registry, AT (13));
  g_autofree char *text = hn_json_to_text (workers);
  JsonObject *first = json_array_get_object_element (json_object_get_array_member (workers, "workers"), 0);

  assert_null (strstr (text, "secret"));
  assert_string_equal (json_object_get_string_member (first, "id"), "w1");
  assert_string_equal (json_object_get_string_member (first, "status"), "healthy");
  assert_string_equal (json_object_get_string_member (first, "heartbeat_age"), "3s");
  assert_int_equal (json_array_get_length (json_object_get_array_member (first, "sessions")), 1);
}

static void
a_draining_worker_says_so_unless_it_has_a_greater_problem (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_of_two (TRUE);
  g_autoptr (JsonObject) draining = hn_cluster_json_worker (registry, hn_registry_drain (registry, "w1", TRUE, HN_NEVER), AT (11));
  g_autoptr (JsonObject) health = hn_cluster_json_health (registry, &process, FALSE, AT (11));
  g_autoptr (JsonObject) suspect = NULL, back = NULL;

  assert_string_equal (json_object_get_string_member (draining, "status"), "draining");
  assert_true (json_object_get_boolean_member (draining, "draining"));
  assert_true (json_object_get_boolean_member (draining, "healthy"));
  assert_string_equal (json_object_get_string_member (health, "status"), "ok");
  hn_registry_failed (registry, "w1", AT (11));
  suspect = hn_cluster_json_worker (registry, hn_registry_find_worker (registry, "w1"), AT (11));
  assert_string_equal (json_object_get_string_member (suspect, "status"), "suspect");
  assert_true (json_object_get_boolean_member (suspect, "draining"));
  back = hn_cluster_json_worker (registry, hn_registry_drain (registry, "w2", FALSE, HN_NEVER), AT (11));
  assert_string_equal (json_object_get_string_member (back, "status"), "healthy");
  assert_false (json_object_get_boolean_member (back, "draining"));
}

static void
a_sessions_stream_url_is_the_callers_not_the_workers (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_of_two (TRUE);
  const HnRegistryWorker *worker = hn_registry_find_worker (registry, "w1");
  const HnSessionReport *session = g_ptr_array_index (worker->report->sessions, 0);
  g_autoptr (JsonObject) live = hn_cluster_json_session (session, worker, NULL, "http://c:1");
  g_autoptr (JsonObject) stale = hn_cluster_json_stale_session (session, worker, "neck.example.com", "http://c:1", AT (20));

  assert_string_equal (json_object_get_string_member (live, "stream_url"), "http://c:1/session/" ID "/stream.html?hostId=1&appId=2");
  assert_string_equal (json_object_get_string_member (live, "age"), "5s");
  assert_string_equal (json_object_get_string_member (live, "worker_id"), "w1");
  assert_false (json_object_has_member (live, "stale"));
  assert_string_equal (json_object_get_string_member (stale, "stream_url"),
                       "https://neck.example.com/session/" ID "/stream.html?hostId=1&appId=2");
  assert_string_equal (json_object_get_string_member (stale, "age"), "15s");
  assert_true (json_object_get_boolean_member (stale, "stale"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (health_sums_over_healthy_workers),
    cmocka_unit_test (a_creation_on_its_way_counts_as_a_session),
    cmocka_unit_test (one_worker_without_wireguard_degrades_all),
    cmocka_unit_test (an_unhealthy_worker_degrades_and_is_not_counted),
    cmocka_unit_test (a_controller_without_workers_is_degraded),
    cmocka_unit_test (sessions_are_in_health_only_for_whom_may_see_them),
    cmocka_unit_test (workers_are_shown_without_their_tokens),
    cmocka_unit_test (a_draining_worker_says_so_unless_it_has_a_greater_problem),
    cmocka_unit_test (a_sessions_stream_url_is_the_callers_not_the_workers),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
