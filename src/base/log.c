/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/harmless.h"
#include "base/id.h"

static HnLogLevel lowest_level = HN_LOG_INFO;
static int journal_fd = -1;
static char own_worker[128]; /* the id of the worker that we are, or empty */

static const char *const level_names[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
static const int priorities[] = { 7, 6, 4, 3 }; /* syslog's */

gboolean
hn_log_level_from_text (const char *text, HnLogLevel *ret_level)
{
  for (guint i = 0; i < G_N_ELEMENTS (level_names); i++) {
    if (g_ascii_strcasecmp (text, level_names[i]) == 0) {
      *ret_level = (HnLogLevel) i;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
hn_log_wants (HnLogLevel level)
{
  return level >= lowest_level;
}

static void
print (HnLogLevel level, const char *message)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *stamp = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *line =
      g_strdup_printf ("%s.%03dZ %-7s %s\n", stamp, g_date_time_get_microsecond (now) / 1000, level_names[level], message);

  if (write (STDERR_FILENO, line, strlen (line)) < 0)
    return; /* nobody is there to be told */
}

/* A controller's lines end in `worker=ID`, behind whatever strangers wrote; an id has no space. */
static char *
worker_in (const char *message)
{
  const char *at = g_strrstr (message, " worker=");
  g_autofree char *id = at != NULL ? g_strndup (at + strlen (" worker="), strcspn (at + strlen (" worker="), " ")) : NULL;

  return hn_worker_id_is_valid (id) && !g_str_equal (id, "-") ? g_steal_pointer (&id) : NULL; /* `-` says that there is none */
}

/* One datagram of `NAME=value` lines. @message is escaped: no value has a line end. */
static gboolean
send_fields (HnLogLevel level, const char *session, const char *message)
{
  g_autoptr (GString) fields = g_string_sized_new (384);
  g_autofree char *worker = *own_worker != '\0' ? g_strdup (own_worker) : worker_in (message);

  g_string_append_printf (fields, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=hydraneckwebrtc\n", message, priorities[level]);
  if (session != NULL)
    g_string_append_printf (fields, "SESSION=%s\n", session);
  if (worker != NULL)
    g_string_append_printf (fields, "WORKER=%s\n", worker);
  return send (journal_fd, fields->str, fields->len, MSG_NOSIGNAL) >= 0;
}

static void
write_line (HnLogLevel level, const char *area, const char *session_id, const char *text)
{
  g_autoptr (GString) line = g_string_sized_new (256);
  HnIdShort id = hn_id_short (session_id);
  gboolean in_prefix = g_str_equal (area, "session");

  if (in_prefix)
    g_string_append_printf (line, "[session %s] ", id.text);
  else
    g_string_append_printf (line, "[%s] ", area);
  hn_harmless_append (line, text);
  if (!in_prefix && session_id != NULL)
    g_string_append_printf (line, " session=%s", id.text);
  if (journal_fd < 0 || !send_fields (level, session_id != NULL ? id.text : NULL, line->str))
    print (level, line->str);
}

void
hn_log (HnLogLevel level, const char *area, const char *session_id, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (level < lowest_level)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  write_line (level, area, session_id, text);
}

static GLogWriterOutput
glib_writer (GLogLevelFlags flags, const GLogField *fields, gsize n_fields, gpointer data)
{
  HnLogLevel level = flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL) ? HN_LOG_ERROR
                     : flags & G_LOG_LEVEL_WARNING                      ? HN_LOG_WARNING
                                                                        : HN_LOG_DEBUG;
  const char *domain = "glib";
  const char *message = "";

  if (level < lowest_level)
    return G_LOG_WRITER_HANDLED;
  for (gsize i = 0; i < n_fields; i++) {
    if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
      domain = fields[i].value;
    else if (g_str_equal (fields[i].key, "MESSAGE"))
      message = fields[i].value;
  }
  write_line (level, domain, NULL, message);
  return G_LOG_WRITER_HANDLED;
}

void
hn_log_set_worker (const char *worker_id)
{
  g_strlcpy (own_worker, worker_id != NULL ? worker_id : "", sizeof own_worker);
}

void
hn_log_to_journal (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = strlen (path) < sizeof address.sun_path ? socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

  if (fd < 0)
    return;
  strcpy (address.sun_path, path);
  if (connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
    journal_fd = fd;
  else
    close (fd);
}

void
hn_log_set_lowest (HnLogLevel lowest)
{
  lowest_level = lowest;
}

void
hn_log_open (HnLogLevel lowest)
{
  hn_log_set_lowest (lowest);
  g_log_set_writer_func (glib_writer, NULL, NULL);
}
