/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the worker that holds a session has the word about it; if it does not speak in time its last heartbeat does, marked stale. At most
 * HN_LIMIT_FAN_OUT workers are asked at once, for all lists together; each has CALL_SECONDS, so that some that hang do not keep the
 * others from being asked, and a list has TOTAL_SECONDS. Workers that are unhealthy already are not asked, nor are those that have told of
 * no session: every change is told at once. What a worker says goes
 * through the codec: only known fields reach a caller. */
#include "controller/list-http.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "controller/cluster-json.h"
#include "net/timer.h"

#define CALL_SECONDS 0.75
#define TOTAL_SECONDS 1.5

struct _HnListHttp {
  HnClusterHttp *cluster;
  GHashTable *lists; /* set of List, owned by themselves */
  GQueue waiting;    /* of Call that are still to be made */
  GHashTable *asked; /* set of Call under way */
};

typedef struct {
  HnListHttp *owner;
  HnHttpRequest *request;
  HnTimer *timer;
  GPtrArray *parts; /* of JsonArray, by worker id */
  GPtrArray *calls; /* of Call, not answered, borrowed */
} List;

/* One worker's part of a list. */
typedef struct {
  HnListHttp *owner; /* NULL when it is gone */
  List *list;        /* NULL when it was answered without this one */
  GCancellable *cancellable;
  char *worker_id;
  JsonArray *part;
} Call;

static void
call_free (Call *call)
{
  g_clear_object (&call->cancellable);
  json_array_unref (call->part);
  g_free (call->worker_id);
  g_free (call);
}

static void
list_free (List *list)
{
  g_hash_table_remove (list->owner->lists, list);
  hn_timer_free (list->timer);
  hn_http_request_unref (list->request);
  g_ptr_array_unref (list->parts);
  g_ptr_array_unref (list->calls);
  g_free (list);
}

/* The last step of every list. */
static void
reply (List *list)
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
  list_free (list);
}

static const char *
domain_of (const HnListHttp *self)
{
  return hn_cluster_http_get_config (self->cluster)->server_domain;
}

static void
add_stale (HnListHttp *self, HnHttpRequest *request, const HnRegistryWorker *worker, JsonArray *part)
{
  g_autoptr (GPtrArray) sessions = hn_registry_list_sessions (hn_cluster_http_get_registry (self->cluster), worker);

  for (guint i = 0; i < sessions->len; i++)
    json_array_add_object_element (part, hn_cluster_json_stale_session (g_ptr_array_index (sessions, i), worker, domain_of (self),
                                                                        hn_http_request_get_base_url (request),
                                                                        hn_clock_now_us ()));
}

/* Whether another worker has that id: then this one's is not shown, as it is not proxied. */
static gboolean
is_another_workers (HnListHttp *self, const HnRegistryWorker *worker, const char *session_id)
{
  HnRegistrySession where = { NULL };

  return hn_registry_find_session (hn_cluster_http_get_registry (self->cluster), session_id, hn_clock_now_us (), &where, NULL)
           == HN_REGISTRY_FOUND
         && where.worker != worker;
}

/* Adds what the worker says; FALSE if it says nothing readable. */
static gboolean
add_live (HnListHttp *self, HnHttpRequest *request, const HnRegistryWorker *worker, const HnHttpReply *answer, JsonArray *part)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (answer->body, answer->length, NULL);
  g_autoptr (GPtrArray) sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_session_report_free);
  JsonArray *array = NULL;

  if (answer->status != 200 || object == NULL || !hn_json_get_array (object, "sessions", TRUE, &array, NULL))
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

/* ---- calls ---- */

static void
fill (Call *call, const HnHttpReply *answer)
{
  HnListHttp *self = call->owner;
  const HnRegistryWorker *worker = hn_registry_find_worker (hn_cluster_http_get_registry (self->cluster), call->worker_id);

  if (worker != NULL && (answer == NULL || !add_live (self, call->list->request, worker, answer, call->part)))
    add_stale (self, call->list->request, worker, call->part);
}

static void ask_more (HnListHttp *self);

static void
on_listed (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  HnListHttp *self = call->owner;
  List *list = call->list;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) answer = hn_http_client_call_finish (result, &error);

  if (self != NULL && error != NULL && error->domain == HN_ERROR)
    hn_cluster_http_silent (self->cluster, call->worker_id, error->message);
  if (self != NULL)
    g_hash_table_remove (self->asked, call);
  if (list != NULL) {
    fill (call, answer);
    g_ptr_array_remove_fast (list->calls, call);
    if (list->calls->len == 0)
      reply (list);
  }
  call_free (call);
  if (self != NULL)
    ask_more (self);
}

static void
ask_more (HnListHttp *self)
{
  while (g_hash_table_size (self->asked) < HN_LIMIT_FAN_OUT && !g_queue_is_empty (&self->waiting)) {
    Call *call = g_queue_pop_head (&self->waiting);
    const HnRegistryWorker *worker = hn_registry_find_worker (hn_cluster_http_get_registry (self->cluster), call->worker_id);

    if (worker == NULL) { /* it has gone meanwhile, and its sessions with it: nothing to add */
      g_ptr_array_remove_fast (call->list->calls, call);
      if (call->list->calls->len == 0)
        reply (call->list);
      call_free (call);
      continue;
    }
    g_hash_table_add (self->asked, call);
    hn_cluster_http_call_async (self->cluster, worker, "GET", "/api/v1/sessions", NULL, hn_seconds (CALL_SECONDS), call->cancellable,
                                on_listed, call);
  }
}

/* Answers with what is known now; calls under way come back to nobody. */
static void
give_up (gpointer data)
{
  List *list = data;

  for (guint i = 0; i < list->calls->len; i++) {
    Call *call = g_ptr_array_index (list->calls, i);

    fill (call, NULL);
    call->list = NULL;
    if (g_queue_remove (&list->owner->waiting, call))
      call_free (call);
    else
      g_cancellable_cancel (call->cancellable);
  }
  g_ptr_array_set_size (list->calls, 0);
  reply (list);
}

/* ---- requests ---- */

static gboolean
is_worth_asking (HnListHttp *self, const HnRegistryWorker *worker)
{
  g_autoptr (GPtrArray) sessions = hn_registry_list_sessions (hn_cluster_http_get_registry (self->cluster), worker);

  if (sessions->len == 0)
    return FALSE;
  return worker->membership.state == HN_MEMBERSHIP_HEALTHY || worker->membership.state == HN_MEMBERSHIP_SUSPECT;
}

static void
add_call (List *list, const HnRegistryWorker *worker, JsonArray *part)
{
  Call *call = g_new0 (Call, 1);

  call->owner = list->owner;
  call->list = list;
  call->cancellable = g_cancellable_new ();
  call->worker_id = g_strdup (worker->report->id);
  call->part = json_array_ref (part);
  g_ptr_array_add (list->calls, call);
  g_queue_push_tail (&list->owner->waiting, call);
}

void
hn_list_http_start (HnListHttp *self, HnHttpRequest *request)
{
  g_autoptr (GPtrArray) workers = hn_registry_list_workers (hn_cluster_http_get_registry (self->cluster));
  List *list = g_new0 (List, 1);

  list->owner = self;
  list->request = hn_http_request_ref (request);
  list->timer = hn_timer_new (give_up, list);
  list->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) json_array_unref);
  list->calls = g_ptr_array_new ();
  g_hash_table_add (self->lists, list);
  for (guint i = 0; i < workers->len; i++) {
    const HnRegistryWorker *worker = g_ptr_array_index (workers, i);
    JsonArray *part = json_array_new ();

    g_ptr_array_add (list->parts, part);
    if (is_worth_asking (self, worker))
      add_call (list, worker, part);
    else
      add_stale (self, request, worker, part);
  }
  if (list->calls->len == 0) {
    reply (list);
    return;
  }
  hn_timer_arm (list->timer, hn_clock_now_us () + hn_seconds (TOTAL_SECONDS));
  ask_more (self);
}

void
hn_list_http_cancel_all (HnListHttp *self)
{
  g_autoptr (GList) lists = g_hash_table_get_keys (self->lists);

  for (GList *link = lists; link != NULL; link = link->next)
    give_up (link->data);
}

guint
hn_list_http_get_count (const HnListHttp *self)
{
  return g_hash_table_size (self->lists);
}

HnListHttp *
hn_list_http_new (HnClusterHttp *cluster)
{
  HnListHttp *self = g_new0 (HnListHttp, 1);

  self->cluster = cluster;
  self->lists = g_hash_table_new (NULL, NULL);
  self->asked = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->waiting);
  return self;
}

void
hn_list_http_free (HnListHttp *self)
{
  g_autoptr (GList) asked = NULL;

  if (self == NULL)
    return;
  hn_list_http_cancel_all (self);
  asked = g_hash_table_get_keys (self->asked);
  for (GList *link = asked; link != NULL; link = link->next)
    ((Call *) link->data)->owner = NULL;
  g_hash_table_unref (self->asked);
  g_hash_table_unref (self->lists);
  g_free (self);
}
