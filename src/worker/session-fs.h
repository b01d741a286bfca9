/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Session directories: `<data_dir>/<session-id>/` with `server/config.json`, a link `static` and `web-server.log`; for our user
 * only. */

/**
 * hn_session_fs_open:
 * @data_dir: where session directories live; created 0700 when it is not there
 * @error: CONFIG
 *
 * Returns: whether it can be used
 */
gboolean hn_session_fs_open (const char *data_dir, GError **error);

/**
 * hn_session_fs_remove_orphans:
 * @data_dir: where session directories live
 *
 * Removes directories whose names are session ids. Only to be called when no other worker of this configuration runs.
 *
 * Returns: how many
 */
guint hn_session_fs_remove_orphans (const char *data_dir);

/**
 * hn_session_fs_create:
 * @data_dir: where session directories live
 * @session_id: a session
 * @config: text of its `server/config.json`
 * @program: path of web-server; `static` lies beside it
 * @error: INTERNAL
 *
 * Returns: (transfer full) (nullable): path of the new directory
 */
char *hn_session_fs_create (const char *data_dir, const char *session_id, const char *config, const char *program,
                            GError **error);

/**
 * hn_session_fs_exists:
 * @directory: (nullable): a session directory
 *
 * Returns: whether it is there with its `server` folder
 */
gboolean hn_session_fs_exists (const char *directory);

/**
 * hn_session_fs_read_last_line:
 * @directory: (nullable): a session directory
 *
 * Returns: (transfer full): the end of the last line of its `web-server.log`, a few hundred bytes at most; "" when there is none
 */
char *hn_session_fs_read_last_line (const char *directory);

/**
 * hn_session_fs_remove:
 * @directory: a session directory; links in it are removed, not followed
 *
 * Returns: whether nothing of it is left
 */
gboolean hn_session_fs_remove (const char *directory);
