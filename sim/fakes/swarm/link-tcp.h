/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One TCP connection of the swarm, of either side: whole HTTP messages first, WebSocket frames after an upgrade. Stands on the parts that
 * net/front is made of (poller, wire, http-head, http-body), not on net/front itself: that one answers API requests through SoupServer
 * and carries sockets to an upstream, while a fake answers thousands of both by itself, in one thread and with little CPU. */
#pragma once

#include "net/http-head.h"
#include "net/poller.h"
#include "sim/fakes/swarm/frame.h"

#define SIM_LINK_MAX_BYTES (4 * 1024 * 1024) /* of one message, and of what waits unread */

typedef struct SimLink SimLink;

/* From the loop only. The link may be freed in any of them. */
typedef struct {
  /* A whole request (server) or answer (client). A server's next one comes after sim_link_next(). All texts die with the call. */
  void (*message) (SimLink *link, const HnHttpHead *head, const char *body, gsize length, gpointer user);
  void (*frame) (SimLink *link, const SimFrame *frame, gpointer user); /* (nullable) after sim_link_upgrade() */
  void (*drained) (SimLink *link, gpointer user);                     /* (nullable) what waited to be sent has left */
  void (*closed) (SimLink *link, gpointer user);                      /* once and last; free it */
} SimLinkEvents;

/**
 * sim_link_accept:
 * @poller: outlives the link
 * @fd: a non-blocking socket, taken over
 * @events: static
 * @user: for @events
 *
 * Returns: (transfer full): the server's side of a connection
 */
SimLink *sim_link_accept (HnPoller *poller, int fd, const SimLinkEvents *events, gpointer user);

/**
 * sim_link_connect:
 * @poller: outlives the link
 * @host: IPv4 literal
 * @port: port
 * @events: static
 * @user: for @events
 *
 * Returns: (transfer full) (nullable): the client's side; what is sent before it is connected waits. NULL when it cannot even be tried
 */
SimLink *sim_link_connect (HnPoller *poller, const char *host, guint16 port, const SimLinkEvents *events, gpointer user);

/**
 * sim_link_free:
 * @self: (nullable) (transfer full): a link; closed at once, no event comes
 */
void sim_link_free (SimLink *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimLink, sim_link_free)

/**
 * sim_link_reset:
 * @self: (nullable) (transfer full): a link; the peer sees a reset
 */
void sim_link_reset (SimLink *self);

/**
 * sim_link_send:
 * @self: a link
 * @bytes: (array length=length): what to send
 * @length: bytes
 *
 * A broken connection is told by `closed`.
 */
void sim_link_send (SimLink *self, const void *bytes, gsize length);

/**
 * sim_link_send_frame:
 * @self: an upgraded link
 * @kind: what it is
 * @payload: (array length=length) (nullable): what it carries
 * @length: bytes
 *
 * Masked if we are the client.
 */
void sim_link_send_frame (SimLink *self, SimFrameKind kind, const void *payload, gsize length);

/**
 * sim_link_pending:
 * @self: a link
 *
 * Returns: bytes that wait to be sent: who feeds stops while there are any
 */
gsize sim_link_pending (SimLink *self);

/**
 * sim_link_next:
 * @self: a server's link whose request is answered
 */
void sim_link_next (SimLink *self);

/**
 * sim_link_upgrade:
 * @self: a link; from inside `message` or later: what follows are frames
 */
void sim_link_upgrade (SimLink *self);

/**
 * sim_link_listen:
 * @host: IPv4 literal
 * @port: port, 0 for any
 * @ret_port: (out): the port it is
 * @error: names address:port
 *
 * Returns: a non-blocking socket that listens, or -1
 */
int sim_link_listen (const char *host, guint16 port, guint16 *ret_port, GError **error);
