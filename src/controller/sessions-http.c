/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the worker that holds a session has the word about it; if it does not speak in time its last heartbeat does, marked stale. Workers
 * that are unhealthy already are not waited for. What a worker says goes through the codec: only known fields reach a caller. */
#include "controller/sessions-http.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "controller/cluster-json.h"
#include "controller/reply-rules.h"

#define READ_SECONDS 2
#define DELETE_SECONDS 20 /* its processes are given time to stop, and Sunshine to forget them */

struct _HnSessionsHttp {
  HnClusterHttp *cluster;
  GHashTable *calls; /* set of Call, borrowed */
};

/* One list under way; its parts are filled in as workers answer. */
typedef struct {
  HnHttpRequest *request;
  guint waiting;
  GPtrArray *parts; /* of JsonArray, by worker id */
} List;

/* One call to one worker: part of a list, or a show or delete of its own. */
typedef struct {
  HnSessionsHttp *owner; /* NULL when it is gone */
  HnHttpRequest *request;
  GCancellable *cancellable;
  char *worker_id;
  char *session_id; /* (nullable) */
  List *list;       /* (nullable) */
  guint part;
} Call;

static Call *
call_new (HnSessionsHttp *self, HnHttpRequest *request, const char *worker_id, const char *session_id)
{
  Call *call = g_new0 (Call, 1);

  call->owner = self;
  call->request = hn_http_request_ref (request);
  call->cancellable = g_cancellable_new ();
  call->worker_id = g_strdup (worker_id);
  call->session_id = g_strdup (session_id);
  g_hash_table_add (self->calls, call);
  return call;
}

static void
call_free (Call *call)
{
  if (call->owner != NULL)
    g_hash_table_remove (call->owner->calls, call);
  hn_http_request_unref (call->request);
  g_clear_object (&call->cancellable);
  g_free (call->worker_id);
  g_free (call->session_id);
  g_free (call);
}

static const char *
domain_of (const HnSessionsHttp *self)
{
  return hn_cluster_http_get_config (self->cluster)->server_domain;
}

/* The answer, or NULL when there is none: then it is to be seen whether the worker is still there. */
static HnHttpReply *
finish (Call *call, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) local = NULL;
  HnHttpReply *reply = hn_http_client_call_finish (result, &local);

  if (call->owner != NULL && local != NULL && local->domain == HN_ERROR)
    hn_cluster_http_doubt (call->owner->cluster, call->worker_id, local->message);
  if (local != NULL)
    g_propagate_prefixed_error (error, g_steal_pointer (&local), "worker '%s': ", call->worker_id);
  return reply;
}

/* ---- list ---- */

static void
list_finish (List *list)
{
  g_autoptr (JsonObject) object = json_object_new ();
  JsonArray *all = json_array_new ();

  for (guint i = 0; i < list->parts->len; i++) {
    JsonArray *part = g_ptr_array_index (list->parts, i);

    for (guint k = 0; k < json_array_get_length (part); k++)
      json_array_add_element (all, json_array_dup_element (part, k));
  }
  json_object_set_array_member (object, "sessions", all);
  hn_http_request_reply_json (list->request, 200, object);
  hn_http_request_unref (list->request);
  g_ptr_array_unref (list->parts);
  g_free (list);
}

static void
add_stale (HnSessionsHttp *self, HnHttpRequest *request, const HnRegistryWorker *worker, JsonArray *part)
{
  g_autoptr (GPtrArray) sessions = hn_registry_list_sessions (hn_cluster_http_get_registry (self->cluster), worker);

  for (guint i = 0; i < sessions->len; i++)
    json_array_add_object_element (part, hn_cluster_json_stale_session (g_ptr_array_index (sessions, i), worker, domain_of (self),
                                                                        hn_http_request_get_base_url (request),
                                                                        hn_clock_now_us ()));
}

/* Whether another worker has that id: then this one's is not shown, as it is not proxied. */
static gboolean
is_another_workers (HnSessionsHttp *self, const HnRegistryWorker *worker, const char *session_id)
{
  HnRegistrySession where = { NULL };

  return hn_registry_find_session (hn_cluster_http_get_registry (self->cluster), session_id, hn_clock_now_us (), &where, NULL)
           == HN_REGISTRY_FOUND
         && where.worker != worker;
}

/* Adds what the worker says; FALSE if it says nothing readable. */
static gboolean
add_live (HnSessionsHttp *self, HnHttpRequest *request, const HnRegistryWorker *worker, const HnHttpReply *reply, JsonArray *part)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (reply->body, reply->length, NULL);
  g_autoptr (GPtrArray) sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_session_report_free);
  JsonArray *array = NULL;

  if (reply->status != 200 || object == NULL || !hn_json_get_array (object, "sessions", TRUE, &array, NULL))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonObject *element = hn_json_array_get_object (array, i);
    HnSessionReport *session = element != NULL ? hn_session_report_from_json (element, NULL) : NULL;

    if (session == NULL)
      return FALSE;
    g_ptr_array_add (sessions, session);
  }
  for (guint i = 0; i < sessions->len; i++) {
    const HnSessionReport *session = g_ptr_array_index (sessions, i);

    if (!is_another_workers (self, worker, session->id))
      json_array_add_object_element (
        part, hn_cluster_json_session (session, worker, domain_of (self), hn_http_request_get_base_url (request)));
  }
  return TRUE;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  List *list = call->list;
  g_autoptr (HnHttpReply) reply = finish (call, result, NULL);
  JsonArray *part = g_ptr_array_index (list->parts, call->part);
  const HnRegistryWorker *worker = NULL;

  if (call->owner != NULL)
    worker = hn_registry_find_worker (hn_cluster_http_get_registry (call->owner->cluster), call->worker_id);
  if (worker != NULL && (reply == NULL || !add_live (call->owner, call->request, worker, reply, part)))
    add_stale (call->owner, call->request, worker, part);
  call_free (call);
  if (--list->waiting == 0)
    list_finish (list);
}

static gboolean
is_worth_asking (const HnRegistryWorker *worker)
{
  return worker->membership.state == HN_MEMBERSHIP_HEALTHY || worker->membership.state == HN_MEMBERSHIP_SUSPECT;
}

void
hn_sessions_http_list (HnSessionsHttp *self, HnHttpRequest *request)
{
  g_autoptr (GPtrArray) workers = hn_registry_list_workers (hn_cluster_http_get_registry (self->cluster));
  List *list = g_new0 (List, 1);

  list->request = hn_http_request_ref (request);
  list->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) json_array_unref);
  for (guint i = 0; i < workers->len; i++) {
    const HnRegistryWorker *worker = g_ptr_array_index (workers, i);
    JsonArray *part = json_array_new ();
    Call *call;

    g_ptr_array_add (list->parts, part);
    if (!is_worth_asking (worker)) {
      add_stale (self, request, worker, part);
      continue;
    }
    call = call_new (self, request, worker->report->id, NULL);
    call->list = list;
    call->part = i;
    list->waiting++;
    hn_cluster_http_call_async (self->cluster, worker, "GET", "/api/v1/sessions", NULL, hn_seconds (READ_SECONDS),
                                call->cancellable, on_listed, call);
  }
  if (list->waiting == 0)
    list_finish (list);
}

/* ---- one session ---- */

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

static void
reply_session (Call *call, const HnSessionReport *live)
{
  HnSessionsHttp *self = call->owner;
  HnRegistrySession known = { NULL };
  g_autoptr (JsonObject) object = NULL;

  if (!find (self, call->request, &known))
    return;
  if (live != NULL)
    object = hn_cluster_json_session (live, known.worker, domain_of (self), hn_http_request_get_base_url (call->request));
  else
    object = hn_cluster_json_stale_session (known.report, known.worker, domain_of (self),
                                            hn_http_request_get_base_url (call->request), hn_clock_now_us ());
  hn_http_request_reply_json (call->request, 200, object);
}

static void
on_shown (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (HnHttpReply) reply = finish (call, result, NULL);
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (HnSessionReport) live = NULL;

  if (call->owner != NULL) {
    if (reply != NULL && reply->status == 404)
      hn_registry_session_ended (hn_cluster_http_get_registry (call->owner->cluster), call->session_id);
    if (reply != NULL && reply->status == 200)
      object = hn_json_parse_object (reply->body, reply->length, NULL);
    if (object != NULL)
      live = hn_session_report_from_json (object, NULL);
    reply_session (call, live != NULL && g_str_equal (live->id, call->session_id) ? live : NULL);
  }
  call_free (call);
}

static void
relay (HnSessionsHttp *self, HnHttpRequest *request, const char *method, guint seconds, GAsyncReadyCallback done)
{
  HnRegistrySession known = { NULL };
  g_autofree char *path = NULL;
  Call *call;

  if (!find (self, request, &known))
    return;
  path = g_strconcat ("/api/v1/sessions/", known.report->id, NULL);
  call = call_new (self, request, known.worker->report->id, known.report->id);
  hn_cluster_http_call_async (self->cluster, known.worker, method, path, NULL, hn_seconds (seconds), call->cancellable, done, call);
}

void
hn_sessions_http_show (HnSessionsHttp *self, HnHttpRequest *request)
{
  relay (self, request, "GET", READ_SECONDS, on_shown);
}

static void
reply_deleted (Call *call, const HnHttpReply *reply)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (reply->body, reply->length, NULL);

  hn_registry_session_ended (hn_cluster_http_get_registry (call->owner->cluster), call->session_id);
  if (object == NULL) {
    object = json_object_new ();
    json_object_set_string_member (object, "session_id", call->session_id);
    json_object_set_string_member (object, "status", hn_session_state_to_text (HN_SESSION_STOPPED));
  }
  hn_info ("controller", call->session_id, "session deleted worker=%s", call->worker_id);
  hn_http_request_reply_json (call->request, 200, object);
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = finish (call, result, &error);

  if (call->owner != NULL && reply != NULL && reply->status == 404)
    hn_registry_session_ended (hn_cluster_http_get_registry (call->owner->cluster), call->session_id);
  if (call->owner != NULL && reply != NULL && hn_reply_rules_meaning (reply->status) == HN_REPLY_RULES_DONE) {
    reply_deleted (call, reply);
  } else {
    if (reply != NULL)
      error = hn_reply_rules_error (reply->status, reply->body, reply->length, call->worker_id);
    hn_warning ("controller", call->session_id, "session not deleted: %s worker=%s", error->message, call->worker_id);
    hn_http_request_reply_error (call->request, error);
  }
  call_free (call);
}

void
hn_sessions_http_delete (HnSessionsHttp *self, HnHttpRequest *request)
{
  relay (self, request, "DELETE", DELETE_SECONDS, on_deleted);
}

/* ---- construction ---- */

void
hn_sessions_http_cancel_all (HnSessionsHttp *self)
{
  g_autoptr (GList) calls = g_hash_table_get_keys (self->calls);

  for (GList *link = calls; link != NULL; link = link->next)
    g_cancellable_cancel (((Call *) link->data)->cancellable);
}

guint
hn_sessions_http_get_count (const HnSessionsHttp *self)
{
  return g_hash_table_size (self->calls);
}

HnSessionsHttp *
hn_sessions_http_new (HnClusterHttp *cluster)
{
  HnSessionsHttp *self = g_new0 (HnSessionsHttp, 1);

  self->cluster = cluster;
  self->calls = g_hash_table_new (NULL, NULL);
  return self;
}

void
hn_sessions_http_free (HnSessionsHttp *self)
{
  g_autoptr (GList) calls = NULL;

  if (self == NULL)
    return;
  calls = g_hash_table_get_keys (self->calls);
  for (GList *link = calls; link != NULL; link = link->next) {
    Call *call = link->data;

    call->owner = NULL;
    g_cancellable_cancel (call->cancellable);
  }
  g_clear_pointer (&self->calls, g_hash_table_unref);
  g_free (self);
}
