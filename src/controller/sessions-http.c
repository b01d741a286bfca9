/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the worker that holds a session has the word about it. If it cannot be reached the answer is 502, if it does not speak in time 504,
 * with what its last heartbeat said as the detail. A deletion takes its time, so it is asked first whether it still has the session: a
 * worker that hangs is told within READ_SECONDS from one that works on it. What it says goes through the codec: only known fields reach
 * a caller. */
#include "controller/sessions-http.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "controller/cluster-json.h"
#include "controller/reply-rules.h"
#include "controller/worker-calls-http.h"

#define READ_SECONDS 2
#define DELETE_SECONDS 20 /* its processes are given time to stop, and Sunshine to forget them */

struct _HnSessionsHttp {
  HnClusterHttp *cluster;
  HnWorkerCallsHttp *calls;
};

/* Of one whose owner is still there. */
static HnClusterHttp *
cluster_of (const HnWorkerCall *call)
{
  return ((HnSessionsHttp *) call->owner)->cluster;
}

static const char *
domain_of (const HnSessionsHttp *self)
{
  return hn_cluster_http_get_config (self->cluster)->server_domain;
}

/* The answer, or NULL when there is none: then it is to be seen whether the worker is still there. */
static HnHttpReply *
finish (HnWorkerCall *call, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) local = NULL;
  HnHttpReply *reply = hn_http_client_call_finish (result, &local);

  if (call->owner != NULL && local != NULL && local->domain == HN_ERROR)
    hn_cluster_http_silent (cluster_of (call), call->worker_id, local->message);
  if (local != NULL)
    g_propagate_prefixed_error (error, g_steal_pointer (&local), "worker '%s': ", call->worker_id);
  return reply;
}

/* The session that @request names; otherwise it is answered. */
static gboolean
find (HnSessionsHttp *self, HnHttpRequest *request, HnRegistrySession *ret_session)
{
  guint retry_after_seconds = 0;
  HnRegistryVerdict verdict
    = hn_registry_find_session (hn_cluster_http_get_registry (self->cluster), hn_http_request_get_param (request, 0),
                                hn_clock_now_us (), ret_session, &retry_after_seconds);
  g_autoptr (GError) error = NULL;

  if (verdict == HN_REGISTRY_FOUND)
    return TRUE;
  if (verdict == HN_REGISTRY_NOT_YET) {
    g_autofree char *seconds = g_strdup_printf ("%u", retry_after_seconds);

    hn_http_request_set_header (request, "Retry-After", seconds);
    error = g_error_new_literal (HN_ERROR, HN_ERROR_LIMIT, "session not known yet");
    hn_error_set_detail (error, "this controller has just started and waits for its workers' heartbeats");
  } else {
    error = g_error_new_literal (HN_ERROR, HN_ERROR_NOT_FOUND, "session not found");
  }
  hn_http_request_reply_error (request, error);
  return FALSE;
}

/* What @request is answered when the worker gave @reply, which is no good one, or @error. */
static void
reply_failure (HnWorkerCall *call, const HnHttpReply *reply, GError *error)
{
  g_autoptr (GError) worst = error;
  HnRegistrySession known = { NULL };

  if (reply != NULL && reply->status == 404 && call->owner != NULL)
    hn_cluster_http_session_ended (cluster_of (call), call->worker_id, call->session_id, NULL);
  if (reply != NULL)
    worst = hn_reply_rules_error (reply->status, reply->body, reply->length, call->worker_id);
  else if (call->owner != NULL
           && hn_registry_find_session (hn_cluster_http_get_registry (cluster_of (call)), call->session_id, hn_clock_now_us (),
                                        &known, NULL)
                == HN_REGISTRY_FOUND) {
    g_autofree char *age = hn_clock_span (hn_clock_now_us () - known.worker->membership.heard_us);

    hn_error_set_detail (worst, "its last heartbeat, %s ago, had the session as '%s'; GET /api/v1/sessions shows it, marked stale", age,
                         hn_session_state_to_text (known.report->state));
  }
  hn_http_request_reply_error (call->request, worst);
}

/* The session as its worker describes it, or NULL. */
static HnSessionReport *
read_session (const HnWorkerCall *call, const HnHttpReply *reply)
{
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (HnSessionReport) session = NULL;

  if (reply == NULL || reply->status != 200)
    return NULL;
  object = hn_json_parse_object (reply->body, reply->length, NULL);
  session = object != NULL ? hn_session_report_from_json (object, NULL) : NULL;
  return session != NULL && g_str_equal (session->id, call->session_id) ? g_steal_pointer (&session) : NULL;
}

static void
on_shown (GObject *source, GAsyncResult *result, gpointer data)
{
  HnWorkerCall *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = finish (call, result, &error);
  g_autoptr (HnSessionReport) session = read_session (call, reply);
  HnRegistrySession known = { NULL };

  if (session == NULL || call->owner == NULL) {
    reply_failure (call, reply, g_steal_pointer (&error));
  } else if (find (call->owner, call->request, &known)) {
    g_autoptr (JsonObject) object = hn_cluster_json_session (session, known.worker, domain_of (call->owner),
                                                             hn_http_request_get_base_url (call->request));

    hn_http_request_reply_json (call->request, 200, object);
  }
  hn_worker_calls_http_end (call);
}

static void
ask (HnWorkerCall *call, const HnRegistryWorker *worker, const char *method, guint seconds, GAsyncReadyCallback done)
{
  g_autofree char *path = g_strconcat ("/api/v1/sessions/", call->session_id, NULL);

  hn_cluster_http_call_async (cluster_of (call), worker, method, path, NULL, hn_seconds (seconds), call->cancellable, done, call);
}

static void
start (HnSessionsHttp *self, HnHttpRequest *request, GAsyncReadyCallback done)
{
  HnRegistrySession known = { NULL };

  if (find (self, request, &known))
    ask (hn_worker_calls_http_begin (self->calls, request, known.worker->report->id, known.report->id), known.worker, "GET", READ_SECONDS, done);
}

void
hn_sessions_http_show (HnSessionsHttp *self, HnHttpRequest *request)
{
  start (self, request, on_shown);
}

static void
reply_deleted (HnWorkerCall *call, const HnHttpReply *reply)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (reply->body, reply->length, NULL);

  hn_cluster_http_session_ended (cluster_of (call), call->worker_id, call->session_id, "api_delete");
  if (object == NULL) {
    object = json_object_new ();
    json_object_set_string_member (object, "session_id", call->session_id);
    json_object_set_string_member (object, "status", hn_session_state_to_text (HN_SESSION_STOPPED));
  }
  hn_info ("controller", call->session_id, "session deleted worker=%s", call->worker_id);
  hn_http_request_reply_json (call->request, 200, object);
}

static void
fail_deletion (HnWorkerCall *call, const HnHttpReply *reply, GError *error)
{
  if (error != NULL)
    hn_warning ("controller", call->session_id, "session not deleted: %s worker=%s", error->message, call->worker_id);
  else if (reply->status == 404)
    hn_info ("controller", call->session_id, "session to be deleted has ended already worker=%s", call->worker_id);
  else
    hn_warning ("controller", call->session_id, "session not deleted: its worker says %u worker=%s", reply->status, call->worker_id);
  reply_failure (call, reply, error);
  hn_worker_calls_http_end (call);
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer data)
{
  HnWorkerCall *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = finish (call, result, &error);

  if (call->owner == NULL || reply == NULL || hn_reply_rules_meaning (reply->status) != HN_REPLY_RULES_DONE) {
    fail_deletion (call, reply, g_steal_pointer (&error));
    return;
  }
  reply_deleted (call, reply);
  hn_worker_calls_http_end (call);
}

static void
on_asked_before_deletion (GObject *source, GAsyncResult *result, gpointer data)
{
  HnWorkerCall *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = finish (call, result, &error);
  g_autoptr (HnSessionReport) session = read_session (call, reply);
  HnRegistrySession known = { NULL };

  if (session == NULL || call->owner == NULL)
    fail_deletion (call, reply, g_steal_pointer (&error));
  else if (find (call->owner, call->request, &known))
    ask (call, known.worker, "DELETE", DELETE_SECONDS, on_deleted);
  else
    hn_worker_calls_http_end (call);
}

void
hn_sessions_http_delete (HnSessionsHttp *self, HnHttpRequest *request)
{
  start (self, request, on_asked_before_deletion);
}

/* ---- construction ---- */

void
hn_sessions_http_cancel_all (HnSessionsHttp *self)
{
  hn_worker_calls_http_cancel_all (self->calls);
}

guint
hn_sessions_http_get_count (const HnSessionsHttp *self)
{
  return hn_worker_calls_http_get_count (self->calls);
}

HnSessionsHttp *
hn_sessions_http_new (HnClusterHttp *cluster)
{
  HnSessionsHttp *self = g_new0 (HnSessionsHttp, 1);

  self->cluster = cluster;
  self->calls = hn_worker_calls_http_new (self);
  return self;
}

void
hn_sessions_http_free (HnSessionsHttp *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->calls, hn_worker_calls_http_free);
  g_free (self);
}
