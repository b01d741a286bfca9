/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/mesh-private-ws.h"

#include "api/socket-door.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/handshake.h"

#define STOP_LOOK_SECONDS 0.01 /* between two looks at a stop */

/* ---- talking ---- */

void
hn_mesh_ws_send (HnMeshClient *client, GString *text)
{
  hn_websocket_send_text (client->socket, text->str, text->len);
  g_string_free (text, TRUE);
}

void
hn_mesh_ws_send_error (HnMeshClient *client, HnMeshError error, const char *detail)
{
  hn_metrics_add (HN_METRIC_MESH_ERRORS, hn_mesh_message_error_label (error), 1);
  hn_mesh_ws_send (client, hn_mesh_message_error (error, detail));
}

void
hn_mesh_ws_witness (HnMeshWs *self, char *event)
{
  if (self->witness != NULL)
    hn_witness_http_add (self->witness, event);
  else
    g_free (event);
}

void
hn_mesh_ws_dismiss (HnMeshClient *client, guint code, const char *reason)
{
  hn_websocket_close (client->socket, code, reason);
  hn_join_ws_forget (client);
}

/* ---- who is due ---- */

static void
arm_due (HnMeshWs *self)
{
  hn_timer_arm (self->due_timer, hn_agents_deadline (self->agents));
}

static void
on_due (gpointer data)
{
  HnMeshWs *self = data;
  gint64 now_us = hn_clock_now_us ();
  HnAgentsDue due;
  HnAgent *agent;

  while ((agent = hn_agents_next_due (self->agents, now_us, &due)) != NULL) {
    HnMeshClient *client = hn_agent_get_owner (agent);

    switch (due) {
    case HN_AGENTS_RESUME:
      hn_websocket_resume (client->socket);
      break;
    case HN_AGENTS_EXPIRED:
      hn_mesh_ws_dismiss (client, 1008, "Token has expired");
      break;
    }
  }
  arm_due (self);
}

static void
keep_pace (HnMeshClient *client)
{
  switch (hn_agents_charge (client->owner->agents, client->agent, hn_clock_now_us ())) {
  case HN_AGENTS_PAUSE_AND_TELL:
    hn_mesh_ws_send_error (client, HN_MESH_ERROR_RATE_LIMIT_EXCEEDED, NULL);
    hn_websocket_pause (client->socket);
    break;
  case HN_AGENTS_PAUSE:
    hn_websocket_pause (client->socket);
    break;
  case HN_AGENTS_GO_ON:
    return;
  }
  arm_due (client->owner);
}

/* ---- what comes ---- */

static void
register_client (HnMeshClient *client, const char *agent_id)
{
  HnMeshError error = HN_MESH_ERRORS;

  switch (hn_agents_register (client->owner->agents, client->agent, agent_id, &error)) {
  case HN_AGENTS_JOIN:
    hn_join_ws_ask (client);
    break;
  case HN_AGENTS_AGAIN:
    hn_join_ws_list (client);
    break;
  case HN_AGENTS_REFUSED:
    hn_mesh_ws_send_error (client, error, error == HN_MESH_ERROR_AGENT_ID_FORBIDDEN ? agent_id : hn_agent_get_id (client->agent));
    break;
  }
}

static void
take_message (HnMeshClient *client, const HnMeshMessage *message)
{
  switch (message->kind) {
  case HN_MESH_REGISTER:
    register_client (client, message->agent_id);
    break;
  case HN_MESH_OFFER:
  case HN_MESH_ANSWER:
  case HN_MESH_CANDIDATE:
    hn_relay_ws_send (client, message);
    break;
  case HN_MESH_WRONG:
    hn_mesh_ws_send_error (client, message->error, message->detail);
    break;
  case HN_MESH_IGNORED:
    if (client->owner->config->mesh_strict)
      hn_mesh_ws_send_error (client, HN_MESH_ERROR_UNKNOWN_TYPE, NULL);
    break;
  }
}

static void
on_message (HnWebSocket *socket, HnSlice text, gboolean binary, gpointer data)
{
  HnMeshClient *client = data;
  g_auto (HnMeshMessage) message = { 0 };

  if (client->agent == NULL)
    return;
  if (binary && !g_utf8_validate (text.text, (gssize) text.length, NULL)) {
    hn_mesh_ws_dismiss (client, 1007, "not UTF-8");
    return;
  }
  hn_mesh_message_read (text.text, text.length, &message);
  take_message (client, &message);
  if (client->agent != NULL)
    keep_pace (client);
}

static void
free_client (HnMeshClient *client)
{
  g_queue_unlink (&client->owner->clients, &client->link);
  hn_websocket_free (client->socket);
  g_free (client);
}

static void
on_closed (HnWebSocket *socket, HnWebSocketEnd end, guint code, const char *reason, gpointer data)
{
  HnMeshClient *client = data;

  if (client->agent != NULL && hn_agent_is_registered (client->agent))
    hn_info (HN_MESH_AREA, NULL, "agent left agent=%s code=%u", hn_agent_get_id (client->agent), code);
  hn_join_ws_forget (client);
  arm_due (client->owner);
  free_client (client);
}

/* ---- who comes ---- */

static void
let_in (HnMeshClient *client, const HnCaller *caller)
{
  HnMeshWs *self = client->owner;
  gint64 now_us = hn_clock_now_us ();
  g_autofree char *connection = hn_id_new (self->random);
  HnAgentFacts facts = { .connection = connection, .identity = caller->identity, .allowed = caller->allowed, .expires_us = HN_NEVER };

  if (caller->expires_utc_us != G_MAXINT64 && self->config->tokens_enforce_expiry)
    facts.expires_us = now_us + MAX (caller->expires_utc_us - hn_clock_utc_us (), 0);
  client->agent = hn_agents_add (self->agents, &facts, client, now_us);
  arm_due (self);
}

void
hn_mesh_ws_open (HnMeshWs *self, HnWire *wire, gpointer websocket_data)
{
  static const HnWebSocketEvents events = { .message = on_message, .closed = on_closed };
  g_autoptr (HnCaller) caller = websocket_data;
  HnMeshClient *client = g_new0 (HnMeshClient, 1);

  client->owner = self;
  client->socket = hn_websocket_new (self->hub, wire, &events, client);
  client->link.data = client;
  g_queue_push_tail_link (&self->clients, &client->link);
  if (self->stopping) {
    hn_websocket_close (client->socket, 1001, "going away");
  } else if (caller->refusal != NULL) {
    hn_debug (HN_MESH_AREA, NULL, "a socket is refused: %s", caller->why);
    hn_websocket_close (client->socket, 1008, caller->refusal);
  } else {
    let_in (client, caller);
  }
}

void
hn_mesh_ws_route (HnMeshWs *self, const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route)
{
  const HnConfig *config = self->config;
  const HnSocketDoorRules door = { .origins = (const char *const *) config->websocket_allowed_origins,
                                   .per_minute = config->websocket_connects_address,
                                   .sockets_max = config->websocket_sockets,
                                   .trusted = config->server_trusted_proxies };
  guint open = hn_websocket_hub_get_figures (self->hub)->open;
  const HnJwtRules rules = hn_jwt_rules_of (config);

  if (!hn_socket_door_admit (&door, self->rates, head, peer, open, hn_clock_now_us (), ret_route)) {
    if (ret_route->status == 429)
      hn_metrics_add (HN_METRIC_API_LIMITED, "socket", 1);
    return;
  }
  ret_route->kind = HN_ROUTE_WEBSOCKET;
  if (hn_handshake_offers (head, HN_CALLER_PROTOCOL))
    ret_route->protocol = g_strdup (HN_CALLER_PROTOCOL);
  ret_route->websocket_data = hn_caller_new (g_str_equal (config->mesh_auth, "token") ? &rules : NULL, head, hn_clock_utc_us ());
  ret_route->websocket_data_free = (GDestroyNotify) hn_caller_free;
}

/* ---- ending ---- */

static void
on_roster_closed (gpointer data)
{
  HnMeshWs *self = data;

  self->stopped (self->stopped_data);
}

/* Told to go one after another, so that they do not all come to the other instances at once. */
static void
dismiss_some (HnMeshWs *self, gint64 now_us)
{
  gint64 drain_us = MIN (self->config->websocket_drain, (gint64) self->stop_total * G_USEC_PER_SEC / HN_LIMIT_MESH_CLOSES_PER_SECOND);
  guint due = drain_us > 0 ? (guint) MIN ((now_us - self->stop_began_us) * self->stop_total / drain_us + 1, self->stop_total) : self->stop_total;
  guint left = self->stop_total - due;
  GList *next;

  for (GList *at = self->clients.head; at != NULL && hn_agents_count (self->agents) > left; at = next) {
    HnMeshClient *client = at->data;

    next = at->next;
    if (client->agent != NULL)
      hn_mesh_ws_dismiss (client, 1001, "going away");
  }
}

static void
on_stop_look (gpointer data)
{
  HnMeshWs *self = data;
  gint64 now_us = hn_clock_now_us ();
  gint64 latest_us = self->stop_began_us + self->config->websocket_drain + self->config->websocket_close_timeout;

  dismiss_some (self, now_us);
  if ((self->clients.length == 0 && hn_websocket_hub_get_closing (self->hub) == 0) || now_us >= latest_us)
    hn_roster_close (self->roster, on_roster_closed, self);
  else
    hn_timer_arm (self->stop_timer, now_us + hn_seconds (STOP_LOOK_SECONDS));
}

void
hn_mesh_ws_stop (HnMeshWs *self, void (*stopped) (gpointer user_data), gpointer user_data)
{
  self->stopping = TRUE;
  self->stopped = stopped;
  self->stopped_data = user_data;
  self->stop_total = hn_agents_count (self->agents);
  self->stop_began_us = hn_clock_now_us ();
  hn_timer_arm (self->stop_timer, self->stop_began_us);
}

/* ---- figures ---- */

HnRoster *
hn_mesh_ws_get_roster (HnMeshWs *self)
{
  return self->roster;
}

HnWebSocketHub *
hn_mesh_ws_get_hub (HnMeshWs *self)
{
  return self->hub;
}

const char *
hn_mesh_ws_get_group (HnMeshWs *self)
{
  return HN_MESH_GROUP;
}

const char *
hn_mesh_ws_get_process (HnMeshWs *self)
{
  return self->process;
}

gboolean
hn_mesh_ws_is_store_away (HnMeshWs *self)
{
  return self->store_away;
}

HnMeshWsFigures
hn_mesh_ws_get_figures (HnMeshWs *self)
{
  return (HnMeshWsFigures){
    .registered = hn_agents_count_registered (self->agents),
    .sockets = self->clients.length,
    .known = hn_directory_count (self->directory),
  };
}

/* ---- construction ---- */

static void
send_news (HnAgent *agent, gpointer message)
{
  HnMeshClient *client = hn_agent_get_owner (agent);

  if (hn_agent_is_registered (agent))
    hn_websocket_send (client->socket, message);
}

/* One frame for all who are registered here; who is just coming is not yet, and gets the list. */
static void
tell_all (HnMeshWs *self, GString *text)
{
  HnWsMessage *message = hn_ws_message_new (text->str, text->len);

  if (!self->stopping)
    hn_agents_for_each (self->agents, send_news, message);
  hn_ws_message_unref (message);
  g_string_free (text, TRUE);
}

static void
on_joined (const char *agent_id, gpointer data)
{
  tell_all (data, hn_mesh_message_joined (agent_id));
}

static void
on_left (const char *agent_id, gpointer data)
{
  tell_all (data, hn_mesh_message_left (agent_id));
}

HnMeshWs *
hn_mesh_ws_new (const HnConfig *config, HnPoller *poller, HnWitnessHttp *witness)
{
  static const HnDirectoryEvents news = { on_joined, on_left };
  HnMeshWs *self = g_new0 (HnMeshWs, 1);
  const HnWebSocketBounds bounds = {
    .message_bytes_max = config->mesh_message_bytes,
    .fragments_max = HN_LIMIT_WS_FRAGMENTS,
    .queue_bytes_max = config->websocket_queue_bytes,
    .ping_us = config->websocket_ping,
    .pong_us = config->websocket_pong,
    .message_us = config->websocket_message_timeout,
    .close_us = config->websocket_close_timeout,
  };

  self->config = config;
  self->witness = witness;
  self->random = hn_random_new_system ();
  self->process = hn_id_new (self->random);
  self->hub = hn_websocket_hub_new (poller, &bounds);
  self->agents = hn_agents_new (&(HnAgentsRules){ config->mesh_rate, config->mesh_burst });
  self->directory = hn_directory_new (&news, self);
  self->rates = hn_rate_limit_new ();
  self->due_timer = hn_timer_new (on_due, self);
  self->stop_timer = hn_timer_new (on_stop_look, self);
  hn_join_ws_open (self, poller);
  return self;
}

void
hn_mesh_ws_free (HnMeshWs *self)
{
  if (self == NULL)
    return;
  self->stopping = TRUE;
  while (self->clients.head != NULL) {
    HnMeshClient *client = self->clients.head->data;

    hn_join_ws_forget (client);
    free_client (client);
  }
  hn_relay_ws_lost (self);
  g_clear_pointer (&self->roster, hn_roster_free);
  g_clear_pointer (&self->hub, hn_websocket_hub_free);
  g_clear_pointer (&self->agents, hn_agents_free);
  g_clear_pointer (&self->directory, hn_directory_free);
  g_clear_pointer (&self->rates, hn_rate_limit_free);
  g_clear_pointer (&self->due_timer, hn_timer_free);
  g_clear_pointer (&self->stop_timer, hn_timer_free);
  g_clear_pointer (&self->random, hn_random_free);
  g_free (self->process);
  g_free (self);
}
