/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Sets of ports, as the kernel writes them: `32768\t60999` in ip_local_port_range, `8080-8095,40000-40299` in ip_local_reserved_ports. */

typedef struct {
  guint first, last; /* inclusive */
} HnPortRange;

/**
 * hn_port_ranges_parse:
 * @text: ranges or single ports, separated by commas; or two numbers, separated by blanks
 *
 * Returns: (transfer full) (element-type HnPortRange): what could be read of it
 */
GArray *hn_port_ranges_parse (const char *text);

/**
 * hn_port_ranges_exposed:
 * @wanted: what is ours
 * @ephemeral: (element-type HnPortRange): what the kernel gives to passing connections
 * @reserved: (element-type HnPortRange): except these
 *
 * Returns: how many ports of @wanted a passing connection may get
 */
guint hn_port_ranges_exposed (HnPortRange wanted, GArray *ephemeral, GArray *reserved);
