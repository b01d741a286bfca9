/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What web-server and its streamer child say to each other, and the browser's messages inside of it: one JSON value per line.
 *
 * In:  {"Init":{…}} first, then {"Client":<the browser's message>}, {"Launch":{"ok":…}}, {"Terminate":{"error_code":N}}, "Stop".
 * Out: {"Server":<message for the browser>} and "Stop".
 * A line is refused before it reaches json-glib if it nests deeper than 32. A message that we do not know is no error (OTHER).
 * Numbers, strings and objects of a wrong type read as absent.
 */
#include "sim/fakes/streamer/messages.h"

#include <string.h>

#include "sim/fakes/streamer/whep.h"

/* Of our own offers. */
#define VIDEO_PAYLOAD 96
#define AUDIO_PAYLOAD 111

static gboolean
is_too_deep (const char *text, gsize len)
{
  gboolean in_string = FALSE;
  int depth = 0;

  for (gsize i = 0; i < len; i++) {
    char c = text[i];

    if (in_string) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_string = FALSE;
      continue;
    }
    if (c == '"')
      in_string = TRUE;
    else if (c == '{' || c == '[')
      depth++;
    else if (c == '}' || c == ']')
      depth--;
    if (depth > SIM_MESSAGE_MAX_DEPTH)
      return TRUE;
  }
  return FALSE;
}

static JsonNode *
member (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

static JsonObject *
get_object (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static int
get_int (JsonObject *object, const char *name, int fallback)
{
  JsonNode *node = member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return fallback;
  return (int)CLAMP (json_node_get_int (node), G_MININT, G_MAXINT);
}

static gboolean
get_bool (JsonObject *object, const char *name, gboolean fallback)
{
  JsonNode *node = member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fallback;
  return json_node_get_boolean (node);
}

static char **
get_strings (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);
  g_autoptr (GStrvBuilder) strings = g_strv_builder_new ();
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_VALUE (element) && json_node_get_value_type (element) == G_TYPE_STRING)
      g_strv_builder_add (strings, json_node_get_string (element));
  }
  return g_strv_builder_end (strings);
}

static SimInit *
parse_init (JsonObject *object)
{
  SimInit *init = g_new0 (SimInit, 1);
  JsonObject *webrtc = get_object (object, "webrtc");
  JsonObject *range = get_object (webrtc, "port_range");
  JsonObject *nat = get_object (webrtc, "nat_1to1");
  g_auto (GStrv) types = get_strings (webrtc, "network_types");
  JsonNode *servers = member (object, "ice_servers");

  init->port_min = CLAMP (get_int (range, "min", 0), 0, 65535);
  init->port_max = CLAMP (get_int (range, "max", 0), 0, 65535);
  init->nat_ips = get_strings (nat, "ips");
  init->nat_is_host = g_strcmp0 (get_string (nat, "ice_candidate_type"), "host") == 0;
  init->udp4 = types == NULL || g_strv_contains ((const char *const *)types, "udp4");
  init->udp6 = types == NULL || g_strv_contains ((const char *const *)types, "udp6");
  init->loopback = get_bool (webrtc, "include_loopback_candidates", TRUE);
  init->relay_only = get_bool (webrtc, "relay_only", FALSE);
  init->disconnected_seconds = MAX (1, get_int (webrtc, "ice_disconnected_timeout_seconds", 15));
  init->ice_servers = servers != NULL && JSON_NODE_HOLDS_ARRAY (servers) ? json_node_copy (servers) : NULL;
  init->session = g_strdup (get_string (object, "session"));
  init->host_address = g_strdup (get_string (object, "host_address"));
  init->app_title = g_strdup (get_string (get_object (object, "app"), "title"));
  init->offer = g_strdup (get_string (object, "offer"));
  init->video_payload = VIDEO_PAYLOAD;
  init->audio_payload = AUDIO_PAYLOAD;
  if (init->offer != NULL)
    sim_whep_payloads (init->offer, &init->video_payload, &init->audio_payload);
  return init;
}

static void
init_free (SimInit *init)
{
  if (init == NULL)
    return;
  g_strfreev (init->nat_ips);
  g_clear_pointer (&init->ice_servers, json_node_unref);
  g_free (init->session);
  g_free (init->host_address);
  g_free (init->app_title);
  g_free (init->offer);
  g_free (init);
}

static void
parse_webrtc (SimMessage *self, JsonObject *webrtc)
{
  JsonObject *description = get_object (webrtc, "Description");
  JsonObject *candidate = get_object (webrtc, "AddIceCandidate");

  if (description != NULL && get_string (description, "sdp") != NULL && get_string (description, "ty") != NULL) {
    self->kind = SIM_MESSAGE_DESCRIPTION;
    self->text = g_strdup (get_string (description, "sdp"));
    self->type = g_strdup (get_string (description, "ty"));
  } else if (candidate != NULL && get_string (candidate, "candidate") != NULL) {
    self->kind = SIM_MESSAGE_CANDIDATE;
    self->text = g_strdup (get_string (candidate, "candidate"));
    self->mline = MAX (0, get_int (candidate, "sdp_mline_index", 0));
  }
}

static void
parse_client (SimMessage *self, JsonObject *client)
{
  JsonObject *start = get_object (client, "StartStream");
  const char *transport = get_string (client, "SetTransport");

  if (get_object (client, "WebRtc") != NULL) {
    parse_webrtc (self, get_object (client, "WebRtc"));
  } else if (start != NULL) {
    self->kind = SIM_MESSAGE_START_STREAM;
    self->supported_formats = get_int (start, "video_supported_formats", 0);
  } else if (transport != NULL) {
    self->kind = SIM_MESSAGE_TRANSPORT;
    self->text = g_strdup (transport);
  }
}

static void
parse_object (SimMessage *self, JsonObject *root)
{
  JsonObject *launch = get_object (root, "Launch");

  if (get_object (root, "Init") != NULL) {
    self->kind = SIM_MESSAGE_INIT;
    self->init = parse_init (get_object (root, "Init"));
  } else if (get_object (root, "Client") != NULL) {
    parse_client (self, get_object (root, "Client"));
  } else if (launch != NULL) {
    self->kind = SIM_MESSAGE_LAUNCH;
    self->ok = get_bool (launch, "ok", FALSE);
    self->error_code = get_int (launch, "error_code", -1);
    self->text = g_strdup (get_string (launch, "text"));
  } else if (get_object (root, "Terminate") != NULL) {
    self->kind = SIM_MESSAGE_TERMINATE;
    self->error_code = get_int (get_object (root, "Terminate"), "error_code", 0);
  }
}

SimMessage *
sim_message_parse (const char *line, gsize len, GError **error)
{
  g_autoptr (SimMessage) self = g_new0 (SimMessage, 1);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  self->kind = SIM_MESSAGE_OTHER;
  if (is_too_deep (line, len)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "nested too deep");
    return NULL;
  }
  if (!json_parser_load_from_data (parser, line, (gssize)len, error))
    return NULL;
  root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    parse_object (self, json_node_get_object (root));
  else if (root != NULL && JSON_NODE_HOLDS_VALUE (root) && json_node_get_value_type (root) == G_TYPE_STRING
           && strcmp (json_node_get_string (root), "Stop") == 0)
    self->kind = SIM_MESSAGE_STOP;
  return g_steal_pointer (&self);
}

void
sim_message_free (SimMessage *self)
{
  if (self == NULL)
    return;
  init_free (self->init);
  g_free (self->text);
  g_free (self->type);
  g_free (self);
}

/* Ends two objects, `{"Server":{"<Name>":{` … `}}}` having been begun by begin (). */
static char *
finish (JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_end_object (builder);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  return json_generator_to_data (generator, NULL);
}

static JsonBuilder *
begin (const char *name)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "Server");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  return builder;
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_int (JsonBuilder *builder, const char *name, int value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

char *
sim_message_debug_log (const char *text, const char *type)
{
  g_autoptr (JsonBuilder) builder = begin ("DebugLog");

  add_string (builder, "message", text);
  add_string (builder, "ty", type);
  return finish (builder);
}

static void
add_ice_server (JsonBuilder *builder, JsonObject *server)
{
  g_auto (GStrv) urls = get_strings (server, "urls");
  const char *username = get_string (server, "username");
  const char *credential = get_string (server, "credential");

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "urls");
  json_builder_begin_array (builder);
  for (char **url = urls; url != NULL && *url != NULL; url++)
    json_builder_add_string_value (builder, *url);
  json_builder_end_array (builder);
  add_string (builder, "username", username != NULL ? username : "");
  add_string (builder, "credential", credential != NULL ? credential : "");
  json_builder_end_object (builder);
}

char *
sim_message_setup (JsonNode *ice_servers)
{
  g_autoptr (JsonBuilder) builder = begin ("Setup");
  JsonArray *array = ice_servers != NULL ? json_node_get_array (ice_servers) : NULL;

  json_builder_set_member_name (builder, "ice_servers");
  json_builder_begin_array (builder);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (element))
      add_ice_server (builder, json_node_get_object (element));
  }
  json_builder_end_array (builder);
  return finish (builder);
}

char *
sim_message_description (const char *type, const char *sdp)
{
  g_autoptr (JsonBuilder) builder = begin ("WebRtc");

  json_builder_set_member_name (builder, "Description");
  json_builder_begin_object (builder);
  add_string (builder, "ty", type);
  add_string (builder, "sdp", sdp);
  json_builder_end_object (builder);
  return finish (builder);
}

char *
sim_message_candidate (const char *candidate, const char *mid, int mline)
{
  g_autoptr (JsonBuilder) builder = begin ("WebRtc");

  json_builder_set_member_name (builder, "AddIceCandidate");
  json_builder_begin_object (builder);
  add_string (builder, "candidate", candidate);
  add_string (builder, "sdp_mid", mid);
  add_int (builder, "sdp_mline_index", mline);
  add_string (builder, "username_fragment", NULL);
  json_builder_end_object (builder);
  return finish (builder);
}

char *
sim_message_complete (int width, int height, int fps)
{
  static const int mapping[] = { 0, 1, 0, 0, 0, 0, 0, 0 };
  g_autoptr (JsonBuilder) builder = begin ("ConnectionComplete");

  json_builder_set_member_name (builder, "capabilities");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "touch");
  json_builder_add_boolean_value (builder, TRUE);
  json_builder_end_object (builder);
  add_int (builder, "format", 1);
  add_int (builder, "width", width);
  add_int (builder, "height", height);
  add_int (builder, "fps", fps);
  add_int (builder, "audio_sample_rate", 48000);
  add_int (builder, "audio_channel_count", 2);
  add_int (builder, "audio_streams", 1);
  add_int (builder, "audio_coupled_streams", 1);
  add_int (builder, "audio_samples_per_frame", 480);
  json_builder_set_member_name (builder, "audio_mapping");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < G_N_ELEMENTS (mapping); i++)
    json_builder_add_int_value (builder, mapping[i]);
  json_builder_end_array (builder);
  return finish (builder);
}

char *
sim_message_terminated (int error_code)
{
  g_autoptr (JsonBuilder) builder = begin ("ConnectionTerminated");

  add_int (builder, "error_code", error_code);
  return finish (builder);
}

char *
sim_message_channel_json (const guint8 *data, gsize len)
{
  if (len > 0 && (data[0] == '"' || data[0] == '{'))
    return g_strndup ((const char *)data, len);
  if (len < 2 || (gsize)(data[0] << 8 | data[1]) != len - 2)
    return NULL;
  return g_strndup ((const char *)data + 2, len - 2);
}
