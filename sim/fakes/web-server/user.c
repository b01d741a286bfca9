/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/web.h"

static JsonObject *
detailed (SimWeb *web, const SimUser *user)
{
  JsonObject *o = json_object_new ();
  guint64 default_id = 0;
  gboolean has_default =
      sim_json_uint (sim_config_section (web->config, "web_server"), "default_user_id", G_MAXUINT32, &default_id);

  json_object_set_int_member (o, "id", user->id);
  json_object_set_boolean_member (o, "is_default_user", has_default && default_id == user->id);
  json_object_set_string_member (o, "name", user->name);
  json_object_set_string_member (o, "role", user->admin ? "Admin" : "User");
  json_object_set_string_member (o, "client_unique_id", user->client_unique_id);
  return o;
}

static void
set_cookie (SimRequest *request, const char *token, gint64 expires_us)
{
  SimWeb *web = request->web;
  JsonObject *server = sim_config_section (web->config, "web_server");
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (expires_us / G_USEC_PER_SEC);
  g_autofree char *date = soup_date_time_to_string (time, SOUP_DATE_HTTP);
  g_autofree char *cookie = g_strdup_printf (
      "mlSession=%s; Path=%s; SameSite=Strict; HttpOnly; Expires=%s%s", token, *web->prefix ? web->prefix : "/", date,
      sim_json_bool (server, "session_cookie_secure", FALSE) ? "; Secure" : "");

  sim_web_header (request->message, "Set-Cookie", cookie);
}

/* The very first login makes the administrator. */
static SimUser *
first_user (SimWeb *web, const char *name, const char *password)
{
  JsonObject *server = sim_config_section (web->config, "web_server");
  g_autoptr (GList) users = sim_store_users (web->store);

  if (users || !sim_json_bool (server, "first_login_create_admin", TRUE))
    return NULL;
  SimUser *user = sim_store_add_user (web->store, name, TRUE, name);
  sim_login_set_password (user, password);
  g_autoptr (GList) hosts = sim_store_hosts (web->store);
  for (GList *l = hosts; l && sim_json_bool (server, "first_login_assign_global_hosts", TRUE); l = l->next) {
    SimHost *host = l->data;
    if (host->global) {
      host->global = FALSE;
      host->owner = user->id;
    }
  }
  sim_store_changed (web->store);
  return user;
}

void
sim_user_login (SimRequest *request)
{
  SimWeb *web = request->web;
  const char *name = sim_json_string (request->body, "name");
  const char *password = sim_json_string (request->body, "password");
  JsonObject *server = sim_config_section (web->config, "web_server");
  guint64 seconds = 86400;

  if (!name || !password || !*name || !*password) {
    sim_web_text (request->message, 400, "the name or the password is empty");
    return;
  }
  SimUser *user = sim_store_user_by_name (web->store, name);
  if (!user)
    user = first_user (web, name, password);
  if (!user) {
    sim_web_text (request->message, 404, "the user was not found");
    return;
  }
  if (!sim_login_password_fits (user, password)) {
    sim_web_text (request->message, 401, "the credentials are wrong");
    return;
  }
  sim_json_uint (sim_json_object (server, "session_cookie_expiration"), "secs", G_MAXINT32, &seconds);
  gint64 expires_us = g_get_real_time () + (gint64) seconds * G_USEC_PER_SEC;
  g_autofree char *token = sim_logins_open (web->logins, user->id, expires_us);
  set_cookie (request, token, expires_us);
  sim_web_text (request->message, 200, NULL);
}

void
sim_user_logout (SimRequest *request)
{
  if (request->by != SIM_LOGIN_BY_BEARER && request->by != SIM_LOGIN_BY_COOKIE) {
    sim_web_text (request->message, 400, "bad request");
    return;
  }
  sim_logins_close (request->web->logins, &request->shown);
  if (request->by == SIM_LOGIN_BY_COOKIE)
    set_cookie (request, "", 0);
  sim_web_text (request->message, 200, NULL);
}

void
sim_user_authenticate (SimRequest *request)
{
  sim_web_text (request->message, 200, NULL);
}

void
sim_user_get (SimRequest *request)
{
  const char *name = request->query ? g_hash_table_lookup (request->query, "name") : NULL;
  guint32 id = 0;
  gboolean by_id = sim_web_query_u32 (request, "user_id", &id);
  SimUser *user = request->user;

  if (name && by_id) {
    sim_web_text (request->message, 400, "bad request");
    return;
  }
  if (name)
    user = sim_store_user_by_name (request->web->store, name);
  if (by_id)
    user = sim_store_user (request->web->store, id);
  if (user != request->user && !request->user->admin)
    sim_web_text (request->message, 403, "forbidden");
  else if (!user)
    sim_web_text (request->message, 404, "the user was not found");
  else
    sim_web_json (request->message, detailed (request->web, user));
}

void
sim_user_list (SimRequest *request)
{
  g_autoptr (GList) users = sim_store_users (request->web->store);
  JsonArray *array = json_array_new ();
  JsonObject *object = json_object_new ();

  for (GList *l = users; l; l = l->next)
    json_array_add_object_element (array, detailed (request->web, l->data));
  json_object_set_array_member (object, "users", array);
  sim_web_json (request->message, object);
}

void
sim_user_create (SimRequest *request)
{
  const char *name = sim_json_string (request->body, "name");
  const char *password = sim_json_string (request->body, "password");
  const char *unique_id = sim_json_string (request->body, "client_unique_id");
  const char *role = sim_json_string (request->body, "role");

  if (!name || !*name || !password || !*password) {
    sim_web_text (request->message, 400, "the name or the password is empty");
    return;
  }
  if (sim_store_user_by_name (request->web->store, name)) {
    sim_web_text (request->message, 409, "the name is taken");
    return;
  }
  SimUser *user = sim_store_add_user (request->web->store, name, g_strcmp0 (role, "Admin") == 0,
                                      unique_id ? unique_id : name);
  sim_login_set_password (user, password);
  sim_store_changed (request->web->store);
  sim_web_json (request->message, detailed (request->web, user));
}

void
sim_user_change (SimRequest *request)
{
  guint64 id;
  const char *password = sim_json_string (request->body, "password");
  const char *role = sim_json_string (request->body, "role");
  const char *unique_id = sim_json_string (request->body, "client_unique_id");

  if (!sim_json_uint (request->body, "id", G_MAXUINT32, &id)) {
    sim_web_text (request->message, 400, "Json deserialize error: missing field `id`");
    return;
  }
  SimUser *user = sim_store_user (request->web->store, id);
  if (!request->user->admin && (user != request->user || role || unique_id)) {
    sim_web_text (request->message, 403, "forbidden");
    return;
  }
  if (!user) {
    sim_web_text (request->message, 404, "the user was not found");
    return;
  }
  if (password && *password)
    sim_login_set_password (user, password);
  if (role)
    user->admin = strcmp (role, "Admin") == 0;
  if (unique_id)
    sim_store_set_text (&user->client_unique_id, unique_id);
  sim_store_changed (request->web->store);
  sim_web_text (request->message, 200, NULL);
}

void
sim_user_remove (SimRequest *request)
{
  guint64 id;

  if (!sim_json_uint (request->body, "id", G_MAXUINT32, &id)) {
    sim_web_text (request->message, 400, "Json deserialize error: missing field `id`");
    return;
  }
  if (!sim_store_user (request->web->store, id)) {
    sim_web_text (request->message, 404, "the user was not found");
    return;
  }
  sim_store_remove_user (request->web->store, id);
  sim_web_text (request->message, 200, NULL);
}
