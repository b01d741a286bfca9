/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * sim_release_server_main:
 * @argc: number of arguments, the subcommand first
 * @argv: (array length=argc): the arguments
 *
 * Returns: exit status
 */
int sim_release_server_main (int argc, char **argv);
