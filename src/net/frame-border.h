/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Where the frames of a server's WebSocket stream end (RFC 6455 5.2), as far as their heads tell: nothing is kept, nothing is looked at but heads. Between
 * two frames a control frame of our own may stand. Once something came that is no frame of a server, or a Close, it may never again. Pure. */

typedef enum {
  HN_FRAME_BORDER_HEAD, /* zero: before a frame, or in its first two bytes */
  HN_FRAME_BORDER_LENGTH,
  HN_FRAME_BORDER_PAYLOAD,
  HN_FRAME_BORDER_OVER, /* closed, or not understood */
} HnFrameBorderState;

typedef struct {
  HnFrameBorderState state;
  guint8 first;        /* first byte of the head that is being read; valid if @read is 1 */
  guint read;          /* bytes of this state that have come */
  guint length_bytes;  /* 2 or 8 */
  guint64 left;        /* the length as far as it has come, or the payload that is still to come */
} HnFrameBorder;

/**
 * hn_frame_border_feed:
 * @self: zero at first
 * @bytes: (array length=n_bytes): what came next
 * @n_bytes: bytes
 */
void hn_frame_border_feed (HnFrameBorder *self, const guint8 *bytes, gsize n_bytes);

/**
 * hn_frame_border_is_here:
 * @self: a border
 *
 * Returns: whether what came ends with a whole frame, and another one may follow
 */
gboolean hn_frame_border_is_here (const HnFrameBorder *self);
