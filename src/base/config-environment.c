/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-environment.h"

#include <string.h>

#include "base/config-table.h"
#include "base/error.h"

#define PREFIX "HYDRANECK_"
#define TYPING_ERRORS 2 /* so near to an option it was meant to be one */

/* What our programs, scripts and tests read besides options. A `*` at the end stands for anything. */
static const char *const others[] = {
  "HYDRANECK_TIME_SCALE", "HYDRANECK_DOT_DIR", "HYDRANECK_WIREGUARD_DIR", "HYDRANECK_SIM_*",     "HYDRANECK_BUILD", "HYDRANECK_LONG",
  "HYDRANECK_KEEP",       "HYDRANECK_SEED",    "HYDRANECK_SHOTS",         "HYDRANECK_BENCH_*",   "HYDRANECK_BOUNDS", "HYDRANECK_MUTANTS",
  "HYDRANECK_SESSION_OF", "HYDRANECK_JOURNAL_SOCKET", "HYDRANECK_GOLDEN", "HYDRANECK_PROC_DIR", "HYDRANECK_URL", "HYDRANECK_TOKEN", "HYDRANECK_JOURNAL_SOCKET",
};

char *
hn_config_environment_name (const char *path)
{
  g_autofree char *upper = g_ascii_strup (path, -1);

  return g_strconcat (PREFIX, g_strdelimit (upper, ".", '_'), NULL);
}

const char *
hn_config_environment_get (const char *const *environment, const char *name)
{
  gsize length = strlen (name);

  for (guint i = 0; environment != NULL && environment[i] != NULL; i++)
    if (strncmp (environment[i], name, length) == 0 && environment[i][length] == '=')
      return environment[i][length + 1] != '\0' ? environment[i] + length + 1 : NULL;
  return NULL;
}

static gboolean
is_other (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    gsize length = strlen (others[i]);
    gboolean open = others[i][length - 1] == '*';

    if (open ? strncmp (name, others[i], length - 1) == 0 : g_str_equal (name, others[i]))
      return TRUE;
  }
  return FALSE;
}

/* The nearest option's name, and how far it is; below a section of options whatever the distance. */
static char *
nearest (const char *name, guint *ret_distance, gboolean *ret_in_section)
{
  guint count = 0;
  const HnConfigOption *rows = hn_config_table_rows (&count);
  g_autofree char *best = NULL;

  *ret_distance = G_MAXUINT;
  *ret_in_section = FALSE;
  for (guint i = 0; i < 2 * count; i++) {
    const HnConfigOption *row = &rows[i / 2];
    g_autofree char *plain = hn_config_environment_name (row->path);
    g_autofree char *full = i % 2 == 0 ? g_strdup (plain) : g_strconcat (plain, "_FILE", NULL);
    const char *dot = strchr (row->path, '.');
    guint d = hn_config_table_distance (name, full);

    if (i % 2 == 1 && row->type != HN_CONFIG_SECRET)
      continue;
    *ret_in_section |= dot != NULL && strncmp (name, plain, sizeof PREFIX + (gsize) (dot - row->path)) == 0;
    if (d < *ret_distance) {
      g_free (best);
      best = g_steal_pointer (&full);
      *ret_distance = d;
    }
  }
  return g_steal_pointer (&best);
}

static gboolean
check_name (const char *name, GError **error)
{
  guint distance = 0;
  gboolean in_section = FALSE;
  g_autofree char *near = NULL;

  if (!g_str_has_prefix (name, PREFIX) || is_other (name))
    return TRUE;
  near = nearest (name, &distance, &in_section);
  if (distance == 0 || (distance > TYPING_ERRORS && !in_section))
    return TRUE;
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "environment: unknown option '%s', did you mean '%s'?", name, near);
  return FALSE;
}

gboolean
hn_config_environment_check (const char *const *environment, GError **error)
{
  for (guint i = 0; environment != NULL && environment[i] != NULL; i++) {
    gsize length = strcspn (environment[i], "=");
    g_autofree char *name = g_strndup (environment[i], MIN (length, 128));

    if (!check_name (name, error))
      return FALSE;
  }
  return TRUE;
}
