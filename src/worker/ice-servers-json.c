/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules: where credentials are issued, a configured one is never handed out beside them; an entry that mixes STUN and TURN keeps its STUN URLs. */

#include "worker/ice-servers-json.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/turn-credential.h"
#include "base/turn-url.h"

#define TTL_MOST_SECONDS 86400

static JsonArray *
urls_of (JsonArray *servers, guint i)
{
  return json_object_get_array_member (json_array_get_object_element (servers, i), "urls");
}

/* Those that are TURN, or those that are not. */
static void
pick (JsonArray *urls, gboolean turn, JsonArray *to)
{
  for (guint i = 0; i < json_array_get_length (urls); i++)
    if (hn_turn_url_is (json_array_get_string_element (urls, i)) == turn)
      json_array_add_string_element (to, json_array_get_string_element (urls, i));
}

JsonArray *
hn_ice_servers_json_turn_urls (JsonArray *configured)
{
  JsonArray *urls = json_array_new ();

  for (guint i = 0; i < json_array_get_length (configured); i++)
    pick (urls_of (configured, i), TRUE, urls);
  return urls;
}

gboolean
hn_ice_servers_json_has_static (JsonArray *configured)
{
  for (guint i = 0; i < json_array_get_length (configured); i++) {
    JsonObject *server = json_array_get_object_element (configured, i);
    g_autoptr (JsonArray) urls = json_array_new ();

    pick (urls_of (configured, i), TRUE, urls);
    if (json_array_get_length (urls) > 0 && *json_object_get_string_member_with_default (server, "credential", "") != '\0')
      return TRUE;
  }
  return FALSE;
}

JsonArray *
hn_ice_servers_json_without_turn (JsonArray *configured)
{
  JsonArray *servers = json_array_new ();

  for (guint i = 0; i < json_array_get_length (configured); i++) {
    g_autoptr (JsonArray) urls = json_array_new ();
    JsonObject *server;

    pick (urls_of (configured, i), FALSE, urls);
    if (json_array_get_length (urls) == 0)
      continue;
    server = json_object_new ();
    json_object_set_array_member (server, "urls", g_steal_pointer (&urls));
    json_array_add_object_element (servers, server);
  }
  return servers;
}

JsonArray *
hn_ice_servers_json_issue (const HnIceTicket *ticket, gint64 utc_us)
{
  g_autofree char *username = hn_turn_credential_username (ticket->user, utc_us, ticket->ttl_us);
  g_autofree char *password = hn_turn_credential_password (ticket->secret, username);
  JsonArray *servers = json_array_new ();
  JsonObject *server;

  if (json_array_get_length (ticket->urls) == 0)
    return servers;
  server = json_object_new ();
  json_object_set_array_member (server, "urls", json_array_ref (ticket->urls));
  json_object_set_string_member (server, "username", username);
  json_object_set_string_member (server, "credential", password);
  json_array_add_object_element (servers, server);
  return servers;
}

char *
hn_ice_servers_json_write_ticket (const HnIceTicket *ticket)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "secret", ticket->secret);
  json_object_set_string_member (object, "user", ticket->user);
  json_object_set_int_member (object, "ttl_seconds", ticket->ttl_us / hn_seconds (1));
  json_object_set_array_member (object, "urls", json_array_ref (ticket->urls));
  return hn_json_to_text (object);
}

HnIceTicket *
hn_ice_servers_json_read_ticket (const char *text, gsize length, GError **error)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (text, length, error);
  const char *secret = NULL, *user = NULL;
  JsonArray *urls = NULL;
  gint64 ttl_seconds = 0;
  HnIceTicket *ticket;

  if (object == NULL || !hn_json_get_text (object, "secret", HN_LIMIT_TEXT_BYTES, TRUE, &secret, error)
      || !hn_json_get_text (object, "user", HN_LIMIT_TEXT_BYTES, TRUE, &user, error)
      || !hn_json_get_int (object, "ttl_seconds", 1, TTL_MOST_SECONDS, TRUE, &ttl_seconds, error)
      || !hn_json_get_array (object, "urls", TRUE, &urls, error))
    return NULL;
  ticket = g_new0 (HnIceTicket, 1);
  ticket->secret = g_strdup (secret);
  ticket->user = g_strdup (user);
  ticket->ttl_us = hn_seconds ((double) ttl_seconds);
  ticket->urls = json_array_ref (urls);
  return ticket;
}

void
hn_ice_ticket_free (HnIceTicket *self)
{
  if (self == NULL)
    return;
  g_free (self->secret);
  g_free (self->user);
  g_clear_pointer (&self->urls, json_array_unref);
  g_free (self);
}
