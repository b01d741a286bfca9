/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many fake workers in one thread: a listening socket each, their connections, their heartbeats and their faults. Main thread only. */
#pragma once

#include "net/poller.h"
#include "sim/fakes/body/control-http.h"
#include "sim/fakes/swarm/caller-tcp.h"

typedef struct SimSwarm SimSwarm;

typedef struct {
  guint count;
  guint slots;
  char *network; /* IPv4 literal with or without /PREFIX: workers go round its addresses */
  guint16 port;  /* of the first round; each round over the addresses takes the next port */
  SimTarget controller;
  char *token;
  guint create_ms_min, create_ms_max;
  guint heartbeat_ms;
  guint32 seed; /* 0: chance from the kernel */
} SimSwarmOptions;

/**
 * sim_swarm_new:
 * @poller: outlives it
 * @options: outlives it
 * @log: what happens; outlives it
 * @error: names the address that cannot be listened on
 *
 * Returns: (transfer full) (nullable): workers that listen; their heartbeats begin with the loop
 */
SimSwarm *sim_swarm_new (HnPoller *poller, const SimSwarmOptions *options, SimEvents *log, GError **error);

/**
 * sim_swarm_free:
 * @self: (nullable) (transfer full): a swarm; everything is closed
 */
void sim_swarm_free (SimSwarm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimSwarm, sim_swarm_free)

/**
 * sim_swarm_control:
 *
 * Returns: (transfer none): how the control address asks it; its user data is the swarm
 */
const SimControlEvents *sim_swarm_control (void);
