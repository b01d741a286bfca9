/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/options.h"

#include <string.h>

#define ICE_COUNT_DEFAULT 50

static JsonNode *
text_node (const char *text)
{
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
object_node (JsonObject *object)
{
  JsonNode *node = json_node_init_object (json_node_alloc (), object);

  json_object_unref (object);
  return node;
}

static JsonNode *
bool_node (const char *text)
{
  return json_node_init_boolean (json_node_alloc (), g_strcmp0 (text, "true") == 0 || g_strcmp0 (text, "1") == 0);
}

static JsonNode *
range_node (const char *text)
{
  g_auto (GStrv) ends = g_strsplit (text, ":", 2);
  guint64 min = 0, max = 0;
  JsonObject *object = json_object_new ();

  if (ends[0] && ends[1] && g_ascii_string_to_unsigned (ends[0], 10, 0, G_MAXUINT16, &min, NULL) &&
      g_ascii_string_to_unsigned (ends[1], 10, 0, G_MAXUINT16, &max, NULL)) {
    json_object_set_int_member (object, "min", min);
    json_object_set_int_member (object, "max", max);
  }
  return object_node (object);
}

static JsonArray *
list_array (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  JsonArray *array = json_array_new ();

  for (guint i = 0; words[i]; i++)
    json_array_add_string_element (array, g_strstrip (words[i]));
  return array;
}

static JsonNode *
list_node (const char *text)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, list_array (text));
  return node;
}

static JsonNode *
nat_node (const char *text)
{
  JsonObject *object = json_object_new ();

  json_object_set_array_member (object, "ips", list_array (text));
  json_object_set_string_member (object, "ice_candidate_type", "host");
  return object_node (object);
}

static JsonNode *
forwarded_node (const char *text)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "username_header", text);
  return object_node (object);
}

static const struct {
  const char *option;
  const char *env;
  const char *section;
  const char *key;
  JsonNode *(*make) (const char *text); /* NULL: handled by name */
} table[] = {
  { "--webrtc-port-range", "WEBRTC_PORT_RANGE", "webrtc", "port_range", range_node },
  { "--webrtc-nat-1to1-host", "WEBRTC_NAT_1TO1_HOST", "webrtc", "nat_1to1", nat_node },
  { "--webrtc-ice-server-script", "WEBRTC_ICE_SERVER_SCRIPT", "webrtc", "ice_server_script", text_node },
  { "--webrtc-network-types", "WEBRTC_NETWORK_TYPES", "webrtc", "network_types", list_node },
  { "--webrtc-include-loopback-candidates", "WEBRTC_INCLUDE_LOOPBACK_CANDIDATES", "webrtc",
    "include_loopback_candidates", bool_node },
  { "--bind-address", "BIND_ADDRESS", "web_server", "bind_address", text_node },
  { "--ssl-certificate", "SSL_CERTIFICATE" },
  { "--ssl-private-key", "SSL_PRIVATE_KEY" },
  { "--path-prefix", "PATH_PREFIX", "web_server", "url_path_prefix", text_node },
  { "--forwarded-header", "FORWARDED_HEADER", "web_server", "forwarded_header", forwarded_node },
  { "--log-level-filter", "LOG_LEVEL", "log", "level_filter", text_node },
  { "--log-file", "LOG_FILE", "log", "file_path", text_node },
  { "--streamer-path", "STREAMER_PATH", NULL, "streamer_path", text_node },
  { "--disable-default-webrtc-ice-servers", "DISABLE_DEFAULT_WEBRTC_ICE_SERVERS" },
};

static gboolean
usage (GError **error, const char *what, const char *word)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
               "error: %s '%s' found\n\nUsage: web-server [OPTIONS] [COMMAND]\n\n"
               "For more information, try '--help'.",
               what, word);
  return FALSE;
}

static const char *
env_of (const char *option)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (strcmp (table[i].option, option) == 0)
      return table[i].env;
  return NULL;
}

static gboolean
take_option (SimOptions *self, const char *const *argv, guint *at, GError **error)
{
  g_auto (GStrv) halves = g_strsplit (argv[*at], "=", 2);
  gboolean path = strcmp (halves[0], "-c") == 0 || strcmp (halves[0], "--config-path") == 0;
  const char *env = path ? "-" : env_of (halves[0]);

  if (!env)
    return usage (error, "unexpected argument", argv[*at]);
  if (strcmp (env, "DISABLE_DEFAULT_WEBRTC_ICE_SERVERS") == 0) {
    g_hash_table_replace (self->values, g_strdup (env), g_strdup (halves[1] ? halves[1] : "true"));
    return TRUE;
  }
  const char *value = halves[1] ? halves[1] : argv[*at + 1];
  if (!value)
    return usage (error, "no value for", halves[0]);
  *at += !halves[1];
  if (path) {
    g_free (self->config_path);
    self->config_path = g_strdup (value);
  } else {
    g_hash_table_replace (self->values, g_strdup (env), g_strdup (value));
  }
  return TRUE;
}

static gboolean
wanted_variable (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (strcmp (table[i].env, name) == 0)
      return TRUE;
  return g_str_has_prefix (name, "WEBRTC_ICE_SERVER_");
}

SimOptions *
sim_options_parse (const char *const *argv, const char *const *variables, GError **error)
{
  g_autoptr (SimOptions) self = g_new0 (SimOptions, 1);

  self->config_path = g_strdup ("./server/config.json");
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; variables && variables[i]; i++) {
    g_auto (GStrv) pair = g_strsplit (variables[i], "=", 2);
    if (pair[0] && pair[1] && wanted_variable (pair[0]))
      g_hash_table_replace (self->values, g_strdup (pair[0]), g_strdup (pair[1]));
  }
  for (guint i = 1; argv[0] && argv[i]; i++) {
    if (argv[i][0] == '-') {
      if (!take_option (self, argv, &i, error))
        return NULL;
    } else if (strcmp (argv[i], "print-config") == 0) {
      self->print_config = TRUE;
    } else if (strcmp (argv[i], "run") != 0) {
      usage (error, "unrecognized subcommand", argv[i]);
      return NULL;
    }
  }
  return g_steal_pointer (&self);
}

void
sim_options_free (SimOptions *self)
{
  if (!self)
    return;
  g_free (self->config_path);
  g_clear_pointer (&self->values, g_hash_table_unref);
  g_free (self);
}

gboolean
sim_options_no_stun (const SimOptions *self)
{
  const char *text = g_hash_table_lookup (self->values, "DISABLE_DEFAULT_WEBRTC_ICE_SERVERS");

  return text && strcmp (text, "false") != 0 && strcmp (text, "0") != 0;
}

static gboolean
apply_certificate (const SimOptions *self, SimConfig *config, GError **error)
{
  const char *certificate = g_hash_table_lookup (self->values, "SSL_CERTIFICATE");
  const char *key = g_hash_table_lookup (self->values, "SSL_PRIVATE_KEY");

  if (!certificate && !key)
    return TRUE;
  if (!certificate || !key) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "both the certificate and the private key are needed");
    return FALSE;
  }
  JsonObject *object = json_object_new ();
  json_object_set_string_member (object, "private_key_pem", key);
  json_object_set_string_member (object, "certificate_pem", certificate);
  return sim_config_set (config, "web_server", "certificate", object_node (object), error);
}

static const char *
ice_value (const SimOptions *self, guint i, const char *what)
{
  g_autofree char *name = g_strdup_printf ("WEBRTC_ICE_SERVER_%u_%s", i, what);
  const char *value = g_hash_table_lookup (self->values, name);

  return value;
}

static void
apply_ice_servers (const SimOptions *self, SimConfig *config)
{
  JsonArray *servers = json_node_get_array (sim_config_get (config, "webrtc", "ice_servers"));
  const char *count_text = g_hash_table_lookup (self->values, "WEBRTC_ICE_SERVER_COUNT");
  guint64 count = ICE_COUNT_DEFAULT;

  if (count_text)
    g_ascii_string_to_unsigned (count_text, 10, 0, 1000, &count, NULL);
  for (guint i = 0; i < count; i++) {
    const char *url = ice_value (self, i, "URL"), *user = ice_value (self, i, "USERNAME");
    const char *credential = ice_value (self, i, "CREDENTIAL");
    if (!url)
      continue;
    JsonObject *server = json_object_new ();
    JsonArray *urls = json_array_new ();
    json_array_add_string_element (urls, url);
    json_object_set_array_member (server, "urls", urls);
    json_object_set_string_member (server, "username", user ? user : "");
    json_object_set_string_member (server, "credential", credential ? credential : "");
    json_array_add_object_element (servers, server);
  }
}

gboolean
sim_options_apply (const SimOptions *self, SimConfig *config, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    const char *text = g_hash_table_lookup (self->values, table[i].env);
    if (text && table[i].make &&
        !sim_config_set (config, table[i].section, table[i].key, table[i].make (text), error))
      return FALSE;
  }
  apply_ice_servers (self, config);
  return apply_certificate (self, config, error);
}
