/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/front.h"
#include "net/websocket.h"

/* A server of WebSockets on the front door, for peers that others wrote: `websocket-server HOST [NAME=VALUE…]`. It prints its port, and ends when its standard input
 * does. `/echo` sends back what comes, `/room` sends it to everybody there, `/count` only counts; `GET /figures` tells what the hub counted and what the process needs. */

typedef struct _Server Server;

typedef enum { ECHO, ROOM, COUNT } Kind;

typedef struct {
  Server *server;
  HnWebSocket *socket;
  Kind kind;
  GList link;
} Member;

struct _Server {
  HnPoller *poller;
  HnFront *front;
  HnWebSocketHub *hub;
  GQueue room;
  GHashTable *members; /* set of Member */
  GMainLoop *loop;
};

/* ---- sockets ---- */

static void
member_free (Member *self)
{
  if (self->kind == ROOM)
    g_queue_unlink (&self->server->room, &self->link);
  hn_websocket_free (self->socket);
  g_free (self);
}

static void
member_leave (Member *self)
{
  g_hash_table_remove (self->server->members, self);
}

static void
on_message (HnWebSocket *socket, HnSlice text, gboolean binary, gpointer user_data)
{
  Member *self = user_data;
  g_autoptr (HnWsMessage) message = NULL;

  if (self->kind == COUNT)
    return;
  message = hn_ws_message_new_frame (binary ? HN_WS_BINARY : HN_WS_TEXT, text, NULL);
  if (self->kind == ECHO)
    hn_websocket_send (socket, message);
  else
    for (GList *at = self->server->room.head; at != NULL; at = at->next)
      hn_websocket_send (((Member *) at->data)->socket, message);
}

static void
on_closed (HnWebSocket *socket, HnWebSocketEnd end, guint code, const char *reason, gpointer user_data)
{
  member_leave (user_data);
}

static const HnWebSocketEvents socket_events = { .message = on_message, .closed = on_closed };

/* ---- the front door ---- */

static char *
figures (Server *self)
{
  const HnWebSocketFigures *all = hn_websocket_hub_get_figures (self->hub);
  g_autofree char *status = NULL;
  const char *resident;
  GString *text = g_string_new (NULL);

  g_file_get_contents ("/proc/self/status", &status, NULL, NULL);
  resident = status != NULL ? strstr (status, "VmRSS:") : NULL;
  g_string_append_printf (text, "{\"opened\":%zu,\"open\":%u,\"closing\":%u,\"queued\":%zu,", (gsize) all->opened, all->open,
                          hn_websocket_hub_get_closing (self->hub), all->queued_bytes);
  g_string_append_printf (text, "\"messages_in\":%zu,\"messages_out\":%zu,\"pings\":%zu,", (gsize) all->messages_in, (gsize) all->messages_out,
                          (gsize) all->pings_in);
  g_string_append_printf (text, "\"resident_kb\":%ld,\"cpu_ms\":%ld,\"closed\":[", resident != NULL ? strtol (resident + 6, NULL, 10) : -1,
                          (long) (clock () / (CLOCKS_PER_SEC / 1000)));
  for (int i = 0; i < HN_WEBSOCKET_N_ENDS; i++)
    g_string_append_printf (text, "%s%zu", i > 0 ? "," : "", (gsize) all->closed[i]);
  g_string_append (text, "]}");
  return g_string_free (text, FALSE);
}

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer user_data)
{
  static const char *const paths[] = { "/echo", "/room", "/count" };
  Server *self = user_data;

  if (hn_slice_equal (head->path, "/figures")) {
    ret_route->kind = HN_ROUTE_ANSWER;
    ret_route->status = 200;
    ret_route->answer = figures (self);
    return;
  }
  for (guint kind = 0; kind < G_N_ELEMENTS (paths); kind++) {
    Member *member;

    if (!hn_slice_equal (head->path, paths[kind]))
      continue;
    member = g_new0 (Member, 1);
    *member = (Member){ .server = self, .kind = kind, .link.data = member };
    ret_route->kind = HN_ROUTE_WEBSOCKET;
    ret_route->websocket_data = member;
    ret_route->websocket_data_free = g_free;
    ret_route->protocol = g_strdup (hn_http_head_find (head, "Sec-WebSocket-Protocol") != NULL ? "test.v1" : NULL);
  }
}

static void
on_websocket (HnWire *wire, const HnPeer *peer, gpointer websocket_data, gpointer user_data)
{
  Server *self = user_data;
  Member *member = websocket_data;

  g_hash_table_add (self->members, member);
  member->socket = hn_websocket_new (self->hub, wire, &socket_events, member);
  if (member->kind == ROOM)
    g_queue_push_tail_link (&self->room, &member->link);
}

static const HnFrontEvents front_events = { .route = on_route, .websocket = on_websocket };

static gboolean
on_input (int fd, GIOCondition condition, gpointer user_data)
{
  char bytes[64];

  if (read (fd, bytes, sizeof bytes) > 0)
    return G_SOURCE_CONTINUE;
  g_main_loop_quit (((Server *) user_data)->loop);
  return G_SOURCE_REMOVE;
}

/* ---- main ---- */

/* NAME=VALUE, in milliseconds or bytes. */
static gboolean
take_word (const char *word, HnWebSocketBounds *bounds, HnFrontOptions *options)
{
  g_auto (GStrv) pair = g_strsplit (word, "=", 2);
  gint64 number = pair[1] != NULL ? g_ascii_strtoll (pair[1], NULL, 10) : -1;

  if (number < 0)
    return FALSE;
  if (strcmp (pair[0], "ping_ms") == 0)
    bounds->ping_us = number * 1000;
  else if (strcmp (pair[0], "pong_ms") == 0)
    bounds->pong_us = number * 1000;
  else if (strcmp (pair[0], "message_ms") == 0)
    bounds->message_us = number * 1000;
  else if (strcmp (pair[0], "close_ms") == 0)
    bounds->close_us = number * 1000;
  else if (strcmp (pair[0], "message_bytes") == 0)
    bounds->message_bytes_max = (gsize) number;
  else if (strcmp (pair[0], "head_ms") == 0)
    options->head_timeout_us = number * 1000;
  else if (strcmp (pair[0], "tls") == 0)
    options->tls = hn_tls_new_stand_in ("localhost");
  else
    return FALSE;
  return TRUE;
}

int
main (int argc, char **argv)
{
  HnWebSocketBounds bounds = {
    .message_bytes_max = 65536,
    .fragments_max = HN_LIMIT_WS_FRAGMENTS,
    .queue_bytes_max = HN_LIMIT_WS_QUEUE_BYTES,
    .ping_us = hn_seconds (HN_LIMIT_WS_PING_SECONDS),
    .pong_us = hn_seconds (HN_LIMIT_WS_PONG_SECONDS),
    .message_us = hn_seconds (HN_LIMIT_WS_MESSAGE_SECONDS),
    .close_us = hn_seconds (HN_LIMIT_WS_CLOSE_SECONDS),
  };
  HnFrontOptions options = { .connections_max = 30000 };
  g_autoptr (GError) error = NULL;
  Server self = { .loop = g_main_loop_new (NULL, FALSE) };
  int fd;

  for (int i = 2; i < argc; i++)
    if (!take_word (argv[i], &bounds, &options))
      return 64;
  fd = argc > 1 ? hn_front_bind (argv[1], 0, &error) : -1;
  if (fd < 0) {
    g_printerr ("%s\n", error != NULL ? error->message : "usage: websocket-server HOST [NAME=VALUE...]");
    return 64;
  }
  self.members = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) member_free, NULL);
  self.poller = hn_poller_new (NULL);
  self.hub = hn_websocket_hub_new (self.poller, &bounds);
  self.front = hn_front_new (self.poller, fd, &options, &front_events, &self);
  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, &self);
  printf ("%u\n", hn_front_get_port (self.front));
  fflush (stdout);
  g_main_loop_run (self.loop);
  hn_front_free (self.front);
  g_hash_table_unref (self.members);
  hn_websocket_hub_free (self.hub);
  hn_poller_free (self.poller);
  hn_tls_unref (options.tls);
  g_main_loop_unref (self.loop);
  return 0;
}
