/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker-gauges.h"

#include "base/metrics.h"

#define N_STATES (HN_SESSION_ERROR + 1)

void
hn_worker_gauges_set (const HnWorkerReport *report)
{
  guint counts[N_STATES] = { 0 };
  guint mics = 0;

  for (guint i = 0; i < report->sessions->len; i++) {
    const HnSessionReport *session = g_ptr_array_index (report->sessions, i);

    counts[session->state]++;
    mics += session->mic != NULL && g_strcmp0 (session->mic->state, "live") == 0;
  }
  for (guint state = 0; state < N_STATES; state++)
    hn_metrics_set (HN_METRIC_SESSIONS, hn_session_state_to_text (state), counts[state]);
  hn_metrics_set (HN_METRIC_CAPACITY, NULL, report->max_sessions);
  hn_metrics_set (HN_METRIC_MICS, NULL, mics);
  hn_metrics_set (HN_METRIC_WIREGUARD, NULL, report->wireguard);
}
