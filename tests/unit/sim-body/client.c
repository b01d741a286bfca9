/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain OpenSSL, in the order of the phases. */
#include "tests/unit/sim-body/client.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

static char *
to_hex (const guint8 *bytes, gsize length)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02X", bytes[i]);
  return g_string_free (text, FALSE);
}

static GByteArray *
from_hex (const char *text)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; text[0] != '\0' && text[1] != '\0'; text += 2) {
    guint8 byte = (guint8)(g_ascii_xdigit_value (text[0]) * 16 + g_ascii_xdigit_value (text[1]));

    g_byte_array_append (bytes, &byte, 1);
  }
  return bytes;
}

static void
crypt_ecb (const Client *self, int encrypt, const guint8 *in, int length, guint8 *out)
{
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
  int done = 0;

  g_assert_true (EVP_CipherInit_ex (context, EVP_aes_128_ecb (), NULL, self->aes_key, NULL, encrypt));
  EVP_CIPHER_CTX_set_padding (context, 0);
  g_assert_true (EVP_CipherUpdate (context, out, &done, in, length));
  EVP_CIPHER_CTX_free (context);
}

static void
sha_of_three (const guint8 *a, gsize a_length, const guint8 *b, gsize b_length, const guint8 *c, gsize c_length, guint8 *ret_hash)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();

  g_byte_array_append (all, a, (guint)a_length);
  g_byte_array_append (all, b, (guint)b_length);
  g_byte_array_append (all, c, (guint)c_length);
  SHA256 (all->data, all->len, ret_hash);
}

static gsize
signature_of (X509 *cert, guint8 *ret_signature)
{
  const ASN1_BIT_STRING *bits = NULL;
  int length;

  X509_get0_signature (&bits, NULL, cert);
  length = ASN1_STRING_length (bits);
  memcpy (ret_signature, ASN1_STRING_get0_data (bits), (gsize)length);
  return (gsize)length;
}

Client *
client_new (void)
{
  Client *self = g_new0 (Client, 1);
  BIO *out = BIO_new (BIO_s_mem ());
  char *pem = NULL;
  long length;

  self->key = EVP_RSA_gen (2048);
  self->cert = X509_new ();
  X509_set_version (self->cert, 2);
  ASN1_INTEGER_set (X509_get_serialNumber (self->cert), 7);
  X509_gmtime_adj (X509_getm_notBefore (self->cert), 0);
  X509_gmtime_adj (X509_getm_notAfter (self->cert), 86400);
  X509_set_pubkey (self->cert, self->key);
  X509_NAME_add_entry_by_txt (X509_get_subject_name (self->cert), "CN", MBSTRING_ASC, (const guint8 *)"NVIDIA GameStream Client",
                              -1, -1, 0);
  X509_set_issuer_name (self->cert, X509_get_subject_name (self->cert));
  g_assert_cmpint (X509_sign (self->cert, self->key, EVP_sha256 ()), >, 0);
  PEM_write_bio_X509 (out, self->cert);
  length = BIO_get_mem_data (out, &pem);
  self->cert_hex = to_hex ((const guint8 *)pem, (gsize)length);
  BIO_free (out);
  self->cert_signature_length = signature_of (self->cert, self->cert_signature);
  for (guint8 i = 0; i < 16; i++) {
    self->challenge[i] = (guint8)(0x10 + i);
    self->secret[i] = (guint8)(0x40 + i);
  }
  return self;
}

void
client_free (Client *self)
{
  EVP_PKEY_free (self->key);
  X509_free (self->cert);
  g_free (self->cert_hex);
  g_free (self);
}

void
client_set_pin (Client *self, const guint8 *salt, const char *pin)
{
  guint8 hash[32];

  sha_of_three (salt, 16, (const guint8 *)pin, 4, NULL, 0, hash);
  memcpy (self->aes_key, hash, 16);
}

char *
client_challenge (Client *self)
{
  guint8 hidden[16];

  crypt_ecb (self, 1, self->challenge, 16, hidden);
  return to_hex (hidden, 16);
}

char *
client_response (Client *self, const char *challengeresponse)
{
  g_autoptr (GByteArray) hidden = from_hex (challengeresponse);
  guint8 plain[48];
  guint8 hash[32];
  guint8 reply[32];

  g_assert_cmpuint (hidden->len, ==, 48);
  crypt_ecb (self, 0, hidden->data, 48, plain);
  memcpy (self->server_hash, plain, 32);
  memcpy (self->server_challenge, plain + 32, 16);
  sha_of_three (self->server_challenge, 16, self->cert_signature, self->cert_signature_length, self->secret, 16, hash);
  crypt_ecb (self, 1, hash, 32, reply);
  return to_hex (reply, 32);
}

gboolean
client_trusts (const Client *self, const char *plaincert, const char *pairingsecret, gboolean *ret_pin_right)
{
  g_autoptr (GByteArray) pem = from_hex (plaincert);
  g_autoptr (GByteArray) sent = from_hex (pairingsecret);
  BIO *in = BIO_new_mem_buf (pem->data, (int)pem->len);
  X509 *cert = PEM_read_bio_X509 (in, NULL, NULL, NULL);
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  guint8 signature[512];
  gsize signature_length = signature_of (cert, signature);
  guint8 hash[32];
  gboolean holds;

  g_assert_cmpuint (sent->len, ==, 16 + 256);
  sha_of_three (self->challenge, 16, signature, signature_length, sent->data, 16, hash);
  *ret_pin_right = memcmp (hash, self->server_hash, 32) == 0;
  EVP_DigestVerifyInit (context, NULL, EVP_sha256 (), NULL, X509_get0_pubkey (cert));
  holds = EVP_DigestVerify (context, sent->data + 16, 256, sent->data, 16) == 1;
  EVP_MD_CTX_free (context);
  X509_free (cert);
  BIO_free (in);
  return holds;
}

char *
client_secret (const Client *self)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  guint8 sent[16 + 256];
  gsize length = 256;

  memcpy (sent, self->secret, 16);
  EVP_DigestSignInit (context, NULL, EVP_sha256 (), NULL, self->key);
  g_assert_cmpint (EVP_DigestSign (context, sent + 16, &length, self->secret, 16), ==, 1);
  EVP_MD_CTX_free (context);
  return to_hex (sent, sizeof sent);
}
