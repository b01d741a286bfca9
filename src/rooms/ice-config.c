/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/ice-config.h"

#include <string.h>

#include "base/json-scan.h"
#include "base/turn-credential.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-"
#define PLAIN_BYTES 64

/* What a user is called at the TURN server: itself where that is a plain word, so that its logs can be read. */
static char *
turn_user (const char *secret, const char *user_id)
{
  gsize length = strlen (user_id);

  return length <= PLAIN_BYTES && strspn (user_id, PLAIN) == length ? g_strdup (user_id) : hn_turn_credential_user (secret, user_id);
}

static void
append_member (GString *out, const char *name, const char *text)
{
  g_string_append_printf (out, ",\"%s\":", name);
  hn_json_append_string (out, text);
}

static void
append_urls (GString *out, char **urls)
{
  g_string_append (out, "{\"urls\":[");
  for (guint i = 0; urls[i] != NULL; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    hn_json_append_string (out, urls[i]);
  }
  g_string_append_c (out, ']');
}

static void
append_turn (GString *out, const HnConfig *config, const char *user_id, gint64 utc_us)
{
  append_urls (out, config->rooms_turn_urls);
  if (config->rooms_turn_secret != NULL) {
    g_autofree char *user = turn_user (config->rooms_turn_secret, user_id);
    g_autofree char *name = hn_turn_credential_username (user, utc_us, config->rooms_turn_ttl);
    g_autofree char *password = hn_turn_credential_password (config->rooms_turn_secret, name);

    append_member (out, "username", name);
    append_member (out, "credential", password);
  } else {
    append_member (out, "username", config->rooms_turn_username);
    append_member (out, "credential", config->rooms_turn_credential);
  }
  g_string_append_c (out, '}');
}

static char *
servers_text (const HnConfig *config, const char *user_id, gint64 utc_us)
{
  GString *out = g_string_new ("[");

  if (config->rooms_stun_urls[0] != NULL) {
    append_urls (out, config->rooms_stun_urls);
    g_string_append_c (out, '}');
  }
  if (config->rooms_turn_urls[0] != NULL) {
    if (out->len > 1)
      g_string_append_c (out, ',');
    append_turn (out, config, user_id, utc_us);
  }
  g_string_append_c (out, ']');
  return g_string_free (out, FALSE);
}

char *
hn_ice_config_text (const HnConfig *config, const char *user_id, gint64 utc_us)
{
  g_autofree char *servers = servers_text (config, user_id, utc_us);
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "{\"ice_servers\":%s", servers);
  append_member (out, "ice_transport_policy", config->rooms_ice_transport_policy);
  append_member (out, "bundle_policy", config->rooms_bundle_policy);
  append_member (out, "rtcp_mux_policy", config->rooms_rtcp_mux_policy);
  g_string_append_printf (out, ",\"iceServers\":%s", servers);
  append_member (out, "iceTransportPolicy", config->rooms_ice_transport_policy);
  append_member (out, "bundlePolicy", config->rooms_bundle_policy);
  append_member (out, "rtcpMuxPolicy", config->rooms_rtcp_mux_policy);
  g_string_append (out, "}\n");
  return g_string_free (out, FALSE);
}
