/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Three numbers, then perhaps `-` and identifiers: with those it is older than without. Numbers compare as numbers, and before words. */
#include "update/version.h"

#include <string.h>

#define MAX_BYTES 63
#define MAX_DIGITS 9

static const char *
without_v (const char *text)
{
  return *text == 'v' ? text + 1 : text;
}

/* Returns: behind a number, or NULL */
static const char *
skip_number (const char *text)
{
  gsize digits = strspn (text, "0123456789");

  return digits == 0 || digits > MAX_DIGITS || (digits > 1 && *text == '0') ? NULL : text + digits;
}

static gboolean
is_all_digits (const char *text, gsize length)
{
  return strspn (text, "0123456789") >= length;
}

/* Returns: behind identifiers with dots between, or NULL */
static const char *
skip_identifiers (const char *text, gboolean strict)
{
  for (;; text++) {
    gsize length = strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-");

    if (length == 0 || (strict && length > 1 && *text == '0' && is_all_digits (text, length)))
      return NULL;
    text += length;
    if (*text != '.')
      return text;
  }
}

gboolean
hn_version_is_valid (const char *text)
{
  const char *at = without_v (text);

  if (strlen (text) > MAX_BYTES)
    return FALSE;
  for (int i = 0; i < 3; i++) {
    at = skip_number (at);
    if (at == NULL || (i < 2 && *at++ != '.'))
      return FALSE;
  }
  if (*at == '-')
    at = skip_identifiers (at + 1, TRUE);
  if (at != NULL && *at == '+')
    at = skip_identifiers (at + 1, FALSE);
  return at != NULL && *at == '\0';
}

/* One identifier of each, both moved behind it. */
static int
compare_identifier (const char **a, const char **b)
{
  gsize a_length = strcspn (*a, ".+");
  gsize b_length = strcspn (*b, ".+");
  gboolean a_number = is_all_digits (*a, a_length);
  gboolean b_number = is_all_digits (*b, b_length);
  int order;

  if (a_number != b_number)
    return a_number ? -1 : 1;
  if (a_number && a_length != b_length)
    return a_length < b_length ? -1 : 1;
  order = strncmp (*a, *b, MIN (a_length, b_length));
  if (order == 0 && a_length != b_length)
    order = a_length < b_length ? -1 : 1;
  *a += a_length;
  *b += b_length;
  return order;
}

static int
compare_prerelease (const char *a, const char *b)
{
  if (*a != '-' || *b != '-')
    return (*b == '-') - (*a == '-');
  for (a++, b++;; a++, b++) {
    int order = compare_identifier (&a, &b);

    if (order != 0)
      return order;
    if (*a != '.' || *b != '.')
      return (*a == '.') - (*b == '.');
  }
}

int
hn_version_compare (const char *a, const char *b)
{
  char *a_at = (char *) without_v (a);
  char *b_at = (char *) without_v (b);

  for (int i = 0; i < 3; i++) {
    gint64 a_number = g_ascii_strtoll (a_at, &a_at, 10);
    gint64 b_number = g_ascii_strtoll (b_at, &b_at, 10);

    if (a_number != b_number)
      return a_number < b_number ? -1 : 1;
    a_at += *a_at == '.';
    b_at += *b_at == '.';
  }
  return compare_prerelease (a_at, b_at);
}
