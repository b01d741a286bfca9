/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/**
 * SimIdentity:
 * @key: RSA-2048
 * @certificate: self-signed X.509 v3 over it, 365 days
 * @key_pem: PKCS #8, CRLF line ends
 * @certificate_pem: CRLF line ends
 *
 * Who we are towards one host; made afresh for every pairing.
 */
typedef struct {
  EVP_PKEY *key;
  X509 *certificate;
  char *key_pem;
  char *certificate_pem;
} SimIdentity;

/**
 * sim_identity_new:
 * @key: (transfer full) (nullable): RSA-2048; %NULL: a fresh one, which takes some 300 ms of CPU: call it off the main thread then
 *
 * Returns: (transfer full): an identity with a fresh certificate over it
 */
SimIdentity *sim_identity_new (EVP_PKEY *key);

/** sim_identity_free: (nullable) @self: released */
void sim_identity_free (SimIdentity *self);

/**
 * sim_identity_read_certificate:
 * @pem: a certificate with LF or CRLF line ends
 *
 * Returns: (transfer full) (nullable): the certificate, released with X509_free()
 */
X509 *sim_identity_read_certificate (const char *pem);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimIdentity, sim_identity_free)
