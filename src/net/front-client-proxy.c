/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/front-client-private.h"

#include "base/metrics.h"

static void
on_wake (gpointer user_data)
{
  hn_front_client_run (user_data);
}

void
hn_front_client_begin_proxy (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes, HnRoute *route)
{
  const HnFrontShared *shared = self->shared;
  const char *odd = hn_route_check_path (head->path);

  if (odd != NULL) {
    hn_front_client_refuse (self, 400, "malformed path", odd);
    return;
  }
  if (head->expect_continue && head->body != HN_HTTP_BODY_NONE && hn_wire_get_input (self->wire).length == head_bytes)
    hn_front_client_say_continue (self);
  self->said_last = head->close && head->body == HN_HTTP_BODY_NONE;
  self->proxy = hn_proxy_new (shared->poller, shared->pool, self->wire, head, head_bytes, route, &shared->timeouts, on_wake, self);
  hn_front_client_enter (self, HN_CLIENT_PROXY);
}

static void
on_tunnel_closed (gpointer user_data)
{
  hn_front_client_leave (user_data);
}

static void
begin_tunnel (HnFrontClient *self)
{
  const HnFrontShared *shared = self->shared;

  self->tag = g_strdup (hn_proxy_get_tag (self->proxy));
  self->tunnel = hn_tunnel_new (shared->poller, g_steal_pointer (&self->wire), hn_proxy_steal_upstream (self->proxy), on_tunnel_closed, self);
  g_clear_pointer (&self->proxy, hn_proxy_free);
  hn_front_client_enter (self, HN_CLIENT_TUNNEL);
  hn_metrics_add (HN_METRIC_TUNNELS, NULL, 1);
  hn_metrics_add (HN_METRIC_TUNNELS_OPENED, NULL, 1);
  if (shared->events->tunnel_opened != NULL)
    shared->events->tunnel_opened (self->tag, shared->events_data);
}

static void
report_upstream (HnFrontClient *self, const HnProxyFailure *failure)
{
  const HnFrontShared *shared = self->shared;

  if (failure->what != NULL && shared->events->upstream_failed != NULL)
    shared->events->upstream_failed (hn_proxy_get_tag (self->proxy), failure->what, shared->events_data);
}

gboolean
hn_front_client_conclude_proxy (HnFrontClient *self, HnProxyResult result)
{
  const HnProxyFailure failure = *hn_proxy_get_failure (self->proxy);

  switch (result) {
  case HN_PROXY_RUNNING:
    return FALSE;
  case HN_PROXY_DONE_KEEP:
  case HN_PROXY_DONE_CLOSE:
    self->close = result == HN_PROXY_DONE_CLOSE;
    g_clear_pointer (&self->proxy, hn_proxy_free);
    hn_front_client_enter (self, HN_CLIENT_FLUSH);
    return TRUE;
  case HN_PROXY_UPGRADED:
    begin_tunnel (self);
    return FALSE;
  case HN_PROXY_FAILED:
  case HN_PROXY_CUT:
    break;
  }
  report_upstream (self, &failure);
  if (self->state == HN_CLIENT_GONE)
    return FALSE;
  if (result == HN_PROXY_CUT) {
    hn_front_client_cut_off (self);
    return FALSE;
  }
  g_clear_pointer (&self->proxy, hn_proxy_free);
  hn_front_client_refuse (self, failure.status, failure.error, failure.what);
  return TRUE;
}
