/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/front.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/front-client.h"

/* Rules: accepting never ends and never spins. Out of file descriptors, a reserve is given up to accept who waits, say 503 and close at once, so that
 * they learn it (with TLS: only close); without a reserve the next tick tries again. One tick looks at every connection's deadline. */

#define BACKLOG 4096
#define ACCEPTS_PER_TURN 64
#define REFUSED_READS 8
#define TICK_MS_MAX 1000
#define TICK_MS_MIN 10

struct _HnFront {
  HnPollerWatch watch; /* of the listening socket */
  HnFrontShared shared;
  int listen_fd;
  int reserve_fd;
  guint16 port;
  gboolean freed;
  GQueue clients;
  GQueue handshakes;
  HnTurnShare share;
  GSource *tick;
};

/* ---- binding ---- */

static int
open_socket (int family, GError **error)
{
  int fd = socket (family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  int off = 0;

  if (fd < 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "cannot open a socket: %s", g_strerror (errno));
    return -1;
  }
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  return fd;
}

static gboolean
bind_and_listen (int fd, const struct sockaddr *address, socklen_t length, const char *host, guint16 port, GError **error)
{
  HnErrorCode code = HN_ERROR_INVALID;

  if (bind (fd, address, length) == 0 && listen (fd, BACKLOG) == 0)
    return TRUE;
  if (errno == EADDRINUSE)
    code = HN_ERROR_CONFLICT;
  else if (errno == EACCES)
    code = HN_ERROR_DENIED;
  g_set_error (error, HN_ERROR, code, "cannot listen on '%s:%u': %s", host, port, g_strerror (errno));
  return FALSE;
}

static int
bind_all (guint16 port, GError **error)
{
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons (port), .sin6_addr = in6addr_any };
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons (port) };
  int fd = open_socket (AF_INET6, NULL);
  gboolean six = fd >= 0;

  if (!six)
    fd = open_socket (AF_INET, error);
  if (fd < 0)
    return -1;
  if (six ? bind_and_listen (fd, (struct sockaddr *) &in6, sizeof in6, "", port, error)
          : bind_and_listen (fd, (struct sockaddr *) &in, sizeof in, "", port, error))
    return fd;
  close (fd);
  return -1;
}

int
hn_front_bind (const char *host, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  struct sockaddr_storage native;
  int fd;

  if (*host == '\0')
    return bind_all (port, error);
  address = g_inet_socket_address_new_from_string (host, port);
  if (address == NULL || !g_socket_address_to_native (address, &native, sizeof native, NULL)) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "'%s' is not an IP address", host);
    return -1;
  }
  fd = open_socket (native.ss_family, error);
  if (fd < 0)
    return -1;
  if (bind_and_listen (fd, (struct sockaddr *) &native, (socklen_t) g_socket_address_get_native_size (address), host, port, error))
    return fd;
  close (fd);
  return -1;
}

/* ---- accepting ---- */

static HnPeer
peer_from_native (const struct sockaddr_storage *native)
{
  HnPeer peer = { .address = { { [10] = 0xff, [11] = 0xff } } };

  if (native->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *) native;

    memcpy (peer.address.bytes + 12, &in->sin_addr, 4);
    peer.port = ntohs (in->sin_port);
  } else {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) native;

    memcpy (peer.address.bytes, &in6->sin6_addr, 16);
    peer.port = ntohs (in6->sin6_port);
  }
  return peer;
}

/* 503 in one breath, for a client that cannot even be kept for that long. What it has said is read away: a close on top of it would be a reset. */
static void
refuse (int fd, gboolean plain)
{
  static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
                             "Content-Length: 43\r\nConnection: close\r\n\r\n{\"error\":\"too many connections\",\"code\":503}";
  char rest[4096];

  if (plain && send (fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
    shutdown (fd, SHUT_WR);
    for (int i = 0; i < REFUSED_READS && recv (fd, rest, sizeof rest, MSG_DONTWAIT) > 0; i++)
      ;
  }
  close (fd);
}

static void
welcome (HnFront *self, int fd, const struct sockaddr_storage *native)
{
  HnPeer peer = peer_from_native (native);
  HnFrontClient *client;

  hn_metrics_add (HN_METRIC_CONNECTIONS_ACCEPTED, NULL, 1);
  if (self->clients.length >= self->shared.options.connections_max)
    hn_metrics_add (HN_METRIC_CONNECTIONS_REFUSED, "limit", 1);
  if (self->clients.length >= self->shared.options.connections_max + HN_LIMIT_TURNED_AWAY) {
    refuse (fd, self->shared.tls == NULL);
    return;
  }
  client = hn_front_client_new (&self->shared, fd, &peer);
  g_queue_push_tail_link (&self->clients, hn_front_client_get_link (client));
  hn_metrics_add (HN_METRIC_CONNECTIONS, NULL, 1);
  if (self->clients.length > self->shared.options.connections_max)
    hn_front_client_turn_away (client);
}

static void
open_reserve (HnFront *self)
{
  if (self->reserve_fd < 0)
    self->reserve_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Out of file descriptors: shows one waiting client the door. FALSE when not even that is possible. */
static gboolean
turn_away (HnFront *self)
{
  int fd;

  if (self->reserve_fd < 0)
    return FALSE;
  close (self->reserve_fd);
  self->reserve_fd = -1;
  fd = accept4 (self->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    hn_metrics_add (HN_METRIC_CONNECTIONS_REFUSED, "descriptors", 1);
    refuse (fd, self->shared.tls == NULL);
  }
  open_reserve (self);
  return fd >= 0;
}

/* One accept; FALSE when there is nothing more to do now. */
static gboolean
accept_one (HnFront *self)
{
  struct sockaddr_storage native = { 0 };
  socklen_t length = sizeof native;
  int fd = accept4 (self->listen_fd, (struct sockaddr *) &native, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd >= 0) {
    welcome (self, fd, &native);
    return TRUE;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM || errno == EBADF || errno == EINVAL)
    return FALSE; /* the next event, or the next tick */
  if (errno == EMFILE || errno == ENFILE)
    return turn_away (self);
  return TRUE; /* that client's own error (ECONNABORTED and the like) */
}

static void
on_listen_ready (HnPollerWatch *watch, uint32_t events)
{
  HnFront *self = (HnFront *) watch;

  if (self->listen_fd < 0)
    return;
  for (int i = 0; i < ACCEPTS_PER_TURN; i++)
    if (!accept_one (self))
      return;
  hn_poller_again (self->shared.poller, &self->watch);
}

/* ---- the clients ---- */

static void
on_gone (HnFrontClient *client, gpointer user_data)
{
  HnFront *self = user_data;

  g_queue_unlink (&self->clients, hn_front_client_get_link (client));
  hn_metrics_add (HN_METRIC_CONNECTIONS, NULL, -1);
}

static gboolean
on_tick (gpointer user_data)
{
  HnFront *self = user_data;
  gint64 now_us = hn_clock_now_us ();
  GList *next;

  open_reserve (self);
  on_listen_ready (&self->watch, 0);
  hn_upstream_pool_sweep (self->shared.pool, now_us);
  for (GList *at = self->clients.head; at != NULL && !self->freed; at = next) {
    next = at->next;
    hn_front_client_check (at->data, now_us);
  }
  return G_SOURCE_CONTINUE;
}

void
hn_front_cut (HnFront *self, const char *tag)
{
  for (GList *at = self->clients.head; at != NULL; at = at->next)
    if (g_strcmp0 (hn_front_client_get_tag (at->data), tag) == 0)
      hn_front_client_cut (at->data);
  hn_upstream_pool_forget (self->shared.pool, tag);
}

guint
hn_front_get_tunnels (HnFront *self, const char *tag)
{
  guint n = 0;

  for (GList *at = self->clients.head; at != NULL; at = at->next)
    if (hn_front_client_is_tunnel (at->data) && (tag == NULL || g_strcmp0 (hn_front_client_get_tag (at->data), tag) == 0))
      n++;
  return n;
}

guint16
hn_front_get_port (HnFront *self)
{
  return self->port;
}

void
hn_front_set_tls (HnFront *self, HnTls *tls)
{
  HnTls *before = self->shared.tls;

  g_return_if_fail (before != NULL);
  self->shared.tls = hn_tls_ref (tls);
  hn_tls_unref (before);
}

void
hn_front_stop_accepting (HnFront *self)
{
  if (self->listen_fd < 0)
    return;
  hn_poller_remove (self->shared.poller, self->listen_fd);
  hn_poller_forget (self->shared.poller, &self->watch);
  close (self->listen_fd);
  self->listen_fd = -1;
}

/* ---- life ---- */

static gint64
or_limit (gint64 us, double limit_seconds)
{
  return us > 0 ? us : hn_seconds (limit_seconds);
}

static void
fill_options (HnFrontShared *shared, const HnFrontOptions *given)
{
  HnFrontOptions *options = &shared->options;

  *options = *given;
  options->listen_host = NULL; /* the caller's; nobody asks for it any more */
  options->tls = NULL;         /* likewise: see shared->tls */
  options->handshake_timeout_us = or_limit (given->handshake_timeout_us, HN_LIMIT_HANDSHAKE_SECONDS);
  options->head_timeout_us = or_limit (given->head_timeout_us, HN_LIMIT_HEAD_SECONDS);
  options->keepalive_timeout_us = or_limit (given->keepalive_timeout_us, HN_LIMIT_KEEPALIVE_SECONDS);
  options->body_timeout_us = or_limit (given->body_timeout_us, HN_LIMIT_BODY_STALL_SECONDS);
  options->upstream_timeout_us = or_limit (given->upstream_timeout_us, HN_LIMIT_UPSTREAM_HEAD_SECONDS);
  options->connect_timeout_us = or_limit (given->connect_timeout_us, HN_LIMIT_CONNECT_SECONDS);
  options->send_timeout_us = or_limit (given->send_timeout_us, HN_LIMIT_SEND_STALL_SECONDS);
  options->api_timeout_us = or_limit (given->api_timeout_us, HN_LIMIT_API_SECONDS);
  options->pace_us = or_limit (given->pace_us, HN_LIMIT_PACE_SECONDS);
  options->connections_max = given->connections_max > 0 ? given->connections_max : HN_LIMIT_CONNECTIONS;
  shared->timeouts = (HnProxyTimeouts){
    .connect_us = options->connect_timeout_us,
    .upstream_us = options->upstream_timeout_us,
    .body_us = options->body_timeout_us,
    .send_us = options->send_timeout_us,
    .pace_us = options->pace_us,
  };
}

/* Fine enough for the shortest deadline, and never more often than needed. */
static guint
tick_ms (const HnFrontOptions *options)
{
  gint64 shortest = MIN (MIN (options->head_timeout_us, options->keepalive_timeout_us), options->body_timeout_us);

  shortest = MIN (MIN (shortest, options->upstream_timeout_us), MIN (options->connect_timeout_us, options->send_timeout_us));
  shortest = MIN (shortest, MIN (options->api_timeout_us, options->pace_us));
  shortest = MIN (shortest, options->handshake_timeout_us);
  if (options->pulse_us > 0)
    shortest = MIN (shortest, options->pulse_us);
  return (guint) CLAMP (shortest / 4000, TICK_MS_MIN, TICK_MS_MAX);
}

/* What each accepted socket inherits: no delays, and an end when the client's machine is gone without a word. */
static void
set_manners (int fd)
{
  int on = 1;
  int idle_seconds = HN_LIMIT_VANISHED_SECONDS / 2;
  int probe_seconds = HN_LIMIT_VANISHED_SECONDS / 8;
  unsigned int unheard_ms = HN_LIMIT_VANISHED_SECONDS * 1000;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_seconds, sizeof probe_seconds);
  setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unheard_ms, sizeof unheard_ms);
}

static guint16
port_of (int fd)
{
  struct sockaddr_storage native = { 0 };
  socklen_t length = sizeof native;

  return getsockname (fd, (struct sockaddr *) &native, &length) == 0 ? peer_from_native (&native).port : 0;
}

HnFront *
hn_front_new (HnPoller *poller, int listen_fd, const HnFrontOptions *options, const HnFrontEvents *events, gpointer user_data)
{
  HnFront *self = g_new0 (HnFront, 1);

  self->shared = (HnFrontShared){ .poller = poller, .events = events, .events_data = user_data, .gone = on_gone, .user_data = self };
  fill_options (&self->shared, options);
  if (self->shared.options.api != NULL)
    g_object_ref (self->shared.options.api);
  if (options->tls != NULL)
    self->shared.tls = hn_tls_ref (options->tls);
  self->shared.handshakes = &self->handshakes;
  self->shared.share = &self->share;
  g_queue_init (&self->handshakes);
  self->shared.pool = hn_upstream_pool_new (poller);
  self->listen_fd = listen_fd;
  self->port = port_of (listen_fd);
  set_manners (listen_fd);
  self->reserve_fd = -1;
  open_reserve (self);
  g_queue_init (&self->clients);
  self->watch.ready = on_listen_ready;
  hn_poller_add (poller, listen_fd, &self->watch);
  self->tick = g_timeout_source_new (tick_ms (&self->shared.options));
  g_source_set_callback (self->tick, on_tick, self, NULL);
  g_source_attach (self->tick, hn_poller_get_context (poller));
  return self;
}

void
hn_front_free (HnFront *self)
{
  GList *link;

  if (self == NULL)
    return;
  self->freed = TRUE;
  hn_front_stop_accepting (self);
  g_source_destroy (self->tick);
  g_source_unref (self->tick);
  hn_metrics_add (HN_METRIC_CONNECTIONS, NULL, -(gint64) self->clients.length);
  while ((link = g_queue_pop_head_link (&self->clients)) != NULL)
    hn_front_client_free (link->data);
  hn_upstream_pool_free (self->shared.pool);
  if (self->reserve_fd >= 0)
    close (self->reserve_fd);
  g_clear_object (&self->shared.options.api);
  g_clear_pointer (&self->shared.tls, hn_tls_unref);
  hn_poller_defer (self->shared.poller, g_free, self);
}
