/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

/* Shows SoupServer one request at a time (soup_server_accept_iostream) and takes the connection back when the answer is written:
 * Debian 12's libsoup leaks an fd for each keep-alive connection that a client closes, and knows no deadlines. Used by net/front. */

typedef struct _HnGate HnGate;

typedef struct {
  /* The answer is written; @keep_alive says whether the client's connection may carry another request. Comes from the loop, once. */
  void (*answered) (gboolean keep_alive, gpointer user_data);
} HnGateEvents;

/**
 * hn_gate_open:
 * @api: the API server
 * @fd: client's socket, non-blocking, not owned; stays open until `answered` or hn_gate_abort()
 * @bytes: (array length=length): the whole request head and the part of its body that has arrived; copied
 * @length: bytes
 * @body_left_bytes: bytes of the body still to be read from @fd
 * @keep_alive: whether the client asked to keep the connection
 * @local: address of our side
 * @remote: address of the client
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): one request under way
 */
HnGate *hn_gate_open (SoupServer *api, int fd, const char *bytes, gsize length, goffset body_left_bytes, gboolean keep_alive,
                      GSocketAddress *local, GSocketAddress *remote, const HnGateEvents *events, gpointer user_data);

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
