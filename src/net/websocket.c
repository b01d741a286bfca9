/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/websocket-private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"

/* Rules: nothing is sent before the end of the turn, unless a queue is full: then what the socket takes is given to it before it counts as slow. An end is noted at
 * once and told at the end of the turn.
 *
 * Our close goes behind what was queued, unless the peer does not take it anyway. Then we read until it closes, too, so that no reset overtakes our last words; when
 * both have spoken our sending side is shut, and the connection ends with the peer's, or when time is up. */


/* ---- what waits for the peer ---- */

static void
count_queue (HnWebSocket *self)
{
  self->hub->figures.queued_bytes += self->queue.bytes - self->counted;
  self->counted = self->queue.bytes;
}

/* FALSE when the connection is broken. */
static gboolean
flush (HnWebSocket *self)
{
  struct iovec parts[HN_WIRE_OFFERED_PARTS];
  gsize taken = 1;
  gboolean fine = TRUE;

  while (fine && taken > 0 && self->queue.bytes > 0) {
    guint n = hn_ws_queue_peek (&self->queue, parts, HN_WIRE_OFFERED_PARTS);

    fine = hn_wire_offer_parts (self->wire, parts, n, &taken);
    if (fine)
      hn_ws_queue_take (&self->queue, taken);
  }
  count_queue (self);
  return fine;
}

HnWsMessage *
hn_websocket_make_frame (HnWebSocket *self, HnWsKind kind, HnSlice payload)
{
  guint8 mask[4];

  if (!self->client)
    return hn_ws_message_new_frame (kind, payload, NULL);
  if (self->hub->random == NULL)
    self->hub->random = hn_random_new_system ();
  hn_random_bytes (self->hub->random, mask, sizeof mask);
  return hn_ws_message_new_frame (kind, payload, mask);
}

static void
queue_close (HnWebSocket *self, guint code, HnSlice reason)
{
  char body[HN_WS_CONTROL_BYTES_MAX];
  gsize n = hn_ws_write_close (body, code, reason);
  g_autoptr (HnWsMessage) frame = hn_websocket_make_frame (self, HN_WS_CLOSE, (HnSlice){ body, n });

  hn_ws_queue_push (&self->queue, frame);
}

/* More waits than may: the last moment to ask whether the socket takes it. */
static void
crowd (HnWebSocket *self)
{
  if (flush (self) && hn_websocket_get_queued (self) > self->hub->bounds.queue_bytes_max)
    hn_websocket_end (self, HN_WEBSOCKET_SLOW, HN_WS_CLOSE_TRY_LATER, hn_slice_of ("Slow consumer"));
}

static void
queue_message (HnWebSocket *self, HnWsMessage *message)
{
  HnWebSocketFigures *figures = &self->hub->figures;

  hn_ws_queue_push (&self->queue, message);
  count_queue (self);
  figures->messages_out++;
  figures->bytes_out += hn_ws_message_get_frame (message).length;
  hn_websocket_hub_due (self->hub, self);
  if (self->queue.bytes > self->hub->bounds.queue_bytes_max)
    crowd (self);
}

void
hn_websocket_send (HnWebSocket *self, HnWsMessage *message)
{
  g_autoptr (HnWsMessage) masked = NULL;

  if (self->state != HN_WEBSOCKET_OPEN)
    return;
  if (self->client)
    masked = hn_websocket_make_frame (self, HN_WS_TEXT, hn_ws_message_get_text (message));
  queue_message (self, masked != NULL ? masked : message);
}

void
hn_websocket_send_text (HnWebSocket *self, const char *text, gsize length)
{
  g_autoptr (HnWsMessage) message = NULL;

  if (self->state != HN_WEBSOCKET_OPEN)
    return;
  message = hn_websocket_make_frame (self, HN_WS_TEXT, (HnSlice){ text, length });
  queue_message (self, message);
}

void
hn_websocket_ask (HnWebSocket *self)
{
  g_autoptr (HnWsMessage) ping
    = self->client ? hn_websocket_make_frame (self, HN_WS_PING, (HnSlice){ "", 0 }) : hn_ws_message_ref (self->hub->ping);

  hn_ws_queue_push_first (&self->queue, ping);
  count_queue (self);
  hn_websocket_hub_wait (self->hub, &self->hub->asked, &self->liveness, self);
  hn_websocket_hub_due (self->hub, self);
}

/* ---- ends ---- */

static void
release_wire (HnWebSocket *self)
{
  gboolean lacks = self->queue.bytes > 0 || (self->wire != NULL && hn_wire_get_pending (self->wire) > 0);

  self->state = HN_WEBSOCKET_GONE;
  hn_lane_leave (&self->liveness);
  hn_lane_leave (&self->wait);
  hn_ws_queue_clear (&self->queue);
  count_queue (self);
  g_clear_pointer (&self->pong, hn_ws_message_unref);
  hn_ws_reader_clear (&self->reader);
  if (lacks)
    hn_wire_reset (g_steal_pointer (&self->wire)); /* what it got must not look whole */
  g_clear_pointer (&self->wire, hn_wire_free);
}

static void
destroy (HnWebSocket *self)
{
  release_wire (self);
  hn_websocket_hub_not_due (self->hub, self);
  g_clear_pointer (&self->opening, hn_websocket_opening_free);
  g_free (self->ending);
  hn_poller_defer (self->hub->poller, g_free, self);
}

static void
note_end (HnWebSocket *self, HnWebSocketEnd end, guint code, HnSlice reason)
{
  gsize length = MIN (reason.length, HN_WS_REASON_BYTES_MAX);

  self->ending = g_new0 (HnWebSocketEnding, 1);
  self->ending->end = end;
  self->ending->code = code;
  memcpy (self->ending->reason, length > 0 ? reason.text : "", length);
  hn_websocket_hub_due (self->hub, self);
}

static gboolean
has_ended (HnWebSocket *self)
{
  return self->told || self->ending != NULL;
}

void
hn_websocket_drop (HnWebSocket *self)
{
  release_wire (self);
  if (self->events == NULL)
    destroy (self);
}

void
hn_websocket_lose (HnWebSocket *self)
{
  if (!has_ended (self))
    note_end (self, HN_WEBSOCKET_LOST, HN_WS_CLOSE_LOST, hn_slice_of ("connection lost"));
  hn_websocket_drop (self);
}

void
hn_websocket_end (HnWebSocket *self, HnWebSocketEnd end, guint code, HnSlice reason)
{
  if (has_ended (self))
    return;
  note_end (self, end, code, reason);
  if (self->state == HN_WEBSOCKET_OPENING) {
    g_clear_pointer (&self->opening, hn_websocket_opening_free);
    release_wire (self);
    return;
  }
  self->state = HN_WEBSOCKET_CLOSING;
  self->heard_close = end == HN_WEBSOCKET_BY_PEER || end == HN_WEBSOCKET_WRONG;
  hn_lane_leave (&self->liveness);
  hn_websocket_hub_wait (self->hub, &self->hub->closing, &self->wait, self);
  g_clear_pointer (&self->pong, hn_ws_message_unref);
  if (end == HN_WEBSOCKET_SLOW || end == HN_WEBSOCKET_SILENT)
    hn_ws_queue_drop (&self->queue);
  queue_close (self, code, reason);
  count_queue (self);
  hn_wire_again (self->wire); /* it may have been paused */
}

void
hn_websocket_close (HnWebSocket *self, guint code, const char *reason)
{
  g_return_if_fail (hn_ws_code_may_be_sent (code));
  if (self->state == HN_WEBSOCKET_OPEN)
    hn_websocket_end (self, HN_WEBSOCKET_BY_US, code, hn_slice_of (reason != NULL ? reason : ""));
}

static void
count_end (HnWebSocket *self, HnWebSocketEnd end)
{
  self->told = TRUE;
  self->hub->figures.closed[end]++;
  if (end != HN_WEBSOCKET_REFUSED)
    self->hub->figures.open--;
}

/* The owner may free the socket. */
static void
tell (HnWebSocket *self)
{
  g_autofree HnWebSocketEnding *ending = g_steal_pointer (&self->ending);

  count_end (self, ending->end);
  if (self->events != NULL)
    self->events->closed (self, ending->end, ending->code, ending->reason, self->user_data);
}

static void
end_connection (HnWebSocket *self)
{
  if (self->state != HN_WEBSOCKET_CLOSING || !self->heard_close || self->queue.bytes > 0 || self->said_end)
    return;
  self->said_end = TRUE;
  hn_wire_shutdown (self->wire);
}

void
hn_websocket_turn (HnWebSocket *self)
{
  gboolean orphan = self->events == NULL;

  if (self->wire != NULL && self->state != HN_WEBSOCKET_OPENING) {
    if (self->pong != NULL && !hn_wire_is_blocked (self->wire)) {
      hn_ws_queue_push_first (&self->queue, self->pong);
      g_clear_pointer (&self->pong, hn_ws_message_unref);
    }
    if (flush (self))
      end_connection (self);
    else
      hn_websocket_lose (self);
  }
  if (!orphan && self->ending != NULL)
    tell (self);
}

/* ---- events of the connection ---- */

static void
on_ready (gpointer user_data)
{
  HnWebSocket *self = user_data;

  hn_websocket_hub_due (self->hub, self);
  if (!hn_websocket_input_read (self))
    hn_websocket_lose (self);
  else if (self->events == NULL && self->state == HN_WEBSOCKET_OPEN)
    destroy (self); /* freed while a message was delivered */
}

/* ---- the rest ---- */

void
hn_websocket_pause (HnWebSocket *self)
{
  if (self->pauses++ > 0 || self->state != HN_WEBSOCKET_OPEN)
    return;
  hn_lane_leave (&self->liveness);
  hn_lane_leave (&self->wait);
}

void
hn_websocket_resume (HnWebSocket *self)
{
  g_return_if_fail (self->pauses > 0);
  if (--self->pauses > 0 || self->state != HN_WEBSOCKET_OPEN)
    return;
  hn_websocket_hub_wait (self->hub, &self->hub->quiet, &self->liveness, self);
  hn_wire_again (self->wire);
}

gboolean
hn_websocket_is_open (HnWebSocket *self)
{
  return self->state == HN_WEBSOCKET_OPEN;
}

gsize
hn_websocket_get_queued (HnWebSocket *self)
{
  return self->queue.bytes + (self->wire != NULL ? hn_wire_get_pending (self->wire) : 0);
}

HnWebSocket *
hn_websocket_make (HnWebSocketHub *hub, const HnWebSocketEvents *events, gpointer user_data)
{
  HnWebSocket *self = g_new0 (HnWebSocket, 1);

  self->hub = hub;
  self->events = events;
  self->user_data = user_data;
  hn_ws_reader_init (&self->reader);
  return self;
}

void
hn_websocket_begin (HnWebSocket *self, HnWire *wire)
{
  int unsent_bytes = HN_LIMIT_WS_UNSENT_BYTES;

  self->wire = wire;
  self->state = HN_WEBSOCKET_OPEN;
  self->hub->figures.opened++;
  self->hub->figures.open++;
  setsockopt (hn_wire_get_fd (wire), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
  hn_lane_leave (&self->wait);
  if (self->pauses == 0)
    hn_websocket_hub_wait (self->hub, &self->hub->quiet, &self->liveness, self);
  hn_wire_set_ready (wire, on_ready, self);
  hn_wire_again (wire);
}

HnWebSocket *
hn_websocket_new (HnWebSocketHub *hub, HnWire *wire, const HnWebSocketEvents *events, gpointer user_data)
{
  HnWebSocket *self = hn_websocket_make (hub, events, user_data);

  hn_websocket_begin (self, wire);
  return self;
}

void
hn_websocket_free (HnWebSocket *self)
{
  if (self == NULL)
    return;
  self->events = NULL;
  if (!self->told && self->state != HN_WEBSOCKET_OPENING)
    count_end (self, self->ending != NULL ? self->ending->end : HN_WEBSOCKET_BY_US);
  g_clear_pointer (&self->ending, g_free);
  if (self->state != HN_WEBSOCKET_CLOSING && !self->busy)
    destroy (self);
}
