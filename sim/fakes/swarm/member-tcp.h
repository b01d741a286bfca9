/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One fake worker with its sockets: listens, is visited, sends heartbeats, and takes faults at run time. Private to swarm-io. */
#pragma once

#include "sim/fakes/body/events.h"
#include "sim/fakes/swarm/agenda-io.h"
#include "sim/fakes/swarm/caller-tcp.h"
#include "sim/fakes/swarm/worker.h"

typedef struct SimMember SimMember;

/* What the workers of a swarm share. */
typedef struct {
  HnPoller *poller;
  SimAgenda *agenda;
  SimEvents *log; /* (nullable) */
  HnRandom *random;
  const SimPages *pages;
  const SimTarget *controller;
  const char *token;
  guint create_ms_min, create_ms_max;
  guint heartbeat_ms;
} SimMemberShared;

/**
 * sim_member_new:
 * @shared: outlives it
 * @number: from 1
 * @host: IPv4 literal
 * @port: port
 * @slots: `max_sessions`
 * @first_beat_us: from now to its first heartbeat, so that a thousand do not come at once
 * @error: names the address that cannot be listened on
 *
 * Returns: (transfer full) (nullable): a worker that listens
 */
SimMember *sim_member_new (const SimMemberShared *shared, guint number, const char *host, guint16 port, guint slots,
                           gint64 first_beat_us, GError **error);

/**
 * sim_member_free:
 * @self: (nullable) (transfer full): a worker
 */
void sim_member_free (SimMember *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimMember, sim_member_free)

/**
 * sim_member_get_worker:
 * @self: a worker
 *
 * Returns: (transfer none): what it is
 */
const SimWorker *sim_member_get_worker (const SimMember *self);

/**
 * sim_member_set_fault:
 * @self: a worker
 * @fault: which
 * @value: what it is to be
 * @error: it cannot listen again
 *
 * Returns: whether it could be done
 */
gboolean sim_member_set_fault (SimMember *self, guint fault, guint value, GError **error);

/**
 * sim_member_reset:
 * @self: a worker
 * @error: it cannot listen again
 *
 * Takes every fault back and starts it anew, without sessions.
 *
 * Returns: whether it could be done
 */
gboolean sim_member_reset (SimMember *self, GError **error);
