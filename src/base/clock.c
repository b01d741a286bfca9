/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <string.h>

gint64
hn_clock_now_us (void)
{
  return g_get_monotonic_time ();
}

gint64
hn_clock_utc_us (void)
{
  return g_get_real_time ();
}

gint64
hn_seconds (double seconds)
{
  return (gint64) (seconds * 1e6);
}

gint64
hn_clock_earliest (gint64 a, gint64 b)
{
  if (a == HN_NEVER)
    return b;
  return b == HN_NEVER ? a : MIN (a, b);
}

char *
hn_clock_rfc3339 (gint64 utc_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (utc_us / 1000000);

  return g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ");
}

static char *
put_digits (char *at, guint number, guint count)
{
  for (guint i = count; i > 0; i--, number /= 10)
    at[i - 1] = (char) ('0' + number % 10);
  return at + count;
}

/* Once a message: without GDateTime, whose time zones cost ten times as much. */
void
hn_clock_iso8601 (gint64 utc_us, char ret_text[HN_CLOCK_ISO8601_SIZE])
{
  gint64 seconds = CLAMP (utc_us / 1000000, 0, G_GINT64_CONSTANT (253402300799));
  guint of_day = (guint) (seconds % 86400);
  guint days = (guint) (seconds / 86400) + 719468; /* since the first of March of the year 0 */
  guint era = days / 146097;
  guint of_era = days % 146097;
  guint year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  guint of_year = of_era - (365 * year + year / 4 - year / 100);
  guint month = (5 * of_year + 2) / 153; /* 0: March */
  char *at = put_digits (ret_text, year + era * 400 + (month >= 10 ? 1 : 0), 4);

  *at++ = '-';
  at = put_digits (at, month < 10 ? month + 3 : month - 9, 2);
  *at++ = '-';
  at = put_digits (at, of_year - (153 * month + 2) / 5 + 1, 2);
  *at++ = 'T';
  at = put_digits (at, of_day / 3600, 2);
  *at++ = ':';
  at = put_digits (at, of_day / 60 % 60, 2);
  *at++ = ':';
  at = put_digits (at, of_day % 60, 2);
  *at++ = '.';
  at = put_digits (at, utc_us > 0 ? (guint) (utc_us % 1000000) : 0, 6);
  strcpy (at, "+00:00");
}

char *
hn_clock_span (gint64 us)
{
  gint64 seconds = MAX (us, 0) / 1000000;

  if (seconds < 60)
    return g_strdup_printf ("%" G_GINT64_FORMAT "s", seconds);
  if (seconds < 3600)
    return g_strdup_printf ("%" G_GINT64_FORMAT "m%" G_GINT64_FORMAT "s", seconds / 60, seconds % 60);
  return g_strdup_printf ("%" G_GINT64_FORMAT "h%" G_GINT64_FORMAT "m%" G_GINT64_FORMAT "s", seconds / 3600,
                          seconds / 60 % 60, seconds % 60);
}
