/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker becomes suspect when it cannot be connected to, not when one connection broke: that may have been the end of one session's
 * process, and nobody may take a whole worker out of service by ending his own session. So a broken connection raises a doubt, and a
 * probe settles it; one at a time for each worker. */
#include "controller/cluster-http.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "controller/worker-news.h"
#include "net/probe.h"
#include "net/timer.h"

#define BEAT_SECONDS 5

struct _HnClusterHttp {
  const HnConfig *config;
  HnRegistry *registry;
  HnHttpClient *client;
  HnTimer *timer;
  HnEventStream *events;
  HnWorkerNews *news;
  HnShelf *placements;
  GCancellable *ending; /* cancelled when the cluster goes */
  GHashTable *doubted;  /* set of worker ids that are being probed */
};

typedef struct {
  HnClusterHttp *cluster; /* valid unless @ending is cancelled */
  GCancellable *ending;
  char *worker_id;
  char *boot_id;
  char *what;
} Doubt;

const HnConfig *
hn_cluster_http_get_config (const HnClusterHttp *self)
{
  return self->config;
}

HnRegistry *
hn_cluster_http_get_registry (HnClusterHttp *self)
{
  return self->registry;
}

HnEventStream *
hn_cluster_http_get_events (HnClusterHttp *self)
{
  return self->events;
}

HnShelf *
hn_cluster_http_get_placements (HnClusterHttp *self)
{
  return self->placements;
}

static void
on_news (const char *type, JsonObject *data, gpointer user_data)
{
  HnClusterHttp *self = user_data;

  hn_event_stream_publish (self->events, type, data);
}

static void
look (HnClusterHttp *self, const char *worker_id, const char *lost_reason)
{
  hn_worker_news_look (self->news, self->registry, worker_id, lost_reason, hn_clock_now_us ());
}

static void
arm (HnClusterHttp *self)
{
  hn_timer_arm (self->timer, hn_registry_deadline (self->registry));
}

static void
on_time (gpointer data)
{
  HnClusterHttp *self = data;
  g_autoptr (GPtrArray) changes = hn_registry_tick (self->registry, hn_clock_now_us ());

  for (guint i = 0; i < changes->len; i++) {
    const HnRegistryChange *change = g_ptr_array_index (changes, i);

    hn_warning ("controller", NULL, "worker '%s' is %s: no heartbeat worker=%s from=%s", change->worker_id,
                hn_membership_to_text (change->to), change->worker_id, hn_membership_to_text (change->from));
    look (self, change->worker_id, NULL);
  }
  arm (self);
}

gboolean
hn_cluster_http_heartbeat (HnClusterHttp *self, HnWorkerReport *report, GError **error)
{
  HnMembershipState from = HN_MEMBERSHIP_UNKNOWN;
  const HnRegistryWorker *worker = hn_registry_heartbeat (self->registry, report, hn_clock_now_us (), &from, error);

  if (worker == NULL)
    return FALSE;
  if (worker->report->leaving)
    hn_info ("controller", NULL, "worker '%s' has left: it was stopped in order from=%s", worker->report->id,
             hn_membership_to_text (from));
  else if (from == HN_MEMBERSHIP_UNKNOWN)
    hn_info ("controller", NULL, "worker '%s' registered url=%s sessions=%u/%u%s", worker->report->id, worker->report->url,
             worker->report->active_sessions, worker->report->max_sessions, worker->draining ? " draining" : "");
  else if (from != HN_MEMBERSHIP_HEALTHY)
    hn_info ("controller", NULL, "worker '%s' is healthy again from=%s", worker->report->id, hn_membership_to_text (from));
  look (self, worker->report->id, worker->report->leaving ? "worker_shutdown" : NULL);
  arm (self);
  return TRUE;
}

/* A worker that does not know the request, or is not there, is told in the answer to its next heartbeat. */
static void
on_beat_asked (GObject *source, GAsyncResult *result, gpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpReply) reply = hn_http_client_call_finish (result, &error);

  if (reply == NULL)
    hn_debug ("controller", NULL, "a worker was not asked to beat: %s", error->message);
}

const HnRegistryWorker *
hn_cluster_http_drain (HnClusterHttp *self, const char *worker_id, gboolean drain, gint64 left_us)
{
  const HnRegistryWorker *worker = hn_registry_find_worker (self->registry, worker_id);
  gint64 deadline_us = left_us != HN_NEVER ? hn_clock_now_us () + left_us : HN_NEVER;

  if (worker == NULL || (worker->draining == drain && worker->drain_deadline_us == deadline_us))
    return worker;
  worker = hn_registry_drain (self->registry, worker_id, drain, deadline_us);
  hn_info ("controller", NULL, drain ? "worker '%s' is draining: no new sessions, %u running" : "worker '%s' takes sessions again, %u running",
           worker_id, worker->report->active_sessions + worker->coming);
  look (self, worker_id, NULL);
  hn_cluster_http_call_async (self, worker, "POST", HN_WORKER_API_BEAT_PATH, NULL, hn_seconds (BEAT_SECONDS), self->ending,
                              on_beat_asked, NULL);
  return worker;
}

void
hn_cluster_http_worker_failed (HnClusterHttp *self, const char *worker_id, const char *boot_id, const char *what)
{
  const HnRegistryWorker *worker = hn_registry_find_worker (self->registry, worker_id);

  if (worker == NULL || !g_str_equal (worker->report->boot_id, boot_id))
    return;
  if (hn_registry_failed (self->registry, worker_id, hn_clock_now_us ()))
    hn_warning ("controller", NULL, "worker '%s' is suspect: %s; no new sessions until its next heartbeat", worker_id, what);
  look (self, worker_id, NULL);
  arm (self);
}

void
hn_cluster_http_confirm (HnClusterHttp *self, const char *worker_id, guint64 ticket, HnSessionReport *session)
{
  hn_registry_confirm (self->registry, ticket, session, hn_clock_now_us ());
  look (self, worker_id, NULL);
}

void
hn_cluster_http_session_ended (HnClusterHttp *self, const char *worker_id, const char *session_id, const char *reason)
{
  hn_registry_session_ended (self->registry, session_id);
  look (self, worker_id, reason);
}

static void
doubt_free (Doubt *self)
{
  g_object_unref (self->ending);
  g_free (self->worker_id);
  g_free (self->boot_id);
  g_free (self->what);
  g_free (self);
}

static void
on_doubt_settled (GObject *source, GAsyncResult *result, gpointer data)
{
  Doubt *doubt = data;
  gint64 took_us = hn_probe_finish (result, NULL);

  if (!g_cancellable_is_cancelled (doubt->ending)) {
    g_hash_table_remove (doubt->cluster->doubted, doubt->worker_id);
    if (took_us < 0)
      hn_cluster_http_worker_failed (doubt->cluster, doubt->worker_id, doubt->boot_id, doubt->what);
  }
  doubt_free (doubt);
}

void
hn_cluster_http_doubt (HnClusterHttp *self, const char *worker_id, const char *what)
{
  const HnRegistryWorker *worker = hn_registry_find_worker (self->registry, worker_id);
  Doubt *doubt;

  if (worker == NULL || g_hash_table_contains (self->doubted, worker_id))
    return;
  doubt = g_new0 (Doubt, 1);
  doubt->cluster = self;
  doubt->ending = g_object_ref (self->ending);
  doubt->worker_id = g_strdup (worker_id);
  doubt->boot_id = g_strdup (worker->report->boot_id);
  doubt->what = g_strdup (what);
  g_hash_table_add (self->doubted, g_strdup (worker_id));
  hn_probe_async (worker->target.host, worker->target.port, hn_seconds (HN_LIMIT_CONNECT_SECONDS), self->ending, on_doubt_settled,
                  doubt);
}

void
hn_cluster_http_silent (HnClusterHttp *self, const char *worker_id, const char *what)
{
  hn_registry_refused (self->registry, worker_id);
  hn_cluster_http_doubt (self, worker_id, what);
}

void
hn_cluster_http_call_async (HnClusterHttp *self, const HnRegistryWorker *worker, const char *method, const char *path,
                            const char *body, gint64 timeout_us, GCancellable *cancellable, GAsyncReadyCallback done,
                            gpointer user_data)
{
  g_autofree char *url = g_strconcat (worker->report->url, path, NULL);
  static const char *const fields[] = { HN_WORKER_API_FROM_FIELD, "controller", NULL };
  HnHttpCall call = { .method = method, .url = url, .bearer = worker->report->api_token, .fields = fields, .body = body,
                      .timeout_us = timeout_us, .fresh = TRUE };

  hn_http_client_call_async (self->client, &call, cancellable, done, user_data);
}

void
hn_cluster_http_reload (HnClusterHttp *self)
{
  hn_registry_set_timeout (self->registry, self->config->workers_heartbeat_timeout);
  arm (self);
}

HnClusterHttp *
hn_cluster_http_new (const HnConfig *config)
{
  HnClusterHttp *self = g_new0 (HnClusterHttp, 1);

  self->config = config;
  self->registry = hn_registry_new (config->workers_heartbeat_timeout, hn_clock_now_us ());
  self->client = hn_http_client_new ();
  self->timer = hn_timer_new (on_time, self);
  self->events = hn_event_stream_new (NULL, 0);
  self->news = hn_worker_news_new (on_news, self);
  self->placements = hn_shelf_new (HN_LIMIT_PLACEMENTS, 0);
  self->ending = g_cancellable_new ();
  self->doubted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
hn_cluster_http_free (HnClusterHttp *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->ending);
  g_clear_object (&self->ending);
  g_clear_pointer (&self->doubted, g_hash_table_unref);
  g_clear_pointer (&self->timer, hn_timer_free);
  g_clear_pointer (&self->client, hn_http_client_free);
  g_clear_pointer (&self->news, hn_worker_news_free);
  g_clear_pointer (&self->placements, hn_shelf_free);
  g_clear_pointer (&self->events, hn_event_stream_free);
  g_clear_pointer (&self->registry, hn_registry_free);
  g_free (self);
}
