/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection to a fake worker: requests are answered by the worker, now or later, until it becomes a stream socket that echoes messages and
 * may be fed. Private to swarm-io. */
#pragma once

#include "sim/fakes/swarm/agenda-io.h"
#include "sim/fakes/swarm/link-tcp.h"
#include "sim/fakes/swarm/worker.h"

typedef struct SimVisit SimVisit;

/* What visits of one worker share, and how they tell their owner. None comes from inside a call of the owner. */
typedef struct {
  HnPoller *poller;
  SimAgenda *agenda;
  guint (*create_ms) (gpointer user);
  void (*changed) (gpointer user, const char *what, const char *session_id, const char *detail); /* @what is an event's type */
  void (*ended) (gpointer user, const char *session_id); /* its stream sockets must go */
  void (*gone) (gpointer user, SimVisit *visit);          /* it frees itself */
} SimVisitShared;

/**
 * sim_visit_new:
 * @shared: outlives it
 * @user: for @shared
 * @worker: who is visited; outlives it
 * @fd: a non-blocking socket, taken over
 *
 * Returns: (transfer full): a visit that owns itself until `gone` or sim_visit_free()
 */
SimVisit *sim_visit_new (const SimVisitShared *shared, gpointer user, SimWorker *worker, int fd);

/**
 * sim_visit_free:
 * @self: (transfer full): a visit; closed at once. Its creation, if there is one, is forgotten
 */
void sim_visit_free (SimVisit *self);

/**
 * sim_visit_session:
 * @self: a visit
 *
 * Returns: (nullable): id of the session whose stream socket it is
 */
const char *sim_visit_session (const SimVisit *self);
