/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/front-client.h"
#include "net/gate.h"
#include "net/http-edit.h"
#include "net/pace.h"
#include "net/tunnel.h"

/* What the files of one client's connection share: front-client.c (its life, heads, answers of our own), front-client-tls.c (the handshake), front-client-api.c,
 * front-client-proxy.c and front-client-websocket.c (what a request becomes), front-client-deadlines.c. Nobody else includes this. */

typedef enum {
  HN_CLIENT_HANDSHAKE, /* of TLS, or waiting for its first word */
  HN_CLIENT_HEAD,      /* between two requests, or in a head */
  HN_CLIENT_BODY,      /* collecting the body of an API request */
  HN_CLIENT_API,       /* the gate has the connection */
  HN_CLIENT_PROXY,
  HN_CLIENT_FLUSH,  /* an answer leaves */
  HN_CLIENT_LINGER, /* it has left; the rest of what the client sends is thrown away */
  HN_CLIENT_TUNNEL,
  HN_CLIENT_GONE,
} HnFrontClientState;

struct _HnFrontClient {
  const HnFrontShared *shared;
  GList link;
  GList handshake_link;
  HnWire *wire;
  HnPeer peer;
  HnFrontClientState state;
  gint64 since_us;  /* when this state began, or this head */
  gboolean in_head; /* the first byte of a head has come */
  gboolean close;     /* after this answer */
  gboolean said_last; /* the client announced that this request is its last, and it is whole */
  gboolean is_head;   /* the request under way is a HEAD */
  gboolean cut;
  gboolean turned_away;
  gboolean in_handshakes; /* `handshake_link` is in the queue */
  gsize scanned;   /* bytes of the head without an empty line */
  gsize discarded; /* while lingering */

  GByteArray *api_request; /* head for the API server, and its body so far */
  gsize api_body_left;
  HnGate *gate;
  GSocketAddress *local;
  GSocketAddress *remote;
  HnProxy *proxy;
  HnTunnel *tunnel;
  char *tag; /* of the tunnel */
  HnPace taking; /* what is left of an answer */
};

/* ---- front-client.c ---- */

/**
 * hn_front_client_enter:
 * @self: a client
 * @state: begins now
 */
void hn_front_client_enter (HnFrontClient *self, HnFrontClientState state);

/**
 * hn_front_client_leave:
 * @self: a client that ends; its connection is closed if it still has one
 */
void hn_front_client_leave (HnFrontClient *self);

/**
 * hn_front_client_run:
 * @self: a client that can go on
 */
void hn_front_client_run (HnFrontClient *self);

/**
 * hn_front_client_answer:
 * @self: a client
 * @answer: sent to it; whether its connection ends then is filled in
 */
void hn_front_client_answer (HnFrontClient *self, HnHttpAnswer *answer);

/**
 * hn_front_client_refuse:
 * @self: a client whose connection ends then
 * @status: HTTP status
 * @error: first sentence
 * @detail: (nullable): second sentence
 */
void hn_front_client_refuse (HnFrontClient *self, guint status, const char *error, const char *detail);

/**
 * hn_front_client_say_continue:
 * @self: a client that waits for a 100 before it sends its body
 */
void hn_front_client_say_continue (HnFrontClient *self);

/**
 * hn_front_client_cut_off:
 * @self: a client that ends with a reset: what it got must not look whole
 */
void hn_front_client_cut_off (HnFrontClient *self);

/**
 * hn_front_client_is_slow:
 * @self: a client
 *
 * Returns: whether something waits for it to take it
 */
gboolean hn_front_client_is_slow (HnFrontClient *self);

/* ---- front-client-tls.c ---- */

/**
 * hn_front_client_step_handshake:
 * @self: a client in its handshake
 *
 * Returns: whether it can go on
 */
gboolean hn_front_client_step_handshake (HnFrontClient *self);

/**
 * hn_front_client_end_handshake:
 * @self: a client that is no more in one
 */
void hn_front_client_end_handshake (HnFrontClient *self);

/* ---- front-client-api.c ---- */

/**
 * hn_front_client_begin_api:
 * @self: a client
 * @head: of its request
 * @head_bytes: length of @head
 * @route: of kind API
 */
void hn_front_client_begin_api (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes, const HnRoute *route);

/**
 * hn_front_client_step_body:
 * @self: a client that sends the body of an API request
 *
 * Returns: whether it can go on
 */
gboolean hn_front_client_step_body (HnFrontClient *self);

/**
 * hn_front_client_step_api:
 * @self: a client that waits for the API
 *
 * Returns: %FALSE
 */
gboolean hn_front_client_step_api (HnFrontClient *self);

/* ---- front-client-proxy.c ---- */

/**
 * hn_front_client_begin_proxy:
 * @self: a client
 * @head: of its request
 * @head_bytes: length of @head
 * @route: of kind PROXY, emptied
 */
void hn_front_client_begin_proxy (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes, HnRoute *route);

/**
 * hn_front_client_conclude_proxy:
 * @self: a client whose request is proxied
 * @result: what became of it
 *
 * Returns: whether it can go on
 */
gboolean hn_front_client_conclude_proxy (HnFrontClient *self, HnProxyResult result);

/* ---- front-client-websocket.c ---- */

/**
 * hn_front_client_begin_websocket:
 * @self: a client; if all is right its connection goes to whoever takes WebSockets, and the client ends
 * @head: of its request
 * @head_bytes: length of @head
 * @route: of kind WEBSOCKET
 */
void hn_front_client_begin_websocket (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes, HnRoute *route);
