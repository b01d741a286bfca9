/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-table.h"

#include <string.h>

static const HnConfigOption options[] = {
#define OPTION(path, type, field, default_value, min, max, doc)                                                                  \
  { path, HN_CONFIG_##type, G_STRUCT_OFFSET (HnConfig, field), default_value, min, max, doc, FALSE },
#define OPTION_LIVE(path, type, field, default_value, min, max, doc)                                                             \
  { path, HN_CONFIG_##type, G_STRUCT_OFFSET (HnConfig, field), default_value, min, max, doc, TRUE },
#include "base/options.h"
#undef OPTION
#undef OPTION_LIVE
};

const HnConfigOption *
hn_config_table_rows (guint *ret_count)
{
  *ret_count = G_N_ELEMENTS (options);
  return options;
}

static gboolean
is_twin (const HnConfigOption *option, const char *path)
{
  gsize length = strlen (option->path);

  return option->type == HN_CONFIG_SECRET && strncmp (path, option->path, length) == 0
         && g_str_equal (path + length, HN_CONFIG_FILE_SUFFIX);
}

const HnConfigOption *
hn_config_table_find (const char *path, gboolean *ret_is_file)
{
  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    if (!g_str_equal (options[i].path, path) && !is_twin (&options[i], path))
      continue;
    *ret_is_file = !g_str_equal (options[i].path, path);
    return &options[i];
  }
  return NULL;
}

void
hn_config_table_came_from (HnConfig *config, const HnConfigOption *option, char *origin)
{
  char **slot = &config->origins[hn_config_table_index (option)];

  g_free (*slot);
  *slot = origin;
}

gboolean
hn_config_table_take_secret (HnConfig *config, const HnConfigOption *option, char *secret, char *origin)
{
  char **target = hn_config_value_slot (config, option);

  g_free (*target);
  *target = secret;
  hn_config_table_came_from (config, option, origin);
  return TRUE;
}

guint
hn_config_table_index (const HnConfigOption *option)
{
  return (guint) (option - options);
}

gboolean
hn_config_table_is_section (const char *path)
{
  g_autofree char *prefix = g_strconcat (path, ".", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (g_str_has_prefix (options[i].path, prefix))
      return TRUE;
  return FALSE;
}

guint
hn_config_table_distance (const char *a, const char *b)
{
  gsize n = strlen (b);
  g_autofree guint *row = g_new (guint, n + 1);

  for (guint j = 0; j <= n; j++)
    row[j] = j;
  for (guint i = 1; a[i - 1] != '\0'; i++) {
    guint diagonal = row[0];

    row[0] = i;
    for (guint j = 1; j <= n; j++) {
      guint above = row[j];

      row[j] = MIN (MIN (row[j], row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[n];
}

/* Keeps @name if it is nearer to @path than what was found before. */
static void
keep_nearer (const char *path, char *name, char **best, guint *best_distance)
{
  guint d = hn_config_table_distance (path, name);

  if (d < *best_distance) {
    g_free (*best);
    *best = name;
    *best_distance = d;
  } else {
    g_free (name);
  }
}

char *
hn_config_table_nearest (const char *path)
{
  gboolean top_level = strchr (path, '.') == NULL;
  char *best = NULL;
  guint distance = G_MAXUINT;

  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    const char *name = options[i].path;

    keep_nearer (path, top_level ? g_strndup (name, strcspn (name, ".")) : g_strdup (name), &best, &distance);
    if (options[i].type == HN_CONFIG_SECRET && !top_level)
      keep_nearer (path, g_strconcat (name, HN_CONFIG_FILE_SUFFIX, NULL), &best, &distance);
  }
  return best;
}
