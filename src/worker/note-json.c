/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/note-json.h"

#include <string.h>

#include "base/address.h"
#include "base/json.h"
#include "base/limits.h"

char *
hn_note_json (const char *body_ip, const char *client)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "body_ip", body_ip);
  json_object_set_string_member (object, "client", client);
  return hn_json_to_text (object);
}

gboolean
hn_note_json_parse (const char *text, char **ret_body_ip, char **ret_client)
{
  g_autoptr (JsonObject) object = text != NULL ? hn_json_parse_object (text, strlen (text), NULL) : NULL;
  const char *body_ip = NULL;
  const char *client = NULL;
  HnAddress address;

  if (object == NULL || !hn_json_get_text (object, "body_ip", HN_LIMIT_TEXT_BYTES, TRUE, &body_ip, NULL)
      || !hn_json_get_text (object, "client", HN_LIMIT_TEXT_BYTES, TRUE, &client, NULL))
    return FALSE;
  if (!hn_address_parse (body_ip, &address) || !g_str_has_prefix (client, HN_NOTE_CLIENT_PREFIX))
    return FALSE;
  *ret_body_ip = g_strdup (body_ip);
  *ret_client = g_strdup (client);
  return TRUE;
}
