/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sunshine's API. Old versions write booleans as text; some list clients in a bare array. An application has no index of its own:
 * its place in the list is the index, and an equal name is not noticed by Sunshine, so it must be looked up first. */

#include "worker/sunshine-json.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"

#define COMMAND_MAX_BYTES 8192

char *
hn_sunshine_json_pin (const char *pin, const char *name)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "pin", pin);
  json_object_set_string_member (object, "name", name);
  return hn_json_to_text (object);
}

gboolean
hn_sunshine_json_parse_status (const char *text, gsize length, gboolean *ret_status)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (text, length, NULL);
  const char *word = NULL;
  gboolean status = FALSE;

  if (object == NULL)
    return FALSE;
  if (hn_json_get_bool (object, "status", TRUE, &status, NULL)) {
    *ret_status = status;
    return TRUE;
  }
  if (!hn_json_get_text (object, "status", HN_LIMIT_TEXT_BYTES, TRUE, &word, NULL)
      || (strcmp (word, "true") != 0 && strcmp (word, "false") != 0))
    return FALSE;
  *ret_status = strcmp (word, "true") == 0;
  return TRUE;
}

gboolean
hn_sunshine_json_find_app (const char *text, gsize length, const char *name, int *ret_index, char **ret_command)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (text, length, NULL);
  JsonArray *apps = NULL;

  if (object == NULL || !hn_json_get_array (object, "apps", TRUE, &apps, NULL))
    return FALSE;
  *ret_index = -1;
  *ret_command = NULL;
  for (guint i = 0; i < json_array_get_length (apps); i++) {
    JsonObject *app = hn_json_array_get_object (apps, i);
    const char *candidate = NULL, *command = NULL;

    if (app == NULL || !hn_json_get_text (app, "name", HN_LIMIT_TEXT_BYTES, TRUE, &candidate, NULL)
        || strcmp (candidate, name) != 0)
      continue;
    if (hn_json_get_text (app, "cmd", COMMAND_MAX_BYTES, FALSE, &command, NULL))
      *ret_command = g_strdup (command);
    *ret_index = (int) i;
    return TRUE;
  }
  return TRUE;
}

char *
hn_sunshine_json_app (const char *name, const char *command, int index)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "name", name);
  json_object_set_string_member (object, "cmd", command);
  json_object_set_int_member (object, "index", index);
  return hn_json_to_text (object);
}

static char *
find_in (JsonArray *clients, const char *name)
{
  for (guint i = 0; i < json_array_get_length (clients); i++) {
    JsonObject *client = hn_json_array_get_object (clients, i);
    const char *candidate = NULL, *uuid = NULL;

    if (client != NULL && hn_json_get_text (client, "name", HN_LIMIT_TEXT_BYTES, TRUE, &candidate, NULL)
        && strcmp (candidate, name) == 0 && hn_json_get_text (client, "uuid", HN_LIMIT_TEXT_BYTES, TRUE, &uuid, NULL))
      return g_strdup (uuid);
  }
  return NULL;
}

char *
hn_sunshine_json_find_client (const char *text, gsize length, const char *name)
{
  g_autoptr (JsonNode) root = hn_json_parse (text, length, NULL);
  JsonArray *clients = NULL;

  if (root == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_ARRAY (root))
    return find_in (json_node_get_array (root), name);
  if (!JSON_NODE_HOLDS_OBJECT (root) || !hn_json_get_array (json_node_get_object (root), "named_certs", TRUE, &clients, NULL))
    return NULL;
  return find_in (clients, name);
}

char *
hn_sunshine_json_unpair (const char *uuid)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "uuid", uuid);
  return hn_json_to_text (object);
}

char *
hn_sunshine_json_app_name (const char *experience, const char *exe_path)
{
  const char *start = exe_path, *end;

  if (experience != NULL)
    return g_strdup (experience);
  for (const char *p = exe_path; *p != '\0'; p++)
    if ((*p == '\\' || *p == '/') && p[1] != '\0')
      start = p + 1;
  end = strrchr (start, '.');
  if (end == NULL || end == start)
    end = start + strlen (start);
  return g_strndup (start, (gsize) (end - start));
}
