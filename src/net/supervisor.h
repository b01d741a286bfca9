/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The other half of net/process: what our executable does when it is started as `hydraneckwebrtc supervise …` by a worker.
 *
 * Wire, on the socket given as fd: down, one byte each: `T` (SIGTERM to the group, SIGKILL after the stop time), `K` (SIGKILL now); end of
 * file counts as `T` with a stop time of HN_LIMIT_ORPHAN_SECONDS. Up, lines: `pid N`, then `exited N`, `signaled N` or `failed ERRNO`. */

/**
 * hn_supervisor_main:
 * @argc: arguments after the subcommand
 * @argv: `FD STOP_MS PROGRAM ARG…`
 *
 * Runs the program and waits until nothing of it is left. To be called before any thread exists.
 *
 * Returns: exit status for the process: 0, or 64 on wrong arguments
 */
int hn_supervisor_main (int argc, char **argv);
