/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rooms/admission.h"
#include "rooms/connection-ws.h"
#include "rooms/room.h"

/* Everybody who is connected to this process, and the rooms that they are in: lets them in, joins them to the roster, and lets them go. */

typedef struct _HnVisitsWs HnVisitsWs;

typedef struct {
  HnConnectionRules connection;
  HnWebSocketBounds bounds;
  guint participants_max; /* of one room */
  guint connections_user; /* of one user, 0: any number */
  guint rooms_user;       /* that one user is in, 0: any number */
  gint64 grace_us;        /* who is lost has so long to come back */
  gint64 drain_us;        /* at the end closes are spread over so long */
  gboolean server_sender; /* what the server says has the sender "server" */
  gboolean enforce_expiry; /* a token that expires ends its connection */
} HnVisitsRules;

typedef struct {
  guint connections; /* and seats that are kept for lost ones */
  guint rooms;  /* with one of them */
  guint users;
} HnVisitsFigures;

/**
 * hn_visits_ws_new:
 * @poller: outlives the visits
 * @rules: copied
 *
 * Returns: (transfer full): nobody is here; to be given a roster
 */
HnVisitsWs *hn_visits_ws_new (HnPoller *poller, const HnVisitsRules *rules);

/**
 * hn_visits_ws_free:
 * @self: (nullable): visits; all sockets are cut
 */
void hn_visits_ws_free (HnVisitsWs *self);

/**
 * hn_visits_ws_set_roster:
 * @self: visits
 * @roster: (nullable): as long as anybody comes
 */
void hn_visits_ws_set_roster (HnVisitsWs *self, HnRoster *roster);

/**
 * hn_visits_ws_welcome:
 * @self: visits
 * @wire: (transfer full): the connection
 * @admission: (transfer full): what it is let in with, or why not
 */
void hn_visits_ws_welcome (HnVisitsWs *self, HnWire *wire, HnAdmission *admission);

/**
 * hn_visits_ws_find_room:
 * @self: visits
 * @room: an id
 *
 * Returns: (nullable): the room, if somebody of this process is or was just in it
 */
HnRoom *hn_visits_ws_find_room (HnVisitsWs *self, const char *room);

/**
 * hn_visits_ws_came:
 * @self: visits
 * @group: where
 * @connection: whose seat the roster says is there; one of another process does nothing
 */
void hn_visits_ws_came (HnVisitsWs *self, HnRosterGroup *group, const char *connection);

/**
 * hn_visits_ws_left:
 * @self: visits
 * @connection: whose seat the roster says is gone; a visit of ours that had not asked for it is ended
 * @cause: why
 */
void hn_visits_ws_left (HnVisitsWs *self, const char *connection, HnRosterCause cause);

/**
 * hn_visits_ws_drain:
 * @self: visits
 * @drained: from the loop: all sockets are closed
 * @user_data: for @drained
 *
 * Tells everybody, closes one after another, and lets nobody in any more.
 */
void hn_visits_ws_drain (HnVisitsWs *self, void (*drained) (gpointer user_data), gpointer user_data);

/**
 * hn_visits_ws_get_hub:
 * @self: visits
 *
 * Returns: (transfer none): the hub of all sockets
 */
HnWebSocketHub *hn_visits_ws_get_hub (HnVisitsWs *self);

/**
 * hn_visits_ws_get_figures:
 * @self: visits
 * @ret_figures: (out): how full it is
 */
void hn_visits_ws_get_figures (HnVisitsWs *self, HnVisitsFigures *ret_figures);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnVisitsWs, hn_visits_ws_free)
