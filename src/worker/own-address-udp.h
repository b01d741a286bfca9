/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/address.h"

/* Which addresses this machine has. Nothing is sent. */

/**
 * hn_own_address_udp_list:
 *
 * Returns: (transfer full) (element-type HnAddress): addresses of all interfaces
 */
GArray *hn_own_address_udp_list (void);

/**
 * hn_own_address_udp_towards:
 * @host: name or IP literal; a name is resolved, which may take a while
 *
 * Returns: (transfer full): the address that a packet to @host would leave from, as a host in a URL; 127.0.0.1 when @host is
 * ourselves or cannot be resolved
 */
char *hn_own_address_udp_towards (const char *host);
