/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/turn-probe.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/turn-url.h"
#include "net/deadline.h"
#include "net/stun-message.h"
#include "net/timer.h"
#include "net/turn-dialog.h"

#define RETRY_US (HN_LIMIT_STUN_RETRY_MS * G_GINT64_CONSTANT (1000))

/* Each operation of GIO that is under way holds the task, and the task holds this. */
typedef struct {
  char *text; /* of the URL */
  HnTurnUrl *url;
  HnRandom *random;
  HnTurnDialog *dialog;
  HnDeadline *deadline;
  GSocketClient *client;
  GSocketConnection *connection;
  HnTimer *retry;
  gint64 pause_us; /* until the same datagram goes out again */
  gint64 sent_us;
  gint64 rtt_us; /* shortest so far, HN_NEVER before the first */
  guint8 out[HN_LIMIT_STUN_BYTES * 2]; /* what is being written stays as it is */
  gboolean is_writing;
  gboolean is_outdated; /* what is being written: the answer to it was here sooner than GIO's word that it is out */
  gboolean is_over;
  guint8 in[HN_LIMIT_STUN_BYTES + 1];
  gsize in_bytes;
} Probe;

static void
probe_free (Probe *self)
{
  hn_timer_free (self->retry);
  hn_deadline_free (self->deadline);
  g_clear_object (&self->connection);
  g_clear_object (&self->client);
  hn_turn_dialog_free (self->dialog);
  hn_random_free (self->random);
  hn_turn_url_free (self->url);
  g_free (self->text);
  g_free (self);
}

void
hn_turn_probe_result_free (HnTurnProbeResult *self)
{
  if (self == NULL)
    return;
  g_free (self->relayed);
  g_free (self);
}

/* ---- the end ---- */

static void
end (GTask *task, GError *error)
{
  Probe *self = g_task_get_task_data (task);

  self->is_over = TRUE;
  hn_timer_arm (self->retry, HN_NEVER);
  if (error != NULL) {
    g_prefix_error (&error, "'%s': ", self->text);
    g_task_return_error (task, error);
  } else {
    HnTurnProbeResult *result = g_new0 (HnTurnProbeResult, 1);

    result->rtt_us = self->rtt_us;
    result->relayed = g_strdup (hn_turn_dialog_get_relayed (self->dialog, &result->port));
    result->is_open = hn_turn_dialog_get_realm (self->dialog) == NULL;
    g_task_return_pointer (task, result, (GDestroyNotify) hn_turn_probe_result_free);
  }
  hn_deadline_cancel (self->deadline); /* what is under way comes back and lets go */
}

static GError *
silence (Probe *self)
{
  const char *odd = hn_turn_dialog_get_odd (self->dialog);

  if (self->connection == NULL)
    return g_error_new_literal (HN_ERROR, HN_ERROR_TIMEOUT, "no connection in time");
  if (odd != NULL)
    return g_error_new_literal (HN_ERROR, HN_ERROR_PROTOCOL, odd);
  return g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "no answer in time: nobody listens there, or a firewall drops %s",
                      self->url->is_tcp ? "TCP" : "UDP");
}

/* It goes no further. (@error is taken.) */
static void
fail (GTask *task, GError *error)
{
  Probe *self = g_task_get_task_data (task);
  g_autoptr (GError) cause = error;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    end (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));
  else if (hn_turn_dialog_has_relay (self->dialog))
    end (task, NULL); /* the question is answered, however the return went */
  else if (hn_deadline_has_passed (self->deadline))
    end (task, silence (self));
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    end (task, g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "connection refused: nobody listens on %s port %u",
                            self->url->is_tcp ? "TCP" : "UDP", self->url->port));
  else if (cause->domain == HN_ERROR)
    end (task, g_steal_pointer (&cause));
  else
    end (task, g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "%s", cause->message));
}

/* ---- there ---- */

static void on_written (GObject *out, GAsyncResult *result, gpointer data);

static void
send_request (GTask *task)
{
  Probe *self = g_task_get_task_data (task);
  const GByteArray *request = hn_turn_dialog_get_request (self->dialog);

  self->sent_us = hn_clock_now_us ();
  if (!self->url->is_tcp) {
    hn_timer_arm (self->retry, self->sent_us + self->pause_us);
    self->pause_us *= 2;
  }
  self->is_outdated = self->is_writing;
  if (self->is_writing || request->len > sizeof self->out)
    return;
  self->is_writing = TRUE;
  memcpy (self->out, request->data, request->len);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (self->connection)), self->out, request->len,
                                   G_PRIORITY_DEFAULT, hn_deadline_get_cancellable (self->deadline), on_written, g_object_ref (task));
}

static void
on_written (GObject *out, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Probe *self = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean ok = g_output_stream_write_all_finish (G_OUTPUT_STREAM (out), result, NULL, &error);

  self->is_writing = FALSE;
  if (self->is_over)
    g_clear_error (&error);
  else if (!ok)
    fail (task, error);
  else if (self->is_outdated)
    send_request (task);
}

static void
on_retry_due (gpointer data)
{
  send_request (data);
}

/* ---- and back ---- */

static void
handle (GTask *task, const guint8 *bytes, gsize length)
{
  Probe *self = g_task_get_task_data (task);
  gint64 rtt_us = MAX (1, hn_clock_now_us () - self->sent_us);
  GError *error = NULL;
  HnTurnDialogStep step = hn_turn_dialog_handle (self->dialog, bytes, length, &error);

  if (step != HN_TURN_DIALOG_WAIT && (self->rtt_us == HN_NEVER || rtt_us < self->rtt_us))
    self->rtt_us = rtt_us;
  switch (step) {
  case HN_TURN_DIALOG_WAIT:
    break;
  case HN_TURN_DIALOG_SEND:
    self->pause_us = RETRY_US;
    send_request (task);
    break;
  case HN_TURN_DIALOG_DONE:
  case HN_TURN_DIALOG_FAILED:
    end (task, error);
    break;
  }
}

/* Messages of a stream follow each other; a datagram is one. Returns FALSE for a stream that says something else. */
static gboolean
handle_bytes (GTask *task)
{
  Probe *self = g_task_get_task_data (task);
  gssize whole;

  if (!self->url->is_tcp) {
    handle (task, self->in, self->in_bytes);
    self->in_bytes = 0;
    return TRUE;
  }
  while ((whole = hn_stun_message_length (self->in, self->in_bytes)) > 0 && (gsize) whole <= self->in_bytes && !self->is_over) {
    handle (task, self->in, (gsize) whole);
    self->in_bytes -= (gsize) whole;
    memmove (self->in, self->in + whole, self->in_bytes);
  }
  return whole >= 0;
}

static void receive (GTask *task);

static void
on_read (GObject *in, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Probe *self = g_task_get_task_data (task);
  GError *error = NULL;
  gssize count = g_input_stream_read_finish (G_INPUT_STREAM (in), result, &error);

  if (self->is_over) {
    g_clear_error (&error);
    return;
  }
  if (count < 0) {
    fail (task, error);
    return;
  }
  if (count == 0 && self->url->is_tcp) {
    fail (task, g_error_new_literal (HN_ERROR, HN_ERROR_PROTOCOL, "it closes the connection"));
    return;
  }
  self->in_bytes += (gsize) count;
  if (!handle_bytes (task) && !self->is_over)
    end (task, g_error_new_literal (HN_ERROR, HN_ERROR_PROTOCOL, "what it sends is no STUN message"));
  else if (!self->is_over)
    receive (task);
}

static void
receive (GTask *task)
{
  Probe *self = g_task_get_task_data (task);

  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (self->connection)), self->in + self->in_bytes,
                             sizeof self->in - self->in_bytes, G_PRIORITY_DEFAULT, hn_deadline_get_cancellable (self->deadline), on_read,
                             g_object_ref (task));
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Probe *self = g_task_get_task_data (task);
  GError *error = NULL;

  self->connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (self->connection == NULL) {
    fail (task, error);
    return;
  }
  receive (task);
  send_request (task);
}

void
hn_turn_probe_async (const char *url, const char *username, const char *credential, gint64 timeout_us, GCancellable *cancellable,
                     GAsyncReadyCallback done, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  Probe *self = g_new0 (Probe, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, hn_turn_probe_async);
  g_task_set_task_data (task, self, (GDestroyNotify) probe_free);
  self->text = g_strdup (url);
  self->rtt_us = HN_NEVER;
  self->pause_us = RETRY_US;
  self->random = hn_random_new_system ();
  self->dialog = hn_turn_dialog_new (username, credential, self->random);
  self->retry = hn_timer_new (on_retry_due, task);
  self->deadline = hn_deadline_new (timeout_us, cancellable);
  self->url = hn_turn_url_parse (url, &error);
  if (self->url != NULL && self->url->is_tls && !self->url->is_tcp)
    error = g_error_new_literal (HN_ERROR, HN_ERROR_INVALID, "TURN over DTLS is not supported");
  if (error != NULL) {
    end (task, error);
    g_object_unref (task);
    return;
  }
  self->client = g_socket_client_new ();
  g_socket_client_set_enable_proxy (self->client, FALSE);
  if (!self->url->is_tcp) {
    g_socket_client_set_socket_type (self->client, G_SOCKET_TYPE_DATAGRAM);
    g_socket_client_set_protocol (self->client, G_SOCKET_PROTOCOL_UDP);
  }
  g_socket_client_set_tls (self->client, self->url->is_tls);
  g_socket_client_connect_to_host_async (self->client, self->url->host, self->url->port, hn_deadline_get_cancellable (self->deadline),
                                         on_connected, task);
}

HnTurnProbeResult *
hn_turn_probe_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
