/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pemerr.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/tls-private.h"

/* Rules: nothing half-loaded is ever served, a file is read once and whole, and no error shows what is in it. The key for tickets is OpenSSL's own, fresh
 * for each of these objects; it is never written anywhere. */

#define CIPHERS_1_2                                                                                                                        \
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"                                              \
  "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"
#define CIPHERS_1_3 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256:P-384"
#define TICKETS_PER_HANDSHAKE 1
#define STAND_IN_DAYS 30
#define SERIAL_BITS 120

/* ---- how we speak ---- */

static int
choose_protocol (SSL *ssl, const unsigned char **ret_chosen, unsigned char *ret_length, const unsigned char *offered, unsigned int length,
                 void *unused)
{
  static const unsigned char ours[] = "\x08http/1.1";
  unsigned char *chosen = NULL;

  if (SSL_select_next_proto (&chosen, ret_length, ours, sizeof ours - 1, offered, length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *ret_chosen = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/* Nobody is there to type it. */
static int
no_password (char *buffer, int size, int for_writing, void *unused)
{
  return -1;
}

static SSL_CTX *
context_new (void)
{
  SSL_CTX *context = SSL_CTX_new (TLS_server_method ());
  gboolean ok = context != NULL && SSL_CTX_set_min_proto_version (context, TLS1_2_VERSION) == 1
                && SSL_CTX_set_cipher_list (context, CIPHERS_1_2) == 1 && SSL_CTX_set_ciphersuites (context, CIPHERS_1_3) == 1
                && SSL_CTX_set1_groups_list (context, GROUPS) == 1
                && SSL_CTX_set_session_id_context (context, (const unsigned char *) "hydraneck", 9) == 1;

  if (!ok)
    g_error ("OpenSSL cannot be set up");
  SSL_CTX_set_options (context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode (context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead (context, 1);
  SSL_CTX_set_default_read_buffer_len (context, HN_LIMIT_TLS_READ_BYTES);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets (context, TICKETS_PER_HANDSHAKE);
  SSL_CTX_set_alpn_select_cb (context, choose_protocol, NULL);
  SSL_CTX_set_default_passwd_cb (context, no_password);
  return context;
}

/* ---- what is shown of it ---- */

static gint64
time_of (const ASN1_TIME *time)
{
  struct tm parts = { 0 };

  return ASN1_TIME_to_tm (time, &parts) == 1 ? (gint64) timegm (&parts) * G_USEC_PER_SEC : 0;
}

static HnTls *
wrap (SSL_CTX *context)
{
  X509 *certificate = SSL_CTX_get0_certificate (context);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  HnTls *self = g_new0 (HnTls, 1);

  g_atomic_ref_count_init (&self->refs);
  self->context = context;
  self->method = hn_tls_stream_make_method ();
  self->expiry_us = time_of (X509_get0_notAfter (certificate));
  X509_digest (certificate, EVP_sha256 (), digest, &length);
  for (unsigned int i = 0; i < MIN (length, 32); i++)
    g_snprintf (self->fingerprint + 2 * i, 3, "%02x", digest[i]);
  return self;
}

/* ---- files ---- */

static BIO *
read_file (const char *path, const char *what, char **ret_text, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, &local)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "cannot read the %s: %s", what, local->message);
    return NULL;
  }
  if (length > HN_LIMIT_PEM_BYTES) {
    OPENSSL_cleanse (text, length);
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "the %s '%s' is longer than %d bytes", what, path, HN_LIMIT_PEM_BYTES);
    return NULL;
  }
  *ret_text = g_steal_pointer (&text);
  return BIO_new_mem_buf (*ret_text, (int) length);
}

static gboolean
use_chain (SSL_CTX *context, BIO *bio)
{
  X509 *certificate = PEM_read_bio_X509_AUX (bio, NULL, no_password, NULL);
  gboolean ok = certificate != NULL && SSL_CTX_use_certificate (context, certificate) == 1;

  X509_free (certificate);
  while (ok && (certificate = PEM_read_bio_X509 (bio, NULL, no_password, NULL)) != NULL)
    if (SSL_CTX_add0_chain_cert (context, certificate) != 1) {
      X509_free (certificate);
      ok = FALSE;
    }
  /* the list ends where no further one begins, and nowhere else */
  return ok && ERR_GET_REASON (ERR_peek_last_error ()) == PEM_R_NO_START_LINE;
}

static gboolean
load_certificate (SSL_CTX *context, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  BIO *bio = read_file (path, "certificate", &text, error);
  gboolean ok;

  if (bio == NULL)
    return FALSE;
  ok = use_chain (context, bio);
  BIO_free (bio);
  ERR_clear_error ();
  if (!ok)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' is no certificate in PEM form that can be used", path);
  return ok;
}

static gboolean
load_key (SSL_CTX *context, const char *path, const char *cert_path, GError **error)
{
  g_autofree char *text = NULL;
  BIO *bio = read_file (path, "key", &text, error);
  EVP_PKEY *key;
  gboolean matches;

  if (bio == NULL)
    return FALSE;
  key = PEM_read_bio_PrivateKey (bio, NULL, no_password, NULL);
  BIO_free (bio);
  OPENSSL_cleanse (text, strlen (text));
  matches = key != NULL && X509_check_private_key (SSL_CTX_get0_certificate (context), key) == 1 && SSL_CTX_use_PrivateKey (context, key) == 1;
  ERR_clear_error ();
  if (key == NULL)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' is no private key in PEM form without a password", path);
  else if (!matches)
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "the key '%s' does not belong to the certificate '%s'", path, cert_path);
  EVP_PKEY_free (key);
  return matches;
}

HnTls *
hn_tls_new (const char *cert_path, const char *key_path, GError **error)
{
  SSL_CTX *context = context_new ();

  if (load_certificate (context, cert_path, error) && load_key (context, key_path, cert_path, error))
    return wrap (context);
  SSL_CTX_free (context);
  return NULL;
}

/* ---- a stand-in ---- */

static void
name_certificate (X509 *certificate, const char *name)
{
  X509_NAME *subject = X509_get_subject_name (certificate);
  g_autofree char *alternative = g_strconcat (g_hostname_is_ip_address (name) ? "IP:" : "DNS:", name, NULL);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, NULL, NID_subject_alt_name, alternative);

  X509_NAME_add_entry_by_txt (subject, "CN", MBSTRING_UTF8, (const unsigned char *) "hydraneckwebrtc stand-in", -1, -1, 0);
  X509_set_issuer_name (certificate, subject);
  if (extension != NULL)
    X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

static X509 *
self_signed (const char *name, EVP_PKEY *key)
{
  X509 *certificate = X509_new ();
  BIGNUM *serial = BN_new ();

  BN_rand (serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
  BN_to_ASN1_INTEGER (serial, X509_get_serialNumber (certificate));
  BN_free (serial);
  X509_set_version (certificate, X509_VERSION_3);
  X509_gmtime_adj (X509_getm_notBefore (certificate), -3600);
  X509_gmtime_adj (X509_getm_notAfter (certificate), STAND_IN_DAYS * 86400L);
  X509_set_pubkey (certificate, key);
  name_certificate (certificate, name);
  if (X509_sign (certificate, key, EVP_sha256 ()) == 0)
    g_error ("OpenSSL cannot sign");
  return certificate;
}

HnTls *
hn_tls_new_stand_in (const char *name)
{
  SSL_CTX *context = context_new ();
  EVP_PKEY *key = EVP_EC_gen ("P-256");
  X509 *certificate = self_signed (name, key);
  gboolean ok = SSL_CTX_use_certificate (context, certificate) == 1 && SSL_CTX_use_PrivateKey (context, key) == 1;

  if (!ok)
    g_error ("OpenSSL cannot use its own key");
  X509_free (certificate);
  EVP_PKEY_free (key);
  ERR_clear_error ();
  return wrap (context);
}

/* ---- life ---- */

const char *
hn_tls_get_fingerprint (const HnTls *self)
{
  return self->fingerprint;
}

gint64
hn_tls_get_expiry_us (const HnTls *self)
{
  return self->expiry_us;
}

HnTls *
hn_tls_ref (HnTls *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
hn_tls_unref (HnTls *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  SSL_CTX_free (self->context);
  BIO_meth_free (self->method);
  g_free (self);
}
