/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* YAML to HnConfig. Rules: the table in options.h is the only list of keys; an unknown or doubled key, a wrong type or a value
 * out of range is an error at its line and column; nothing falls back in silence. What a mode needs beyond types is checked last (config-rules).
 */
#include "base/config.h"

#include <string.h>

#include "base/address.h"
#include "base/config-alias.h"
#include "base/config-node.h"
#include "base/config-rules.h"
#include "base/config-table.h"
#include "base/config-variables.h"
#include "base/env-file.h"
#include "base/id.h"

/* Which of the two names of a row was read: of a value, of the file that holds it. */
enum { SEEN_VALUE = 1, SEEN_FILE = 2 };

typedef struct {
  HnConfigYaml yaml;
  HnConfig *config;
  guint8 *seen; /* for each row */
} Reader;

/* ---- keys ---- */

static char *
place_of (const Reader *reader, const yaml_node_t *node)
{
  return g_strdup_printf ("%s:%zu:%zu", reader->yaml.file, node->start_mark.line + 1, node->start_mark.column + 1);
}

static gboolean
read_secret_file (Reader *reader, yaml_node_t *node, const HnConfigOption *option, GError **error)
{
  g_autofree char *name = g_strconcat (option->path, HN_CONFIG_FILE_SUFFIX, NULL);
  g_autofree char *place = place_of (reader, node);
  char *secret = hn_config_yaml_secret (&reader->yaml, node, name, error);

  return secret != NULL
         && hn_config_table_take_secret (reader->config, option, secret, g_strdup_printf ("%s (%s)", hn_config_yaml_text (node), place));
}

static gboolean
read_option (Reader *reader, yaml_node_t *value, const HnConfigOption *option, gboolean is_file, GError **error)
{
  if (hn_config_yaml_is_null (value))
    return TRUE; /* `key:` with nothing behind it: the default stays */
  if (is_file)
    return read_secret_file (reader, value, option, error);
  if (!hn_config_node_read (&reader->yaml, value, reader->config, option, error))
    return FALSE;
  hn_config_table_came_from (reader->config, option, place_of (reader, value));
  return TRUE;
}

static gboolean read_mapping (Reader *reader, yaml_node_t *node, const char *section, GError **error);

static gboolean
read_entry (Reader *reader, yaml_node_t *key, yaml_node_t *value, const char *path, GError **error)
{
  gboolean is_file = FALSE;
  const HnConfigOption *option = hn_config_table_find (path, &is_file);
  g_autofree char *near = NULL;

  if (option != NULL) {
    guint8 *seen = &reader->seen[hn_config_table_index (option)];
    guint8 mark = is_file ? SEEN_FILE : SEEN_VALUE;

    if ((*seen & mark) != 0)
      return hn_config_yaml_refuse (&reader->yaml, key, error, "'%s' is given twice", path);
    *seen |= hn_config_yaml_is_null (value) ? 0 : mark;
    if (*seen == (SEEN_FILE | SEEN_VALUE))
      return hn_config_yaml_refuse (&reader->yaml, key, error, "'%s' and '%s" HN_CONFIG_FILE_SUFFIX "' are both given", option->path,
                                    option->path);
    return read_option (reader, value, option, is_file, error);
  }
  if (hn_config_table_is_section (path)) {
    if (hn_config_yaml_is_null (value))
      return TRUE;
    if (value->type != YAML_MAPPING_NODE)
      return hn_config_yaml_refuse (&reader->yaml, value, error, "'%s' must be a mapping", path);
    return read_mapping (reader, value, path, error);
  }
  near = hn_config_table_nearest (path);
  return hn_config_yaml_refuse (&reader->yaml, key, error, "unknown key '%s', did you mean '%s'?", path, near);
}

static gboolean
read_mapping (Reader *reader, yaml_node_t *node, const char *section, GError **error)
{
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    yaml_node_t *key = yaml_document_get_node (reader->yaml.document, pair->key);
    yaml_node_t *value = yaml_document_get_node (reader->yaml.document, pair->value);
    g_autofree char *path = NULL;

    if (hn_config_yaml_text (key) == NULL)
      return hn_config_yaml_refuse (&reader->yaml, key, error, "a key must be a plain text");
    path = *section != '\0' ? g_strconcat (section, ".", hn_config_yaml_text (key), NULL) : g_strdup (hn_config_yaml_text (key));
    if (strlen (path) > 128)
      return hn_config_yaml_refuse (&reader->yaml, key, error, "a key must be shorter than 128 bytes");
    if (!read_entry (reader, key, value, path, error))
      return FALSE;
  }
  return TRUE;
}

static HnConfig *
config_with_defaults (void)
{
  guint count = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);
  HnConfig *config = g_new0 (HnConfig, 1);

  config->origins = g_new0 (char *, count);
  for (guint i = 0; i < count; i++)
    hn_config_value_set_default (config, &options[i]);
  return config;
}

/* ---- what is read ---- */

static gboolean
read_file_root (HnConfigYaml *yaml, yaml_node_t *root, gpointer data, GError **error)
{
  if (root->type == YAML_MAPPING_NODE)
    return read_mapping (data, root, "", error);
  return hn_config_yaml_is_null (root) || hn_config_yaml_refuse (yaml, root, error, "the file must be a mapping of keys to values");
}

static gboolean
read_file (const HnConfigSources *sources, HnConfig *config, GError **error)
{
  guint count = 0;
  g_autofree guint8 *seen = NULL;
  Reader reader = { .yaml = { .file = sources->file, .sources = sources }, .config = config };

  hn_config_table_rows (&count);
  reader.seen = seen = g_new0 (guint8, count);
  return hn_config_node_parse (&reader.yaml, sources->text, sources->length, read_file_root, &reader, error);
}

/* The names of others in the `KEY=value` file. */
static gboolean
read_env_file (const HnConfigSources *sources, HnMode mode, HnConfig *config, GError **error)
{
  g_autoptr (HnEnvFile) file = NULL;
  HnConfigAliases aliases = { .file = sources->env_file, .without_host = sources->host != NULL, .without_port = sources->port != NULL };

  if (sources->env_file == NULL)
    return TRUE;
  file = hn_env_file_parse (sources->env_text, sources->env_length, sources->env_file, error);
  if (file == NULL)
    return FALSE;
  aliases.variables = (const char *const *) file->variables;
  aliases.lines = file->lines;
  return hn_config_alias_apply (&aliases, mode, config, error);
}

static gboolean
read_aliases (const HnConfigSources *sources, HnMode mode, HnConfig *config, GError **error)
{
  const HnConfigAliases aliases = { .variables = sources->environment, .place = "environment", .without_host = sources->host != NULL, .without_port = sources->port != NULL };

  return hn_config_alias_apply (&aliases, mode, config, error);
}

/* `--host` and `--port`. */
static gboolean
read_command_line (const HnConfigSources *sources, HnMode mode, HnConfig *config, GError **error)
{
  g_autofree char *host = sources->host != NULL ? g_strconcat ("HOST=", sources->host, NULL) : NULL;
  g_autofree char *port = sources->port != NULL ? g_strconcat ("PORT=", sources->port, NULL) : NULL;
  const char *const variables[] = { host != NULL ? host : port, host != NULL ? port : NULL, NULL };
  const HnConfigAliases aliases = { .variables = variables, .place = "command line" };

  return hn_config_alias_apply (&aliases, mode, config, error);
}

/* Weak to strong; what is read later replaces what was. */
static HnConfig *
read_sources (const HnConfigSources *sources, HnMode mode, GError **error)
{
  g_autoptr (HnConfig) config = config_with_defaults ();
  gboolean has_aliases = mode == HN_MODE_ROOMS || mode == HN_MODE_MESH;

  if ((has_aliases && !read_env_file (sources, mode, config, error)) || !read_file (sources, config, error)
      || (has_aliases && !read_aliases (sources, mode, config, error)) || !hn_config_variables_read (sources, config, error)
      || (has_aliases && !read_command_line (sources, mode, config, error)) || !hn_config_variables_read_credentials (sources, config, error))
    return NULL;
  return g_steal_pointer (&config);
}

HnConfig *
hn_config_read (const HnConfigSources *sources, HnMode mode, GError **error)
{
  g_autoptr (HnConfig) config = read_sources (sources, mode, error);

  return config != NULL && hn_config_rules_check (config, sources->file, mode, error) ? g_steal_pointer (&config) : NULL;
}

gboolean
hn_config_guess_mode (const HnConfigSources *sources, HnMode *ret_mode, GError **error)
{
  g_autoptr (HnConfig) config = read_sources (sources, HN_MODE_CONTROLLER, error);

  if (config == NULL)
    return FALSE;
  *ret_mode = config->controller_url != NULL ? HN_MODE_WORKER : HN_MODE_CONTROLLER;
  if (config->mode != NULL && !hn_config_mode_from_text (config->mode, ret_mode))
    *ret_mode = HN_MODE_CONTROLLER;
  return TRUE;
}

HnConfig *
hn_config_parse (const char *text, gsize length, const char *file, HnMode mode, GError **error)
{
  const HnConfigSources sources = { .file = file, .text = text, .length = length };

  return hn_config_read (&sources, mode, error);
}

static const char *const mode_names[] = {
  [HN_MODE_CONTROLLER] = "controller", [HN_MODE_WORKER] = "worker", [HN_MODE_ROOMS] = "rooms", [HN_MODE_MESH] = "mesh",
};

const char *
hn_config_mode_name (HnMode mode)
{
  return mode_names[mode];
}

gboolean
hn_config_mode_from_text (const char *text, HnMode *ret_mode)
{
  for (guint i = 0; i < G_N_ELEMENTS (mode_names); i++) {
    if (!g_str_equal (text, mode_names[i]))
      continue;
    *ret_mode = (HnMode) i;
    return TRUE;
  }
  return FALSE;
}

HnRedisUrl *
hn_config_redis (const HnConfig *self)
{
  HnRedisUrl *url;

  if (self->redis_url != NULL)
    return hn_redis_url_parse (self->redis_url, NULL);
  if (self->redis_host == NULL)
    return NULL;
  url = g_new0 (HnRedisUrl, 1);
  url->host = g_strdup (self->redis_host);
  url->port = (guint16) self->redis_port;
  url->password = g_strdup (self->redis_password);
  url->db = self->redis_db;
  return url;
}

gboolean
hn_config_is_admin (const HnConfig *self, const char *token)
{
  gboolean current = hn_secret_equal (token, self->server_admin_token);
  gboolean previous = hn_secret_equal (token, self->server_admin_token_previous);

  return current || previous;
}

void
hn_config_free (HnConfig *self)
{
  guint count = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);

  if (self == NULL)
    return;
  for (guint i = 0; i < count; i++) {
    hn_config_value_clear (self, &options[i]);
    if (self->origins != NULL)
      g_free (self->origins[i]);
  }
  g_free (self->origins);
  g_free (self);
}

static gboolean
is_turn (const char *url)
{
  return g_str_has_prefix (url, "turn:") || g_str_has_prefix (url, "turns:");
}

static const char *
first_turn_url (const HnConfig *self)
{
  for (guint i = 0; i < json_array_get_length (self->ice_servers); i++) {
    JsonArray *urls = json_object_get_array_member (json_array_get_object_element (self->ice_servers, i), "urls");

    for (guint k = 0; k < json_array_get_length (urls); k++)
      if (is_turn (json_array_get_string_element (urls, k)))
        return json_array_get_string_element (urls, k);
  }
  return NULL;
}

gboolean
hn_config_has_turn (const HnConfig *self)
{
  return first_turn_url (self) != NULL;
}

char *
hn_config_public_ip (const HnConfig *self)
{
  const char *url = first_turn_url (self);
  g_autofree char *host = NULL;
  HnAddress address;

  if (self->webrtc_public_ip != NULL)
    return g_strdup (self->webrtc_public_ip);
  if (url == NULL)
    return NULL;
  url = strchr (url, ':') + 1;
  if (*url == '[')
    host = g_strndup (url + 1, strcspn (url + 1, "]"));
  else
    host = g_strndup (url, strcspn (url, ":?"));
  return hn_address_parse (host, &address) ? g_steal_pointer (&host) : NULL;
}
