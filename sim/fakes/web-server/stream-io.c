/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/stream-io.h"

#include <string.h>

#include "sim/fakes/web-server/ws-frame.h"

#define MESSAGE_MAX (64 * 1024)
#define QUEUE_MAX (4 * 1024 * 1024)
#define CLOSE_SECONDS 5

struct SimStreamIo {
  guint refs; /* the owner, a read under way, a write under way, a timer */
  gboolean dead;
  gboolean deaf;
  gboolean closing;
  GIOStream *stream;
  GSocket *socket;
  GCancellable *gone;
  const SimStreamIoEvents *events; /* NULL: the owner has left */
  gpointer owner;
  SimWsReader *reader;
  guint8 buffer[16384];
  GQueue queue;
  gsize queued_bytes;
  gboolean writing;
  guint timer_id;
};

static void
unref (SimStreamIo *self)
{
  if (--self->refs > 0)
    return;
  g_queue_clear_full (&self->queue, (GDestroyNotify) g_bytes_unref);
  sim_ws_reader_free (self->reader);
  g_object_unref (self->stream);
  g_object_unref (self->socket);
  g_object_unref (self->gone);
  g_free (self);
}

/* Ends the connection; `lost` follows for an owner that is still there. */
static void
die (SimStreamIo *self)
{
  if (self->dead)
    return;
  self->dead = TRUE;
  g_clear_handle_id (&self->timer_id, g_source_remove);
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
  g_cancellable_cancel (self->gone);
  const SimStreamIoEvents *events = g_steal_pointer (&self->events);
  if (events)
    events->lost (self->owner);
}

static gboolean
die_later (gpointer data)
{
  SimStreamIo *self = data;

  self->timer_id = 0;
  die (self);
  return G_SOURCE_REMOVE;
}

static void read_more (SimStreamIo *self);

static void
handle_one (SimStreamIo *self, SimWsEvent event, GBytes *payload)
{
  gsize length = 0;
  const char *bytes = payload ? g_bytes_get_data (payload, &length) : NULL;

  if (event == SIM_WS_TEXT)
    self->events->text (self->owner, bytes ? bytes : "", length);
  else if (event == SIM_WS_BINARY)
    self->events->other (self->owner);
  else if (event == SIM_WS_BROKEN)
    die (self);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  SimStreamIo *self = data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);
  SimWsEvent event = SIM_WS_NOTHING;

  if (n <= 0)
    die (self);
  else
    sim_ws_reader_feed (self->reader, self->buffer, n);
  do {
    g_autoptr (GBytes) payload = NULL;
    event = self->dead || self->deaf || !self->events ? SIM_WS_NOTHING : sim_ws_reader_next (self->reader, &payload);
    if (event != SIM_WS_NOTHING)
      handle_one (self, event, payload);
  } while (event != SIM_WS_NOTHING);
  read_more (self);
  unref (self);
}

static void
read_more (SimStreamIo *self)
{
  if (self->dead || self->deaf)
    return;
  self->refs++;
  g_input_stream_read_async (g_io_stream_get_input_stream (self->stream), self->buffer, sizeof self->buffer,
                             G_PRIORITY_DEFAULT, self->gone, on_read, self);
}

static void write_more (SimStreamIo *self);

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  SimStreamIo *self = data;
  gboolean good = g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  g_autoptr (GBytes) done = g_queue_pop_head (&self->queue);

  self->writing = FALSE;
  self->queued_bytes -= g_bytes_get_size (done);
  if (!good || (self->closing && g_queue_is_empty (&self->queue)))
    die (self);
  else
    write_more (self);
  unref (self);
}

static void
write_more (SimStreamIo *self)
{
  GBytes *next = g_queue_peek_head (&self->queue);
  gsize length = 0;

  if (self->dead || self->writing || !next)
    return;
  self->writing = TRUE;
  self->refs++;
  const void *bytes = g_bytes_get_data (next, &length);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->stream), bytes, length, G_PRIORITY_DEFAULT,
                                   self->gone, on_written, self);
}

static void
put (SimStreamIo *self, GBytes *frame)
{
  self->queued_bytes += g_bytes_get_size (frame);
  g_queue_push_tail (&self->queue, frame);
  write_more (self);
}

void
sim_stream_io_send (SimStreamIo *self, const char *text)
{
  if (self->dead || self->closing)
    return;
  put (self, sim_ws_text_frame (text, strlen (text)));
  if (self->queued_bytes > QUEUE_MAX && self->timer_id == 0)
    self->timer_id = g_idle_add (die_later, self);
}

void
sim_stream_io_close (SimStreamIo *self)
{
  if (self->dead || self->closing)
    return;
  put (self, sim_ws_close_frame ());
  self->closing = TRUE;
  g_clear_handle_id (&self->timer_id, g_source_remove);
  self->timer_id = g_timeout_add_seconds (CLOSE_SECONDS, die_later, self);
}

void
sim_stream_io_deafen (SimStreamIo *self)
{
  self->deaf = TRUE;
}

SimStreamIo *
sim_stream_io_new (GIOStream *stream, GSocket *socket, const SimStreamIoEvents *events, gpointer owner)
{
  SimStreamIo *self = g_new0 (SimStreamIo, 1);

  self->refs = 1;
  self->stream = stream;
  self->socket = g_object_ref (socket);
  self->gone = g_cancellable_new ();
  self->events = events;
  self->owner = owner;
  self->reader = sim_ws_reader_new (MESSAGE_MAX);
  g_queue_init (&self->queue);
  read_more (self);
  return self;
}

void
sim_stream_io_free (SimStreamIo *self)
{
  if (!self)
    return;
  self->events = NULL;
  die (self);
  unref (self);
}
