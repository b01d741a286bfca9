/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/drain-request.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

#define MAX_SECONDS (HN_LIMIT_DRAIN_HOURS * 3600)

/* `90s`, `10m`, `2h`; as in the configuration. */
static gboolean
read_span (const char *text, gint64 *ret_seconds)
{
  char *end = NULL;
  gint64 count = g_ascii_strtoll (text, &end, 10);
  gint64 unit = g_str_equal (end, "s") ? 1 : g_str_equal (end, "m") ? 60 : g_str_equal (end, "h") ? 3600 : 0;

  *ret_seconds = count >= 0 && count <= MAX_SECONDS ? count * unit : -1;
  return g_ascii_isdigit (*text) && unit != 0 && *ret_seconds >= 0 && *ret_seconds <= MAX_SECONDS;
}

static gboolean
read_deadline (JsonObject *object, gint64 *ret_seconds)
{
  const char *text = NULL;

  if (hn_json_get_int (object, "deadline", 0, MAX_SECONDS, FALSE, ret_seconds, NULL))
    return TRUE;
  return hn_json_get_text (object, "deadline", HN_LIMIT_TEXT_BYTES, FALSE, &text, NULL) && text != NULL && read_span (text, ret_seconds);
}

gboolean
hn_drain_request_read (const char *body, gsize length, gint64 *ret_left_us, GError **error)
{
  g_autoptr (JsonObject) object = NULL;
  gint64 seconds = -1;

  *ret_left_us = HN_NEVER;
  if (length == 0)
    return TRUE;
  object = hn_json_parse_object (body, length, error);
  if (object == NULL)
    return FALSE;
  if (!read_deadline (object, &seconds)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "field 'deadline' must be a duration such as 90s, 10m or 2h, or seconds, and 168h at most");
    return FALSE;
  }
  if (seconds >= 0)
    *ret_left_us = hn_seconds ((double) seconds);
  return TRUE;
}
