/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

/* Strict HTTP/1.1 heads (RFC 9112), pure. What two parsers could read in two ways is refused: CL and TE together, a doubled or odd
 * Content-Length, Transfer-Encoding other than one `chunked`, doubled Host, obs-fold, bare LF, a space before the colon, NUL. */

typedef struct {
  const char *text; /* not NUL-terminated, points into the parsed bytes */
  gsize length;
} HnSlice;

typedef struct {
  HnSlice name;
  HnSlice value; /* without surrounding white space */
  gboolean hop_by_hop; /* Connection, Keep-Alive, TE, Upgrade, …, and whatever Connection names */
} HnHttpField;

typedef enum { HN_HTTP_BODY_NONE, HN_HTTP_BODY_LENGTH, HN_HTTP_BODY_CHUNKED, HN_HTTP_BODY_UNTIL_CLOSE } HnHttpBodyKind;

typedef struct {
  gboolean is_response;
  HnSlice method;      /* requests */
  HnSlice target;      /* requests: raw, starts with `/` */
  HnSlice path;        /* requests: target up to the `?` */
  guint status;        /* responses */
  HnSlice reason;      /* responses */
  int minor;           /* HTTP/1.minor */
  HnHttpBodyKind body; /* as framed by the head alone; HEAD, 204 and 304 are the caller's to know */
  gint64 content_length; /* -1 when absent */
  gboolean close;      /* Connection: close, or HTTP/1.0 without keep-alive */
  gboolean upgrade_websocket;
  gboolean expect_continue;
  GArray *fields;      /* of HnHttpField, in order */
} HnHttpHead;

/**
 * hn_http_head_find_end:
 * @bytes: (array length=length): what has arrived
 * @length: bytes
 *
 * Returns: length of the head including its empty line, or 0 while it is incomplete
 */
gsize hn_http_head_find_end (const char *bytes, gsize length);

/**
 * hn_http_head_parse_request:
 * @bytes: (array length=length): a whole head including its empty line; must outlive the result
 * @length: bytes
 * @ret_status: (out): the 4xx or 5xx to answer when it is refused (400, 405, 414, 417, 431, 501, 505)
 * @error: PROTOCOL, TOO_LARGE: what is wrong, for the answer's `detail`
 *
 * Returns: (transfer full) (nullable): the head
 */
HnHttpHead *hn_http_head_parse_request (const char *bytes, gsize length, guint *ret_status, GError **error);

/**
 * hn_http_head_parse_response:
 * @bytes: (array length=length): a whole head including its empty line; must outlive the result
 * @length: bytes
 * @error: PROTOCOL
 *
 * Returns: (transfer full) (nullable): the head
 */
HnHttpHead *hn_http_head_parse_response (const char *bytes, gsize length, GError **error);

/**
 * hn_http_head_free:
 * @self: (nullable): what to free
 */
void hn_http_head_free (HnHttpHead *self);

/**
 * hn_http_head_find:
 * @self: a head
 * @name: field name, any case
 *
 * Returns: (nullable): the first field of that name
 */
const HnHttpField *hn_http_head_find (const HnHttpHead *self, const char *name);

/**
 * hn_slice_equal:
 * @slice: a slice
 * @text: a text
 *
 * Returns: whether both are the same bytes
 */
static inline gboolean
hn_slice_equal (HnSlice slice, const char *text)
{
  return strlen (text) == slice.length && memcmp (slice.text, text, slice.length) == 0;
}

/**
 * hn_slice_equal_nocase:
 * @slice: a slice
 * @text: a text
 *
 * Returns: whether both are the same but for ASCII case
 */
static inline gboolean
hn_slice_equal_nocase (HnSlice slice, const char *text)
{
  gsize length = strlen (text); /* known to the compiler for a literal: most comparisons end here */

  if (length != slice.length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (slice.text[i] != text[i] && g_ascii_tolower (slice.text[i]) != g_ascii_tolower (text[i]))
      return FALSE;
  return TRUE;
}

/**
 * hn_slice_of:
 * @text: a text
 *
 * Returns: all of it
 */
static inline HnSlice
hn_slice_of (const char *text)
{
  return (HnSlice){ text, strlen (text) };
}

/**
 * hn_slice_has_prefix:
 * @slice: a slice
 * @prefix: a text
 *
 * Returns: whether @slice begins with @prefix
 */
gboolean hn_slice_has_prefix (HnSlice slice, const char *prefix);

/**
 * hn_slice_dup:
 * @slice: a slice
 *
 * Returns: (transfer full): NUL-terminated copy
 */
char *hn_slice_dup (HnSlice slice);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnHttpHead, hn_http_head_free)
