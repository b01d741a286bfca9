/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "net/route.h"

/* Of a path that is found plain: however often it is decoded, and by the most lenient decoder, it keeps its segments, and none of them
 * becomes `.`, `..`, or `..;x`. */

#define ROUNDS_MAX 6

/* Decodes each escape that is whole and leaves the others; returns whether there was one. */
static gboolean
decode_once (GString *text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean found = FALSE;

  for (gsize i = 0; i < text->len; i++) {
    int high = text->str[i] == '%' && i + 2 < text->len ? g_ascii_xdigit_value (text->str[i + 1]) : -1;
    int low = high >= 0 ? g_ascii_xdigit_value (text->str[i + 2]) : -1;

    if (low < 0) {
      g_string_append_c (out, text->str[i]);
      continue;
    }
    g_string_append_c (out, (char) (high * 16 + low));
    found = TRUE;
    i += 2;
  }
  g_string_truncate (text, 0);
  g_string_append_len (text, out->str, (gssize) out->len);
  return found;
}

static guint
count (const GString *text, char c)
{
  guint found = 0;

  for (gsize i = 0; i < text->len; i++)
    found += text->str[i] == c ? 1 : 0;
  return found;
}

static void
check_segments (const GString *text)
{
  g_auto (GStrv) segments = g_strsplit (text->str, "/", -1);
  guint n = g_strv_length (segments);

  must (strlen (text->str) == text->len); /* no NUL */
  must (count (text, '\\') == 0);
  for (guint i = 1; i < n; i++) {
    char *parameter = strchr (segments[i], ';');

    must (*segments[i] != '\0' || i + 1 == n);
    if (parameter != NULL)
      *parameter = '\0';
    must (strcmp (segments[i], ".") != 0 && strcmp (segments[i], "..") != 0);
  }
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  g_autoptr (GString) text = NULL;
  guint slashes;

  if (hn_route_check_path ((HnSlice){ bytes, length }) != NULL)
    return FALSE;
  text = g_string_new_len (bytes, (gssize) length);
  must (text->len > 0 && text->str[0] == '/');
  slashes = count (text, '/');
  check_segments (text);
  for (int round = 0; round < ROUNDS_MAX && decode_once (text); round++) {
    must (count (text, '/') == slashes);
    check_segments (text);
  }
  return TRUE;
}
