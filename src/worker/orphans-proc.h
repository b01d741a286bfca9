/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Processes that an earlier worker started and that nobody ended: its supervisors were killed as well. What it started carries a mark in
 * its environment, and hands it on to whatever it forks, daemons included; nobody else has that mark. */

/**
 * hn_orphans_proc_mark:
 * @data_dir: where session directories live
 *
 * Returns: (transfer full) (nullable): NAME=value for the environment of what is started; %NULL when there is no such directory
 */
char *hn_orphans_proc_mark (const char *data_dir);

/**
 * hn_orphans_proc_kill:
 * @data_dir: where session directories live; its lock is held and nothing was started yet
 *
 * SIGKILL to every process of our user that carries the mark, and to what those fork meanwhile.
 *
 * Returns: how many
 */
guint hn_orphans_proc_kill (const char *data_dir);
