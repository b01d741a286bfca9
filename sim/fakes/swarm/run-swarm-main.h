/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The subcommands of the swarm, and what they share. */
#pragma once

#include <glib.h>

/**
 * sim_swarm_raise_limits:
 *
 * As many file descriptors as the system lets us have.
 */
void sim_swarm_raise_limits (void);

/**
 * sim_swarm_read_range:
 * @text: `N` or `N:M`
 * @ret_min: (out): smaller number
 * @ret_max: (out): greater number
 *
 * Returns: whether it is a range
 */
gboolean sim_swarm_read_range (const char *text, guint *ret_min, guint *ret_max);

/**
 * sim_workers_main:
 * @argc: number of arguments, the subcommand first
 * @argv: (array length=argc): the arguments
 *
 * Returns: exit status
 */
int sim_workers_main (int argc, char **argv);

/**
 * sim_browsers_main:
 * @argc: number of arguments, the subcommand first
 * @argv: (array length=argc): the arguments
 *
 * Returns: exit status
 */
int sim_browsers_main (int argc, char **argv);

/**
 * sim_creates_main:
 * @argc: number of arguments, the subcommand first
 * @argv: (array length=argc): the arguments
 *
 * Returns: exit status
 */
int sim_creates_main (int argc, char **argv);
