/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The formats of moonlight-web-stream. Its `web_server` object is refused without both `first_login_*` keys; `nat_1to1` needs
 * both members; `log` needs its level. Relaying is forced in the browser only, so `relay_only` stays false. */

#include "worker/moonlight-json.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

#define MS G_GINT64_CONSTANT (1000)

guint
hn_moonlight_json_ice_timeout (gint64 rtt_us)
{
  if (rtt_us < 80 * MS)
    return 10;
  return rtt_us <= 200 * MS ? 15 : 25;
}

static JsonObject *
web_server_of (const HnMoonlightConfig *config)
{
  JsonObject *object = json_object_new ();
  JsonObject *header = json_object_new ();
  g_autofree char *address = g_strdup_printf ("%s:%u", config->host, config->http_port);
  g_autofree char *prefix = g_strconcat ("/session/", config->session_id, NULL);

  json_object_set_string_member (object, "bind_address", address);
  json_object_set_string_member (object, "url_path_prefix", prefix);
  json_object_set_boolean_member (object, "first_login_create_admin", FALSE);
  json_object_set_boolean_member (object, "first_login_assign_global_hosts", FALSE);
  json_object_set_string_member (header, "username_header", HN_MOONLIGHT_USER_HEADER);
  json_object_set_boolean_member (header, "auto_create_missing_user", TRUE);
  json_object_set_object_member (object, "forwarded_header", header);
  return object;
}

static void
add_nat (JsonObject *object, const char *public_ip)
{
  JsonObject *nat;
  JsonArray *ips;

  if (public_ip == NULL)
    return;
  nat = json_object_new ();
  ips = json_array_new ();
  json_array_add_string_element (ips, public_ip);
  json_object_set_array_member (nat, "ips", ips);
  json_object_set_string_member (nat, "ice_candidate_type", "srflx");
  json_object_set_object_member (object, "nat_1to1", nat);
}

static JsonObject *
webrtc_of (const HnMoonlightConfig *config)
{
  JsonObject *object = json_object_new ();
  JsonObject *range = json_object_new ();
  JsonArray *types = json_array_new ();

  json_object_set_int_member (range, "min", config->udp_min);
  json_object_set_int_member (range, "max", config->udp_max);
  json_object_set_object_member (object, "port_range", range);
  json_object_set_array_member (object, "ice_servers", json_array_ref (config->ice_servers));
  hn_json_set_text (object, "ice_server_script", config->ice_server_script);
  add_nat (object, config->public_ip);
  json_array_add_string_element (types, "udp4");
  json_object_set_array_member (object, "network_types", types);
  json_object_set_boolean_member (object, "relay_only", FALSE);
  json_object_set_int_member (object, "ice_disconnected_timeout_seconds", hn_moonlight_json_ice_timeout (config->rtt_us));
  return object;
}

char *
hn_moonlight_json_config (const HnMoonlightConfig *config)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *directory = g_path_get_dirname (config->program);
  g_autofree char *streamer = g_build_filename (directory, "streamer", NULL);
  JsonObject *log = json_object_new ();

  json_object_set_object_member (object, "web_server", web_server_of (config));
  json_object_set_object_member (object, "webrtc", webrtc_of (config));
  json_object_set_string_member (object, "streamer_path", streamer);
  json_object_set_string_member (log, "level_filter", "Info");
  json_object_set_object_member (object, "log", log);
  if (config->default_settings != NULL)
    json_object_set_member (object, "default_settings", json_node_copy (config->default_settings));
  return hn_json_to_text (object);
}

char *
hn_moonlight_json_add_host (const char *body_ip)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "address", body_ip);
  return hn_json_to_text (object);
}

char *
hn_moonlight_json_host_id (guint32 host_id)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_int_member (object, "host_id", host_id);
  return hn_json_to_text (object);
}

static gboolean
is_protocol (GError **error, GError *cause, const char *what)
{
  g_autoptr (GError) owned = cause;

  g_set_error (error, HN_ERROR, HN_ERROR_PROTOCOL, "moonlight-web-stream answered %s oddly: %s", what, owned->message);
  return FALSE;
}

gboolean
hn_moonlight_json_parse_host (const char *text, gsize length, guint32 *ret_host_id, GError **error)
{
  GError *cause = NULL;
  g_autoptr (JsonObject) object = hn_json_parse_object (text, length, &cause);
  JsonObject *host = NULL;
  gint64 id = -1;

  if (object == NULL || !hn_json_get_object (object, "host", TRUE, &host, &cause)
      || !hn_json_get_int (host, "host_id", 0, G_MAXUINT32, TRUE, &id, &cause))
    return is_protocol (error, cause, "the new host");
  *ret_host_id = (guint32) id;
  return TRUE;
}

static gboolean
copy_pin (const char *pin, char ret_pin[5])
{
  if (strlen (pin) != 4 || strspn (pin, "0123456789") != 4)
    return FALSE;
  memcpy (ret_pin, pin, 5);
  return TRUE;
}

gboolean
hn_moonlight_json_parse_pair_line (const char *text, gsize length, HnPairLine *ret_line, char ret_pin[5], GError **error)
{
  GError *cause = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object;
  const char *pin = NULL;

  /* A bare string: hn_json_parse() reads it only inside a list. */
  g_autofree char *wrapped = g_strdup_printf ("[%.*s]", (int) length, text);
  root = hn_json_parse (wrapped, strlen (wrapped), &cause);
  if (root == NULL)
    return is_protocol (error, cause, "the pairing");
  if (json_array_get_length (json_node_get_array (root)) != 1)
    return is_protocol (error, g_error_new_literal (HN_ERROR, HN_ERROR_PROTOCOL, "one value a line is expected"), "the pairing");
  object = hn_json_array_get_object (json_node_get_array (root), 0);
  if (object == NULL) {
    *ret_line = HN_PAIR_LINE_ERROR; /* "PairError", "InternalServerError" */
    return TRUE;
  }
  if (json_object_has_member (object, "Paired")) {
    *ret_line = HN_PAIR_LINE_PAIRED;
    return TRUE;
  }
  if (!hn_json_get_text (object, "Pin", HN_LIMIT_TEXT_BYTES, TRUE, &pin, &cause))
    return is_protocol (error, cause, "the pairing");
  if (!copy_pin (pin, ret_pin))
    return is_protocol (error, g_error_new_literal (HN_ERROR, HN_ERROR_PROTOCOL, "its pin is not four digits"), "the pairing");
  *ret_line = HN_PAIR_LINE_PIN;
  return TRUE;
}

typedef struct {
  gboolean found;
  guint rank; /* 2: the wanted title, 1: Desktop, 0: the first */
  gint64 id;
  const char *title;
} Choice;

static void
weigh_app (Choice *best, JsonObject *app, const char *wanted)
{
  const char *title = NULL;
  gint64 id = -1;
  guint rank;

  if (app == NULL || !hn_json_get_text (app, "title", HN_LIMIT_TEXT_BYTES, TRUE, &title, NULL)
      || !hn_json_get_int (app, "app_id", 0, G_MAXUINT32, TRUE, &id, NULL))
    return;
  rank = wanted != NULL && strcmp (title, wanted) == 0 ? 2 : strcmp (title, "Desktop") == 0 ? 1 : 0;
  if (!best->found || rank > best->rank)
    *best = (Choice){ TRUE, rank, id, title };
}

gboolean
hn_moonlight_json_choose_app (const char *text, gsize length, const char *wanted, guint32 *ret_app_id, char **ret_title,
                              GError **error)
{
  GError *cause = NULL;
  g_autoptr (JsonObject) object = hn_json_parse_object (text, length, &cause);
  JsonArray *apps = NULL;
  Choice best = { 0 };

  if (object == NULL || !hn_json_get_array (object, "apps", TRUE, &apps, &cause))
    return is_protocol (error, cause, "the applications");
  for (guint i = 0; i < json_array_get_length (apps); i++)
    weigh_app (&best, hn_json_array_get_object (apps, i), wanted);
  if (!best.found) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_UPSTREAM, "Sunshine on the body offers no application");
    return FALSE;
  }
  *ret_app_id = (guint32) best.id;
  *ret_title = g_strdup (best.title);
  return TRUE;
}

char *
hn_moonlight_json_stream_path (const char *session_id, guint32 host_id, guint32 app_id)
{
  return g_strdup_printf ("/session/%s/stream.html?hostId=%u&appId=%u", session_id, host_id, app_id);
}
