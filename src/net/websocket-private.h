/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/random.h"
#include "net/lane.h"
#include "net/timer.h"
#include "net/websocket.h"
#include "net/ws-queue.h"

/* What the files of net/websocket share: websocket-hub.c (turns and deadlines), websocket.c (one socket), websocket-input.c (what its peer says), websocket-client.c (how a client's end begins). Nobody
 * else includes this. */

typedef enum {
  HN_WEBSOCKET_OPENING, /* client */
  HN_WEBSOCKET_OPEN,
  HN_WEBSOCKET_CLOSING, /* our close is on its way, or was sent; nothing is delivered any more */
  HN_WEBSOCKET_GONE,    /* there is no connection */
} HnWebSocketState;

/* How it ended, until its owner was told. */
typedef struct {
  HnWebSocketEnd end;
  guint code;
  char reason[HN_WS_REASON_BYTES_MAX + 1];
} HnWebSocketEnding;

typedef struct _HnWebSocketOpening HnWebSocketOpening; /* of a client */

struct _HnWebSocket {
  HnWebSocketHub *hub;
  HnWire *wire;
  const HnWebSocketEvents *events; /* NULL: its owner has freed it */
  gpointer user_data;
  HnWsReader reader;
  HnWsQueue queue;
  gsize counted;         /* of the queue, in the hub's figures */
  HnWsMessage *pong;     /* (nullable): answers the last ping */
  HnLaneSeat liveness;   /* in `quiet` or `asked` */
  HnLaneSeat wait;       /* in `messages`, `closing` or `opening` */
  HnWebSocketEnding *ending; /* to be told */
  HnWebSocketOpening *opening;
  guint due_at;          /* its place among the hub's due, +1 */
  guint pauses;
  gsize discarded;       /* bytes, while closing */
  guint8 state;          /* HnWebSocketState */
  guint8 client;
  guint8 busy;           /* a message of it is being delivered */
  guint8 told;           /* `closed` came */
  guint8 heard_close;    /* the peer's half has come, or is not waited for */
  guint8 said_end;       /* the connection's sending side is shut */
};

struct _HnWebSocketHub {
  HnPoller *poller;
  HnWebSocketBounds bounds;
  HnWsReaderRules rules_for_clients;
  HnWsReaderRules rules_for_servers;
  HnWebSocketFigures figures;
  HnLane quiet;    /* heard of, by when */
  HnLane asked;    /* a ping is out */
  HnLane messages; /* one has begun */
  HnLane closing;
  HnLane opening;
  HnTimer *timer;
  gint64 armed_us;
  GPtrArray *due;  /* sockets with something to do at the end of this turn; NULL where one left */
  gboolean turn_is_set;
  HnWsMessage *ping; /* of servers' ends */
  HnRandom *random;
};

/**
 * hn_websocket_hub_wait:
 * @self: a hub
 * @lane: one of its lanes
 * @seat: of @socket
 * @socket: waits from now on
 */
void hn_websocket_hub_wait (HnWebSocketHub *self, HnLane *lane, HnLaneSeat *seat, HnWebSocket *socket);

/**
 * hn_websocket_hub_due:
 * @self: a hub
 * @socket: hn_websocket_turn() is called for it at the end of this turn
 */
void hn_websocket_hub_due (HnWebSocketHub *self, HnWebSocket *socket);

/**
 * hn_websocket_hub_not_due:
 * @self: a hub
 * @socket: is about to be freed
 */
void hn_websocket_hub_not_due (HnWebSocketHub *self, HnWebSocket *socket);

/**
 * hn_websocket_make:
 * @hub: a hub
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a socket without a connection
 */
HnWebSocket *hn_websocket_make (HnWebSocketHub *hub, const HnWebSocketEvents *events, gpointer user_data);

/**
 * hn_websocket_begin:
 * @self: a socket that is open from now on
 * @wire: (transfer full): its connection
 */
void hn_websocket_begin (HnWebSocket *self, HnWire *wire);

/**
 * hn_websocket_turn:
 * @self: a socket that was due: sends what waits, tells its owner of its end
 */
void hn_websocket_turn (HnWebSocket *self);

/**
 * hn_websocket_ask:
 * @self: a socket that was silent for long: sends a ping
 */
void hn_websocket_ask (HnWebSocket *self);

/**
 * hn_websocket_end:
 * @self: a socket
 * @end: how it ends
 * @code: close code
 * @reason: (nullable): text
 *
 * Sends a close with @code if there can be one, and has the owner told at the end of this turn. Nothing happens if it has ended before.
 */
void hn_websocket_end (HnWebSocket *self, HnWebSocketEnd end, guint code, HnSlice reason);

/**
 * hn_websocket_lose:
 * @self: a socket whose connection has ended or broken
 */
void hn_websocket_lose (HnWebSocket *self);

/**
 * hn_websocket_make_frame:
 * @self: a socket
 * @kind: any that can be written
 * @payload: copied
 *
 * Returns: (transfer full): a frame as this end sends it
 */
HnWsMessage *hn_websocket_make_frame (HnWebSocket *self, HnWsKind kind, HnSlice payload);

/**
 * hn_websocket_input_read:
 * @self: a socket with a connection
 *
 * Reads its share of this turn and delivers it.
 *
 * Returns: %FALSE when the connection has ended or broken
 */
gboolean hn_websocket_input_read (HnWebSocket *self);

/**
 * hn_websocket_drop:
 * @self: a socket whose close took too long
 */
void hn_websocket_drop (HnWebSocket *self);

/**
 * hn_websocket_opening_free:
 * @self: (nullable): how a client's end was to begin; what is under way is cancelled
 */
void hn_websocket_opening_free (HnWebSocketOpening *self);
