/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config-yaml.h"

#include <string.h>

#include "base/error.h"

#define MAX_DEPTH 32
#define CREDENTIAL_FILE "credential_file"

#define REFUSAL_CHARACTERS_MAX 400

/* One line of bearable length, whatever the value that it quotes. */
static void
make_line (char *text)
{
  char *end = text;

  for (guint n = 0; *end != '\0' && n < REFUSAL_CHARACTERS_MAX; n++) {
    if (g_ascii_iscntrl (*end))
      *end = ' ';
    end = g_utf8_next_char (end);
  }
  *end = '\0';
}

gboolean
hn_config_yaml_refuse (const HnConfigYaml *self, const yaml_node_t *node, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  make_line (text);
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s:%zu:%zu: %s", self->file, node->start_mark.line + 1,
               node->start_mark.column + 1, text);
  return FALSE;
}

const char *
hn_config_yaml_text (const yaml_node_t *node)
{
  return node->type == YAML_SCALAR_NODE ? (const char *) node->data.scalar.value : NULL;
}

char *
hn_config_yaml_secret (const HnConfigYaml *self, const yaml_node_t *node, const char *what, GError **error)
{
  const char *path = hn_config_yaml_text (node);
  g_autoptr (GError) local = NULL;
  g_autofree char *secret = NULL;

  if (path == NULL || !g_path_is_absolute (path))
    hn_config_yaml_refuse (self, node, error, "'%s' must be an absolute path", what);
  else if (self->sources->read_secret == NULL)
    hn_config_yaml_refuse (self, node, error, "'%s' cannot be read here", what);
  else if ((secret = self->sources->read_secret (path, self->sources->user_data, &local)) == NULL)
    hn_config_yaml_refuse (self, node, error, "'%s': %s", what, local->message);
  return g_steal_pointer (&secret);
}

static gboolean
is_plain (const yaml_node_t *node)
{
  return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

gboolean
hn_config_yaml_is_null (const yaml_node_t *node)
{
  const char *text = is_plain (node) ? hn_config_yaml_text (node) : NULL;

  return text != NULL && (*text == '\0' || g_str_equal (text, "~") || g_str_equal (text, "null"));
}

static JsonNode *
json_scalar (const yaml_node_t *node)
{
  JsonNode *value = json_node_new (JSON_NODE_VALUE);
  const char *text = hn_config_yaml_text (node);
  gint64 number = 0;
  char *end = NULL;
  double real;

  if (hn_config_yaml_is_null (node)) {
    json_node_free (value);
    return json_node_new (JSON_NODE_NULL);
  }
  real = g_ascii_strtod (text, &end);
  if (is_plain (node) && (g_str_equal (text, "true") || g_str_equal (text, "false")))
    json_node_set_boolean (value, g_str_equal (text, "true"));
  else if (is_plain (node) && g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &number, NULL))
    json_node_set_int (value, number);
  else if (is_plain (node) && end != text && *end == '\0' && (g_ascii_isdigit (*text) || *text == '-'))
    json_node_set_double (value, real);
  else
    json_node_set_string (value, text);
  return value;
}

static JsonNode *
to_json (const HnConfigYaml *self, yaml_node_t *node, guint depth, GError **error)
{
  g_autoptr (JsonNode) out = NULL;

  if (depth > MAX_DEPTH) {
    hn_config_yaml_refuse (self, node, error, "nested deeper than %d", MAX_DEPTH);
    return NULL;
  }
  if (node->type == YAML_SCALAR_NODE)
    return json_scalar (node);
  if (node->type == YAML_SEQUENCE_NODE) {
    out = json_node_init_array (json_node_alloc (), NULL);
    json_node_take_array (out, json_array_new ());
    for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
      JsonNode *child = to_json (self, yaml_document_get_node (self->document, *item), depth + 1, error);

      if (child == NULL)
        return NULL;
      json_array_add_element (json_node_get_array (out), child);
    }
    return g_steal_pointer (&out);
  }
  out = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (out, json_object_new ());
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    yaml_node_t *key = yaml_document_get_node (self->document, pair->key);
    JsonNode *child;

    if (hn_config_yaml_text (key) == NULL) {
      hn_config_yaml_refuse (self, key, error, "a key must be a plain text");
      return NULL;
    }
    child = to_json (self, yaml_document_get_node (self->document, pair->value), depth + 1, error);
    if (child == NULL)
      return NULL;
    json_object_set_member (json_node_get_object (out), hn_config_yaml_text (key), child);
  }
  return g_steal_pointer (&out);
}

static const char *
check_ice_urls (JsonNode *urls)
{
  static const char *const schemes[] = { "stun:", "stuns:", "turn:", "turns:" };
  JsonArray *list = urls != NULL && JSON_NODE_HOLDS_ARRAY (urls) ? json_node_get_array (urls) : NULL;

  if (list == NULL || json_array_get_length (list) == 0)
    return "needs 'urls', a list of stun: and turn: URLs";
  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonNode *url = json_array_get_element (list, i);
    gboolean known = FALSE;

    for (guint k = 0; k < G_N_ELEMENTS (schemes); k++)
      known |= JSON_NODE_HOLDS_VALUE (url) && json_node_get_value_type (url) == G_TYPE_STRING
               && g_str_has_prefix (json_node_get_string (url), schemes[k]);
    if (!known)
      return "has a URL that is not stun:, stuns:, turn: or turns:";
  }
  return NULL;
}

static gboolean
complete_ice_text (JsonObject *server, const char *name)
{
  JsonNode *node = json_object_get_member (server, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node)) {
    json_object_set_string_member (server, name, "");
    return TRUE;
  }
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64) {
    /* a credential of digits only is a number to YAML, and a text to TURN */
    g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));

    json_object_set_string_member (server, name, text);
    return TRUE;
  }
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

static yaml_node_t *
find_member (const HnConfigYaml *self, const yaml_node_t *mapping, const char *name)
{
  for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++)
    if (g_strcmp0 (hn_config_yaml_text (yaml_document_get_node (self->document, pair->key)), name) == 0)
      return yaml_document_get_node (self->document, pair->value);
  return NULL;
}

/* `credential_file` becomes `credential`. */
static gboolean
read_credential_file (const HnConfigYaml *self, const yaml_node_t *item, JsonObject *server, GError **error)
{
  yaml_node_t *node = find_member (self, item, CREDENTIAL_FILE);
  g_autofree char *secret = NULL;

  if (node == NULL)
    return TRUE;
  if (json_object_has_member (server, "credential"))
    return hn_config_yaml_refuse (self, node, error, "'credential' and '" CREDENTIAL_FILE "' of 'ice_servers' are both given");
  secret = hn_config_yaml_secret (self, node, CREDENTIAL_FILE "' of 'ice_servers", error);
  if (secret == NULL)
    return FALSE;
  json_object_remove_member (server, CREDENTIAL_FILE);
  json_object_set_string_member (server, "credential", secret);
  return TRUE;
}

static const char *
check_ice_server (JsonObject *server)
{
  g_autoptr (GList) names = json_object_get_members (server);
  const char *wrong = check_ice_urls (json_object_get_member (server, "urls"));

  for (GList *l = names; l != NULL; l = l->next)
    if (!g_str_equal (l->data, "urls") && !g_str_equal (l->data, "username") && !g_str_equal (l->data, "credential"))
      return "may only have 'urls', 'username' and 'credential' (or '" CREDENTIAL_FILE "')";
  if (wrong == NULL && (!complete_ice_text (server, "username") || !complete_ice_text (server, "credential")))
    wrong = "has a 'username' or 'credential' that is not a text";
  return wrong;
}

JsonNode *
hn_config_yaml_to_json (const HnConfigYaml *self, yaml_node_t *node, GError **error)
{
  return to_json (self, node, 0, error);
}

gboolean
hn_config_yaml_read_ice (const HnConfigYaml *self, yaml_node_t *node, JsonArray **target, GError **error)
{
  g_autoptr (JsonNode) list = NULL;

  if (node->type != YAML_SEQUENCE_NODE)
    return hn_config_yaml_refuse (self, node, error, "'ice_servers' must be a list");
  list = to_json (self, node, 0, error);
  if (list == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (list)); i++) {
    yaml_node_t *item = yaml_document_get_node (self->document, node->data.sequence.items.start[i]);
    JsonNode *server = json_array_get_element (json_node_get_array (list), i);
    const char *wrong;

    if (JSON_NODE_HOLDS_OBJECT (server) && !read_credential_file (self, item, json_node_get_object (server), error))
      return FALSE;
    wrong = JSON_NODE_HOLDS_OBJECT (server) ? check_ice_server (json_node_get_object (server)) : "must be a mapping";
    if (wrong != NULL)
      return hn_config_yaml_refuse (self, item, error, "entry %u of 'ice_servers' %s", i + 1, wrong);
  }
  json_array_unref (*target);
  *target = json_array_ref (json_node_get_array (list));
  return TRUE;
}
