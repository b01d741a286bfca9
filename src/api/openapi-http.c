/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/openapi-http.h"

#include <string.h>

#include "api/api-assets.h"
#include "base/build.h"
#include "base/json.h"

#define JSON "application/json"
#define SCHEMAS "/hydraneck/api/schemas.json"

typedef struct {
  const char *method;
  const char *path;
  const char *summary;
  const char *takes; /* (nullable) */
  guint status;
  const char *type;  /* (nullable) */
  const char *gives; /* (nullable) */
  const char *others;
} Operation;

static const Operation operations[] = {
#define OPERATION(method, path, summary, takes, status, type, gives, others) { method, path, summary, takes, status, type, gives, others },
#include "api/operations.h"
#undef OPERATION
};

static const Operation *
find_operation (const HnHttpRoute *route)
{
  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    if (g_str_equal (operations[i].method, route->method) && g_str_equal (operations[i].path, route->path))
      return &operations[i];
  return NULL;
}

static JsonObject *
content_of (const char *type, const char *schema)
{
  JsonObject *content = json_object_new ();
  JsonObject *media = json_object_new ();
  JsonObject *of = json_object_new ();
  g_autofree char *reference = schema != NULL ? g_strconcat ("#/components/schemas/", schema, NULL) : NULL;

  json_object_set_string_member (of, reference != NULL ? "$ref" : "type", reference != NULL ? reference : "string");
  json_object_set_object_member (media, "schema", of);
  json_object_set_object_member (content, type, media);
  return content;
}

static void
add_answer (JsonObject *answers, const char *status, const char *what, const char *type, const char *schema)
{
  JsonObject *answer = json_object_new ();

  json_object_set_string_member (answer, "description", what);
  if (type != NULL)
    json_object_set_object_member (answer, "content", content_of (type, schema));
  json_object_set_object_member (answers, status, answer);
}

static JsonObject *
answers_of (const Operation *operation)
{
  JsonObject *answers = json_object_new ();
  g_autofree char *status = g_strdup_printf ("%u", operation->status);
  g_auto (GStrv) others = g_strsplit (operation->others, " ", -1);

  add_answer (answers, status, "done", operation->type, operation->gives);
  for (char **other = others; *other != NULL; other++)
    if (**other >= '4')
      add_answer (answers, *other, "refused or failed", JSON, "Error");
    else
      add_answer (answers, *other, "done", NULL, NULL);
  return answers;
}

/* `{}` has no name in a route table; the segment before it tells what it is. */
static char *
path_of (const HnHttpRoute *route, JsonArray *parameters)
{
  const char *name = strstr (route->path, "/workers/{}") != NULL ? "worker_id" : "session_id";
  JsonObject *parameter, *schema;
  GString *path = g_string_new (route->path);
  g_autofree char *named = g_strdup_printf ("{%s}", name);

  if (g_string_replace (path, "{}", named, 0) == 0)
    return g_string_free (path, FALSE);
  parameter = json_object_new ();
  schema = json_object_new ();
  json_object_set_string_member (schema, "type", "string");
  json_object_set_string_member (parameter, "name", name);
  json_object_set_string_member (parameter, "in", "path");
  json_object_set_boolean_member (parameter, "required", TRUE);
  json_object_set_object_member (parameter, "schema", schema);
  json_array_add_object_element (parameters, parameter);
  return g_string_free (path, FALSE);
}

static JsonArray *
security_of (const HnHttpRoute *route)
{
  JsonArray *security = json_array_new ();

  if (route->auth == HN_HTTP_BEARER) {
    JsonObject *bearer = json_object_new ();

    json_object_set_array_member (bearer, "bearer", json_array_new ());
    json_array_add_object_element (security, bearer);
  }
  return security;
}

static void
add_route (JsonObject *paths, const HnHttpRoute *route, const Operation *operation)
{
  JsonObject *object = json_object_new ();
  JsonObject *item = NULL;
  JsonArray *parameters = json_array_new ();
  g_autofree char *path = path_of (route, parameters);
  g_autofree char *method = g_ascii_strdown (route->method, -1);

  json_object_set_string_member (object, "summary", operation->summary);
  json_object_set_array_member (object, "security", security_of (route));
  json_object_set_array_member (object, "parameters", parameters);
  if (operation->takes != NULL) {
    JsonObject *body = json_object_new ();

    json_object_set_boolean_member (body, "required", route->wants_body);
    json_object_set_object_member (body, "content", content_of (JSON, operation->takes));
    json_object_set_object_member (object, "requestBody", body);
  }
  json_object_set_object_member (object, "responses", answers_of (operation));
  hn_json_get_object (paths, path, FALSE, &item, NULL);
  if (item == NULL)
    json_object_set_object_member (paths, path, item = json_object_new ());
  json_object_set_object_member (item, method, object);
}

static JsonObject *
components (void)
{
  g_autoptr (GBytes) bytes = g_resource_lookup_data (hn_api_assets_get_resource (), SCHEMAS, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  JsonObject *object = json_object_new ();
  JsonObject *schemes = json_object_new ();
  JsonObject *bearer = json_object_new ();

  json_object_set_string_member (bearer, "type", "http");
  json_object_set_string_member (bearer, "scheme", "bearer");
  json_object_set_string_member (bearer, "description", "server.admin_token");
  json_object_set_object_member (schemes, "bearer", bearer);
  json_object_set_object_member (object, "securitySchemes", schemes);
  json_object_set_object_member (object, "schemas", hn_json_parse_object (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL));
  return object;
}

void
hn_openapi_http_reply (const HnHttpRoute *routes, gsize n_routes, const char *title, HnHttpRequest *request)
{
  g_autoptr (JsonObject) document = json_object_new ();
  JsonObject *info = json_object_new ();
  JsonObject *paths = json_object_new ();

  json_object_set_string_member (document, "openapi", "3.1.0");
  json_object_set_string_member (info, "title", title);
  json_object_set_string_member (info, "version", hn_build_version ());
  json_object_set_string_member (info, "description",
                                 "Operations without security need no token: health tells strangers counts only, /metrics and the heartbeat ask by themselves, and "
                                 "the id in /session/ paths is the key of a session's browser.");
  json_object_set_object_member (document, "info", info);
  for (gsize i = 0; i < n_routes; i++) {
    const Operation *operation = find_operation (&routes[i]);

    if (operation != NULL)
      add_route (paths, &routes[i], operation);
  }
  json_object_set_object_member (document, "paths", paths);
  json_object_set_object_member (document, "components", components ());
  hn_http_request_reply_json (request, 200, document);
}
