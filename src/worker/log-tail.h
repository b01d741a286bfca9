/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The last lines of a log as they may be shown. Pure. */

/**
 * hn_log_tail:
 * @bytes: (array length=length): the end of a log, whatever it holds
 * @length: of it
 * @is_whole: whether it begins at the log's beginning; otherwise its first line is a part of one, and left out
 * @lines: how many
 * @secrets: (array zero-terminated=1) (nullable): what must not be shown, %NULL entries excluded; replaced by `***`
 *
 * Returns: (transfer full): UTF-8, each line with its newline; control characters other than tabs are replaced
 */
char *hn_log_tail (const char *bytes, gsize length, gboolean is_whole, guint lines, const char *const *secrets);
