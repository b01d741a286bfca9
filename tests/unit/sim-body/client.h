/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's side of GameStream pairing, for tests: written from the protocol's description and OpenSSL alone, sharing no line
 * with the fake, so that the two can only agree by both being right. */
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

typedef struct {
  EVP_PKEY *key;
  X509 *cert;
  char *cert_hex; /* hex of the PEM text, as clientcert */
  guint8 cert_signature[512];
  gsize cert_signature_length;
  guint8 aes_key[16];
  guint8 challenge[16];
  guint8 secret[16];
  guint8 server_hash[32];
  guint8 server_challenge[16];
} Client;

/**
 * client_new:
 *
 * Returns: (transfer full): a client with a fresh certificate
 */
Client *client_new (void);

/**
 * client_free:
 * @self: (transfer full): a client
 */
void client_free (Client *self);

/**
 * client_set_pin:
 * @self: a client
 * @salt: 16 bytes
 * @pin: four digits
 */
void client_set_pin (Client *self, const guint8 *salt, const char *pin);

/**
 * client_challenge:
 * @self: a client with a PIN
 *
 * Returns: (transfer full): value of clientchallenge
 */
char *client_challenge (Client *self);

/**
 * client_response:
 * @self: a client
 * @challengeresponse: hex from phase 2
 *
 * Returns: (transfer full): value of serverchallengeresp
 */
char *client_response (Client *self, const char *challengeresponse);

/**
 * client_trusts:
 * @self: a client
 * @plaincert: hex from phase 1
 * @pairingsecret: hex from phase 3
 * @ret_pin_right: (out): whether the server hashed what it should have
 *
 * Returns: whether the server's signature holds
 */
gboolean client_trusts (const Client *self, const char *plaincert, const char *pairingsecret, gboolean *ret_pin_right);

/**
 * client_secret:
 * @self: a client
 *
 * Returns: (transfer full): value of clientpairingsecret
 */
char *client_secret (const Client *self);
