/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/rooms-main.h"

#include "api/roster-memory-io.h"
#include "api/roster-redis.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/doors-http.h"
#include "rooms/rooms-http.h"
#include "rooms/rooms-ws.h"

#define IDLE_SECONDS 10 /* who has not said by then what it wants is not waited for */
#define REDIS_SECONDS 2 /* an answer that takes longer (or a third of a lease): it is away */

struct _HnRooms {
  const HnConfig *config;
  const HnRoomsEvents *events;
  gpointer user_data;
  HnPoller *poller;
  HnRoster *roster;
  HnRoomsWs *ws;
  HnRoomsHttp *http;
  HnDoorsHttp *doors;
  gboolean stopping;
};

/* ---- the front door ---- */

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer data)
{
  HnRooms *self = data;

  if (!hn_rooms_ws_route (self->ws, head, peer, ret_route))
    ret_route->kind = HN_ROUTE_API;
}

static void
on_websocket (HnWire *wire, const HnPeer *peer, gpointer websocket_data, gpointer data)
{
  HnRooms *self = data;

  hn_rooms_ws_welcome (self->ws, wire, websocket_data);
}

static const HnFrontEvents front_events = { .route = on_route, .websocket = on_websocket };

/* ---- its end ---- */

static void
on_roster_closed (gpointer data)
{
  HnRooms *self = data;

  hn_info ("rooms", NULL, "stopped");
  self->events->stopped (self->user_data);
}

static void
on_drained (gpointer data)
{
  HnRooms *self = data;

  hn_roster_close (self->roster, on_roster_closed, self);
}

void
hn_rooms_stop (HnRooms *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  hn_info ("rooms", NULL, "stopping connections=%u", hn_rooms_get_visits (self));
  hn_doors_http_stop_accepting (self->doors);
  hn_visits_ws_drain (hn_rooms_ws_get_visits (self->ws), on_drained, self);
}

void
hn_rooms_reload (HnRooms *self)
{
  const HnJwtRules rules = hn_jwt_rules_of (self->config);

  hn_rooms_ws_set_jwt_rules (self->ws, &rules);
  hn_doors_http_reload (self->doors);
}

guint
hn_rooms_get_visits (HnRooms *self)
{
  HnVisitsFigures figures;

  hn_visits_ws_get_figures (hn_rooms_ws_get_visits (self->ws), &figures);
  return figures.connections;
}

/* ---- its beginning ---- */

static HnWebSocketBounds
bounds_of (const HnConfig *config)
{
  return (HnWebSocketBounds){ .message_bytes_max = config->rooms_message_bytes,
                              .fragments_max = HN_LIMIT_WS_FRAGMENTS,
                              .queue_bytes_max = config->websocket_queue_bytes,
                              .ping_us = config->websocket_ping,
                              .pong_us = config->websocket_pong,
                              .message_us = config->websocket_message_timeout,
                              .close_us = config->websocket_close_timeout };
}

static HnVisitsRules
guests_of (const HnConfig *config)
{
  return (HnVisitsRules){ .connection = { .rate = { config->rooms_rate, config->rooms_burst, config->rooms_rate_patience },
                                          .bad_messages = config->rooms_bad_messages,
                                          .broadcast = config->rooms_broadcast,
                                          .debug = config->rooms_debug },
                          .bounds = bounds_of (config),
                          .participants_max = config->rooms_max_participants,
                          .connections_user = config->rooms_sockets_user,
                          .rooms_user = config->rooms_rooms_user,
                          .grace_us = config->rooms_grace,
                          .drain_us = config->websocket_drain,
                          .server_sender = config->rooms_server_sender,
                          .enforce_expiry = config->tokens_enforce_expiry };
}

static HnRoomsRules
rules_of (const HnConfig *config)
{
  HnRoomsRules rules = { .door = { .origins = (const char *const *) config->websocket_allowed_origins,
                                   .per_minute = config->websocket_connects_address,
                                   .sockets_max = config->websocket_sockets,
                                   .trusted = config->server_trusted_proxies },
                         .admission = { .jwt = hn_jwt_rules_of (config), .strict_ids = config->rooms_strict_ids },
                         .visits = guests_of (config),
                         .deny = g_str_equal (config->rooms_refuse, "deny") };

  hn_dialect_from_text (config->rooms_dialect, &rules.admission.dialect);
  return rules;
}

/* Members and messages are on the channel as the first servers of this protocol put them there. */
static HnRoster *
roster_new (HnRooms *self, const char *process)
{
  g_autoptr (HnRedisUrl) url = hn_config_redis (self->config);
  const HnRosterRedisSettings settings = { .url = url,
                                           .prefix = "webrtc",
                                           .channel = "webrtc:room:",
                                           .before_came = "\"type\":\"user-joined\",\"sender_id\":null,\"room_id\":null,\"timestamp\":null,\"payload\":",
                                           .before_left = "\"type\":\"user-left\",\"sender_id\":null,\"room_id\":null,\"timestamp\":null,\"payload\":",
                                           .lease_us = self->config->rooms_presence_ttl,
                                           .answer_us = hn_seconds (REDIS_SECONDS) };

  if (url == NULL)
    return hn_roster_memory_io_new (self->poller, process, hn_rooms_ws_get_roster_events (), self->ws);
  return hn_roster_redis_new (self->poller, process, &settings, hn_rooms_ws_get_roster_events (), self->ws);
}

static void
open_doors (HnRooms *self)
{
  const HnFrontOptions options = { .api = hn_rooms_http_get_soup (self->http), .head_timeout_us = hn_seconds (IDLE_SECONDS), .keepalive_timeout_us = hn_seconds (IDLE_SECONDS) };

  hn_doors_http_open (self->doors, self->poller, &options, &front_events, self);
}

HnRooms *
hn_rooms_new (const HnConfig *config, HnService *service, const HnRoomsEvents *events, gpointer user_data, GError **error)
{
  g_autoptr (HnDoorsHttp) doors = hn_doors_http_bind (config, service, "rooms", error);
  g_autoptr (HnRandom) random = hn_random_new_system ();
  g_autofree char *process = hn_id_new (random);
  HnRooms *self;
  HnRoomsRules rules;

  if (doors == NULL)
    return NULL;
  self = g_new0 (HnRooms, 1);
  rules = rules_of (config);
  self->config = config;
  self->events = events;
  self->user_data = user_data;
  self->poller = hn_poller_new (NULL);
  self->ws = hn_rooms_ws_new (self->poller, &rules);
  self->roster = roster_new (self, process);
  hn_rooms_ws_set_roster (self->ws, self->roster, process);
  self->http = hn_rooms_http_new (config, self->ws, self->roster);
  self->doors = g_steal_pointer (&doors);
  open_doors (self);
  return self;
}

void
hn_rooms_free (HnRooms *self)
{
  if (self == NULL)
    return;
  hn_doors_http_free (self->doors);
  hn_rooms_http_free (self->http);
  hn_rooms_ws_free (self->ws);
  hn_roster_free (self->roster);
  hn_poller_free (self->poller);
  g_free (self);
}
