/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From one agent to another. Between two agents of this instance a message goes directly, else through the roster, whose order is one; and as long as something of the sender is still on its way there, what
 * follows goes the same way, so that the messages of one agent to another keep their order even if the other one changes its instance meanwhile. */
#include "base/clock.h"
#include "base/metrics.h"
#include "mesh/mesh-private-ws.h"
#include "mesh/witness-event.h"

static void
flight_free (HnMeshFlight *flight)
{
  g_free (flight->connection);
  g_free (flight->to);
  g_free (flight);
}

static void
count (HnMeshWs *self, const HnMeshMessage *message)
{
  hn_metrics_add (HN_METRIC_MESH_RELAYED, hn_mesh_message_kind_label (message->kind), 1);
  if (self->witness != NULL)
    hn_mesh_ws_witness (self, hn_witness_event_relayed (message, g_str_equal (self->config->mesh_witness_candidates, "whole"), hn_clock_utc_us ()));
}

/* An error, but none to a candidate: they come by the dozen behind an offer that had one. */
static void
answer (HnMeshClient *client, HnMeshKind kind, HnMeshError error, const char *to)
{
  if (kind != HN_MESH_CANDIDATE)
    hn_mesh_ws_send_error (client, error, to);
}

/* ---- sending ---- */

static void
send_directly (HnMeshClient *client, HnMeshClient *target, const HnMeshMessage *message, gint64 now_us)
{
  GString *head = hn_mesh_message_relayed_head (message);
  const HnSlice parts[] = { { head->str, head->len }, { message->body.text, message->body.length }, { HN_MESH_RELAYED_TAIL, strlen (HN_MESH_RELAYED_TAIL) } };
  HnWsMessage *frame = hn_ws_message_new_parts (parts, G_N_ELEMENTS (parts));

  hn_websocket_send (target->socket, frame);
  hn_ws_message_unref (frame);
  g_string_free (head, TRUE);
  hn_metrics_observe (HN_METRIC_MESH_RELAY_DURATION, NULL, hn_clock_now_us () - now_us);
  count (client->owner, message);
}

static void
send_by_roster (HnMeshClient *client, const HnMeshMessage *message, gint64 now_us)
{
  HnMeshWs *self = client->owner;
  const char *connection = hn_agent_get_connection (client->agent);
  g_autoptr (GString) text = hn_mesh_message_relayed_head (message);
  HnMeshFlight *flight;

  g_string_append_len (text, message->body.text, (gssize) message->body.length);
  g_string_append (text, HN_MESH_RELAYED_TAIL);
  if (!hn_roster_say (self->roster, HN_MESH_GROUP, connection, message->to, text->str, text->len)) {
    hn_mesh_ws_send_error (client, HN_MESH_ERROR_BUSY, NULL);
    return;
  }
  flight = g_new0 (HnMeshFlight, 1);
  flight->connection = g_strdup (connection);
  flight->to = g_strdup (message->to);
  flight->kind = message->kind;
  flight->said_us = now_us;
  g_queue_push_tail (&self->in_flight, flight);
  client->in_flight++;
  count (self, message);
}

static gboolean
is_elsewhere (HnMeshWs *self, const char *agent_id)
{
  HnRosterGroup *group = hn_roster_find (self->roster, HN_MESH_GROUP);
  const HnRosterSeat *seat = group != NULL ? hn_roster_group_find_member (group, agent_id) : NULL;

  return seat != NULL && !g_str_equal (seat->process, self->process);
}

void
hn_relay_ws_send (HnMeshClient *client, const HnMeshMessage *message)
{
  HnMeshWs *self = client->owner;
  gint64 now_us = hn_clock_now_us ();
  HnMeshError error = HN_MESH_ERRORS;
  HnAgent *target;

  if (!hn_agents_may_relay (client->agent, message->from, &error)) {
    hn_mesh_ws_send_error (client, error, error == HN_MESH_ERROR_FROM_MISMATCH ? hn_agent_get_id (client->agent) : NULL);
    return;
  }
  target = hn_agents_find (self->agents, message->to);
  if (target != NULL && (client->in_flight == 0 || self->store_away))
    send_directly (client, hn_agent_get_owner (target), message, now_us);
  else if (target == NULL && !is_elsewhere (self, message->to))
    answer (client, message->kind, HN_MESH_ERROR_AGENT_NOT_FOUND, message->to);
  else if (self->store_away)
    answer (client, message->kind, HN_MESH_ERROR_AGENT_UNREACHABLE, message->to);
  else
    send_by_roster (client, message, now_us);
}

/* ---- what comes back, and from others ---- */

/* Everybody hears the roster's words in one order, so that here is known whether the other agent was there when they were said. */
static void
land (HnMeshWs *self, HnRosterGroup *group, const char *connection)
{
  HnMeshFlight *flight = g_queue_peek_head (&self->in_flight);
  HnAgent *agent = hn_agents_find_connection (self->agents, connection);
  HnMeshClient *client = agent != NULL ? hn_agent_get_owner (agent) : NULL;

  if (flight == NULL || !g_str_equal (flight->connection, connection))
    return; /* it was given up */
  g_queue_pop_head (&self->in_flight);
  hn_metrics_observe (HN_METRIC_MESH_RELAY_DURATION, NULL, hn_clock_now_us () - flight->said_us);
  if (client != NULL) {
    client->in_flight--;
    if (hn_roster_group_find_member (group, flight->to) == NULL)
      answer (client, flight->kind, HN_MESH_ERROR_AGENT_NOT_FOUND, flight->to);
  }
  flight_free (flight);
}

void
hn_relay_ws_deliver (HnMeshWs *self, const HnRosterEvent *event)
{
  HnAgent *target = event->to != NULL ? hn_agents_find (self->agents, event->to) : NULL;

  if (target != NULL && g_utf8_validate (event->text, (gssize) event->length, NULL)) {
    HnMeshClient *client = hn_agent_get_owner (target);

    hn_websocket_send_text (client->socket, event->text, event->length);
  }
}

void
hn_relay_ws_said (HnMeshWs *self, HnRosterGroup *group, const HnRosterEvent *event)
{
  hn_relay_ws_deliver (self, event);
  if (g_str_equal (event->seat.process, self->process))
    land (self, group, event->seat.connection);
}

void
hn_relay_ws_lost (HnMeshWs *self)
{
  HnMeshFlight *flight;

  while ((flight = g_queue_pop_head (&self->in_flight)) != NULL) {
    HnAgent *agent = hn_agents_find_connection (self->agents, flight->connection);
    HnMeshClient *client = agent != NULL ? hn_agent_get_owner (agent) : NULL;

    if (client != NULL) {
      client->in_flight--;
      answer (client, flight->kind, HN_MESH_ERROR_AGENT_UNREACHABLE, flight->to);
    }
    flight_free (flight);
  }
}
