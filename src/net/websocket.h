/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/wire.h"
#include "net/ws-message.h"

/* WebSockets (RFC 6455), server and client, on a poller: no extension, no compression. A hub is what all sockets of one service share: its bounds, its periods,
 * its figures. Everything that is sent to one socket within a turn of the loop leaves in one call of the system at the end of the turn; a message that goes to many
 * is encoded once and counted. Who does not read has its socket closed when more than HnWebSocketBounds.queue_bytes_max wait. A peer's pings are answered once a turn
 * at most, the last one for all; an idle socket holds no buffer. One thread. */

typedef struct _HnWebSocketHub HnWebSocketHub;
typedef struct _HnWebSocket HnWebSocket;

typedef struct {
  gsize message_bytes_max; /* of a message from the peer: 1009 beyond */
  guint fragments_max;     /* of one message: 1009 beyond (HN_LIMIT_WS_FRAGMENTS) */
  gsize queue_bytes_max;   /* that wait for the peer: it is a slow consumer beyond, 1013 `Slow consumer` */
  gint64 ping_us;          /* we ask whether the peer lives when nothing came for so long; 0: never */
  gint64 pong_us;          /* it must have sent anything by then: 1011 `keepalive ping timeout` */
  gint64 message_us;       /* a message that has begun must have ended by then: 1008 `Message timeout`; 0: for ever */
  gint64 close_us;         /* we wait so long for the peer's half of a close, or for it to take what was queued before it */
} HnWebSocketBounds;

typedef enum {
  HN_WEBSOCKET_BY_PEER, /* it sent a close; @code is its, or 1005 */
  HN_WEBSOCKET_BY_US,   /* hn_websocket_close(); @code is ours */
  HN_WEBSOCKET_LOST,    /* the connection ended or broke without a close: 1006 */
  HN_WEBSOCKET_SILENT,  /* no pong: 1011 */
  HN_WEBSOCKET_SLOW,    /* its queue was full: 1013 */
  HN_WEBSOCKET_WRONG,   /* it broke a rule of RFC 6455 or a bound: 1002, 1007, 1008, 1009 */
  HN_WEBSOCKET_REFUSED, /* client: no connection, or the server did not answer 101; @reason says why */
  HN_WEBSOCKET_N_ENDS
} HnWebSocketEnd;

typedef struct {
  guint64 opened, closed[HN_WEBSOCKET_N_ENDS]; /* REFUSED ones were never opened */
  guint64 messages_in, bytes_in, messages_out, bytes_out; /* of data; payloads in, whole frames out, counted when they are queued */
  guint64 pings_in;
  guint open;         /* now: those whose `closed` has not come yet; a server may be full by it */
  gsize queued_bytes; /* now, over all sockets; a shared message counts once for each that waits for it */
} HnWebSocketFigures;

/* All from the loop, none from inside a call that the owner makes. */
typedef struct {
  /* (nullable) client: the server answered 101 with @protocol (nullable) */
  void (*opened) (HnWebSocket *socket, const char *protocol, gpointer user_data);
  /* a whole message, UTF-8 if not @binary; valid during the call, in which hn_websocket_free() is allowed */
  void (*message) (HnWebSocket *socket, HnSlice message, gboolean binary, gpointer user_data);
  /* once, last: nothing is sent or received any more; as soon as the end is known, not when the other half of a close has come. The owner calls hn_websocket_free(). */
  void (*closed) (HnWebSocket *socket, HnWebSocketEnd end, guint code, const char *reason, gpointer user_data);
} HnWebSocketEvents;

/**
 * hn_websocket_hub_new:
 * @poller: outlives the hub
 * @bounds: copied
 *
 * Returns: (transfer full): a hub without sockets
 */
HnWebSocketHub *hn_websocket_hub_new (HnPoller *poller, const HnWebSocketBounds *bounds);

/**
 * hn_websocket_hub_free:
 * @self: (nullable): a hub whose sockets were freed; closes that are still under way are cut
 */
void hn_websocket_hub_free (HnWebSocketHub *self);

/**
 * hn_websocket_hub_get_figures:
 * @self: a hub
 *
 * Returns: (transfer none): its figures, as they are at any time
 */
const HnWebSocketFigures *hn_websocket_hub_get_figures (HnWebSocketHub *self);

/**
 * hn_websocket_hub_get_closing:
 * @self: a hub
 *
 * Returns: how many connections wait for their peer's half of a close; whoever wants to end in order waits until there are none
 */
guint hn_websocket_hub_get_closing (HnWebSocketHub *self);

/**
 * hn_websocket_new:
 * @hub: outlives the socket
 * @wire: (transfer full): a client's connection on which 101 was sent, as HnFrontEvents.websocket gives it; bytes that came early are read first
 * @events: static
 * @user_data: for @events
 *
 * The first message comes from the loop.
 *
 * Returns: (transfer full): a server's end
 */
HnWebSocket *hn_websocket_new (HnWebSocketHub *hub, HnWire *wire, const HnWebSocketEvents *events, gpointer user_data);

/**
 * hn_websocket_connect:
 * @hub: outlives the socket
 * @url: `ws://` with an IP literal or a name; `wss://` is for later and REFUSED
 * @headers: (nullable) (array zero-terminated=1): pairs of name and value: `Authorization`, `Sec-WebSocket-Protocol`, `Origin`
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a client's end; `opened` or `closed` follows within %HN_LIMIT_WS_OPEN_SECONDS
 */
HnWebSocket *hn_websocket_connect (HnWebSocketHub *hub, const char *url, const char *const *headers, const HnWebSocketEvents *events, gpointer user_data);

/**
 * hn_websocket_free:
 * @self: (nullable): a socket; a close that is under way goes on without its owner for `close_us`, any other connection is cut
 */
void hn_websocket_free (HnWebSocket *self);

/**
 * hn_websocket_send:
 * @self: a socket; nothing happens unless it is open
 * @message: (transfer none): what to send; a client's end copies it to mask it
 */
void hn_websocket_send (HnWebSocket *self, HnWsMessage *message);

/**
 * hn_websocket_send_text:
 * @self: a socket
 * @text: (array length=length): UTF-8
 * @length: bytes
 *
 * hn_websocket_send() for what goes to one socket alone.
 */
void hn_websocket_send_text (HnWebSocket *self, const char *text, gsize length);

/**
 * hn_websocket_close:
 * @self: a socket; nothing happens unless it is open
 * @code: 1000, 1001, 1003, 1007–1014 or 3000–4999
 * @reason: (nullable): at most 123 bytes leave, cut at a character
 *
 * What was sent before it leaves first. `closed` comes from the loop, BY_US; no message comes in between.
 */
void hn_websocket_close (HnWebSocket *self, guint code, const char *reason);

/**
 * hn_websocket_pause:
 * @self: a socket
 *
 * Until as many hn_websocket_resume() no message is delivered and the peer is not read (TCP holds it back); its liveness is not judged.
 */
void hn_websocket_pause (HnWebSocket *self);

/**
 * hn_websocket_resume:
 * @self: a paused socket
 */
void hn_websocket_resume (HnWebSocket *self);

/**
 * hn_websocket_is_open:
 * @self: a socket
 *
 * Returns: whether what is sent now leaves: it is neither opening nor closing
 */
gboolean hn_websocket_is_open (HnWebSocket *self);

/**
 * hn_websocket_get_queued:
 * @self: a socket
 *
 * Returns: bytes that wait for the peer
 */
gsize hn_websocket_get_queued (HnWebSocket *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWebSocketHub, hn_websocket_hub_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWebSocket, hn_websocket_free)
