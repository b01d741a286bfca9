/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As `minisign -S` does it: Ed25519 over BLAKE2b-512 of the file, and over that signature with the comment. */
#include "sim/fakes/release/signer.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define ID_BYTES 8
#define KEY_BYTES 32
#define SIGNATURE_BYTES 64

struct SimSigner {
  EVP_PKEY *key;
  guint8 id[ID_BYTES];
};

SimSigner *
sim_signer_new (void)
{
  SimSigner *self = g_new0 (SimSigner, 1);

  self->key = EVP_PKEY_Q_keygen (NULL, NULL, "ED25519");
  if (self->key == NULL || RAND_bytes (self->id, sizeof self->id) != 1)
    g_error ("no Ed25519");
  return self;
}

void
sim_signer_free (SimSigner *self)
{
  if (self == NULL)
    return;
  EVP_PKEY_free (self->key);
  g_free (self);
}

char *
sim_signer_public_text (const SimSigner *self)
{
  guint8 box[2 + ID_BYTES + KEY_BYTES] = "Ed";
  gsize length = KEY_BYTES;

  memcpy (box + 2, self->id, ID_BYTES);
  EVP_PKEY_get_raw_public_key (self->key, box + 2 + ID_BYTES, &length);
  return g_base64_encode (box, sizeof box);
}

static void
ed25519 (const SimSigner *self, const void *data, gsize length, guint8 *signature)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  gsize written = SIGNATURE_BYTES;

  if (EVP_DigestSignInit (context, NULL, NULL, NULL, self->key) != 1 || EVP_DigestSign (context, signature, &written, data, length) != 1)
    g_error ("cannot sign");
  EVP_MD_CTX_free (context);
}

char *
sim_signer_sign (const SimSigner *self, const SimSigner *as, GBytes *data, const char *comment)
{
  guint8 box[2 + ID_BYTES + SIGNATURE_BYTES] = "ED";
  guint8 hash[SIGNATURE_BYTES];
  guint8 global[SIGNATURE_BYTES];
  g_autoptr (GByteArray) bound = g_byte_array_new ();
  g_autofree char *box_text = NULL;
  g_autofree char *global_text = NULL;

  EVP_Digest (g_bytes_get_data (data, NULL), g_bytes_get_size (data), hash, NULL, EVP_blake2b512 (), NULL);
  memcpy (box + 2, as->id, ID_BYTES);
  ed25519 (self, hash, sizeof hash, box + 2 + ID_BYTES);
  g_byte_array_append (bound, box + 2 + ID_BYTES, SIGNATURE_BYTES);
  g_byte_array_append (bound, (const guint8 *) comment, (guint) strlen (comment));
  ed25519 (self, bound->data, bound->len, global);
  box_text = g_base64_encode (box, sizeof box);
  global_text = g_base64_encode (global, sizeof global);
  return g_strdup_printf ("untrusted comment: signature of the fake release server\n%s\ntrusted comment: %s\n%s\n", box_text, comment, global_text);
}
