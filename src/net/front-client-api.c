/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/front-client-private.h"

#include <sys/socket.h>

#include "base/limits.h"

/* ---- the HN_CLIENT_API ---- */

static void
on_answered (gboolean keep_alive, gpointer user_data)
{
  HnFrontClient *self = user_data;

  g_clear_pointer (&self->gate, hn_gate_free);
  self->close = !keep_alive;
  hn_front_client_enter (self, HN_CLIENT_FLUSH);
  hn_front_client_run (self);
}

static const HnGateEvents gate_events = { on_answered };

static GSocketAddress *
socket_address (int fd, gboolean remote)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  int result = remote ? getpeername (fd, (struct sockaddr *) &address, &length) : getsockname (fd, (struct sockaddr *) &address, &length);

  return result == 0 ? g_socket_address_new_from_native (&address, length) : g_inet_socket_address_new_from_string ("127.0.0.1", 1);
}

static void
open_gate (HnFrontClient *self)
{
  const HnFrontShared *shared = self->shared;
  int fd = hn_wire_get_fd (self->wire);

  if (self->remote == NULL) {
    self->local = socket_address (fd, FALSE);
    self->remote = socket_address (fd, TRUE);
  }
  hn_front_client_enter (self, HN_CLIENT_API);
  self->gate = hn_gate_open (shared->poller, shared->options.api, self->wire, g_steal_pointer (&self->api_request), !self->close, self->local,
                             self->remote, &gate_events, self);
}

gboolean
hn_front_client_step_body (HnFrontClient *self)
{
  HnSlice input = hn_wire_get_input (self->wire);
  gsize n = MIN (input.length, self->api_body_left);
  HnWireResult result;

  g_byte_array_append (self->api_request, (const guint8 *) input.text, (guint) n);
  hn_wire_consume (self->wire, n);
  self->api_body_left -= n;
  if (self->api_body_left == 0) {
    open_gate (self);
    return TRUE;
  }
  result = hn_wire_fill (self->wire, HN_LIMIT_API_BODY_BYTES);
  if (result == HN_WIRE_EOF || result == HN_WIRE_ERROR)
    hn_front_client_leave (self);
  return result == HN_WIRE_OK;
}

void
hn_front_client_begin_api (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes, const HnRoute *route)
{
  gsize longest = route->body_limit_bytes != 0 ? route->body_limit_bytes : HN_LIMIT_API_BODY_BYTES;
  gsize length = (gsize) MAX (head->content_length, 0);
  HnHttpRefusal refusal;

  if (!hn_http_edit_check_api_request (head, longest, &refusal)) {
    hn_front_client_refuse (self, refusal.status, refusal.error, refusal.detail);
    return;
  }
  self->close = head->close || head->minor == 0;
  self->api_request = g_byte_array_sized_new ((guint) head_bytes + 32);
  hn_http_edit_api_request (head, self->close, self->api_request);
  self->api_body_left = length;
  if (head->expect_continue && length > 0 && hn_wire_get_input (self->wire).length == head_bytes)
    hn_front_client_say_continue (self);
  hn_wire_consume (self->wire, head_bytes);
  hn_front_client_enter (self, HN_CLIENT_BODY);
}

gboolean
hn_front_client_step_api (HnFrontClient *self)
{
  if (self->gate != NULL && hn_wire_is_gone (self->wire))
    hn_front_client_leave (self);
  return FALSE;
}
