/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a worker that is seen for the first time has joined, and what it has already was there before; its status is told when it changes, and `gone`
 * when the registry has forgotten it. It is drained when it is draining and holds nothing any more: said once, after its last session. */
#include "controller/worker-news.h"

#include "base/json.h"
#include "controller/cluster-json.h"

struct _HnWorkerNews {
  GHashTable *told; /* worker id → Told */
  HnSessionNewsTell tell;
  gpointer user_data;
};

typedef struct {
  const char *status; /* static text */
  gboolean draining;
  gboolean drained;
  HnSessionNews *sessions;
} Told;

static void
told_free (gpointer data)
{
  Told *told = data;

  hn_session_news_free (told->sessions);
  g_free (told);
}

static void
tell_of_worker (HnWorkerNews *self, const char *type, const HnRegistry *registry, const HnRegistryWorker *worker, const char *from,
                gint64 now_us)
{
  JsonObject *object = json_object_new ();
  JsonObject *whole = hn_cluster_json_worker (registry, worker, now_us);

  json_object_remove_member (whole, "sessions");
  json_object_set_string_member (object, "worker_id", worker->report->id);
  json_object_set_string_member (object, "status", hn_cluster_json_status (worker));
  hn_json_set_text (object, "from", from);
  json_object_set_object_member (object, "worker", whole);
  self->tell (type, object, self->user_data);
}

static void
tell_that_gone (HnWorkerNews *self, const char *worker_id)
{
  Told *told = g_hash_table_lookup (self->told, worker_id);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  JsonObject *object;

  if (told == NULL)
    return;
  hn_session_news_look (told->sessions, none, FALSE, "worker_lost", self->tell, self->user_data);
  object = json_object_new ();
  json_object_set_string_member (object, "worker_id", worker_id);
  json_object_set_string_member (object, "status", hn_membership_to_text (HN_MEMBERSHIP_GONE));
  json_object_set_string_member (object, "from", told->status);
  self->tell ("worker.state", object, self->user_data);
  g_hash_table_remove (self->told, worker_id);
}

void
hn_worker_news_look (HnWorkerNews *self, const HnRegistry *registry, const char *worker_id, const char *lost_reason, gint64 now_us)
{
  const HnRegistryWorker *worker = hn_registry_find_worker (registry, worker_id);
  Told *told = g_hash_table_lookup (self->told, worker_id);
  gboolean is_new = told == NULL;
  g_autoptr (GPtrArray) sessions = NULL;
  gboolean drained;

  if (worker == NULL) {
    tell_that_gone (self, worker_id);
    return;
  }
  if (is_new) {
    told = g_new0 (Told, 1);
    told->sessions = hn_session_news_new (worker_id);
    g_hash_table_insert (self->told, g_strdup (worker_id), told);
    tell_of_worker (self, "worker.joined", registry, worker, NULL, now_us);
  } else if (told->status != hn_cluster_json_status (worker) || told->draining != worker->draining) {
    tell_of_worker (self, "worker.state", registry, worker, told->status, now_us);
  }
  told->status = hn_cluster_json_status (worker);
  told->draining = worker->draining;
  sessions = hn_registry_list_sessions (registry, worker);
  hn_session_news_look (told->sessions, sessions, is_new, lost_reason, self->tell, self->user_data);
  drained = worker->draining && worker->report->active_sessions + worker->coming == 0;
  if (drained && !told->drained)
    tell_of_worker (self, "worker.drained", registry, worker, NULL, now_us);
  told->drained = drained;
}

HnWorkerNews *
hn_worker_news_new (HnSessionNewsTell tell, gpointer user_data)
{
  HnWorkerNews *self = g_new0 (HnWorkerNews, 1);

  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, told_free);
  self->tell = tell;
  self->user_data = user_data;
  return self;
}

void
hn_worker_news_free (HnWorkerNews *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->told);
  g_free (self);
}
