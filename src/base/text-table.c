/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text-table.h"

#include <string.h>

#include "base/harmless.h"
#include "base/json.h"

static char *
harmless (const char *text)
{
  GString *out = g_string_new (NULL);

  hn_harmless_append (out, text);
  return g_string_free (out, FALSE);
}

static char *
text_of (JsonNode *node)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type == G_TYPE_STRING && *json_node_get_string (node) != '\0')
    return harmless (json_node_get_string (node));
  if (type == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "yes" : "no");
  if (type == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  if (type == G_TYPE_DOUBLE)
    return g_strdup_printf ("%g", json_node_get_double (node));
  return g_strdup ("-");
}

char *
hn_text_member (JsonObject *object, const char *path)
{
  const char *dot = strchr (path, '.');
  g_autofree char *first = dot != NULL ? g_strndup (path, (gsize) (dot - path)) : g_strdup (path);
  JsonNode *node = json_object_get_member (object, first);

  if (node == NULL)
    return g_strdup ("-");
  if (dot == NULL)
    return text_of (node);
  return JSON_NODE_HOLDS_OBJECT (node) ? hn_text_member (json_node_get_object (node), dot + 1) : g_strdup ("-");
}

/* Columns of a terminal, not bytes nor characters. */
static guint
width_of (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);

    width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
  }
  return width;
}

static char *
cut (char *text, guint max_width)
{
  guint width = 0;
  const char *at = text;
  g_autofree char *owned = text;

  if (max_width == 0 || width_of (text) <= max_width)
    return g_steal_pointer (&owned);
  for (; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
    if (width > max_width - 1)
      break;
  }
  return g_strdup_printf ("%.*s…", (int) (at - text), text);
}

static void
append_row (GString *out, char **cells, const guint *widths, gsize n_columns)
{
  for (gsize i = 0; i < n_columns; i++) {
    g_string_append (out, cells[i]);
    if (i + 1 < n_columns)
      g_string_append_printf (out, "%*s", (int) (widths[i] - width_of (cells[i]) + 2), "");
  }
  g_string_append_c (out, '\n');
}

char *
hn_text_table (const HnTextColumn *columns, gsize n_columns, JsonArray *rows)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree guint *widths = g_new0 (guint, n_columns);
  GString *out = g_string_new (NULL);
  char **titles = g_new0 (char *, n_columns + 1);

  for (gsize i = 0; i < n_columns; i++)
    titles[i] = g_strdup (columns[i].title);
  g_ptr_array_add (lines, titles);
  for (guint r = 0; r < json_array_get_length (rows); r++) {
    JsonObject *object = hn_json_array_get_object (rows, r);
    char **cells = object != NULL ? g_new0 (char *, n_columns + 1) : NULL;

    for (gsize i = 0; i < n_columns && cells != NULL; i++)
      cells[i] = cut (hn_text_member (object, columns[i].member), columns[i].max_width);
    if (cells != NULL)
      g_ptr_array_add (lines, cells);
  }
  for (guint r = 0; r < lines->len; r++)
    for (gsize i = 0; i < n_columns; i++)
      widths[i] = MAX (widths[i], width_of (((char **) g_ptr_array_index (lines, r))[i]));
  for (guint r = 0; r < lines->len; r++)
    append_row (out, g_ptr_array_index (lines, r), widths, n_columns);
  return g_string_free (out, FALSE);
}
