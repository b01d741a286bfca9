/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-head.h"

/* Where a message's body ends (RFC 9112, section 6 and 7), byte by byte as it comes, pure. A chunk size is 1 to 15 hex digits; chunk
 * extensions and trailer fields must be well-formed and short, and are dropped. A value type: nothing to free. */

typedef struct {
  HnHttpBodyKind kind;
  int state;
  gint64 left_bytes; /* of the length, or of the present chunk */
  guint digits;
  guint line_bytes; /* extension of this chunk, or all trailers */
} HnHttpBody;

/**
 * hn_http_body_init:
 * @self: uninitialised memory
 * @kind: framing
 * @content_length: for %HN_HTTP_BODY_LENGTH
 */
void hn_http_body_init (HnHttpBody *self, HnHttpBodyKind kind, gint64 content_length);

/**
 * hn_http_body_feed:
 * @self: a body that is not done
 * @bytes: (array length=length): what came; what is payload is moved to its front
 * @length: bytes
 * @ret_used: (out): how many bytes belong to the body; what follows is untouched
 * @ret_payload: (out): how many bytes of payload are now at the front of @bytes
 * @error: PROTOCOL: bad framing; the connection is of no more use
 *
 * Returns: whether the framing is right so far
 */
gboolean hn_http_body_feed (HnHttpBody *self, char *bytes, gsize length, gsize *ret_used, gsize *ret_payload, GError **error);

/**
 * hn_http_body_is_done:
 * @self: a body
 *
 * Returns: whether its last byte was fed; never for %HN_HTTP_BODY_UNTIL_CLOSE
 */
gboolean hn_http_body_is_done (const HnHttpBody *self);
