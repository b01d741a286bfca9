/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/proxy-private.h"

#include "base/limits.h"
#include "base/metrics.h"

/* Towards the upstream: a connection, the request's head, the client's body. The rules stand in proxy.c. */

static void
on_upstream_ready (gpointer user_data)
{
  HnProxy *self = user_data;

  self->wake (self->user_data);
}

static HnProxyResult
send_request_head (HnProxy *self)
{
  struct iovec part = { self->request_head->data, self->request_head->len };

  self->state = HN_PROXY_WAITING;
  hn_proxy_note_time (self);
  if (!hn_wire_send (self->upstream, &part, 1))
    self->deaf = TRUE;
  if (!self->pooled)
    g_clear_pointer (&self->request_head, g_byte_array_unref);
  return HN_PROXY_RUNNING;
}

static HnProxyResult
open_fresh (HnProxy *self)
{
  g_autoptr (GError) error = NULL;

  self->pooled = FALSE;
  self->upstream = hn_upstream_pool_connect (self->pool, self->route.upstream_host, self->route.upstream_port, &error);
  if (self->upstream == NULL)
    return hn_proxy_fail (self, 502, "upstream unreachable", "cannot be connected to");
  hn_wire_set_ready (self->upstream, on_upstream_ready, self);
  self->state = HN_PROXY_CONNECTING;
  hn_proxy_note_time (self);
  return HN_PROXY_RUNNING;
}

HnProxyResult
hn_proxy_request_open (HnProxy *self)
{
  if (self->repeatable)
    self->upstream = hn_upstream_pool_take (self->pool, self->route.upstream_host, self->route.upstream_port);
  if (self->upstream == NULL)
    return open_fresh (self);
  self->pooled = TRUE;
  hn_wire_set_ready (self->upstream, on_upstream_ready, self);
  return send_request_head (self);
}

HnProxyResult
hn_proxy_request_connected (HnProxy *self)
{
  int code = 0;

  if (!hn_wire_check_connect (self->upstream, &code))
    return HN_PROXY_RUNNING;
  if (code != 0)
    return hn_proxy_fail (self, 502, "upstream unreachable", "refused the connection");
  return send_request_head (self);
}

/* The upstream closed or broke before its answer. */
HnProxyResult
hn_proxy_request_lost (HnProxy *self)
{
  if (!self->pooled)
    return hn_proxy_fail (self, 502, "upstream failed", "closed the connection without an answer");
  g_clear_pointer (&self->upstream, hn_wire_free);
  self->deaf = FALSE;
  return open_fresh (self);
}

/* One read of the client's body; @ret_moved tells whether there was something. */
static HnProxyResult
pump_request_once (HnProxy *self, gboolean *ret_moved)
{
  char *buffer = hn_poller_scratch (self->poller);
  gsize length = 0, used = 0, payload = 0;
  HnWireResult result = hn_wire_read (self->client, buffer, HN_LIMIT_PROXY_BUFFER_BYTES, &length);
  gboolean sent;

  if (result == HN_WIRE_BLOCKED || result == HN_WIRE_OK)
    hn_pace_gave (&self->giving, length, hn_poller_now_us (self->poller));
  if (result == HN_WIRE_BLOCKED)
    return HN_PROXY_RUNNING;
  if (result != HN_WIRE_OK)
    return hn_proxy_client_left (self);
  if (!hn_http_body_feed (&self->request_body, buffer, length, &used, &payload, NULL))
    return hn_proxy_fail (self, 400, "malformed request body", NULL);
  hn_wire_unread (self->client, buffer + used, length - used);
  sent = hn_proxy_send (self->upstream, &(HnProxyOutgoing){ .bytes = buffer, .length = payload }, self->request_chunked, hn_proxy_request_is_done (self));
  self->deaf = !sent;
  self->moved += length;
  hn_metrics_add (HN_METRIC_PROXY_BYTES, "to_upstream", (gint64) payload);
  *ret_moved = TRUE;
  return HN_PROXY_RUNNING;
}

HnProxyResult
hn_proxy_request_pump (HnProxy *self, gboolean *ret_moved)
{
  if (self->state < HN_PROXY_WAITING || self->state > HN_PROXY_ANSWERING || self->deaf)
    return HN_PROXY_RUNNING;
  if (!hn_wire_flush (self->upstream))
    self->deaf = TRUE;
  if (hn_proxy_request_is_done (self) || self->deaf || hn_wire_get_pending (self->upstream) > 0) {
    hn_pace_rest (&self->giving);
    return HN_PROXY_RUNNING;
  }
  return pump_request_once (self, ret_moved);
}
