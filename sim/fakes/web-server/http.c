/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a request to its handler: everything lives under the prefix; the API is a table; what is not in it and not below
 * `/api` is a file of the page. Every answer forbids caching unless its handler said otherwise.
 */
#include <string.h>

#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/web.h"

#define BODY_MAX (256 * 1024)
#define CONFIG_MARK "@CONFIG@" /* in the pages' own config.js */

#define AUTH 1
#define ADMIN 3
#define BODY 4
#define V3 8      /* only if the pages are those of version 3 */
#define BELOW 16  /* and one segment more */

static void serve_default_settings (SimRequest *request);

static const struct {
  const char *method;
  const char *path;
  guint needs;
  void (*handle) (SimRequest *request);
} routes[] = {
  { "POST", "/api/login", BODY, sim_user_login },
  { "POST", "/api/logout", 0, sim_user_logout },
  { "GET", "/api/authenticate", AUTH, sim_user_authenticate },
  { "GET", "/api/user", AUTH, sim_user_get },
  { "POST", "/api/user", ADMIN | BODY, sim_user_create },
  { "PATCH", "/api/user", AUTH | BODY, sim_user_change },
  { "DELETE", "/api/user", ADMIN | BODY, sim_user_remove },
  { "GET", "/api/users", ADMIN, sim_user_list },
  { "GET", "/api/hosts", AUTH, sim_host_list },
  { "GET", "/api/host", AUTH, sim_host_get },
  { "POST", "/api/host", AUTH | BODY, sim_host_add },
  { "PATCH", "/api/host", AUTH | BODY, sim_host_change },
  { "DELETE", "/api/host", AUTH, sim_host_remove },
  { "POST", "/api/host/wake", AUTH | BODY, sim_host_wake },
  { "POST", "/api/host/cancel", AUTH | BODY, sim_host_cancel },
  { "POST", "/api/pair", AUTH | BODY, sim_host_pair },
  { "GET", "/api/apps", AUTH, sim_host_apps },
  { "GET", "/api/app/image", AUTH, sim_host_image },
  { "GET", "/api/host/stream", AUTH, sim_stream_open },
  { "OPTIONS", "/api/host/stream/webrtc", AUTH | V3, sim_whep_options },
  { "GET", "/api/host/stream/webrtc", AUTH | V3, sim_whep_get },
  { "POST", "/api/host/stream/webrtc", AUTH | V3, sim_whep_post },
  { "PATCH", "/api/host/stream/webrtc/", AUTH | V3 | BELOW, sim_whep_patch },
  { "DELETE", "/api/host/stream/webrtc/", AUTH | V3 | BELOW, sim_whep_delete },
  { "GET", "/api/settings/default", AUTH | V3, serve_default_settings },
};

SimFaults
sim_web_faults (const SimWeb *web)
{
  return sim_fault_fs_read (web->program, NULL);
}

void
sim_web_header (SoupServerMessage *message, const char *name, const char *value)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message), name, value);
}

static void
forbid_caching (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  if (soup_message_headers_get_one (headers, "Cache-Control"))
    return;
  soup_message_headers_replace (headers, "Cache-Control", "no-store, no-cache, must-revalidate, private");
  soup_message_headers_replace (headers, "Pragma", "no-cache");
  soup_message_headers_replace (headers, "Expires", "0");
}

void
sim_web_status (SoupServerMessage *message, guint status)
{
  soup_server_message_set_status (message, status, NULL);
  forbid_caching (message);
}

void
sim_web_text (SoupServerMessage *message, guint status, const char *text)
{
  sim_web_status (message, status);
  if (text)
    soup_server_message_set_response (message, "text/plain; charset=utf-8", SOUP_MEMORY_COPY, text, strlen (text));
}

void
sim_web_json (SoupServerMessage *message, JsonObject *object)
{
  g_autofree char *text = sim_json_text (object, FALSE);

  sim_web_status (message, 200);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY, text, strlen (text));
}

gboolean
sim_web_query_u32 (const SimRequest *request, const char *name, guint32 *ret_value)
{
  const char *text = request->query ? g_hash_table_lookup (request->query, name) : NULL;
  guint64 value;

  if (!text || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &value, NULL))
    return FALSE;
  *ret_value = value;
  return TRUE;
}

SimHost *
sim_web_host (const SimRequest *request, guint32 id)
{
  SimHost *host = sim_store_host (request->web->store, id);

  if (!host) {
    sim_web_text (request->message, 404, "the host was not found");
    return NULL;
  }
  if ((!host->global && host->owner != request->user->id && !request->user->admin) ||
      sim_web_faults (request->web).forbid_host) {
    sim_web_text (request->message, 403, "forbidden");
    return NULL;
  }
  return host;
}

SimHost *
sim_web_host_body (const SimRequest *request)
{
  guint64 id;

  if (!sim_json_uint (request->body, "host_id", G_MAXUINT32, &id)) {
    sim_web_text (request->message, 400, "Json deserialize error: missing field `host_id`");
    return NULL;
  }
  return sim_web_host (request, id);
}

static void
read_credentials (SimRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  JsonObject *rule =
      sim_json_object (sim_config_section (request->web->config, "web_server"), "forwarded_header");

  if (rule)
    request->shown.forwarded = soup_message_headers_get_one (headers, sim_json_string (rule, "username_header"));
  request->shown.authorization = soup_message_headers_get_one (headers, "Authorization");
  request->shown.cookie = soup_message_headers_get_list (headers, "Cookie");
}

static void
remove_cookie (SimRequest *request)
{
  const char *prefix = request->web->prefix;
  g_autofree char *cookie = g_strdup_printf ("mlSession=; Path=%s; SameSite=Strict; HttpOnly; Max-Age=0; "
                                             "Expires=Thu, 01 Jan 1970 00:00:00 GMT", *prefix ? prefix : "/");

  sim_web_header (request->message, "Set-Cookie", cookie);
}

/* Who asks? FALSE after answering. */
static gboolean
authenticate (SimRequest *request, guint needs)
{
  SimWeb *web = request->web;
  guint32 id = 0;
  guint status = sim_logins_who (web->logins, web->store, web->config, &request->shown, g_get_real_time (),
                                 &request->by, &id);

  if (sim_web_faults (web).unknown_user)
    status = 401;
  request->user = status == 200 ? sim_store_user (web->store, id) : NULL;
  if (!(needs & AUTH))
    return TRUE;
  if (!request->user) {
    if (request->by == SIM_LOGIN_BY_COOKIE)
      remove_cookie (request);
    sim_web_text (request->message, status == 200 ? 401 : status, status == 400 ? "bad request" : "unauthorized");
    return FALSE;
  }
  if ((needs & ADMIN) == ADMIN && !request->user->admin) {
    sim_web_text (request->message, 403, "forbidden");
    return FALSE;
  }
  return TRUE;
}

/* (transfer full) (nullable): the body when it is a JSON object and says so; else 400 was answered. */
static JsonNode *
read_body (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (type, "application/json") != 0) {
    sim_web_text (message, 400, "Content type error");
    return NULL;
  }
  if (g_bytes_get_size (bytes) > BODY_MAX) {
    sim_web_text (message, 413, "JSON payload is larger than allowed");
    return NULL;
  }
  const char *text = g_bytes_get_size (bytes) ? g_bytes_get_data (bytes, NULL) : "";
  JsonNode *node = sim_json_parse (text, g_bytes_get_size (bytes), FALSE, &error);
  if (node && JSON_NODE_HOLDS_OBJECT (node))
    return node;
  g_clear_pointer (&node, json_node_unref);
  g_autofree char *why = g_strdup_printf ("Json deserialize error: %s", error ? error->message : "expected a struct");
  sim_web_text (message, 400, why);
  return NULL;
}

static gboolean
matches (gsize i, const char *method, const char *path)
{
  g_autofree char *template = routes[i].needs & V3 ? sim_static_template () : NULL;
  gsize length = strlen (routes[i].path);

  if (strcmp (routes[i].method, method) != 0 || ((routes[i].needs & V3) && !template))
    return FALSE;
  if (routes[i].needs & BELOW)
    return g_str_has_prefix (path, routes[i].path) && path[length] && !strchr (path + length, '/');
  return strcmp (routes[i].path, path) == 0;
}

static gboolean
run_route (SimRequest *request, const char *method)
{
  for (gsize i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (!matches (i, method, request->path))
      continue;
    if (!authenticate (request, routes[i].needs))
      return TRUE;
    g_autoptr (JsonNode) body = routes[i].needs & BODY ? read_body (request->message) : NULL;
    if ((routes[i].needs & BODY) && !body)
      return TRUE;
    request->body = body ? json_node_get_object (body) : NULL;
    routes[i].handle (request);
    return TRUE;
  }
  return FALSE;
}

static JsonNode *
default_settings (SimWeb *web)
{
  JsonNode *settings = sim_config_get (web->config, NULL, "default_settings");

  return settings ? json_node_copy (settings) : json_node_new (JSON_NODE_NULL);
}

/* Version 3 moved them out of config.js. */
static void
serve_default_settings (SimRequest *request)
{
  g_autoptr (JsonNode) settings = default_settings (request->web);
  g_autofree char *text = json_to_string (settings, FALSE);

  sim_web_status (request->message, 200);
  soup_server_message_set_response (request->message, "application/json", SOUP_MEMORY_COPY, text, strlen (text));
}

static void
serve_config_js (SimWeb *web, SoupServerMessage *message)
{
  JsonObject *object = json_object_new ();
  g_autofree char *template = sim_static_template ();

  json_object_set_string_member (object, "path_prefix", web->prefix);
  if (!template)
    json_object_set_member (object, "default_settings", default_settings (web));
  g_autofree char *json = sim_json_text (object, FALSE);
  g_autoptr (GString) filled = g_string_new (template ? template : "export default " CONFIG_MARK);
  g_string_replace (filled, CONFIG_MARK, json, 1);
  const char *text = filled->str;
  sim_web_status (message, 200);
  soup_server_message_set_response (message, "text/javascript", SOUP_MEMORY_COPY, text, strlen (text));
}

static void
serve_page (SimWeb *web, SoupServerMessage *message, const char *path)
{
  const char *method = soup_server_message_get_method (message);
  gboolean reads = strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0;

  if (g_str_has_prefix (path, "/api/") || strcmp (path, "/api") == 0)
    sim_web_text (message, 404, NULL);
  else if (!reads)
    sim_web_text (message, 405, "Request did not meet this resource's requirements.");
  else if (strcmp (path, "/config.js") == 0)
    serve_config_js (web, message);
  else
    sim_static_serve (web, message, path);
}

void
sim_web_handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  SimWeb *web = data;
  gsize prefix = strlen (web->prefix);
  SimRequest request = { .web = web, .message = message, .query = query };

  soup_message_headers_remove (soup_server_message_get_response_headers (message), "Server");
  if (strncmp (path, web->prefix, prefix) != 0 || (path[prefix] != '/' && path[prefix] != '\0')) {
    sim_web_text (message, 404, NULL);
  } else {
    request.path = path[prefix] ? path + prefix : "/";
    read_credentials (&request);
    if (!run_route (&request, soup_server_message_get_method (message)))
      serve_page (web, message, request.path);
  }
}
