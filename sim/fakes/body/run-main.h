/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every subcommand of the simulator does the same way: stop on signals, die with its parent, say that it is ready. */
#pragma once

#include <glib.h>

#define SIM_EXIT_USAGE 64

/**
 * sim_run_die_with_parent:
 *
 * From now on the end of the parent process is a SIGTERM for this one. Must come before any thread.
 *
 * Returns: FALSE when the parent is gone already
 */
gboolean sim_run_die_with_parent (void);

/**
 * sim_run_until_signal:
 *
 * Prints `ready` and runs the default loop until SIGINT or SIGTERM.
 */
void sim_run_until_signal (void);

/**
 * sim_run_parse:
 * @summary: one line on what it is
 * @notes: (nullable): what follows the options in its help
 * @entries: its options
 * @argc: number of arguments, the subcommand first
 * @argv: (array length=argc): the arguments
 *
 * Returns: whether to go on; a complaint is on stderr already
 */
gboolean sim_run_parse (const char *summary, const char *notes, const GOptionEntry *entries, int argc, char **argv);

/**
 * sim_bodies_main:
 * @argc: number of arguments, the subcommand first
 * @argv: (array length=argc): the arguments
 *
 * Returns: exit status
 */
int sim_bodies_main (int argc, char **argv);

/**
 * sim_services_main:
 * @argc: number of arguments, the subcommand first
 * @argv: (array length=argc): the arguments
 *
 * Returns: exit status
 */
int sim_services_main (int argc, char **argv);

/**
 * sim_faults_main:
 * @argc: number of arguments, the subcommand first
 * @argv: (array length=argc): the arguments
 *
 * Returns: exit status
 */
int sim_faults_main (int argc, char **argv);
