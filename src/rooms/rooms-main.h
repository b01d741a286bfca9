/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/service.h"

/* A process of room signalling: front door, rooms, roster and API, put together and taken apart. */

typedef struct _HnRooms HnRooms;

typedef struct {
  void (*stopped) (gpointer user_data); /* from the loop: everybody was told and has gone */
} HnRoomsEvents;

/**
 * hn_rooms_new:
 * @config: outlives the process's rooms; read anew in place on SIGHUP
 * @service: (nullable): may have the socket already
 * @events: static
 * @user_data: for @events
 * @error: CONFLICT when the address is taken, CONFIG, INVALID, DENIED
 *
 * Returns: (transfer full) (nullable): rooms that listen
 */
HnRooms *hn_rooms_new (const HnConfig *config, HnService *service, const HnRoomsEvents *events, gpointer user_data, GError **error);

/**
 * hn_rooms_stop:
 * @self: rooms
 *
 * Lets nobody in any more, tells everybody, closes one after another, and leaves the roster; `stopped` follows.
 */
void hn_rooms_stop (HnRooms *self);

/**
 * hn_rooms_reload:
 * @self: rooms whose configuration was read anew
 */
void hn_rooms_reload (HnRooms *self);

/**
 * hn_rooms_get_visits:
 * @self: rooms
 *
 * Returns: how many connections a restart would cut
 */
guint hn_rooms_get_visits (HnRooms *self);

/**
 * hn_rooms_free:
 * @self: (nullable): what to free
 */
void hn_rooms_free (HnRooms *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRooms, hn_rooms_free)
