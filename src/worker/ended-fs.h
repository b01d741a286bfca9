/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Logs of ended sessions: `<data_dir>/ended/<first 8 of the id>-<time>/web-server.log`, for our user only. */

/**
 * hn_ended_fs_keep:
 * @data_dir: where session directories live
 * @directory: directory of a session that has ended; its log is taken out of it
 *
 * One that cannot be kept is left where it is.
 */
void hn_ended_fs_keep (const char *data_dir, const char *directory);

/**
 * hn_ended_fs_prune:
 * @data_dir: where session directories live
 * @max_age_us: how old a log may be
 *
 * Returns: how many were removed
 */
guint hn_ended_fs_prune (const char *data_dir, gint64 max_age_us);

/**
 * hn_ended_fs_read_log:
 * @data_dir: where session directories live
 * @session_id: a session, well-formed: one that runs, or one that has ended
 * @max_bytes: at most so many, of its log's end
 * @ret_length: (out): how many there are
 * @ret_is_whole: (out): whether that is all of it
 *
 * Returns: (transfer full) (nullable): the bytes; %NULL when there is no log
 */
char *hn_ended_fs_read_log (const char *data_dir, const char *session_id, gsize max_bytes, gsize *ret_length, gboolean *ret_is_whole);
