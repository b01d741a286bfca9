/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker-http.h"

#include <string.h>
#include <unistd.h>

#include "api/drain-request.h"
#include "api/openapi-http.h"
#include "api/create-outcome.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "net/metrics-http.h"
#include "worker/browser-rules.h"
#include "worker/life-http.h"
#include "worker/health-json.h"
#include "worker/mic-http.h"
#include "worker/overlay-http.h"
#include "worker/worker-gauges.h"

struct _HnWorkerHttp {
  HnWorkerHttpWorld world;
  gboolean draining; /* by its own operator: there is no controller */
  gint64 drain_deadline_us;
  HnHttpServer *server;
  HnOverlayHttp *overlay;
  HnMetricsHttp *metrics;
};

/* ---- answers ---- */

static void
reply_new_error (HnHttpRequest *request, HnErrorCode code, guint status, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, code, message);

  if (status != 0)
    hn_error_set_status (error, status);
  hn_http_request_reply_error (request, error);
}

static void
reply_not_found (HnHttpRequest *request)
{
  reply_new_error (request, HN_ERROR_NOT_FOUND, 0, "session not found");
}

static void
reply_status (HnHttpRequest *request, guint status, const char *session_id, const char *text)
{
  g_autoptr (JsonObject) object = json_object_new ();

  hn_json_set_text (object, "session_id", session_id);
  json_object_set_string_member (object, "status", text);
  hn_http_request_reply_json (request, status, object);
}

static char *
stream_url (HnWorkerHttp *self, HnHttpRequest *request, const char *stream_path)
{
  const HnConfig *config = self->world.config;

  if (config->worker_public_url != NULL)
    return g_strconcat (config->worker_public_url, stream_path, NULL);
  if (config->server_domain != NULL)
    return g_strconcat ("https://", config->server_domain, stream_path, NULL);
  return g_strconcat (hn_http_request_get_base_url (request), stream_path, NULL);
}

/* ---- health and lists ---- */

static void
handle_health (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  g_autoptr (HnWorkerReport) report = self->world.report (self->world.user_data);
  HnHealth health = { .report = report, .process_id = getpid (), .uptime_us = hn_clock_now_us () - self->world.started_us };
  g_autoptr (JsonObject) object = NULL;

  health.turn = self->world.turn_view (self->world.user_data);
  health.ended = hn_sessions_io_get_ended (self->world.sessions);
  health.with_sessions = hn_http_request_is_admin (request) || hn_http_request_is_local (request);
  object = hn_health_json (&health);
  hn_http_request_reply_json (request, 200, object);
}

static void
collect (gpointer data)
{
  HnWorkerHttp *self = data;
  g_autoptr (HnWorkerReport) report = self->world.report (self->world.user_data);

  hn_worker_gauges_set (report);
  hn_mic_io_collect (self->world.mics);
}

static void
handle_metrics (HnHttpRequest *request, gpointer data)
{
  hn_metrics_http_reply (((HnWorkerHttp *) data)->metrics, request);
}

static JsonObject *
describe (HnWorkerHttp *self, HnHttpRequest *request, HnSessionReport *report)
{
  if (report->stream_path != NULL)
    report->stream_url = stream_url (self, request, report->stream_path);
  return hn_session_report_to_json (report);
}

static void
handle_list (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  g_autoptr (HnWorkerReport) report = self->world.report (self->world.user_data);
  g_autoptr (JsonObject) object = json_object_new ();
  JsonArray *sessions = json_array_new ();

  for (guint i = 0; i < report->sessions->len; i++)
    json_array_add_object_element (sessions, describe (self, request, g_ptr_array_index (report->sessions, i)));
  json_object_set_array_member (object, "sessions", sessions);
  hn_http_request_reply_json (request, 200, object);
}

static void
handle_show (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  g_autoptr (HnWorkerReport) report = self->world.report (self->world.user_data);

  for (guint i = 0; i < report->sessions->len; i++) {
    HnSessionReport *session = g_ptr_array_index (report->sessions, i);
    g_autoptr (JsonObject) object = NULL;

    if (strcmp (session->id, hn_http_request_get_param (request, 0)) != 0)
      continue;
    object = describe (self, request, session);
    hn_http_request_reply_json (request, 200, object);
    return;
  }
  reply_not_found (request);
}

/* The controller asks for a heartbeat when it has something to say in its answer. */
static void
handle_beat (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;

  self->world.beat (self->world.user_data);
  reply_status (request, 202, NULL, "ok");
}

static void
handle_events (HnHttpRequest *request, gpointer data)
{
  hn_event_stream_attach (((HnWorkerHttp *) data)->world.events, request);
}

/* ---- draining a worker that stands alone ---- */

static void
reply_drain (HnWorkerHttp *self, HnHttpRequest *request)
{
  g_autoptr (HnWorkerReport) report = self->world.report (self->world.user_data);
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "status", self->draining ? "draining" : "healthy");
  json_object_set_boolean_member (object, "draining", self->draining);
  json_object_set_int_member (object, "active_sessions", report->active_sessions);
  if (self->draining && self->drain_deadline_us != HN_NEVER)
    json_object_set_int_member (object, "drain_seconds_left", MAX (self->drain_deadline_us - hn_clock_now_us (), 0) / G_USEC_PER_SEC);
  hn_http_request_reply_json (request, 200, object);
}

static void
set_drain (HnWorkerHttp *self, HnHttpRequest *request, gboolean drain, gint64 left_us)
{
  g_autoptr (GError) error = NULL;

  if (self->world.config->controller_url != NULL) {
    error = g_error_new_literal (HN_ERROR, HN_ERROR_CONFLICT, "this worker has a controller");
    hn_error_set_detail (error, "drain it there: POST /api/v1/workers/{id}/drain");
    hn_http_request_reply_error (request, error);
    return;
  }
  self->draining = drain;
  self->drain_deadline_us = left_us != HN_NEVER ? hn_clock_now_us () + left_us : HN_NEVER;
  hn_info ("worker", NULL, drain ? "draining: no new sessions" : "no longer draining");
  hn_sessions_io_drain (self->world.sessions, drain, left_us);
  reply_drain (self, request);
}

static void
handle_drain (HnHttpRequest *request, gpointer data)
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
handle_undrain (HnHttpRequest *request, gpointer data)
{
  set_drain (data, request, FALSE, HN_NEVER);
}

static void
handle_explain (HnHttpRequest *request, gpointer data)
{
  hn_life_http_explain (((HnWorkerHttp *) data)->world.sessions, request);
}

static void
handle_log (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;

  hn_life_http_log (self->world.sessions, self->world.config, request);
}

/* ---- create ---- */

typedef struct {
  HnWorkerHttp *owner;
  HnHttpRequest *request;
  char *session_id;
  char *worker_id;
  gint64 begun_us;
  gulong left_handler;
  guint left_id; /* the client's leaving, carried out from the loop */
} Creation;

static void
creation_free (Creation *self)
{
  g_clear_signal_handler (&self->left_handler, hn_http_request_get_cancellable (self->request));
  g_clear_handle_id (&self->left_id, g_source_remove);
  hn_http_request_unref (self->request);
  g_free (self->session_id);
  g_free (self->worker_id);
  g_free (self);
}

static void
count_creation (const Creation *self, const GError *error)
{
  gboolean left = g_cancellable_is_cancelled (hn_http_request_get_cancellable (self->request));
  guint status = left ? 0 : error != NULL ? hn_error_http_status (error) : 201;

  hn_create_outcome_count (status, hn_clock_now_us () - self->begun_us);
}

static void
on_created (const char *session_id, const char *stream_path, const GError *error, gpointer data)
{
  Creation *self = data;

  count_creation (self, error);
  hn_http_request_set_header (self->request, HN_WORKER_API_SESSION_FIELD, self->session_id);
  if (error != NULL) {
    hn_http_request_reply_error (self->request, error);
  } else {
    g_autofree char *url = stream_url (self->owner, self->request, stream_path);
    HnCreateReply reply = { self->session_id, url, (char *) stream_path, self->worker_id };
    g_autoptr (JsonObject) object = hn_create_reply_to_json (&reply);

    hn_http_request_reply_json (self->request, 201, object);
  }
  creation_free (self);
}

static gboolean
on_left_from_loop (gpointer data)
{
  Creation *self = data;

  self->left_id = 0;
  hn_info ("worker", self->session_id, "the caller left before the session was ready");
  hn_sessions_io_end (self->owner->world.sessions, self->session_id, HN_END_CLIENT_LEFT, NULL, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_left (GCancellable *cancellable, gpointer data)
{
  Creation *self = data;

  if (self->left_id == 0)
    self->left_id = g_idle_add (on_left_from_loop, self);
}

static void
handle_create (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  g_autoptr (GError) error = NULL;
  HnCreateRequest *wanted = hn_create_request_from_json (hn_http_request_get_object (request), &error);
  g_autofree char *body_ip = wanted != NULL ? g_strdup (wanted->body_ip) : NULL; /* an address, whatever else was asked */
  g_autoptr (HnWorkerReport) report = self->world.report (self->world.user_data);
  Creation *creation;

  if (wanted != NULL && hn_http_request_get_header (request, HN_WORKER_API_FROM_FIELD) != NULL
      && !hn_create_request_take_id (wanted, hn_http_request_get_object (request), &error))
    g_clear_pointer (&wanted, hn_create_request_free);
  if (wanted == NULL) {
    hn_create_outcome_count (hn_error_http_status (error), 0);
    hn_http_request_reply_error (request, error);
    return;
  }
  if (self->draining) {
    hn_create_request_free (wanted);
    hn_create_outcome_count (503, 0);
    reply_new_error (request, HN_ERROR_LIMIT, 0, "worker is draining");
    return;
  }
  creation = g_new0 (Creation, 1);
  creation->owner = self;
  creation->begun_us = hn_clock_now_us ();
  creation->request = hn_http_request_ref (request);
  creation->worker_id = g_strdup (report->id);
  creation->session_id = hn_sessions_io_create (self->world.sessions, wanted, on_created, creation, &error);
  if (creation->session_id == NULL) {
    hn_info ("worker", NULL, "no session: %s body_ip=%s", error->message, body_ip);
    count_creation (creation, error);
    hn_http_request_reply_error (request, error);
    creation_free (creation);
    return;
  }
  creation->left_handler
      = g_signal_connect (hn_http_request_get_cancellable (request), "cancelled", G_CALLBACK (on_left), creation);
}

/* ---- end ---- */

typedef struct {
  HnHttpRequest *request;
  char *session_id;
} Deletion;

static void
on_deleted (gpointer data)
{
  Deletion *self = data;

  reply_status (self->request, 200, self->session_id, "stopped");
  hn_http_request_unref (self->request);
  g_free (self->session_id);
  g_free (self);
}

static void
handle_delete (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  const char *id = hn_http_request_get_param (request, 0);
  Deletion *deletion;

  if (hn_sessions_io_find (self->world.sessions, id) == NULL) {
    reply_not_found (request);
    return;
  }
  deletion = g_new0 (Deletion, 1);
  deletion->request = hn_http_request_ref (request);
  deletion->session_id = g_strdup (id);
  hn_sessions_io_end (self->world.sessions, id, HN_END_API_DELETE, on_deleted, deletion);
}

/* ---- what browsers call ---- */

static HnSessionIo *
find_served (HnWorkerHttp *self, const char *id)
{
  HnSessionIo *session = hn_sessions_io_find (self->world.sessions, id);

  return session != NULL && hn_session_serves (hn_session_io_get_rules (session)) ? session : NULL;
}

static void
handle_quit (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  const char *id = hn_http_request_get_param (request, 0);

  if (find_served (self, id) == NULL) {
    reply_not_found (request);
    return;
  }
  reply_status (request, 200, id, "stopping");
  hn_sessions_io_end (self->world.sessions, id, HN_END_USER_QUIT, NULL, NULL);
}

/* A session that ended badly is rated too, for as long as it is shown. */
static HnSessionIo *
find_rateable (HnWorkerHttp *self, const char *id)
{
  HnSessionIo *session = hn_sessions_io_find (self->world.sessions, id);

  return session != NULL && hn_session_was_ready (hn_session_io_get_rules (session)) ? session : NULL;
}

static void
handle_rating (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  const char *id = hn_http_request_get_param (request, 0);
  HnSessionIo *session = find_rateable (self, id);
  g_autoptr (GError) error = NULL;
  gint64 rating = 0;
  HnRated rated;

  if (session == NULL) {
    reply_not_found (request);
    return;
  }
  if (!hn_json_get_int (hn_http_request_get_object (request), "rating", 1, 5, TRUE, &rating, &error)) {
    hn_http_request_reply_error (request, error);
    return;
  }
  rated = hn_session_io_rate (session, (guint) rating);
  if (rated == HN_RATED_TOO_OFTEN) {
    reply_new_error (request, HN_ERROR_LIMIT, 429, "rated too often");
    return;
  }
  /* one who clicks without end must not fill the log: the first rating is a line, a change of mind is not */
  if (rated == HN_RATED_FIRST)
    hn_info ("rating", id, "rating=%d", (int) rating);
  if (rated != HN_RATED_AGAIN)
    self->world.rated (session, (guint) rating, self->world.user_data);
  reply_status (request, 202, id, "accepted");
}

/* The session that a request about a microphone is for, or NULL: then it is answered. */
static const HnSessionFacts *
find_for_mic (HnWorkerHttp *self, HnHttpRequest *request)
{
  HnSessionIo *session = find_served (self, hn_http_request_get_param (request, 0));

  if (session == NULL)
    reply_not_found (request);
  return session != NULL ? hn_session_io_get_facts (session) : NULL;
}

static void
handle_mic_offer (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  const HnSessionFacts *session = find_for_mic (self, request);

  if (session != NULL)
    hn_mic_http_offer (self->world.mics, session, request);
}

static void
handle_mic_patch (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  const HnSessionFacts *session = find_for_mic (self, request);

  if (session != NULL)
    hn_mic_http_patch (self->world.mics, session, request);
}

static void
handle_mic_delete (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  const HnSessionFacts *session = find_for_mic (self, request);

  if (session != NULL)
    hn_mic_http_delete (self->world.mics, session, request);
}

static void
handle_ice (HnHttpRequest *request, gpointer data)
{
  const HnSessionFacts *session = find_for_mic (data, request);

  if (session != NULL)
    hn_mic_http_ice (session, request);
}

static void
handle_overlay (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;

  hn_overlay_http_reply_script (self->overlay, request);
}

static void
handle_context (HnHttpRequest *request, gpointer data)
{
  HnWorkerHttp *self = data;
  HnSessionIo *session = find_served (self, hn_http_request_get_param (request, 0));

  if (session == NULL)
    reply_not_found (request);
  else
    hn_overlay_http_handle_context (self->overlay, request, session);
}

static void
handle_bye (HnHttpRequest *request, gpointer data)
{
  HnSessionIo *session = find_served (data, hn_http_request_get_param (request, 0));

  if (session == NULL)
    reply_not_found (request);
  else
    hn_overlay_http_handle_bye (request, session);
}

static void handle_openapi (HnHttpRequest *request, gpointer data);

static const HnHttpRoute routes[] = {
  { "GET", "/api/v1/health", HN_HTTP_OPEN, FALSE, handle_health },
  { "GET", "/api/v1/openapi.json", HN_HTTP_OPEN, FALSE, handle_openapi },
  { "GET", "/metrics", HN_HTTP_OPEN, FALSE, handle_metrics }, /* asks for a token or a loopback caller itself */
  { "POST", "/api/v1/heartbeat", HN_HTTP_BEARER, FALSE, handle_beat },
  { "GET", "/api/v1/sessions", HN_HTTP_BEARER, FALSE, handle_list },
  { "POST", "/api/v1/sessions", HN_HTTP_BEARER, TRUE, handle_create },
  { "GET", "/api/v1/sessions/{}", HN_HTTP_BEARER, FALSE, handle_show },
  { "DELETE", "/api/v1/sessions/{}", HN_HTTP_BEARER, FALSE, handle_delete },
  { "GET", "/api/v1/sessions/{}/explain", HN_HTTP_BEARER, FALSE, handle_explain },
  { "GET", "/api/v1/sessions/{}/logs", HN_HTTP_BEARER, FALSE, handle_log },
  { "POST", "/api/v1/drain", HN_HTTP_BEARER, FALSE, handle_drain },
  { "DELETE", "/api/v1/drain", HN_HTTP_BEARER, FALSE, handle_undrain },
  { "GET", "/api/v1/events", HN_HTTP_BEARER, FALSE, handle_events },
  { "POST", "/session/{}/quit", HN_HTTP_OPEN, FALSE, handle_quit },
  { "POST", "/session/{}/rating", HN_HTTP_OPEN, TRUE, handle_rating },
  { "POST", "/session/{}/mic/offer", HN_HTTP_OPEN, FALSE, handle_mic_offer },
  { "PATCH", "/session/{}/mic", HN_HTTP_OPEN, FALSE, handle_mic_patch },
  { "DELETE", "/session/{}/mic", HN_HTTP_OPEN, FALSE, handle_mic_delete },
  { "GET", "/session/{}/ice", HN_HTTP_OPEN, FALSE, handle_ice },
  { "GET", "/session/{}/_hydraneck/overlay.js", HN_HTTP_OPEN, FALSE, handle_overlay },
  { "GET", "/session/{}/_hydraneck/context", HN_HTTP_OPEN, FALSE, handle_context },
  { "POST", "/session/{}/_hydraneck/bye", HN_HTTP_OPEN, FALSE, handle_bye },
};

static void
handle_openapi (HnHttpRequest *request, gpointer data)
{
  hn_openapi_http_reply (routes, G_N_ELEMENTS (routes), "hydraneckwebrtc worker", request);
}

/* ---- the front door asks ---- */

static gboolean
find_target (const char *session_id, HnBrowserTarget *ret_target, gpointer data)
{
  gboolean served = find_served (data, session_id) != NULL;
  HnSessionIo *session = find_rateable (data, session_id);
  const HnSessionFacts *facts;

  if (session == NULL)
    return FALSE;
  facts = hn_session_io_get_facts (session);
  *ret_target = (HnBrowserTarget){ facts->id, facts->loopback, facts->slot.http_port, facts->user, .ended = !served };
  return TRUE;
}

void
hn_worker_http_route (HnWorkerHttp *self, const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route)
{
  HnBrowserWorld world = { find_target, self, self->world.trusted, self->world.config->sessions_return_url };
  g_autofree char *session_id = NULL;

  hn_browser_rules_route (head, peer, &world, ret_route, &session_id);
  /* what is ours comes from scripts, also of a page that is being left */
  if (session_id != NULL && ret_route->kind == HN_ROUTE_PROXY)
    hn_session_io_page_seen (hn_sessions_io_find (self->world.sessions, session_id));
}

static gboolean
is_admin (const char *token, gpointer data)
{
  HnWorkerHttp *self = data;

  return hn_config_is_admin (self->world.config, token) || hn_secret_equal (token, self->world.api_token);
}

SoupServer *
hn_worker_http_get_soup (HnWorkerHttp *self)
{
  return hn_http_server_get_soup (self->server);
}

HnWorkerHttp *
hn_worker_http_new (const HnWorkerHttpWorld *world)
{
  HnWorkerHttp *self = g_new0 (HnWorkerHttp, 1);

  self->world = *world;
  self->overlay = hn_overlay_http_new (world->config);
  self->metrics = hn_metrics_http_new (HN_METRICS_WORKER, collect, self);
  self->server = hn_http_server_new (routes, G_N_ELEMENTS (routes), is_admin, self);
  hn_http_server_set_trusted_proxies (self->server, world->trusted);
  hn_http_server_set_limits (self->server, &(HnHttpLimits){ world->config->api_rate_address, world->config->api_rate_token,
                                                            world->config->api_rate_failures });
  return self;
}

void
hn_worker_http_free (HnWorkerHttp *self)
{
  if (self == NULL)
    return;
  hn_http_server_free (self->server);
  hn_overlay_http_free (self->overlay);
  hn_metrics_http_free (self->metrics);
  g_free (self);
}
