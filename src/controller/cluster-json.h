/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/registry.h"

/* What the controller's API shows of workers, sessions and itself. Pure; no token is ever in it. */

typedef struct {
  const char *version;
  gint64 process_id;
  gint64 started_us; /* monotonic */
} HnClusterJsonProcess;

/**
 * hn_cluster_json_health:
 * @registry: what is known
 * @process: our own
 * @with_sessions: whether the caller may see each session, not only how many
 * @now_us: monotonic time
 *
 * Sums over healthy workers; degraded when there is none, when one of all is not healthy, or when one lacks WireGuard.
 *
 * Returns: (transfer full): answer to `GET /api/v1/health`
 */
JsonObject *hn_cluster_json_health (const HnRegistry *registry, const HnClusterJsonProcess *process, gboolean with_sessions,
                                    gint64 now_us);

/**
 * hn_cluster_json_status:
 * @worker: a worker
 *
 * Returns: its state as shown: its lease, or `draining`
 */
const char *hn_cluster_json_status (const HnRegistryWorker *worker);

/**
 * hn_cluster_json_worker:
 * @registry: what is known
 * @worker: one of its workers
 * @now_us: monotonic time
 *
 * Returns: (transfer full): answer to `GET /api/v1/workers/{id}`
 */
JsonObject *hn_cluster_json_worker (const HnRegistry *registry, const HnRegistryWorker *worker, gint64 now_us);

/**
 * hn_cluster_json_workers:
 * @registry: what is known
 * @now_us: monotonic time
 *
 * Returns: (transfer full): answer to `GET /api/v1/workers`
 */
JsonObject *hn_cluster_json_workers (const HnRegistry *registry, gint64 now_us);

/**
 * hn_cluster_json_session:
 * @report: a session as its worker tells it
 * @worker: which holds it
 * @domain: (nullable): `server.domain`
 * @base_url: (nullable): how the caller addressed us; %NULL leaves `stream_url` out
 *
 * Returns: (transfer full): the session with `worker_id`, and with the `stream_url` that is right for this caller
 */
JsonObject *hn_cluster_json_session (const HnSessionReport *report, const HnRegistryWorker *worker, const char *domain,
                                     const char *base_url);

/**
 * hn_cluster_json_stale_session:
 * @report: a session as its worker told it last
 * @worker: which holds it
 * @domain: (nullable): `server.domain`
 * @base_url: (nullable): how the caller addressed us
 * @now_us: monotonic time, by which it has aged since
 *
 * Returns: (transfer full): the same, marked `"stale": true`
 */
JsonObject *hn_cluster_json_stale_session (const HnSessionReport *report, const HnRegistryWorker *worker, const char *domain,
                                           const char *base_url, gint64 now_us);
