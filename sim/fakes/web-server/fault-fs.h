/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim/fakes/web-server/fault.h"

/**
 * sim_fault_fs_read:
 * @program: argv[0]
 * @ret_unknown: (out) (optional) (transfer full): the first name that does not exist
 *
 * The knobs as they are now: from the environment variable `HYDRANECK_SIM_FAULT` if there is one, else from the file `<argv[0]>.fault`
 * (all sessions of a worker) and then `web-server.fault` in the working directory (this session; it wins). So a worker that spawns us with
 * a clean environment can be tested too.
 *
 * Returns: the knobs; those of a text with an unknown name are as if it ended there
 */
SimFaults sim_fault_fs_read (const char *program, char **ret_unknown);
