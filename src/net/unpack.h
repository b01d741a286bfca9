/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "net/http-head.h"

/* A body that was packed by gzip, on its way through: a page must be plain to be edited. */

typedef struct _HnUnpack HnUnpack;

/**
 * hn_unpack_is_known:
 * @head: a response
 *
 * Returns: whether its body is packed in the one way that can be undone here
 */
gboolean hn_unpack_is_known (const HnHttpHead *head);

/**
 * hn_unpack_new:
 *
 * Returns: (transfer full): the state of one body
 */
HnUnpack *hn_unpack_new (void);

/**
 * hn_unpack_feed:
 * @self: one body
 * @bytes: (array length=n_bytes): the next piece, cut anywhere
 * @n_bytes: bytes
 * @last: whether the body ends here
 *
 * Returns: (transfer full) (nullable): what was in it; %NULL when it is broken, cut, or grows beyond HN_LIMIT_UNPACKED_BYTES
 */
GByteArray *hn_unpack_feed (HnUnpack *self, const char *bytes, gsize n_bytes, gboolean last);

/**
 * hn_unpack_free:
 * @self: (nullable): what to free
 */
void hn_unpack_free (HnUnpack *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnUnpack, hn_unpack_free)
