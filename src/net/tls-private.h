/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/ssl.h>

#include "net/tls.h"

/* What tls.c (a certificate in use) and tls-stream.c (a connection) share. Nobody else includes this. */

struct _HnTls {
  gatomicrefcount refs;
  SSL_CTX *context;
  BIO_METHOD *method;
  char fingerprint[65];
  gint64 expiry_us;
};

/**
 * hn_tls_stream_make_method:
 *
 * Returns: (transfer full): how OpenSSL reaches the two functions of a stream; outlives the streams
 */
BIO_METHOD *hn_tls_stream_make_method (void);
