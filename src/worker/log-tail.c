/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a log is a neighbour's words: it may hold anything, and a terminal may be where it is shown. Secrets are none of its business, but a program that is
 * told one may write it. Short ones and Sunshine's well-known default are not looked for: they are words. */
#include "worker/log-tail.h"

#include <string.h>

#define SECRET_BYTES_MIN 6
#define NO_SECRET "sunshine"

static void
hide (GString *text, const char *secret)
{
  if (strlen (secret) >= SECRET_BYTES_MIN && !g_str_equal (secret, NO_SECRET))
    g_string_replace (text, secret, "***", 0);
}

/* C1 controls, and what turns the direction of writing: U+0080–9F, 200E–F, 2028–E, 2066–9. Of valid UTF-8. */
static gsize
harmful_bytes (const char *at)
{
  const guchar *c = (const guchar *) at;

  if (c[0] == 0xc2 && c[1] < 0xa0)
    return 2;
  if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae)))
    return 3;
  return c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9 ? 3 : 0;
}

/* Escape sequences of colours are the usual ones, and only noise here; one that is not finished in its line hides no other. */
static void
make_plain (GString *text)
{
  gsize to = 0;

  for (gsize from = 0; from < text->len; from++) {
    char c = text->str[from];

    if (c == '\033' && text->str[from + 1] == '[') {
      from += 2;
      while (from < text->len && text->str[from] != '\n' && !(text->str[from] >= '@' && text->str[from] <= '~'))
        from++;
      if (from < text->len && text->str[from] == '\n')
        text->str[to++] = '\n';
      continue;
    }
    if (harmful_bytes (text->str + from) > 0) {
      from += harmful_bytes (text->str + from) - 1;
      text->str[to++] = '?';
      continue;
    }
    if (c == '\r')
      continue;
    text->str[to++] = (guchar) c < ' ' && c != '\n' && c != '\t' ? '?' : c == '\177' ? '?' : c;
  }
  g_string_truncate (text, to);
}

static const char *
begin_of_last (const char *text, gsize length, guint lines)
{
  const char *at = text + length;

  for (guint found = 0; at > text; at--)
    if (at[-1] == '\n' && at != text + length && ++found == lines)
      return at;
  return text;
}

char *
hn_log_tail (const char *bytes, gsize length, gboolean is_whole, guint lines, const char *const *secrets)
{
  const char *first = is_whole ? bytes : memchr (bytes, '\n', length);
  g_autofree char *valid = NULL;
  g_autoptr (GString) text = NULL;

  if (length == 0 || first == NULL || lines == 0)
    return g_strdup ("");
  if (!is_whole)
    first++;
  valid = g_utf8_make_valid (first, (gssize) (length - (gsize) (first - bytes)));
  text = g_string_new (valid);
  make_plain (text);
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_append_c (text, '\n');
  for (gsize i = 0; secrets != NULL && secrets[i] != NULL; i++)
    hide (text, secrets[i]);
  return g_strdup (begin_of_last (text->str, text->len, lines));
}
