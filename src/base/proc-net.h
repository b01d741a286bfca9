/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/address.h"

/* `/proc/net/tcp`, `tcp6`, `udp` and `udp6` (proc(5)). Pure. */

/**
 * hn_proc_net_find:
 * @table: the file's text
 * @address: (nullable): of the socket; its wildcard counts too. %NULL: any
 * @port: its port
 * @listening: only sockets that listen (TCP)
 *
 * Returns: inode of the first socket that has it; 0 when there is none
 */
guint64 hn_proc_net_find (const char *table, const HnAddress *address, guint16 port, gboolean listening);
