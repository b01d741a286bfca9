/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/front.h"
#include "net/websocket.h"

/* The product's front door and its WebSockets without rooms: `bench-signalling-own HOST PORT`. Path /N is room N; each message goes to all others as it came. What is more expensive in
 * `hydraneckwebrtc rooms` is the rooms'. */

#define QUEUE_BYTES (1 << 20)

typedef struct {
  GPtrArray *room;
  HnWebSocket *socket;
} Member;

typedef struct {
  HnWebSocketHub *hub;
  GHashTable *rooms; /* path → GPtrArray of Member */
} Bench;

static void
on_message (HnWebSocket *socket, HnSlice text, gboolean binary, gpointer user_data)
{
  Member *self = user_data;
  g_autoptr (HnWsMessage) message = hn_ws_message_new (text.text, text.length);

  for (guint i = 0; i < self->room->len; i++) {
    Member *other = g_ptr_array_index (self->room, i);

    if (other != self)
      hn_websocket_send (other->socket, message);
  }
}

static void
on_closed (HnWebSocket *socket, HnWebSocketEnd end, guint code, const char *reason, gpointer user_data)
{
  Member *self = user_data;

  g_ptr_array_remove_fast (self->room, self);
  hn_websocket_free (socket);
  g_free (self);
}

static const HnWebSocketEvents socket_events = { .message = on_message, .closed = on_closed };

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer user_data)
{
  Bench *self = user_data;
  g_autofree char *path = g_strndup (head->path.text, head->path.length);
  Member *member = g_new0 (Member, 1);

  member->room = g_hash_table_lookup (self->rooms, path);
  if (member->room == NULL)
    g_hash_table_insert (self->rooms, g_strdup (path), member->room = g_ptr_array_new ());
  ret_route->kind = HN_ROUTE_WEBSOCKET;
  ret_route->websocket_data = member;
  ret_route->websocket_data_free = g_free;
}

static void
on_websocket (HnWire *wire, const HnPeer *peer, gpointer websocket_data, gpointer user_data)
{
  Bench *self = user_data;
  Member *member = websocket_data;

  member->socket = hn_websocket_new (self->hub, wire, &socket_events, member);
  g_ptr_array_add (member->room, member);
}

static const HnFrontEvents front_events = { .route = on_route, .websocket = on_websocket };

int
main (int argc, char **argv)
{
  static const HnWebSocketBounds bounds = { .message_bytes_max = 65536, .fragments_max = HN_LIMIT_WS_FRAGMENTS, .queue_bytes_max = QUEUE_BYTES, .ping_us = 25000000,
                                            .pong_us = 10000000, .message_us = 10000000, .close_us = 1000000 };
  Bench self = { .rooms = g_hash_table_new (g_str_hash, g_str_equal) };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (HnPoller) poller = hn_poller_new (NULL);
  g_autoptr (GError) error = NULL;
  HnFrontOptions options = { .keepalive_timeout_us = hn_seconds (60) };
  int fd;

  if (argc != 3 || !g_str_has_prefix (argv[1], "127."))
    return 64;
  signal (SIGPIPE, SIG_IGN);
  self.hub = hn_websocket_hub_new (poller, &bounds);
  fd = hn_front_bind (argv[1], (guint16) atoi (argv[2]), &error);
  if (fd < 0) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  hn_front_new (poller, fd, &options, &front_events, &self);
  puts ("ready");
  fflush (stdout);
  g_main_loop_run (loop);
  return 0;
}
