/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* YAML to HnConfig. Rules: the table in options.h is the only list of keys; an unknown or doubled key, a wrong type or a value out of
 * range is an error at its line and column; nothing falls back in silence. What a role needs beyond types is checked last. */
#include "base/config.h"

#include <string.h>
#include <yaml.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"

#define MAX_DEPTH 32

typedef enum { TEXT, SECRET, URL, LISTEN, ADDRESS, DURATION, UINT, NETWORKS, ICE, JSON } Type;

typedef struct {
  const char *path;
  Type type;
  gsize offset;
  const char *default_value;
  gint64 min, max;
  const char *doc;
} Option;

static const Option options[] = {
#define OPTION(path, type, field, default_value, min, max, doc) \
  { path, type, G_STRUCT_OFFSET (HnConfig, field), default_value, min, max, doc },
#include "base/options.h"
#undef OPTION
};

typedef struct {
  yaml_document_t *document;
  const char *file;
  HnConfig *config;
  gboolean seen[G_N_ELEMENTS (options)];
} Reader;

static gboolean fail (Reader *reader, const yaml_node_t *node, GError **error, const char *format, ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (Reader *reader, const yaml_node_t *node, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s:%zu:%zu: %s", reader->file, node->start_mark.line + 1, node->start_mark.column + 1,
               text);
  return FALSE;
}

static const char *
scalar (const yaml_node_t *node)
{
  return node->type == YAML_SCALAR_NODE ? (const char *) node->data.scalar.value : NULL;
}

static gboolean
is_plain (const yaml_node_t *node)
{
  return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static gboolean
is_null (const yaml_node_t *node)
{
  const char *text = is_plain (node) ? scalar (node) : NULL;

  return text != NULL && (*text == '\0' || g_str_equal (text, "~") || g_str_equal (text, "null"));
}

static gpointer
slot (HnConfig *config, const Option *option)
{
  return (char *) config + option->offset;
}

/* ---- values, from text: shared by the file and by the defaults; the answer is NULL or what is wrong ---- */

static const char *
check_url (const char *text)
{
  const char *rest = g_str_has_prefix (text, "http://") ? text + 7 : g_str_has_prefix (text, "https://") ? text + 8 : NULL;

  if (rest == NULL || *rest == '\0' || *rest == '/' || strpbrk (text, " \t\r\n\"<>\\^`{|}") != NULL || strchr (rest, '@') != NULL)
    return "must be an http:// or https:// URL";
  return NULL;
}

static const char *
read_duration (const char *text, const Option *option, gint64 *ret_us)
{
  char *end = NULL;
  gint64 count = g_ascii_strtoll (text, &end, 10);
  gint64 unit = g_str_equal (end, "s") ? 1 : g_str_equal (end, "m") ? 60 : g_str_equal (end, "h") ? 3600 : 0;

  if (end == text || unit == 0 || !g_ascii_isdigit (*text) || count > option->max)
    return "must be a duration such as 30s, 5m or 1h";
  if (count * unit < option->min || count * unit > option->max)
    return "is out of range";
  *ret_us = hn_seconds ((double) (count * unit));
  return NULL;
}

static const char *
read_networks (const char *text, GArray *networks)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    HnNetwork network;

    if (!hn_network_parse (g_strstrip (parts[i]), &network))
      return "must be networks such as 10.0.0.0/8";
    g_array_append_val (networks, network);
  }
  return NULL;
}

static const char *
take_text (char **target, const char *text)
{
  g_free (*target);
  *target = g_strdup (text);
  return NULL;
}

static const char *
read_checked_text (char **target, Type type, const char *text)
{
  const char *wrong = NULL;
  g_autofree char *host = NULL;
  HnAddress address;
  guint16 port;

  if (type == URL)
    wrong = check_url (text);
  else if (type == LISTEN && !hn_address_split_listen (text, &host, &port))
    wrong = "must be address:port or :port";
  else if (type == ADDRESS && !hn_address_parse (text, &address))
    wrong = "must be an IP address";
  if (wrong != NULL)
    return wrong;
  take_text (target, text);
  for (gsize n = strlen (*target); type == URL && n > 0 && (*target)[n - 1] == '/'; n--)
    (*target)[n - 1] = '\0';
  return NULL;
}

static const char *
read_text_value (HnConfig *config, const Option *option, const char *text)
{
  gpointer target = slot (config, option);
  guint64 number = 0;

  switch (option->type) {
  case TEXT:
  case SECRET:
  case URL:
  case LISTEN:
  case ADDRESS:
    return read_checked_text (target, option->type, text);
  case DURATION:
    return read_duration (text, option, target);
  case UINT:
    if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT, &number, NULL))
      return "must be a whole number";
    if ((gint64) number < option->min || (gint64) number > option->max)
      return "is out of range";
    *(guint *) target = (guint) number;
    return NULL;
  case NETWORKS:
    g_array_set_size (*(GArray **) target, 0);
    return *text != '\0' ? read_networks (text, *(GArray **) target) : NULL;
  case ICE:
  case JSON:
    break;
  }
  return "must not be a plain value";
}

/* ---- values that are not one text ---- */

static JsonNode *
json_scalar (const yaml_node_t *node)
{
  JsonNode *value = json_node_new (JSON_NODE_VALUE);
  const char *text = scalar (node);
  gint64 number = 0;
  char *end = NULL;
  double real;

  if (is_null (node)) {
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
json_from_yaml (Reader *reader, yaml_node_t *node, guint depth, GError **error)
{
  g_autoptr (JsonNode) out = NULL;

  if (depth > MAX_DEPTH) {
    fail (reader, node, error, "nested deeper than %d", MAX_DEPTH);
    return NULL;
  }
  if (node->type == YAML_SCALAR_NODE)
    return json_scalar (node);
  if (node->type == YAML_SEQUENCE_NODE) {
    out = json_node_init_array (json_node_alloc (), NULL);
    json_node_take_array (out, json_array_new ());
    for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
      JsonNode *child = json_from_yaml (reader, yaml_document_get_node (reader->document, *item), depth + 1, error);

      if (child == NULL)
        return NULL;
      json_array_add_element (json_node_get_array (out), child);
    }
    return g_steal_pointer (&out);
  }
  out = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (out, json_object_new ());
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    yaml_node_t *key = yaml_document_get_node (reader->document, pair->key);
    JsonNode *child;

    if (scalar (key) == NULL) {
      fail (reader, key, error, "a key must be a plain text");
      return NULL;
    }
    child = json_from_yaml (reader, yaml_document_get_node (reader->document, pair->value), depth + 1, error);
    if (child == NULL)
      return NULL;
    json_object_set_member (json_node_get_object (out), scalar (key), child);
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

static const char *
check_ice_server (JsonObject *server)
{
  g_autoptr (GList) names = json_object_get_members (server);
  const char *wrong = check_ice_urls (json_object_get_member (server, "urls"));

  for (GList *l = names; l != NULL; l = l->next)
    if (!g_str_equal (l->data, "urls") && !g_str_equal (l->data, "username") && !g_str_equal (l->data, "credential"))
      return "may only have 'urls', 'username' and 'credential'";
  if (wrong == NULL && (!complete_ice_text (server, "username") || !complete_ice_text (server, "credential")))
    wrong = "has a 'username' or 'credential' that is not a text";
  return wrong;
}

static gboolean
read_ice (Reader *reader, yaml_node_t *node, JsonArray **target, GError **error)
{
  g_autoptr (JsonNode) list = NULL;

  if (node->type != YAML_SEQUENCE_NODE)
    return fail (reader, node, error, "'ice_servers' must be a list");
  list = json_from_yaml (reader, node, 0, error);
  if (list == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (list)); i++) {
    yaml_node_t *item = yaml_document_get_node (reader->document, node->data.sequence.items.start[i]);
    JsonNode *server = json_array_get_element (json_node_get_array (list), i);
    const char *wrong = JSON_NODE_HOLDS_OBJECT (server) ? check_ice_server (json_node_get_object (server)) : "must be a mapping";

    if (wrong != NULL)
      return fail (reader, item, error, "entry %u of 'ice_servers' %s", i + 1, wrong);
  }
  json_array_unref (*target);
  *target = json_array_ref (json_node_get_array (list));
  return TRUE;
}

static gboolean
read_network_list (Reader *reader, yaml_node_t *node, const Option *option, GError **error)
{
  GArray *networks = *(GArray **) slot (reader->config, option);

  g_array_set_size (networks, 0);
  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
    yaml_node_t *child = yaml_document_get_node (reader->document, *item);
    const char *wrong = scalar (child) != NULL ? read_networks (scalar (child), networks) : "must be a list of networks";

    if (wrong != NULL)
      return fail (reader, child, error, "'%s' %s", option->path, wrong);
  }
  return TRUE;
}

static gboolean
read_value (Reader *reader, yaml_node_t *node, const Option *option, GError **error)
{
  const char *wrong = NULL;

  if (is_null (node))
    return TRUE; /* `key:` with nothing behind it: the default stays */
  if (option->type == ICE)
    return read_ice (reader, node, slot (reader->config, option), error);
  if (option->type == JSON) {
    JsonNode **target = slot (reader->config, option);

    if (node->type != YAML_MAPPING_NODE)
      return fail (reader, node, error, "'%s' must be a mapping", option->path);
    *target = json_from_yaml (reader, node, 0, error);
    return *target != NULL;
  }
  if (option->type == NETWORKS && node->type == YAML_SEQUENCE_NODE)
    return read_network_list (reader, node, option, error);
  if (scalar (node) == NULL)
    wrong = option->type == NETWORKS ? "must be a list of networks" : "must be a single value";
  else if ((option->type == TEXT || option->type == SECRET) && *scalar (node) == '\0')
    wrong = "must not be empty";
  else
    wrong = read_text_value (reader->config, option, scalar (node));
  if (wrong != NULL && option->type != SECRET && scalar (node) != NULL)
    return fail (reader, node, error, "'%s' %s, not '%s'", option->path, wrong, scalar (node));
  return wrong == NULL || fail (reader, node, error, "'%s' %s", option->path, wrong);
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
      return fail (reader, key, error, "'%s' is given twice", path);
    reader->seen[i] = TRUE;
    return read_value (reader, value, &options[i], error);
  }
  if (is_section (path)) {
    if (is_null (value))
      return TRUE;
    if (value->type != YAML_MAPPING_NODE)
      return fail (reader, value, error, "'%s' must be a mapping", path);
    return read_mapping (reader, value, path, error);
  }
  near = nearest (path);
  return fail (reader, key, error, "unknown key '%s', did you mean '%s'?", path, near);
}

static gboolean
read_mapping (Reader *reader, yaml_node_t *node, const char *section, GError **error)
{
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    yaml_node_t *key = yaml_document_get_node (reader->document, pair->key);
    yaml_node_t *value = yaml_document_get_node (reader->document, pair->value);
    g_autofree char *path = NULL;

    if (scalar (key) == NULL)
      return fail (reader, key, error, "a key must be a plain text");
    path = *section != '\0' ? g_strconcat (section, ".", scalar (key), NULL) : g_strdup (scalar (key));
    if (strlen (path) > 128)
      return fail (reader, key, error, "a key must be shorter than 128 bytes");
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
    gpointer target = slot (config, &options[i]);

    if (options[i].type == NETWORKS)
      *(GArray **) target = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
    else if (options[i].type == ICE)
      *(JsonArray **) target = json_array_new ();
    if (options[i].default_value != NULL) {
      const char *wrong = read_text_value (config, &options[i], options[i].default_value);

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
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s:%zu:%zu: %s", file, parser.problem_mark.line + 1, parser.problem_mark.column + 1,
                 parser.problem != NULL ? parser.problem : "not YAML");
    yaml_parser_delete (&parser);
    return NULL;
  }
  if (yaml_document_get_root_node (&document) != NULL) {
    Reader reader = { .document = &document, .file = file, .config = config };
    yaml_node_t *root = yaml_document_get_root_node (&document);

    if (root->type == YAML_MAPPING_NODE)
      ok = read_mapping (&reader, root, "", error);
    else if (!is_null (root))
      ok = fail (&reader, root, error, "the file must be a mapping of keys to values");
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
    gpointer *target = slot (self, &options[i]);

    switch (options[i].type) {
    case TEXT:
    case SECRET:
    case URL:
    case LISTEN:
    case ADDRESS:
      g_clear_pointer (target, g_free);
      break;
    case NETWORKS:
      g_clear_pointer (target, g_array_unref);
      break;
    case ICE:
      g_clear_pointer (target, json_array_unref);
      break;
    case JSON:
      g_clear_pointer (target, json_node_unref);
      break;
    case DURATION:
    case UINT:
      break;
    }
  }
  g_free (self);
}

char *
hn_config_sample (void)
{
  GString *out = g_string_new ("# Every option, with its default. Keys without a default are commented out without a value.\n");
  g_autofree char *section = g_strdup ("");

  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    const char *dot = strrchr (options[i].path, '.');
    g_autofree char *parent = dot != NULL ? g_strndup (options[i].path, (gsize) (dot - options[i].path)) : g_strdup ("");
    const char *key = dot != NULL ? dot + 1 : options[i].path;
    guint indent = 0;

    for (const char *p = options[i].path; *p != '\0'; p++)
      indent += *p == '.' ? 2 : 0;
    if (!g_str_equal (parent, section) && *parent != '\0') {
      const char *last = strrchr (parent, '.');

      g_string_append_printf (out, "%s%*s%s:\n", indent == 2 ? "\n" : "", (int) indent - 2, "", last != NULL ? last + 1 : parent);
    } else if (*parent == '\0') {
      g_string_append_c (out, '\n');
    }
    g_free (section);
    section = g_steal_pointer (&parent);
    g_string_append_printf (out, "%*s# %s\n%*s# %s: %s\n", (int) indent, "", options[i].doc, (int) indent, "", key,
                            options[i].type == SECRET ? "<secret>" : options[i].default_value != NULL ? options[i].default_value : "");
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
