/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/ended.h"

#include <string.h>

#include "base/id.h"
#include "base/limits.h"

#define SHORT_DIGITS 8
#define TIME_FORMAT "%Y%m%dT%H%M%SZ"

char *
hn_ended_name (const char *session_id, gint64 utc_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (utc_us / 1000000);
  g_autofree char *text = g_date_time_format (time, TIME_FORMAT);

  return g_strdup_printf ("%s-%s", hn_id_short (session_id).text, text);
}

HnEndedLog *
hn_ended_parse (const char *name)
{
  g_autoptr (GDateTime) time = NULL;
  HnEndedLog *log;

  if (strspn (name, "0123456789abcdef") != SHORT_DIGITS || name[SHORT_DIGITS] != '-' || !g_str_has_suffix (name, "Z"))
    return NULL;
  time = g_date_time_new_from_iso8601 (name + SHORT_DIGITS + 1, NULL);
  if (time == NULL)
    return NULL;
  log = g_new0 (HnEndedLog, 1);
  log->name = g_strdup (name);
  log->ended_us = g_date_time_to_unix (time) * 1000000;
  return log;
}

void
hn_ended_log_free (HnEndedLog *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const HnEndedLog *first = *(HnEndedLog *const *) a;
  const HnEndedLog *second = *(HnEndedLog *const *) b;

  if (first->ended_us != second->ended_us)
    return first->ended_us > second->ended_us ? -1 : 1;
  return strcmp (first->name, second->name);
}

guint
hn_ended_surplus (GPtrArray *logs, gint64 utc_us, gint64 max_age_us)
{
  gsize bytes = 0;

  g_ptr_array_sort (logs, compare);
  for (guint i = 0; i < logs->len; i++) {
    const HnEndedLog *log = g_ptr_array_index (logs, i);

    bytes += log->bytes;
    if (i >= HN_LIMIT_ENDED_LOGS || bytes > HN_LIMIT_ENDED_LOG_BYTES || utc_us - log->ended_us > max_age_us)
      return i;
  }
  return logs->len;
}
