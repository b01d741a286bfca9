/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/fingerprint.h"

#include <string.h>

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

static const struct {
  const char *prefix;
  GChecksumType type;
} hashes[] = { { "sha-256 ", G_CHECKSUM_SHA256 }, { "sha-384 ", G_CHECKSUM_SHA384 }, { "sha-512 ", G_CHECKSUM_SHA512 } };

/* The certificate's bytes, or NULL. */
static guint8 *
decode (const char *pem, gsize *ret_length)
{
  const char *begin = pem != NULL ? strstr (pem, BEGIN) : NULL;
  const char *end = begin != NULL ? strstr (begin, END) : NULL;
  g_autofree char *base64 = NULL;

  if (end == NULL)
    return NULL;
  base64 = g_strndup (begin + strlen (BEGIN), (gsize) (end - begin) - strlen (BEGIN));
  return g_base64_decode (base64, ret_length);
}

/* `abcd` → `AB:CD` */
static char *
spell (const char *hex)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; hex[i] != '\0'; i++) {
    if (i > 0 && i % 2 == 0)
      g_string_append_c (text, ':');
    g_string_append_c (text, g_ascii_toupper (hex[i]));
  }
  return g_string_free (text, FALSE);
}

gboolean
hn_fingerprint_matches (const char *pem, const char *fingerprint)
{
  gsize length = 0;
  g_autofree guint8 *der = decode (pem, &length);

  for (gsize i = 0; der != NULL && length > 0 && i < G_N_ELEMENTS (hashes); i++) {
    g_autofree char *hex = NULL;
    g_autofree char *spelled = NULL;

    if (!g_str_has_prefix (fingerprint, hashes[i].prefix))
      continue;
    hex = g_compute_checksum_for_data (hashes[i].type, der, length);
    spelled = spell (hex);
    return strcmp (spelled, fingerprint + strlen (hashes[i].prefix)) == 0;
  }
  return FALSE;
}
