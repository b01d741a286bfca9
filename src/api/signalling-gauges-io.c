/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/signalling-gauges-io.h"

#include "base/metrics.h"

static void
set_sockets (const HnWebSocketFigures *figures)
{
  static const char *const ends[HN_WEBSOCKET_N_ENDS] = { "by_peer", "by_us", "lost", "silent", "slow", "wrong", "refused" };

  hn_metrics_set (HN_METRIC_WEBSOCKETS, NULL, figures->open);
  hn_metrics_set (HN_METRIC_WEBSOCKETS_OPENED, NULL, (gint64) figures->opened);
  for (guint i = 0; i < HN_WEBSOCKET_N_ENDS; i++)
    hn_metrics_set (HN_METRIC_WEBSOCKETS_CLOSED, ends[i], (gint64) figures->closed[i]);
  hn_metrics_set (HN_METRIC_WEBSOCKET_MESSAGES, "in", (gint64) figures->messages_in);
  hn_metrics_set (HN_METRIC_WEBSOCKET_MESSAGES, "out", (gint64) figures->messages_out);
  hn_metrics_set (HN_METRIC_WEBSOCKET_BYTES, "in", (gint64) figures->bytes_in);
  hn_metrics_set (HN_METRIC_WEBSOCKET_BYTES, "out", (gint64) figures->bytes_out);
  hn_metrics_set (HN_METRIC_WEBSOCKET_QUEUED, NULL, (gint64) figures->queued_bytes);
}

void
hn_signalling_gauges_io_set (HnWebSocketHub *hub, HnRoster *roster)
{
  HnRosterFigures figures;

  set_sockets (hn_websocket_hub_get_figures (hub));
  hn_roster_get_figures (roster, &figures);
  hn_metrics_set (HN_METRIC_ROSTER_UP, NULL, figures.available);
  hn_metrics_set (HN_METRIC_ROSTER_SEATS, NULL, figures.seats);
  hn_metrics_set (HN_METRIC_ROSTER_PUBLISHED, NULL, (gint64) figures.published);
  hn_metrics_set (HN_METRIC_ROSTER_RECEIVED, NULL, (gint64) figures.received);
  hn_metrics_set (HN_METRIC_ROSTER_FOREIGN, NULL, (gint64) figures.foreign_dropped);
  hn_metrics_set (HN_METRIC_ROSTER_GAPS, NULL, (gint64) figures.gaps);
  hn_metrics_set (HN_METRIC_ROSTER_LAPSED, NULL, (gint64) figures.lapsed);
  hn_metrics_set (HN_METRIC_ROSTER_ROUND, NULL, MAX (figures.last_round_us, 0));
}
