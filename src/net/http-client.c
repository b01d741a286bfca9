/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A caller of a thousand servers wants no kept connections: SoupSession reads once from each of them at every call, and each has a timer of its
 * own in the main context. That is what `fresh` is for; it also tells "could not connect" from "was cut while it worked".
 *
 * Rules: a deadline over the whole call, not per read; at most HN_LIMIT_REPLY_BYTES of an answer; a stream is read to its end, or libsoup does not
 * pool the connection; nothing is called from inside the call that starts it. */
#include "net/http-client.h"

#include <libsoup/soup.h>
#include <string.h>

#include "base/build.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/deadline.h"
#include "net/timer.h"

#define READ_BYTES 16384
#define UNSENT "the request did not leave"

struct _HnHttpClient {
  SoupSession *session;
  SoupSession *trustful; /* for those whose certificate nobody checks */
};

static SoupSession *
session_new (void)
{
  g_autofree char *agent = g_strconcat ("hydraneckwebrtc/", hn_build_version (), NULL);
  SoupSession *session = soup_session_new_with_options ("max-conns", 4096, "max-conns-per-host", 64, "idle-timeout", 15, NULL);

  soup_session_set_proxy_resolver (session, NULL);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  soup_session_set_user_agent (session, agent);
  return session;
}

HnHttpClient *
hn_http_client_new (void)
{
  HnHttpClient *self = g_new0 (HnHttpClient, 1);

  self->session = session_new ();
  self->trustful = session_new ();
  soup_session_set_tls_database (self->trustful, NULL);
  return self;
}

void
hn_http_client_free (HnHttpClient *self)
{
  if (self == NULL)
    return;
  soup_session_abort (self->session);
  soup_session_abort (self->trustful);
  g_clear_object (&self->session);
  g_clear_object (&self->trustful);
  g_free (self);
}

static gboolean
accept_any (SoupMessage *message, GTlsCertificate *certificate, GTlsCertificateFlags errors, gpointer data)
{
  return TRUE;
}

static void
set_basic (SoupMessageHeaders *headers, const char *user, const char *password)
{
  g_autofree char *plain = g_strconcat (user, ":", password != NULL ? password : "", NULL);
  g_autofree char *coded = g_base64_encode ((const guint8 *) plain, strlen (plain));
  g_autofree char *value = g_strconcat ("Basic ", coded, NULL);

  soup_message_headers_replace (headers, "Authorization", value);
}

static SoupMessage *
message_new (const HnHttpCall *call, GError **error)
{
  SoupMessage *message = soup_message_new (call->method, call->url);
  SoupMessageHeaders *headers;

  if (message == NULL) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "not a URL: '%s'", call->url);
    return NULL;
  }
  headers = soup_message_get_request_headers (message);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE);
  soup_message_disable_feature (message, SOUP_TYPE_AUTH_MANAGER);
  if (call->bearer != NULL) {
    g_autofree char *value = g_strconcat ("Bearer ", call->bearer, NULL);

    soup_message_headers_replace (headers, "Authorization", value);
  }
  if (call->basic_user != NULL)
    set_basic (headers, call->basic_user, call->basic_password);
  for (gsize i = 0; call->fields != NULL && call->fields[i] != NULL; i += 2)
    soup_message_headers_replace (headers, call->fields[i], call->fields[i + 1]);
  if (call->body != NULL || g_str_equal (call->method, "POST") || g_str_equal (call->method, "PUT")) {
    const char *body = call->body != NULL ? call->body : "{}";
    g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

    soup_message_set_request_body_from_bytes (message, call->body_type != NULL ? call->body_type : "application/json", bytes);
  }
  if (call->any_certificate)
    g_signal_connect (message, "accept-certificate", G_CALLBACK (accept_any), NULL);
  if (call->fresh) {
    soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);
    soup_message_headers_replace (headers, "Connection", "close");
  }
  return message;
}

/* ---- one exchange: message, deadline, cancellation; shared by both kinds of call ---- */

typedef struct {
  SoupMessage *message;
  HnDeadline *deadline;
  gint64 timeout_us;
  GInputStream *stream;
  HnTimer *connecting; /* (nullable) fresh: until the server is reached */
  gulong network_handler;
  gulong interim_handler;
  gulong sent_handler;
  gboolean sent;         /* the whole head of the request has left */
  guint interims;        /* 1xx answers so far */
  gboolean connected;    /* fresh: it was */
  gboolean connect_late; /* fresh: it was not in time */
} Exchange;

static void
on_connect_late (gpointer data)
{
  Exchange *self = data;

  self->connect_late = TRUE;
  hn_deadline_cancel (self->deadline);
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer data)
{
  Exchange *self = data;

  if (event == G_SOCKET_CLIENT_RESOLVING)
    hn_timer_arm (self->connecting, hn_clock_now_us () + hn_seconds (HN_LIMIT_CONNECT_SECONDS));
  if (event != G_SOCKET_CLIENT_CONNECTED)
    return;
  self->connected = TRUE;
  hn_timer_arm (self->connecting, HN_NEVER);
}

/* From when libsoup begins with it: a call that waits for its turn here says nothing about the server. */
static void
exchange_watch_connect (Exchange *self)
{
  self->connecting = hn_timer_new (on_connect_late, self);
  self->network_handler = g_signal_connect (self->message, "network-event", G_CALLBACK (on_network_event), self);
}

/* libsoup reads them in one go for as long as they come: no timer fires meanwhile. */
static void
on_interim (SoupMessage *message, gpointer data)
{
  Exchange *self = data;

  if (++self->interims > HN_LIMIT_INTERIM_ANSWERS)
    hn_deadline_cancel (self->deadline);
}

static void
on_sent (SoupMessage *message, gpointer data)
{
  Exchange *self = data;

  self->sent = TRUE;
}

static SoupSession *
session_for (HnHttpClient *self, const HnHttpCall *call)
{
  return call->any_certificate ? self->trustful : self->session;
}

static gboolean
exchange_open (Exchange *self, const HnHttpCall *call, GCancellable *outer, GError **error)
{
  self->message = message_new (call, error);
  if (self->message == NULL)
    return FALSE;
  self->timeout_us = call->timeout_us > 0 ? call->timeout_us : hn_seconds (HN_LIMIT_SUNSHINE_SECONDS);
  self->deadline = hn_deadline_new (self->timeout_us, outer);
  self->interim_handler = g_signal_connect (self->message, "got-informational", G_CALLBACK (on_interim), self);
  self->sent_handler = g_signal_connect (self->message, "wrote-headers", G_CALLBACK (on_sent), self);
  if (call->fresh)
    exchange_watch_connect (self);
  return TRUE;
}

static GCancellable *
exchange_cancellable (Exchange *self)
{
  return hn_deadline_get_cancellable (self->deadline);
}

static void
exchange_close (Exchange *self)
{
  if (self->message != NULL) {
    g_clear_signal_handler (&self->network_handler, self->message);
    g_clear_signal_handler (&self->interim_handler, self->message);
    g_clear_signal_handler (&self->sent_handler, self->message);
  }
  g_clear_pointer (&self->connecting, hn_timer_free);
  g_clear_pointer (&self->deadline, hn_deadline_free);
  g_clear_object (&self->stream);
  g_clear_object (&self->message);
}

static GError *
exchange_meaning (Exchange *self, const GError *error)
{
  if (self->deadline != NULL && hn_deadline_has_passed (self->deadline))
    return g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "timed out after %.3g s", (double) self->timeout_us / 1e6);
  if (self->interims > HN_LIMIT_INTERIM_ANSWERS)
    return g_error_new_literal (HN_ERROR, HN_ERROR_UPSTREAM, "too many interim answers");
  if (self->connect_late)
    return g_error_new (HN_ERROR, HN_ERROR_TIMEOUT, "no connection within %d s", HN_LIMIT_CONNECT_SECONDS);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || error->domain == HN_ERROR)
    return g_error_copy (error);
  return g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "%s", error->message);
}

/* What a failed exchange means to the caller. */
static GError *
exchange_error (Exchange *self, const GError *error)
{
  GError *meaning = exchange_meaning (self, error);

  if (!self->sent && meaning->domain == HN_ERROR)
    hn_error_set_detail (meaning, "%s", UNSENT);
  return meaning;
}

gboolean
hn_http_client_error_is_unsent (const GError *error)
{
  return error->domain == HN_ERROR && g_strcmp0 (hn_error_detail (error), UNSENT) == 0;
}

/* ---- one answer, whole ---- */

typedef struct {
  Exchange exchange;
  GByteArray *body;
  HnHttpChunk chunk; /* (nullable) takes the body of a 2xx answer */
  gpointer chunk_data;
  guint64 limit_bytes;
  guint64 received;
} Call;

static void
call_free (Call *self)
{
  exchange_close (&self->exchange);
  g_byte_array_unref (self->body);
  g_free (self);
}

static void
call_fail (GTask *task, const GError *error)
{
  Call *self = g_task_get_task_data (task);

  g_task_return_error (task, exchange_error (&self->exchange, error));
  g_object_unref (task);
}

/* On a connection that is to be closed libsoup takes the end of it for the end of the answer, whatever Content-Length says. */
static gboolean
call_is_cut (const Call *self)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (self->exchange.message);

  return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
         && !g_str_equal (soup_message_get_method (self->exchange.message), "HEAD")
         && soup_message_headers_get_content_length (headers) != (goffset) self->received;
}

static gboolean
call_take (Call *self, GBytes *bytes, GError **error)
{
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  gboolean chunked = self->chunk != NULL && SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (self->exchange.message));
  guint64 limit = chunked && self->limit_bytes > 0 ? self->limit_bytes : HN_LIMIT_REPLY_BYTES;

  self->received += length;
  if (self->received > limit) {
    g_set_error (error, HN_ERROR, HN_ERROR_UPSTREAM, "answer is longer than %" G_GUINT64_FORMAT " bytes", limit);
    return FALSE;
  }
  if (chunked)
    return self->chunk (data, length, self->chunk_data, error);
  g_byte_array_append (self->body, data, (guint) length);
  return TRUE;
}

static void call_read (GTask *task);

static void
on_call_read (GObject *source, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Call *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  HnHttpReply *reply;

  if (bytes == NULL) {
    call_fail (task, error);
    return;
  }
  if (g_bytes_get_size (bytes) > 0) {
    if (!call_take (self, bytes, &error)) {
      hn_deadline_cancel (self->exchange.deadline);
      call_fail (task, error);
      return;
    }
    call_read (task);
    return;
  }
  if (call_is_cut (self)) {
    error = g_error_new_literal (HN_ERROR, HN_ERROR_UPSTREAM, "connection terminated unexpectedly");
    call_fail (task, error);
    return;
  }
  reply = g_new0 (HnHttpReply, 1);
  reply->status = soup_message_get_status (self->exchange.message);
  reply->location = g_strdup (soup_message_headers_get_one (soup_message_get_response_headers (self->exchange.message), "Location"));
  reply->date = g_strdup (soup_message_headers_get_one (soup_message_get_response_headers (self->exchange.message), "Date"));
  reply->length = self->body->len;
  g_byte_array_append (self->body, (const guint8 *) "", 1);
  reply->body = (char *) g_byte_array_steal (self->body, NULL);
  g_task_return_pointer (task, reply, (GDestroyNotify) hn_http_reply_free);
  g_object_unref (task);
}

static void
call_read (GTask *task)
{
  Call *self = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (self->exchange.stream, READ_BYTES, G_PRIORITY_DEFAULT, exchange_cancellable (&self->exchange), on_call_read, task);
}

static void
on_call_head (GObject *source, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Call *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  self->exchange.stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (self->exchange.stream == NULL)
    call_fail (task, error);
  else
    call_read (task);
}

void
hn_http_client_call_async (HnHttpClient *self, const HnHttpCall *call, GCancellable *cancellable, GAsyncReadyCallback done,
                           gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  Call *state = g_new0 (Call, 1);
  GError *error = NULL;

  state->body = g_byte_array_new ();
  state->chunk = call->chunk;
  state->chunk_data = call->chunk_data;
  state->limit_bytes = call->limit_bytes;
  g_task_set_source_tag (task, hn_http_client_call_async);
  g_task_set_task_data (task, state, (GDestroyNotify) call_free);
  g_task_set_check_cancellable (task, FALSE);
  if (!exchange_open (&state->exchange, call, cancellable, &error)) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  soup_session_send_async (session_for (self, call), state->exchange.message, G_PRIORITY_DEFAULT, exchange_cancellable (&state->exchange), on_call_head, task);
}

HnHttpReply *
hn_http_client_call_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
hn_http_client_call_was_connected (GAsyncResult *result)
{
  const Call *call = g_task_get_task_data (G_TASK (result));

  return call->exchange.connected;
}

void
hn_http_reply_free (HnHttpReply *self)
{
  if (self == NULL)
    return;
  g_free (self->body);
  g_free (self->location);
  g_free (self->date);
  g_free (self);
}

/* ---- one answer, line by line ---- */

struct _HnHttpStream {
  gatomicrefcount refs; /* the owner's and one while a read is under way */
  Exchange exchange;
  const HnHttpStreamEvents *events; /* NULL once the owner let go or the end was told */
  gpointer user_data;
  GByteArray *held;
  gsize total; /* bytes of the answer so far */
  gboolean endless;
};

static void
stream_unref (HnHttpStream *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  exchange_close (&self->exchange);
  g_byte_array_unref (self->held);
  g_free (self);
}

static void
stream_end (HnHttpStream *self, const GError *error)
{
  const HnHttpStreamEvents *events = g_steal_pointer (&self->events);
  g_autoptr (GError) meaning = error != NULL ? exchange_error (&self->exchange, error) : NULL;

  if (events != NULL)
    events->ended (meaning, self->user_data);
}

static void
stream_line (HnHttpStream *self, const char *text, gsize length)
{
  g_autofree char *line = NULL;

  if (length > 0 && text[length - 1] == '\r')
    length--;
  if ((length == 0 && !self->endless) || self->events == NULL)
    return;
  line = g_strndup (text, length);
  self->events->line (line, strlen (line), self->user_data);
}

/* Hands on every complete line; FALSE when one, or all of them together, grow too long. */
static gboolean
stream_lines (HnHttpStream *self, gsize added, gboolean last)
{
  const char *text = (const char *) self->held->data;
  gsize at = 0;

  self->total += added;
  while (at < self->held->len && self->events != NULL) {
    const char *newline = memchr (text + at, '\n', self->held->len - at);
    gsize length = newline != NULL ? (gsize) (newline - text) - at : self->held->len - at;

    if (newline == NULL && !last)
      break;
    stream_line (self, text + at, length);
    at = MIN (at + length + 1, self->held->len);
  }
  g_byte_array_remove_range (self->held, 0, (guint) at);
  return self->held->len <= HN_LIMIT_NDJSON_LINE_BYTES && (self->endless || self->total <= HN_LIMIT_REPLY_BYTES);
}

static void stream_read (HnHttpStream *self);

static void
on_stream_read (GObject *source, GAsyncResult *result, gpointer data)
{
  HnHttpStream *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  gsize length = bytes != NULL ? g_bytes_get_size (bytes) : 0;

  if (length > 0)
    g_byte_array_append (self->held, g_bytes_get_data (bytes, NULL), (guint) length);
  if (!stream_lines (self, length, bytes != NULL && length == 0) && error == NULL)
    error = g_error_new_literal (HN_ERROR, HN_ERROR_UPSTREAM, "the answer is too long");
  if (error != NULL || length == 0)
    stream_end (self, error);
  else
    stream_read (self);
  stream_unref (self);
}

static void
stream_read (HnHttpStream *self)
{
  if (self->events == NULL)
    return;
  g_atomic_ref_count_inc (&self->refs);
  g_input_stream_read_bytes_async (self->exchange.stream, READ_BYTES, G_PRIORITY_DEFAULT, exchange_cancellable (&self->exchange), on_stream_read, self);
}

static void
on_stream_head (GObject *source, GAsyncResult *result, gpointer data)
{
  HnHttpStream *self = data;
  g_autoptr (GError) error = NULL;

  self->exchange.stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (self->exchange.stream == NULL) {
    stream_end (self, error);
  } else {
    if (self->events != NULL)
      self->events->head (soup_message_get_status (self->exchange.message), self->user_data);
    stream_read (self);
  }
  stream_unref (self);
}

static gboolean
on_stream_not_started (gpointer data)
{
  HnHttpStream *self = data;
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_INVALID, "not a URL");

  stream_end (self, error);
  stream_unref (self);
  return G_SOURCE_REMOVE;
}

HnHttpStream *
hn_http_client_stream (HnHttpClient *self, const HnHttpCall *call, const HnHttpStreamEvents *events, gpointer user_data)
{
  HnHttpStream *stream = g_new0 (HnHttpStream, 1);

  g_atomic_ref_count_init (&stream->refs);
  g_atomic_ref_count_inc (&stream->refs);
  stream->events = events;
  stream->user_data = user_data;
  stream->held = g_byte_array_new ();
  stream->endless = call->endless;
  if (exchange_open (&stream->exchange, call, NULL, NULL))
    soup_session_send_async (self->session, stream->exchange.message, G_PRIORITY_DEFAULT, exchange_cancellable (&stream->exchange), on_stream_head, stream);
  else
    g_idle_add (on_stream_not_started, stream);
  return stream;
}

void
hn_http_stream_free (HnHttpStream *self)
{
  if (self == NULL)
    return;
  self->events = NULL;
  if (self->exchange.deadline != NULL)
    hn_deadline_cancel (self->exchange.deadline);
  stream_unref (self);
}
