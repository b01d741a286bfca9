/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection goes: handshake (TLS only), greeting, head, body, owner, answer, close. While the owner holds it nobody looks at
 * the socket, as Sunshine does not: a client that leaves is not noticed. A connection whose request was not read to its end is
 * read empty before it is closed, or the kernel's reset would overtake the answer. */
#include "sim/fakes/body/listen-http.h"

#include <openssl/err.h>
#include <sys/socket.h>

#define BACKLOG 256
#define MAX_ACCEPTS_PER_TURN 64
#define MAX_ROUNDS 64 /* of writing in one turn: an endless answer must not keep the loop */
#define DRAIN_S 1
#define READ_BYTES 4096
#define ACCEPT_PAUSE_MS 100

typedef enum { HANDSHAKE, READING, HELD, WRITING, DRAINING } State;
typedef enum { IO_DONE, IO_WAIT_READ, IO_WAIT_WRITE, IO_OVER } Io;

struct SimListener {
  GSocket *socket;
  GSource *source;
  guint pause;
  SSL_CTX *tls;
  SimListenerEvents events;
  gpointer user;
  GHashTable *calls; /* set of SimCall, borrowed */
};

struct SimCall {
  SimListener *listener; /* (nullable): gone */
  GSocket *socket;
  SSL *ssl;
  State state;
  GSource *source;
  guint timer;
  GBytes *client_cert;
  GString *in;
  SimRequest *request;
  GString *out;
  gsize sent;
  gsize again_from; /* > 0: behind its end `out` goes on from there */
  gboolean unread;  /* the client may still be sending */
};

static void advance (SimCall *call);
static void watch (SimListener *self);

static void
unwatch (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
end (SimCall *call)
{
  g_clear_handle_id (&call->timer, g_source_remove);
  unwatch (&call->source);
  if (call->listener != NULL)
    g_hash_table_remove (call->listener->calls, call);
  g_clear_pointer (&call->ssl, SSL_free);
  g_socket_close (call->socket, NULL);
  g_clear_object (&call->socket);
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
  if (call->state == HELD)
    g_socket_shutdown (call->socket, TRUE, TRUE, NULL);
  else
    end (call);
  return G_SOURCE_REMOVE;
}

static void
restart_timer (SimCall *call, guint seconds)
{
  g_clear_handle_id (&call->timer, g_source_remove);
  call->timer = g_timeout_add_seconds (seconds, on_timeout, call);
}

static gboolean
on_ready (GSocket *socket, GIOCondition condition, gpointer user)
{
  SimCall *call = user;

  unwatch (&call->source);
  advance (call);
  return G_SOURCE_REMOVE;
}

static void
wait_for (SimCall *call, GIOCondition condition)
{
  call->source = g_socket_create_source (call->socket, condition, NULL);
  g_source_set_callback (call->source, G_SOURCE_FUNC (on_ready), call, NULL);
  g_source_attach (call->source, NULL);
}

static Io
tls_verdict (SimCall *call, int result)
{
  int error = SSL_get_error (call->ssl, result);

  ERR_clear_error ();
  if (error == SSL_ERROR_WANT_READ)
    return IO_WAIT_READ;
  return error == SSL_ERROR_WANT_WRITE ? IO_WAIT_WRITE : IO_OVER;
}

static Io
receive (SimCall *call, char *buffer, gsize *ret_length)
{
  g_autoptr (GError) error = NULL;
  gssize got;

  if (call->ssl != NULL) {
    int result = SSL_read_ex (call->ssl, buffer, READ_BYTES, ret_length);

    return result == 1 ? IO_DONE : tls_verdict (call, result);
  }
  got = g_socket_receive (call->socket, buffer, READ_BYTES, NULL, &error);
  if (got < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return IO_WAIT_READ;
  if (got <= 0)
    return IO_OVER;
  *ret_length = (gsize)got;
  return IO_DONE;
}

static Io
transmit (SimCall *call)
{
  const char *data = call->out->str + call->sent;
  gsize length = call->out->len - call->sent;
  g_autoptr (GError) error = NULL;
  gsize written = 0;
  gssize put;

  if (call->ssl != NULL) {
    int result = SSL_write_ex (call->ssl, data, length, &written);

    call->sent += written;
    return result == 1 ? IO_DONE : tls_verdict (call, result);
  }
  put = g_socket_send (call->socket, data, length, NULL, &error);
  if (put < 0)
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? IO_WAIT_WRITE : IO_OVER;
  call->sent += (gsize)put;
  return IO_DONE;
}

static void
wait_or_end (SimCall *call, Io io)
{
  if (io == IO_OVER)
    end (call);
  else
    wait_for (call, io == IO_WAIT_READ ? G_IO_IN : G_IO_OUT);
}

static void
refuse (SimCall *call, guint status)
{
  g_autoptr (SimAnswer) answer = sim_answer_new ();

  answer->status = status;
  call->unread = TRUE;
  sim_call_answer (call, answer);
}

/* Takes the head off the bytes read so far. Returns: 0, or the status to refuse with */
static guint
take_head (SimCall *call)
{
  const char *mark = g_strstr_len (call->in->str, (gssize)call->in->len, "\r\n\r\n");
  gsize length;

  if (mark == NULL)
    return call->in->len > SIM_MESSAGE_HEAD_MAX_BYTES ? 431 : 0;
  length = (gsize)(mark - call->in->str) + 4;
  call->request = sim_request_parse (call->in->str, length, NULL);
  if (call->request == NULL)
    return 400;
  g_string_erase (call->in, 0, (gssize)length);
  call->request->client_cert = call->client_cert != NULL ? g_bytes_ref (call->client_cert) : NULL;
  return 0;
}

/* Returns: FALSE when more must be read; TRUE when the call was handed on and must not be touched */
static gboolean
take_bytes (SimCall *call)
{
  guint status = call->request == NULL ? take_head (call) : 0;
  gsize need = 0;

  if (status == 0 && call->request == NULL)
    return FALSE;
  if (status == 0 && !sim_request_body_bytes (call->request, &need))
    status = 413;
  if (status != 0) {
    refuse (call, status);
    return TRUE;
  }
  if (call->in->len < need)
    return FALSE;
  g_string_append_len (call->request->body, call->in->str, (gssize)need);
  call->state = HELD;
  call->listener->events.handle (call->listener->user, call, call->request);
  return TRUE;
}

static void
read_request (SimCall *call)
{
  char buffer[READ_BYTES];
  gsize got = 0;
  Io io;

  while ((io = receive (call, buffer, &got)) == IO_DONE) {
    g_string_append_len (call->in, buffer, (gssize)got);
    if (take_bytes (call))
      return;
  }
  wait_or_end (call, io);
}

static void
greet (SimCall *call)
{
  g_autoptr (SimAnswer) answer = sim_answer_new ();
  SimListener *listener = call->listener;

  if (listener->events.greet != NULL && listener->events.greet (listener->user, call->client_cert, answer)) {
    call->unread = TRUE;
    sim_call_answer (call, answer);
    return;
  }
  call->state = READING;
  read_request (call);
}

static void
shake_hands (SimCall *call)
{
  int result = SSL_accept (call->ssl);

  if (result != 1) {
    wait_or_end (call, tls_verdict (call, result));
    return;
  }
  call->client_cert = sim_tls_peer_der (call->ssl);
  greet (call);
}

static void
drain (SimCall *call)
{
  char buffer[READ_BYTES];
  g_autoptr (GError) error = NULL;
  gssize got;

  do
    got = g_socket_receive (call->socket, buffer, sizeof buffer, NULL, &error);
  while (got > 0);
  if (got < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    wait_for (call, G_IO_IN);
  else
    end (call);
}

static void
write_answer (SimCall *call)
{
  for (int rounds = 0; call->sent < call->out->len; rounds++) {
    Io io = rounds < MAX_ROUNDS ? transmit (call) : IO_WAIT_WRITE;

    if (io != IO_DONE) {
      wait_or_end (call, io);
      return;
    }
    if (call->again_from > 0 && call->sent == call->out->len)
      call->sent = call->again_from;
  }
  if (call->ssl != NULL)
    SSL_shutdown (call->ssl);
  if (!call->unread) {
    end (call);
    return;
  }
  g_socket_shutdown (call->socket, FALSE, TRUE, NULL);
  call->state = DRAINING;
  restart_timer (call, DRAIN_S);
  drain (call);
}

static void
advance (SimCall *call)
{
  switch (call->state) {
  case HANDSHAKE:
    shake_hands (call);
    break;
  case READING:
    read_request (call);
    break;
  case WRITING:
    write_answer (call);
    break;
  case DRAINING:
    drain (call);
    break;
  case HELD:
    break;
  }
}

void
sim_call_answer (SimCall *self, const SimAnswer *answer)
{
  if (answer->status == 0) {
    end (self);
    return;
  }
  self->out = sim_answer_wire (answer);
  self->state = WRITING;
  write_answer (self);
}

void
sim_call_answer_cut (SimCall *self, const SimAnswer *answer)
{
  self->out = sim_answer_wire (answer);
  g_string_truncate (self->out, self->out->len - answer->body->len / 2);
  self->state = WRITING;
  write_answer (self);
}

void
sim_call_answer_endless (SimCall *self, const SimAnswer *answer)
{
  self->out = g_string_new ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  self->again_from = self->out->len;
  g_string_append_len (self->out, answer->body->str, (gssize) answer->body->len);
  self->state = WRITING;
  write_answer (self);
}

void
sim_call_drop (SimCall *self)
{
  end (self);
}

static void
reset (GSocket *socket)
{
  const struct linger at_once = { 1, 0 };

  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  g_socket_close (socket, NULL);
}

static void
begin (SimListener *self, GSocket *socket)
{
  SimCall *call;

  if (self->events.is_resetting != NULL && self->events.is_resetting (self->user)) {
    reset (socket);
    return;
  }
  call = g_new0 (SimCall, 1);
  call->listener = self;
  call->socket = g_object_ref (socket);
  call->in = g_string_new (NULL);
  g_socket_set_blocking (call->socket, FALSE);
  g_hash_table_add (self->calls, call);
  restart_timer (call, SIM_LISTEN_TIMEOUT_S);
  if (self->events.is_mute != NULL && self->events.is_mute (self->user))
    return;
  if (self->tls == NULL) {
    greet (call);
    return;
  }
  call->ssl = SSL_new (self->tls);
  if (call->ssl == NULL || SSL_set_fd (call->ssl, g_socket_get_fd (socket)) != 1)
    end (call);
  else
    shake_hands (call);
}

static gboolean
on_pause_over (gpointer user)
{
  SimListener *self = user;

  self->pause = 0;
  watch (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_incoming (GSocket *socket, GIOCondition condition, gpointer user)
{
  SimListener *self = user;

  for (int i = 0; i < MAX_ACCEPTS_PER_TURN; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);

    if (accepted != NULL && g_hash_table_size (self->calls) < SIM_LISTEN_MAX_CALLS) {
      begin (self, accepted);
    } else if (accepted == NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
      break;
    } else if (accepted == NULL) {
      /* Out of descriptors: the connection stays in the queue, asking at once again would spin. */
      unwatch (&self->source);
      self->pause = g_timeout_add (ACCEPT_PAUSE_MS, on_pause_over, self);
      return G_SOURCE_REMOVE;
    }
  }
  return G_SOURCE_CONTINUE;
}

static void
watch (SimListener *self)
{
  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_incoming), self, NULL);
  g_source_attach (self->source, NULL);
}

SimListener *
sim_listener_new (const char *address, guint16 port, SSL_CTX *tls, const SimListenerEvents *events, gpointer user, GError **error)
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
  if (tls != NULL && SSL_CTX_up_ref (tls) == 1)
    self->tls = tls;
  self->events = *events;
  self->user = user;
  self->calls = g_hash_table_new (NULL, NULL);
  self->socket = g_steal_pointer (&socket);
  watch (self);
  return self;
}

void
sim_listener_free (SimListener *self)
{
  g_autoptr (GList) calls = NULL;

  if (self == NULL)
    return;
  unwatch (&self->source);
  g_clear_handle_id (&self->pause, g_source_remove);
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  calls = g_hash_table_get_keys (self->calls);
  for (GList *l = calls; l != NULL; l = l->next) {
    SimCall *call = l->data;

    if (call->state == HELD)
      call->listener = NULL;
    else
      end (call);
  }
  g_hash_table_unref (self->calls);
  g_clear_pointer (&self->tls, SSL_CTX_free);
  g_free (self);
}
