/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-body.h"
#include "net/pace.h"
#include "net/proxy.h"
#include "net/unpack.h"

/* What the three files of the proxy share: proxy.c (one request's life and its deadlines), proxy-request.c (towards the upstream),
 * proxy-response.c (towards the client). Nobody else includes this. */

typedef enum {
  HN_PROXY_UNCONNECTED,
  HN_PROXY_CONNECTING,
  HN_PROXY_WAITING,
  HN_PROXY_ANSWERING,
  HN_PROXY_ANSWERED,
  HN_PROXY_WITH_TUNNEL,
} HnProxyState;

struct _HnProxy {
  HnPoller *poller;
  HnUpstreamPool *pool;
  HnWire *client;
  HnWire *upstream;
  HnRoute route;
  const HnProxyTimeouts *timeouts;
  void (*wake) (gpointer user_data);
  gpointer user_data;
  HnProxyState state;
  HnProxyFailure failure;
  gint64 since_us; /* when the present wait began */
  gint64 begun_us; /* when its head was read */
  guint status;    /* of the answer, 0: none yet */
  gsize moved;     /* bytes in this turn */

  GByteArray *request_head; /* as sent, while it may have to be sent again */
  char *request_text;       /* the client's, for a filter */
  HnHttpHead *request;      /* that stands in it */
  HnHttpBody request_body;
  HnPace giving; /* the client, of the request's body */
  HnPace taking; /* the client, of the response */
  gboolean request_chunked;
  gboolean deaf; /* the upstream takes no more of the body */
  gboolean repeatable;
  gboolean pooled; /* this connection served another request before */

  gboolean is_head;
  gboolean is_old; /* HTTP/1.0 */
  gboolean wants_upgrade;
  gboolean close_client;
  guint interims;
  GByteArray *lead; /* response head that waits for the first of its body */
  HnHttpBody response_body;
  HnHttpBodyKind framing; /* towards the client */
  gboolean upstream_closes;
  gpointer filter_state;
  HnUnpack *unpack; /* (nullable) in front of the filter */
  gboolean torn; /* what was to be unpacked could not be */
};

/* What goes out together: a head that waited, and payload in two pieces, the first of which may be edited. */
typedef struct {
  GByteArray *lead;   /* (nullable) */
  GByteArray *edited; /* (nullable) */
  const char *bytes;
  gsize length;
} HnProxyOutgoing;

/**
 * hn_proxy_fail:
 * @self: a request
 * @status: to answer with, if nothing went to the client yet
 * @error: first sentence of that answer
 * @what: (nullable): what the upstream did
 *
 * Returns: FAILED, or CUT when the client has a part already
 */
HnProxyResult hn_proxy_fail (HnProxy *self, guint status, const char *error, const char *what);

/**
 * hn_proxy_client_left:
 * @self: a request whose client hung up or broke
 *
 * Returns: CUT
 */
HnProxyResult hn_proxy_client_left (HnProxy *self);

/**
 * hn_proxy_request_is_done:
 * @self: a request
 *
 * Returns: whether all of its body came
 */
gboolean hn_proxy_request_is_done (HnProxy *self);

/**
 * hn_proxy_note_time:
 * @self: a request of which a new wait begins
 */
void hn_proxy_note_time (HnProxy *self);

/**
 * hn_proxy_send:
 * @wire: where to
 * @out: what
 * @chunked: whether it goes as a chunk
 * @last: whether the body ends with it
 *
 * Returns: %FALSE when the connection is broken
 */
gboolean hn_proxy_send (HnWire *wire, const HnProxyOutgoing *out, gboolean chunked, gboolean last);

/**
 * hn_proxy_request_open:
 * @self: a request
 *
 * Takes a waiting connection, or begins one.
 *
 * Returns: RUNNING or FAILED
 */
HnProxyResult hn_proxy_request_open (HnProxy *self);

/**
 * hn_proxy_request_connected:
 * @self: a request whose connection was begun
 *
 * Sends the head when it is there.
 *
 * Returns: RUNNING or FAILED
 */
HnProxyResult hn_proxy_request_connected (HnProxy *self);

/**
 * hn_proxy_request_lost:
 * @self: a request whose upstream closed before its answer
 *
 * Tries once more on a fresh connection if it was a waiting one.
 *
 * Returns: RUNNING or FAILED
 */
HnProxyResult hn_proxy_request_lost (HnProxy *self);

/**
 * hn_proxy_request_pump:
 * @self: a request
 * @ret_moved: (inout): set when something came
 *
 * Moves the client's body.
 *
 * Returns: RUNNING, FAILED or CUT
 */
HnProxyResult hn_proxy_request_pump (HnProxy *self, gboolean *ret_moved);

/**
 * hn_proxy_response_pump:
 * @self: a request
 * @ret_moved: (inout): set when something came
 *
 * Moves the upstream's answer.
 *
 * Returns: what became of it
 */
HnProxyResult hn_proxy_response_pump (HnProxy *self, gboolean *ret_moved);

/**
 * hn_proxy_response_waits:
 * @self: a request
 *
 * Returns: whether something waits for the client to take it
 */
gboolean hn_proxy_response_waits (HnProxy *self);
