/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a path is matched segment by segment on its raw text (SoupServer would match by prefix, and decoded); a known path with another method is 405
 * with Allow; the token is checked before the body is looked at; a handler answers once, later or now; whoever drops a request without an
 * answer has answered 500. Once the client is gone the message gets no answer any more, but it is let go on: libsoup keeps a paused one for ever, and finds out
 * by itself that there is nobody to write to. */
#include "net/http-server.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/cors.h"
#include "net/gate.h"
#include "net/rate-limit.h"

#define MAX_SEGMENTS 12

struct _HnHttpServer {
  SoupServer *soup;
  const HnHttpRoute *routes;
  gsize n_routes;
  gboolean (*is_admin) (const char *token, gpointer user_data);
  gpointer user_data;
  GArray *trusted; /* borrowed, nullable */
  HnRateLimit *rates; /* (nullable) */
  HnHttpLimits limits;
  HnHttpErrorBody error_body;
  const char *const *origins; /* (nullable): see net/cors */
  GHashTable *requests; /* set of HnHttpRequest at work, borrowed */
};

struct _HnHttpRequest {
  gatomicrefcount refs;
  HnHttpServer *server; /* NULL when it is gone */
  HnHttpErrorBody error_body;
  SoupServerMessage *message;
  GCancellable *cancellable;
  JsonObject *object;
  char **params;
  GHashTable *query; /* (nullable) */
  char *base_url;
  gboolean admin;
  gboolean answered;
  gboolean paused;
  gboolean finished; /* libsoup is done with the message: it must not be touched */
  void (*taken) (gpointer user_data); /* (nullable): the answer is a stream */
  gpointer taken_data;
  gulong taken_handler;
};

/* ---- answers ---- */

char *
hn_http_error_body (guint status, const char *message, const char *detail)
{
  g_autoptr (JsonObject) body = json_object_new ();

  json_object_set_string_member (body, "error", message);
  json_object_set_int_member (body, "code", status);
  hn_json_set_text (body, "detail", detail);
  return hn_json_to_text (body);
}

static gboolean
client_is_there (HnHttpRequest *self)
{
  return !g_cancellable_is_cancelled (self->cancellable);
}

static void count_failure (HnHttpRequest *self);

static void
go_on (HnHttpRequest *self)
{
  if (!self->finished)
    soup_server_message_unpause (self->message);
}

static void
answer (HnHttpRequest *self, guint status, const char *content_type, const char *text)
{
  g_return_if_fail (!self->answered);
  self->answered = TRUE;
  hn_metrics_add (HN_METRIC_API_ANSWERS, hn_metrics_status_class (status), 1);
  if (status == 401)
    count_failure (self);
  if (!client_is_there (self)) {
    if (self->paused)
      go_on (self);
    return;
  }
  soup_server_message_set_status (self->message, status, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (self->message), "Cache-Control", "no-store");
  soup_server_message_set_response (self->message, content_type, SOUP_MEMORY_COPY, text, strlen (text));
  if (self->paused)
    go_on (self);
}

void
hn_http_request_reply_text (HnHttpRequest *self, guint status, const char *content_type, const char *text)
{
  answer (self, status, content_type, text);
}

void
hn_http_request_reply_json (HnHttpRequest *self, guint status, JsonObject *object)
{
  g_autofree char *text = hn_json_to_text (object);

  answer (self, status, "application/json", text);
}

static void
answer_error (HnHttpRequest *self, guint status, const char *message, const char *detail)
{
  g_autofree char *text = self->error_body (status, message, detail);

  answer (self, status, "application/json", text);
}

void
hn_http_request_reply_error (HnHttpRequest *self, const GError *error)
{
  answer_error (self, hn_error_http_status (error), error->message, hn_error_detail (error));
}

void
hn_http_request_set_header (HnHttpRequest *self, const char *name, const char *value)
{
  if (client_is_there (self))
    soup_message_headers_replace (soup_server_message_get_response_headers (self->message), name, value);
}

/* ---- answers in pieces ---- */

static void
on_wrote_chunk (SoupServerMessage *message, gpointer data)
{
  HnHttpRequest *self = data;

  self->taken (self->taken_data);
}

gboolean
hn_http_request_begin_stream (HnHttpRequest *self, guint status, const char *content_type, void (*taken) (gpointer user_data),
                              gpointer user_data)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  gboolean is_head = g_str_equal (soup_server_message_get_method (self->message), "HEAD");

  g_return_val_if_fail (!self->answered, FALSE);
  if (is_head || !client_is_there (self)) {
    answer (self, status, content_type, "");
    return FALSE;
  }
  self->answered = TRUE;
  self->taken = taken;
  self->taken_data = user_data;
  hn_metrics_add (HN_METRIC_API_ANSWERS, hn_metrics_status_class (status), 1);
  self->taken_handler = g_signal_connect (self->message, "wrote-chunk", G_CALLBACK (on_wrote_chunk), self);
  soup_server_message_set_status (self->message, status, NULL);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "Content-Type", content_type);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (self->message), FALSE);
  if (self->paused)
    go_on (self);
  return TRUE;
}

void
hn_http_request_stream (HnHttpRequest *self, const char *bytes, gsize length)
{
  g_return_if_fail (self->taken != NULL);
  if (!client_is_there (self))
    return;
  soup_message_body_append (soup_server_message_get_response_body (self->message), SOUP_MEMORY_COPY, bytes, length);
  go_on (self);
}

void
hn_http_request_end_stream (HnHttpRequest *self)
{
  if (self->taken == NULL)
    return;
  self->taken = NULL;
  g_clear_signal_handler (&self->taken_handler, self->message);
  soup_message_body_complete (soup_server_message_get_response_body (self->message));
  go_on (self);
}

/* ---- what is asked ---- */

const char *
hn_http_request_get_param (HnHttpRequest *self, guint index)
{
  g_return_val_if_fail (index < g_strv_length (self->params), NULL);
  return self->params[index];
}

const char *
hn_http_request_get_method (HnHttpRequest *self)
{
  return soup_server_message_get_method (self->message);
}

const char *
hn_http_request_get_path (HnHttpRequest *self)
{
  return g_uri_get_path (soup_server_message_get_uri (self->message));
}

const char *
hn_http_request_get_query (HnHttpRequest *self, const char *name)
{
  return self->query != NULL ? g_hash_table_lookup (self->query, name) : NULL;
}

const char *
hn_http_request_get_header (HnHttpRequest *self, const char *name)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers (self->message), name);
}

JsonObject *
hn_http_request_get_object (HnHttpRequest *self)
{
  return self->object;
}

GBytes *
hn_http_request_get_body (HnHttpRequest *self)
{
  return soup_message_body_flatten (soup_server_message_get_request_body (self->message));
}

gboolean
hn_http_request_is_admin (HnHttpRequest *self)
{
  return self->admin;
}

GCancellable *
hn_http_request_get_cancellable (HnHttpRequest *self)
{
  return self->cancellable;
}

HnAddress
hn_http_request_get_peer (HnHttpRequest *self)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (self->message);
  HnAddress address = { { 0 } };

  if (G_IS_INET_SOCKET_ADDRESS (remote)) {
    g_autofree char *text = g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));

    hn_address_parse (text, &address);
  }
  return address;
}

HnAddress
hn_http_request_get_client (HnHttpRequest *self)
{
  HnAddress peer = hn_http_request_get_peer (self);
  const char *forwarded = soup_message_headers_get_list (soup_server_message_get_request_headers (self->message), "X-Forwarded-For");

  return hn_rate_limit_client (&peer, forwarded, self->server != NULL ? self->server->trusted : NULL);
}

/* A name that leads to this machine only by somebody's DNS is none of ours: a page in a browser here could have chosen it. */
static gboolean
names_loopback (const char *host)
{
  const char *end = *host == '[' ? strchr (host, ']') : strchr (host, ':');
  const char *begin = *host == '[' ? host + 1 : host;
  g_autofree char *name = end != NULL ? g_strndup (begin, (gsize) (end - begin)) : g_strdup (begin);
  HnAddress address;

  return g_ascii_strcasecmp (name, "localhost") == 0 || (hn_address_parse (name, &address) && hn_address_is_loopback (&address));
}

/* A program of this machine, as far as it can be told. */
static gboolean
comes_from_here (HnHttpRequest *self)
{
  static const char *const forwarding[] = { "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via" };
  HnAddress peer = hn_http_request_get_peer (self);

  for (gsize i = 0; i < G_N_ELEMENTS (forwarding); i++)
    if (hn_http_request_get_header (self, forwarding[i]) != NULL)
      return FALSE;
  return hn_address_is_loopback (&peer);
}

gboolean
hn_http_request_is_local (HnHttpRequest *self)
{
  const char *host = hn_http_request_get_header (self, "Host");

  return comes_from_here (self) && (host == NULL || names_loopback (host));
}

static gboolean
is_host (const char *text)
{
  return text != NULL && *text != '\0' && strlen (text) < 256
         && strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_") == strlen (text);
}

const char *
hn_http_request_get_base_url (HnHttpRequest *self)
{
  HnAddress peer = hn_http_request_get_peer (self);
  const char *scheme = hn_gate_is_secure (self->message) ? "https" : "http";
  const char *host = hn_http_request_get_header (self, "Host");

  if (self->base_url != NULL)
    return self->base_url;
  if (self->server != NULL && hn_networks_contain (self->server->trusted, &peer)) {
    const char *forwarded_host = hn_http_request_get_header (self, "X-Forwarded-Host");
    const char *forwarded_proto = hn_http_request_get_header (self, "X-Forwarded-Proto");

    if (is_host (forwarded_host))
      host = forwarded_host;
    if (forwarded_proto != NULL)
      scheme = g_strcmp0 (forwarded_proto, "https") == 0 ? "https" : "http";
  }
  self->base_url = g_strdup_printf ("%s://%s", scheme, is_host (host) ? host : "localhost");
  return self->base_url;
}

/* ---- life of a request ---- */

HnHttpRequest *
hn_http_request_ref (HnHttpRequest *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
hn_http_request_unref (HnHttpRequest *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (!self->answered)
    answer_error (self, 500, "internal error", "the request was dropped without an answer");
  if (self->server != NULL)
    g_hash_table_remove (self->server->requests, self);
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->object, json_object_unref);
  g_clear_pointer (&self->params, g_strfreev);
  g_clear_pointer (&self->query, g_hash_table_unref);
  g_free (self->base_url);
  g_free (self);
}

/* libsoup could not write: the client is gone. It does not say so when an answer is whole, for then the gate has taken the connection. */
static void
on_finished (SoupServerMessage *message, gpointer data)
{
  HnHttpRequest *self = data;

  self->finished = TRUE;
  if (!self->answered || self->taken != NULL)
    g_cancellable_cancel (self->cancellable);
}

static HnHttpRequest *
request_new (HnHttpServer *server, SoupServerMessage *message, GHashTable *query)
{
  HnHttpRequest *self = g_new0 (HnHttpRequest, 1);
  GCancellable *gone = hn_gate_get_cancellable (message);

  g_atomic_ref_count_init (&self->refs);
  self->server = server;
  self->error_body = server->error_body;
  self->message = g_object_ref (message);
  self->cancellable = gone != NULL ? g_object_ref (gone) : g_cancellable_new ();
  self->query = query != NULL ? g_hash_table_ref (query) : NULL;
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), self);
  g_hash_table_add (server->requests, self);
  return self;
}

/* ---- dispatch ---- */

/* Whether @path has the shape of @pattern; its `{}` segments go to @ret_params. */
static gboolean
match (const char *pattern, const char *path, char ***ret_params)
{
  g_auto (GStrv) wanted = g_strsplit (pattern, "/", MAX_SEGMENTS);
  g_auto (GStrv) given = g_strsplit (path, "/", MAX_SEGMENTS);
  g_autoptr (GStrvBuilder) params = g_strv_builder_new ();
  guint i;

  for (i = 0; wanted[i] != NULL && given[i] != NULL; i++) {
    gboolean any = g_str_equal (wanted[i], "{}");

    if (any ? *given[i] == '\0' : !g_str_equal (wanted[i], given[i]))
      return FALSE;
    if (any)
      g_strv_builder_add (params, given[i]);
  }
  if (wanted[i] != NULL || given[i] != NULL)
    return FALSE;
  *ret_params = g_strv_builder_end (params);
  return TRUE;
}

static const HnHttpRoute *
find_route (HnHttpServer *self, const char *method, const char *path, char ***ret_params, GString *allowed)
{
  const char *wanted = g_str_equal (method, "HEAD") ? "GET" : method;

  for (gsize i = 0; i < self->n_routes; i++) {
    g_auto (GStrv) params = NULL;

    if (!match (self->routes[i].path, path, &params))
      continue;
    if (g_str_equal (self->routes[i].method, wanted)) {
      *ret_params = g_steal_pointer (&params);
      return &self->routes[i];
    }
    g_string_append_printf (allowed, "%s%s", allowed->len > 0 ? ", " : "", self->routes[i].method);
  }
  return NULL;
}

static gboolean
bearer_is_good (HnHttpServer *self, HnHttpRequest *request)
{
  const char *value = hn_http_request_get_header (request, "Authorization");

  return value != NULL && g_ascii_strncasecmp (value, "Bearer ", 7) == 0 && value[7] != '\0'
         && self->is_admin (value + 7, self->user_data);
}

/* ---- how often ---- */

static char *
key_of (HnHttpRequest *request, const char *what)
{
  HnAddress client = hn_http_request_get_client (request);
  g_autofree char *whose = g_strconcat (what, comes_from_here (request) ? " local" : "", NULL);

  return hn_rate_limit_key (whose, &client);
}

static HnRate
rate_of (HnHttpRequest *request, guint per_minute)
{
  guint rate = per_minute * (comes_from_here (request) ? HN_LIMIT_RATE_LOCAL_FACTOR : 1);

  return (HnRate){ .per_minute = rate, .burst = MAX (rate / 3, 1) };
}

/* A guess: a token that is none. */
static void
count_failure (HnHttpRequest *self)
{
  HnHttpServer *server = self->server;
  g_autofree char *key = NULL;
  HnRate rate;

  if (server == NULL || server->rates == NULL || hn_http_request_get_header (self, "Authorization") == NULL)
    return;
  key = key_of (self, "failures");
  rate = rate_of (self, server->limits.failures);
  hn_rate_limit_take (server->rates, key, &rate, hn_clock_now_us ());
}

static void
answer_too_often (HnHttpRequest *request, const char *what, guint wait_seconds)
{
  g_autofree char *seconds = g_strdup_printf ("%u", wait_seconds);
  g_autofree char *detail = g_strdup_printf ("%s; try again in %u s", what, wait_seconds);

  hn_http_request_set_header (request, "Retry-After", seconds);
  answer_error (request, 429, "too many requests", detail);
}

/* Before a token is looked at: who has guessed too often is not told whether the next guess is right. */
static gboolean
guesses_too_often (HnHttpServer *self, HnHttpRequest *request)
{
  g_autofree char *key = NULL;
  HnRate rate;
  guint wait;

  if (self->rates == NULL || hn_http_request_get_header (request, "Authorization") == NULL)
    return FALSE;
  key = key_of (request, "failures");
  rate = rate_of (request, self->limits.failures);
  wait = hn_rate_limit_look (self->rates, key, &rate, hn_clock_now_us ());
  if (wait > 0)
    answer_too_often (request, "too many wrong tokens came from this address", wait);
  if (wait > 0)
    hn_metrics_add (HN_METRIC_API_LIMITED, "failures", 1);
  return wait > 0;
}

static gboolean
comes_too_often (HnHttpServer *self, HnHttpRequest *request, const HnHttpRoute *route)
{
  gboolean is_browser = g_str_has_prefix (route->path, "/session/");
  const char *what = request->admin ? "token" : is_browser ? "browser" : "address";
  g_autofree char *key = NULL;
  HnRate rate;
  guint wait;

  if (self->rates == NULL)
    return FALSE;
  key = request->admin ? g_strconcat ("token ", hn_http_request_get_header (request, "Authorization"), NULL) : key_of (request, what);
  rate = rate_of (request, request->admin ? self->limits.per_token : is_browser ? HN_LIMIT_BROWSER_RATE : self->limits.per_address);
  wait = hn_rate_limit_take (self->rates, key, &rate, hn_clock_now_us ());
  if (wait > 0)
    answer_too_often (request, request->admin ? "this token is used too often" : "too many came from this address", wait);
  if (wait > 0)
    hn_metrics_add (HN_METRIC_API_LIMITED, what, 1);
  return wait > 0;
}

/* ---- dispatch ---- */

static gboolean
read_body (HnHttpRequest *request, const HnHttpRoute *route, GError **error)
{
  g_autoptr (GBytes) body = soup_message_body_flatten (soup_server_message_get_request_body (request->message));
  gsize length = 0;
  const char *text = g_bytes_get_data (body, &length);

  if (length == 0 && !route->wants_body)
    request->object = json_object_new ();
  else if (route->wants_body)
    request->object = hn_json_parse_object (text, length, error);
  else
    request->object = json_object_new (); /* a body where none is read, such as a beacon's: ignored */
  return request->object != NULL;
}

/* An answer that shows more to who has the token tells whether a guess was right, though it is no 401. What wants a body (a heartbeat) knows tokens of its own. */
static gboolean
is_wrong_guess (HnHttpRequest *request, const HnHttpRoute *route)
{
  return !request->admin && route->auth == HN_HTTP_OPEN && !route->wants_body && !g_str_has_prefix (route->path, "/session/")
         && hn_http_request_get_header (request, "Authorization") != NULL;
}

static void
run_route (HnHttpServer *self, HnHttpRequest *request, const HnHttpRoute *route)
{
  g_autoptr (GError) error = NULL;

  if (guesses_too_often (self, request))
    return;
  request->admin = bearer_is_good (self, request);
  if (comes_too_often (self, request, route))
    return;
  if (is_wrong_guess (request, route))
    count_failure (request);
  if (route->auth == HN_HTTP_BEARER && !request->admin) {
    hn_http_request_set_header (request, "WWW-Authenticate", "Bearer");
    answer_error (request, 401, "unauthorized", "send 'Authorization: Bearer <server.admin_token>'");
    return;
  }
  if (!read_body (request, route, &error)) {
    hn_http_request_reply_error (request, error);
    return;
  }
  route->handle (request, self->user_data);
}

static void
on_request (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  HnHttpServer *self = data;
  g_autoptr (HnHttpRequest) request = request_new (self, message, query);
  g_autoptr (GString) allowed = g_string_new (NULL);
  const HnHttpRoute *route = find_route (self, soup_server_message_get_method (message), path, &request->params, allowed);

  if (hn_cors_answer (self->origins, request, allowed->str)) {
    /* a browser asked whether it may ask */
  } else if (route != NULL) {
    run_route (self, request, route);
  } else if (allowed->len > 0) {
    hn_http_request_set_header (request, "Allow", allowed->str);
    answer_error (request, 405, "method not allowed", NULL);
  } else {
    answer_error (request, 404, "not found", "no such path; GET /api/v1/health tells what runs here");
  }
  if (!request->answered) {
    request->paused = TRUE;
    soup_server_message_pause (message);
  }
}

void
hn_http_server_pass_on (HnHttpServer *self, HnHttpRequest *request)
{
  g_autoptr (GString) allowed = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) params = NULL;
  const HnHttpRoute *route
    = find_route (self, hn_http_request_get_method (request), hn_http_request_get_path (request), &params, allowed);

  if (route == NULL) {
    answer_error (request, 404, "not found", NULL);
    return;
  }
  g_strfreev (request->params);
  request->params = g_steal_pointer (&params);
  g_clear_pointer (&request->object, json_object_unref);
  request->admin = TRUE;
  if (read_body (request, route, &error))
    route->handle (request, self->user_data);
  else
    hn_http_request_reply_error (request, error);
}

/* ---- construction ---- */

HnHttpServer *
hn_http_server_new (const HnHttpRoute *routes, gsize n_routes, gboolean (*is_admin) (const char *token, gpointer user_data),
                    gpointer user_data)
{
  HnHttpServer *self = g_new0 (HnHttpServer, 1);

  self->routes = routes;
  self->n_routes = n_routes;
  self->is_admin = is_admin;
  self->user_data = user_data;
  self->error_body = hn_http_error_body;
  self->requests = g_hash_table_new (NULL, NULL);
  self->soup = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (self->soup, NULL, on_request, self, NULL);
  return self;
}

void
hn_http_server_free (HnHttpServer *self)
{
  GHashTableIter iter;
  gpointer key;

  if (self == NULL)
    return;
  g_hash_table_iter_init (&iter, self->requests);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    HnHttpRequest *request = key;

    request->server = NULL;
  }
  g_clear_pointer (&self->requests, g_hash_table_unref);
  g_clear_pointer (&self->rates, hn_rate_limit_free);
  soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);
  g_free (self);
}

SoupServer *
hn_http_server_get_soup (HnHttpServer *self)
{
  return self->soup;
}

void
hn_http_server_set_error_body (HnHttpServer *self, HnHttpErrorBody error_body)
{
  self->error_body = error_body;
}

void
hn_http_server_set_origins (HnHttpServer *self, const char *const *origins)
{
  self->origins = origins;
}

void
hn_http_server_set_trusted_proxies (HnHttpServer *self, GArray *networks)
{
  self->trusted = networks;
}

void
hn_http_server_set_limits (HnHttpServer *self, const HnHttpLimits *limits)
{
  if (self->rates == NULL)
    self->rates = hn_rate_limit_new ();
  self->limits = *limits;
}
