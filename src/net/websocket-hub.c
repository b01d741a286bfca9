/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/websocket-private.h"

#include "base/clock.h"
#include "base/limits.h"

/* Rules: all sockets of a hub have the same periods, so each kind of deadline is a lane, and one timer waits for the first of them. It is armed earlier when it
 * must be and never later: what it finds too early is looked at again. Ten thousand that came together are due together: some are
 * seen to in a turn, and what others say goes on in between. */

#define OVERDUE_PER_TURN 256 /* of each kind */

/* ---- deadlines ---- */

static void
arm (HnWebSocketHub *self, gint64 deadline_us)
{
  if (deadline_us == HN_NEVER || (self->armed_us != HN_NEVER && self->armed_us <= deadline_us))
    return;
  self->armed_us = deadline_us;
  hn_timer_arm (self->timer, deadline_us);
}

static void
end_silent (HnWebSocket *socket)
{
  hn_websocket_end (socket, HN_WEBSOCKET_SILENT, HN_WS_CLOSE_INTERNAL, hn_slice_of ("keepalive ping timeout"));
}

static void
end_unfinished (HnWebSocket *socket)
{
  hn_websocket_end (socket, HN_WEBSOCKET_WRONG, HN_WS_CLOSE_POLICY, hn_slice_of ("Message timeout"));
}

static void
end_unanswered (HnWebSocket *socket)
{
  hn_websocket_end (socket, HN_WEBSOCKET_REFUSED, HN_WS_CLOSE_LOST, hn_slice_of ("the server did not answer in time"));
}

static void
on_time (gpointer user_data)
{
  HnWebSocketHub *self = user_data;
  const struct {
    HnLane *lane;
    void (*overdue) (HnWebSocket *socket);
  } rows[] = {
    { &self->quiet, hn_websocket_ask }, { &self->asked, end_silent }, { &self->messages, end_unfinished },
    { &self->opening, end_unanswered }, { &self->closing, hn_websocket_drop },
  };
  gint64 now_us = hn_poller_now_us (self->poller);

  self->armed_us = HN_NEVER;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    HnWebSocket *socket;

    for (guint n = 0; n < OVERDUE_PER_TURN && (socket = hn_lane_pop (rows[i].lane, now_us)) != NULL; n++)
      rows[i].overdue (socket);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    arm (self, hn_lane_get_deadline (rows[i].lane));
}

void
hn_websocket_hub_wait (HnWebSocketHub *self, HnLane *lane, HnLaneSeat *seat, HnWebSocket *socket)
{
  hn_lane_enter (lane, seat, socket, hn_poller_now_us (self->poller));
  arm (self, hn_lane_get_deadline (lane));
}

/* ---- the end of a turn ---- */

static void
end_turn (gpointer data)
{
  HnWebSocketHub *self = data;

  for (guint i = 0; i < self->due->len; i++) {
    HnWebSocket *socket = g_ptr_array_index (self->due, i);

    if (socket == NULL)
      continue;
    socket->due_at = 0;
    hn_websocket_turn (socket);
  }
  g_ptr_array_set_size (self->due, 0);
  self->turn_is_set = FALSE;
}

void
hn_websocket_hub_due (HnWebSocketHub *self, HnWebSocket *socket)
{
  if (socket->due_at > 0)
    return;
  g_ptr_array_add (self->due, socket);
  socket->due_at = self->due->len;
  if (!self->turn_is_set)
    hn_poller_defer (self->poller, end_turn, self);
  self->turn_is_set = TRUE;
}

void
hn_websocket_hub_not_due (HnWebSocketHub *self, HnWebSocket *socket)
{
  if (socket->due_at > 0)
    g_ptr_array_index (self->due, socket->due_at - 1) = NULL;
  socket->due_at = 0;
}

/* ---- the rest ---- */

const HnWebSocketFigures *
hn_websocket_hub_get_figures (HnWebSocketHub *self)
{
  return &self->figures;
}

guint
hn_websocket_hub_get_closing (HnWebSocketHub *self)
{
  return self->closing.seats.length;
}

HnWebSocketHub *
hn_websocket_hub_new (HnPoller *poller, const HnWebSocketBounds *bounds)
{
  HnWebSocketHub *self = g_new0 (HnWebSocketHub, 1);

  self->poller = poller;
  self->bounds = *bounds;
  self->rules_for_clients = (HnWsReaderRules){ bounds->message_bytes_max, bounds->fragments_max, TRUE };
  self->rules_for_servers = (HnWsReaderRules){ bounds->message_bytes_max, bounds->fragments_max, FALSE };
  self->quiet.span_us = bounds->ping_us;
  self->asked.span_us = bounds->pong_us;
  self->messages.span_us = bounds->message_us;
  self->closing.span_us = MAX (bounds->close_us, 1);
  self->opening.span_us = hn_seconds (HN_LIMIT_WS_OPEN_SECONDS);
  self->armed_us = HN_NEVER;
  self->timer = hn_timer_new (on_time, self);
  self->due = g_ptr_array_new ();
  self->ping = hn_ws_message_new_frame (HN_WS_PING, (HnSlice){ "", 0 }, NULL);
  return self;
}

static void
release (gpointer data)
{
  HnWebSocketHub *self = data;

  g_ptr_array_unref (self->due);
  g_free (self);
}

void
hn_websocket_hub_free (HnWebSocketHub *self)
{
  HnWebSocket *socket;

  if (self == NULL)
    return;
  while ((socket = hn_lane_pop (&self->closing, G_MAXINT64)) != NULL)
    hn_websocket_drop (socket);
  hn_timer_free (self->timer);
  hn_ws_message_unref (self->ping);
  hn_random_free (self->random);
  hn_poller_defer (self->poller, release, self); /* behind the end of this turn */
}
