/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A signature file has four lines: `untrusted comment: …`, base64 of algorithm (2), key id (8) and signature (64), `trusted comment: …`, base64 of
 * the signature over those 64 bytes and the comment's text. Both are checked before a word of it is believed.
 */
#include "update/minisign.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/error.h"

#define SIGNATURE_BYTES 64
#define PREHASH_BYTES 64
#define BOX_BYTES (2 + HN_MINISIGN_ID_BYTES + SIGNATURE_BYTES)
#define UNTRUSTED "untrusted comment:"
#define TRUSTED "trusted comment: "
#define MAX_COMMENT_BYTES 1024

/* g_base64_decode() skips what is no base64; here such a line is none. */
static guint8 *
decode (const char *text, gsize expected)
{
  gsize length = 0;
  g_autofree guint8 *bytes = NULL;
  g_autofree char *again = NULL;

  if (*text == '\0' || strlen (text) > 4 * expected)
    return NULL;
  bytes = g_base64_decode (text, &length);
  again = g_base64_encode (bytes, length);
  return length == expected && strcmp (again, text) == 0 ? g_steal_pointer (&bytes) : NULL;
}

gboolean
hn_minisign_parse_key (const char *text, HnMinisignKey *ret_key, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", 3);
  const char *line = lines[0] != NULL && g_str_has_prefix (lines[0], UNTRUSTED) ? lines[1] : lines[0];
  g_autofree char *stripped = g_strstrip (g_strdup (line != NULL ? line : ""));
  g_autofree guint8 *box = decode (stripped, 2 + HN_MINISIGN_ID_BYTES + HN_MINISIGN_KEY_BYTES);

  if (box == NULL || memcmp (box, "Ed", 2) != 0) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "not a minisign public key");
    return FALSE;
  }
  memcpy (ret_key->id, box + 2, HN_MINISIGN_ID_BYTES);
  memcpy (ret_key->key, box + 2 + HN_MINISIGN_ID_BYTES, HN_MINISIGN_KEY_BYTES);
  return TRUE;
}

static gboolean
ed25519_holds (const HnMinisignKey *key, const guint8 *signature, const void *data, gsize length)
{
  EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key (EVP_PKEY_ED25519, NULL, key->key, sizeof key->key);
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  gboolean holds = pkey != NULL && context != NULL && EVP_DigestVerifyInit (context, NULL, NULL, NULL, pkey) == 1
                   && EVP_DigestVerify (context, signature, SIGNATURE_BYTES, data, length) == 1;

  EVP_MD_CTX_free (context);
  EVP_PKEY_free (pkey);
  return holds;
}

static gboolean
signature_holds (const HnMinisignKey *key, const guint8 *box, const void *data, gsize length)
{
  const guint8 *signature = box + 2 + HN_MINISIGN_ID_BYTES;
  guint8 hash[PREHASH_BYTES];

  if (memcmp (box, "Ed", 2) == 0)
    return ed25519_holds (key, signature, data, length);
  return EVP_Digest (data, length, hash, NULL, EVP_blake2b512 (), NULL) == 1 && ed25519_holds (key, signature, hash, sizeof hash);
}

static gboolean
comment_holds (const HnMinisignKey *key, const guint8 *box, const char *comment, const guint8 *global)
{
  g_autoptr (GByteArray) signed_bytes = g_byte_array_new ();

  g_byte_array_append (signed_bytes, box + 2 + HN_MINISIGN_ID_BYTES, SIGNATURE_BYTES);
  g_byte_array_append (signed_bytes, (const guint8 *) comment, (guint) strlen (comment));
  return ed25519_holds (key, global, signed_bytes->data, signed_bytes->len);
}

char *
hn_minisign_verify (const HnMinisignKey *key, const void *data, gsize length, const char *signature, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (signature, "\n", 6);
  guint count = g_strv_length (lines);
  g_autofree guint8 *box = NULL;
  g_autofree guint8 *global = NULL;
  const char *wrong = NULL;

  if (count >= 4 && g_str_has_prefix (lines[0], UNTRUSTED) && g_str_has_prefix (lines[2], TRUSTED)
      && strlen (lines[2]) <= MAX_COMMENT_BYTES && (count == 4 || (count == 5 && *lines[4] == '\0'))) {
    box = decode (lines[1], BOX_BYTES);
    global = decode (lines[3], SIGNATURE_BYTES);
  }
  if (box == NULL || global == NULL || (memcmp (box, "Ed", 2) != 0 && memcmp (box, "ED", 2) != 0))
    wrong = "not a minisign signature";
  else if (memcmp (box + 2, key->id, HN_MINISIGN_ID_BYTES) != 0)
    wrong = "the signature was made with another key";
  else if (!signature_holds (key, box, data, length))
    wrong = "the signature does not belong to these bytes";
  else if (!comment_holds (key, box, lines[2] + strlen (TRUSTED), global))
    wrong = "the signature's trusted comment was changed";
  if (wrong == NULL)
    return g_strdup (lines[2] + strlen (TRUSTED));
  g_set_error_literal (error, HN_ERROR, HN_ERROR_PROTOCOL, wrong);
  return NULL;
}
