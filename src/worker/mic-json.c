/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The SDP has line ends in it, which base/json takes in no text; what it may hold otherwise is rtc/sdp-offer's to judge. A TURN server without
 * credentials makes RTCPeerConnection throw, and empty ones are the same as none: they are left out. */
#include "worker/mic-json.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

char *
hn_mic_json_read_offer (const char *text, gsize length, GError **error)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (text != NULL ? text : "", length, error);
  const char *type = NULL;
  JsonNode *sdp;

  if (object == NULL || !hn_json_get_text (object, "type", 16, TRUE, &type, error))
    return NULL;
  if (strcmp (type, "offer") != 0) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "field 'type' must be 'offer'");
    return NULL;
  }
  sdp = json_object_get_member (object, "sdp");
  if (sdp == NULL || !JSON_NODE_HOLDS_VALUE (sdp) || json_node_get_value_type (sdp) != G_TYPE_STRING) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "field 'sdp' must be a string");
    return NULL;
  }
  return json_node_dup_string (sdp);
}

JsonObject *
hn_mic_json_answer (const char *sdp)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "type", "answer");
  json_object_set_string_member (object, "sdp", sdp);
  return object;
}

static void
copy_text (JsonObject *from, JsonObject *to, const char *name)
{
  const char *text = json_object_get_string_member_with_default (from, name, "");

  if (*text != '\0')
    json_object_set_string_member (to, name, text);
}

JsonObject *
hn_mic_json_ice (JsonArray *ice_servers, gboolean relay)
{
  JsonObject *object = json_object_new ();
  JsonArray *servers = json_array_new ();

  for (guint i = 0; i < json_array_get_length (ice_servers); i++) {
    JsonObject *configured = json_array_get_object_element (ice_servers, i);
    JsonObject *server = json_object_new ();

    json_object_set_array_member (server, "urls", json_array_ref (json_object_get_array_member (configured, "urls")));
    copy_text (configured, server, "username");
    copy_text (configured, server, "credential");
    json_array_add_object_element (servers, server);
  }
  json_object_set_array_member (object, "ice_servers", servers);
  json_object_set_boolean_member (object, "relay", relay);
  return object;
}
