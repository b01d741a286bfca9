/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/unpair-http.h"

/* What a killed worker left behind: processes, session directories, clients in Sunshine. */

/**
 * hn_predecessor_io_clean_up:
 * @data_dir: where session directories live; its lock is held, and there are no sessions yet
 * @unpair: takes over what must be unpaired
 */
void hn_predecessor_io_clean_up (const char *data_dir, HnUnpairHttp *unpair);
