/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-variables.h"

#include <string.h>

#include "base/config-environment.h"
#include "base/config-node.h"
#include "base/config-table.h"
#include "base/error.h"

typedef struct {
  HnConfig *config;
  const HnConfigOption *option;
} Target;

static gboolean
read_one_value (HnConfigYaml *yaml, yaml_node_t *root, gpointer data, GError **error)
{
  const Target *target = data;

  return hn_config_node_read (yaml, root, target->config, target->option, error);
}

/* @name=@text of the environment. JSON is YAML; anything else is the text itself. */
static gboolean
read_variable (const HnConfigSources *sources, HnConfig *config, const HnConfigOption *option, const char *name, const char *text, GError **error)
{
  gboolean is_list = option->type == HN_CONFIG_NETWORKS || option->type == HN_CONFIG_TEXTS;
  gboolean structured = option->type == HN_CONFIG_ICE || option->type == HN_CONFIG_JSON || (is_list && *text == '[');
  g_autofree char *range = hn_config_value_range (option);
  const char *wrong = NULL;

  if (structured) {
    HnConfigYaml yaml = { .file = name, .sources = sources };
    Target target = { config, option };

    if (!hn_config_node_parse (&yaml, text, strlen (text), read_one_value, &target, error))
      return FALSE;
  } else {
    wrong = !g_utf8_validate (text, -1, NULL) ? "must be UTF-8" : hn_config_value_from_text (config, option, text);
  }
  if (wrong != NULL) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "environment: %s %s%s", name, wrong, range);
    return FALSE;
  }
  hn_config_table_came_from (config, option, g_strdup (name));
  return TRUE;
}

static gboolean
read_variable_file (const HnConfigSources *sources, HnConfig *config, const HnConfigOption *option, const char *name, const char *path,
                    GError **error)
{
  g_autoptr (GError) local = NULL;
  char *secret = NULL;

  if (!g_path_is_absolute (path))
    g_set_error (&local, HN_ERROR, HN_ERROR_CONFIG, "must be an absolute path");
  else if (sources->read_secret == NULL)
    g_set_error (&local, HN_ERROR, HN_ERROR_CONFIG, "cannot be read here");
  else
    secret = sources->read_secret (path, sources->user_data, &local);
  if (secret != NULL)
    return hn_config_table_take_secret (config, option, secret, g_strdup_printf ("%s (%s)", path, name));
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "environment: %s: %s", name, local->message);
  return FALSE;
}

gboolean
hn_config_variables_read (const HnConfigSources *sources, HnConfig *config, GError **error)
{
  guint count = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);

  if (!hn_config_environment_check (sources->environment, error))
    return FALSE;
  for (guint i = 0; i < count; i++) {
    g_autofree char *name = hn_config_environment_name (options[i].path);
    g_autofree char *file_name = g_strconcat (name, "_FILE", NULL);
    const char *text = hn_config_environment_get (sources->environment, name);
    const char *path = options[i].type == HN_CONFIG_SECRET ? hn_config_environment_get (sources->environment, file_name) : NULL;

    if (text != NULL && path != NULL) {
      g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "environment: %s and %s are both given", name, file_name);
      return FALSE;
    }
    if (text != NULL && !read_variable (sources, config, &options[i], name, text, error))
      return FALSE;
    if (path != NULL && !read_variable_file (sources, config, &options[i], file_name, path, error))
      return FALSE;
  }
  return TRUE;
}

/* systemd's `LoadCredential=server-admin_token:…` (a point instead of the hyphen will do), for what nothing else gives. */
static gboolean
read_credential (const HnConfigSources *sources, HnConfig *config, const HnConfigOption *option, const char *directory, GError **error)
{
  g_autofree char *hyphens = g_strdelimit (g_strdup (option->path), ".", '-');
  const char *const names[] = { hyphens, option->path };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (directory, names[i], NULL);
    g_autoptr (GError) local = NULL;
    char *secret = sources->read_secret (path, sources->user_data, &local);

    if (secret != NULL)
      return hn_config_table_take_secret (config, option, secret, g_strdup_printf ("credential %s", names[i]));
    if (!g_error_matches (local, HN_ERROR, HN_ERROR_NOT_FOUND)) {
      g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "credential %s: %s", names[i], local->message);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
hn_config_variables_read_credentials (const HnConfigSources *sources, HnConfig *config, GError **error)
{
  const char *directory = hn_config_environment_get (sources->environment, "CREDENTIALS_DIRECTORY");
  guint count = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);

  for (guint i = 0; directory != NULL && sources->read_secret != NULL && i < count; i++)
    if (options[i].type == HN_CONFIG_SECRET && config->origins[i] == NULL && !read_credential (sources, config, &options[i], directory, error))
      return FALSE;
  return TRUE;
}
