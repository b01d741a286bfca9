/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: what a browser may do here at all, admin-rules decides before anything is read; who is logged in, admin-logins. What is left: the pages, which
 * are the same for everybody and hold nothing, and the handlers of the API, which are asked as by an admin once the cookie is good. A stream of events ends
 * with its login: nobody listens on who has logged out. */
#include "controller/admin-http.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "controller/admin-logins.h"
#include "controller/admin-rules.h"
#include "controller/controller-assets.h"
#include "net/timer.h"

#define KEY_RANDOM_BYTES 32
#define LISTENERS_LOOK_SECONDS 10
#define CONTENT_SECURITY_POLICY \
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; " \
  "frame-ancestors 'none'"

struct _HnAdminHttp {
  const HnConfig *config;
  HnControllerHttp *api;
  HnHttpServer *server;
  HnFront *front;
  HnAdminLogins *logins;
  HnRandom *random;
  GPtrArray *listeners; /* of Listener */
  HnTimer *listeners_timer;
  char *listen_host;
  char *token; /* that was good at the last look: when it no longer is, all logins end */
};

/* Who reads events. */
typedef struct {
  HnHttpRequest *request;
  char *key;
} Listener;

/* ---- answers ---- */

static void
set_manners (HnHttpRequest *request)
{
  static const char *const fields[][2] = {
    { "Content-Security-Policy", CONTENT_SECURITY_POLICY },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), microphone=(), geolocation=()" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    hn_http_request_set_header (request, fields[i][0], fields[i][1]);
}

static void
refuse (HnHttpRequest *request, HnErrorCode code, guint status, const char *text, const char *detail)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, (int) code, text);

  hn_error_set_status (error, status);
  hn_error_set_detail (error, "%s", detail);
  hn_http_request_reply_error (request, error);
}

static void
reply_status (HnHttpRequest *request, const char *text)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "status", text);
  hn_http_request_reply_json (request, 200, object);
}

/* ---- pages ---- */

static void
reply_asset (HnHttpRequest *request, const char *name, const char *content_type)
{
  g_autofree char *path = g_strconcat ("/hydraneck/controller/", name, NULL);
  g_autoptr (GBytes) asset = g_resource_lookup_data (hn_controller_assets_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autofree char *text = asset != NULL ? g_strndup (g_bytes_get_data (asset, NULL), g_bytes_get_size (asset)) : g_strdup ("");

  set_manners (request);
  hn_http_request_reply_text (request, 200, content_type, text);
}

static void
on_page (HnHttpRequest *request, gpointer data)
{
  reply_asset (request, "index.html", "text/html; charset=utf-8");
}

static void
on_script (HnHttpRequest *request, gpointer data)
{
  reply_asset (request, "dashboard.js", "text/javascript; charset=utf-8");
}

static void
on_style (HnHttpRequest *request, gpointer data)
{
  reply_asset (request, "dashboard.css", "text/css; charset=utf-8");
}

static void
on_icon (HnHttpRequest *request, gpointer data)
{
  reply_asset (request, "icon.svg", "image/svg+xml");
}

/* ---- who listens ---- */

static void
listener_free (gpointer data)
{
  Listener *listener = data;

  hn_http_request_unref (listener->request);
  g_free (listener->key);
  g_free (listener);
}

static HnEventStream *
events_of (HnAdminHttp *self)
{
  return hn_controller_http_get_events (self->api);
}

static void
look_at_listeners (HnAdminHttp *self)
{
  gint64 now_us = hn_clock_now_us ();

  for (guint i = self->listeners->len; i-- > 0;) {
    Listener *listener = g_ptr_array_index (self->listeners, i);

    if (hn_event_stream_is_reader (events_of (self), listener->request) && hn_admin_logins_is_good (self->logins, listener->key, now_us))
      continue;
    hn_event_stream_detach (events_of (self), listener->request);
    g_ptr_array_remove_index_fast (self->listeners, i);
  }
  hn_timer_arm (self->listeners_timer, self->listeners->len > 0 ? now_us + hn_seconds (LISTENERS_LOOK_SECONDS) : HN_NEVER);
}

static void
on_listeners_due (gpointer data)
{
  look_at_listeners (data);
}

static void
listen (HnAdminHttp *self, HnHttpRequest *request)
{
  Listener *listener;

  look_at_listeners (self);
  if (self->listeners->len >= HN_LIMIT_ADMIN_READERS) {
    hn_event_stream_refuse (request);
    return;
  }
  if (!hn_event_stream_attach_apart (events_of (self), request))
    return;
  listener = g_new0 (Listener, 1);
  listener->request = hn_http_request_ref (request);
  listener->key = hn_admin_logins_from_cookie (hn_http_request_get_header (request, "Cookie"));
  g_ptr_array_add (self->listeners, listener);
  look_at_listeners (self);
}

/* ---- logins ---- */

/* A token that was changed, and is not accepted beside the new one any more, takes its logins with it. */
static void
follow_token (HnAdminHttp *self)
{
  if (hn_config_is_admin (self->config, self->token))
    return;
  hn_admin_logins_remove_all (self->logins);
  look_at_listeners (self);
  g_free (self->token);
  self->token = g_strdup (self->config->server_admin_token);
}

static gboolean
is_https (HnAdminHttp *self, HnHttpRequest *request)
{
  const char *origin = self->config->server_admin_origin;
  const char *host = hn_http_request_get_header (request, "Host");

  return g_str_has_prefix (hn_http_request_get_base_url (request), "https://")
         || (origin != NULL && host != NULL && g_str_has_prefix (origin, "https://") && g_ascii_strcasecmp (origin + 8, host) == 0);
}

static void
set_cookie (HnAdminHttp *self, HnHttpRequest *request, const char *key)
{
  g_autofree char *cookie = hn_admin_logins_cookie (key, is_https (self, request));

  hn_http_request_set_header (request, "Set-Cookie", cookie);
}

static void
refuse_login (HnAdminHttp *self, HnHttpRequest *request)
{
  HnAddress client = hn_http_request_get_client (request);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_bytes (client.bytes, G_SOCKET_FAMILY_IPV6);
  g_autofree char *from = g_inet_address_to_string (address);

  hn_admin_logins_failed (self->logins, &client, hn_clock_now_us ());
  hn_warning ("dashboard", NULL, "login refused: wrong token from=%s", from);
  refuse (request, HN_ERROR_DENIED, 403, "wrong token", "it is the controller's 'server.admin_token'");
}

static void
on_login (HnHttpRequest *request, gpointer data)
{
  HnAdminHttp *self = data;
  HnAddress client = hn_http_request_get_client (request);
  g_autoptr (GError) error = NULL;
  g_autofree char *key = NULL;
  const char *token = NULL;
  guint seconds = 0;

  set_manners (request);
  follow_token (self);
  if (!hn_admin_logins_may_try (self->logins, &client, hn_clock_now_us (), &seconds)) {
    g_autofree char *text = g_strdup_printf ("%u", seconds);

    hn_http_request_set_header (request, "Retry-After", text);
    refuse (request, HN_ERROR_LIMIT, 429, "too many wrong tokens", "wait a minute");
    return;
  }
  if (!hn_json_get_text (hn_http_request_get_object (request), "token", HN_LIMIT_TEXT_BYTES, TRUE, &token, &error)) {
    hn_http_request_reply_error (request, error);
    return;
  }
  if (!hn_config_is_admin (self->config, token)) {
    refuse_login (self, request);
    return;
  }
  key = hn_random_hex (self->random, KEY_RANDOM_BYTES);
  hn_admin_logins_add (self->logins, key, hn_clock_now_us ());
  set_cookie (self, request, key);
  hn_info ("dashboard", NULL, "logged in logins=%u", hn_admin_logins_count (self->logins));
  reply_status (request, "ok");
}

static void
on_logout (HnHttpRequest *request, gpointer data)
{
  HnAdminHttp *self = data;
  g_autofree char *key = hn_admin_logins_from_cookie (hn_http_request_get_header (request, "Cookie"));

  set_manners (request);
  hn_admin_logins_remove (self->logins, key);
  look_at_listeners (self);
  set_cookie (self, request, NULL);
  reply_status (request, "ok");
}

/* Otherwise @request is answered. */
static gboolean
is_logged_in (HnAdminHttp *self, HnHttpRequest *request)
{
  g_autofree char *key = hn_admin_logins_from_cookie (hn_http_request_get_header (request, "Cookie"));

  set_manners (request);
  follow_token (self);
  if (hn_admin_logins_check (self->logins, key, hn_clock_now_us ()))
    return TRUE;
  refuse (request, HN_ERROR_UNAUTHENTICATED, 401, "not logged in", "POST /login with the token");
  return FALSE;
}

/* ---- what pages ask for ---- */

static void
on_product (HnHttpRequest *request, gpointer data)
{
  HnAdminHttp *self = data;

  if (is_logged_in (self, request))
    hn_http_server_pass_on (hn_controller_http_get_server (self->api), request);
}

static void
on_events (HnHttpRequest *request, gpointer data)
{
  HnAdminHttp *self = data;

  if (is_logged_in (self, request))
    listen (self, request);
}

static void
on_history (HnHttpRequest *request, gpointer data)
{
  HnAdminHttp *self = data;

  if (is_logged_in (self, request)) {
    g_autoptr (JsonObject) object = hn_history_to_json (hn_controller_http_get_history (self->api), hn_clock_now_us ());

    hn_http_request_reply_json (request, 200, object);
  }
}

static const HnHttpRoute routes[] = {
  { "GET",    "/",                            HN_HTTP_OPEN, FALSE, on_page },
  { "GET",    "/dashboard.js",                HN_HTTP_OPEN, FALSE, on_script },
  { "GET",    "/dashboard.css",               HN_HTTP_OPEN, FALSE, on_style },
  { "GET",    "/icon.svg",                    HN_HTTP_OPEN, FALSE, on_icon },
  { "POST",   "/login",                       HN_HTTP_OPEN, TRUE,  on_login },
  { "POST",   "/logout",                      HN_HTTP_OPEN, FALSE, on_logout },
  /* from here on: for a cookie */
  { "GET",    "/history",                     HN_HTTP_OPEN, FALSE, on_history },
  { "GET",    "/api/v1/health",               HN_HTTP_OPEN, FALSE, on_product },
  { "GET",    "/api/v1/workers",              HN_HTTP_OPEN, FALSE, on_product },
  { "POST",   "/api/v1/workers/{}/drain",     HN_HTTP_OPEN, FALSE, on_product },
  { "DELETE", "/api/v1/workers/{}/drain",     HN_HTTP_OPEN, FALSE, on_product },
  { "DELETE", "/api/v1/sessions/{}",          HN_HTTP_OPEN, FALSE, on_product },
  { "GET",    "/api/v1/sessions/{}/logs",     HN_HTTP_OPEN, FALSE, on_product },
  { "GET",    "/api/v1/sessions/{}/explain",  HN_HTTP_OPEN, FALSE, on_product },
  { "GET",    "/api/v1/events",               HN_HTTP_OPEN, FALSE, on_events },
};

/* ---- construction ---- */

static gboolean
no_bearer (const char *token, gpointer data)
{
  return FALSE;
}

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer data)
{
  HnAdminHttp *self = data;

  hn_admin_rules_decide (head, self->listen_host, self->config->server_admin_origin, ret_route);
}

gboolean
hn_admin_http_bind (const HnConfig *config, HnService *service, int *ret_fd, GError **error)
{
  g_autofree char *host = NULL;
  g_autoptr (GError) local = NULL;
  guint16 port = 0;

  *ret_fd = hn_service_take_fd (service, "admin");
  if (*ret_fd >= 0 || config->server_admin_listen == NULL || *config->server_admin_listen == '\0')
    return TRUE;
  if (!hn_address_split_listen (config->server_admin_listen, &host, &port))
    g_set_error (&local, HN_ERROR, HN_ERROR_CONFIG, "'server.admin_listen' is no address and port: '%s'", config->server_admin_listen);
  else
    *ret_fd = hn_front_bind (host, port, &local);
  if (*ret_fd >= 0)
    return TRUE;
  hn_error_set_detail (local, "'server.admin_listen' is where the dashboard listens; set another address, or \"\" for none");
  if (g_error_matches (local, HN_ERROR, HN_ERROR_CONFLICT))
    g_prefix_error (&local, "cannot bind — is another hydraneckwebrtc already running? ");
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

HnAdminHttp *
hn_admin_http_new (HnPoller *poller, int listen_fd, HnControllerHttp *api, const HnConfig *config)
{
  static const HnFrontEvents events = { .route = on_route };
  HnAdminHttp *self = g_new0 (HnAdminHttp, 1);
  HnFrontOptions options = { .connections_max = HN_LIMIT_ADMIN_CONNECTIONS };
  const char *origin = config->server_admin_origin;
  guint16 port = 0;

  self->config = config;
  self->api = api;
  self->logins = hn_admin_logins_new ();
  self->listeners = g_ptr_array_new_with_free_func (listener_free);
  self->listeners_timer = hn_timer_new (on_listeners_due, self);
  self->random = hn_random_new_system ();
  self->token = g_strdup (config->server_admin_token);
  if (!hn_address_split_listen (config->server_admin_listen, &self->listen_host, &port))
    self->listen_host = g_strdup ("");
  self->server = hn_http_server_new (routes, G_N_ELEMENTS (routes), no_bearer, self);
  hn_http_server_set_trusted_proxies (self->server, config->server_trusted_proxies);
  options.listen_host = self->listen_host;
  options.api = hn_http_server_get_soup (self->server);
  self->front = hn_front_new (poller, listen_fd, &options, &events, self);
  hn_info ("dashboard", NULL, "at %s%s%s%s:%u%s%s", "http://", strchr (self->listen_host, ':') != NULL ? "[" : "", self->listen_host,
           strchr (self->listen_host, ':') != NULL ? "]" : "", hn_front_get_port (self->front), origin != NULL ? " origin=" : "",
           origin != NULL ? origin : "");
  return self;
}

void
hn_admin_http_stop_accepting (HnAdminHttp *self)
{
  if (self != NULL)
    hn_front_stop_accepting (self->front);
}

void
hn_admin_http_free (HnAdminHttp *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->front, hn_front_free);
  g_clear_pointer (&self->listeners, g_ptr_array_unref);
  g_clear_pointer (&self->listeners_timer, hn_timer_free);
  g_clear_pointer (&self->server, hn_http_server_free);
  hn_admin_logins_free (self->logins);
  hn_random_free (self->random);
  g_free (self->listen_host);
  g_free (self->token);
  g_free (self);
}
