/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"
#include "net/timer.h"
#include "net/websocket.h"
#include "rooms/message-rate.h"
#include "rooms/refusal.h"

/* One client's socket: reads what it says, counts and checks it, and gives what is good to the roster. Who is let in where is visits-ws's.
 *
 * What the roster has no room for is kept, one message of each connection, which is not read from until that message is taken: so in a storm TCP holds clients back, and nothing is lost. */

typedef struct _HnConnectionWs HnConnectionWs;

typedef struct {
  HnMessageRateRules rate;
  guint bad_messages;  /* so many in a row end it */
  gboolean broadcast;  /* what is for one user goes to all */
  gboolean debug;      /* log each message, not only with `log.level: debug` */
} HnConnectionRules;

/* What all connections of a process share. */
typedef struct {
  HnPoller *poller;
  HnWebSocketHub *hub;
  HnRoster *roster;
  HnConnectionRules rules;
  GString *text;  /* a message that is being written */
  GQueue waiting; /* of connections that keep a message */
  HnTimer *retry; /* calls hn_connection_ws_retry() */
  /* The socket has ended; @clean: it was closed, and not lost. From the loop, once and last. The owner frees the connection. */
  void (*ended) (HnConnectionWs *connection, gboolean clean, gpointer owner);
} HnConnectionShared;

/* Who it is. All borrowed, longer than the connection lives; all but the id %NULL for one that is only refused. */
typedef struct {
  const char *id;
  const char *room;
  const char *quoted_room; /* as JSON */
  const char *user;
} HnConnectionFacts;

/**
 * hn_connection_ws_retry:
 * @shared: an HnConnectionShared
 *
 * Gives the roster what waits for it, as far as it has room.
 */
void hn_connection_ws_retry (gpointer shared);

/**
 * hn_connection_ws_new:
 * @shared: outlives the connection
 * @wire: (transfer full): as HnFrontEvents.websocket gives it
 * @facts: who it is
 * @owner: for HnConnectionShared.ended
 *
 * Nothing that the client says is read until hn_connection_ws_open().
 *
 * Returns: (transfer full): a connection
 */
HnConnectionWs *hn_connection_ws_new (HnConnectionShared *shared, HnWire *wire, const HnConnectionFacts *facts, gpointer owner);

/**
 * hn_connection_ws_free:
 * @self: (nullable): a connection; a close that is under way goes on, another one is cut
 */
void hn_connection_ws_free (HnConnectionWs *self);

/**
 * hn_connection_ws_open:
 * @self: a connection that is in its room: what the client says counts from now on
 */
void hn_connection_ws_open (HnConnectionWs *self);

/**
 * hn_connection_ws_get_socket:
 * @self: a connection
 *
 * Returns: (transfer none): its socket
 */
HnWebSocket *hn_connection_ws_get_socket (HnConnectionWs *self);

/**
 * hn_connection_ws_tell:
 * @self: a connection
 * @refusal: one that has an error
 * @number: for `{}`
 * @why: (nullable): for `{why}`
 *
 * Sends an error and counts it.
 */
void hn_connection_ws_tell (HnConnectionWs *self, HnRefusal refusal, guint number, const char *why);

/**
 * hn_connection_ws_end:
 * @self: a connection
 * @refusal: one that closes
 * @number: for `{}`
 *
 * Sends its error if it has one, and closes. `ended` follows.
 */
void hn_connection_ws_end (HnConnectionWs *self, HnRefusal refusal, guint number);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnConnectionWs, hn_connection_ws_free)
