/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/controller-http.h"

#include <unistd.h>

#include "api/drain-request.h"
#include "api/openapi-http.h"
#include "api/worker-token.h"
#include "base/build.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"
#include "controller/cluster-gauges.h"
#include "controller/cluster-json.h"
#include "controller/create-http.h"
#include "controller/explain-http.h"
#include "controller/list-http.h"
#include "controller/sessions-http.h"
#include "net/metrics-http.h"

struct _HnControllerHttp {
  HnClusterHttp *cluster;
  HnHttpServer *server;
  HnCreateHttp *create;
  HnSessionsHttp *sessions;
  HnListHttp *list;
  HnExplainHttp *explain;
  HnMetricsHttp *metrics;
  HnHistory *history;
  gint64 started_us;
};

static void
on_health (HnHttpRequest *request, gpointer data)
{
  HnControllerHttp *self = data;
  HnClusterJsonProcess process = { .version = hn_build_version (), .process_id = getpid (), .started_us = self->started_us };
  gboolean with_sessions = hn_http_request_is_admin (request) || hn_http_request_is_local (request);
  g_autoptr (JsonObject) object
    = hn_cluster_json_health (hn_cluster_http_get_registry (self->cluster), &process, with_sessions, hn_clock_now_us ());

  hn_http_request_reply_json (request, 200, object);
}

static void
collect (gpointer data)
{
  hn_cluster_gauges_set (hn_cluster_http_get_registry (((HnControllerHttp *) data)->cluster));
}

static void
on_metrics (HnHttpRequest *request, gpointer data)
{
  hn_metrics_http_reply (((HnControllerHttp *) data)->metrics, request);
}

static void
refuse (HnHttpRequest *request, GError *error)
{
  hn_http_request_reply_error (request, error);
  g_error_free (error);
}

/* The controller's own token speaks for any worker, a worker's only for itself. Otherwise @request is answered. */
static gboolean
may_speak_for (HnControllerHttp *self, HnHttpRequest *request, const char *worker_id)
{
  const char *field = hn_http_request_get_header (request, "Authorization");
  gboolean is_bearer = field != NULL && g_ascii_strncasecmp (field, "Bearer ", 7) == 0;
  g_autofree char *own_id = NULL;
  GError *error;

  if (hn_http_request_is_admin (request))
    return TRUE;
  if (is_bearer)
    own_id = hn_worker_token_admit (field + 7, hn_cluster_http_get_config (self->cluster));
  if (own_id == NULL) {
    hn_http_request_set_header (request, "WWW-Authenticate", "Bearer");
    error = g_error_new_literal (HN_ERROR, HN_ERROR_UNAUTHENTICATED, "unauthorized");
    hn_error_set_detail (error, "send 'Authorization: Bearer <server.admin_token>', or a token that `hydraneckwebrtc worker-token` prints");
    refuse (request, error);
    return FALSE;
  }
  if (worker_id == NULL || g_str_equal (own_id, worker_id))
    return TRUE;
  error = g_error_new (HN_ERROR, HN_ERROR_DENIED, "this token is for worker '%s', not for '%s'", own_id, worker_id);
  hn_error_set_detail (error, "set 'worker.id' to '%s', or 'controller.token' to what `hydraneckwebrtc worker-token %s` prints", own_id,
                       worker_id);
  hn_warning ("controller", NULL, "heartbeat refused: %s", error->message);
  refuse (request, error);
  return FALSE;
}

static void
on_heartbeat (HnHttpRequest *request, gpointer data)
{
  HnControllerHttp *self = data;
  g_autoptr (GError) error = NULL;
  HnWorkerReport *report = hn_worker_report_from_json (hn_http_request_get_object (request), &error);
  g_autofree char *worker_id = report != NULL ? g_strdup (report->id) : NULL;
  g_autoptr (JsonObject) object = NULL;
  HnHeartbeatReply reply = { FALSE, HN_NEVER };
  const HnRegistryWorker *worker;

  if (!may_speak_for (self, request, worker_id)) {
    hn_metrics_add (HN_METRIC_HEARTBEATS_HEARD, "refused", 1);
    hn_worker_report_free (report);
    return;
  }
  if (report == NULL || !hn_cluster_http_heartbeat (self->cluster, report, &error)) {
    hn_metrics_add (HN_METRIC_HEARTBEATS_HEARD, "refused", 1);
    hn_warning ("controller", NULL, "heartbeat refused: %s worker=%s", error->message, worker_id != NULL ? worker_id : "-");
    hn_http_request_reply_error (request, error);
    return;
  }
  hn_metrics_add (HN_METRIC_HEARTBEATS_HEARD, "ok", 1);
  worker = hn_registry_find_worker (hn_cluster_http_get_registry (self->cluster), worker_id);
  reply.drain = worker->draining;
  if (worker->draining && worker->drain_deadline_us != HN_NEVER)
    reply.drain_left_us = MAX (worker->drain_deadline_us - hn_clock_now_us (), 0);
  object = hn_heartbeat_reply_to_json (&reply);
  hn_http_request_reply_json (request, 200, object);
}

static void
on_workers (HnHttpRequest *request, gpointer data)
{
  HnControllerHttp *self = data;
  g_autoptr (JsonObject) object = hn_cluster_json_workers (hn_cluster_http_get_registry (self->cluster), hn_clock_now_us ());

  hn_http_request_reply_json (request, 200, object);
}

/* An id may hold characters that a caller escapes in a path, such as the colon of `host:47990`. */
static const HnRegistryWorker *
find_worker (const HnRegistry *registry, const char *segment)
{
  const HnRegistryWorker *worker = hn_registry_find_worker (registry, segment);
  g_autofree char *plain = worker == NULL ? g_uri_unescape_string (segment, NULL) : NULL;

  return plain != NULL ? hn_registry_find_worker (registry, plain) : worker;
}

static void
reply_worker (HnControllerHttp *self, HnHttpRequest *request, const HnRegistryWorker *worker)
{
  if (worker == NULL) {
    refuse (request, g_error_new_literal (HN_ERROR, HN_ERROR_NOT_FOUND, "worker not found"));
  } else {
    g_autoptr (JsonObject) object
      = hn_cluster_json_worker (hn_cluster_http_get_registry (self->cluster), worker, hn_clock_now_us ());

    hn_http_request_reply_json (request, 200, object);
  }
}

static void
on_worker (HnHttpRequest *request, gpointer data)
{
  HnControllerHttp *self = data;

  reply_worker (self, request, find_worker (hn_cluster_http_get_registry (self->cluster), hn_http_request_get_param (request, 0)));
}

static void
set_drain (HnControllerHttp *self, HnHttpRequest *request, gboolean drain, gint64 left_us)
{
  const HnRegistryWorker *worker
    = find_worker (hn_cluster_http_get_registry (self->cluster), hn_http_request_get_param (request, 0));

  reply_worker (self, request, worker != NULL ? hn_cluster_http_drain (self->cluster, worker->report->id, drain, left_us) : NULL);
}

static void
on_drain (HnHttpRequest *request, gpointer data)
{
  g_autoptr (GBytes) body = hn_http_request_get_body (request);
  g_autoptr (GError) error = NULL;
  gint64 left_us = HN_NEVER;

  if (hn_drain_request_read (g_bytes_get_data (body, NULL), g_bytes_get_size (body), &left_us, &error))
    set_drain (data, request, TRUE, left_us);
  else
    hn_http_request_reply_error (request, error);
}

static void
on_undrain (HnHttpRequest *request, gpointer data)
{
  set_drain (data, request, FALSE, HN_NEVER);
}

/* Whether the caller is a controller that took us for a worker; it is then answered. */
static gboolean
is_loop (HnHttpRequest *request)
{
  g_autoptr (GError) error = NULL;

  if (hn_http_request_get_header (request, HN_WORKER_API_FROM_FIELD) == NULL)
    return FALSE;
  error = g_error_new_literal (HN_ERROR, HN_ERROR_INVALID, "this is a controller, not a worker");
  hn_error_set_detail (error, "a worker's `worker.url` leads to a controller");
  hn_http_request_reply_error (request, error);
  return TRUE;
}

static void
on_create (HnHttpRequest *request, gpointer data)
{
  if (!is_loop (request))
    hn_create_http_start (((HnControllerHttp *) data)->create, request);
}

static void
on_list (HnHttpRequest *request, gpointer data)
{
  if (!is_loop (request))
    hn_list_http_start (((HnControllerHttp *) data)->list, request);
}

static void
on_show (HnHttpRequest *request, gpointer data)
{
  if (!is_loop (request))
    hn_sessions_http_show (((HnControllerHttp *) data)->sessions, request);
}

static void
on_delete (HnHttpRequest *request, gpointer data)
{
  if (!is_loop (request))
    hn_sessions_http_delete (((HnControllerHttp *) data)->sessions, request);
}

static void
on_explain (HnHttpRequest *request, gpointer data)
{
  if (!is_loop (request))
    hn_explain_http_life (((HnControllerHttp *) data)->explain, request);
}

static void
on_log (HnHttpRequest *request, gpointer data)
{
  if (!is_loop (request))
    hn_explain_http_log (((HnControllerHttp *) data)->explain, request);
}

static void
on_events (HnHttpRequest *request, gpointer data)
{
  hn_event_stream_attach (hn_cluster_http_get_events (((HnControllerHttp *) data)->cluster), request);
}

static void on_openapi (HnHttpRequest *request, gpointer data);

static const HnHttpRoute routes[] = {
  /* method    path                          who may         body   handler */
  { "GET",    "/api/v1/health",            HN_HTTP_OPEN,   FALSE, on_health },
  { "GET",    "/api/v1/openapi.json",      HN_HTTP_OPEN,   FALSE, on_openapi },
  { "GET",    "/metrics",                  HN_HTTP_OPEN,   FALSE, on_metrics }, /* asks for a token or a loopback caller itself */
  { "POST",   HN_WORKER_API_HEARTBEAT_PATH, HN_HTTP_OPEN,  TRUE,  on_heartbeat }, /* asks for one of two kinds of token itself */
  { "GET",    "/api/v1/workers",           HN_HTTP_BEARER, FALSE, on_workers },
  { "GET",    "/api/v1/workers/{}",        HN_HTTP_BEARER, FALSE, on_worker },
  { "POST",   "/api/v1/workers/{}/drain",  HN_HTTP_BEARER, FALSE, on_drain },
  { "DELETE", "/api/v1/workers/{}/drain",  HN_HTTP_BEARER, FALSE, on_undrain },
  { "POST",   "/api/v1/sessions",          HN_HTTP_BEARER, TRUE,  on_create },
  { "GET",    "/api/v1/sessions",          HN_HTTP_BEARER, FALSE, on_list },
  { "GET",    "/api/v1/sessions/{}",       HN_HTTP_BEARER, FALSE, on_show },
  { "DELETE", "/api/v1/sessions/{}",       HN_HTTP_BEARER, FALSE, on_delete },
  { "GET",    "/api/v1/sessions/{}/explain", HN_HTTP_BEARER, FALSE, on_explain },
  { "GET",    "/api/v1/sessions/{}/logs",  HN_HTTP_BEARER, FALSE, on_log },
  { "GET",    "/api/v1/events",            HN_HTTP_BEARER, FALSE, on_events },
};

static void
on_openapi (HnHttpRequest *request, gpointer data)
{
  hn_openapi_http_reply (routes, G_N_ELEMENTS (routes), "hydraneckwebrtc controller", request);
}

static gboolean
is_admin (const char *token, gpointer data)
{
  HnControllerHttp *self = data;

  return hn_config_is_admin (hn_cluster_http_get_config (self->cluster), token);
}

HnHttpServer *
hn_controller_http_get_server (HnControllerHttp *self)
{
  return self->server;
}

HnEventStream *
hn_controller_http_get_events (HnControllerHttp *self)
{
  return hn_cluster_http_get_events (self->cluster);
}

HnHistory *
hn_controller_http_get_history (HnControllerHttp *self)
{
  return self->history;
}

void
hn_controller_http_cancel_all (HnControllerHttp *self)
{
  hn_create_http_cancel_all (self->create);
  hn_sessions_http_cancel_all (self->sessions);
  hn_list_http_cancel_all (self->list);
  hn_explain_http_cancel_all (self->explain);
}

guint
hn_controller_http_get_count (const HnControllerHttp *self)
{
  return hn_create_http_get_count (self->create) + hn_sessions_http_get_count (self->sessions)
         + hn_list_http_get_count (self->list) + hn_explain_http_get_count (self->explain);
}

HnControllerHttp *
hn_controller_http_new (HnClusterHttp *cluster)
{
  HnControllerHttp *self = g_new0 (HnControllerHttp, 1);

  self->cluster = cluster;
  self->started_us = hn_clock_now_us ();
  self->history = hn_history_new ();
  self->create = hn_create_http_new (cluster, self->history);
  self->sessions = hn_sessions_http_new (cluster);
  self->list = hn_list_http_new (cluster);
  self->explain = hn_explain_http_new (cluster);
  self->metrics = hn_metrics_http_new (HN_METRICS_CONTROLLER, collect, self);
  self->server = hn_http_server_new (routes, G_N_ELEMENTS (routes), is_admin, self);
  hn_http_server_set_trusted_proxies (self->server, hn_cluster_http_get_config (cluster)->server_trusted_proxies);
  hn_http_server_set_limits (self->server, &(HnHttpLimits){ hn_cluster_http_get_config (cluster)->api_rate_address,
                                                            hn_cluster_http_get_config (cluster)->api_rate_token,
                                                            hn_cluster_http_get_config (cluster)->api_rate_failures });
  return self;
}

void
hn_controller_http_free (HnControllerHttp *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->create, hn_create_http_free);
  g_clear_pointer (&self->sessions, hn_sessions_http_free);
  g_clear_pointer (&self->list, hn_list_http_free);
  g_clear_pointer (&self->explain, hn_explain_http_free);
  g_clear_pointer (&self->metrics, hn_metrics_http_free);
  g_clear_pointer (&self->server, hn_http_server_free);
  g_clear_pointer (&self->history, hn_history_free);
  g_free (self);
}
