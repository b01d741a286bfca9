/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/front-client-private.h"

#include "base/limits.h"

#define TLS_HANDSHAKE_RECORD 0x16

void
hn_front_client_end_handshake (HnFrontClient *self)
{
  if (self->in_handshakes)
    g_queue_unlink (self->shared->handshakes, &self->handshake_link);
  self->in_handshakes = FALSE;
}

/* Whoever spoke plain HTTP can be told; whatever else it was would not understand us. */
static gboolean
refuse_plain (HnFrontClient *self, HnSlice input)
{
  if (!g_ascii_isupper (input.text[0])) {
    hn_front_client_leave (self);
    return FALSE;
  }
  hn_front_client_refuse (self, 400, "plain HTTP on a port for HTTPS", "use https://");
  return TRUE;
}

/* From the first bytes on a handshake costs memory; before them a client costs what a silent plain one does. */
static gboolean
await_hello (HnFrontClient *self)
{
  const HnFrontShared *shared = self->shared;
  HnWireResult result = hn_wire_fill (self->wire, HN_LIMIT_HELLO_BYTES);

  if (result == HN_WIRE_EOF || result == HN_WIRE_ERROR)
    hn_front_client_leave (self);
  if (result != HN_WIRE_OK)
    return FALSE;
  if (hn_wire_get_input (self->wire).text[0] != TLS_HANDSHAKE_RECORD)
    return refuse_plain (self, hn_wire_get_input (self->wire));
  hn_wire_start_tls (self->wire, shared->tls);
  self->in_handshakes = TRUE;
  g_queue_push_tail_link (shared->handshakes, &self->handshake_link);
  if (shared->handshakes->length > HN_LIMIT_HANDSHAKES)
    hn_front_client_leave (shared->handshakes->head->data);
  return TRUE;
}

/* A turn has room for some only. */
static gboolean
take_share (HnFrontClient *self)
{
  HnTurnShare *share = self->shared->share;
  gint64 turn_us = hn_poller_now_us (self->shared->poller);

  if (share->turn_us != turn_us)
    *share = (HnTurnShare){ .turn_us = turn_us };
  if (share->done < HN_LIMIT_HANDSHAKES_PER_TURN) {
    share->done++;
    return TRUE;
  }
  hn_wire_again (self->wire);
  return FALSE;
}

gboolean
hn_front_client_step_handshake (HnFrontClient *self)
{
  HnWireResult result;

  if (!hn_wire_is_tls (self->wire))
    return await_hello (self);
  if (!take_share (self))
    return FALSE;
  result = hn_wire_handshake (self->wire);
  if (result == HN_WIRE_BLOCKED)
    return FALSE;
  if (result != HN_WIRE_OK) {
    hn_front_client_leave (self);
    return FALSE;
  }
  hn_front_client_end_handshake (self);
  hn_front_client_enter (self, HN_CLIENT_HEAD);
  if (self->turned_away)
    hn_front_client_turn_away (self);
  return TRUE;
}
