/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSL, as Sunshine itself uses. GIO's TLS would hand each handshake to a thread, and LeakSanitizer stumbles over threads
 * that end while it looks. */
#include "sim/fakes/body/tls.h"

#include <openssl/pem.h>

static int
take_any (int ok, X509_STORE_CTX *context)
{
  /* Whether it is a paired one is asked after the handshake. */
  return 1;
}

static gboolean
use_identity (SSL_CTX *context, const SimIdentity *identity)
{
  BIO *cert_in = BIO_new_mem_buf (identity->cert_pem, -1);
  BIO *key_in = BIO_new_mem_buf (identity->key_pem, -1);
  X509 *cert = PEM_read_bio_X509 (cert_in, NULL, NULL, NULL);
  EVP_PKEY *key = PEM_read_bio_PrivateKey (key_in, NULL, NULL, NULL);
  gboolean done =
      cert != NULL && key != NULL && SSL_CTX_use_certificate (context, cert) == 1 && SSL_CTX_use_PrivateKey (context, key) == 1;

  X509_free (cert);
  EVP_PKEY_free (key);
  BIO_free (cert_in);
  BIO_free (key_in);
  return done;
}

SSL_CTX *
sim_tls_context_new (const SimIdentity *identity, gboolean ask_client)
{
  g_autoptr (SSL_CTX) context = SSL_CTX_new (TLS_server_method ());

  if (context == NULL || !use_identity (context, identity))
    return NULL;
  SSL_CTX_set_min_proto_version (context, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options (context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets (context, 0);
  SSL_CTX_set_mode (context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (ask_client)
    SSL_CTX_set_verify (context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, take_any);
  return g_steal_pointer (&context);
}

GBytes *
sim_tls_peer_der (const SSL *ssl)
{
  X509 *cert = SSL_get0_peer_certificate (ssl);
  guint8 *der = NULL;
  int length = cert != NULL ? i2d_X509 (cert, &der) : -1;
  GBytes *bytes;

  if (length < 0)
    return NULL;
  bytes = g_bytes_new (der, (gsize)length);
  OPENSSL_free (der);
  return bytes;
}
