/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/gate.h"

#include <string.h>

#include "base/clock.h"
#include "net/pace.h"

/* Rules: libsoup sees a stream that holds exactly one request and never the socket's end; it writes through the wire. When it has written the body the
 * connection is stolen back. After hn_gate_abort() the streams outlive the gate but fail every call, so that a message whose handler
 * answers late ends as if the client had reset: it is never stolen half-way, which would end a chunked answer as if it were whole. */

#define CANCELLABLE_KEY "hn-gate-cancellable"
#define SECURE_KEY "hn-gate-secure"

/* ---- the two streams ---- */

typedef struct {
  HnWire *wire; /* NULL: the client is gone */
  GSource *blocked; /* what libsoup waits on */
  gpointer blocked_tag;
  gint64 last_us; /* when the client took bytes last, or they began to wait; 0 while nothing was written */
  gsize rest_bytes; /* of what libsoup wrote last */
  HnPace taking;
} Line;

#define HN_TYPE_GATE_INPUT (hn_gate_input_get_type ())
#define HN_TYPE_GATE_OUTPUT (hn_gate_output_get_type ())
G_DECLARE_FINAL_TYPE (HnGateInput, hn_gate_input, HN, GATE_INPUT, GInputStream)
G_DECLARE_FINAL_TYPE (HnGateOutput, hn_gate_output, HN, GATE_OUTPUT, GOutputStream)

struct _HnGateInput {
  GInputStream parent_instance;
  GByteArray *request;
  gsize read;
};

struct _HnGateOutput {
  GOutputStream parent_instance;
  Line line;
};

static void hn_gate_input_pollable_init (GPollableInputStreamInterface *iface);
static void hn_gate_output_pollable_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (HnGateInput, hn_gate_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, hn_gate_input_pollable_init))
G_DEFINE_FINAL_TYPE_WITH_CODE (HnGateOutput, hn_gate_output, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, hn_gate_output_pollable_init))

static gssize
input_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  HnGateInput *self = HN_GATE_INPUT (stream);
  gsize n = MIN (count, self->request->len - self->read);

  if (n > 0)
    memcpy (buffer, self->request->data + self->read, n);
  self->read += n;
  return (gssize) n;
}

static gssize
input_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  return input_read (G_INPUT_STREAM (stream), buffer, count, NULL, error);
}

static gboolean
input_is_readable (GPollableInputStream *stream)
{
  return TRUE;
}

static GSource *
input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  GSource *now = g_timeout_source_new (0);
  GSource *source = g_pollable_source_new_full (stream, now, cancellable);

  g_source_unref (now);
  return source;
}

static void
hn_gate_input_finalize (GObject *object)
{
  g_byte_array_unref (HN_GATE_INPUT (object)->request);
  G_OBJECT_CLASS (hn_gate_input_parent_class)->finalize (object);
}

static void
hn_gate_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = input_is_readable;
  iface->create_source = input_create_source;
  iface->read_nonblocking = input_read_nonblocking;
}

static void
hn_gate_input_class_init (HnGateInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = input_read;
  G_OBJECT_CLASS (klass)->finalize = hn_gate_input_finalize;
}

static void
hn_gate_input_init (HnGateInput *self)
{
}

/* What libsoup could not send yet, and what the client has not acknowledged. */
static void
look (Line *line)
{
  hn_pace_left (&line->taking, line->rest_bytes + hn_wire_get_untaken (line->wire), hn_clock_now_us ());
}

static gssize
output_write (GOutputStream *stream, const void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  Line *line = &HN_GATE_OUTPUT (stream)->line;
  gsize taken = 0;

  if (line->wire == NULL || !hn_wire_offer (line->wire, buffer, count, &taken)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "the client is gone");
    return -1;
  }
  if (taken > 0 || line->last_us == 0)
    line->last_us = hn_clock_now_us ();
  line->rest_bytes = count - taken;
  if (line->rest_bytes == 0)
    hn_pace_rest (&line->taking);
  else
    look (line);
  if (taken > 0)
    return (gssize) taken;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "the client takes nothing");
  return -1;
}

static gssize
output_write_nonblocking (GPollableOutputStream *stream, const void *buffer, gsize count, GError **error)
{
  return output_write (G_OUTPUT_STREAM (stream), buffer, count, NULL, error);
}

static gboolean
output_is_writable (GPollableOutputStream *stream)
{
  return TRUE;
}

static gboolean
blocked_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback == NULL || callback (user_data);
}

static GSourceFuncs blocked_funcs = { NULL, NULL, blocked_dispatch, NULL, NULL, NULL };

static GSource *
output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  Line *line = &HN_GATE_OUTPUT (stream)->line;
  GSource *source = g_pollable_source_new_full (stream, NULL, cancellable);

  g_clear_pointer (&line->blocked, g_source_unref);
  line->blocked = g_source_new (&blocked_funcs, sizeof (GSource));
  if (line->wire != NULL)
    line->blocked_tag = g_source_add_unix_fd (line->blocked, hn_wire_get_fd (line->wire), G_IO_OUT | G_IO_HUP | G_IO_ERR);
  else
    g_source_set_ready_time (line->blocked, 0);
  g_source_add_child_source (source, line->blocked);
  return source;
}

static void
hn_gate_output_finalize (GObject *object)
{
  g_clear_pointer (&HN_GATE_OUTPUT (object)->line.blocked, g_source_unref);
  G_OBJECT_CLASS (hn_gate_output_parent_class)->finalize (object);
}

static void
hn_gate_output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = output_is_writable;
  iface->create_source = output_create_source;
  iface->write_nonblocking = output_write_nonblocking;
}

static void
hn_gate_output_class_init (HnGateOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = output_write;
  G_OBJECT_CLASS (klass)->finalize = hn_gate_output_finalize;
}

static void
hn_gate_output_init (HnGateOutput *self)
{
  self->line.wire = NULL;
}

/* From now on every call fails; who waits is woken to find out. */
static void
hang_up (Line *line)
{
  line->wire = NULL;
  if (line->blocked == NULL || g_source_is_destroyed (line->blocked))
    return;
  if (line->blocked_tag != NULL)
    g_source_remove_unix_fd (line->blocked, line->blocked_tag);
  line->blocked_tag = NULL;
  g_source_set_ready_time (line->blocked, 0);
}

/* ---- the gate ---- */

struct _HnGate {
  HnPollerWatch watch; /* only for hn_poller_again(): `answered` must come from the loop */
  HnPoller *poller;
  HnGateOutput *output;
  SoupServerMessage *message;
  GCancellable *cancellable;
  gboolean keep_alive;
  gboolean ended;
  gint64 since_us;
  const HnGateEvents *events;
  gpointer user_data;
};

static void
on_turn (HnPollerWatch *watch, uint32_t events)
{
  HnGate *self = (HnGate *) watch;

  self->events->answered (self->keep_alive, self->user_data);
}

static void
end (HnGate *self, gboolean keep_alive)
{
  if (self->ended)
    return;
  self->ended = TRUE;
  self->keep_alive = keep_alive;
  hn_poller_again (self->poller, &self->watch);
}

/* Whether what the handler set lets the connection live on. */
static gboolean
answer_keeps_alive (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  return soup_message_headers_get_encoding (headers) != SOUP_ENCODING_EOF
         && !soup_message_headers_header_contains (headers, "Connection", "close");
}

static void
on_wrote_body (SoupServerMessage *message, gpointer user_data)
{
  HnGate *self = user_data;
  gboolean keep_alive = self->keep_alive && answer_keeps_alive (message);
  GIOStream *stream = soup_server_message_steal_connection (message);

  g_clear_object (&stream);
  end (self, keep_alive);
}

static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  end (user_data, FALSE);
}

static void
on_request_started (SoupServer *api, SoupServerMessage *message, gpointer user_data)
{
  HnGate *self = user_data;

  if (self->message != NULL)
    return;
  self->message = g_object_ref (message);
  if (!self->keep_alive)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection", "close");
  g_object_set_data_full (G_OBJECT (message), CANCELLABLE_KEY, g_object_ref (self->cancellable), g_object_unref);
  if (hn_wire_is_tls (self->output->line.wire))
    g_object_set_data (G_OBJECT (message), SECURE_KEY, (gpointer) SECURE_KEY);
  g_signal_connect (message, "wrote-body", G_CALLBACK (on_wrote_body), self);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), self);
}

HnGate *
hn_gate_open (HnPoller *poller, SoupServer *api, HnWire *wire, GByteArray *request, gboolean keep_alive, GSocketAddress *local,
              GSocketAddress *remote, const HnGateEvents *events, gpointer user_data)
{
  g_autoptr (HnGateInput) input = g_object_new (HN_TYPE_GATE_INPUT, NULL);
  g_autoptr (GIOStream) stream = NULL;
  HnGate *self = g_new0 (HnGate, 1);
  gulong started;

  self->watch.ready = on_turn;
  self->poller = poller;
  self->output = g_object_new (HN_TYPE_GATE_OUTPUT, NULL);
  self->output->line.wire = wire;
  self->cancellable = g_cancellable_new ();
  self->keep_alive = keep_alive;
  self->since_us = hn_clock_now_us ();
  self->events = events;
  self->user_data = user_data;
  input->request = request;
  stream = g_simple_io_stream_new (G_INPUT_STREAM (input), G_OUTPUT_STREAM (self->output));
  started = g_signal_connect (api, "request-started", G_CALLBACK (on_request_started), self);
  if (!soup_server_accept_iostream (api, stream, local, remote, NULL))
    end (self, FALSE);
  g_signal_handler_disconnect (api, started);
  if (self->message == NULL)
    end (self, FALSE);
  return self;
}

gboolean
hn_gate_has_begun (HnGate *self)
{
  return self->output->line.last_us != 0;
}

gint64
hn_gate_get_deadline (HnGate *self, gint64 handler_us, gint64 stall_us, gint64 pace_us)
{
  Line *line = &self->output->line;

  if (line->last_us == 0)
    return self->since_us + handler_us;
  return hn_pace_get_deadline (&line->taking, stall_us, pace_us);
}

gboolean
hn_gate_look_again (HnGate *self)
{
  Line *line = &self->output->line;

  if (line->taking.since_us == 0)
    return FALSE;
  look (line);
  return TRUE;
}

void
hn_gate_free (HnGate *self)
{
  if (self == NULL)
    return;
  if (self->message != NULL)
    g_signal_handlers_disconnect_by_data (self->message, self);
  hn_poller_forget (self->poller, &self->watch);
  hang_up (&self->output->line);
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->output);
  g_free (self);
}

void
hn_gate_abort (HnGate *self)
{
  g_autoptr (GCancellable) cancellable = NULL;

  if (self == NULL)
    return;
  cancellable = g_object_ref (self->cancellable);
  hn_gate_free (self);
  g_cancellable_cancel (cancellable);
}

GCancellable *
hn_gate_get_cancellable (SoupServerMessage *message)
{
  return g_object_get_data (G_OBJECT (message), CANCELLABLE_KEY);
}

gboolean
hn_gate_is_secure (SoupServerMessage *message)
{
  return g_object_get_data (G_OBJECT (message), SECURE_KEY) != NULL;
}
