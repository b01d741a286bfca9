/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "net/poller.h"
#include "net/wire.h"

/* Shows SoupServer one request at a time (soup_server_accept_iostream) and takes the connection back when the answer is written:
 * Debian 12's libsoup leaks an fd for each keep-alive connection that a client closes, and knows no deadlines. Used by net/front. */

typedef struct _HnGate HnGate;

typedef struct {
  /* The answer is written; @keep_alive says whether the client's connection may carry another request. Comes from the loop, once. */
  void (*answered) (gboolean keep_alive, gpointer user_data);
} HnGateEvents;

/**
 * hn_gate_open:
 * @poller: where `answered` comes from; outlives the gate
 * @api: the API server
 * @wire: client's connection, borrowed; stays open until `answered` or hn_gate_abort()
 * @request: (transfer full): the whole request, head and body
 * @keep_alive: whether the client asked to keep the connection
 * @local: address of our side
 * @remote: address of the client
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): one request under way
 */
HnGate *hn_gate_open (HnPoller *poller, SoupServer *api, HnWire *wire, GByteArray *request, gboolean keep_alive, GSocketAddress *local,
                      GSocketAddress *remote, const HnGateEvents *events, gpointer user_data);

/**
 * hn_gate_has_begun:
 * @self: one request under way
 *
 * Returns: whether some of the answer went to the client
 */
gboolean hn_gate_has_begun (HnGate *self);

/**
 * hn_gate_get_deadline:
 * @self: one request under way
 * @handler_us: how long the handler may take until its answer begins
 * @stall_us: how long the client may take nothing
 * @pace_us: a window of net/pace for what it takes
 *
 * An answer that has begun may pause as long as its handler wants (events), as long as the client takes what there is.
 *
 * Returns: when it should be aborted, or %HN_NEVER
 */
gint64 hn_gate_get_deadline (HnGate *self, gint64 handler_us, gint64 stall_us, gint64 pace_us);

/**
 * hn_gate_look_again:
 * @self: one request under way, whose deadline has passed
 *
 * Asks the kernel what the client took; hn_gate_get_deadline() tells the outcome.
 *
 * Returns: whether it is the client whom we wait for
 */
gboolean hn_gate_look_again (HnGate *self);

/**
 * hn_gate_abort:
 * @self: (nullable): one request under way; frees it
 *
 * The client is gone or too slow: cancels what the handler does (see hn_gate_get_cancellable()); `answered` does not come.
 */
void hn_gate_abort (HnGate *self);

/**
 * hn_gate_free:
 * @self: (nullable): a request whose `answered` came
 */
void hn_gate_free (HnGate *self);

/**
 * hn_gate_get_cancellable:
 * @message: a message that came through a gate
 *
 * Returns: (transfer none) (nullable): cancelled when the client leaves before the answer
 */
GCancellable *hn_gate_get_cancellable (SoupServerMessage *message);

/**
 * hn_gate_is_secure:
 * @message: a message that came through a gate
 *
 * Returns: whether the client speaks TLS with us
 */
gboolean hn_gate_is_secure (SoupServerMessage *message);
