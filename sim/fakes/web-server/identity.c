/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/identity.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#define LIFE_SECONDS (365L * 24 * 3600)

static char *
with_crlf (BIO *bio)
{
  char *data = NULL;
  long length = BIO_get_mem_data (bio, &data);
  GString *text = g_string_sized_new (length + 64);

  for (long i = 0; i < length; i++) {
    if (data[i] == '\n')
      g_string_append_c (text, '\r');
    g_string_append_c (text, data[i]);
  }
  BIO_free (bio);
  return g_string_free (text, FALSE);
}

static void
name_it (X509 *certificate)
{
  static const struct {
    const char *field;
    const char *value;
  } subject[] = {
    { "C", "US" },           { "ST", "CA" },           { "L", "San Francisco" },
    { "O", "Example Corp" }, { "CN", "example.com" },
  };
  X509_NAME *name = X509_get_subject_name (certificate);

  for (gsize i = 0; i < G_N_ELEMENTS (subject); i++)
    X509_NAME_add_entry_by_txt (name, subject[i].field, MBSTRING_ASC, (const guchar *) subject[i].value, -1, -1, 0);
  X509_set_issuer_name (certificate, name);
}

static X509 *
certify (EVP_PKEY *key)
{
  X509 *certificate = X509_new ();
  guint8 serial[8];
  BIGNUM *number = NULL;

  RAND_bytes (serial, sizeof serial);
  serial[0] &= 0x7f;
  number = BN_bin2bn (serial, sizeof serial, NULL);
  BN_to_ASN1_INTEGER (number, X509_get_serialNumber (certificate));
  BN_free (number);
  X509_set_version (certificate, X509_VERSION_3);
  X509_gmtime_adj (X509_getm_notBefore (certificate), 0);
  X509_gmtime_adj (X509_getm_notAfter (certificate), LIFE_SECONDS);
  X509_set_pubkey (certificate, key);
  name_it (certificate);
  X509_sign (certificate, key, EVP_sha256 ());
  return certificate;
}

SimIdentity *
sim_identity_new (EVP_PKEY *key)
{
  SimIdentity *self = g_new0 (SimIdentity, 1);
  BIO *bio = BIO_new (BIO_s_mem ());

  self->key = key ? key : EVP_RSA_gen (2048);
  self->certificate = certify (self->key);
  PEM_write_bio_PKCS8PrivateKey (bio, self->key, NULL, NULL, 0, NULL, NULL);
  self->key_pem = with_crlf (bio);
  bio = BIO_new (BIO_s_mem ());
  PEM_write_bio_X509 (bio, self->certificate);
  self->certificate_pem = with_crlf (bio);
  return self;
}

void
sim_identity_free (SimIdentity *self)
{
  if (!self)
    return;
  EVP_PKEY_free (self->key);
  X509_free (self->certificate);
  g_free (self->key_pem);
  g_free (self->certificate_pem);
  g_free (self);
}

X509 *
sim_identity_read_certificate (const char *pem)
{
  BIO *bio = BIO_new_mem_buf (pem, strlen (pem));
  X509 *certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL);

  BIO_free (bio);
  return certificate;
}
