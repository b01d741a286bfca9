/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The file that is this program, and those beside it: `.update` (fetched), `.backup` (the one before), `.unproven` (the present one was swapped in, and
 * nobody has seen yet that it comes up), `.rejected` (a version that was rolled back). */

/* What `.unproven` says: lines of text. */
typedef struct {
  char *from;  /* version of `.backup` */
  char *to;    /* version of the program */
  GStrv roles; /* URLs of those that must come up */
} HnUnproven;

/**
 * hn_unproven_free:
 * @self: (nullable) (transfer full): what to free
 */
void hn_unproven_free (HnUnproven *self);

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
 * @unproven: what must be seen until it is proved
 * @error: INTERNAL
 *
 * The program becomes `.backup`, `.update` the program; there is one at every moment, and until hn_program_fs_proved() it is said that it is unproven.
 *
 * Returns: whether it was done
 */
gboolean hn_program_fs_swap (const char *program, const HnUnproven *unproven, GError **error);

/**
 * hn_program_fs_unproven:
 * @program: path of the program
 *
 * Returns: (transfer full) (nullable): what an update that was cut off behind its swap has left; one that was cut off before is forgotten
 */
HnUnproven *hn_program_fs_unproven (const char *program);

/**
 * hn_program_fs_proved:
 * @program: path of the program
 *
 * It comes up, or it is not there any more.
 */
void hn_program_fs_proved (const char *program);

/**
 * hn_program_fs_restore:
 * @program: path of the program
 * @version: (nullable): the one that was no good; remembered
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

/**
 * hn_program_fs_which:
 * @self: path of this very program
 *
 * Returns: (transfer full): what an update replaces: @self, or for a `.backup` beside an unproven one that one
 */
char *hn_program_fs_which (const char *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnUnproven, hn_unproven_free)
