/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: what this controller decided it remembers itself (HN_LIMIT_PLACEMENTS creations), the rest is the worker's to tell, also of sessions that have ended. If the
 * worker does not tell, what is remembered is the answer, with why there is no more of it. */
#include "controller/explain-http.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "controller/reply-rules.h"
#include "controller/worker-calls-http.h"

#define READ_SECONDS 2

struct _HnExplainHttp {
  HnClusterHttp *cluster;
  HnWorkerCallsHttp *calls;
};

static JsonObject *
remembered (HnExplainHttp *self, const char *session_id)
{
  const char *text = hn_shelf_find (hn_cluster_http_get_placements (self->cluster), session_id, hn_clock_now_us ());

  return text != NULL ? hn_json_parse_object (text, strlen (text), NULL) : NULL;
}

static void
reply_error (HnHttpRequest *request, GError *error)
{
  hn_http_request_reply_error (request, error);
  g_error_free (error);
}

static void
reply_unknown (HnHttpRequest *request)
{
  GError *error = g_error_new_literal (HN_ERROR, HN_ERROR_NOT_FOUND, "session not found");

  hn_error_set_detail (error, "ended sessions are explained for 24 h, as long as neither their worker nor this controller has restarted");
  reply_error (request, error);
}

/* Who holds or held it, if anybody knows. @known is what is remembered. */
static const HnRegistryWorker *
find_holder (HnExplainHttp *self, const char *session_id, JsonObject *known)
{
  const HnRegistry *registry = hn_cluster_http_get_registry (self->cluster);
  const char *worker_id = NULL;
  HnRegistrySession session = { NULL };

  if (hn_registry_find_session (registry, session_id, hn_clock_now_us (), &session, NULL) == HN_REGISTRY_FOUND)
    return session.worker;
  if (known == NULL || !hn_json_get_text (known, "worker_id", HN_LIMIT_TEXT_BYTES, FALSE, &worker_id, NULL) || worker_id == NULL)
    return NULL;
  return hn_registry_find_worker (registry, worker_id);
}

static void
copy_member (JsonObject *into, JsonObject *from, const char *name)
{
  if (from != NULL && json_object_has_member (from, name) && !json_object_has_member (into, name))
    json_object_set_member (into, name, json_node_copy (json_object_get_member (from, name)));
}

/* The worker's account with our own decision in it; or ours alone. */
static void
on_told (GObject *source, GAsyncResult *result, gpointer data)
{
  HnWorkerCall *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);
  g_autoptr (JsonObject) known = call->owner != NULL ? remembered (call->owner, call->session_id) : NULL;
  g_autoptr (JsonObject) told
    = reply != NULL && reply->status == 200 ? hn_json_parse_object (reply->body, reply->length, NULL) : NULL;

  if (told != NULL) {
    copy_member (told, known, "placement");
    hn_http_request_reply_json (call->request, 200, told);
  } else if (known != NULL) {
    json_object_set_string_member (known, "incomplete", error != NULL ? error->message : "its worker does not know it any more");
    hn_http_request_reply_json (call->request, 200, known);
  } else if (reply != NULL) {
    reply_error (call->request, hn_reply_rules_error (reply->status, reply->body, reply->length, call->worker_id));
  } else {
    g_prefix_error (&error, "worker '%s': ", call->worker_id);
    hn_http_request_reply_error (call->request, error);
  }
  hn_worker_calls_http_end (call);
}

static void
on_log (GObject *source, GAsyncResult *result, gpointer data)
{
  HnWorkerCall *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);

  if (reply != NULL && reply->status == 200) {
    hn_http_request_reply_text (call->request, 200, "text/plain; charset=utf-8", reply->body);
  } else if (reply != NULL) {
    reply_error (call->request, hn_reply_rules_error (reply->status, reply->body, reply->length, call->worker_id));
  } else {
    g_prefix_error (&error, "worker '%s': ", call->worker_id);
    hn_http_request_reply_error (call->request, error);
  }
  hn_worker_calls_http_end (call);
}

static void
ask (HnExplainHttp *self, HnHttpRequest *request, const HnRegistryWorker *worker, const char *what, GAsyncReadyCallback done)
{
  HnWorkerCall *call = hn_worker_calls_http_begin (self->calls, request, worker->report->id, hn_http_request_get_param (request, 0));
  g_autofree char *path = g_strconcat ("/api/v1/sessions/", call->session_id, what, NULL);

  hn_cluster_http_call_async (self->cluster, worker, "GET", path, NULL, hn_seconds (READ_SECONDS), call->cancellable, done, call);
}

void
hn_explain_http_life (HnExplainHttp *self, HnHttpRequest *request)
{
  const char *id = hn_http_request_get_param (request, 0);
  g_autoptr (JsonObject) known = remembered (self, id);
  const HnRegistryWorker *worker = find_holder (self, id, known);

  if (worker != NULL)
    ask (self, request, worker, "/explain", on_told);
  else if (known != NULL)
    hn_http_request_reply_json (request, 200, known);
  else
    reply_unknown (request);
}

void
hn_explain_http_log (HnExplainHttp *self, HnHttpRequest *request)
{
  const char *id = hn_http_request_get_param (request, 0);
  const char *lines = hn_http_request_get_query (request, "lines");
  g_autofree char *plain = lines != NULL ? g_uri_escape_string (lines, NULL, FALSE) : NULL;
  g_autofree char *what = plain != NULL ? g_strconcat ("/logs?lines=", plain, NULL) : g_strdup ("/logs");
  g_autoptr (JsonObject) known = remembered (self, id);
  const HnRegistryWorker *worker = find_holder (self, id, known);

  if (worker != NULL)
    ask (self, request, worker, what, on_log);
  else
    reply_unknown (request);
}

void
hn_explain_http_cancel_all (HnExplainHttp *self)
{
  hn_worker_calls_http_cancel_all (self->calls);
}

guint
hn_explain_http_get_count (const HnExplainHttp *self)
{
  return hn_worker_calls_http_get_count (self->calls);
}

HnExplainHttp *
hn_explain_http_new (HnClusterHttp *cluster)
{
  HnExplainHttp *self = g_new0 (HnExplainHttp, 1);

  self->cluster = cluster;
  self->calls = hn_worker_calls_http_new (self);
  return self;
}

void
hn_explain_http_free (HnExplainHttp *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->calls, hn_worker_calls_http_free);
  g_free (self);
}
