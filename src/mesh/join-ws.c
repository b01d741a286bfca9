/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in the mesh. What agents here do is told to each other at once, and to other instances by the roster; what comes back of it is known already. */
#include "api/roster-memory-io.h"
#include "api/roster-redis.h"
#include "base/clock.h"
#include "base/log.h"
#include "mesh/mesh-private-ws.h"
#include "mesh/witness-event.h"

#define REDIS_PREFIX "ifswarm"
#define ANSWER_SECONDS 2 /* Redis is away when it is silent for so long */

#define CLOSE_LAPSED 4000
#define CLOSE_REPLACED 4001
#define CLOSE_REMOVED 4100

/* ---- leaving ---- */

/* @taken_over: somebody else has its id, which nobody left then. */
static void
forget (HnMeshClient *client, gboolean taken_over)
{
  HnMeshWs *self = client->owner;
  HnAgent *agent = g_steal_pointer (&client->agent);
  const char *agent_id = hn_agent_get_id (agent);

  if (agent_id != NULL)
    hn_roster_leave (self->roster, HN_MESH_GROUP, hn_agent_get_connection (agent));
  if (hn_agent_is_registered (agent) && !taken_over && hn_directory_leave (self->directory, agent_id, hn_agent_get_connection (agent)))
    hn_mesh_ws_witness (self, hn_witness_event_disconnected (agent_id, hn_directory_count (self->directory), hn_clock_utc_us ()));
  hn_agents_remove (self->agents, agent);
  if (hn_agents_count_registered (self->agents) > 0)
    return;
  hn_directory_clear (self->directory);
  hn_relay_ws_lost (self);
}

void
hn_join_ws_forget (HnMeshClient *client)
{
  if (client->agent != NULL)
    forget (client, FALSE);
}

static void
take_over (HnMeshClient *client)
{
  hn_info (HN_MESH_AREA, NULL, "agent is taken over by another connection agent=%s", hn_agent_get_id (client->agent));
  hn_websocket_close (client->socket, CLOSE_REPLACED, "replaced");
  forget (client, TRUE);
}

/* ---- joining ---- */

void
hn_join_ws_list (HnMeshClient *client)
{
  const char *agent_id = hn_agent_get_id (client->agent);
  g_autoptr (GPtrArray) others = hn_directory_list (client->owner->directory, agent_id);

  hn_mesh_ws_send (client, hn_mesh_message_registered (agent_id, others));
}

/* The end of an agent of ours is known here before the roster has heard of it, and its begin is told when it is answered. */
static void
name_seat (const HnRosterSeat *seat, gpointer data)
{
  HnMeshWs *self = data;
  HnAgent *agent = g_str_equal (seat->process, self->process) ? hn_agents_find_connection (self->agents, seat->connection) : NULL;

  if (agent != NULL ? hn_agent_is_registered (agent) : !g_str_equal (seat->process, self->process))
    hn_directory_come (self->directory, seat->member, seat->connection);
}

/* How far this instance has heard. */
static void
remember_place (HnMeshWs *self, HnRosterGroup *group)
{
  g_strlcpy (self->epoch, hn_roster_group_get_epoch (group), sizeof self->epoch);
  self->offset = hn_roster_group_get_offset (group);
}

/* @newcomer: (nullable): an agent of ours that has just joined; it may have taken its id over from another instance, where nobody left then. */
static void
sync_with (HnMeshWs *self, HnRosterGroup *group, HnAgent *newcomer)
{
  hn_directory_begin_sync (self->directory);
  hn_roster_group_for_each (group, name_seat, self);
  if (newcomer != NULL)
    hn_directory_come (self->directory, hn_agent_get_id (newcomer), hn_agent_get_connection (newcomer));
  hn_directory_end_sync (self->directory);
}

static void
welcome (HnMeshClient *client, HnRosterGroup *group)
{
  HnMeshWs *self = client->owner;
  HnAgent *agent = client->agent;
  const char *agent_id = hn_agent_get_id (agent);

  sync_with (self, group, agent);
  remember_place (self, group);
  hn_agents_end_join (self->agents, agent, TRUE);
  hn_join_ws_list (client);
  hn_info (HN_MESH_AREA, NULL, "agent registered agent=%s total=%u", agent_id, hn_directory_count (self->directory));
  hn_mesh_ws_witness (self, hn_witness_event_registered (agent_id, hn_directory_count (self->directory), hn_clock_utc_us ()));
}

static void
turn_away (HnMeshClient *client, HnMeshError error)
{
  g_autofree char *agent_id = g_strdup (hn_agent_get_id (client->agent));

  hn_agents_end_join (client->owner->agents, client->agent, FALSE);
  hn_mesh_ws_send_error (client, error, error == HN_MESH_ERROR_AGENT_ID_IN_USE ? agent_id : NULL);
}

static void
on_joined (HnRosterOutcome outcome, HnRosterGroup *group, gpointer data)
{
  HnMeshClient *client = data;

  hn_websocket_resume (client->socket);
  switch (outcome) {
  case HN_ROSTER_JOINED:
    welcome (client, group);
    break;
  case HN_ROSTER_FULL:
    turn_away (client, HN_MESH_ERROR_MESH_FULL);
    break;
  case HN_ROSTER_IN_USE:
    turn_away (client, HN_MESH_ERROR_AGENT_ID_IN_USE);
    break;
  case HN_ROSTER_BUSY:
    turn_away (client, HN_MESH_ERROR_BUSY);
    break;
  }
}

void
hn_join_ws_ask (HnMeshClient *client)
{
  HnMeshWs *self = client->owner;
  const HnRosterSeat seat = { .member = hn_agent_get_id (client->agent), .connection = hn_agent_get_connection (client->agent), .card = hn_agent_get_card (client->agent) };
  const HnRosterJoinRules rules = { hn_agent_may_replace (client->agent) ? HN_ROSTER_REPLACE_OWN : HN_ROSTER_KEEP, self->config->mesh_max_agents };

  hn_websocket_pause (client->socket);
  hn_roster_join (self->roster, HN_MESH_GROUP, &seat, &rules, on_joined, client);
}

/* ---- what other instances do ---- */

/* Somebody has to witness the end of an agent whose instance died: the instance of whoever has been in the mesh longest, and all agree who that is. */
static void
find_first (const HnRosterSeat *seat, gpointer data)
{
  const HnRosterSeat **first = data;

  if (*first == NULL)
    *first = seat;
}

static void
on_others_left (HnMeshWs *self, HnRosterGroup *group, const HnRosterEvent *event)
{
  const HnRosterSeat *first = NULL;

  if (!hn_directory_leave (self->directory, event->seat.member, event->seat.connection) || event->cause != HN_ROSTER_LAPSED)
    return;
  hn_roster_group_for_each (group, find_first, &first);
  if (first != NULL && g_str_equal (first->process, self->process))
    hn_mesh_ws_witness (self, hn_witness_event_disconnected (event->seat.member, hn_directory_count (self->directory), hn_clock_utc_us ()));
}

/* An agent of ours that is not gone: somebody else ended its registration. */
static void
on_ours_left (HnMeshWs *self, const HnRosterEvent *event)
{
  HnAgent *agent = hn_agents_find_connection (self->agents, event->seat.connection);
  gboolean lapsed = event->cause == HN_ROSTER_LAPSED;

  if (agent == NULL)
    return;
  hn_info (HN_MESH_AREA, NULL, "agent's registration %s agent=%s", lapsed ? "lapsed" : "was removed", event->seat.member);
  hn_mesh_ws_dismiss (hn_agent_get_owner (agent), lapsed ? CLOSE_LAPSED : CLOSE_REMOVED, lapsed ? "registration lapsed" : "removed");
}

static void
on_replaced (HnMeshWs *self, const HnRosterEvent *event)
{
  HnAgent *agent = hn_agents_find_connection (self->agents, event->seat.connection);

  if (agent != NULL)
    take_over (hn_agent_get_owner (agent));
}

/* ---- coming back ---- */

static void
on_caught (gboolean complete, const HnRosterEvent *events, guint n_events, gpointer data)
{
  for (guint i = 0; i < n_events; i++)
    if (events[i].kind == HN_ROSTER_SAID)
      hn_relay_ws_deliver (data, &events[i]);
  if (!complete)
    hn_info (HN_MESH_AREA, NULL, "what other instances said meanwhile is lost");
}

/* Another instance may have been back earlier, and said something to agents here: since what was heard of last, or, where Redis had lost everything, since its new begin. */
static void
catch_up (HnMeshWs *self, HnRosterGroup *group)
{
  const char *epoch = hn_roster_group_get_epoch (group);

  sync_with (self, group, NULL);
  hn_roster_catch_up (self->roster, HN_MESH_GROUP, epoch, g_str_equal (epoch, self->epoch) ? self->offset : 0, on_caught, self);
}

static void
on_event (HnRosterGroup *group, const HnRosterEvent *event, gpointer data)
{
  HnMeshWs *self = data;
  gboolean ours = event->kind != HN_ROSTER_RESET && g_str_equal (event->seat.process, self->process);

  switch (event->kind) {
  case HN_ROSTER_CAME:
    if (!ours)
      hn_directory_come (self->directory, event->seat.member, event->seat.connection);
    break;
  case HN_ROSTER_LEFT:
    if (ours)
      on_ours_left (self, event);
    else
      on_others_left (self, group, event);
    break;
  case HN_ROSTER_SAID:
    hn_relay_ws_said (self, group, event);
    break;
  case HN_ROSTER_RESET:
    catch_up (self, group);
    break;
  case HN_ROSTER_REPLACED:
    on_replaced (self, event);
    break;
  }
  remember_place (self, group);
}

static void
on_available (gboolean available, gpointer data)
{
  HnMeshWs *self = data;

  self->store_away = !available;
  if (!available)
    hn_relay_ws_lost (self);
}

void
hn_join_ws_open (HnMeshWs *self, HnPoller *poller)
{
  static const HnRosterEvents events = { .event = on_event, .available = on_available };
  g_autoptr (HnRedisUrl) url = hn_config_redis (self->config);
  const HnRosterRedisSettings settings = {
    .url = url,
    .prefix = REDIS_PREFIX,
    .channel = REDIS_PREFIX ":",
    .lease_us = self->config->mesh_presence_ttl,
    .answer_us = MIN (hn_seconds (ANSWER_SECONDS), self->config->mesh_presence_ttl / 3),
  };

  self->store_away = url != NULL; /* until it is reached */
  self->roster = url != NULL ? hn_roster_redis_new (poller, self->process, &settings, &events, self) : hn_roster_memory_io_new (poller, self->process, &events, self);
}
