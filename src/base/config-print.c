/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is printed reads as a configuration again: with the same values but for the secrets. */
#include "base/config-print.h"

#include <string.h>

#include "base/config-table.h"

#define HIDDEN "***"

static char *
quote (const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);

  return json_to_string (node, FALSE);
}

static char *
hide_credentials (const HnConfig *self)
{
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), self->ice_servers);
  g_autofree char *text = json_to_string (node, FALSE);
  g_autoptr (JsonNode) copy = json_from_string (text, NULL);

  for (guint i = 0; i < json_array_get_length (json_node_get_array (copy)); i++) {
    JsonObject *server = json_array_get_object_element (json_node_get_array (copy), i);

    if (*json_object_get_string_member_with_default (server, "credential", "") != '\0')
      json_object_set_string_member (server, "credential", HIDDEN);
  }
  return json_to_string (copy, FALSE);
}

static char *
list_of (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  g_autofree char *inner = g_strjoinv ("\", \"", parts);

  return *text != '\0' ? g_strdup_printf ("[\"%s\"]", inner) : g_strdup ("[]");
}

/* As YAML; NULL: there is none. */
static char *
value_of (const HnConfig *self, const HnConfigOption *option)
{
  g_autofree char *text = hn_config_value_to_text (self, option);

  if (text == NULL)
    return NULL;
  switch (option->type) {
  case HN_CONFIG_SECRET:
    return quote (HIDDEN);
  case HN_CONFIG_ICE:
    return hide_credentials (self);
  case HN_CONFIG_NETWORKS:
  case HN_CONFIG_TEXTS:
    return list_of (text);
  case HN_CONFIG_TEXT:
  case HN_CONFIG_WORKER_ID:
  case HN_CONFIG_URL:
  case HN_CONFIG_LISTEN:
  case HN_CONFIG_ADDRESS:
  case HN_CONFIG_CHOICE:
    return quote (text);
  case HN_CONFIG_LOG_LEVEL:
  case HN_CONFIG_DURATION:
  case HN_CONFIG_PERIOD:
  case HN_CONFIG_UINT:
  case HN_CONFIG_BOOL:
  case HN_CONFIG_JSON:
    break;
  }
  return g_steal_pointer (&text);
}

/* The lines that lead from the section of the row before to that of @path; returns the key's name. */
static const char *
open_sections (GString *out, const char *before, const char *path)
{
  const char *name = path;
  gboolean same = TRUE;

  for (const char *dot = strchr (path, '.'); dot != NULL; dot = strchr (name, '.')) {
    gsize length = (gsize) (dot - path) + 1;
    int indent = 0;

    for (const char *c = path; c < name; c++)
      indent += *c == '.' ? 2 : 0;
    same = same && strncmp (before, path, length) == 0;
    if (!same)
      g_string_append_printf (out, "%*s%.*s:\n", indent, "", (int) (dot - name), name);
    name = dot + 1;
  }
  return name;
}

char *
hn_config_print (const HnConfig *self)
{
  guint count = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);
  GString *out = g_string_new (NULL);
  const char *before = "";

  for (guint i = 0; i < count; i++) {
    g_autofree char *value = value_of (self, &options[i]);
    const char *name;
    int indent = 0;

    if (value == NULL)
      continue;
    name = open_sections (out, before, options[i].path);
    before = options[i].path;
    for (const char *c = options[i].path; c < name; c++)
      indent += *c == '.' ? 2 : 0;
    g_string_append_printf (out, "%*s%s: %s # %s\n", indent, "", name, value, self->origins[i] != NULL ? self->origins[i] : "default");
  }
  return g_string_free (out, FALSE);
}
