/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/front.h"
#include "net/proxy.h"

/* One connection of a client, from accept to its end. Belongs to net/front. */

typedef struct _HnFrontClient HnFrontClient;

/* How much was done in the present turn of the loop. */
typedef struct {
  gint64 turn_us;
  guint done;
} HnTurnShare;

/* What all clients of a front door share. */
typedef struct {
  HnPoller *poller;
  HnFrontOptions options; /* without zeros */
  HnProxyTimeouts timeouts;
  HnUpstreamPool *pool;
  HnTls *tls;         /* NULL: plain */
  GQueue *handshakes; /* of clients whose handshake is under way, the oldest at the head */
  HnTurnShare *share; /* of a turn, for handshakes */
  const HnFrontEvents *events;
  gpointer events_data;
  void (*gone) (HnFrontClient *client, gpointer user_data); /* from the loop; the client frees itself */
  gpointer user_data;
} HnFrontShared;

/**
 * hn_front_client_new:
 * @shared: outlives the client, and the turn of the loop in which it ends
 * @fd: a non-blocking socket, taken over
 * @peer: who it is
 *
 * Returns: (transfer full): a client that owns itself until `gone`, or until hn_front_client_free()
 */
HnFrontClient *hn_front_client_new (const HnFrontShared *shared, int fd, const HnPeer *peer);

/**
 * hn_front_client_turn_away:
 * @self: a client that just came; it gets 503 and a close, after its handshake if there is one
 */
void hn_front_client_turn_away (HnFrontClient *self);

/**
 * hn_front_client_free:
 * @self: a client; everything is closed at once and no event comes
 */
void hn_front_client_free (HnFrontClient *self);

/**
 * hn_front_client_get_link:
 * @self: a client
 *
 * Returns: (transfer none): a list link of its own, whose data is the client
 */
GList *hn_front_client_get_link (HnFrontClient *self);

/**
 * hn_front_client_check:
 * @self: a client
 * @now_us: time; ends what is overdue
 */
void hn_front_client_check (HnFrontClient *self, gint64 now_us);

/**
 * hn_front_client_cut:
 * @self: a client; what it is doing now is cut in the next turn
 */
void hn_front_client_cut (HnFrontClient *self);

/**
 * hn_front_client_get_tag:
 * @self: a client
 *
 * Returns: (transfer none) (nullable): tag of the request or tunnel under way
 */
const char *hn_front_client_get_tag (HnFrontClient *self);

/**
 * hn_front_client_is_tunnel:
 * @self: a client
 *
 * Returns: whether it is a tunnel
 */
gboolean hn_front_client_is_tunnel (HnFrontClient *self);
