/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/session.h"
#include "worker/turn-health.h"

/* GET /api/v1/health of a worker, in the runbook's shape. Pure. */

typedef struct {
  const HnWorkerReport *report;
  int process_id;
  gint64 uptime_us;
  const guint64 *ended;   /* (nullable) (array fixed-size=HN_END_REASONS): how many sessions ended for each reason */
  HnTurnView turn;
  gboolean with_sessions; /* the caller may see ids and bodies */
} HnHealth;

/**
 * hn_health_json:
 * @health: what is known
 *
 * Returns: (transfer full): the answer; `degraded` when no WireGuard interface is there, or TURN gives no relay
 */
JsonObject *hn_health_json (const HnHealth *health);
