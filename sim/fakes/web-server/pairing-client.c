/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client's half of GameStream pairing.
 *
 * key = SHA-256 (salt, pin) cut to 16 bytes; everything confidential goes through AES-128-ECB without padding. The host
 * proves the PIN by H1 = hash (our challenge, its certificate's signature, its secret), whose secret it shows only one
 * phase later: a wrong PIN is therefore found here, after phase 3, never by the host. We prove it by
 * H2 = hash (its challenge, our certificate's signature, our secret). Both secrets are RSA-signed by their owners.
 */
#include "sim/fakes/web-server/pairing-client.h"

#include <openssl/crypto.h>
#include <string.h>

#define BLOCK 16
#define HASH_MAX 32

struct SimPairingClient {
  SimPairingChance chance;
  guint8 key[BLOCK];
  gboolean sha1;
  GByteArray *signature;
  gboolean answered;
  guint8 host_hash[HASH_MAX];
};

G_DEFINE_QUARK (sim-pairing-error, sim_pairing_error)

static gsize
hash_bytes (const SimPairingClient *self)
{
  return self->sha1 ? 20 : 32;
}

static void
hash_three (const SimPairingClient *self, const guint8 *first, const guint8 *signature, gsize signature_bytes,
            const guint8 *secret, guint8 *out)
{
  EVP_MD_CTX *ctx = EVP_MD_CTX_new ();

  EVP_DigestInit_ex (ctx, self->sha1 ? EVP_sha1 () : EVP_sha256 (), NULL);
  EVP_DigestUpdate (ctx, first, BLOCK);
  EVP_DigestUpdate (ctx, signature, signature_bytes);
  EVP_DigestUpdate (ctx, secret, BLOCK);
  EVP_DigestFinal_ex (ctx, out, NULL);
  EVP_MD_CTX_free (ctx);
}

static void
derive_key (SimPairingClient *self, const char *pin)
{
  guint8 salted[BLOCK + 4], hash[HASH_MAX];

  memcpy (salted, self->chance.salt, BLOCK);
  memcpy (salted + BLOCK, pin, 4);
  EVP_Digest (salted, sizeof salted, hash, NULL, self->sha1 ? EVP_sha1 () : EVP_sha256 (), NULL);
  memcpy (self->key, hash, BLOCK);
  OPENSSL_cleanse (salted, sizeof salted);
  OPENSSL_cleanse (hash, sizeof hash);
}

/* `length` is a multiple of the block size. */
static void
aes (const SimPairingClient *self, gboolean encrypt, const guint8 *in, int length, guint8 *out)
{
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new ();
  int written = 0, rest = 0;

  EVP_CipherInit_ex (ctx, EVP_aes_128_ecb (), NULL, self->key, NULL, encrypt);
  EVP_CIPHER_CTX_set_padding (ctx, 0);
  EVP_CipherUpdate (ctx, out, &written, in, length);
  EVP_CipherFinal_ex (ctx, out + written, &rest);
  EVP_CIPHER_CTX_free (ctx);
}

char *
sim_pairing_hex (const guint8 *bytes, gsize length_bytes)
{
  GString *hex = g_string_sized_new (2 * length_bytes + 1);

  for (gsize i = 0; i < length_bytes; i++)
    g_string_append_printf (hex, "%02X", bytes[i]);
  return g_string_free (hex, FALSE);
}

GByteArray *
sim_pairing_unhex (const char *hex)
{
  gsize length = strlen (hex);
  g_autoptr (GByteArray) bytes = g_byte_array_sized_new (length / 2);

  if (length % 2)
    return NULL;
  for (gsize i = 0; i < length; i += 2) {
    int high = g_ascii_xdigit_value (hex[i]), low = g_ascii_xdigit_value (hex[i + 1]);
    if (high < 0 || low < 0)
      return NULL;
    guint8 byte = high << 4 | low;
    g_byte_array_append (bytes, &byte, 1);
  }
  return g_steal_pointer (&bytes);
}

char *
sim_pairing_client_salt (const SimPairingClient *self)
{
  return sim_pairing_hex (self->chance.salt, BLOCK);
}

char *
sim_pairing_client_challenge (const SimPairingClient *self)
{
  guint8 sealed[BLOCK];

  aes (self, TRUE, self->chance.challenge, BLOCK, sealed);
  return sim_pairing_hex (sealed, BLOCK);
}

char *
sim_pairing_client_answer (SimPairingClient *self, const char *challengeresponse, GError **error)
{
  g_autoptr (GByteArray) sealed = sim_pairing_unhex (challengeresponse);
  guint8 clear[3 * BLOCK], hash[HASH_MAX] = { 0 };

  if (!sealed || sealed->len != sizeof clear) {
    g_set_error (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_CRYPTO, "crypto: challenge response of the wrong length");
    return NULL;
  }
  aes (self, FALSE, sealed->data, sealed->len, clear);
  memcpy (self->host_hash, clear, hash_bytes (self));
  hash_three (self, clear + hash_bytes (self), self->signature->data, self->signature->len, self->chance.secret, hash);
  self->answered = TRUE;

  guint8 out[HASH_MAX];
  aes (self, TRUE, hash, sizeof out, out);
  return sim_pairing_hex (out, sizeof out);
}

gboolean
sim_pairing_client_check_secret (const SimPairingClient *self, const guint8 *secret, const guint8 *signature,
                                 gsize signature_bytes)
{
  guint8 hash[HASH_MAX];

  hash_three (self, self->chance.challenge, signature, signature_bytes, secret, hash);
  return self->answered && CRYPTO_memcmp (hash, self->host_hash, hash_bytes (self)) == 0;
}

static gboolean
signed_by (const guint8 *secret, const guint8 *signature, gsize signature_bytes, X509 *server)
{
  EVP_PKEY *key = X509_get0_pubkey (server);
  EVP_MD_CTX *ctx = EVP_MD_CTX_new ();
  gboolean good = key && EVP_DigestVerifyInit (ctx, NULL, EVP_sha256 (), NULL, key) == 1 &&
                  EVP_DigestVerify (ctx, signature, signature_bytes, secret, BLOCK) == 1;

  EVP_MD_CTX_free (ctx);
  return good;
}

gboolean
sim_pairing_client_check (SimPairingClient *self, const char *pairingsecret, X509 *server, GError **error)
{
  g_autoptr (GByteArray) bytes = sim_pairing_unhex (pairingsecret);
  const ASN1_BIT_STRING *certificate = NULL;

  if (!bytes || bytes->len <= BLOCK) {
    g_set_error (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_CRYPTO, "crypto: pairing secret too short");
    return FALSE;
  }
  if (!signed_by (bytes->data, bytes->data + BLOCK, bytes->len - BLOCK, server)) {
    g_set_error (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_CRYPTO, "crypto: the host's secret is not signed by it");
    return FALSE;
  }
  X509_get0_signature (&certificate, NULL, server);
  if (!sim_pairing_client_check_secret (self, bytes->data, certificate->data, certificate->length)) {
    g_set_error (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_PIN, "failed to pair because the pin was incorrect");
    return FALSE;
  }
  return TRUE;
}

char *
sim_pairing_client_secret (const SimPairingClient *self, EVP_PKEY *key, GError **error)
{
  EVP_MD_CTX *ctx = EVP_MD_CTX_new ();
  guint8 out[BLOCK + 1024];
  size_t signature = sizeof out - BLOCK;

  memcpy (out, self->chance.secret, BLOCK);
  gboolean good = EVP_DigestSignInit (ctx, NULL, EVP_sha256 (), NULL, key) == 1 &&
                  EVP_DigestSign (ctx, out + BLOCK, &signature, self->chance.secret, BLOCK) == 1;
  EVP_MD_CTX_free (ctx);
  if (!good) {
    g_set_error (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_CRYPTO, "crypto: cannot sign");
    return NULL;
  }
  return sim_pairing_hex (out, BLOCK + signature);
}

SimPairingClient *
sim_pairing_client_new (const SimPairingChance *chance, const char *pin, gboolean sha1, const guint8 *signature,
                        gsize signature_bytes)
{
  SimPairingClient *self = g_new0 (SimPairingClient, 1);

  g_return_val_if_fail (strlen (pin) == 4, NULL);
  self->chance = *chance;
  self->sha1 = sha1;
  self->signature = g_byte_array_append (g_byte_array_new (), signature, signature_bytes);
  derive_key (self, pin);
  return self;
}

void
sim_pairing_client_free (SimPairingClient *self)
{
  if (!self)
    return;
  g_byte_array_unref (self->signature);
  OPENSSL_cleanse (self, sizeof *self);
  g_free (self);
}
