/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/deliver-json.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"

char *
hn_deliver_json_pack (const char *path, const char *body)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonObject) inner = hn_json_parse_object (body, strlen (body), NULL);

  json_object_set_string_member (object, "path", path);
  json_object_set_object_member (object, "body", json_object_ref (inner));
  return hn_json_to_text (object);
}

gboolean
hn_deliver_json_unpack (const char *text, char **ret_path, char **ret_body, GError **error)
{
  g_autoptr (JsonObject) object = hn_json_parse_object (text, strlen (text), error);
  JsonObject *body = NULL;
  const char *path = NULL;

  if (object == NULL || !hn_json_get_text (object, "path", HN_LIMIT_TARGET_BYTES, TRUE, &path, error)
      || !hn_json_get_object (object, "body", TRUE, &body, error))
    return FALSE;
  *ret_path = g_strdup (path);
  *ret_body = hn_json_to_text (body);
  return TRUE;
}

char *
hn_deliver_json_rating (const HnRating *rating)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *rated = hn_clock_rfc3339 (rating->rated_utc_us);

  hn_json_set_text (object, "record_id", rating->record_id);
  hn_json_set_text (object, "session_id", hn_id_short (rating->session_id).text);
  hn_json_set_text (object, "experience", rating->experience);
  hn_json_set_text (object, "district", rating->district);
  json_object_set_int_member (object, "rating", rating->rating);
  hn_json_set_text (object, "rated_at", rated);
  return hn_json_to_text (object);
}

char *
hn_deliver_json_rating_path (const char *experience)
{
  g_autofree char *name = NULL;

  if (experience == NULL || *experience == '\0' || strspn (experience, ".") == strlen (experience))
    return NULL;
  name = g_uri_escape_string (experience, NULL, FALSE);
  return g_strdup_printf ("/api/v1/experiences/%s/ratings", name);
}
