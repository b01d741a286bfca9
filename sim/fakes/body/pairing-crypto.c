/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GameStream pairing proves that both sides know the PIN: each hashes the other's challenge with its own certificate's
 * signature and a secret, hides the hash under a key made of salt and PIN, and later reveals the secret, signed. */
#include "sim/fakes/body/pairing-crypto.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#define TWENTY_YEARS_S (60L * 60 * 24 * 365 * 20)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)

static X509 *
read_cert (const char *pem)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (pem, -1);

  return bio != NULL ? PEM_read_bio_X509 (bio, NULL, NULL, NULL) : NULL;
}

static char *
bio_text (BIO *bio)
{
  char *data = NULL;
  long length = BIO_get_mem_data (bio, &data);

  return g_strndup (data, (gsize)length);
}

static gboolean
fill_cert (X509 *cert, EVP_PKEY *key)
{
  X509_NAME *name = X509_get_subject_name (cert);

  return X509_set_version (cert, 2) && ASN1_INTEGER_set (X509_get_serialNumber (cert), 1)
         && X509_gmtime_adj (X509_getm_notBefore (cert), 0) != NULL
         && X509_gmtime_adj (X509_getm_notAfter (cert), TWENTY_YEARS_S) != NULL && X509_set_pubkey (cert, key)
         && X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC, (const guint8 *)"Sunshine Gamestream Host", -1, -1, 0)
         && X509_set_issuer_name (cert, name) && X509_sign (cert, key, EVP_sha256 ()) > 0;
}

SimIdentity *
sim_identity_new (EVP_PKEY *given)
{
  g_autoptr (SimIdentity) self = g_new0 (SimIdentity, 1);
  g_autoptr (EVP_PKEY) key = given != NULL ? given : EVP_RSA_gen (2048);
  g_autoptr (X509) cert = X509_new ();
  g_autoptr (BIO) cert_out = BIO_new (BIO_s_mem ());
  g_autoptr (BIO) key_out = BIO_new (BIO_s_mem ());

  if (key == NULL || cert == NULL || cert_out == NULL || key_out == NULL || !fill_cert (cert, key))
    return NULL;
  if (!PEM_write_bio_X509 (cert_out, cert) || !PEM_write_bio_PKCS8PrivateKey (key_out, key, NULL, NULL, 0, NULL, NULL))
    return NULL;
  self->cert_pem = bio_text (cert_out);
  self->key_pem = bio_text (key_out);
  self->cert_signature = sim_pairing_cert_signature (self->cert_pem);
  return g_steal_pointer (&self);
}

void
sim_identity_free (SimIdentity *self)
{
  if (self == NULL)
    return;
  g_free (self->cert_pem);
  g_free (self->key_pem);
  g_clear_pointer (&self->cert_signature, g_bytes_unref);
  g_free (self);
}

char *
sim_pairing_hex (const guint8 *bytes, gsize length)
{
  GString *text = g_string_sized_new (length * 2);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02X", bytes[i]);
  return g_string_free (text, FALSE);
}

GBytes *
sim_pairing_unhex (const char *text)
{
  gsize length = text != NULL ? strlen (text) : 0;
  g_autoptr (GByteArray) bytes = g_byte_array_sized_new ((guint)length / 2);

  for (gsize i = 0; length % 2 == 0 && i < length; i += 2) {
    int high = g_ascii_xdigit_value (text[i]);
    int low = g_ascii_xdigit_value (text[i + 1]);
    guint8 byte;

    if (high < 0 || low < 0)
      return g_bytes_new (NULL, 0);
    byte = (guint8)(high << 4 | low);
    g_byte_array_append (bytes, &byte, 1);
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

void
sim_pairing_key (const guint8 *salt, const char *pin, guint8 *ret_key)
{
  g_autoptr (GBytes) salted = g_bytes_new (salt, SIM_PAIRING_SALT_BYTES);
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  guint8 hash[SIM_PAIRING_HASH_BYTES];

  sim_pairing_hash (salted, nothing, (const guint8 *)pin, strlen (pin), hash);
  memcpy (ret_key, hash, 16);
}

GBytes *
sim_pairing_aes (const guint8 *key, gboolean encrypt, GBytes *input)
{
  g_autoptr (EVP_CIPHER_CTX) context = EVP_CIPHER_CTX_new ();
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (input, &length);
  g_autofree guint8 *output = g_malloc0 (length + 16);
  int done = 0;
  int rest = 0;

  if (length == 0 || length % 16 != 0 || !EVP_CipherInit_ex (context, EVP_aes_128_ecb (), NULL, key, NULL, encrypt)
      || !EVP_CIPHER_CTX_set_padding (context, 0) || !EVP_CipherUpdate (context, output, &done, data, (int)length)
      || !EVP_CipherFinal_ex (context, output + done, &rest))
    return g_bytes_new (NULL, 0);
  return g_bytes_new (output, length);
}

void
sim_pairing_hash (GBytes *challenge, GBytes *signature, const guint8 *secret, gsize secret_length, guint8 *ret_hash)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = SIM_PAIRING_HASH_BYTES;

  g_checksum_update (sum, g_bytes_get_data (challenge, NULL), (gssize)g_bytes_get_size (challenge));
  g_checksum_update (sum, g_bytes_get_data (signature, NULL), (gssize)g_bytes_get_size (signature));
  g_checksum_update (sum, secret, (gssize)secret_length);
  g_checksum_get_digest (sum, ret_hash, &length);
}

GBytes *
sim_pairing_cert_signature (const char *pem)
{
  g_autoptr (X509) cert = read_cert (pem);
  const ASN1_BIT_STRING *bits = NULL;

  if (cert == NULL)
    return NULL;
  X509_get0_signature (&bits, NULL, cert);
  return g_bytes_new (ASN1_STRING_get0_data (bits), (gsize)ASN1_STRING_length (bits));
}

GBytes *
sim_pairing_cert_der (const char *pem)
{
  g_autoptr (X509) cert = read_cert (pem);
  guint8 *der = NULL;
  int length = cert != NULL ? i2d_X509 (cert, &der) : -1;
  GBytes *bytes;

  if (length < 0)
    return NULL;
  bytes = g_bytes_new (der, (gsize)length);
  OPENSSL_free (der);
  return bytes;
}

GBytes *
sim_pairing_sign (const char *key_pem, const guint8 *data, gsize length)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (key_pem, -1);
  g_autoptr (EVP_PKEY) key = PEM_read_bio_PrivateKey (bio, NULL, NULL, NULL);
  g_autoptr (EVP_MD_CTX) context = EVP_MD_CTX_new ();
  guint8 signature[512];
  gsize signature_length = sizeof signature;

  if (key == NULL || EVP_DigestSignInit (context, NULL, EVP_sha256 (), NULL, key) != 1
      || EVP_DigestSign (context, signature, &signature_length, data, length) != 1)
    return NULL;
  return g_bytes_new (signature, signature_length);
}

gboolean
sim_pairing_verify (const char *cert_pem, const guint8 *data, gsize length, const guint8 *signature, gsize signature_length)
{
  g_autoptr (X509) cert = read_cert (cert_pem);
  g_autoptr (EVP_MD_CTX) context = EVP_MD_CTX_new ();
  EVP_PKEY *key = cert != NULL ? X509_get0_pubkey (cert) : NULL;

  return key != NULL && EVP_DigestVerifyInit (context, NULL, EVP_sha256 (), NULL, key) == 1
         && EVP_DigestVerify (context, signature, signature_length, data, length) == 1;
}
