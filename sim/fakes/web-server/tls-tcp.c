/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/tls-tcp.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

#include "sim/fakes/web-server/identity.h"
#include "sim/fakes/web-server/nvhttp.h"

struct SimTls {
  GSocket *socket;
  SSL_CTX *context;
  SSL *ssl;
};

static gboolean
set_error (GError **error, const char *what)
{
  char why[256] = "connection lost";
  gulong code = ERR_peek_last_error ();

  if (code)
    ERR_error_string_n (code, why, sizeof why);
  ERR_clear_error ();
  g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "%s: %s", what, why);
  return FALSE;
}

/* After an operation that gave `result`: TRUE to try it again, once the socket is ready. */
static gboolean
again (SimTls *self, int result, GCancellable *cancellable, GError **error)
{
  int why = SSL_get_error (self->ssl, result);

  if (why == SSL_ERROR_WANT_READ)
    return g_socket_condition_wait (self->socket, G_IO_IN, cancellable, error);
  if (why == SSL_ERROR_WANT_WRITE)
    return g_socket_condition_wait (self->socket, G_IO_OUT, cancellable, error);
  return set_error (error, "TLS");
}

static gboolean
identify (SimTls *self, const char *certificate, const char *key)
{
  BIO *bio = BIO_new_mem_buf (key, strlen (key));
  EVP_PKEY *private_key = PEM_read_bio_PrivateKey (bio, NULL, NULL, NULL);
  X509 *own = sim_identity_read_certificate (certificate);
  gboolean good = private_key && own && SSL_CTX_use_certificate (self->context, own) == 1 &&
                  SSL_CTX_use_PrivateKey (self->context, private_key) == 1;

  X509_free (own);
  EVP_PKEY_free (private_key);
  BIO_free (bio);
  return good;
}

static gboolean
is_pinned (SimTls *self, const char *pinned)
{
  X509 *expected = sim_identity_read_certificate (pinned);
  X509 *shown = SSL_get0_peer_certificate (self->ssl);
  gboolean same = expected && shown && X509_cmp (expected, shown) == 0;

  X509_free (expected);
  return same;
}

SimTls *
sim_tls_new (GSocket *socket, const char *certificate, const char *key, const char *pinned, GCancellable *cancellable,
             GError **error)
{
  g_autoptr (SimTls) self = g_new0 (SimTls, 1);
  int result;

  self->socket = g_object_ref (socket);
  self->context = SSL_CTX_new (TLS_client_method ());
  SSL_CTX_set_options (self->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode (self->context, SSL_SESS_CACHE_OFF);
  if (!identify (self, certificate, key)) {
    set_error (error, "client certificate");
    return NULL;
  }
  self->ssl = SSL_new (self->context);
  SSL_set_fd (self->ssl, g_socket_get_fd (socket));
  while ((result = SSL_connect (self->ssl)) != 1)
    if (!again (self, result, cancellable, error))
      return NULL;
  if (!is_pinned (self, pinned)) {
    set_error (error, "the host shows another certificate");
    return NULL;
  }
  return g_steal_pointer (&self);
}

gssize
sim_tls_read (SimTls *self, void *buffer, gsize size_bytes, GCancellable *cancellable, GError **error)
{
  int result;

  while ((result = SSL_read (self->ssl, buffer, size_bytes)) <= 0) {
    if (SSL_get_error (self->ssl, result) == SSL_ERROR_ZERO_RETURN)
      return 0;
    if (!again (self, result, cancellable, error))
      return -1;
  }
  return result;
}

gboolean
sim_tls_write (SimTls *self, const char *text, gsize length_bytes, GCancellable *cancellable, GError **error)
{
  int result;

  while ((result = SSL_write (self->ssl, text, length_bytes)) <= 0)
    if (!again (self, result, cancellable, error))
      return FALSE;
  return TRUE;
}

void
sim_tls_free (SimTls *self)
{
  if (!self)
    return;
  if (self->ssl && SSL_is_init_finished (self->ssl))
    SSL_shutdown (self->ssl);
  ERR_clear_error ();
  SSL_free (self->ssl);
  SSL_CTX_free (self->context);
  g_object_unref (self->socket);
  g_free (self);
}
