/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* YAML to HnConfig. Rules: the table in options.h is the only list of keys; an unknown or doubled key, a wrong type or a value
 * out of range is an error at its line and column; nothing falls back in silence. What a role needs beyond types is checked last.
 */
#include "base/config.h"

#include <string.h>

#include "base/address.h"
#include "base/config-value.h"
#include "base/config-yaml.h"
#include "base/error.h"

static const HnConfigOption options[] = {
#define OPTION(path, type, field, default_value, min, max, doc)                                                                  \
  { path, HN_CONFIG_##type, G_STRUCT_OFFSET (HnConfig, field), default_value, min, max, doc },
#include "base/options.h"
#undef OPTION
};

typedef struct {
  HnConfigYaml yaml;
  HnConfig *config;
  gboolean seen[G_N_ELEMENTS (options)];
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

  if (hn_config_yaml_is_null (node))
    return TRUE; /* `key:` with nothing behind it: the default stays */
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

static guint
distance (const char *a, const char *b)
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

/* The known name that looks most like @path: among the sections and top-level keys, or among all full names. */
static char *
nearest (const char *path)
{
  gboolean top_level = strchr (path, '.') == NULL;
  g_autofree char *best = NULL;
  guint best_distance = G_MAXUINT;

  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *name = top_level ? g_strndup (options[i].path, strcspn (options[i].path, ".")) : g_strdup (options[i].path);
    guint d = distance (path, name);

    if (d < best_distance) {
      g_free (best);
      best = g_steal_pointer (&name);
      best_distance = d;
    }
  }
  return g_steal_pointer (&best);
}

static gboolean
is_section (const char *path)
{
  g_autofree char *prefix = g_strconcat (path, ".", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (g_str_has_prefix (options[i].path, prefix))
      return TRUE;
  return FALSE;
}

static gboolean read_mapping (Reader *reader, yaml_node_t *node, const char *section, GError **error);

static gboolean
read_entry (Reader *reader, yaml_node_t *key, yaml_node_t *value, const char *path, GError **error)
{
  g_autofree char *near = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    if (!g_str_equal (options[i].path, path))
      continue;
    if (reader->seen[i])
      return hn_config_yaml_refuse (&reader->yaml, key, error, "'%s' is given twice", path);
    reader->seen[i] = TRUE;
    return read_value (reader, value, &options[i], error);
  }
  if (is_section (path)) {
    if (hn_config_yaml_is_null (value))
      return TRUE;
    if (value->type != YAML_MAPPING_NODE)
      return hn_config_yaml_refuse (&reader->yaml, value, error, "'%s' must be a mapping", path);
    return read_mapping (reader, value, path, error);
  }
  near = nearest (path);
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
         && need (config->server_tls_cert == NULL && config->server_tls_key == NULL, file, error,
                  "'server.tls' is not supported by this version: set 'server.listen' and let a proxy in front terminate TLS")
         && need (config->server_domain == NULL, file, error,
                  "'server.domain' needs HTTPS and no 'server.tls.cert' and 'server.tls.key' are given: for now replace it by "
                  "'server.listen: \"127.0.0.1:8080\"' (plain HTTP) and let a proxy in front terminate TLS");
}

static HnConfig *
config_with_defaults (void)
{
  HnConfig *config = g_new0 (HnConfig, 1);

  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
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

HnConfig *
hn_config_parse (const char *text, gsize length, const char *file, HnMode mode, GError **error)
{
  g_autoptr (HnConfig) config = config_with_defaults ();
  yaml_parser_t parser;
  yaml_document_t document;
  gboolean ok = TRUE;

  if (!yaml_parser_initialize (&parser))
    g_error ("out of memory");
  yaml_parser_set_input_string (&parser, (const guint8 *) text, length);
  if (!yaml_parser_load (&parser, &document)) {
    const char *problem = parser.problem != NULL ? parser.problem : "not YAML";
    gboolean has_tab = memchr (text, '\t', length) != NULL && strstr (problem, "cannot start any token") != NULL;

    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s:%zu:%zu: %s%s", file, parser.problem_mark.line + 1,
                 parser.problem_mark.column + 1, problem, has_tab ? " (a tab? use spaces)" : "");
    yaml_parser_delete (&parser);
    return NULL;
  }
  if (yaml_document_get_root_node (&document) != NULL) {
    Reader reader = { .yaml = { &document, file }, .config = config };
    yaml_node_t *root = yaml_document_get_root_node (&document);

    if (root->type == YAML_MAPPING_NODE)
      ok = read_mapping (&reader, root, "", error);
    else if (!hn_config_yaml_is_null (root))
      ok = hn_config_yaml_refuse (&reader.yaml, root, error, "the file must be a mapping of keys to values");
  }
  yaml_document_delete (&document);
  yaml_parser_delete (&parser);
  return ok && check_role (config, file, mode, error) ? g_steal_pointer (&config) : NULL;
}

void
hn_config_free (HnConfig *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    gpointer *target = hn_config_value_slot (self, &options[i]);

    switch (options[i].type) {
    case HN_CONFIG_TEXT:
    case HN_CONFIG_SECRET:
    case HN_CONFIG_WORKER_ID:
    case HN_CONFIG_URL:
    case HN_CONFIG_LISTEN:
    case HN_CONFIG_ADDRESS:
      g_clear_pointer (target, g_free);
      break;
    case HN_CONFIG_NETWORKS:
      g_clear_pointer (target, g_array_unref);
      break;
    case HN_CONFIG_ICE:
      g_clear_pointer (target, json_array_unref);
      break;
    case HN_CONFIG_JSON:
      g_clear_pointer (target, json_node_unref);
      break;
    case HN_CONFIG_DURATION:
    case HN_CONFIG_UINT:
      break;
    }
  }
  g_free (self);
}

/* What stands behind a key in the sample. */
static const char *
example_of (const HnConfigOption *option)
{
  if (option->type != HN_CONFIG_SECRET && option->default_value != NULL && *option->default_value != '\0')
    return option->default_value;
  switch (option->type) {
  case HN_CONFIG_SECRET:
    return "<secret>";
  case HN_CONFIG_URL:
    return "https://host.example";
  case HN_CONFIG_WORKER_ID:
    return "node-1:47990";
  case HN_CONFIG_LISTEN:
    return "\":47990\"";
  case HN_CONFIG_ADDRESS:
    return "203.0.113.7";
  case HN_CONFIG_NETWORKS:
    return "[10.0.0.1, 192.168.0.0/16]";
  case HN_CONFIG_ICE:
    return "[{urls: [\"turn:203.0.113.7:3478\"], username: hydraturn, credential: <secret>}]";
  case HN_CONFIG_JSON:
    return "{fps: 60, videoSize: 1080p}";
  case HN_CONFIG_TEXT:
  case HN_CONFIG_DURATION:
  case HN_CONFIG_UINT:
    break;
  }
  return g_str_equal (option->path, "mode") ? "worker" : "<text>";
}

static guint
depth_of (const char *path)
{
  guint depth = 0;

  for (; *path != '\0'; path++)
    depth += *path == '.';
  return depth;
}

char *
hn_config_sample (void)
{
  GString *out =
      g_string_new ("# Every option, commented out. Behind the key stands its default, or an example where there is none.\n");
  g_autofree char *section = g_strdup ("");

  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    const char *dot = strrchr (options[i].path, '.');
    g_autofree char *parent = dot != NULL ? g_strndup (options[i].path, (gsize) (dot - options[i].path)) : g_strdup ("");
    int indent = 2 * (int) depth_of (options[i].path);

    if (*parent == '\0') {
      g_string_append_c (out, '\n');
    } else if (!g_str_equal (parent, section)) {
      const char *last = strrchr (parent, '.');

      g_string_append_printf (out, "%s%*s%s:\n", indent == 2 ? "\n" : "", indent - 2, "", last != NULL ? last + 1 : parent);
    }
    g_free (section);
    section = g_steal_pointer (&parent);
    g_string_append_printf (out, "%*s# %s\n%*s# %s: %s\n", indent, "", options[i].doc, indent, "",
                            dot != NULL ? dot + 1 : options[i].path, example_of (&options[i]));
  }
  return g_string_free (out, FALSE);
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
