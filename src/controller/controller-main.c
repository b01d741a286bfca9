/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/controller-main.h"

#include "base/clock.h"
#include "base/log.h"
#include "controller/admin-http.h"
#include "controller/cluster-http.h"
#include "controller/controller-http.h"
#include "controller/entry.h"
#include "net/doors-http.h"
#include "net/timer.h"

#define STOP_SECONDS 3
#define STOP_LOOK_SECONDS 0.02 /* between two looks whether everybody is answered */

struct _HnController {
  const HnConfig *config;
  const HnControllerEvents *events;
  gpointer user_data;
  HnPoller *poller;
  HnClusterHttp *cluster;
  HnControllerHttp *http;
  HnDoorsHttp *doors;
  HnAdminHttp *admin; /* (nullable) */
  HnTimer *stop_timer;
  gint64 stop_deadline_us; /* HN_NEVER: it is not to stop */
  gboolean drained;        /* everybody is answered; one more look lets the answers leave */
};

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer data)
{
  HnController *self = data;

  hn_entry_decide (hn_cluster_http_get_registry (self->cluster), self->config, head, peer, hn_clock_now_us (), ret_route);
}

static void
on_upstream_failed (const char *tag, const char *what, gpointer data)
{
  HnController *self = data;
  HnRegistrySession session = { NULL };

  if (hn_registry_find_session (hn_cluster_http_get_registry (self->cluster), tag, hn_clock_now_us (), &session, NULL)
      != HN_REGISTRY_FOUND)
    return;
  hn_warning ("proxy", tag, "%s worker=%s", what, session.worker->report->id);
  hn_cluster_http_doubt (self->cluster, session.worker->report->id, what);
}

static const HnFrontEvents front_events = { .route = on_route, .upstream_failed = on_upstream_failed };

guint16
hn_controller_get_port (HnController *self)
{
  return hn_doors_http_get_port (self->doors);
}

guint
hn_controller_get_sessions (HnController *self)
{
  g_autoptr (GPtrArray) workers = hn_registry_list_workers (hn_cluster_http_get_registry (self->cluster));
  guint count = 0;

  for (guint i = 0; i < workers->len; i++) {
    const HnRegistryWorker *worker = g_ptr_array_index (workers, i);

    count += worker->report->active_sessions + worker->coming;
  }
  return count;
}

void
hn_controller_publish (HnController *self, const char *type, JsonObject *data)
{
  hn_event_stream_publish (hn_cluster_http_get_events (self->cluster), type, data);
}

static void
on_stop_look (gpointer data)
{
  HnController *self = data;
  gint64 now_us = hn_clock_now_us ();

  if (self->drained || now_us >= self->stop_deadline_us) {
    hn_info ("controller", NULL, "stopped");
    self->events->stopped (self->user_data);
    return;
  }
  self->drained = hn_controller_http_get_count (self->http) == 0;
  hn_timer_arm (self->stop_timer, now_us + hn_seconds (STOP_LOOK_SECONDS));
}

void
hn_controller_stop (HnController *self)
{
  if (self->stop_deadline_us != HN_NEVER)
    return;
  self->stop_deadline_us = hn_clock_now_us () + hn_seconds (STOP_SECONDS);
  hn_doors_http_stop_accepting (self->doors);
  hn_admin_http_stop_accepting (self->admin);
  hn_controller_http_cancel_all (self->http);
  hn_event_stream_close (hn_cluster_http_get_events (self->cluster));
  hn_timer_arm (self->stop_timer, hn_clock_now_us ());
}

void
hn_controller_reload (HnController *self)
{
  hn_cluster_http_reload (self->cluster);
  hn_doors_http_reload (self->doors);
}

HnController *
hn_controller_new (const HnConfig *config, HnService *service, const HnControllerEvents *events, gpointer user_data, GError **error)
{
  g_autoptr (HnDoorsHttp) doors = hn_doors_http_bind (config, service, "controller", error);
  HnFrontOptions options = { 0 };
  int admin_fd = -1;
  HnController *self;

  if (doors == NULL)
    return NULL;
  if (!hn_admin_http_bind (config, service, &admin_fd, error))
    return NULL;
  self = g_new0 (HnController, 1);
  self->config = config;
  self->events = events;
  self->user_data = user_data;
  self->stop_deadline_us = HN_NEVER;
  self->stop_timer = hn_timer_new (on_stop_look, self);
  self->poller = hn_poller_new (NULL);
  self->cluster = hn_cluster_http_new (config);
  self->http = hn_controller_http_new (self->cluster);
  options.api = hn_http_server_get_soup (hn_controller_http_get_server (self->http));
  self->doors = g_steal_pointer (&doors);
  hn_doors_http_open (self->doors, self->poller, &options, &front_events, self);
  if (admin_fd >= 0)
    self->admin = hn_admin_http_new (self->poller, admin_fd, self->http, config);
  return self;
}

void
hn_controller_free (HnController *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->stop_timer, hn_timer_free);
  g_clear_pointer (&self->doors, hn_doors_http_free);
  g_clear_pointer (&self->admin, hn_admin_http_free);
  g_clear_pointer (&self->http, hn_controller_http_free);
  g_clear_pointer (&self->cluster, hn_cluster_http_free);
  g_clear_pointer (&self->poller, hn_poller_free);
  g_free (self);
}
