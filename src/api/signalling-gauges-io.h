/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"
#include "net/websocket.h"

/* What rooms and mesh have in common in GET /metrics: their sockets, and what instances share. */

/**
 * hn_signalling_gauges_io_set:
 * @hub: of all sockets
 * @roster: who is where
 *
 * To be called for each look at the metrics.
 */
void hn_signalling_gauges_io_set (HnWebSocketHub *hub, HnRoster *roster);
