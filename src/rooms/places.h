/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rooms/room.h"

/* The rooms in which somebody of this process is: each is there from the first who takes a place in it to the last who gives it back. Pure. */

typedef struct _HnPlaces HnPlaces;

/**
 * hn_places_new:
 * @send: see hn_room_new()
 * @server: likewise
 *
 * Returns: (transfer full): no rooms
 */
HnPlaces *hn_places_new (HnRoomSend send, const char *server);

/**
 * hn_places_free:
 * @self: (nullable): what to free, rooms included
 */
void hn_places_free (HnPlaces *self);

/**
 * hn_places_take:
 * @self: places
 * @id: of a room
 *
 * Returns: (transfer none): the room, until hn_places_give_back()
 */
HnRoom *hn_places_take (HnPlaces *self, const char *id);

/**
 * hn_places_give_back:
 * @self: places
 * @room: from hn_places_take()
 */
void hn_places_give_back (HnPlaces *self, HnRoom *room);

/**
 * hn_places_find:
 * @self: places
 * @id: of a room
 *
 * Returns: (transfer none) (nullable): the room
 */
HnRoom *hn_places_find (HnPlaces *self, const char *id);

/**
 * hn_places_get_rooms:
 * @self: places
 *
 * Returns: how many rooms
 */
guint hn_places_get_rooms (const HnPlaces *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPlaces, hn_places_free)
