/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/socket-door.h"
#include "rooms/admission.h"
#include "rooms/visits-ws.h"

/* The rooms of one process, between the front door, the visits and the roster. */

typedef struct _HnRoomsWs HnRoomsWs;

typedef struct {
  HnSocketDoorRules door;
  HnAdmissionRules admission;
  HnVisitsRules visits;
  gboolean deny; /* refuse before the handshake, by an HTTP status */
} HnRoomsRules;

/**
 * hn_rooms_ws_new:
 * @poller: outlives the rooms
 * @rules: copied; what it points to outlives the rooms
 *
 * Returns: (transfer full): rooms, to be given a roster
 */
HnRoomsWs *hn_rooms_ws_new (HnPoller *poller, const HnRoomsRules *rules);

/**
 * hn_rooms_ws_free:
 * @self: (nullable): rooms; all sockets are cut
 */
void hn_rooms_ws_free (HnRoomsWs *self);

/**
 * hn_rooms_ws_get_roster_events:
 *
 * Returns: (transfer none): what the roster is constructed with; their user data are the rooms
 */
const HnRosterEvents *hn_rooms_ws_get_roster_events (void);

/**
 * hn_rooms_ws_set_roster:
 * @self: rooms, before anybody comes
 * @roster: outlives the rooms
 * @process: its process id
 */
void hn_rooms_ws_set_roster (HnRoomsWs *self, HnRoster *roster, const char *process);

/**
 * hn_rooms_ws_set_jwt_rules:
 * @self: rooms
 * @rules: whose tokens are good from now on; what they point to outlives the rooms
 */
void hn_rooms_ws_set_jwt_rules (HnRoomsWs *self, const HnJwtRules *rules);

/**
 * hn_rooms_ws_route:
 * @self: rooms
 * @head: a request
 * @peer: who sends it
 * @ret_route: (inout): an initialised route
 *
 * Returns: whether the path is a room's; then @ret_route says what becomes of it
 */
gboolean hn_rooms_ws_route (HnRoomsWs *self, const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route);

/**
 * hn_rooms_ws_welcome:
 * @self: rooms
 * @wire: (transfer full): the connection
 * @websocket_data: (transfer full): as hn_rooms_ws_route() left it in the route
 */
void hn_rooms_ws_welcome (HnRoomsWs *self, HnWire *wire, gpointer websocket_data);

/**
 * hn_rooms_ws_get_visits:
 * @self: rooms
 *
 * Returns: (transfer none): who is here
 */
HnVisitsWs *hn_rooms_ws_get_visits (HnRoomsWs *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRoomsWs, hn_rooms_ws_free)
