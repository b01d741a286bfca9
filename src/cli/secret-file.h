/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A file that holds one secret: `<path>_file` of the configuration, or a credential of systemd. */

/**
 * hn_secret_file_read:
 * @path: absolute
 * @unused: as HnConfigSources.read_secret wants it
 * @error: NOT_FOUND; CONFIG: not a regular file, empty, longer than %HN_LIMIT_SECRET_FILE_BYTES, or its first line is no plain text
 *
 * Warns when others than the owner and the group may read it.
 *
 * Returns: (transfer full) (nullable): its first line
 */
char *hn_secret_file_read (const char *path, gpointer unused, GError **error);
