/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"
#include "mesh/agents.h"
#include "mesh/caller.h"
#include "mesh/directory.h"
#include "mesh/mesh-ws.h"
#include "net/rate-limit.h"
#include "net/timer.h"
#include "net/websocket.h"

/* What the shells of the mesh share: mesh-ws (sockets and what comes from them), join-ws (who is in the mesh), relay-ws (from one agent to another). */

#define HN_MESH_AREA "mesh"
#define HN_MESH_GROUP "agents" /* of the roster */

typedef struct {
  HnMeshWs *owner;
  HnWebSocket *socket;
  HnAgent *agent;  /* (nullable): it is let in, and neither gone nor told to go */
  guint in_flight; /* messages of it that went to the roster and have not come back */
  GList link;      /* among all */
} HnMeshClient;

typedef struct {
  char *connection; /* whose */
  char *to;
  HnMeshKind kind;
  gint64 said_us;
} HnMeshFlight;

struct _HnMeshWs {
  const HnConfig *config;
  HnWitnessHttp *witness; /* (nullable) */
  HnWebSocketHub *hub;
  HnRoster *roster;
  char *process;
  HnRandom *random;
  HnAgents *agents;
  HnDirectory *directory;
  HnRateLimit *rates;
  HnTimer *due_timer;
  GQueue clients;       /* of HnMeshClient, in the order in which they came */
  GQueue in_flight;     /* of HnMeshFlight, in the order in which they come back */
  gboolean store_away;
  char epoch[48];       /* of the roster's offsets, … */
  guint64 offset;       /* … and the last one that was heard of */
  gboolean stopping;
  HnTimer *stop_timer;
  guint stop_total;     /* clients at its begin */
  gint64 stop_began_us;
  void (*stopped) (gpointer user_data);
  gpointer stopped_data;
};

/**
 * hn_mesh_ws_send:
 * @client: whom
 * @text: (transfer full): what
 */
void hn_mesh_ws_send (HnMeshClient *client, GString *text);

/**
 * hn_mesh_ws_send_error:
 * @client: whom; counted
 * @error: which
 * @detail: (nullable): stands in its text
 */
void hn_mesh_ws_send_error (HnMeshClient *client, HnMeshError error, const char *detail);

/**
 * hn_mesh_ws_dismiss:
 * @client: who is told to go; it is in the mesh no more
 * @code: of the close
 * @reason: of the close
 */
void hn_mesh_ws_dismiss (HnMeshClient *client, guint code, const char *reason);

/**
 * hn_mesh_ws_witness:
 * @self: a mesh
 * @event: (transfer full): what is to be witnessed
 */
void hn_mesh_ws_witness (HnMeshWs *self, char *event);

/**
 * hn_join_ws_open:
 * @self: a mesh without a roster, which is opened
 * @poller: outlives it
 */
void hn_join_ws_open (HnMeshWs *self, HnPoller *poller);

/**
 * hn_join_ws_ask:
 * @client: wants to be registered by its agent's id
 */
void hn_join_ws_ask (HnMeshClient *client);

/**
 * hn_join_ws_list:
 * @client: is registered; gets the list
 */
void hn_join_ws_list (HnMeshClient *client);

/**
 * hn_join_ws_forget:
 * @client: is in the mesh no more; others are told
 */
void hn_join_ws_forget (HnMeshClient *client);

/**
 * hn_relay_ws_send:
 * @client: from whom
 * @message: OFFER, ANSWER or CANDIDATE
 */
void hn_relay_ws_send (HnMeshClient *client, const HnMeshMessage *message);

/**
 * hn_relay_ws_said:
 * @self: a mesh
 * @group: of the roster
 * @event: SAID
 */
void hn_relay_ws_said (HnMeshWs *self, HnRosterGroup *group, const HnRosterEvent *event);

/**
 * hn_relay_ws_deliver:
 * @self: a mesh
 * @event: SAID; goes to the agent that it is for, if that is here
 */
void hn_relay_ws_deliver (HnMeshWs *self, const HnRosterEvent *event);

/**
 * hn_relay_ws_lost:
 * @self: a mesh; what was on its way through the roster did not arrive
 */
void hn_relay_ws_lost (HnMeshWs *self);
