/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/timer.h"

#define FIRST_FD 3
#define MAX_FDS 64
#define FEEDS_PER_PERIOD 2
#define UNNAMED "unknown"

typedef struct {
  char *name;
  int fd;
} Handed;

struct _HnService {
  int notify_fd; /* connected to the manager, or -1 */
  gint64 feed_us;
  HnTimer *feed_timer;
  GArray *handed; /* of Handed */
  char *status;
};

/* A manager that does not listen is its own problem: what could be done about it here? */
static void
say (HnService *self, const char *words)
{
  if (self != NULL && self->notify_fd >= 0 && send (self->notify_fd, words, strlen (words), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    g_debug ("the service manager was not told '%s': %s", words, g_strerror (errno));
}

static void
on_feed (gpointer data)
{
  HnService *self = data;

  say (self, "WATCHDOG=1");
  hn_timer_arm (self->feed_timer, hn_clock_now_us () + self->feed_us);
}

void
hn_service_ready (HnService *self)
{
  say (self, "READY=1");
}

void
hn_service_reloading (HnService *self)
{
  g_autofree char *words = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, hn_clock_now_us ());

  say (self, words);
}

void
hn_service_stopping (HnService *self)
{
  say (self, "STOPPING=1");
}

void
hn_service_status (HnService *self, const char *text)
{
  g_autofree char *words = g_strconcat ("STATUS=", text, NULL);

  if (self == NULL || g_strcmp0 (self->status, text) == 0)
    return;
  g_free (self->status);
  self->status = g_strdup (text);
  say (self, words);
}

int
hn_service_take_fd (HnService *self, const char *name)
{
  for (guint i = 0; self != NULL && i < self->handed->len; i++) {
    Handed *handed = &g_array_index (self->handed, Handed, i);

    if (strcmp (handed->name, name) == 0) {
      int fd = g_steal_fd (&handed->fd);

      g_array_remove_index (self->handed, i);
      return fd;
    }
  }
  return -1;
}

const char *
hn_service_next_name (HnService *self)
{
  return self != NULL && self->handed->len > 0 ? g_array_index (self->handed, Handed, 0).name : NULL;
}

/* ---- what the manager said ---- */

/* Absent words, and those meant for another process, count as 0. */
static gboolean
read_number (const char *name, const char *text, const char *pid, guint64 max, guint64 *ret_number, GError **error)
{
  g_autofree char *own = g_strdup_printf ("%d", (int) getpid ());

  *ret_number = 0;
  if (text == NULL || *text == '\0' || (pid != NULL && *pid != '\0' && strcmp (pid, own) != 0))
    return TRUE;
  if (g_ascii_string_to_unsigned (text, 10, 0, max, ret_number, NULL))
    return TRUE;
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "%s='%s' is not a number up to %" G_GUINT64_FORMAT, name, text, max);
  return FALSE;
}

static gboolean
connect_notify (HnService *self, const char *path, GError **error)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  gsize length = path != NULL ? strlen (path) : 0;

  if (length == 0)
    return TRUE;
  if ((*path != '/' && *path != '@') || length < 2 || length >= sizeof address.sun_path) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "NOTIFY_SOCKET='%s' is no path of a socket", path);
    return FALSE;
  }
  memcpy (address.sun_path, path, length);
  if (*path == '@')
    address.sun_path[0] = '\0';
  self->notify_fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (self->notify_fd >= 0
      && connect (self->notify_fd, (struct sockaddr *) &address, (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length)) == 0)
    return TRUE;
  g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot reach NOTIFY_SOCKET='%s': %s", path, g_strerror (errno));
  return FALSE;
}

static gboolean
take_over (int fd, const char *name, GError **error)
{
  int listening = 0;
  socklen_t size = sizeof listening;
  int flags = fcntl (fd, F_GETFL);

  if (flags < 0 || getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "file descriptor %d ('%s' in LISTEN_FDNAMES) is no listening socket", fd, name);
    return FALSE;
  }
  return fcntl (fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl (fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static gboolean
read_fds (HnService *self, guint count, const char *names, GError **error)
{
  g_auto (GStrv) each = g_strsplit (names != NULL ? names : "", ":", -1);
  guint named = g_strv_length (each);

  for (guint i = 0; i < count; i++) {
    Handed handed = { g_strdup (i < named ? each[i] : UNNAMED), FIRST_FD + (int) i };

    if (!take_over (handed.fd, handed.name, error)) {
      g_free (handed.name);
      return FALSE;
    }
    g_array_append_val (self->handed, handed);
  }
  return TRUE;
}

static void
clear_handed (gpointer data)
{
  Handed *handed = data;

  g_free (handed->name);
  if (handed->fd >= 0)
    close (handed->fd);
}

HnService *
hn_service_new (const HnServiceWords *words, GError **error)
{
  g_autoptr (HnService) self = g_new0 (HnService, 1);
  guint64 watchdog_us, count;

  self->notify_fd = -1;
  self->handed = g_array_new (FALSE, FALSE, sizeof (Handed));
  g_array_set_clear_func (self->handed, clear_handed);
  if (!read_number ("WATCHDOG_USEC", words->watchdog_usec, words->watchdog_pid, G_MAXINT64, &watchdog_us, error)
      || !read_number ("LISTEN_FDS", words->listen_fds, words->listen_pid, MAX_FDS, &count, error)
      || !connect_notify (self, words->notify_socket, error) || !read_fds (self, (guint) count, words->listen_fdnames, error))
    return NULL;
  if (watchdog_us > 0 && self->notify_fd >= 0) {
    self->feed_us = MAX ((gint64) watchdog_us / FEEDS_PER_PERIOD, 1000);
    self->feed_timer = hn_timer_new (on_feed, self);
    hn_timer_arm (self->feed_timer, hn_clock_now_us ());
  }
  return g_steal_pointer (&self);
}

void
hn_service_free (HnService *self)
{
  if (self == NULL)
    return;
  hn_timer_free (self->feed_timer);
  g_array_unref (self->handed);
  if (self->notify_fd >= 0)
    close (self->notify_fd);
  g_free (self->status);
  g_free (self);
}
