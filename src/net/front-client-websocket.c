/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/front-client-private.h"

#include "net/ws-handshake.h"

/* Rules: what is no upgrade, or none that we speak, is told how to ask (426 and `Sec-WebSocket-Version`). After 101 the connection is no more the front door's:
 * neither its deadlines nor its count of clients are for it. What came behind the head stays unread on the wire. */

static gboolean
say_switch (HnFrontClient *self, HnSlice key, const char *protocol)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  struct iovec part;

  hn_ws_write_switch (key, protocol, out);
  part = (struct iovec){ out->data, out->len };
  return hn_wire_send (self->wire, &part, 1);
}

static void
ask_for_upgrade (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes)
{
  HnHttpAnswer answer
    = { .status = 426, .body = "Upgrade Required", .content_type = "text/plain", .head_only = self->is_head, .ask_for_websocket = TRUE };

  self->close = head->close || head->minor == 0 || head->body != HN_HTTP_BODY_NONE;
  hn_front_client_answer (self, &answer);
  hn_wire_consume (self->wire, head_bytes);
}

void
hn_front_client_begin_websocket (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes, HnRoute *route)
{
  const HnFrontShared *shared = self->shared;
  HnWsUpgrade upgrade = hn_ws_check_upgrade (head);
  HnPeer peer = self->peer;
  HnWire *wire;

  g_return_if_fail (shared->events->websocket != NULL);
  if (upgrade.status == 426) {
    ask_for_upgrade (self, head, head_bytes);
    return;
  }
  if (upgrade.status != 101) {
    hn_front_client_refuse (self, upgrade.status, "malformed request", upgrade.detail);
    return;
  }
  if (!say_switch (self, upgrade.key, route->protocol)) {
    hn_front_client_leave (self);
    return;
  }
  hn_wire_consume (self->wire, head_bytes);
  wire = g_steal_pointer (&self->wire);
  hn_wire_set_ready (wire, NULL, NULL);
  hn_front_client_leave (self);
  shared->events->websocket (wire, &peer, g_steal_pointer (&route->websocket_data), shared->events_data);
}
