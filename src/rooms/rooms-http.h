/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/http-server.h"
#include "rooms/rooms-ws.h"

/* The REST half of a process of rooms: what clients ask before and besides their sockets, health and metrics, pages, and what an operator may do. */

typedef struct _HnRoomsHttp HnRoomsHttp;

/**
 * hn_rooms_http_new:
 * @config: outlives it; read anew in place
 * @ws: outlives it
 * @roster: outlives it
 *
 * Returns: (transfer full): an API without a socket
 */
HnRoomsHttp *hn_rooms_http_new (const HnConfig *config, HnRoomsWs *ws, HnRoster *roster);

/**
 * hn_rooms_http_free:
 * @self: (nullable): an API whose front door is gone; nothing of the roster may come any more
 */
void hn_rooms_http_free (HnRoomsHttp *self);

/**
 * hn_rooms_http_get_soup:
 * @self: an API
 *
 * Returns: (transfer none): what HnFrontOptions.api wants
 */
SoupServer *hn_rooms_http_get_soup (HnRoomsHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRoomsHttp, hn_rooms_http_free)
