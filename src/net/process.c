/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/process.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

#define OWNER_FD 3
#define MAX_WORDS 256 /* all that a supervisor ever says */

struct _HnProcess {
  const HnProcessEvents *events;
  gpointer user_data;
  GSubprocess *supervisor;
  int owner; /* our end of the life line */
  guint owner_id;
  GString *heard;
  int pid;
};

/* The last complete line decides; a supervisor that says nothing has been killed itself. */
static void
finish (HnProcess *self)
{
  HnProcessEnd end = HN_PROCESS_LOST;
  g_auto (GStrv) lines = g_strsplit (self->heard->str, "\n", -1);
  int status = 0;

  for (guint i = 0; lines[i] != NULL; i++) {
    if (sscanf (lines[i], "exited %d", &status) == 1)
      end = HN_PROCESS_EXITED;
    else if (sscanf (lines[i], "signaled %d", &status) == 1)
      end = HN_PROCESS_SIGNALED;
    else if (sscanf (lines[i], "failed %d", &status) == 1)
      end = HN_PROCESS_NOT_STARTED;
  }
  if (end == HN_PROCESS_LOST && self->pid > 0)
    kill (-self->pid, SIGKILL);
  self->pid = 0;
  self->events->ended (end, status, self->user_data);
}

static gboolean
on_words (int fd, GIOCondition condition, gpointer data)
{
  HnProcess *self = data;
  char words[128];
  gssize got = recv (fd, words, sizeof words, MSG_DONTWAIT);
  const char *pid;

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (got <= 0) {
    self->owner_id = 0;
    finish (self);
    return G_SOURCE_REMOVE;
  }
  if (self->heard->len + (gsize) got <= MAX_WORDS)
    g_string_append_len (self->heard, words, got);
  pid = strstr (self->heard->str, "pid ");
  if (self->pid == 0 && pid != NULL && strchr (pid, '\n') != NULL)
    self->pid = atoi (pid + 4);
  return G_SOURCE_CONTINUE;
}

static char **
supervisor_argv (const HnProcessOptions *options)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_autofree char *stop_ms = g_strdup_printf ("%" G_GINT64_FORMAT, options->stop_timeout_us / 1000);
  g_autofree char *fd = g_strdup_printf ("%d", OWNER_FD);

  g_strv_builder_add_many (argv, options->supervisor, "supervise", fd, stop_ms, NULL);
  g_strv_builder_addv (argv, (const char **) options->argv);
  return g_strv_builder_end (argv);
}

static GSubprocess *
spawn (const HnProcessOptions *options, int owner, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_auto (GStrv) argv = supervisor_argv (options);
  int output = open (options->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  if (output < 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "cannot write '%s': %s", options->output, g_strerror (errno));
    close (owner);
    return NULL;
  }
  g_subprocess_launcher_set_environ (launcher, (char **) options->environment);
  g_subprocess_launcher_set_cwd (launcher, options->directory);
  g_subprocess_launcher_take_stdout_fd (launcher, output);
  g_subprocess_launcher_take_stderr_fd (launcher, fcntl (output, F_DUPFD_CLOEXEC, 3));
  g_subprocess_launcher_take_fd (launcher, owner, OWNER_FD);
  return g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, error);
}

HnProcess *
hn_process_start (const HnProcessOptions *options, const HnProcessEvents *events, gpointer user_data, GError **error)
{
  g_autoptr (GError) local = NULL;
  GSubprocess *supervisor;
  HnProcess *self;
  int pair[2];

  if (access (options->argv[0], X_OK) != 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_NOT_FOUND, "cannot run '%s': %s", options->argv[0], g_strerror (errno));
    return NULL;
  }
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "cannot make a socket pair: %s", g_strerror (errno));
    return NULL;
  }
  supervisor = spawn (options, pair[1], &local);
  if (supervisor == NULL) {
    close (pair[0]);
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "cannot start the supervisor: %s", local->message);
    return NULL;
  }
  self = g_new0 (HnProcess, 1);
  self->supervisor = supervisor;
  self->events = events;
  self->user_data = user_data;
  self->owner = pair[0];
  self->heard = g_string_new (NULL);
  self->owner_id = g_unix_fd_add (self->owner, G_IO_IN | G_IO_HUP, on_words, self);
  return self;
}

static void
order (HnProcess *self, char what)
{
  if (self->owner_id != 0 && send (self->owner, &what, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    g_debug ("supervisor does not listen any more: %s", g_strerror (errno)); /* its end follows as an event */
}

void
hn_process_stop (HnProcess *self)
{
  order (self, 'T');
}

void
hn_process_kill (HnProcess *self)
{
  order (self, 'K');
}

int
hn_process_get_pid (HnProcess *self)
{
  return self->pid;
}

gboolean
hn_process_is_alive (HnProcess *self)
{
  return self != NULL && self->pid > 0 && kill (self->pid, 0) == 0;
}

void
hn_process_free (HnProcess *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->owner_id, g_source_remove);
  close (self->owner);
  g_clear_object (&self->supervisor);
  g_string_free (self->heard, TRUE);
  g_free (self);
}
