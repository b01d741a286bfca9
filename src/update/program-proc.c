/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/program-proc.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/deadline.h"

#define OUTPUT_BYTES 4096
#define SHOWN_BYTES 200
#define SAFE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

typedef struct {
  GSubprocess *process;
  HnDeadline *deadline;
  int seconds;
} Run;

static void
run_free (gpointer data)
{
  Run *self = data;

  if (self->process != NULL)
    g_subprocess_force_exit (self->process);
  g_clear_object (&self->process);
  hn_deadline_free (self->deadline);
  g_free (self);
}

/* The last line of what it said, made fit for ours. */
static char *
last_line (GBytes *bytes)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (bytes, &length);
  g_autofree char *copy = g_strstrip (g_strndup (text, MIN (length, OUTPUT_BYTES)));
  const char *newline = strrchr (copy, '\n');
  g_autofree char *line = g_strndup (newline != NULL ? newline + 1 : copy, SHOWN_BYTES);

  for (char *c = line; *c != '\0'; c++)
    if (!g_ascii_isprint (*c))
      *c = '?';
  return g_steal_pointer (&line);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Run *self = g_task_get_task_data (task);
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  if (!g_subprocess_communicate_finish (G_SUBPROCESS (source), result, &output, NULL, &error)) {
    if (hn_deadline_has_passed (self->deadline))
      g_task_return_new_error (task, HN_ERROR, HN_ERROR_TIMEOUT, "did not end within %d s", self->seconds);
    else
      g_task_return_new_error (task, HN_ERROR, HN_ERROR_INTERNAL, "%s", error->message);
    return;
  }
  if (g_subprocess_get_successful (self->process)) {
    g_task_return_pointer (task, g_strndup (g_bytes_get_data (output, NULL), MIN (g_bytes_get_size (output), OUTPUT_BYTES)), g_free);
    return;
  }
  line = last_line (output);
  if (g_subprocess_get_if_exited (self->process))
    g_task_return_new_error (task, HN_ERROR, HN_ERROR_INTERNAL, "ended with status %d: %s", g_subprocess_get_exit_status (self->process), line);
  else
    g_task_return_new_error (task, HN_ERROR, HN_ERROR_INTERNAL, "was ended by signal %d", g_subprocess_get_term_sig (self->process));
}

void
hn_program_proc_run_async (const char *const *argv, int seconds, GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  const char *environment[] = { "PATH=" SAFE_PATH, NULL };
  Run *self = g_new0 (Run, 1);
  GError *error = NULL;

  self->seconds = seconds;
  self->deadline = hn_deadline_new (hn_seconds (seconds), cancellable);
  g_task_set_source_tag (task, hn_program_proc_run_async);
  g_task_set_task_data (task, self, run_free);
  g_subprocess_launcher_set_environ (launcher, (char **) environment);
  self->process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  if (self->process == NULL) {
    g_task_return_new_error (task, HN_ERROR, HN_ERROR_INTERNAL, "%s", error->message);
    g_clear_error (&error);
    g_object_unref (task);
    return;
  }
  g_subprocess_communicate_async (self->process, NULL, hn_deadline_get_cancellable (self->deadline), on_ended, task);
}

char *
hn_program_proc_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
