/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which address and port each worker of a swarm has. Pure. */
#pragma once

#include <glib.h>

/**
 * sim_place_check:
 * @network: IPv4 literal with or without `/8` … `/32`
 *
 * Returns: whether it is one
 */
gboolean sim_place_check (const char *network);

/**
 * sim_place_address:
 * @network: a checked network
 * @first_port: port of the first round
 * @index: which worker, from 0
 * @ret_port: (out): its port
 *
 * A literal alone is one address: workers differ by port. Of a network every address but its first and last is used, from the second on; when
 * all are, the next round takes the next port.
 *
 * Returns: (transfer full) (nullable): its address; NULL when the ports do not suffice
 */
char *sim_place_address (const char *network, guint16 first_port, guint index, guint16 *ret_port);

/**
 * sim_place_after:
 * @address: IPv4 literal
 * @steps: how many addresses further
 *
 * Returns: (transfer full) (nullable): that address; NULL when @address is none
 */
char *sim_place_after (const char *address, guint steps);
