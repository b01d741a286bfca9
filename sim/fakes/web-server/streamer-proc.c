/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/streamer-proc.h"

#include <string.h>

#include "sim/fakes/web-server/log.h"

#define QUEUE_MAX (1024 * 1024)

struct SimStreamer {
  const SimStreamerEvents *events;
  gpointer owner;
  GSubprocess *child;
  GDataInputStream *out;
  GDataInputStream *err;
  GCancellable *gone;
  GByteArray *queue;
  GBytes *writing;
};

static void read_out (SimStreamer *self);
static void read_err (GDataInputStream *err, GCancellable *gone);

/* A cancelled read says that the owner is dead. */
static void
on_out (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line =
      g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, &error);
  SimStreamer *self = data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (!line) {
    self->events->closed (self->owner);
    return;
  }
  read_out (self);
  self->events->line (self->owner, line);
}

static void
read_out (SimStreamer *self)
{
  g_data_input_stream_read_line_async (self->out, G_PRIORITY_DEFAULT, self->gone, on_out, self);
}

static void
on_err (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GCancellable) gone = data;
  g_autofree char *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);

  if (!line)
    return;
  sim_log (SIM_LOG_INFO, "web_server::api::stream", "%s", line);
  read_err (G_DATA_INPUT_STREAM (source), gone);
}

static void
read_err (GDataInputStream *err, GCancellable *gone)
{
  g_data_input_stream_read_line_async (err, G_PRIORITY_DEFAULT, gone, on_err, g_object_ref (gone));
}

static void write_more (SimStreamer *self);

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  SimStreamer *self = data;

  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_pointer (&self->writing, g_bytes_unref);
  if (!error)
    write_more (self);
}

static void
write_more (SimStreamer *self)
{
  gsize length = 0;

  if (self->writing || self->queue->len == 0)
    return;
  self->writing = g_byte_array_free_to_bytes (self->queue);
  self->queue = g_byte_array_new ();
  const void *bytes = g_bytes_get_data (self->writing, &length);
  g_output_stream_write_all_async (g_subprocess_get_stdin_pipe (self->child), bytes, length, G_PRIORITY_DEFAULT,
                                   self->gone, on_written, self);
}

void
sim_streamer_signal (SimStreamer *self, int number)
{
  g_subprocess_send_signal (self->child, number);
}

void
sim_streamer_send (SimStreamer *self, const char *line)
{
  if (self->queue->len + strlen (line) >= QUEUE_MAX) {
    g_subprocess_force_exit (self->child);
    return;
  }
  g_byte_array_append (self->queue, (const guint8 *) line, strlen (line));
  g_byte_array_append (self->queue, (const guint8 *) "\n", 1);
  write_more (self);
}

SimStreamer *
sim_streamer_new (const char *path, const SimFaults *faults, const SimStreamerEvents *events, gpointer owner,
                  GError **error)
{
  const char *argv[4] = { path }; /* the real one has no arguments */
  guint n = 1;

  if (faults->deaf_channels)
    argv[n++] = "--deaf";
  if (faults->orphan_streamer)
    argv[n++] = "--orphan";
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  /* its leaks are tests/browser/test_streamer.py's to find: to be told where memory is from costs it two thirds of its time */
  g_subprocess_launcher_setenv (launcher, "ASAN_OPTIONS", "detect_leaks=0:fast_unwind_on_malloc=1:malloc_context_size=1", TRUE);
  g_autoptr (GSubprocess) child = g_subprocess_launcher_spawnv (launcher, argv, error);

  if (!child)
    return NULL;
  SimStreamer *self = g_new0 (SimStreamer, 1);
  self->events = events;
  self->owner = owner;
  self->gone = g_cancellable_new ();
  self->queue = g_byte_array_new ();
  self->out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  self->err = g_data_input_stream_new (g_subprocess_get_stderr_pipe (child));
  self->child = g_steal_pointer (&child);
  read_out (self);
  read_err (self->err, self->gone);
  return self;
}

void
sim_streamer_free (SimStreamer *self)
{
  if (!self)
    return;
  g_cancellable_cancel (self->gone);
  g_subprocess_force_exit (self->child);
  g_object_unref (self->child);
  g_object_unref (self->out);
  g_object_unref (self->err);
  g_object_unref (self->gone);
  g_byte_array_unref (self->queue);
  g_clear_pointer (&self->writing, g_bytes_unref);
  g_free (self);
}
