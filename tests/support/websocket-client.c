/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/websocket.h"

/* Our client's end beside servers that others wrote: `websocket-client URL`. The server echoes, and closes with 4003 when it is told `close`. Says how it went; exit
 * status 0 if all came back. */

typedef struct {
  GMainLoop *loop;
  HnWebSocket *socket;
  guint step;
  gboolean fine;
} Talk;

static const gsize lengths[] = { 0, 1, 125, 126, 127, 65535, 65536 };

static void
say_next (Talk *self)
{
  g_autofree char *text = NULL;

  if (self->step == G_N_ELEMENTS (lengths)) {
    hn_websocket_send_text (self->socket, "close", 5);
    return;
  }
  text = g_strnfill (lengths[self->step], 'x');
  hn_websocket_send_text (self->socket, text, lengths[self->step]);
}

static void
on_opened (HnWebSocket *socket, const char *protocol, gpointer user_data)
{
  say_next (user_data);
}

static void
on_message (HnWebSocket *socket, HnSlice message, gboolean binary, gpointer user_data)
{
  Talk *self = user_data;

  if (self->step < G_N_ELEMENTS (lengths) && message.length == lengths[self->step] && !binary)
    self->step++;
  say_next (self);
}

static void
on_closed (HnWebSocket *socket, HnWebSocketEnd end, guint code, const char *reason, gpointer user_data)
{
  Talk *self = user_data;

  printf ("%u of %zu came back, end %d, code %u, %s\n", self->step, G_N_ELEMENTS (lengths), end, code, reason);
  self->fine = self->step == G_N_ELEMENTS (lengths) && end == HN_WEBSOCKET_BY_PEER && code == 4003;
  g_main_loop_quit (self->loop);
}

static const HnWebSocketEvents events = { on_opened, on_message, on_closed };

int
main (int argc, char **argv)
{
  const HnWebSocketBounds bounds = {
    .message_bytes_max = 65536,
    .fragments_max = HN_LIMIT_WS_FRAGMENTS,
    .queue_bytes_max = HN_LIMIT_WS_QUEUE_BYTES,
    .ping_us = hn_seconds (1),
    .pong_us = hn_seconds (5),
    .message_us = hn_seconds (5),
    .close_us = hn_seconds (5),
  };
  Talk self = { .loop = g_main_loop_new (NULL, FALSE) };
  HnPoller *poller = hn_poller_new (NULL);
  HnWebSocketHub *hub = hn_websocket_hub_new (poller, &bounds);

  if (argc < 2)
    return 64;
  self.socket = hn_websocket_connect (hub, argv[1], NULL, &events, &self);
  g_main_loop_run (self.loop);
  hn_websocket_free (self.socket);
  while (hn_websocket_hub_get_closing (hub) > 0)
    g_main_context_iteration (NULL, TRUE);
  hn_websocket_hub_free (hub);
  hn_poller_free (poller);
  g_main_loop_unref (self.loop);
  return self.fine ? 0 : 1;
}
