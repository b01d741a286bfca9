/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/controller-http.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "controller/cluster-json.h"
#include "controller/create-http.h"
#include "controller/sessions-http.h"

struct _HnControllerHttp {
  HnClusterHttp *cluster;
  HnHttpServer *server;
  HnCreateHttp *create;
  HnSessionsHttp *sessions;
  gint64 started_us;
};

static void
on_health (HnHttpRequest *request, gpointer data)
{
  HnControllerHttp *self = data;
  HnClusterJsonProcess process = { .version = HN_VERSION, .process_id = getpid (), .started_us = self->started_us };
  gboolean with_sessions = hn_http_request_is_admin (request) || hn_http_request_is_local (request);
  g_autoptr (JsonObject) object
    = hn_cluster_json_health (hn_cluster_http_get_registry (self->cluster), &process, with_sessions, hn_clock_now_us ());

  hn_http_request_reply_json (request, 200, object);
}

static void
on_heartbeat (HnHttpRequest *request, gpointer data)
{
  HnControllerHttp *self = data;
  g_autoptr (GError) error = NULL;
  HnWorkerReport *report = hn_worker_report_from_json (hn_http_request_get_object (request), &error);
  g_autoptr (JsonObject) object = json_object_new ();

  if (report == NULL || !hn_cluster_http_heartbeat (self->cluster, report, &error)) {
    hn_warning ("controller", NULL, "heartbeat refused: %s", error->message);
    hn_http_request_reply_error (request, error);
    return;
  }
  json_object_set_string_member (object, "status", "ok");
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
on_worker (HnHttpRequest *request, gpointer data)
{
  HnControllerHttp *self = data;
  HnRegistry *registry = hn_cluster_http_get_registry (self->cluster);
  const HnRegistryWorker *worker = find_worker (registry, hn_http_request_get_param (request, 0));

  if (worker == NULL) {
    g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_NOT_FOUND, "worker not found");

    hn_http_request_reply_error (request, error);
  } else {
    g_autoptr (JsonObject) object = hn_cluster_json_worker (registry, worker, hn_clock_now_us ());

    hn_http_request_reply_json (request, 200, object);
  }
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
    hn_sessions_http_list (((HnControllerHttp *) data)->sessions, request);
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

static const HnHttpRoute routes[] = {
  /* method    path                          who may         body   handler */
  { "GET",    "/api/v1/health",            HN_HTTP_OPEN,   FALSE, on_health },
  { "POST",   HN_WORKER_API_HEARTBEAT_PATH, HN_HTTP_BEARER, TRUE,  on_heartbeat },
  { "GET",    "/api/v1/workers",           HN_HTTP_BEARER, FALSE, on_workers },
  { "GET",    "/api/v1/workers/{}",        HN_HTTP_BEARER, FALSE, on_worker },
  { "POST",   "/api/v1/sessions",          HN_HTTP_BEARER, TRUE,  on_create },
  { "GET",    "/api/v1/sessions",          HN_HTTP_BEARER, FALSE, on_list },
  { "GET",    "/api/v1/sessions/{}",       HN_HTTP_BEARER, FALSE, on_show },
  { "DELETE", "/api/v1/sessions/{}",       HN_HTTP_BEARER, FALSE, on_delete },
};

static gboolean
is_admin (const char *token, gpointer data)
{
  HnControllerHttp *self = data;

  return hn_secret_equal (token, hn_cluster_http_get_config (self->cluster)->server_admin_token);
}

HnHttpServer *
hn_controller_http_get_server (HnControllerHttp *self)
{
  return self->server;
}

void
hn_controller_http_cancel_all (HnControllerHttp *self)
{
  hn_create_http_cancel_all (self->create);
  hn_sessions_http_cancel_all (self->sessions);
}

guint
hn_controller_http_get_count (const HnControllerHttp *self)
{
  return hn_create_http_get_count (self->create) + hn_sessions_http_get_count (self->sessions);
}

HnControllerHttp *
hn_controller_http_new (HnClusterHttp *cluster)
{
  HnControllerHttp *self = g_new0 (HnControllerHttp, 1);

  self->cluster = cluster;
  self->started_us = hn_clock_now_us ();
  self->create = hn_create_http_new (cluster);
  self->sessions = hn_sessions_http_new (cluster);
  self->server = hn_http_server_new (routes, G_N_ELEMENTS (routes), is_admin, self);
  hn_http_server_set_trusted_proxies (self->server, hn_cluster_http_get_config (cluster)->server_trusted_proxies);
  return self;
}

void
hn_controller_http_free (HnControllerHttp *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->create, hn_create_http_free);
  g_clear_pointer (&self->sessions, hn_sessions_http_free);
  g_clear_pointer (&self->server, hn_http_server_free);
  g_free (self);
}
