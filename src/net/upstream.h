/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "net/wire.h"

/* Connections to upstreams, and those of them that wait for their next request. A pooled connection that says anything, or closes, is thrown
 * away at once: by its event, or, when that comes later in the same turn, as soon as it would be used again. */

typedef struct _HnUpstreamPool HnUpstreamPool;

/**
 * hn_upstream_pool_new:
 * @poller: outlives the pool
 *
 * Returns: (transfer full): an empty pool
 */
HnUpstreamPool *hn_upstream_pool_new (HnPoller *poller);

/**
 * hn_upstream_pool_free:
 * @self: (nullable): a pool; its connections are closed
 */
void hn_upstream_pool_free (HnUpstreamPool *self);

/**
 * hn_upstream_pool_connect:
 * @self: a pool
 * @host: IP literal
 * @port: port
 * @error: UPSTREAM: it cannot even be tried
 *
 * Returns: (transfer full) (nullable): a connection under way, see hn_wire_check_connect(); give it a `ready` at once
 */
HnWire *hn_upstream_pool_connect (HnUpstreamPool *self, const char *host, guint16 port, GError **error);

/**
 * hn_upstream_pool_take:
 * @self: a pool
 * @host: IP literal
 * @port: port
 *
 * Returns: (transfer full) (nullable): a waiting connection that is still good, as far as one can see; give it a `ready` at once
 */
HnWire *hn_upstream_pool_take (HnUpstreamPool *self, const char *host, guint16 port);

/**
 * hn_upstream_pool_give:
 * @self: a pool
 * @wire: (transfer full): a connection whose last response is read to its end
 * @host: IP literal
 * @port: port
 * @tag: (nullable): for whom it was used
 */
void hn_upstream_pool_give (HnUpstreamPool *self, HnWire *wire, const char *host, guint16 port, const char *tag);

/**
 * hn_upstream_pool_forget:
 * @self: a pool
 * @tag: closes what was last used for it
 */
void hn_upstream_pool_forget (HnUpstreamPool *self, const char *tag);

/**
 * hn_upstream_pool_sweep:
 * @self: a pool
 * @now_us: time; what has waited longer than %HN_LIMIT_UPSTREAM_IDLE_SECONDS is closed
 */
void hn_upstream_pool_sweep (HnUpstreamPool *self, gint64 now_us);

/**
 * hn_upstream_pool_get_waiting:
 * @self: a pool
 *
 * Returns: how many connections wait
 */
guint hn_upstream_pool_get_waiting (HnUpstreamPool *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnUpstreamPool, hn_upstream_pool_free)
