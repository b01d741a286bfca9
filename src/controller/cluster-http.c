/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/cluster-http.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/timer.h"

struct _HnClusterHttp {
  const HnConfig *config;
  HnRegistry *registry;
  HnHttpClient *client;
  HnTimer *timer;
};

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
  if (from == HN_MEMBERSHIP_UNKNOWN)
    hn_info ("controller", NULL, "worker '%s' registered url=%s sessions=%u/%u", worker->report->id, worker->report->url,
             worker->report->active_sessions, worker->report->max_sessions);
  else if (from != HN_MEMBERSHIP_HEALTHY)
    hn_info ("controller", NULL, "worker '%s' is healthy again from=%s", worker->report->id, hn_membership_to_text (from));
  arm (self);
  return TRUE;
}

void
hn_cluster_http_worker_failed (HnClusterHttp *self, const char *worker_id, const char *what)
{
  if (hn_registry_failed (self->registry, worker_id, hn_clock_now_us ()))
    hn_warning ("controller", NULL, "worker '%s' is suspect: %s; no new sessions until its next heartbeat", worker_id, what);
  arm (self);
}

void
hn_cluster_http_call_async (HnClusterHttp *self, const HnRegistryWorker *worker, const char *method, const char *path,
                            const char *body, gint64 timeout_us, GCancellable *cancellable, GAsyncReadyCallback done,
                            gpointer user_data)
{
  g_autofree char *url = g_strconcat (worker->report->url, path, NULL);
  HnHttpCall call
    = { .method = method, .url = url, .bearer = worker->report->api_token, .body = body, .timeout_us = timeout_us };

  hn_http_client_call_async (self->client, &call, cancellable, done, user_data);
}

HnClusterHttp *
hn_cluster_http_new (const HnConfig *config)
{
  HnClusterHttp *self = g_new0 (HnClusterHttp, 1);

  self->config = config;
  self->registry = hn_registry_new (config->workers_heartbeat_timeout, hn_clock_now_us ());
  self->client = hn_http_client_new ();
  self->timer = hn_timer_new (on_time, self);
  return self;
}

void
hn_cluster_http_free (HnClusterHttp *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->timer, hn_timer_free);
  g_clear_pointer (&self->client, hn_http_client_free);
  g_clear_pointer (&self->registry, hn_registry_free);
  g_free (self);
}
