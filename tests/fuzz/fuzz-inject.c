/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/limits.h"
#include "worker/inject.h"

/* Any page, cut anywhere: the script is in it once and where a browser runs it first, nothing else is changed, no cut is seen, and
 * little is held back. The first two bytes choose the cut. */

#define TAG "<script src=\"/session/0123456789abcdef0123456789abcdef/_hydraneck/overlay.js\"></script>"
#define HELD_BYTES_MAX 8

static GByteArray *
inject (const char *bytes, gsize length, gsize first, gsize step)
{
  g_autoptr (HnInject) page = hn_inject_new (TAG);
  GByteArray *out = g_byte_array_new ();
  gsize at = 0;

  while (at < length) {
    gsize n = MIN (at == 0 && first > 0 ? first : step, length - at);

    hn_inject_feed (page, bytes + at, n, FALSE, out);
    at += n;
    must (out->len <= at + strlen (TAG) && out->len + HELD_BYTES_MAX >= at);
  }
  hn_inject_feed (page, NULL, 0, TRUE, out);
  return out;
}

static gsize
find_end (const char *page, gsize n, gsize from, const char *what)
{
  const char *found = from < n ? memmem (page + from, n - from, what, strlen (what)) : NULL;

  return found != NULL ? (gsize) (found - page) + strlen (what) : n;
}

static gboolean
begins (const char *page, gsize n, gsize at, const char *what)
{
  return n - at >= strlen (what) && memcmp (page + at, what, strlen (what)) == 0;
}

/* Behind the comment that begins at @at (WHATWG HTML, section 13.2.5.43 and on). */
static gsize
skip_comment (const char *page, gsize n, gsize at)
{
  if (begins (page, n, at + 4, ">"))
    return at + 5;
  if (begins (page, n, at + 4, "->"))
    return at + 6;
  return MIN (find_end (page, n, at + 4, "-->"), find_end (page, n, at + 4, "--!>"));
}

/* Behind the tag whose name ends at @at; beyond @n if it does not end (the same, section 13.2.5.32 and on). */
static gsize
skip_tag (const char *page, gsize n, gsize at)
{
  while (at < n && page[at] != '>') {
    if (g_ascii_isspace (page[at]) || page[at] == '/') {
      at++;
      continue;
    }
    at++; /* a name begins, even with `=` */
    while (at < n && !g_ascii_isspace (page[at]) && strchr ("/>=", page[at] != '\0' ? page[at] : 'x') == NULL)
      at++;
    while (at < n && g_ascii_isspace (page[at]))
      at++;
    if (at >= n || page[at] != '=')
      continue;
    at++;
    while (at < n && g_ascii_isspace (page[at]))
      at++;
    if (at < n && (page[at] == '"' || page[at] == '\'')) {
      const char *quote = memchr (page + at + 1, page[at], n - at - 1);

      at = quote != NULL ? (gsize) (quote - page) + 1 : n;
      continue;
    }
    while (at < n && !g_ascii_isspace (page[at]) && page[at] != '>')
      at++;
  }
  return at + 1;
}

static gsize
name_length (const char *page, gsize n, gsize at)
{
  gsize length = 0;

  while (at + length < n && !g_ascii_isspace (page[at + length]) && page[at + length] != '/' && page[at + length] != '>')
    length++;
  return length;
}

/* Where the script belongs, found by looking at the whole page as a browser's tokenizer does. */
static gsize
right_place (const char *page, gsize n)
{
  gsize at = 0;

  while (at < n) {
    char next = page[at] == '<' && at + 1 < n ? page[at + 1] : '\0';
    gsize length = g_ascii_isalpha (next) ? name_length (page, n, at + 1) : 0;
    gboolean head = length == 4 && g_ascii_strncasecmp (page + at + 1, "head", 4) == 0;
    gboolean html = length == 4 && g_ascii_strncasecmp (page + at + 1, "html", 4) == 0;

    if (length > 0 && at + 1 + length == n && length < HELD_BYTES_MAX - 1)
      return n; /* nobody knows what it would have become */
    if (length > 0 && !head && !html)
      return at;
    if (length > 0)
      at = skip_tag (page, n, at + 1 + length);
    else if (begins (page, n, at, "<!--"))
      at = skip_comment (page, n, at);
    else if (next == '/' && at + 2 < n && g_ascii_isalpha (page[at + 2]))
      at = skip_tag (page, n, at + 2 + name_length (page, n, at + 2));
    else if (next == '!' || next == '?' || next == '/')
      at = find_end (page, n, at + 2, ">");
    else
      at++;
    if (head && at <= n)
      return at;
  }
  return n;
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  gsize skipped = MIN (length, 2);
  const char *page = bytes + skipped;
  gsize n = length - skipped;
  gsize first = length > 0 ? (guint8) bytes[0] : 0;
  gsize step = length > 1 ? MAX ((guint8) bytes[1], 1) : 1;
  g_autoptr (GByteArray) whole = inject (page, n, 0, MAX (n, 1));
  g_autoptr (GByteArray) single = inject (page, n, 0, 1);
  g_autoptr (GByteArray) pieces = inject (page, n, first, step);
  gsize where = n < HN_LIMIT_INJECT_SCAN_BYTES ? right_place (page, n) : 0;

  must (whole->len == n + strlen (TAG));
  must (same_bytes (whole, single) && same_bytes (whole, pieces));
  if (n >= HN_LIMIT_INJECT_SCAN_BYTES)
    return FALSE;
  must (where == 0 || memcmp (whole->data, page, where) == 0);
  must (memcmp (whole->data + where, TAG, strlen (TAG)) == 0);
  must (n == where || memcmp (whole->data + where + strlen (TAG), page + where, n - where) == 0);
  return where < n;
}
