/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection goes: handshake (TLS only), greeting, head, body, owner, answer, close. At each moment either one asynchronous
 * operation is under way or the owner holds the call; whoever has it frees it. A connection whose request was not read to its end is
 * read empty before it is closed, or the kernel's reset would overtake the answer. */
#include "sim/fakes/body/listen-http.h"

#include <string.h>

#define BACKLOG 64
#define DRAIN_S 1
#define READ_BYTES 4096

struct SimHttp {
  guint live;
};

struct SimListener {
  SimHttp *http;
  GSocket *socket;
  GSource *source;
  GTlsCertificate *certificate;
  gboolean ask_client;
  SimListenerEvents events;
  gpointer user;
  GHashTable *calls; /* set of SimCall, borrowed */
};

struct SimCall {
  SimHttp *http;
  SimListener *listener; /* (nullable): gone */
  GSocket *socket;
  GIOStream *stream;
  GCancellable *cancellable;
  guint timer;
  GBytes *client_cert;
  GString *in;
  SimRequest *request;
  GString *out;
  gboolean unread; /* the client may still be sending */
  guint8 buffer[READ_BYTES];
};

static void read_more (SimCall *call);

static void
end (SimCall *call)
{
  g_clear_handle_id (&call->timer, g_source_remove);
  g_socket_close (call->socket, NULL);
  if (call->listener != NULL)
    g_hash_table_remove (call->listener->calls, call);
  call->http->live--;
  g_clear_object (&call->stream);
  g_clear_object (&call->socket);
  g_clear_object (&call->cancellable);
  g_clear_pointer (&call->client_cert, g_bytes_unref);
  g_clear_pointer (&call->request, sim_request_free);
  g_string_free (call->in, TRUE);
  if (call->out != NULL)
    g_string_free (call->out, TRUE);
  g_free (call);
}

static gboolean
on_timeout (gpointer user)
{
  SimCall *call = user;

  call->timer = 0;
  g_cancellable_cancel (call->cancellable);
  g_socket_shutdown (call->socket, TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
restart_timer (SimCall *call, guint seconds)
{
  g_clear_handle_id (&call->timer, g_source_remove);
  call->timer = g_timeout_add_seconds (seconds, on_timeout, call);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
  end (user);
}

static void
on_drained (GObject *source, GAsyncResult *result, gpointer user)
{
  SimCall *call = user;

  if (g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL) <= 0) {
    end (call);
    return;
  }
  g_input_stream_read_async (
      G_INPUT_STREAM (source), call->buffer, sizeof call->buffer, G_PRIORITY_DEFAULT, call->cancellable, on_drained, call);
}

static void
on_output_closed (GObject *source, GAsyncResult *result, gpointer user)
{
  SimCall *call = user;

  g_output_stream_close_finish (G_OUTPUT_STREAM (source), result, NULL);
  g_socket_shutdown (call->socket, FALSE, TRUE, NULL);
  restart_timer (call, DRAIN_S);
  g_input_stream_read_async (g_io_stream_get_input_stream (call->stream),
                             call->buffer,
                             sizeof call->buffer,
                             G_PRIORITY_DEFAULT,
                             call->cancellable,
                             on_drained,
                             call);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user)
{
  SimCall *call = user;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL))
    end (call);
  else if (call->unread)
    g_output_stream_close_async (G_OUTPUT_STREAM (source), G_PRIORITY_DEFAULT, call->cancellable, on_output_closed, call);
  else
    g_io_stream_close_async (call->stream, G_PRIORITY_DEFAULT, call->cancellable, on_closed, call);
}

void
sim_call_answer (SimCall *self, const SimAnswer *answer)
{
  if (answer->status == 0) {
    end (self);
    return;
  }
  self->out = sim_answer_wire (answer);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->stream),
                                   self->out->str,
                                   self->out->len,
                                   G_PRIORITY_DEFAULT,
                                   self->cancellable,
                                   on_written,
                                   self);
}

void
sim_call_drop (SimCall *self)
{
  end (self);
}

static void
refuse (SimCall *call, guint status)
{
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  answer->status = status;
  call->unread = TRUE;
  sim_call_answer (call, answer);
}

/* Takes the head off the bytes read so far. Returns: FALSE when the call was refused */
static gboolean
take_head (SimCall *call)
{
  const char *mark = g_strstr_len (call->in->str, (gssize) call->in->len, "\r\n\r\n");
  gsize length;

  if (mark == NULL && call->in->len > SIM_MESSAGE_HEAD_MAX_BYTES) {
    refuse (call, 431);
    return FALSE;
  }
  if (mark == NULL)
    return TRUE;
  length = (gsize) (mark - call->in->str) + 4;
  call->request = sim_request_parse (call->in->str, length, NULL);
  if (call->request == NULL) {
    refuse (call, 400);
    return FALSE;
  }
  g_string_erase (call->in, 0, (gssize) length);
  call->request->client_cert = call->client_cert != NULL ? g_bytes_ref (call->client_cert) : NULL;
  return TRUE;
}

static void
take_bytes (SimCall *call)
{
  gsize need = 0;

  if (call->request == NULL && !take_head (call))
    return;
  if (call->request == NULL) {
    read_more (call);
    return;
  }
  if (!sim_request_body_bytes (call->request, &need)) {
    refuse (call, 413);
    return;
  }
  if (call->in->len < need) {
    read_more (call);
    return;
  }
  g_string_append_len (call->request->body, call->in->str, (gssize) need);
  call->listener->events.handle (call->listener->user, call, call->request);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user)
{
  SimCall *call = user;
  gssize got = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (got <= 0 || call->listener == NULL) {
    end (call);
    return;
  }
  g_string_append_len (call->in, (const char *) call->buffer, got);
  take_bytes (call);
}

static void
read_more (SimCall *call)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (call->stream),
                             call->buffer,
                             sizeof call->buffer,
                             G_PRIORITY_DEFAULT,
                             call->cancellable,
                             on_read,
                             call);
}

static void
greet (SimCall *call)
{
  g_autoptr (SimAnswer) answer = sim_answer_new ();
  SimListener *listener = call->listener;

  if (listener->events.greet == NULL || !listener->events.greet (listener->user, call->client_cert, answer)) {
    read_more (call);
    return;
  }
  call->unread = TRUE;
  sim_call_answer (call, answer);
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer user)
{
  SimCall *call = user;
  GTlsCertificate *certificate;

  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL) || call->listener == NULL) {
    end (call);
    return;
  }
  certificate = g_tls_connection_get_peer_certificate (G_TLS_CONNECTION (source));
  if (certificate != NULL) {
    g_autoptr (GByteArray) der = NULL;

    g_object_get (certificate, "certificate", &der, NULL);
    call->client_cert = g_byte_array_free_to_bytes (g_steal_pointer (&der));
  }
  greet (call);
}

static gboolean
on_accept_certificate (GTlsConnection *connection, GTlsCertificate *certificate, GTlsCertificateFlags flags, gpointer user)
{
  /* Whether it is a paired one is the greeting's question. */
  return TRUE;
}

static void
begin (SimCall *call)
{
  SimListener *listener = call->listener;
  g_autoptr (GSocketConnection) plain = g_socket_connection_factory_create_connection (call->socket);
  g_autoptr (GIOStream) tls = NULL;

  if (listener->certificate == NULL) {
    call->stream = G_IO_STREAM (g_steal_pointer (&plain));
    greet (call);
    return;
  }
  tls = g_tls_server_connection_new (G_IO_STREAM (plain), listener->certificate, NULL);
  if (tls == NULL) {
    end (call);
    return;
  }
  g_object_set (tls,
                "authentication-mode",
                listener->ask_client ? G_TLS_AUTHENTICATION_REQUIRED : G_TLS_AUTHENTICATION_NONE,
                "require-close-notify",
                FALSE,
                NULL);
  g_signal_connect (tls, "accept-certificate", G_CALLBACK (on_accept_certificate), NULL);
  call->stream = g_steal_pointer (&tls);
  g_tls_connection_handshake_async (
      G_TLS_CONNECTION (call->stream), G_PRIORITY_DEFAULT, call->cancellable, on_handshake, call);
}

static gboolean
on_incoming (GSocket *socket, GIOCondition condition, gpointer user)
{
  SimListener *self = user;
  g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, NULL);
  SimCall *call;

  if (accepted == NULL || g_hash_table_size (self->calls) >= SIM_LISTEN_MAX_CALLS)
    return G_SOURCE_CONTINUE;
  call = g_new0 (SimCall, 1);
  call->http = self->http;
  call->http->live++;
  call->listener = self;
  call->socket = g_steal_pointer (&accepted);
  call->cancellable = g_cancellable_new ();
  call->in = g_string_new (NULL);
  g_hash_table_add (self->calls, call);
  restart_timer (call, SIM_LISTEN_TIMEOUT_S);
  begin (call);
  return G_SOURCE_CONTINUE;
}

SimListener *
sim_listener_new (SimHttp *http, const char *address, guint16 port, GTlsCertificate *certificate, gboolean ask_client,
                  const SimListenerEvents *events, gpointer user, GError **error)
{
  g_autoptr (GSocketAddress) where = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  SimListener *self;

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, where, TRUE, error) || !g_socket_listen (socket, error)) {
    g_prefix_error (error, "cannot listen on %s:%u/tcp: ", address, port);
    return NULL;
  }
  self = g_new0 (SimListener, 1);
  self->http = http;
  self->certificate = certificate != NULL ? g_object_ref (certificate) : NULL;
  self->ask_client = ask_client;
  self->events = *events;
  self->user = user;
  self->calls = g_hash_table_new (NULL, NULL);
  self->socket = g_steal_pointer (&socket);
  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_incoming), self, NULL);
  g_source_attach (self->source, NULL);
  return self;
}

void
sim_listener_free (SimListener *self)
{
  GHashTableIter iter;
  gpointer key;

  if (self == NULL)
    return;
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  g_hash_table_iter_init (&iter, self->calls);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    SimCall *call = key;

    call->listener = NULL;
    g_cancellable_cancel (call->cancellable);
    g_socket_shutdown (call->socket, TRUE, TRUE, NULL);
  }
  g_hash_table_unref (self->calls);
  g_clear_object (&self->certificate);
  g_free (self);
}

SimHttp *
sim_http_new (void)
{
  return g_new0 (SimHttp, 1);
}

static gboolean
on_too_long (gpointer user)
{
  *(gboolean *) user = TRUE;
  return G_SOURCE_CONTINUE;
}

void
sim_http_free (SimHttp *self)
{
  gboolean too_long = FALSE;
  guint timer;

  if (self == NULL)
    return;
  timer = g_timeout_add_seconds (1, on_too_long, &too_long);
  while (self->live > 0 && !too_long)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
  g_free (self);
}
