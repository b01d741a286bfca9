/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/demo-guest.h"

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

char *
hn_demo_guest_check_name (const char *name, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (name != NULL ? name : ""));

  if (*trimmed == '\0' || g_utf8_strlen (trimmed, -1) > HN_LIMIT_GUEST_NAME) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "a name has 1 to %d characters", HN_LIMIT_GUEST_NAME);
    return NULL;
  }
  for (const char *at = trimmed; *at != '\0'; at = g_utf8_next_char (at))
    if (!g_unichar_isprint (g_utf8_get_char (at))) {
      g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "a name has no control characters");
      return NULL;
    }
  return g_steal_pointer (&trimmed);
}

char *
hn_demo_guest_claims (const char *id, const char *name, const char *rooms, const char *audience, gint64 utc_us)
{
  g_autoptr (JsonObject) claims = json_object_new ();
  g_autofree char *user = g_strconcat ("guest-", id, NULL);

  json_object_set_string_member (claims, "sub", user);
  json_object_set_string_member (claims, "username", name);
  json_object_set_string_member (claims, "room", rooms);
  hn_json_set_text (claims, "aud", audience);
  json_object_set_int_member (claims, "iat", utc_us / G_USEC_PER_SEC);
  json_object_set_int_member (claims, "exp", utc_us / G_USEC_PER_SEC + HN_DEMO_GUEST_SECONDS);
  return g_strchomp (hn_json_to_text (claims));
}
