/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of Sunshine's gates: Content-Type of a POST that carries JSON, then Basic credentials (user name in any case), then,
 * only for a foreign Origin or Referer, the CSRF token. Unknown GET is 404 without credentials, any other unknown method 400. */
#include "sim/fakes/body/confighttp.h"

#include <string.h>

#include "sim/fakes/body/json.h"
#include "sim/fakes/body/nvhttp.h"

typedef struct {
  SimBody *body;
  const SimRequest *request;
  SimAnswer *answer;
  JsonObject *input; /* (nullable): set for routes with NEEDS_JSON */
  const char *rest;  /* of the path, after the route's */
} Call;

enum { OPEN = 0, NEEDS_USER = 1, NEEDS_JSON = 2, CHANGES = 4 };

static void
finish (Call *call, guint status, JsonObject *object)
{
  g_autoptr (JsonObject) owned = object;

  sim_answer_header (call->answer, "X-Frame-Options", "DENY");
  sim_answer_header (call->answer, "Content-Security-Policy", "frame-ancestors 'none';");
  sim_answer_json (call->answer, status, sim_json_text (owned));
  /* Unlike Go's encoder, Sunshine's JSON library ends without a newline. */
  g_string_truncate (call->answer->body, call->answer->body->len - 1);
}

static void
set_status (Call *call, JsonObject *object, gboolean status)
{
  if (call->body->faults[SIM_FAULT_OLD_STATUS_STRINGS])
    json_object_set_string_member (object, "status", status ? "true" : "false");
  else
    json_object_set_boolean_member (object, "status", status);
}

static void
answer_status (Call *call, gboolean status)
{
  JsonObject *object = json_object_new ();

  set_status (call, object, status);
  finish (call, 200, object);
}

static void
refuse (Call *call, guint status, const char *message)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "error", message);
  if (status != 404)
    json_object_set_boolean_member (object, "status", FALSE);
  json_object_set_int_member (object, "status_code", status);
  finish (call, status, object);
}

/* Reads what C's stoi would: digits at the front; -1 = no digits there. */
static gint64
leading_number (const char *text)
{
  return g_ascii_isdigit (text[0]) ? g_ascii_strtoll (text, NULL, 10) : -1;
}

/* Somebody at the body's own web page was as quick: the session is in its second phase now, and goes. */
static void
post_pin_again (Call *call, const char *pin)
{
  SimPairingFaults faults = { FALSE };
  g_auto (SimPairingAnswer) lost = { 0 };
  g_autofree char *nobody = NULL;

  sim_pairing_pin (call->body->pairing, pin, "somebody", &faults, &nobody, &lost);
  sim_events_add (call->body->events, "pin", call->body->address, "accepted", "false", "name", "somebody", NULL);
}

static void
post_pin (Call *call)
{
  const char *pin = sim_json_string (call->input, "pin");
  const char *name = sim_json_string (call->input, "name");
  SimPairingFaults faults = sim_nvhttp_pairing_faults (call->body);
  g_auto (SimPairingAnswer) pairing = { 0 };
  gboolean status;

  if (pin == NULL || leading_number (pin) < 0) {
    refuse (call, 400, "stoi");
    return;
  }
  if (leading_number (pin) > 9999) {
    refuse (call, 400, "PIN must be between 0000 and 9999");
    g_string_append (call->answer->stray, "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"status\":false}");
    return;
  }
  if (call->body->faults[SIM_FAULT_REFUSE_PIN] > 0) {
    call->body->faults[SIM_FAULT_REFUSE_PIN]--;
    sim_events_add (call->body->events, "pin", call->body->address, "accepted", "false", NULL);
    answer_status (call, FALSE);
    return;
  }
  status = sim_pairing_pin (call->body->pairing, pin, name != NULL ? name : "", &faults, &call->answer->release, &pairing);
  sim_events_add (call->body->events, "pin", call->body->address, "accepted", status ? "true" : "false", "name", name, NULL);
  if (pairing.failed)
    sim_events_add (call->body->events, "pair_failed", call->body->address, "uniqueid", call->answer->release, "reason",
                    pairing.status_message, NULL);
  if (status && call->body->faults[SIM_FAULT_SECOND_PIN])
    post_pin_again (call, pin);
  if (call->answer->release != NULL)
    sim_nvhttp_pairing_xml (&pairing, call->answer->released);
  answer_status (call, status);
}

static gboolean
apps_are_broken (Call *call)
{
  if (!call->body->faults[SIM_FAULT_APPS_500])
    return FALSE;
  refuse (call, 500, "Internal Server Error");
  return TRUE;
}

/* Sorts before whatever is there. */
static void
add_first_app (SimBody *body)
{
  JsonObject *app = json_object_new ();
  g_autofree char *name = g_strdup_printf ("!%03u", SIM_BODY_MAX_APPS - body->apps->len);

  json_object_set_string_member (app, "name", name);
  json_object_set_string_member (app, "cmd", "");
  sim_body_put_app (body, app, -1);
}

static void
get_apps (Call *call)
{
  JsonObject *object;
  JsonArray *apps;

  if (apps_are_broken (call))
    return;
  object = json_object_new ();
  apps = json_array_new ();
  for (guint i = 0; i < call->body->apps->len; i++)
    json_array_add_object_element (apps, json_object_ref (g_ptr_array_index (call->body->apps, i)));
  json_object_set_object_member (object, "env", json_object_new ());
  json_object_set_array_member (object, "apps", apps);
  finish (call, 200, object);
  if (call->body->faults[SIM_FAULT_SHIFT_APPS])
    add_first_app (call->body);
}

static JsonObject *
without_index (JsonObject *input)
{
  JsonObject *app = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (input);

  for (GList *l = names; l != NULL; l = l->next)
    if (!g_str_equal (l->data, "index"))
      json_object_set_member (app, l->data, json_node_copy (json_object_get_member (input, l->data)));
  return app;
}

static void
post_app (Call *call)
{
  const char *name = sim_json_string (call->input, "name");
  gint64 index = 0;

  if (apps_are_broken (call))
    return;
  if (!json_object_has_member (call->input, "name")) {
    refuse (call, 400, "[json.exception.out_of_range.403] key 'name' not found");
  } else if (name == NULL) {
    refuse (call, 400, "[json.exception.type_error.302] type must be string");
  } else if (!json_object_has_member (call->input, "index")) {
    refuse (call, 400, "[json.exception.out_of_range.403] key 'index' not found");
  } else if (!sim_json_int (call->input, "index", &index)) {
    refuse (call, 400, "[json.exception.type_error.302] type must be number");
  } else if (!sim_body_put_app (call->body, without_index (call->input), index)) {
    refuse (call, 400, "too many applications");
  } else {
    if (index < 0 && call->body->faults[SIM_FAULT_DOUBLE_APPS])
      sim_body_put_app (call->body, without_index (call->input), -1);
    sim_events_add (call->body->events, "app_registered", call->body->address, "name", name, NULL);
    answer_status (call, TRUE);
  }
}

static void
delete_app (Call *call)
{
  guint n_apps = call->body->apps->len;
  guint64 index = 0;
  g_autofree char *text = NULL;
  JsonObject *object;

  if (apps_are_broken (call))
    return;
  if (*call->rest == '\0' || strspn (call->rest, "0123456789") != strlen (call->rest)) {
    refuse (call, 400, "Bad Request");
    return;
  }
  if (n_apps == 0) {
    refuse (call, 400, "No applications found");
    return;
  }
  if (!g_ascii_string_to_unsigned (call->rest, 10, 0, n_apps - 1, &index, NULL)) {
    text = g_strdup_printf ("'index' %s out of range, max index is %u", call->rest, n_apps - 1);
    refuse (call, 400, text);
    return;
  }
  g_ptr_array_remove_index (call->body->apps, (guint)index);
  call->body->running = 0;
  object = json_object_new ();
  text = g_strdup_printf ("application %" G_GUINT64_FORMAT " deleted", index);
  json_object_set_string_member (object, "result", text);
  set_status (call, object, TRUE);
  sim_events_add (call->body->events, "app_deleted", call->body->address, "index", call->rest, NULL);
  finish (call, 200, object);
}

static void
close_app (Call *call)
{
  if (apps_are_broken (call))
    return;
  call->body->running = 0;
  sim_events_add (call->body->events, "app_closed", call->body->address, NULL);
  answer_status (call, TRUE);
}

static void
list_clients (Call *call)
{
  JsonObject *object = json_object_new ();
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < call->body->clients->len; i++) {
    const SimClient *client = g_ptr_array_index (call->body->clients, i);
    JsonObject *item = json_object_new ();

    json_object_set_string_member (item, "name", client->name);
    json_object_set_string_member (item, "uuid", client->uuid);
    json_object_set_boolean_member (item, "enabled", client->enabled);
    json_array_add_object_element (list, item);
  }
  json_object_set_array_member (object, "named_certs", list);
  set_status (call, object, TRUE);
  finish (call, 200, object);
}

static void
unpair_client (Call *call)
{
  const char *uuid = sim_json_string (call->input, "uuid");

  answer_status (call, sim_body_remove_client (call->body, uuid != NULL ? uuid : ""));
}

static void
unpair_all (Call *call)
{
  sim_body_remove_client (call->body, NULL);
  call->body->running = 0;
  answer_status (call, TRUE);
}

static void
update_client (Call *call)
{
  const char *uuid = sim_json_string (call->input, "uuid");
  gboolean found = FALSE;

  for (guint i = 0; uuid != NULL && i < call->body->clients->len; i++) {
    SimClient *client = g_ptr_array_index (call->body->clients, i);

    if (g_ascii_strcasecmp (client->uuid, uuid) == 0) {
      client->enabled = json_object_get_boolean_member_with_default (call->input, "enabled", TRUE);
      found = TRUE;
    }
  }
  answer_status (call, found);
}

static void
get_csrf_token (Call *call)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "csrf_token", call->body->csrf_token);
  finish (call, 200, object);
}

static void
get_config (Call *call)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "platform", "windows");
  json_object_set_string_member (object, "version", "2026.516.0");
  set_status (call, object, TRUE);
  finish (call, 200, object);
}

static void
get_locale (Call *call)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "locale", "en");
  set_status (call, object, TRUE);
  finish (call, 200, object);
}

static void
get_logs (Call *call)
{
  sim_answer_header (call->answer, "Content-Type", "text/plain");
  g_string_assign (call->answer->body, "Info: fake body\n");
}

static void
restart (Call *call)
{
  sim_events_add (call->body->events, "restart", call->body->address, NULL);
  call->answer->status = 0;
}

static void
current_client (Call *call)
{
  JsonObject *object;

  if (!call->body->faults[SIM_FAULT_CURRENT_CLIENT]) {
    refuse (call, 404, "Not Found");
    return;
  }
  object = json_object_new ();
  json_object_set_int_member (object, "clients", call->body->running != 0 ? 1 : 0);
  finish (call, 200, object);
}

static const struct {
  const char *method;
  const char *path;
  gboolean is_prefix;
  guint gates;
  void (*answer) (Call *call);
} routes[] = {
  { "POST", "/api/pin", FALSE, NEEDS_USER | NEEDS_JSON | CHANGES, post_pin },
  { "GET", "/api/apps", FALSE, NEEDS_USER, get_apps },
  { "POST", "/api/apps", FALSE, NEEDS_USER | NEEDS_JSON | CHANGES, post_app },
  { "POST", "/api/apps/close", FALSE, NEEDS_USER | CHANGES, close_app },
  { "DELETE", "/api/apps/", TRUE, NEEDS_USER | CHANGES, delete_app },
  { "GET", "/api/clients/list", FALSE, NEEDS_USER, list_clients },
  { "POST", "/api/clients/unpair", FALSE, NEEDS_USER | NEEDS_JSON | CHANGES, unpair_client },
  { "POST", "/api/clients/unpair-all", FALSE, NEEDS_USER | CHANGES, unpair_all },
  { "POST", "/api/clients/update", FALSE, NEEDS_USER | NEEDS_JSON | CHANGES, update_client },
  { "POST", "/api/restart", FALSE, NEEDS_USER | CHANGES, restart },
  { "GET", "/api/csrf-token", FALSE, NEEDS_USER, get_csrf_token },
  { "GET", "/api/config", FALSE, NEEDS_USER, get_config },
  { "GET", "/api/logs", FALSE, NEEDS_USER, get_logs },
  { "GET", "/api/configLocale", FALSE, OPEN, get_locale },
  { "GET", "/api/currentClient", FALSE, OPEN, current_client },
};

static gboolean
is_user (const SimBody *body, const SimRequest *request)
{
  const char *header = sim_request_header (request, "authorization");
  gsize length = 0;
  g_autofree guchar *plain = NULL;
  g_autofree char *text = NULL;
  const char *colon;

  if (body->faults[SIM_FAULT_UNAUTHORIZED] || header == NULL || g_ascii_strncasecmp (header, "Basic ", 6) != 0)
    return FALSE;
  plain = g_base64_decode (header + 6, &length);
  text = g_strndup ((const char *)plain, length);
  colon = strchr (text, ':');
  return colon != NULL && (gsize)(colon - text) == strlen (body->options->user)
         && g_ascii_strncasecmp (text, body->options->user, (gsize)(colon - text)) == 0
         && g_str_equal (colon + 1, body->options->password);
}

static gboolean
is_local_origin (const char *text)
{
  static const char *const hosts[] = { "https://localhost", "https://127.0.0.1", "https://[::1]" };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++) {
    gsize length = strlen (hosts[i]);

    if (strncmp (text, hosts[i], length) != 0)
      continue;
    if (g_str_has_prefix (text + length, ":47990"))
      length += strlen (":47990");
    if (text[length] == '\0' || text[length] == '/')
      return TRUE;
  }
  return FALSE;
}

/* Returns: (nullable): what is wrong */
static const char *
csrf_error (const SimBody *body, const SimRequest *request)
{
  const char *from = sim_request_header (request, "origin");
  const char *token = sim_request_header (request, "x-csrf-token");

  if (from == NULL)
    from = sim_request_header (request, "referer");
  if (from == NULL || is_local_origin (from))
    return NULL;
  if (token == NULL)
    token = sim_request_query (request, "csrf_token");
  if (token == NULL)
    return "Missing CSRF token";
  return g_str_equal (token, body->csrf_token) ? NULL : "Invalid CSRF token";
}

/* Returns: (nullable): what is wrong */
static const char *
content_type_error (const SimRequest *request)
{
  const char *header = sim_request_header (request, "content-type");
  g_autofree char *type = NULL;

  if (header == NULL)
    return "Content type not provided";
  type = g_strndup (header, strcspn (header, ";"));
  return g_ascii_strcasecmp (g_strstrip (type), "application/json") == 0 ? NULL : "Content type mismatch";
}

/* Only a body that carries JSON needs a type; in 2025.628 every POST and DELETE did. */
static gboolean
needs_type (const Call *call, guint gates)
{
  return gates & NEEDS_JSON || (gates & CHANGES && call->body->faults[SIM_FAULT_CONTENT_TYPE_EVERYWHERE]);
}

/* Returns: whether the caller may not even try to log in */
static gboolean
turned_away (Call *call)
{
  if (call->body->faults[SIM_FAULT_NOT_LAN]) {
    call->answer->status = 403;
    return TRUE;
  }
  if (call->body->faults[SIM_FAULT_NO_USER]) {
    sim_answer_header (call->answer, "Location", "/welcome");
    call->answer->status = 307;
    return TRUE;
  }
  return FALSE;
}

static void
pass_gates (Call *call, guint gates, void (*answer) (Call *call))
{
  const char *wrong = needs_type (call, gates) ? content_type_error (call->request) : NULL;
  g_autoptr (JsonObject) input = NULL;
  g_autoptr (GError) error = NULL;

  if (wrong != NULL) {
    refuse (call, 400, wrong);
    return;
  }
  if (gates & NEEDS_USER && turned_away (call))
    return;
  if (gates & NEEDS_USER && !is_user (call->body, call->request)) {
    sim_answer_header (call->answer, "WWW-Authenticate", "Basic realm=\"Sunshine Gamestream Host\", charset=\"UTF-8\"");
    refuse (call, 401, "Unauthorized");
    return;
  }
  wrong = gates & CHANGES ? csrf_error (call->body, call->request) : NULL;
  if (wrong != NULL) {
    refuse (call, 400, wrong);
    return;
  }
  if (gates & NEEDS_JSON) {
    input = sim_json_parse_object (call->request->body->str, call->request->body->len, &error);
    if (input == NULL) {
      g_autofree char *text = g_strdup_printf ("[json.exception.parse_error.101] parse error: %s", error->message);

      refuse (call, 400, text);
      return;
    }
  }
  call->input = input;
  answer (call);
}

void
sim_confighttp_answer (SimBody *body, const SimRequest *request, SimAnswer *answer)
{
  Call call = { .body = body, .request = request, .answer = answer, .rest = "" };

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
    gsize length = strlen (routes[i].path);

    if (!g_str_equal (routes[i].method, request->method) || strncmp (request->path, routes[i].path, length) != 0
        || (!routes[i].is_prefix && request->path[length] != '\0'))
      continue;
    call.rest = request->path + length;
    pass_gates (&call, routes[i].gates, routes[i].answer);
    return;
  }
  if (g_str_equal (request->method, "GET"))
    refuse (&call, 404, "Not Found");
  else
    refuse (&call, 400, "Bad Request");
}
