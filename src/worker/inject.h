/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/route.h"

/* Puts one script tag into each page that streams by, before any script of the page. Pure. */

typedef struct _HnInject HnInject;

/**
 * hn_inject_new:
 * @insertion: what to insert
 *
 * Returns: (transfer full): the state of one page
 */
HnInject *hn_inject_new (const char *insertion);

/**
 * hn_inject_free:
 * @self: (nullable): what to free
 */
void hn_inject_free (HnInject *self);

/**
 * hn_inject_feed:
 * @self: one page
 * @bytes: (array length=n_bytes): the next piece, cut anywhere
 * @n_bytes: bytes
 * @last: whether the page ends here
 * @out: (inout): what may go on is appended; at most a few bytes of an unfinished tag are held back
 */
void hn_inject_feed (HnInject *self, const char *bytes, gsize n_bytes, gboolean last, GByteArray *out);

/**
 * hn_inject_applies:
 * @request: (nullable): the request
 * @response: its answer
 *
 * Returns: whether @response is a whole page of HTML, in plain bytes or packed by gzip (the front door unpacks it)
 */
gboolean hn_inject_applies (const HnHttpHead *request, const HnHttpHead *response);

/**
 * hn_inject_tag:
 * @session_id: a session
 *
 * Returns: (transfer full): `<script src="/session/{id}/_hydraneck/overlay.js"></script>`
 */
char *hn_inject_tag (const char *session_id);

/**
 * hn_inject_filter:
 *
 * Returns: (transfer none): the same as a filter of the front door; its filter_data is the text to insert
 */
const HnFilter *hn_inject_filter (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnInject, hn_inject_free)
