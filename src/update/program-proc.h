/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Programs that an update runs to their end: the new one, for its version, and the command that restarts the service. */

/**
 * hn_program_proc_run_async:
 * @argv: program and arguments, NULL-terminated
 * @seconds: then it is killed
 * @cancellable: (nullable): cancels
 * @done: called once, from the loop
 * @user_data: for @done
 *
 * It gets PATH and nothing else of our environment, and no input.
 */
void hn_program_proc_run_async (const char *const *argv, int seconds, GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data);

/**
 * hn_program_proc_run_finish:
 * @result: given to `done`
 * @error: TIMEOUT, or INTERNAL when it cannot be run or ends with another status than 0
 *
 * Returns: (transfer full) (nullable): what it printed, at most 4 KiB
 */
char *hn_program_proc_run_finish (GAsyncResult *result, GError **error);
