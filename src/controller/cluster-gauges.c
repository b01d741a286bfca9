/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/cluster-gauges.h"

#include "base/metrics.h"

#define N_SESSION_STATES (HN_SESSION_ERROR + 1)
#define N_WORKER_STATES (HN_MEMBERSHIP_GONE + 1)

void
hn_cluster_gauges_set (const HnRegistry *registry)
{
  g_autoptr (GPtrArray) workers = hn_registry_list_workers (registry);
  guint sessions_in[N_SESSION_STATES] = { 0 };
  guint workers_in[N_WORKER_STATES] = { 0 };
  guint draining = 0, capacity = 0;

  for (guint i = 0; i < workers->len; i++) {
    const HnRegistryWorker *worker = g_ptr_array_index (workers, i);
    g_autoptr (GPtrArray) sessions = hn_registry_list_sessions (registry, worker);

    workers_in[worker->membership.state]++;
    draining += worker->draining;
    if (worker->membership.state == HN_MEMBERSHIP_HEALTHY && !worker->draining)
      capacity += worker->report->max_sessions;
    for (guint at = 0; at < sessions->len; at++)
      sessions_in[((const HnSessionReport *) g_ptr_array_index (sessions, at))->state]++;
  }
  for (guint state = HN_MEMBERSHIP_HEALTHY; state < N_WORKER_STATES; state++)
    hn_metrics_set (HN_METRIC_WORKERS, hn_membership_to_text (state), workers_in[state]);
  for (guint state = 0; state < N_SESSION_STATES; state++)
    hn_metrics_set (HN_METRIC_SESSIONS, hn_session_state_to_text (state), sessions_in[state]);
  hn_metrics_set (HN_METRIC_WORKERS_DRAINING, NULL, draining);
  hn_metrics_set (HN_METRIC_CAPACITY, NULL, capacity);
}
