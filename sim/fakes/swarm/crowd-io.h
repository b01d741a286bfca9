/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many calls of one server: so many at once, or so many a second whatever the answers take. Times are measured from when a call should have gone
 * out, so that a server that stalls is not forgiven the calls that waited meanwhile. */
#pragma once

#include "sim/fakes/swarm/agenda-io.h"
#include "sim/fakes/swarm/caller-tcp.h"
#include "sim/fakes/swarm/stats.h"

#define SIM_CROWD_LANES_MAX 4096

typedef struct SimCrowd SimCrowd;

typedef struct {
  char *method;
  char *path;
  char *body; /* (nullable) */
} SimCrowdCall;

typedef struct {
  guint count;
  guint lanes; /* calls at once; with a rate: at most */
  double rate; /* a second; 0: each lane goes on when it is answered */
  const char *token;
  SimCrowdCall (*call) (guint index, gpointer user); /* (transfer full) */
  void (*answered) (guint index, guint status, const char *body, gsize length, gpointer user);
  void (*finished) (gpointer user); /* from the loop, once; free it later */
  gpointer user;
} SimCrowdPlan;

/**
 * sim_crowd_new:
 * @poller: outlives it
 * @agenda: outlives it
 * @target: outlives it
 * @plan: copied
 *
 * Returns: (transfer full): a crowd that has begun
 */
SimCrowd *sim_crowd_new (HnPoller *poller, SimAgenda *agenda, const SimTarget *target, const SimCrowdPlan *plan);

/**
 * sim_crowd_free:
 * @self: (nullable) (transfer full): a crowd
 */
void sim_crowd_free (SimCrowd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimCrowd, sim_crowd_free)

/**
 * sim_crowd_times:
 * @self: a crowd
 *
 * Returns: (transfer none): how long each call took
 */
SimStats *sim_crowd_times (SimCrowd *self);

/**
 * sim_crowd_seconds:
 * @self: a crowd
 *
 * Returns: from its begin to its last answer
 */
double sim_crowd_seconds (const SimCrowd *self);

/**
 * sim_crowd_create_call:
 * @first_body: IPv4 literal
 * @index: which create
 *
 * Returns: (transfer full): a create for the body so many addresses further
 */
SimCrowdCall sim_crowd_create_call (const char *first_body, guint index);

/**
 * sim_crowd_delete_call:
 * @session_id: a session
 *
 * Returns: (transfer full): its deletion
 */
SimCrowdCall sim_crowd_delete_call (const char *session_id);
