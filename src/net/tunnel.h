/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/wire.h"

/* Two connections joined, byte-transparent in both directions (but for hn_tunnel_pulse()). What one side sends is read only while the other takes it: at most
 * %HN_LIMIT_TUNNEL_BUFFER_BYTES wait per direction, and nothing while nobody blocks. A side's end is passed on, the other direction goes on. */

typedef struct _HnTunnel HnTunnel;

/**
 * hn_tunnel_new:
 * @poller: outlives the tunnel
 * @a: (transfer full): one side, with whatever it holds unread and unsent
 * @b: (transfer full): the other
 * @closed: called from the loop, once, when both directions ended or one side broke; then hn_tunnel_free()
 * @user_data: for @closed
 *
 * Returns: (transfer full): the tunnel; it begins in the next turn
 */
HnTunnel *hn_tunnel_new (HnPoller *poller, HnWire *a, HnWire *b, void (*closed) (gpointer user_data), gpointer user_data);

/**
 * hn_tunnel_free:
 * @self: (nullable): a tunnel; both sides are closed and `closed` does not come any more
 */
void hn_tunnel_free (HnTunnel *self);

/**
 * hn_tunnel_cut:
 * @self: a tunnel; `closed` comes in the next turn
 */
void hn_tunnel_cut (HnTunnel *self);

/**
 * hn_tunnel_get_deadline:
 * @self: a tunnel
 * @stall_us: how long a side may take nothing, or keep its half of a half-closed tunnel silent
 * @pace_us: a window of net/pace for a side that takes too little
 *
 * Returns: when it should be freed, or %HN_NEVER
 */
gint64 hn_tunnel_get_deadline (HnTunnel *self, gint64 stall_us, gint64 pace_us);

/**
 * hn_tunnel_pulse:
 * @self: a tunnel between a client (side a) and a WebSocket server (side b)
 * @idle_us: how long the client may have heard nothing
 *
 * After so long the client is sent an empty, unsolicited Pong, which asks for no answer (RFC 6455 5.5.3), so that proxies on the way see life; only between
 * two frames of the server. To be called now and then.
 */
void hn_tunnel_pulse (HnTunnel *self, gint64 idle_us);

/**
 * hn_tunnel_look_again:
 * @self: a tunnel whose deadline has passed
 *
 * Asks the kernel what was taken; hn_tunnel_get_deadline() tells the outcome.
 */
void hn_tunnel_look_again (HnTunnel *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTunnel, hn_tunnel_free)
