/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* YAML to HnConfig. Rules: the table in options.h is the only list of keys; an unknown or doubled key, a wrong type or a value
 * out of range is an error at its line and column; nothing falls back in silence. What a role needs beyond types is checked last.
 */
#include "base/config.h"

#include <string.h>

#include "base/address.h"
#include "base/config-environment.h"
#include "base/config-table.h"
#include "base/config-value.h"
#include "base/config-yaml.h"
#include "base/error.h"
#include "base/id.h"

/* Which of the two names of a row was read: of a value, of the file that holds it. */
enum { SEEN_VALUE = 1, SEEN_FILE = 2 };

typedef struct {
  HnConfigYaml yaml;
  HnConfig *config;
  guint8 *seen; /* for each row */
} Reader;

static gboolean
read_network_list (Reader *reader, yaml_node_t *node, const HnConfigOption *option, GError **error)
{
  GArray *networks = *(GArray **) hn_config_value_slot (reader->config, option);

  g_array_set_size (networks, 0);
  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
    yaml_node_t *child = yaml_document_get_node (reader->yaml.document, *item);
    const char *wrong = hn_config_yaml_text (child) != NULL
                            ? hn_config_value_read_networks (hn_config_yaml_text (child), networks)
                            : "must be a list of networks";

    if (wrong != NULL)
      return hn_config_yaml_refuse (&reader->yaml, child, error, "'%s' %s", option->path, wrong);
  }
  return TRUE;
}

/* To follow what is wrong with a value. */
static char *
range_of (const HnConfigOption *option)
{
  if (option->type == HN_CONFIG_DURATION)
    return g_strdup_printf (", from %" G_GINT64_FORMAT "s to %" G_GINT64_FORMAT "s", option->min, option->max);
  if (option->type == HN_CONFIG_UINT)
    return g_strdup_printf (" from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, option->min, option->max);
  return g_strdup ("");
}

static gboolean
read_value (Reader *reader, yaml_node_t *node, const HnConfigOption *option, GError **error)
{
  g_autofree char *range = range_of (option);
  const char *wrong = NULL;

  if (option->type == HN_CONFIG_ICE)
    return hn_config_yaml_read_ice (&reader->yaml, node, hn_config_value_slot (reader->config, option), error);
  if (option->type == HN_CONFIG_JSON) {
    JsonNode **target = hn_config_value_slot (reader->config, option);

    if (node->type != YAML_MAPPING_NODE)
      return hn_config_yaml_refuse (&reader->yaml, node, error, "'%s' must be a mapping", option->path);
    *target = hn_config_yaml_to_json (&reader->yaml, node, error);
    return *target != NULL;
  }
  if (option->type == HN_CONFIG_NETWORKS && node->type == YAML_SEQUENCE_NODE)
    return read_network_list (reader, node, option, error);
  if (hn_config_yaml_text (node) == NULL)
    wrong = option->type == HN_CONFIG_NETWORKS ? "must be a list of networks" : "must be a single value";
  else if ((option->type == HN_CONFIG_TEXT || option->type == HN_CONFIG_SECRET) && *hn_config_yaml_text (node) == '\0')
    wrong = "must not be empty";
  else
    wrong = hn_config_value_from_text (reader->config, option, hn_config_yaml_text (node));
  if (wrong != NULL && option->type != HN_CONFIG_SECRET && hn_config_yaml_text (node) != NULL)
    return hn_config_yaml_refuse (&reader->yaml, node, error, "'%s' %s%s, not '%s'", option->path, wrong, range,
                                  hn_config_yaml_text (node));
  return wrong == NULL || hn_config_yaml_refuse (&reader->yaml, node, error, "'%s' %s", option->path, wrong);
}

/* ---- keys ---- */

static void
came_from (HnConfig *config, const HnConfigOption *option, char *origin)
{
  char **slot = &config->origins[hn_config_table_index (option)];

  g_free (*slot);
  *slot = origin;
}

static char *
place_of (const Reader *reader, const yaml_node_t *node)
{
  return g_strdup_printf ("%s:%zu:%zu", reader->yaml.file, node->start_mark.line + 1, node->start_mark.column + 1);
}

/* Without a word about a secret's value. */
static gboolean
take_secret (HnConfig *config, const HnConfigOption *option, char *secret, char *origin)
{
  char **target = hn_config_value_slot (config, option);

  g_free (*target);
  *target = secret;
  came_from (config, option, origin);
  return TRUE;
}

static gboolean
read_secret_file (Reader *reader, yaml_node_t *node, const HnConfigOption *option, GError **error)
{
  g_autofree char *name = g_strconcat (option->path, HN_CONFIG_FILE_SUFFIX, NULL);
  g_autofree char *place = place_of (reader, node);
  char *secret = hn_config_yaml_secret (&reader->yaml, node, name, error);

  return secret != NULL
         && take_secret (reader->config, option, secret, g_strdup_printf ("%s (%s)", hn_config_yaml_text (node), place));
}

static gboolean
read_option (Reader *reader, yaml_node_t *value, const HnConfigOption *option, gboolean is_file, GError **error)
{
  if (hn_config_yaml_is_null (value))
    return TRUE; /* `key:` with nothing behind it: the default stays */
  if (is_file)
    return read_secret_file (reader, value, option, error);
  if (!read_value (reader, value, option, error))
    return FALSE;
  came_from (reader->config, option, place_of (reader, value));
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

/* ---- what a role needs ---- */

static gboolean
need (gboolean given, const char *file, GError **error, const char *what)
{
  if (!given)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: %s", file, what);
  return given;
}

/* One way to a certificate, and whole. */
static gboolean
check_tls (const HnConfig *config, const char *file, GError **error)
{
  gboolean has_cert = config->server_tls_cert != NULL;
  gboolean has_key = config->server_tls_key != NULL;
  g_autofree char *host = NULL;
  guint16 port = 0;

  if (config->server_domain == NULL)
    return need (has_key || !has_cert, file, error, "'server.tls.cert' needs 'server.tls.key'")
           && need (has_cert || !has_key, file, error, "'server.tls.key' needs 'server.tls.cert'");
  return need (hn_address_split_domain (config->server_domain, &host, &port), file, error,
               "'server.domain' must be a host name, with ':port' if browsers use another than 443")
         && need (!has_cert && !has_key, file, error,
                  "'server.domain' brings its own certificate: remove 'server.tls.cert' and 'server.tls.key', or replace it by 'server.listen'")
         && need (config->server_listen == NULL, file, error,
                  "'server.listen' is not used with 'server.domain': remove one of them, or say 'server.https_listen' and 'server.http_listen'");
}

static gboolean
check_role (HnConfig *config, const char *file, HnMode mode, GError **error)
{
  const char *name = mode == HN_MODE_WORKER ? "worker" : "controller";

  if (config->mode != NULL && !g_str_equal (config->mode, name)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s: 'mode' is '%s', but the command is '%s'", file, config->mode, name);
    return FALSE;
  }
  if (mode == HN_MODE_WORKER && config->server_listen == NULL && config->server_domain == NULL)
    config->server_listen = g_strdup (":47990");
  return need (config->server_admin_token != NULL, file, error, "'server.admin_token' is required")
         && need (config->server_listen != NULL || config->server_domain != NULL, file, error,
                  "'server.listen' (or 'server.domain') is required")
         && check_tls (config, file, error);
}

static HnConfig *
config_with_defaults (void)
{
  guint count = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);
  HnConfig *config = g_new0 (HnConfig, 1);

  config->origins = g_new0 (char *, count);
  for (guint i = 0; i < count; i++) {
    gpointer target = hn_config_value_slot (config, &options[i]);

    if (options[i].type == HN_CONFIG_NETWORKS)
      *(GArray **) target = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
    else if (options[i].type == HN_CONFIG_ICE)
      *(JsonArray **) target = json_array_new ();
    if (options[i].default_value != NULL) {
      const char *wrong = hn_config_value_from_text (config, &options[i], options[i].default_value);

      g_assert_cmpstr (wrong, ==, NULL); /* a row of options.h is wrong */
    }
  }
  return config;
}

/* ---- what is read ---- */

typedef gboolean (*ReadRoot) (Reader *reader, yaml_node_t *root, gconstpointer data, GError **error);

/* One YAML document; @file names it. */
static gboolean
read_document (Reader *reader, const char *text, gsize length, ReadRoot read_root, gconstpointer data, GError **error)
{
  yaml_parser_t parser;
  yaml_document_t document;
  gboolean ok = TRUE;

  if (!yaml_parser_initialize (&parser))
    g_error ("out of memory");
  yaml_parser_set_input_string (&parser, (const guint8 *) text, length);
  if (!yaml_parser_load (&parser, &document)) {
    const char *problem = parser.problem != NULL ? parser.problem : "not YAML";
    gboolean has_tab = memchr (text, '\t', length) != NULL && strstr (problem, "cannot start any token") != NULL;

    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s:%zu:%zu: %s%s", reader->yaml.file, parser.problem_mark.line + 1,
                 parser.problem_mark.column + 1, problem, has_tab ? " (a tab? use spaces)" : "");
    yaml_parser_delete (&parser);
    return FALSE;
  }
  reader->yaml.document = &document;
  if (yaml_document_get_root_node (&document) != NULL)
    ok = read_root (reader, yaml_document_get_root_node (&document), data, error);
  yaml_document_delete (&document);
  yaml_parser_delete (&parser);
  return ok;
}

static gboolean
read_file_root (Reader *reader, yaml_node_t *root, gconstpointer unused, GError **error)
{
  if (root->type == YAML_MAPPING_NODE)
    return read_mapping (reader, root, "", error);
  return hn_config_yaml_is_null (root) || hn_config_yaml_refuse (&reader->yaml, root, error, "the file must be a mapping of keys to values");
}

static gboolean
read_one_value (Reader *reader, yaml_node_t *root, gconstpointer option, GError **error)
{
  return read_value (reader, root, option, error);
}

/* @name=@text of the environment. JSON is YAML; anything else is the text itself. */
static gboolean
read_variable (const HnConfigSources *sources, HnConfig *config, const HnConfigOption *option, const char *name, const char *text, GError **error)
{
  gboolean structured = option->type == HN_CONFIG_ICE || option->type == HN_CONFIG_JSON || (option->type == HN_CONFIG_NETWORKS && *text == '[');
  g_autofree char *range = range_of (option);
  const char *wrong = NULL;

  if (structured) {
    Reader reader = { .yaml = { .file = name, .sources = sources }, .config = config };

    if (!read_document (&reader, text, strlen (text), read_one_value, option, error))
      return FALSE;
  } else {
    wrong = !g_utf8_validate (text, -1, NULL) ? "must be UTF-8" : hn_config_value_from_text (config, option, text);
  }
  if (wrong != NULL) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "environment: %s %s%s", name, wrong, range);
    return FALSE;
  }
  came_from (config, option, g_strdup (name));
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
    return take_secret (config, option, secret, g_strdup_printf ("%s (%s)", path, name));
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "environment: %s: %s", name, local->message);
  return FALSE;
}

static gboolean
read_environment (const HnConfigSources *sources, HnConfig *config, GError **error)
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
      return take_secret (config, option, secret, g_strdup_printf ("credential %s", names[i]));
    if (!g_error_matches (local, HN_ERROR, HN_ERROR_NOT_FOUND)) {
      g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "credential %s: %s", names[i], local->message);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_credentials (const HnConfigSources *sources, HnConfig *config, GError **error)
{
  const char *directory = hn_config_environment_get (sources->environment, "CREDENTIALS_DIRECTORY");
  guint count = 0;
  const HnConfigOption *options = hn_config_table_rows (&count);

  for (guint i = 0; directory != NULL && sources->read_secret != NULL && i < count; i++)
    if (options[i].type == HN_CONFIG_SECRET && config->origins[i] == NULL && !read_credential (sources, config, &options[i], directory, error))
      return FALSE;
  return TRUE;
}

static HnConfig *
read_sources (const HnConfigSources *sources, GError **error)
{
  g_autoptr (HnConfig) config = config_with_defaults ();
  guint count = 0;
  g_autofree guint8 *seen = NULL;
  Reader reader = { .yaml = { .file = sources->file, .sources = sources }, .config = config };

  hn_config_table_rows (&count);
  reader.seen = seen = g_new0 (guint8, count);
  if (!read_document (&reader, sources->text, sources->length, read_file_root, NULL, error)
      || !read_environment (sources, config, error) || !read_credentials (sources, config, error))
    return NULL;
  return g_steal_pointer (&config);
}

HnConfig *
hn_config_read (const HnConfigSources *sources, HnMode mode, GError **error)
{
  g_autoptr (HnConfig) config = read_sources (sources, error);

  return config != NULL && check_role (config, sources->file, mode, error) ? g_steal_pointer (&config) : NULL;
}

gboolean
hn_config_guess_mode (const HnConfigSources *sources, HnMode *ret_mode, GError **error)
{
  g_autoptr (HnConfig) config = read_sources (sources, error);

  if (config == NULL)
    return FALSE;
  if (config->mode != NULL)
    *ret_mode = g_str_equal (config->mode, "worker") ? HN_MODE_WORKER : HN_MODE_CONTROLLER;
  else
    *ret_mode = config->controller_url != NULL ? HN_MODE_WORKER : HN_MODE_CONTROLLER;
  return TRUE;
}

HnConfig *
hn_config_parse (const char *text, gsize length, const char *file, HnMode mode, GError **error)
{
  const HnConfigSources sources = { .file = file, .text = text, .length = length };

  return hn_config_read (&sources, mode, error);
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
