/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sums of GameStream pairing, server generation 7 (SHA-256, AES-128-ECB without padding, RSA PKCS#1 v1.5). Pure. */
#pragma once

#include <glib.h>
#include <openssl/evp.h>

#define SIM_PAIRING_SALT_BYTES 16
#define SIM_PAIRING_SECRET_BYTES 16
#define SIM_PAIRING_HASH_BYTES 32

/* What a host is: a key and a self-signed certificate. */
typedef struct {
  char *cert_pem;
  char *key_pem;
  GBytes *cert_signature; /* the certificate's raw signature bits */
} SimIdentity;

/**
 * sim_identity_new:
 * @key: (transfer full) (nullable): RSA-2048; %NULL: a fresh one, which takes some 0.3 s
 *
 * A 20 year self-signed certificate over @key, CN `Sunshine Gamestream Host`.
 *
 * Returns: (transfer full) (nullable): the identity, NULL when OpenSSL refuses
 */
SimIdentity *sim_identity_new (EVP_PKEY *key);

/**
 * sim_identity_free:
 * @self: (nullable) (transfer full): an identity
 */
void sim_identity_free (SimIdentity *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimIdentity, sim_identity_free)

/**
 * sim_pairing_hex:
 * @bytes: what to write
 * @length: bytes of it
 *
 * Returns: (transfer full): upper-case hex
 */
char *sim_pairing_hex (const guint8 *bytes, gsize length);

/**
 * sim_pairing_unhex:
 * @text: (nullable): hex, either case
 *
 * Returns: (transfer full): the bytes; none when @text is no whole number of hex pairs
 */
GBytes *sim_pairing_unhex (const char *text);

/**
 * sim_pairing_key:
 * @salt: 16 bytes
 * @pin: the digits as text
 * @ret_key: (out): 16 bytes: the first half of SHA-256 (salt || pin)
 */
void sim_pairing_key (const guint8 *salt, const char *pin, guint8 *ret_key);

/**
 * sim_pairing_aes:
 * @key: 16 bytes
 * @encrypt: or else decrypt
 * @input: a multiple of 16 bytes
 *
 * Returns: (transfer full): as many bytes; none when the length does not fit
 */
GBytes *sim_pairing_aes (const guint8 *key, gboolean encrypt, GBytes *input);

/**
 * sim_pairing_hash:
 * @challenge: first part
 * @signature: second part, raw bits of a certificate's signature
 * @secret: third part
 * @secret_length: bytes of it
 * @ret_hash: (out): 32 bytes of SHA-256 over the three
 */
void sim_pairing_hash (GBytes *challenge, GBytes *signature, const guint8 *secret, gsize secret_length, guint8 *ret_hash);

/**
 * sim_pairing_cert_signature:
 * @pem: a certificate
 *
 * Returns: (transfer full) (nullable): its raw signature bits, NULL when @pem is no certificate
 */
GBytes *sim_pairing_cert_signature (const char *pem);

/**
 * sim_pairing_cert_der:
 * @pem: a certificate
 *
 * Returns: (transfer full) (nullable): its DER, NULL when @pem is no certificate
 */
GBytes *sim_pairing_cert_der (const char *pem);

/**
 * sim_pairing_sign:
 * @key_pem: private RSA key
 * @data: what to sign
 * @length: bytes of it
 *
 * Returns: (transfer full) (nullable): RSA PKCS#1 v1.5 SHA-256 signature
 */
GBytes *sim_pairing_sign (const char *key_pem, const guint8 *data, gsize length);

/**
 * sim_pairing_verify:
 * @cert_pem: the signer's certificate
 * @data: what was signed
 * @length: bytes of it
 * @signature: the signature
 * @signature_length: bytes of it
 *
 * Returns: whether the signature holds
 */
gboolean sim_pairing_verify (const char *cert_pem, const guint8 *data, gsize length, const guint8 *signature,
                             gsize signature_length);
