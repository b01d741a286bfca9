/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

/**
 * SimIdle:
 *
 * Ends connections on which no request has come for five seconds, as actix does. libsoup 3.2 would keep them, and the
 * descriptor of each that the client has closed, for ever.
 */
typedef struct SimIdle SimIdle;

/**
 * sim_idle_new:
 * @server: whose connections; outlives the answer
 *
 * Main thread.
 *
 * Returns: (transfer full): the watch
 */
SimIdle *sim_idle_new (SoupServer *server);

/** sim_idle_free: (nullable) @self: nothing is ended any more */
void sim_idle_free (SimIdle *self);
