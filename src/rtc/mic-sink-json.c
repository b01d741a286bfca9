/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/mic-sink-json.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"

#define SESSION "/session/"
#define URL_FLAGS (G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE)

char *
hn_mic_sink_base (const char *stream_url)
{
  g_autoptr (GUri) url = g_uri_parse (stream_url, URL_FLAGS, NULL);
  g_autofree char *path = NULL;
  const char *end;

  if (url == NULL || (strcmp (g_uri_get_scheme (url), "http") != 0 && strcmp (g_uri_get_scheme (url), "https") != 0) || g_uri_get_host (url) == NULL
      || *g_uri_get_host (url) == '\0' || !g_str_has_prefix (g_uri_get_path (url), SESSION))
    return NULL;
  end = strchr (g_uri_get_path (url) + strlen (SESSION), '/');
  if (end == NULL || end == g_uri_get_path (url) + strlen (SESSION))
    return NULL;
  path = g_strndup (g_uri_get_path (url), (gsize) (end + 1 - g_uri_get_path (url)));
  return g_uri_join (URL_FLAGS, g_uri_get_scheme (url), NULL, g_uri_get_host (url), g_uri_get_port (url), path, NULL, NULL);
}

/* `turn:host:port?transport=udp` with a name and a password → webrtcbin's form; NULL: it is no TURN server. */
static char *
turn_address (const char *url, const char *name, const char *password)
{
  g_autofree char *safe_name = name != NULL ? g_uri_escape_string (name, NULL, FALSE) : NULL;
  g_autofree char *safe_password = password != NULL ? g_uri_escape_string (password, NULL, FALSE) : NULL;
  const char *host = strchr (url, ':');

  if (host == NULL || safe_name == NULL || safe_password == NULL || !(g_str_has_prefix (url, "turn:") || g_str_has_prefix (url, "turns:")))
    return NULL;
  return g_strdup_printf ("%.*s://%s:%s@%s", (int) (host - url), url, safe_name, safe_password, host + 1);
}

static gboolean
add_server (GStrvBuilder *found, JsonObject *server, GError **error)
{
  const char *name = NULL;
  const char *password = NULL;
  JsonArray *urls = NULL;

  if (!hn_json_get_array (server, "urls", TRUE, &urls, error) || !hn_json_get_text (server, "username", HN_LIMIT_TEXT_BYTES, FALSE, &name, error)
      || !hn_json_get_text (server, "credential", HN_LIMIT_TEXT_BYTES, FALSE, &password, error))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (urls); i++) {
    JsonNode *url = json_array_get_element (urls, i);
    g_autofree char *address = json_node_get_value_type (url) == G_TYPE_STRING ? turn_address (json_node_get_string (url), name, password) : NULL;

    if (address != NULL)
      g_strv_builder_add (found, address);
  }
  return TRUE;
}

gboolean
hn_mic_sink_read_ice (const char *text, gsize length, HnMicSinkIce *ret_ice, GError **error)
{
  g_autoptr (GStrvBuilder) found = g_strv_builder_new ();
  g_autoptr (JsonObject) ice = hn_json_parse_object (text, length, error);
  JsonArray *servers = NULL;
  gboolean relay = FALSE;

  if (ice == NULL || !hn_json_get_array (ice, "ice_servers", TRUE, &servers, error) || !hn_json_get_bool (ice, "relay", FALSE, &relay, error))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (servers); i++) {
    JsonObject *server = hn_json_array_get_object (servers, i);

    if (server != NULL && !add_server (found, server, error))
      return FALSE;
  }
  ret_ice->turn_servers = g_strv_builder_end (found);
  ret_ice->relay = relay;
  return TRUE;
}

void
hn_mic_sink_ice_clear (HnMicSinkIce *ice)
{
  g_clear_pointer (&ice->turn_servers, g_strfreev);
}

char *
hn_mic_sink_read_refusal (const char *text, gsize length)
{
  g_autoptr (JsonObject) refusal = hn_json_parse_object (text, length, NULL);
  const char *words = NULL;

  return refusal != NULL && hn_json_get_text (refusal, "error", HN_LIMIT_TEXT_BYTES, FALSE, &words, NULL) ? g_strdup (words) : NULL;
}
