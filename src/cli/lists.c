/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/lists.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/harmless.h"
#include "base/json.h"

static const HnTextColumn worker_columns[] = {
  { "WORKER", "id", 40 },           { "STATUS", "status", 0 },           { "SESSIONS", "active_sessions", 0 },
  { "MAX", "max_sessions", 0 },     { "WIREGUARD", "wireguard", 0 },     { "HEARD", "heartbeat_age", 0 },
  { "VERSION", "version", 20 },     { "URL", "url", 0 },
};

/* nine columns of an id: eight characters of it, as the logs have them, and a mark that it goes on */
static const HnTextColumn session_columns[] = {
  { "SESSION", "id", 9 },           { "STATUS", "status", 0 },           { "BODY", "body_ip", 0 },
  { "WORKER", "worker_id", 30 },    { "AGE", "age", 0 },                 { "SOCKETS", "active_connections", 0 },
  { "MIC", "mic.state", 0 },        { "EXPERIENCE", "experience", 24 },  { "END", "end_reason", 0 },
};

static const HnList lists[] = {
  { "workers", "worker", worker_columns, G_N_ELEMENTS (worker_columns) },
  { "sessions", "session", session_columns, G_N_ELEMENTS (session_columns) },
};

const HnList *
hn_lists_find (const char *text)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    if (g_str_equal (text, lists[i].plural) || g_str_equal (text, lists[i].singular))
      return &lists[i];
  return NULL;
}

static JsonArray *
rows_of (const HnList *list, JsonObject *object, GError **error)
{
  JsonArray *rows = NULL;

  return hn_json_get_array (object, list->plural, TRUE, &rows, error) ? rows : NULL;
}

char *
hn_lists_text (const HnList *list, JsonObject *object, GError **error)
{
  JsonArray *rows = rows_of (list, object, error);

  if (rows == NULL)
    return NULL;
  if (json_array_get_length (rows) == 0)
    return g_strdup_printf ("no %s\n", list->plural);
  return hn_text_table (list->columns, list->n_columns, rows);
}

char *
hn_lists_names (const HnList *list, JsonObject *object, GError **error)
{
  JsonArray *rows = rows_of (list, object, error);
  GString *out;

  if (rows == NULL)
    return NULL;
  out = g_string_new (NULL);
  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = hn_json_array_get_object (rows, i);
    g_autofree char *id = row != NULL ? hn_text_member (row, "id") : NULL;

    if (id != NULL)
      g_string_append_printf (out, "%s\n", id);
  }
  return g_string_free (out, FALSE);
}

gboolean
hn_lists_print_lines (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **at = lines; *at != NULL; at++) {
    hn_harmless_append (out, *at);
    if (at[1] != NULL)
      g_string_append_c (out, '\n');
  }
  return fputs (out->str, stdout) >= 0 && fflush (stdout) == 0;
}
