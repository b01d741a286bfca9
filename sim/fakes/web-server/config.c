/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `server/config.json`: which keys exist, of which type, and what an absent one means. One table says it all. A key that is
 * MUST has no default inside its section: leaving it out is refused, although leaving out the whole section is not.
 * Unknown keys are ignored.
 */
#include "sim/fakes/web-server/config.h"

#include <string.h>

#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/log.h"

struct SimConfig {
  JsonObject *root;
};

typedef gboolean (*Check) (JsonNode *node);

#define STUN                                                                                                            \
  "[{\"urls\":[\"stun:stun.l.google.com:19302\",\"stun:stun.l.google.com:5349\",\"stun:stun1.l.google.com:3478\","      \
  "\"stun:stun1.l.google.com:5349\",\"stun:stun2.l.google.com:19302\",\"stun:stun2.l.google.com:5349\","                \
  "\"stun:stun3.l.google.com:3478\",\"stun:stun3.l.google.com:5349\",\"stun:stun4.l.google.com:19302\","                \
  "\"stun:stun4.l.google.com:5349\"],\"username\":\"\",\"credential\":\"\"}]"

static gboolean
is_bool (JsonNode *node)
{
  return json_node_get_value_type (node) == G_TYPE_BOOLEAN;
}

static gboolean
is_string (JsonNode *node)
{
  return json_node_get_value_type (node) == G_TYPE_STRING;
}

static gboolean
is_string_or_null (JsonNode *node)
{
  return JSON_NODE_HOLDS_NULL (node) || is_string (node);
}

static gboolean
is_uint (JsonNode *node)
{
  return json_node_get_value_type (node) == G_TYPE_INT64 && json_node_get_int (node) >= 0;
}

static gboolean
is_u16 (JsonNode *node)
{
  return is_uint (node) && json_node_get_int (node) <= G_MAXUINT16;
}

static gboolean
is_u32_or_null (JsonNode *node)
{
  return JSON_NODE_HOLDS_NULL (node) || (is_uint (node) && json_node_get_int (node) <= G_MAXUINT32);
}

static gboolean
is_any (JsonNode *node)
{
  return TRUE;
}

static gboolean
is_duration (JsonNode *node)
{
  guint64 n;
  JsonObject *o = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  return sim_json_uint (o, "secs", G_MAXINT64, &n) && sim_json_uint (o, "nanos", 999999999, &n);
}

static gboolean
is_address (JsonNode *node)
{
  const char *text = is_string (node) ? json_node_get_string (node) : NULL;
  const char *colon = text ? strrchr (text, ':') : NULL;
  guint64 port;

  if (!colon || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, &port, NULL))
    return FALSE;
  g_autofree char *host = g_strndup (text, colon - text);
  gsize length = strlen (host);
  if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
    g_autofree char *inner = g_strndup (host + 1, length - 2);
    return g_hostname_is_ip_address (inner);
  }
  return !strchr (host, ':') && g_hostname_is_ip_address (host);
}

static gboolean
is_string_list (JsonNode *node)
{
  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!is_string (json_array_get_element (array, i)))
      return FALSE;
  return TRUE;
}

static gboolean
is_network_types (JsonNode *node)
{
  static const char *const known[] = { "udp4", "udp6", "tcp4", "tcp6", NULL };

  if (!is_string_list (node))
    return FALSE;
  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!g_strv_contains (known, json_array_get_string_element (array, i)))
      return FALSE;
  return TRUE;
}

static gboolean
is_ice_servers (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *item = json_array_get_element (array, i);
    JsonObject *o = JSON_NODE_HOLDS_OBJECT (item) ? json_node_get_object (item) : NULL;
    if (!o || !is_string_list (json_object_get_member (o, "urls")))
      return FALSE;
    if (!sim_json_string (o, "username"))
      json_object_set_string_member (o, "username", "");
    if (!sim_json_string (o, "credential"))
      json_object_set_string_member (o, "credential", "");
  }
  return TRUE;
}

static gboolean
is_port_range (JsonNode *node)
{
  guint64 n;
  JsonObject *o = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  return JSON_NODE_HOLDS_NULL (node) ||
         (sim_json_uint (o, "min", G_MAXUINT16, &n) && sim_json_uint (o, "max", G_MAXUINT16, &n));
}

static gboolean
is_nat_1to1 (JsonNode *node)
{
  JsonObject *o = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *type = sim_json_string (o, "ice_candidate_type");

  return JSON_NODE_HOLDS_NULL (node) || (o && is_string_list (json_object_get_member (o, "ips")) &&
                                         (g_strcmp0 (type, "srflx") == 0 || g_strcmp0 (type, "host") == 0));
}

static gboolean
is_certificate (JsonNode *node)
{
  JsonObject *o = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  return JSON_NODE_HOLDS_NULL (node) ||
         (sim_json_string (o, "private_key_pem") && sim_json_string (o, "certificate_pem"));
}

static gboolean
is_forwarded_header (JsonNode *node)
{
  JsonObject *o = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!sim_json_string (o, "username_header"))
    return FALSE;
  if (!json_object_has_member (o, "auto_create_missing_user"))
    json_object_set_boolean_member (o, "auto_create_missing_user", TRUE);
  return is_bool (json_object_get_member (o, "auto_create_missing_user"));
}

static gboolean
is_level (JsonNode *node)
{
  SimLogLevel level;

  if (!is_string (node) || !sim_log_level (json_node_get_string (node), &level))
    return FALSE;
  g_autofree char *upper = g_ascii_strup (json_node_get_string (node), -1);
  json_node_set_string (node, upper);
  return TRUE;
}

#define MUST TRUE
static const struct {
  const char *section;
  const char *key;
  Check check;
  const char *expected;
  const char *fallback;
  gboolean must;
} rows[] = {
  /* section      key                                  check                expected                 when absent */
  { "data_storage", "type", is_string, "variant `json`", "\"json\"", MUST },
  { "data_storage", "path", is_string, "a string", "\"server/data.json\"", MUST },
  { "data_storage", "session_expiration_check_interval", is_duration, "struct Duration",
    "{\"secs\":300,\"nanos\":0}", MUST },
  { "webrtc", "ice_servers", is_ice_servers, "a sequence of ice servers", STUN },
  { "webrtc", "ice_server_script", is_string_or_null, "a string", "null" },
  { "webrtc", "port_range", is_port_range, "struct PortRange", "null" },
  { "webrtc", "nat_1to1", is_nat_1to1, "struct WebRtcNat1To1Mapping", "null" },
  { "webrtc", "network_types", is_network_types, "one of `udp4`, `udp6`, `tcp4`, `tcp6`", "[\"udp4\",\"udp6\"]" },
  { "webrtc", "include_loopback_candidates", is_bool, "a boolean", "true" },
  { "webrtc", "relay_only", is_bool, "a boolean", "false" },
  { "webrtc", "ice_disconnected_timeout_seconds", is_uint, "u64", "15" },
  { "web_server", "bind_address", is_address, "socket address", "\"0.0.0.0:8080\"" },
  { "web_server", "certificate", is_certificate, "struct ConfigSsl", "null" },
  { "web_server", "url_path_prefix", is_string, "a string", "\"\"" },
  { "web_server", "session_cookie_secure", is_bool, "a boolean", "false" },
  { "web_server", "session_cookie_expiration", is_duration, "struct Duration", "{\"secs\":86400,\"nanos\":0}" },
  { "web_server", "first_login_create_admin", is_bool, "a boolean", "true", MUST },
  { "web_server", "first_login_assign_global_hosts", is_bool, "a boolean", "true", MUST },
  { "web_server", "default_user_id", is_u32_or_null, "u32", "null" },
  { "web_server", "forwarded_header", is_forwarded_header, "struct ForwardedHeader", "null" },
  { "moonlight", "default_http_port", is_u16, "u16", "47989" },
  { "moonlight", "pair_device_name", is_string, "a string", "\"roth\"" },
  { NULL, "streamer_path", is_string, "a string", "\"./streamer\"" },
  { "log", "level_filter", is_level, "a level filter", "\"INFO\"", MUST },
  { "log", "file_path", is_string_or_null, "a string", "null" },
  { NULL, "default_settings", is_any, "anything", "null" },
};

static gboolean
refuse (GError **error, const char *format, const char *a, const char *b)
{
  g_autofree char *text = g_strdup_printf (format, a, b);

  g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA, "Error(\"%s\", line: 1, column: 1)", text);
  return FALSE;
}

/* Where `section` of `root` is kept; made when absent. */
static JsonObject *
section_of (JsonObject *root, const char *section)
{
  if (!section)
    return root;
  if (!sim_json_object (root, section))
    json_object_set_object_member (root, section, json_object_new ());
  return sim_json_object (root, section);
}

static gboolean
fill_row (gsize i, JsonObject *given, JsonObject *root, GError **error)
{
  JsonObject *from = rows[i].section ? sim_json_object (given, rows[i].section) : given;
  JsonNode *value = from ? json_object_get_member (from, rows[i].key) : NULL;

  if (!value && from && rows[i].must)
    return refuse (error, "missing field `%s`", rows[i].key, NULL);
  if (value && !rows[i].check (value))
    return refuse (error, "invalid value for `%s`, expected %s", rows[i].key, rows[i].expected);
  json_object_set_member (section_of (root, rows[i].section), rows[i].key,
                          value ? json_node_copy (value) : json_from_string (rows[i].fallback, NULL));
  return TRUE;
}

static gboolean
sections_are_objects (JsonObject *given, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].section && json_object_has_member (given, rows[i].section) &&
        !sim_json_object (given, rows[i].section))
      return refuse (error, "invalid type for `%s`, expected struct%s", rows[i].section, "");
  return TRUE;
}

SimConfig *
sim_config_new (const char *text, gsize length_bytes, gboolean no_stun, GError **error)
{
  g_autoptr (JsonNode) node = sim_json_parse (text ? text : "{}", text ? length_bytes : 2, TRUE, error);
  g_autoptr (SimConfig) self = g_new0 (SimConfig, 1);

  self->root = json_object_new ();
  if (!node)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    refuse (error, "invalid type: expected struct Config%s%s", "", "");
    return NULL;
  }
  if (!sections_are_objects (json_node_get_object (node), error))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (!fill_row (i, json_node_get_object (node), self->root, error))
      return NULL;
  if (!text && no_stun)
    json_object_set_array_member (section_of (self->root, "webrtc"), "ice_servers", json_array_new ());
  return g_steal_pointer (&self);
}

gboolean
sim_config_set (SimConfig *self, const char *section, const char *key, JsonNode *value, GError **error)
{
  g_autoptr (JsonNode) owned = value;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (g_strcmp0 (rows[i].section, section) != 0 || strcmp (rows[i].key, key) != 0)
      continue;
    if (!rows[i].check (owned))
      return refuse (error, "invalid value for `%s`, expected %s", key, rows[i].expected);
    json_object_set_member (section_of (self->root, section), key, g_steal_pointer (&owned));
    return TRUE;
  }
  return refuse (error, "unknown key `%s`%s", key, "");
}

JsonNode *
sim_config_get (const SimConfig *self, const char *section, const char *key)
{
  JsonNode *node = json_object_get_member (section_of (self->root, section), key);

  return node && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

const char *
sim_config_string (const SimConfig *self, const char *section, const char *key)
{
  return sim_json_string (section_of (self->root, section), key);
}

JsonObject *
sim_config_section (const SimConfig *self, const char *section)
{
  return section_of (self->root, section);
}

char *
sim_config_print (const SimConfig *self)
{
  return sim_json_text (json_object_ref (self->root), TRUE);
}

void
sim_config_free (SimConfig *self)
{
  if (!self)
    return;
  json_object_unref (self->root);
  g_free (self);
}
