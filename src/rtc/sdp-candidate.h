/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* ICE candidates from outside. Pure. */

/**
 * hn_sdp_candidate:
 * @value: `candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host …`
 *
 * Returns: (transfer full) (nullable): the same in its plainest form if it is UDP to a literal unicast address; %NULL for names (`….local`:
 *   whoever offers one chooses what we would resolve), TCP and what is malformed
 */
char *hn_sdp_candidate (const char *value);
