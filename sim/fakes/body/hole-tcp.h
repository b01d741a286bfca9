/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An address that answers nothing, not even a SYN: what a host looks like whose machine or WireGuard is down. */
#pragma once

#include <gio/gio.h>

typedef struct SimHole SimHole;

/**
 * sim_hole_new:
 * @address: IPv4 address
 * @port: TCP port
 * @error: names address:port
 *
 * Returns: (transfer full) (nullable): from now on connections to it neither succeed nor are refused
 */
SimHole *sim_hole_new (const char *address, guint16 port, GError **error);

/**
 * sim_hole_free:
 * @self: (nullable) (transfer full): a hole; the port is closed afterwards
 */
void sim_hole_free (SimHole *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimHole, sim_hole_free)
