/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/spare-key.h"

#include <glib.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#define BEGIN "-----BEGIN PRIVATE KEY-----"

static char *
read_keys (void)
{
  static const char *const places[] = { "spare-keys.pem", "../spare-keys.pem", "../../spare-keys.pem" };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (program != NULL ? program : "");

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree char *path = g_build_filename (folder, places[i], NULL);
    char *text = NULL;

    if (g_file_get_contents (path, &text, NULL, NULL))
      return text;
  }
  return NULL;
}

static EVP_PKEY *
parse (const char *pem)
{
  BIO *bio = BIO_new_mem_buf (pem, -1);
  EVP_PKEY *key = PEM_read_bio_PrivateKey (bio, NULL, NULL, NULL);

  BIO_free (bio);
  return key;
}

EVP_PKEY *
sim_spare_key (void)
{
  g_autofree char *text = read_keys ();
  EVP_PKEY *key = NULL;

  if (text != NULL) {
    g_auto (GStrv) keys = g_strsplit (text, BEGIN, -1); /* the first piece is what stands before the first key */
    guint count = g_strv_length (keys) - 1;
    g_autofree char *pem = count > 0 ? g_strconcat (BEGIN, keys[1 + (guint) g_random_int_range (0, (gint32) count)], NULL) : NULL;

    key = pem != NULL ? parse (pem) : NULL;
  }
  return key != NULL ? key : EVP_RSA_gen (2048);
}
