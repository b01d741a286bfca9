/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/id.h"

#include <string.h>

#define WORKER_ID_MAX_LENGTH 64

char *
hn_id_new (HnRandom *random)
{
  return hn_random_hex (random, HN_ID_LENGTH / 2);
}

gboolean
hn_id_is_valid (const char *text)
{
  if (text == NULL || strlen (text) != HN_ID_LENGTH)
    return FALSE;
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isdigit (*p) && !(*p >= 'a' && *p <= 'f'))
      return FALSE;
  return TRUE;
}

gboolean
hn_worker_id_is_valid (const char *text)
{
  gsize length = text != NULL ? strlen (text) : 0;

  return length >= 1 && length <= WORKER_ID_MAX_LENGTH
         && strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._:-") == length;
}

HnIdShort
hn_id_short (const char *id)
{
  HnIdShort cut = { "-" };

  if (id != NULL)
    g_strlcpy (cut.text, id, sizeof cut.text);
  return cut;
}

gboolean
hn_secret_equal (const char *a, const char *b)
{
  gsize a_bytes = a != NULL ? strlen (a) : 0;
  gsize b_bytes = b != NULL ? strlen (b) : 0;
  volatile guint8 difference = a_bytes != b_bytes;

  if (a_bytes == 0 || b_bytes == 0)
    return FALSE;
  for (gsize i = 0; i < a_bytes; i++)
    difference |= (guint8) a[i] ^ (guint8) b[i % b_bytes];
  return difference == 0;
}
