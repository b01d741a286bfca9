/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "net/http-body.h"

/* The first byte chooses the framing, the rest is what arrives. However it is cut, the same bytes are the body, and its payload is what a
 * second, simple-minded reader finds. */

#define LENGTH_MAX 300

typedef struct {
  gboolean fine;
  gboolean done;
  gsize used;
  GByteArray *payload;
} Result;

static Result
decode (HnHttpBodyKind kind, gint64 content_length, const char *bytes, gsize length, gsize step)
{
  Result result = { TRUE, FALSE, 0, g_byte_array_new () };
  HnHttpBody body;

  hn_http_body_init (&body, kind, content_length);
  while (result.used < length && result.fine && !hn_http_body_is_done (&body)) {
    gsize n = MIN (step, length - result.used);
    g_autofree char *piece = g_memdup2 (bytes + result.used, n);
    g_autoptr (GError) error = NULL;
    gsize used = 0, payload = 0;

    result.fine = hn_http_body_feed (&body, piece, n, &used, &payload, &error);
    must (result.fine == (error == NULL));
    if (!result.fine)
      break;
    must (payload <= used && used <= n);
    must (used == n || hn_http_body_is_done (&body));
    must (used == n || memcmp (piece + used, bytes + result.used + used, n - used) == 0);
    g_byte_array_append (result.payload, (const guint8 *) piece, (guint) payload);
    result.used += used;
  }
  result.done = hn_http_body_is_done (&body);
  return result;
}

/* A whole chunked body as a second reader sees it, which knows only what is well-formed; its end, or 0. */
static gsize
read_chunks (const char *bytes, gsize length, GByteArray *payload)
{
  gsize at = 0;

  for (;;) {
    const char *line_end = memmem (bytes + at, length - at, "\r\n", 2);
    g_autofree char *line = line_end != NULL ? g_strndup (bytes + at, (gsize) (line_end - bytes) - at) : NULL;
    guint64 size = line != NULL ? g_ascii_strtoull (line, NULL, 16) : 0;

    if (line == NULL || !g_ascii_isxdigit (line[0]))
      return 0;
    at = (gsize) (line_end - bytes) + 2;
    if (size == 0)
      break;
    if (size > length - at || length - at - size < 2 || memcmp (bytes + at + size, "\r\n", 2) != 0)
      return 0;
    g_byte_array_append (payload, (const guint8 *) bytes + at, (guint) size);
    at += size + 2;
  }
  while (length - at >= 2 && memcmp (bytes + at, "\r\n", 2) != 0) {
    const char *line_end = memmem (bytes + at, length - at, "\r\n", 2);

    if (line_end == NULL)
      return 0;
    at = (gsize) (line_end - bytes) + 2;
  }
  return length - at >= 2 ? at + 2 : 0;
}

static void
check_chunks (const Result *result, const char *bytes, gsize length)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  must (read_chunks (bytes, length, payload) == result->used);
  must (same_bytes (payload, result->payload));
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  static const HnHttpBodyKind kinds[] = { HN_HTTP_BODY_CHUNKED, HN_HTTP_BODY_LENGTH, HN_HTTP_BODY_UNTIL_CLOSE, HN_HTTP_BODY_NONE };
  static const gsize steps[] = { 1, 2, 3, 7, 64 };
  HnHttpBodyKind kind = length > 0 ? kinds[(guint8) bytes[0] % G_N_ELEMENTS (kinds)] : HN_HTTP_BODY_NONE;
  gint64 content_length = kind == HN_HTTP_BODY_LENGTH ? (guint8) bytes[0] * LENGTH_MAX / 255 : -1;
  const char *rest = bytes + (length > 0 ? 1 : 0);
  gsize n = length > 0 ? length - 1 : 0;
  Result whole = decode (kind, content_length, rest, n, MAX (n, 1));
  gboolean taken = whole.fine && whole.done;

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    Result cut = decode (kind, content_length, rest, n, steps[i]);

    must (cut.fine == whole.fine);
    if (whole.fine)
      must (cut.done == whole.done && cut.used == whole.used && same_bytes (cut.payload, whole.payload));
    g_byte_array_unref (cut.payload);
  }
  if (taken && kind == HN_HTTP_BODY_CHUNKED)
    check_chunks (&whole, rest, n);
  if (taken && kind == HN_HTTP_BODY_LENGTH)
    must (whole.payload->len == content_length && memcmp (whole.payload->data, rest, whole.payload->len) == 0);
  must (kind != HN_HTTP_BODY_NONE || (whole.done && whole.used == 0));
  must (kind != HN_HTTP_BODY_UNTIL_CLOSE || (!whole.done && whole.payload->len == n));
  g_byte_array_unref (whole.payload);
  return taken && kind == HN_HTTP_BODY_CHUNKED;
}
