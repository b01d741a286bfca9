/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How far away a body is, from several connects: one that was delayed by chance does not count. Pure. */

/**
 * hn_distance_median:
 * @samples: (array length=count): round trips in microseconds, in any order
 * @count: how many, at least 1
 *
 * Returns: the middle one; of an even number the earlier of both
 */
gint64 hn_distance_median (const gint64 *samples, guint count);
