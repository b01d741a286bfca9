/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What both roles understand by a drain: a POST with nothing, or with `{"deadline": "10m"}` or seconds. Pure. */

/**
 * hn_drain_request_read:
 * @body: (array length=length): body of the request
 * @length: of it; 0: no deadline
 * @ret_left_us: (out): when what runs is to be ended, from now; HN_NEVER without a deadline
 * @error: INVALID naming the field
 *
 * Returns: whether it is good
 */
gboolean hn_drain_request_read (const char *body, gsize length, gint64 *ret_left_us, GError **error);
