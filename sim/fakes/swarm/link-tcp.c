/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a server's link holds one request at a time, what is pipelined waits unread; a client's link hands out answers in their order.
 * Memory lives until the end of the poller's turn, so an event may free the link that it came from. */
#include "sim/fakes/swarm/link-tcp.h"

#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http-body.h"
#include "net/wire.h"

#define FILLS_PER_TURN 16
#define BACKLOG 1024

struct SimLink {
  HnPoller *poller;
  HnWire *wire; /* NULL once it is freed */
  const SimLinkEvents *events;
  gpointer user;
  gboolean is_server;
  gboolean connecting;
  gboolean busy; /* server: a request is being answered */
  gboolean upgraded;
  GByteArray *early; /* (nullable) sent before the connection was there */
};

static void
end (SimLink *self)
{
  self->events->closed (self, self->user);
}

/* ---- HTTP ---- */

/* The body of a message whose head is @head_bytes long: bytes taken behind the head, 0 when more is needed, -1 when it is malformed. */
static gssize
take_body (const HnHttpHead *head, HnSlice rest, gboolean at_end, GByteArray **ret_body)
{
  HnHttpBody state;
  GByteArray *body;
  gsize used = 0;
  gsize payload = 0;

  if (head->body == HN_HTTP_BODY_UNTIL_CLOSE && !at_end)
    return 0;
  if (head->body == HN_HTTP_BODY_LENGTH && (gint64)rest.length < head->content_length)
    return 0;
  body = g_byte_array_sized_new ((guint)rest.length + 1);
  g_byte_array_append (body, (const guint8 *)rest.text, (guint)rest.length);
  *ret_body = body;
  if (head->body == HN_HTTP_BODY_UNTIL_CLOSE)
    return (gssize)rest.length;
  hn_http_body_init (&state, head->body, head->content_length);
  if (!hn_http_body_feed (&state, (char *)body->data, rest.length, &used, &payload, NULL))
    return -1;
  g_byte_array_set_size (body, (guint)payload);
  return hn_http_body_is_done (&state) ? (gssize)used : 0;
}

static gboolean
has_no_body (const HnHttpHead *head)
{
  if (!head->is_response)
    return head->body == HN_HTTP_BODY_NONE;
  return head->body == HN_HTTP_BODY_NONE || head->status < 200 || head->status == 204 || head->status == 304
         || (head->body == HN_HTTP_BODY_LENGTH && head->content_length == 0);
}

/* TRUE when a message was handed out; FALSE when more is needed. @ret_broken: what came is no HTTP. */
static gboolean
take_message (SimLink *self, gboolean at_end, gboolean *ret_broken)
{
  HnSlice input = hn_wire_get_input (self->wire);
  gsize head_bytes = input.length > 0 ? hn_http_head_find_end (input.text, input.length) : 0;
  g_autoptr (HnHttpHead) head = NULL;
  g_autoptr (GByteArray) body = NULL;
  gssize used = 0;
  guint status = 0;

  if (head_bytes == 0)
    return FALSE;
  head = self->is_server ? hn_http_head_parse_request (input.text, head_bytes, &status, NULL)
                         : hn_http_head_parse_response (input.text, head_bytes, NULL);
  if (head == NULL) {
    *ret_broken = TRUE;
    return FALSE;
  }
  if (!has_no_body (head)) {
    HnSlice rest = { input.text + head_bytes, input.length - head_bytes };

    used = take_body (head, rest, at_end, &body);
    *ret_broken = used < 0;
    if (used < 0 || (used == 0 && (head->body != HN_HTTP_BODY_UNTIL_CLOSE || !at_end)))
      return FALSE;
  }
  self->busy = self->is_server;
  self->events->message (self, head, body != NULL ? (const char *)body->data : "", body != NULL ? body->len : 0, self->user);
  if (self->wire != NULL)
    hn_wire_consume (self->wire, head_bytes + (gsize)used);
  return TRUE;
}

static gboolean
take_frame (SimLink *self, gboolean *ret_broken)
{
  HnSlice input = hn_wire_get_input (self->wire);
  SimFrame frame;
  gssize used;

  if (input.length == 0)
    return FALSE;
  used = sim_frame_parse ((const guint8 *)input.text, input.length, self->is_server, &frame);
  *ret_broken = used < 0;
  if (used <= 0)
    return FALSE;
  if (self->events->frame != NULL)
    self->events->frame (self, &frame, self->user);
  if (self->wire != NULL)
    hn_wire_consume (self->wire, (gsize)used);
  return TRUE;
}

/* FALSE when the connection is of no more use, or gone. */
static gboolean
take_all (SimLink *self, gboolean at_end)
{
  gboolean broken = FALSE;

  while (self->wire != NULL && !broken) {
    if (self->upgraded ? !take_frame (self, &broken) : (self->busy || !take_message (self, at_end, &broken)))
      break;
  }
  return self->wire != NULL && !broken;
}

/* ---- the wire ---- */

static void
read_on (SimLink *self)
{
  for (int i = 0; i < FILLS_PER_TURN; i++) {
    HnWireResult result = hn_wire_fill (self->wire, SIM_LINK_MAX_BYTES);
    gboolean at_end = result == HN_WIRE_EOF || result == HN_WIRE_ERROR;
    gboolean good = take_all (self, result == HN_WIRE_EOF);

    if (self->wire == NULL)
      return;
    if (!good || at_end || (result == HN_WIRE_FULL && !self->busy && hn_wire_get_input (self->wire).length >= SIM_LINK_MAX_BYTES)) {
      end (self);
      return;
    }
    if (result == HN_WIRE_BLOCKED || (result == HN_WIRE_FULL && self->busy))
      return;
  }
  hn_wire_again (self->wire);
}

static void
send_early (SimLink *self)
{
  g_autoptr (GByteArray) early = g_steal_pointer (&self->early);

  self->connecting = FALSE;
  if (early != NULL)
    sim_link_send (self, early->data, early->len);
}

static void
on_ready (gpointer user)
{
  SimLink *self = user;
  gsize before = hn_wire_get_pending (self->wire);
  int code = 0;

  if (self->connecting) {
    if (!hn_wire_check_connect (self->wire, &code))
      return;
    if (code != 0) {
      end (self);
      return;
    }
    send_early (self);
  }
  if (!hn_wire_flush (self->wire)) {
    end (self);
    return;
  }
  if (before > 0 && hn_wire_get_pending (self->wire) == 0 && self->events->drained != NULL)
    self->events->drained (self, self->user);
  if (self->wire != NULL)
    read_on (self);
}

void
sim_link_send (SimLink *self, const void *bytes, gsize length)
{
  struct iovec part = { (void *)bytes, length };

  if (self->connecting) {
    if (self->early == NULL)
      self->early = g_byte_array_new ();
    g_byte_array_append (self->early, bytes, (guint)length);
  } else if (!hn_wire_send (self->wire, &part, 1)) {
    hn_wire_again (self->wire);
  }
}

void
sim_link_send_frame (SimLink *self, SimFrameKind kind, const void *payload, gsize length)
{
  static const guint8 mask[4] = { 0x5a, 0xc3, 0x17, 0x88 };
  g_autoptr (GByteArray) frame = sim_frame_write (kind, payload, length, self->is_server ? NULL : mask);

  sim_link_send (self, frame->data, frame->len);
}

gsize
sim_link_pending (SimLink *self)
{
  return hn_wire_get_pending (self->wire) + (self->early != NULL ? self->early->len : 0);
}

void
sim_link_next (SimLink *self)
{
  self->busy = FALSE;
  hn_wire_again (self->wire);
}

void
sim_link_upgrade (SimLink *self)
{
  self->upgraded = TRUE;
  self->busy = FALSE;
  hn_wire_again (self->wire);
}

static SimLink *
link_new (HnPoller *poller, int fd, const SimLinkEvents *events, gpointer user)
{
  SimLink *self = g_new0 (SimLink, 1);
  int on = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  self->poller = poller;
  self->events = events;
  self->user = user;
  self->wire = hn_wire_new (poller, fd, on_ready, self);
  return self;
}

SimLink *
sim_link_accept (HnPoller *poller, int fd, const SimLinkEvents *events, gpointer user)
{
  SimLink *self = link_new (poller, fd, events, user);

  self->is_server = TRUE;
  return self;
}

static gboolean
to_native (const char *host, guint16 port, struct sockaddr_in *ret_native)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (host, port);

  return address != NULL && g_socket_address_get_family (address) == G_SOCKET_FAMILY_IPV4
         && g_socket_address_to_native (address, ret_native, sizeof *ret_native, NULL);
}

SimLink *
sim_link_connect (HnPoller *poller, const char *host, guint16 port, const SimLinkEvents *events, gpointer user)
{
  struct sockaddr_in native;
  SimLink *self;
  int fd;

  if (!to_native (host, port, &native))
    return NULL;
  fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return NULL;
  if (connect (fd, (struct sockaddr *)&native, sizeof native) != 0 && errno != EINPROGRESS) {
    close (fd);
    return NULL;
  }
  self = link_new (poller, fd, events, user);
  self->connecting = TRUE;
  return self;
}

static SimLink *
let_go (SimLink *self)
{
  g_clear_pointer (&self->early, g_byte_array_unref);
  hn_poller_defer (self->poller, g_free, self);
  return self;
}

void
sim_link_free (SimLink *self)
{
  if (self != NULL)
    hn_wire_free (g_steal_pointer (&let_go (self)->wire));
}

void
sim_link_reset (SimLink *self)
{
  if (self != NULL)
    hn_wire_reset (g_steal_pointer (&let_go (self)->wire));
}

int
sim_link_listen (const char *host, guint16 port, guint16 *ret_port, GError **error)
{
  struct sockaddr_in native;
  socklen_t length = sizeof native;
  int on = 1;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (fd >= 0)
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd >= 0 && to_native (host, port, &native) && bind (fd, (struct sockaddr *)&native, sizeof native) == 0
      && listen (fd, BACKLOG) == 0 && getsockname (fd, (struct sockaddr *)&native, &length) == 0) {
    *ret_port = ntohs (native.sin_port);
    return fd;
  }
  g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (errno), "cannot listen on %s:%u: %s", host, port, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}
