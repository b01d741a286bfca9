/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rooms/rooms-look-http.h"
#include "rooms/rooms-ws.h"

/* What an operator may see and do in rooms, over all instances. Whoever is taken out may come again as long as its token is good: that is for its issuer to end. */

typedef struct _HnRoomsAdminHttp HnRoomsAdminHttp;

/**
 * hn_rooms_admin_http_new:
 * @looks: outlives it
 * @ws: outlives it
 * @roster: outlives it
 *
 * Returns: (transfer full): handlers
 */
HnRoomsAdminHttp *hn_rooms_admin_http_new (HnRoomsLookHttp *looks, HnRoomsWs *ws, HnRoster *roster);

/**
 * hn_rooms_admin_http_free:
 * @self: (nullable): what to free
 */
void hn_rooms_admin_http_free (HnRoomsAdminHttp *self);

/**
 * hn_rooms_admin_http_list:
 * @self: handlers
 * @request: `GET …/rooms?limit=1000`: all rooms and how many participants each has
 */
void hn_rooms_admin_http_list (HnRoomsAdminHttp *self, HnHttpRequest *request);

/**
 * hn_rooms_admin_http_show:
 * @self: handlers
 * @request: `GET …/rooms/{room}`: its participants, and what this instance knows of it
 */
void hn_rooms_admin_http_show (HnRoomsAdminHttp *self, HnHttpRequest *request);

/**
 * hn_rooms_admin_http_close:
 * @self: handlers
 * @request: `DELETE …/rooms/{room}`: everybody is taken out
 */
void hn_rooms_admin_http_close (HnRoomsAdminHttp *self, HnHttpRequest *request);

/**
 * hn_rooms_admin_http_kick:
 * @self: handlers
 * @request: `DELETE …/rooms/{room}/participants/{user}`: one is taken out
 */
void hn_rooms_admin_http_kick (HnRoomsAdminHttp *self, HnHttpRequest *request);
