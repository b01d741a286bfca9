/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How a create ended, for the metrics of both roles. Pure. */

/**
 * hn_create_outcome_of:
 * @status: HTTP status that the caller was answered; 0: nobody waited any more
 *
 * Returns: the label of `hydraneck_session_creates_total`
 */
const char *hn_create_outcome_of (guint status);

/**
 * hn_create_outcome_count:
 * @status: as in hn_create_outcome_of()
 * @took_us: since the request came
 *
 * Counts it; the duration of those that succeeded, too.
 */
void hn_create_outcome_count (guint status, gint64 took_us);
