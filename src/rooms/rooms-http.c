/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: whoever asks for the configuration or who is in a room brings a user's token, in `Authorization`; a token that is for one room learns of no other. Operators bring
 * `server.admin_token`; without one there is no such API. Errors have one member, `detail`. */
#include "rooms/rooms-http.h"

#include "api/signalling-gauges-io.h"
#include "base/build.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/metrics-http.h"
#include "rooms/demo-http.h"
#include "rooms/ice-config.h"
#include "rooms/room-id.h"
#include "rooms/rooms-admin-http.h"
#include "rooms/rooms-look-http.h"
#include "rooms/rooms-reply.h"

#define JSON "application/json"
#define BEARER "Bearer "

struct _HnRoomsHttp {
  const HnConfig *config;
  HnRoomsWs *ws;
  HnRoster *roster;
  HnHttpServer *server;
  HnMetricsHttp *metrics;
  HnDemoHttp *demo;
  HnRoomsLookHttp *looks;
  HnRoomsAdminHttp *admin;
  gboolean has_redis;
  gint64 started_us;
};

static void
refuse (HnHttpRequest *request, HnErrorCode code, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, code, message);

  if (code == HN_ERROR_UNAUTHENTICATED)
    hn_http_request_set_header (request, "WWW-Authenticate", "Bearer");
  hn_http_request_reply_error (request, error);
}

/* ---- what users ask ---- */

/* Whose token @request brings; NULL: none that is good, and that is answered. */
static HnJwtClaims *
authenticate (HnRoomsHttp *self, HnHttpRequest *request)
{
  const char *value = hn_http_request_get_header (request, "Authorization");
  const HnJwtRules rules = hn_jwt_rules_of (self->config); /* each time: a new secret may have been read */
  g_autoptr (GError) error = NULL;
  HnJwtClaims *claims;

  if (value == NULL || g_ascii_strncasecmp (value, BEARER, strlen (BEARER)) != 0 || value[strlen (BEARER)] == '\0') {
    refuse (request, HN_ERROR_UNAUTHENTICATED, "Not authenticated");
    return NULL;
  }
  claims = hn_jwt_verify (value + strlen (BEARER), &rules, hn_clock_utc_us (), &error);
  if (claims == NULL)
    refuse (request, HN_ERROR_UNAUTHENTICATED, error->message);
  return claims;
}

static void
handle_config (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;
  g_autoptr (HnJwtClaims) claims = authenticate (self, request);
  g_autofree char *text = NULL;

  if (claims == NULL)
    return;
  text = hn_ice_config_text (self->config, claims->user_id, hn_clock_utc_us ());
  hn_http_request_reply_text (request, 200, JSON, text);
}

static void
reply_participants (HnHttpRequest *request, const char *room, const HnRosterSeat *seats, guint n_seats, gpointer unused)
{
  g_autofree char *text = hn_rooms_reply_room (room, seats, n_seats, NULL);

  hn_http_request_reply_text (request, 200, JSON, text);
}

static void
handle_participants (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;
  g_autoptr (HnJwtClaims) claims = authenticate (self, request);
  g_autofree char *room = claims != NULL ? hn_rooms_look_http_find_room (self->looks, request) : NULL;

  if (room == NULL)
    return;
  if (hn_admission_is_for_room (claims, room))
    hn_rooms_look_http_start (self->looks, request, room, reply_participants, self);
  else
    refuse (request, HN_ERROR_DENIED, "Token is for another room");
}

/* ---- what anybody asks ---- */

static void
handle_health (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;
  HnRosterFigures figures;
  HnRoomsHealth health = { .has_redis = self->has_redis, .uptime_us = hn_clock_now_us () - self->started_us, .utc_us = hn_clock_utc_us (), .version = hn_build_version () };
  g_autofree char *text = NULL;

  hn_roster_get_figures (self->roster, &figures);
  health.is_up = figures.available;
  health.latency_us = figures.last_round_us;
  text = hn_rooms_reply_health (&health);
  hn_http_request_reply_text (request, health.has_redis && !health.is_up ? 503 : 200, JSON, text);
}

static void
handle_metrics (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;

  hn_metrics_http_reply (self->metrics, request);
}

static void
collect (gpointer data)
{
  HnRoomsHttp *self = data;
  HnVisitsWs *visits = hn_rooms_ws_get_visits (self->ws);
  HnVisitsFigures figures;

  hn_visits_ws_get_figures (visits, &figures);
  hn_metrics_set (HN_METRIC_ROOMS, NULL, figures.rooms);
  hn_metrics_set (HN_METRIC_ROOM_CONNECTIONS, NULL, figures.connections);
  hn_metrics_set (HN_METRIC_ROOM_USERS, NULL, figures.users);
  hn_signalling_gauges_io_set (hn_visits_ws_get_hub (visits), self->roster);
}

static void
handle_script (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;

  hn_demo_http_reply_script (self->demo, request);
}

static void
handle_asset (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;

  hn_demo_http_reply_asset (self->demo, request);
}

static void
handle_demo_token (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;

  hn_demo_http_reply_token (self->demo, request);
}

/* ---- what operators ask ---- */

static void
handle_list (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;

  hn_rooms_admin_http_list (self->admin, request);
}

static void
handle_room (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;

  hn_rooms_admin_http_show (self->admin, request);
}

static void
handle_close (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;

  hn_rooms_admin_http_close (self->admin, request);
}

static void
handle_kick (HnHttpRequest *request, gpointer data)
{
  HnRoomsHttp *self = data;

  hn_rooms_admin_http_kick (self->admin, request);
}

static const HnHttpRoute routes[] = {
  { "GET", "/webrtc/config", HN_HTTP_OTHER, FALSE, handle_config },
  { "GET", "/webrtc/rooms/{}/participants", HN_HTTP_OTHER, FALSE, handle_participants },
  { "GET", "/health", HN_HTTP_OPEN, FALSE, handle_health },
  { "GET", "/webrtc/health", HN_HTTP_OPEN, FALSE, handle_health },
  { "GET", "/metrics", HN_HTTP_OPEN, FALSE, handle_metrics },
  { "GET", "/webrtc/client.js", HN_HTTP_OPEN, FALSE, handle_script },
  { "GET", "/webrtc/demo", HN_HTTP_OPEN, FALSE, handle_asset },
  { "GET", "/webrtc/demo.css", HN_HTTP_OPEN, FALSE, handle_asset },
  { "GET", "/webrtc/demo.js", HN_HTTP_OPEN, FALSE, handle_asset },
  { "POST", "/webrtc/demo/token", HN_HTTP_OPEN, TRUE, handle_demo_token },
  { "GET", "/webrtc/admin/rooms", HN_HTTP_BEARER, FALSE, handle_list },
  { "GET", "/webrtc/admin/rooms/{}", HN_HTTP_BEARER, FALSE, handle_room },
  { "DELETE", "/webrtc/admin/rooms/{}", HN_HTTP_BEARER, FALSE, handle_close },
  { "DELETE", "/webrtc/admin/rooms/{}/participants/{}", HN_HTTP_BEARER, FALSE, handle_kick },
};

/* ---- construction ---- */

static gboolean
is_admin (const char *token, gpointer data)
{
  HnRoomsHttp *self = data;

  return hn_config_is_admin (self->config, token);
}

SoupServer *
hn_rooms_http_get_soup (HnRoomsHttp *self)
{
  return hn_http_server_get_soup (self->server);
}

HnRoomsHttp *
hn_rooms_http_new (const HnConfig *config, HnRoomsWs *ws, HnRoster *roster)
{
  HnRoomsHttp *self = g_new0 (HnRoomsHttp, 1);
  g_autoptr (HnRedisUrl) redis = hn_config_redis (config);
  const HnHttpLimits limits = { config->api_rate_address, config->api_rate_token, config->api_rate_failures };

  self->config = config;
  self->ws = ws;
  self->roster = roster;
  self->has_redis = redis != NULL;
  self->started_us = hn_clock_now_us ();
  self->metrics = hn_metrics_http_new (HN_METRICS_ROOMS, collect, self);
  self->demo = hn_demo_http_new (config);
  self->looks = hn_rooms_look_http_new (roster, config->rooms_strict_ids);
  self->admin = hn_rooms_admin_http_new (self->looks, ws, roster);
  self->server = hn_http_server_new (routes, G_N_ELEMENTS (routes), is_admin, self);
  hn_http_server_set_error_body (self->server, hn_rooms_reply_error);
  hn_http_server_set_origins (self->server, (const char *const *) config->rooms_cors_origins);
  hn_http_server_set_trusted_proxies (self->server, config->server_trusted_proxies);
  hn_http_server_set_limits (self->server, &limits);
  return self;
}

void
hn_rooms_http_free (HnRoomsHttp *self)
{
  if (self == NULL)
    return;
  hn_rooms_admin_http_free (self->admin);
  hn_rooms_look_http_free (self->looks);
  hn_http_server_free (self->server);
  hn_demo_http_free (self->demo);
  hn_metrics_http_free (self->metrics);
  g_free (self);
}
