/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/mesh-http.h"

#include "api/signalling-gauges-io.h"
#include "base/build.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "mesh/mesh-message.h"
#include "net/metrics-http.h"

struct _HnMeshHttp {
  const HnConfig *config;
  HnMeshWs *mesh;
  HnWitnessHttp *witness; /* (nullable) */
  HnHttpServer *server;
  HnMetricsHttp *metrics;
  GQueue asked; /* of Asked: who waits for the roster */
  gint64 started_us;
  gboolean has_store; /* instances share a Redis */
};

/* ---- is it there ---- */

/* Says `ok` as long as agents here are served: whoever ends instances by this must not end all of them because Redis is away. */
static void
on_health (HnHttpRequest *request, gpointer data)
{
  HnMeshHttp *self = data;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *uptime = hn_clock_span (hn_clock_now_us () - self->started_us);

  json_object_set_string_member (object, "status", "ok");
  json_object_set_string_member (object, "version", hn_build_version ());
  json_object_set_string_member (object, "uptime", uptime);
  json_object_set_int_member (object, "agents", hn_mesh_ws_get_figures (self->mesh).registered);
  hn_http_request_reply_json (request, 200, object);
}

static void
on_webrtc_health (HnHttpRequest *request, gpointer data)
{
  HnMeshHttp *self = data;
  gboolean away = hn_mesh_ws_is_store_away (self->mesh);
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *timestamp = hn_clock_rfc3339 (hn_clock_utc_us ());
  JsonObject *components = json_object_new ();
  JsonObject *redis = json_object_new ();

  json_object_set_string_member (redis, "status", away ? "unhealthy" : self->has_store ? "healthy" : "not used");
  json_object_set_object_member (components, "redis", redis);
  json_object_set_string_member (object, "status", away ? "degraded" : "healthy");
  json_object_set_object_member (object, "components", components);
  json_object_set_string_member (object, "timestamp", timestamp);
  hn_http_request_reply_json (request, away ? 503 : 200, object);
}

/* ---- who is there ---- */

typedef struct {
  HnMeshHttp *owner;
  HnHttpRequest *request;
  JsonObject *(*build) (HnMeshHttp *self, const HnRosterSeat *seats, guint n_seats);
  GList link;
} Asked;

static void
asked_free (Asked *self)
{
  g_queue_unlink (&self->owner->asked, &self->link);
  hn_http_request_unref (self->request);
  g_free (self);
}

static void
on_looked (const HnRosterSeat *seats, guint n_seats, const GError *error, gpointer data)
{
  Asked *asked = data;

  if (error != NULL) {
    hn_http_request_reply_error (asked->request, error);
  } else {
    g_autoptr (JsonObject) object = asked->build (asked->owner, seats, n_seats);

    hn_http_request_reply_json (asked->request, 200, object);
  }
  asked_free (asked);
}

/* For an admin, or somebody on this machine. */
static gboolean
may_see (HnHttpRequest *request)
{
  g_autoptr (GError) error = NULL;

  if (hn_http_request_is_admin (request) || hn_http_request_is_local (request))
    return TRUE;
  error = g_error_new_literal (HN_ERROR, HN_ERROR_UNAUTHENTICATED, "unauthorized");
  hn_error_set_detail (error, "send 'Authorization: Bearer <server.admin_token>', or ask from this machine without a proxy");
  hn_http_request_set_header (request, "WWW-Authenticate", "Bearer");
  hn_http_request_reply_error (request, error);
  return FALSE;
}

static void
ask (HnMeshHttp *self, HnHttpRequest *request, JsonObject *(*build) (HnMeshHttp *self, const HnRosterSeat *seats, guint n_seats))
{
  Asked *asked;

  if (!may_see (request))
    return;
  asked = g_new0 (Asked, 1);
  asked->owner = self;
  asked->request = hn_http_request_ref (request);
  asked->build = build;
  asked->link.data = asked;
  g_queue_push_tail_link (&self->asked, &asked->link);
  hn_roster_look (hn_mesh_ws_get_roster (self->mesh), hn_mesh_ws_get_group (self->mesh), on_looked, asked);
}

static JsonArray *
list_of (HnMeshHttp *self, const HnRosterSeat *seats, guint n_seats, const char *id_name, const char *time_name)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < n_seats; i++) {
    JsonObject *agent = json_object_new ();
    g_autofree char *since = hn_clock_rfc3339 (seats[i].since_utc_us);

    json_object_set_string_member (agent, id_name, seats[i].member);
    json_object_set_string_member (agent, time_name, since);
    json_object_set_boolean_member (agent, "here", g_str_equal (seats[i].process, hn_mesh_ws_get_process (self->mesh)));
    json_array_add_object_element (array, agent);
  }
  return array;
}

static JsonObject *
build_agents (HnMeshHttp *self, const HnRosterSeat *seats, guint n_seats)
{
  JsonObject *object = json_object_new ();

  json_object_set_array_member (object, "agents", list_of (self, seats, n_seats, "agent_id", "connected_at"));
  return object;
}

static void
on_agents (HnHttpRequest *request, gpointer data)
{
  ask (data, request, build_agents);
}

/* ---- figures ---- */

static JsonObject *
relayed_object (void)
{
  JsonObject *relayed = json_object_new ();

  for (HnMeshKind kind = HN_MESH_OFFER; kind <= HN_MESH_CANDIDATE; kind++)
    json_object_set_int_member (relayed, hn_mesh_message_kind_name (kind), hn_metrics_get (HN_METRIC_MESH_RELAYED, hn_mesh_message_kind_label (kind)));
  return relayed;
}

static JsonArray *
connections_array (HnMeshWsFigures figures)
{
  JsonArray *connections = json_array_new ();

  for (guint i = 0; i < figures.sockets; i++) {
    JsonObject *connection = json_object_new ();

    json_object_set_string_member (connection, "state", i < figures.registered ? "registered" : "connected");
    json_array_add_object_element (connections, connection);
  }
  return connections;
}

static JsonObject *
build_stats (HnMeshHttp *self, const HnRosterSeat *seats, guint n_seats)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "totalAgents", n_seats);
  json_object_set_array_member (object, "agents", list_of (self, seats, n_seats, "agentId", "connectedAt"));
  json_object_set_array_member (object, "connections", connections_array (hn_mesh_ws_get_figures (self->mesh)));
  json_object_set_object_member (object, "relayed", relayed_object ());
  if (self->witness != NULL) {
    HnWitnessFigures figures = hn_witness_http_get_figures (self->witness);
    JsonObject *witness = json_object_new ();

    json_object_set_int_member (witness, "waiting", figures.waiting);
    json_object_set_int_member (witness, "sent", (gint64) figures.sent);
    json_object_set_int_member (witness, "dropped", (gint64) figures.dropped);
    json_object_set_int_member (witness, "refused", (gint64) figures.refused);
    json_object_set_object_member (object, "witness", witness);
  }
  return object;
}

static void
on_stats (HnHttpRequest *request, gpointer data)
{
  ask (data, request, build_stats);
}

static void
collect (gpointer data)
{
  HnMeshHttp *self = data;
  HnMeshWsFigures mesh = hn_mesh_ws_get_figures (self->mesh);
  HnWitnessFigures witness = { 0 };

  if (self->witness != NULL)
    witness = hn_witness_http_get_figures (self->witness);
  hn_signalling_gauges_io_set (hn_mesh_ws_get_hub (self->mesh), hn_mesh_ws_get_roster (self->mesh));
  hn_metrics_set (HN_METRIC_MESH_AGENTS, NULL, mesh.registered);
  hn_metrics_set (HN_METRIC_MESH_AGENTS_KNOWN, NULL, mesh.known);
  hn_metrics_set (HN_METRIC_WITNESS_WAITING, NULL, witness.waiting);
  hn_metrics_set (HN_METRIC_WITNESS_SENT, NULL, (gint64) witness.sent);
  hn_metrics_set (HN_METRIC_WITNESS_DROPPED, NULL, (gint64) witness.dropped);
  hn_metrics_set (HN_METRIC_WITNESS_REFUSED, NULL, (gint64) witness.refused);
  hn_metrics_set (HN_METRIC_WITNESS_FAILURES, NULL, (gint64) witness.failures);
}

static void
on_metrics (HnHttpRequest *request, gpointer data)
{
  hn_metrics_http_reply (((HnMeshHttp *) data)->metrics, request);
}

/* ---- construction ---- */

static const HnHttpRoute routes[] = {
  /* method  path              who may        body   handler */
  { "GET", "/health",        HN_HTTP_OPEN, FALSE, on_health },
  { "GET", "/webrtc/health", HN_HTTP_OPEN, FALSE, on_webrtc_health },
  { "GET", "/agents",        HN_HTTP_OPEN, FALSE, on_agents }, /* the last three ask for a token or a loopback caller themselves */
  { "GET", "/stats",         HN_HTTP_OPEN, FALSE, on_stats },
  { "GET", "/metrics",       HN_HTTP_OPEN, FALSE, on_metrics },
};

gboolean
hn_mesh_http_has_path (HnSlice path)
{
  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
    if (hn_slice_equal (path, routes[i].path))
      return TRUE;
  return FALSE;
}

static gboolean
is_admin (const char *token, gpointer data)
{
  return hn_config_is_admin (((HnMeshHttp *) data)->config, token);
}

HnHttpServer *
hn_mesh_http_get_server (HnMeshHttp *self)
{
  return self->server;
}

HnMeshHttp *
hn_mesh_http_new (const HnConfig *config, HnMeshWs *mesh, HnWitnessHttp *witness)
{
  HnMeshHttp *self = g_new0 (HnMeshHttp, 1);
  g_autoptr (HnRedisUrl) url = hn_config_redis (config);

  self->has_store = url != NULL;
  self->config = config;
  self->mesh = mesh;
  self->witness = witness;
  self->started_us = hn_clock_now_us ();
  self->metrics = hn_metrics_http_new (HN_METRICS_MESH, collect, self);
  self->server = hn_http_server_new (routes, G_N_ELEMENTS (routes), is_admin, self);
  hn_http_server_set_trusted_proxies (self->server, config->server_trusted_proxies);
  hn_http_server_set_limits (self->server, &(HnHttpLimits){ config->api_rate_address, config->api_rate_token, config->api_rate_failures });
  return self;
}

void
hn_mesh_http_free (HnMeshHttp *self)
{
  if (self == NULL)
    return;
  while (self->asked.head != NULL)
    asked_free (self->asked.head->data);
  g_clear_pointer (&self->server, hn_http_server_free);
  g_clear_pointer (&self->metrics, hn_metrics_http_free);
  g_free (self);
}
