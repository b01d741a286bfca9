/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"
#include "base/config.h"
#include "mesh/witness-http.h"
#include "net/front.h"
#include "net/websocket.h"

/* The signalling server of a mesh of agents, as far as sockets go (docs/signalling.md): whoever opens one registers an id, is told who else comes and goes, and has offers, answers and candidates relayed to
 * them, over all instances that share a Redis. */

typedef struct _HnMeshWs HnMeshWs;

typedef struct {
  guint registered, sockets; /* here, now */
  guint known;               /* agents in the whole mesh, as far as is known here: 0 while none is registered here */
} HnMeshWsFigures;

/**
 * hn_mesh_ws_new:
 * @config: outlives this
 * @poller: outlives this
 * @witness: (nullable): outlives this
 *
 * Returns: (transfer full): a mesh without agents
 */
HnMeshWs *hn_mesh_ws_new (const HnConfig *config, HnPoller *poller, HnWitnessHttp *witness);

/**
 * hn_mesh_ws_free:
 * @self: (nullable): a mesh whose front door is gone; sockets that are open are cut
 */
void hn_mesh_ws_free (HnMeshWs *self);

/**
 * hn_mesh_ws_route:
 * @self: a mesh
 * @head: a request that is not the API's
 * @peer: who sends it
 * @ret_route: (inout): an initialised route: what is to be done with it
 */
void hn_mesh_ws_route (HnMeshWs *self, const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route);

/**
 * hn_mesh_ws_open:
 * @self: a mesh
 * @wire: (transfer full): as HnFrontEvents.websocket gives it
 * @websocket_data: (transfer full): likewise, of a route of hn_mesh_ws_route()
 */
void hn_mesh_ws_open (HnMeshWs *self, HnWire *wire, gpointer websocket_data);

/**
 * hn_mesh_ws_get_roster:
 * @self: a mesh
 *
 * Returns: (transfer none): who is where
 */
HnRoster *hn_mesh_ws_get_roster (HnMeshWs *self);

/**
 * hn_mesh_ws_get_hub:
 * @self: a mesh
 *
 * Returns: (transfer none): of its sockets
 */
HnWebSocketHub *hn_mesh_ws_get_hub (HnMeshWs *self);

/**
 * hn_mesh_ws_get_group:
 * @self: a mesh
 *
 * Returns: name of the roster's group in which agents are
 */
const char *hn_mesh_ws_get_group (HnMeshWs *self);

/**
 * hn_mesh_ws_get_process:
 * @self: a mesh
 *
 * Returns: this instance's name in the roster
 */
const char *hn_mesh_ws_get_process (HnMeshWs *self);

/**
 * hn_mesh_ws_is_store_away:
 * @self: a mesh
 *
 * Returns: whether what instances share cannot be reached: agents here go on among themselves
 */
gboolean hn_mesh_ws_is_store_away (HnMeshWs *self);

/**
 * hn_mesh_ws_get_figures:
 * @self: a mesh
 *
 * Returns: its figures
 */
HnMeshWsFigures hn_mesh_ws_get_figures (HnMeshWs *self);

/**
 * hn_mesh_ws_stop:
 * @self: a mesh
 * @stopped: from the loop, once: everybody was told to go (1001), other instances were told, and most have closed
 * @user_data: for @stopped
 */
void hn_mesh_ws_stop (HnMeshWs *self, void (*stopped) (gpointer user_data), gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnMeshWs, hn_mesh_ws_free)
