/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/websocket-private.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "net/ws-handshake.h"

/* Rules: the name is looked up and the connection begun by GIO, whose socket is then ours; from there on it is a wire like any. What is under way when its socket
 * ends is cancelled, and freed when GIO has heard of it. */

#define KEY_BYTES 16

struct _HnWebSocketOpening {
  HnWebSocket *socket; /* NULL: it has ended */
  GSocketClient *client;
  GCancellable *cancellable;
  gboolean connecting;
  GByteArray *request;
  char *key;
  char *offered; /* (nullable): Sec-WebSocket-Protocol */
};

static void
release (HnWebSocketOpening *self)
{
  g_clear_object (&self->client);
  g_clear_object (&self->cancellable);
  g_byte_array_unref (self->request);
  g_free (self->key);
  g_free (self->offered);
  g_free (self);
}

void
hn_websocket_opening_free (HnWebSocketOpening *self)
{
  if (self == NULL)
    return;
  self->socket = NULL;
  if (self->connecting)
    g_cancellable_cancel (self->cancellable);
  else
    release (self);
}

static void
refuse (HnWebSocket *socket, const char *why)
{
  hn_websocket_end (socket, HN_WEBSOCKET_REFUSED, HN_WS_CLOSE_LOST, hn_slice_of (why));
}

/* ---- the answer ---- */

static void
open_socket (HnWebSocket *socket, HnSlice protocol, gsize head_bytes)
{
  g_autofree char *chosen = protocol.length > 0 ? hn_slice_dup (protocol) : NULL;

  hn_wire_consume (socket->wire, head_bytes);
  g_clear_pointer (&socket->opening, hn_websocket_opening_free);
  hn_websocket_begin (socket, socket->wire);
  if (socket->events->opened != NULL)
    socket->events->opened (socket, chosen, socket->user_data);
}

static void
take_answer (HnWebSocketOpening *self, HnSlice input, gsize head_bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_response (input.text, head_bytes, &error);
  g_autofree char *text = NULL;
  HnSlice protocol = { NULL, 0 };
  const char *wrong;

  if (head == NULL) {
    text = g_strdup_printf ("the server does not speak HTTP: %s", error->message);
    refuse (self->socket, text);
    return;
  }
  wrong = hn_ws_check_switch (head, self->key, self->offered, &protocol);
  if (wrong == NULL) {
    open_socket (self->socket, protocol, head_bytes);
    return;
  }
  if (head->status != 101)
    text = g_strdup_printf ("the server answers %u", head->status);
  refuse (self->socket, text != NULL ? text : wrong);
}

static void
on_ready (gpointer user_data)
{
  HnWebSocketOpening *self = user_data;
  HnWire *wire = self->socket->wire;
  HnWireResult result = hn_wire_flush (wire) ? HN_WIRE_OK : HN_WIRE_ERROR;

  while (result == HN_WIRE_OK) {
    HnSlice input = hn_wire_get_input (wire);
    gsize found = input.length > 0 ? hn_http_head_find_end (input.text, input.length) : 0;

    if (found > 0) {
      take_answer (self, input, found);
      return;
    }
    result = hn_wire_fill (wire, HN_LIMIT_HEAD_BYTES);
  }
  if (result != HN_WIRE_BLOCKED)
    refuse (self->socket, result == HN_WIRE_FULL ? "the server's head is too long" : "the server closed the connection");
}

/* ---- the connection ---- */

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  HnWebSocketOpening *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  struct iovec part = { self->request->data, self->request->len };
  int on = 1;
  int fd;

  self->connecting = FALSE;
  if (self->socket == NULL) {
    release (self);
    return;
  }
  fd = connection != NULL ? fcntl (g_socket_get_fd (g_socket_connection_get_socket (connection)), F_DUPFD_CLOEXEC, 3) : -1;
  if (fd < 0) {
    refuse (self->socket, error != NULL ? error->message : "no file descriptor is left");
    return;
  }
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  self->socket->wire = hn_wire_new (self->socket->hub->poller, fd, on_ready, self);
  hn_wire_send (self->socket->wire, &part, 1);
}

static void
start (HnWebSocket *socket, GUri *url, const char *const *fields)
{
  HnWebSocketOpening *self = g_new0 (HnWebSocketOpening, 1);
  int port = g_uri_get_port (url) > 0 ? g_uri_get_port (url) : 80;
  const char *path = *g_uri_get_path (url) != '\0' ? g_uri_get_path (url) : "/";
  const char *query = g_uri_get_query (url);
  g_autofree char *target = g_strconcat (path, query != NULL ? "?" : NULL, query, NULL);
  g_autofree char *bracketed = g_strdup_printf (strchr (g_uri_get_host (url), ':') != NULL ? "[%s]" : "%s", g_uri_get_host (url));
  g_autofree char *host = g_strdup_printf ("%s:%d", bracketed, port);
  guint8 key[KEY_BYTES];

  if (socket->hub->random == NULL)
    socket->hub->random = hn_random_new_system ();
  hn_random_bytes (socket->hub->random, key, sizeof key);
  self->socket = socket;
  self->key = g_base64_encode (key, sizeof key);
  self->request = g_byte_array_new ();
  for (guint i = 0; fields != NULL && fields[i] != NULL; i += 2)
    if (g_ascii_strcasecmp (fields[i], "Sec-WebSocket-Protocol") == 0)
      self->offered = g_strdup (fields[i + 1]);
  hn_ws_write_request (target, host, self->key, fields, self->request);
  self->client = g_socket_client_new ();
  g_socket_client_set_enable_proxy (self->client, FALSE);
  self->cancellable = g_cancellable_new ();
  self->connecting = TRUE;
  socket->opening = self;
  g_socket_client_connect_to_host_async (self->client, g_uri_get_host (url), (guint16) port, self->cancellable, on_connected, self);
}

HnWebSocket *
hn_websocket_connect (HnWebSocketHub *hub, const char *url, const char *const *headers, const HnWebSocketEvents *events,
                      gpointer user_data)
{
  HnWebSocket *self = hn_websocket_make (hub, events, user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) parsed = g_uri_parse (url, G_URI_FLAGS_ENCODED, &error);

  self->client = TRUE;
  hn_websocket_hub_wait (hub, &hub->opening, &self->wait, self);
  if (parsed == NULL)
    refuse (self, error->message);
  else if (g_strcmp0 (g_uri_get_scheme (parsed), "ws") != 0 || g_uri_get_host (parsed) == NULL || *g_uri_get_host (parsed) == '\0')
    refuse (self, "only ws://HOST is spoken");
  else
    start (self, parsed, headers);
  return self;
}
