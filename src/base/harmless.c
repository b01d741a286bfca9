/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/harmless.h"

static gboolean
is_harmless (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT && type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

void
hn_harmless_append (GString *line, const char *text)
{
  while (*text != '\0') {
    gunichar c = g_utf8_get_char_validated (text, -1);
    gboolean whole = c != (gunichar) -1 && c != (gunichar) -2;
    gsize length = whole ? (gsize) (g_utf8_next_char (text) - text) : 1;

    if (whole && is_harmless (c))
      g_string_append_len (line, text, (gssize) length);
    else
      for (gsize i = 0; i < length; i++)
        g_string_append_printf (line, "\\x%02x", (guchar) text[i]);
    text += length;
  }
}
