/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines to and from web-server. The parent is trusted, what it passes on from a browser is not: a line has a limit.
 */
#include "sim/fakes/streamer/ipc-io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "sim/fakes/streamer/messages.h"

struct _SimIpc {
  const SimIpcEvents *events;
  gpointer owner;
  int out;
  guint source;
  GByteArray *pending;
};

static void
hand_out_lines (SimIpc *self)
{
  const guint8 *end;

  while ((end = memchr (self->pending->data, '\n', self->pending->len)) != NULL) {
    gsize len = (gsize)(end - self->pending->data);
    g_autofree char *line = g_strndup ((const char *)self->pending->data, len);

    g_byte_array_remove_range (self->pending, 0, (guint)len + 1);
    if (len > 0)
      self->events->line (self->owner, line, len);
  }
}

static gboolean
on_input (int fd, GIOCondition condition, gpointer data)
{
  SimIpc *self = data;
  guint8 buffer[16 * 1024];
  ssize_t got = read (fd, buffer, sizeof buffer);

  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (got > 0) {
    g_byte_array_append (self->pending, buffer, (guint)got);
    hand_out_lines (self);
    if (self->pending->len <= SIM_MESSAGE_MAX_BYTES)
      return G_SOURCE_CONTINUE;
    g_printerr ("streamer: a line of more than %d bytes\n", SIM_MESSAGE_MAX_BYTES);
  }
  self->source = 0;
  self->events->closed (self->owner);
  return G_SOURCE_REMOVE;
}

void
sim_ipc_write (SimIpc *self, const char *line)
{
  g_autofree char *text = g_strconcat (line, "\n", NULL);
  size_t length = strlen (text);

  for (size_t done = 0; done < length;) {
    ssize_t wrote = write (self->out, text + done, length - done);

    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0)
      return;
    done += (size_t)wrote;
  }
}

SimIpc *
sim_ipc_new (const SimIpcEvents *events, gpointer owner)
{
  SimIpc *self = g_new0 (SimIpc, 1);

  self->events = events;
  self->owner = owner;
  self->pending = g_byte_array_new ();
  self->out = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2 (STDERR_FILENO, STDOUT_FILENO);
  self->source = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, self);
  return self;
}

void
sim_ipc_free (SimIpc *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->source, g_source_remove);
  g_byte_array_unref (self->pending);
  close (self->out);
  g_free (self);
}
