/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsoup/soup.h>

#include "net/poller.h"
#include "net/route.h"
#include "net/tls.h"
#include "net/wire.h"

/* The front door: accepts clients, reads heads strictly, asks its owner for a route and carries it out: to the API server one request
 * at a time (gate), to an upstream (proxy) or through a tunnel. Bounded buffers, a deadline for every wait, and an accept loop that
 * outlives EMFILE. One thread.
 *
 * Deadlines are of two kinds. In all: a head (15 s), an API body and the time to an API answer (60 s). For each step: a body or an answer that streams must
 * move each 30 or 60 s, and where it is the client who is waited for, by 14,400 bytes a minute: one byte a second is no progress, a download of days is fine.
 *
 * With TLS a client has 10 s from its first moment to the end of its handshake; one that speaks plain HTTP gets a plain 400. At most 1,024 handshakes are
 * under way: the oldest gives way, and few go on in one turn, so that streams do not wait for them.
 *
 * A client that closes its sending side while it waits for an answer counts as gone: its handler is cancelled, its upstream closed. */

typedef struct _HnFront HnFront;

/* None is called from inside a call that the owner made; a tag's `tunnel_closed` comes once for each `tunnel_opened`. After
 * hn_front_free() nothing comes. */
typedef struct {
  /* Decide now; @ret_route is initialised. */
  void (*route) (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer user_data);
  void (*tunnel_opened) (const char *tag, gpointer user_data);                        /* (nullable) 101 went to the client */
  void (*tunnel_closed) (const char *tag, gpointer user_data);                        /* (nullable) */
  void (*upstream_failed) (const char *tag, const char *what, gpointer user_data);    /* (nullable) one line for the log */
  /* (nullable without WEBSOCKET routes) 101 went to the client. @wire (transfer full): its connection, no more the front door's, for hn_websocket_new() at once;
   * @websocket_data (transfer full): of the route. */
  void (*websocket) (HnWire *wire, const HnPeer *peer, gpointer websocket_data, gpointer user_data);
} HnFrontEvents;

typedef struct {
  const char *listen_host; /* IP literal, or "" for all addresses (dual stack if possible) */
  guint16 listen_port;     /* 0: any, see hn_front_get_port() */
  SoupServer *api;         /* (nullable): handlers already added; never listens itself */
  HnTls *tls;              /* (nullable): speak TLS; the front keeps a reference, see hn_front_set_tls() */
  gint64 handshake_timeout_us;
  gint64 head_timeout_us;  /* 0: the value of base/limits.h; likewise below (tests shorten them) */
  gint64 keepalive_timeout_us;
  gint64 body_timeout_us;     /* between two pieces of a request body */
  gint64 upstream_timeout_us; /* to a response head, and between two pieces of its body */
  gint64 connect_timeout_us;
  gint64 send_timeout_us;     /* for a client, or a side of a tunnel, to take something */
  gint64 api_timeout_us;      /* for a handler to begin its answer; also for an API request's whole body */
  gint64 pace_us;             /* a window in which a client that we wait for must move HN_LIMIT_PACE_BYTES, see net/pace.h */
  guint connections_max;      /* clients at once; who comes beyond gets 503 and a close */
  gint64 pulse_us;            /* so long a tunnel's client may hear nothing, then it is sent a Pong; 0: for ever */
} HnFrontOptions;

/**
 * hn_front_bind:
 * @host: IP literal or "" for all addresses
 * @port: port, 0 for any
 * @error: CONFLICT when the address is taken, INVALID when it is not ours
 *
 * Binds and listens without accepting, so that a process can check its port before it touches anything else.
 *
 * Returns: a listening, non-blocking socket, or -1
 */
int hn_front_bind (const char *host, guint16 port, GError **error);

/**
 * hn_front_new:
 * @poller: outlives the front
 * @listen_fd: from hn_front_bind(), taken over
 * @options: copied
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a front door that accepts from the next turn of the loop on
 */
HnFront *hn_front_new (HnPoller *poller, int listen_fd, const HnFrontOptions *options, const HnFrontEvents *events,
                       gpointer user_data);

/**
 * hn_front_free:
 * @self: (nullable): closes everything at once
 */
void hn_front_free (HnFront *self);

/**
 * hn_front_get_port:
 * @self: a front door
 *
 * Returns: the port it listens on
 */
guint16 hn_front_get_port (HnFront *self);

/**
 * hn_front_cut:
 * @self: a front door
 * @tag: as in the route
 *
 * Cuts every request and tunnel with that tag, and forgets pooled connections to their upstream; `tunnel_closed` follows from the loop.
 */
void hn_front_cut (HnFront *self, const char *tag);

/**
 * hn_front_set_tls:
 * @self: a front door that speaks TLS
 * @tls: what handshakes that begin from now on get; connections that are open go on as they are
 */
void hn_front_set_tls (HnFront *self, HnTls *tls);

/**
 * hn_front_stop_accepting:
 * @self: a front door
 *
 * Closes the listening socket; what is open goes on.
 */
void hn_front_stop_accepting (HnFront *self);

/**
 * hn_front_get_tunnels:
 * @self: a front door
 * @tag: (nullable): only those with this tag
 *
 * Returns: how many tunnels are open
 */
guint hn_front_get_tunnels (HnFront *self, const char *tag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnFront, hn_front_free)
