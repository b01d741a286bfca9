/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"
#include "net/http-server.h"

/* Requests that wait for the roster's answer about a room. */

typedef struct _HnRoomsLookHttp HnRoomsLookHttp;

/* Answers @request: who is in @room. */
typedef void (*HnRoomsLooked) (HnHttpRequest *request, const char *room, const HnRosterSeat *seats, guint n_seats, gpointer user_data);

/**
 * hn_rooms_look_http_new:
 * @roster: outlives it
 * @strict_ids: as in hn_room_id_decide()
 *
 * Returns: (transfer full): nobody waits
 */
HnRoomsLookHttp *hn_rooms_look_http_new (HnRoster *roster, gboolean strict_ids);

/**
 * hn_rooms_look_http_free:
 * @self: (nullable): those who wait are dropped; nothing of the roster may come any more
 */
void hn_rooms_look_http_free (HnRoomsLookHttp *self);

/**
 * hn_rooms_look_http_find_room:
 * @self: requests
 * @request: whose first parameter is a room's name
 *
 * Returns: (transfer full) (nullable): its id; %NULL: it is none, and @request was answered with 400 or 404
 */
char *hn_rooms_look_http_find_room (HnRoomsLookHttp *self, HnHttpRequest *request);

/**
 * hn_rooms_look_http_start:
 * @self: requests
 * @request: answered by @looked, or with 503 when the store does not answer
 * @room: an id
 * @looked: once, unless its client has gone
 * @user_data: for @looked
 */
void hn_rooms_look_http_start (HnRoomsLookHttp *self, HnHttpRequest *request, const char *room, HnRoomsLooked looked, gpointer user_data);

/**
 * hn_rooms_look_http_list:
 * @self: requests
 * @request: answered with all rooms, or with 503
 * @limit: at most so many
 */
void hn_rooms_look_http_list (HnRoomsLookHttp *self, HnHttpRequest *request, guint limit);
