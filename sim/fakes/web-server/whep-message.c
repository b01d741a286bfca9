/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Version 3's signalling in HTTP's terms: an SDP offer that also names host, app and picture, an SDP answer, ICE servers as `Link` headers,
 * candidates as fragments of SDP.
 */
#include "sim/fakes/web-server/whep-message.h"

#include <stdio.h>
#include <string.h>

#include "sim/fakes/web-server/json.h"

#define OWN "a=x-moonlight-"

/* (transfer full) (nullable): the value of a session-level attribute of upstream's own */
static char *
attribute (const char *sdp, const char *name)
{
  g_auto (GStrv) lines = g_strsplit_set (sdp, "\r\n", -1);
  g_autofree char *head = g_strdup_printf (OWN "%s:", name);

  for (guint i = 0; lines[i] && !g_str_has_prefix (lines[i], "m="); i++)
    if (g_str_has_prefix (lines[i], head))
      return g_strdup (lines[i] + strlen (head));
  return NULL;
}

static gboolean
number (const char *sdp, const char *name, guint32 *ret_value)
{
  g_autofree char *text = attribute (sdp, name);
  guint64 value;

  if (!text || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &value, NULL))
    return FALSE;
  *ret_value = value;
  return TRUE;
}

gboolean
sim_whep_message_read_offer (const char *sdp, SimStreamInit *ret_init, JsonObject **ret_settings)
{
  guint32 host = 0, app = 0, bitrate = 0;
  guint width = 0, height = 0, fps = 0;
  g_autofree char *mode = attribute (sdp, "mode");

  if (!g_str_has_prefix (sdp, "v=0") || !strstr (sdp, "\nm=") || !number (sdp, "host-id", &host) || !number (sdp, "app-id", &app) ||
      !number (sdp, "bitrate", &bitrate) || !mode || sscanf (mode, "%5ux%5ux%5u", &width, &height, &fps) != 3)
    return FALSE;
  *ret_init = (SimStreamInit){ .host_id = host, .app_id = app, .offer = sdp };
  *ret_settings = json_object_new ();
  json_object_set_int_member (*ret_settings, "bitrate", bitrate);
  json_object_set_int_member (*ret_settings, "width", width);
  json_object_set_int_member (*ret_settings, "height", height);
  json_object_set_int_member (*ret_settings, "fps", fps);
  return TRUE;
}

static void
add_member (GString *link, JsonObject *server, const char *name)
{
  const char *value = sim_json_string (server, name);

  if (value && *value)
    g_string_append_printf (link, "; %s=\"%s\"", name, value);
}

char **
sim_whep_message_links (JsonArray *servers)
{
  g_autoptr (GStrvBuilder) links = g_strv_builder_new ();

  for (guint i = 0; servers && i < json_array_get_length (servers); i++) {
    JsonObject *server = json_array_get_object_element (servers, i);
    JsonArray *urls = json_object_get_array_member (server, "urls");

    for (guint k = 0; urls && k < json_array_get_length (urls); k++) {
      g_autoptr (GString) link = g_string_new (NULL);

      g_string_printf (link, "<%s>; rel=\"ice-server\"", json_array_get_string_element (urls, k));
      add_member (link, server, "username");
      add_member (link, server, "credential");
      g_strv_builder_add (links, link->str);
    }
  }
  return g_strv_builder_end (links);
}

char *
sim_whep_message_candidate (const char *line)
{
  JsonObject *candidate, *inner, *outer;

  if (!g_str_has_prefix (line, "a=candidate:") || !g_utf8_validate (line, -1, NULL))
    return NULL;
  candidate = json_object_new ();
  inner = json_object_new ();
  outer = json_object_new ();
  json_object_set_string_member (candidate, "candidate", line + strlen ("a="));
  json_object_set_int_member (candidate, "sdp_mline_index", 0);
  json_object_set_object_member (inner, "AddIceCandidate", candidate);
  json_object_set_object_member (outer, "WebRtc", inner);
  g_autofree char *text = sim_json_text (outer, FALSE);
  return sim_stream_ipc_client (text, strlen (text));
}

char *
sim_whep_message_answer (const char *text, const char *title)
{
  g_autoptr (JsonNode) node = sim_json_parse (text, strlen (text), FALSE, NULL);
  JsonObject *root = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonObject *webrtc = root ? sim_json_object (root, "WebRtc") : NULL;
  JsonObject *description = webrtc ? sim_json_object (webrtc, "Description") : NULL;
  const char *sdp = description ? sim_json_string (description, "sdp") : NULL;
  const char *media = sdp ? strstr (sdp, "\nm=") : NULL;

  if (!media)
    return NULL;
  return g_strdup_printf ("%.*s" OWN "app-name:%s\r\n%s", (int) (media + 1 - sdp), sdp, title ? title : "", media + 1);
}
