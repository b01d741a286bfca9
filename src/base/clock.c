/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

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
