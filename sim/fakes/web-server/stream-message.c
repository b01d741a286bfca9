/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words of the stream socket, and of the pipe to the streamer. What the browser says to the streamer, and the streamer
 * to the browser, is carried as it was written.
 */
#include "sim/fakes/web-server/stream-message.h"

#include <string.h>

#include "sim/fakes/web-server/json.h"

static gboolean
read_init (JsonObject *o, SimStreamInit *ret_init)
{
  guint64 host, app, video = 3, audio = 20;

  if (!sim_json_uint (o, "host_id", G_MAXUINT32, &host) || !sim_json_uint (o, "app_id", G_MAXUINT32, &app))
    return FALSE;
  sim_json_uint (o, "video_frame_queue_size", G_MAXUINT32, &video);
  sim_json_uint (o, "audio_sample_queue_size", G_MAXUINT32, &audio);
  *ret_init = (SimStreamInit){ host, app, video, audio };
  return TRUE;
}

static gboolean
is_web_rtc (JsonObject *o)
{
  JsonObject *description = sim_json_object (o, "Description"), *candidate = sim_json_object (o, "AddIceCandidate");

  if (description)
    return sim_json_string (description, "ty") && sim_json_string (description, "sdp");
  return sim_json_string (candidate, "candidate") != NULL;
}

static gboolean
is_start (JsonObject *o)
{
  static const char *const numbers[] = { "bitrate", "packet_size", "fps", "width", "height" };
  guint64 n;

  for (gsize i = 0; o && i < G_N_ELEMENTS (numbers); i++)
    if (!sim_json_uint (o, numbers[i], G_MAXUINT32, &n))
      return FALSE;
  return o != NULL;
}

SimStreamKind
sim_stream_message_read (const char *text, gsize length_bytes, SimStreamInit *ret_init, JsonObject **ret_settings)
{
  g_autoptr (JsonNode) node = sim_json_parse (text, length_bytes, FALSE, NULL);
  JsonObject *root = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  *ret_settings = NULL;
  if (!node)
    return SIM_STREAM_NOT_JSON;
  if (!root || json_object_get_size (root) != 1)
    return SIM_STREAM_UNKNOWN;
  if (sim_json_object (root, "Init"))
    return read_init (sim_json_object (root, "Init"), ret_init) ? SIM_STREAM_INIT : SIM_STREAM_UNKNOWN;
  const char *transport = sim_json_string (root, "SetTransport");
  if (g_strcmp0 (transport, "WebRTC") == 0 || g_strcmp0 (transport, "WebSocket") == 0)
    return SIM_STREAM_SET_TRANSPORT;
  if (is_web_rtc (sim_json_object (root, "WebRtc")))
    return SIM_STREAM_WEB_RTC;
  if (!is_start (sim_json_object (root, "StartStream")))
    return SIM_STREAM_UNKNOWN;
  *ret_settings = json_object_ref (sim_json_object (root, "StartStream"));
  return SIM_STREAM_START;
}

/* `{"name":inner}` */
static char *
tagged (const char *name, JsonObject *inner)
{
  JsonObject *outer = json_object_new ();

  json_object_set_object_member (outer, name, inner);
  return sim_json_text (outer, FALSE);
}

char *
sim_stream_message_app (const SimNvApp *app)
{
  JsonObject *o = json_object_new (), *inner = json_object_new ();

  json_object_set_int_member (o, "app_id", app->id);
  json_object_set_string_member (o, "title", app->title ? app->title : "");
  json_object_set_boolean_member (o, "is_hdr_supported", app->hdr);
  json_object_set_object_member (inner, "app", o);
  return tagged ("UpdateApp", inner);
}

char *
sim_stream_message_log (const char *message, const char *type)
{
  JsonObject *o = json_object_new ();

  json_object_set_string_member (o, "message", message);
  if (type)
    json_object_set_string_member (o, "ty", type);
  else
    json_object_set_null_member (o, "ty");
  return tagged ("DebugLog", o);
}

static JsonArray *
all_ice_servers (const SimConfig *config, JsonArray *extra)
{
  JsonArray *from[] = { json_node_get_array (sim_config_get (config, "webrtc", "ice_servers")), extra };
  JsonArray *all = json_array_new ();

  for (gsize k = 0; k < G_N_ELEMENTS (from); k++)
    for (guint i = 0; from[k] && i < json_array_get_length (from[k]); i++)
      json_array_add_element (all, json_node_copy (json_array_get_element (from[k], i)));
  return all;
}

char *
sim_stream_ipc_init (const SimConfig *config, JsonArray *extra, const char *address, const SimNvApp *app,
                     const SimStreamInit *init)
{
  JsonObject *o = json_object_new (), *program = json_object_new ();
  const char *prefix = sim_config_string (config, "web_server", "url_path_prefix");
  const char *slash = strrchr (prefix, '/');

  json_object_set_int_member (program, "app_id", app->id);
  json_object_set_string_member (program, "title", app->title ? app->title : "");
  json_object_set_object_member (o, "webrtc", json_object_ref (sim_config_section (config, "webrtc")));
  json_object_set_array_member (o, "ice_servers", all_ice_servers (config, extra));
  json_object_set_string_member (o, "session", slash ? slash + 1 : prefix);
  json_object_set_string_member (o, "host_address", address);
  json_object_set_object_member (o, "app", program);
  json_object_set_int_member (o, "video_frame_queue_size", init->video_frame_queue_size);
  json_object_set_int_member (o, "audio_sample_queue_size", init->audio_sample_queue_size);
  if (init->offer)
    json_object_set_string_member (o, "offer", init->offer);
  return tagged ("Init", o);
}

char *
sim_stream_ipc_client (const char *text, gsize length_bytes)
{
  GString *line = g_string_new ("{\"Client\":");

  g_string_append_len (line, text, length_bytes);
  g_string_append_c (line, '}');
  return g_strdelimit (g_string_free (line, FALSE), "\r\n", ' ');
}

char *
sim_stream_ipc_launch (const char *why)
{
  JsonObject *o = json_object_new ();

  json_object_set_boolean_member (o, "ok", why == NULL);
  if (why) {
    json_object_set_int_member (o, "error_code", -1);
    json_object_set_string_member (o, "text", why);
  }
  return tagged ("Launch", o);
}

char *
sim_stream_ipc_read (const char *line, gboolean *ret_stop)
{
  static const char head[] = "{\"Server\":";
  gsize length = strlen (line);
  g_autoptr (JsonNode) node = sim_json_parse (line, length, FALSE, NULL);

  *ret_stop = node && json_node_get_value_type (node) == G_TYPE_STRING &&
              strcmp (json_node_get_string (node), "Stop") == 0;
  if (!node || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  if (g_str_has_prefix (line, head) && line[length - 1] == '}' && json_object_get_size (json_node_get_object (node)) == 1)
    return g_strndup (line + strlen (head), length - strlen (head) - 1);
  JsonObject *inner = sim_json_object (json_node_get_object (node), "Server");
  return inner ? sim_json_text (json_object_ref (inner), FALSE) : NULL;
}
