/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/log.h"

#include <stdio.h>
#include <unistd.h>

static const char *const names[] = { "OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE" };

/* The one place with state of the whole process. */
static SimLogLevel log_filter = SIM_LOG_INFO;
static FILE *log_file;

gboolean
sim_log_level (const char *name, SimLogLevel *ret_level)
{
  for (guint i = 0; name && i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0) {
      *ret_level = i;
      return TRUE;
    }
  return FALSE;
}

gboolean
sim_log_open (SimLogLevel filter, const char *path)
{
  log_filter = filter;
  log_file = path ? fopen (path, "r+") : NULL;
  return !path || (log_file && ftruncate (fileno (log_file), 0) == 0);
}

void
sim_log_close (void)
{
  g_clear_pointer (&log_file, fclose);
}

void
sim_log (SimLogLevel level, const char *target, const char *format, ...)
{
  va_list args;

  if (level > log_filter)
    return;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *seconds = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *line = g_strdup_printf ("%s.%06dZ %5s %s: %s\n", seconds, g_date_time_get_microsecond (now),
                                           names[level], target, text);

  fputs (line, stdout);
  fflush (stdout);
  if (log_file) {
    fputs (line, log_file);
    fflush (log_file);
  }
}
