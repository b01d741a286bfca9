/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/tls-stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls-private.h"

struct _HnTlsStream {
  SSL *ssl;
  HnTls *tls;
  const HnTlsPipe *pipe;
  gpointer user_data;
  gboolean broken;
  gboolean ended; /* we said our last word */
};

/* ---- the pipe, as OpenSSL wants it ---- */

static int
bio_read (BIO *bio, char *buffer, int size)
{
  HnTlsStream *self = BIO_get_data (bio);
  gssize n;

  BIO_clear_retry_flags (bio);
  n = self->pipe->pull (buffer, (gsize) size, self->user_data);
  if (n == HN_TLS_PULL_BLOCKED)
    BIO_set_retry_read (bio);
  return (int) n;
}

static int
bio_write (BIO *bio, const char *bytes, int length)
{
  HnTlsStream *self = BIO_get_data (bio);

  BIO_clear_retry_flags (bio);
  self->pipe->push (bytes, (gsize) length, self->user_data);
  return length;
}

static long
bio_control (BIO *bio, int command, long number, void *pointer)
{
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *
hn_tls_stream_make_method (void)
{
  BIO_METHOD *method = BIO_meth_new (BIO_TYPE_SOURCE_SINK, "hydraneck");

  if (method == NULL)
    g_error ("out of memory");
  BIO_meth_set_read (method, bio_read);
  BIO_meth_set_write (method, bio_write);
  BIO_meth_set_ctrl (method, bio_control);
  return method;
}

/* ---- the verbs ---- */

/* After a call that did not succeed. */
static HnTlsResult
outcome (HnTlsStream *self, int returned)
{
  switch (SSL_get_error (self->ssl, returned)) {
  case SSL_ERROR_WANT_READ:
    return HN_TLS_BLOCKED;
  case SSL_ERROR_ZERO_RETURN:
    return HN_TLS_END;
  default:
    self->broken = TRUE;
    ERR_clear_error ();
    return HN_TLS_BROKEN;
  }
}

HnTlsResult
hn_tls_stream_handshake (HnTlsStream *self)
{
  int returned;

  if (self->broken)
    return HN_TLS_BROKEN;
  ERR_clear_error ();
  returned = SSL_accept (self->ssl);
  if (returned == 1)
    return HN_TLS_OK;
  if (outcome (self, returned) == HN_TLS_BLOCKED)
    return HN_TLS_BLOCKED;
  self->broken = TRUE;
  return HN_TLS_BROKEN;
}

gboolean
hn_tls_stream_is_resumed (HnTlsStream *self)
{
  return SSL_session_reused (self->ssl) != 0;
}

HnTlsResult
hn_tls_stream_read (HnTlsStream *self, char *buffer, gsize size, gsize *ret_bytes)
{
  int returned;

  if (self->broken)
    return HN_TLS_BROKEN;
  ERR_clear_error ();
  returned = SSL_read_ex (self->ssl, buffer, size, ret_bytes);
  return returned == 1 ? HN_TLS_OK : outcome (self, returned);
}

gboolean
hn_tls_stream_has_more (HnTlsStream *self)
{
  return !self->broken && SSL_has_pending (self->ssl);
}

HnTlsResult
hn_tls_stream_write (HnTlsStream *self, const char *bytes, gsize n_bytes)
{
  gsize written = 0;

  if (self->broken || self->ended)
    return HN_TLS_BROKEN;
  if (n_bytes == 0)
    return HN_TLS_OK;
  ERR_clear_error ();
  if (SSL_write_ex (self->ssl, bytes, n_bytes, &written) == 1 && written == n_bytes)
    return HN_TLS_OK;
  ERR_clear_error ();
  self->broken = TRUE;
  return HN_TLS_BROKEN;
}

void
hn_tls_stream_end (HnTlsStream *self)
{
  if (self->broken || self->ended || !SSL_is_init_finished (self->ssl))
    return;
  self->ended = TRUE;
  ERR_clear_error ();
  SSL_shutdown (self->ssl);
  ERR_clear_error ();
}

HnTlsStream *
hn_tls_stream_new (HnTls *tls, const HnTlsPipe *pipe, gpointer user_data)
{
  HnTlsStream *self = g_new0 (HnTlsStream, 1);
  BIO *bio = BIO_new (tls->method);

  self->tls = hn_tls_ref (tls);
  self->pipe = pipe;
  self->user_data = user_data;
  self->ssl = SSL_new (tls->context);
  if (bio == NULL || self->ssl == NULL)
    g_error ("out of memory");
  BIO_set_data (bio, self);
  BIO_set_init (bio, 1);
  SSL_set_bio (self->ssl, bio, bio);
  SSL_set_accept_state (self->ssl);
  return self;
}

void
hn_tls_stream_free (HnTlsStream *self)
{
  if (self == NULL)
    return;
  SSL_free (self->ssl);
  hn_tls_unref (self->tls);
  g_free (self);
}
