/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "api/worker-api.h"
#include "api/worker-token.h"
#include "controller/entry.h"
#include "tests/support/unit.h"

#define ID "0123456789abcdef0123456789abcdef"
#define OTHER_ID "fedcba9876543210fedcba9876543210"
#define TIMEOUT (60 * (gint64) G_USEC_PER_SEC)
#define LATER (2 * TIMEOUT)

static HnRegistry *
registry_with (const char *worker_url)
{
  HnRegistry *registry = hn_registry_new (TIMEOUT, 0);
  HnWorkerReport *report = hn_worker_report_new ();
  HnSessionReport *session = g_new0 (HnSessionReport, 1);

  report->id = g_strdup ("w1");
  report->url = g_strdup (worker_url);
  report->public_url = g_strdup (g_str_has_prefix (worker_url, "https") ? worker_url : NULL);
  report->boot_id = g_strdup ("boot");
  report->api_token = g_strdup ("secret");
  report->max_sessions = 10;
  session->id = g_strdup (ID);
  session->body_ip = g_strdup ("10.0.0.1");
  session->state = HN_SESSION_READY;
  g_ptr_array_add (report->sessions, session);
  assert_non_null (hn_registry_heartbeat (registry, report, 0, NULL, NULL));
  return registry;
}

static void
decide (const HnRegistry *registry, const char *path, const char *fields, gint64 now_us, HnRoute *ret_route)
{
  g_autofree char *text = g_strconcat ("GET ", path, " HTTP/1.1\r\nHost: neck.example.com\r\n", fields, "\r\n", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpHead) head = NULL;
  const HnConfig config = { .server_admin_token = (char *) "token" };
  HnPeer peer = { .port = 4711 };
  guint status = 0;

  assert_true (hn_address_parse ("203.0.113.7", &peer.address));
  head = hn_http_head_parse_request (text, strlen (text), &status, &error);
  assert_null (error);
  hn_route_init (ret_route);
  hn_entry_decide (registry, &config, head, &peer, now_us, ret_route);
}

static const char *
field_set (const HnRoute *route, const char *name)
{
  for (guint i = 0; i < route->request_set->len; i++) {
    const HnRouteField *field = &g_array_index (route->request_set, HnRouteField, i);

    if (g_ascii_strcasecmp (field->name, name) == 0)
      return field->value;
  }
  return NULL;
}

/* A worker whose URL leads back to the controller would otherwise let one request take every connection. */
static void
what_a_controller_proxied_is_not_proxied_again (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_with ("http://10.1.2.3:8090");
  g_autofree char *field = NULL;
  HnRoute route;

  decide (registry, "/session/" ID "/", "", 0, &route);
  assert_int_equal (route.kind, HN_ROUTE_PROXY);
  assert_non_null (field_set (&route, HN_WORKER_API_FROM_FIELD));
  field = g_strconcat (HN_WORKER_API_FROM_FIELD, ": ", field_set (&route, HN_WORKER_API_FROM_FIELD), "\r\n", NULL);
  hn_route_clear (&route);
  decide (registry, "/session/" ID "/", field, 0, &route);
  assert_int_equal (route.kind, HN_ROUTE_REFUSE);
  assert_int_equal (route.status, 502);
  hn_route_clear (&route);
}

static void
a_session_is_proxied_to_the_worker_that_holds_it (void **unused)
{
  static const char *const paths[] = { "/session/" ID "/stream.html?hostId=1", "/session/" ID "/", "/session/" ID, "/session/" ID "?x" };
  g_autoptr (HnRegistry) registry = registry_with ("http://10.1.2.3:8090");

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    HnRoute route;

    decide (registry, paths[i], "X-Forwarded-For: 6.6.6.6\r\n", 0, &route);
    assert_int_equal (route.kind, HN_ROUTE_PROXY);
    assert_string_equal (route.upstream_host, "10.1.2.3");
    assert_int_equal (route.upstream_port, 8090);
    assert_string_equal (route.tag, ID);
    assert_string_equal (field_set (&route, "X-Forwarded-For"), "203.0.113.7");
    assert_string_equal (field_set (&route, "X-Forwarded-Host"), "neck.example.com");
    hn_route_clear (&route);
  }
}

static void
the_callers_token_does_not_reach_the_worker (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_with ("http://10.1.2.3:8090");
  gboolean dropped = FALSE;
  HnRoute route;

  decide (registry, "/session/" ID "/x", "Authorization: Bearer t\r\n", 0, &route);
  for (guint i = 0; i < route.request_drop->len; i++)
    dropped = dropped || g_ascii_strcasecmp (g_ptr_array_index (route.request_drop, i), "authorization") == 0;
  assert_true (dropped);
  hn_route_clear (&route);
}

static void
what_is_wrong_gets_its_own_status (void **unused)
{
  static const struct {
    const char *path, *fields;
    gint64 now_us;
    guint status;
    const char *error;
  } rows[] = {
    { "/session/" ID "/../x", "", LATER, 400, "malformed path" },
    { "/session/" ID "/%2e%2e/x", "", LATER, 400, "malformed path" },
    { "/session/" ID "/a%2fb", "", LATER, 400, "malformed path" },
    { "/session//" ID, "", LATER, 400, "malformed path" },
    { "/api/v1/../session", "", LATER, 400, "malformed path" },
    { "/session/", "", 0, 404, "session not found" },
    { "/session/x", "", 0, 404, "session not found" },
    { "/session/" ID "0/x", "", 0, 404, "session not found" },
    { "/session/0123456789ABCDEF0123456789ABCDEF/x", "", 0, 404, "session not found" },
    { "/session/" OTHER_ID "/x", "", LATER, 404, "session not found" },
    { "/session/" OTHER_ID "/x", "", 0, 503, "session not known yet" },
    { "/session/" ID "/x", "Origin: http://evil.example.com\r\n", LATER, 403, "foreign origin" },
  };
  g_autoptr (HnRegistry) registry = registry_with ("http://10.1.2.3:8090");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    HnRoute route;

    decide (registry, rows[i].path, rows[i].fields, rows[i].now_us, &route);
    assert_int_equal (route.kind, HN_ROUTE_REFUSE);
    assert_int_equal (route.status, rows[i].status);
    assert_string_equal (route.error, rows[i].error);
    assert_int_equal (route.retry_after_seconds, rows[i].status == 503 ? 5 : 0);
    hn_route_clear (&route);
  }
}

static void
the_sessions_own_origin_is_let_in (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_with ("http://10.1.2.3:8090");
  HnRoute route;

  decide (registry, "/session/" ID "/x", "Origin: https://neck.example.com\r\n", 0, &route);
  assert_int_equal (route.kind, HN_ROUTE_PROXY);
  hn_route_clear (&route);
}

static void
everything_else_is_the_apis (void **unused)
{
  static const char *const paths[] = { "/", "/api/v1/health", "/api/v1/workers/host:47990", "/session", ("/sessions/" ID), "/metrics" };
  g_autoptr (HnRegistry) registry = registry_with ("http://10.1.2.3:8090");

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    HnRoute route;

    decide (registry, paths[i], "", LATER, &route);
    assert_int_equal (route.kind, HN_ROUTE_API);
    hn_route_clear (&route);
  }
}

static void
only_a_heartbeat_with_the_token_may_be_long (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_with ("http://10.1.2.3:8090");
  HnRoute heartbeat, stranger, create;

  decide (registry, "/api/v1/workers/heartbeat", "Authorization: Bearer token\r\n", LATER, &heartbeat);
  decide (registry, "/api/v1/workers/heartbeat", "Authorization: Bearer tokens\r\n", LATER, &stranger);
  decide (registry, "/api/v1/sessions", "Authorization: Bearer token\r\n", LATER, &create);
  assert_int_equal (heartbeat.body_limit_bytes, 1048576);
  assert_int_equal (stranger.body_limit_bytes, 0);
  assert_int_equal (create.body_limit_bytes, 0);
  hn_route_clear (&heartbeat);
  hn_route_clear (&stranger);
  hn_route_clear (&create);
}

static void
a_workers_token_leads_to_its_heartbeat_only (void **unused)
{
  static const struct {
    const char *path;
    guint status; /* 0: it goes on */
  } rows[] = { { "/api/v1/workers/heartbeat", 0 }, { "/api/v1/health", 0 },   { "/api/v1/workers", 403 },
               { "/api/v1/sessions", 403 },        { "/api/v1/nothing", 403 } };
  g_autoptr (HnRegistry) registry = registry_with ("http://10.1.2.3:8090");
  g_autofree char *token = hn_worker_token_new ("token", "w1");
  g_autofree char *good = g_strconcat ("Authorization: Bearer ", token, "\r\n", NULL);
  g_autofree char *bad = g_strconcat ("Authorization: Bearer ", token, "x\r\n", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    HnRoute mine, forged;

    decide (registry, rows[i].path, good, LATER, &mine);
    decide (registry, rows[i].path, bad, LATER, &forged);
    assert_int_equal (mine.kind, rows[i].status != 0 ? HN_ROUTE_REFUSE : HN_ROUTE_API);
    assert_true (mine.kind == HN_ROUTE_API || mine.status == rows[i].status);
    assert_int_equal (mine.body_limit_bytes, i == 0 ? 1048576 : 0);
    assert_int_equal (forged.kind, HN_ROUTE_API); /* which answers 401 */
    assert_int_equal (forged.body_limit_bytes, 0);
    hn_route_clear (&mine);
    hn_route_clear (&forged);
  }
}

static void
the_pages_of_a_worker_behind_https_are_not_here (void **unused)
{
  g_autoptr (HnRegistry) registry = registry_with ("https://worker.example.com");
  HnRoute route;

  decide (registry, "/session/" ID "/x", "", 0, &route);
  assert_int_equal (route.kind, HN_ROUTE_REFUSE);
  assert_int_equal (route.status, 502);
  assert_non_null (strstr (route.detail, "https://worker.example.com"));
  hn_route_clear (&route);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_session_is_proxied_to_the_worker_that_holds_it),
    cmocka_unit_test (what_a_controller_proxied_is_not_proxied_again),
    cmocka_unit_test (the_callers_token_does_not_reach_the_worker),
    cmocka_unit_test (what_is_wrong_gets_its_own_status),
    cmocka_unit_test (the_sessions_own_origin_is_let_in),
    cmocka_unit_test (everything_else_is_the_apis),
    cmocka_unit_test (only_a_heartbeat_with_the_token_may_be_long),
    cmocka_unit_test (a_workers_token_leads_to_its_heartbeat_only),
    cmocka_unit_test (the_pages_of_a_worker_behind_https_are_not_here),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
