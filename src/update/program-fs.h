/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The file that is this program, and those beside it: `.update` (fetched), `.backup` (the one before), `.rejected` (a version that was rolled back). */

/**
 * hn_program_fs_lock:
 * @program: path of the program
 * @error: CONFLICT when another update is under way, DENIED when its folder cannot be written to
 *
 * Returns: a descriptor that holds the lock until it is closed, or -1
 */
int hn_program_fs_lock (const char *program, GError **error);

/**
 * hn_program_fs_create:
 * @program: path of the program
 * @error: INTERNAL
 *
 * Returns: a descriptor of a new, empty `.update` that nobody else can read or run, or -1
 */
int hn_program_fs_create (const char *program, GError **error);

/**
 * hn_program_fs_finish:
 * @program: path of the program
 * @fd: (transfer full): of its `.update`, verified: on disk and executable from now on
 * @error: INTERNAL
 *
 * Returns: whether it is
 */
gboolean hn_program_fs_finish (const char *program, int fd, GError **error);

/**
 * hn_program_fs_swap:
 * @program: path of the program
 * @error: INTERNAL
 *
 * The program becomes `.backup`, `.update` the program; there is one at every moment.
 *
 * Returns: whether it was done
 */
gboolean hn_program_fs_swap (const char *program, GError **error);

/**
 * hn_program_fs_restore:
 * @program: path of the program
 * @version: the one that was no good; remembered
 * @error: INTERNAL
 *
 * Returns: whether `.backup` is the program again
 */
gboolean hn_program_fs_restore (const char *program, const char *version, GError **error);

/**
 * hn_program_fs_discard:
 * @program: path of the program
 *
 * Removes `.update`, if it is there.
 */
void hn_program_fs_discard (const char *program);

/**
 * hn_program_fs_rejected:
 * @program: path of the program
 *
 * Returns: (transfer full) (nullable): the version that was rolled back last
 */
char *hn_program_fs_rejected (const char *program);

/**
 * hn_program_fs_path:
 * @program: path of the program
 * @ending: `.update` and the like
 *
 * Returns: (transfer full): the path beside it
 */
char *hn_program_fs_path (const char *program, const char *ending);
