/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/create-outcome.h"

#include "base/metrics.h"

const char *
hn_create_outcome_of (guint status)
{
  switch (status) {
  case 0:
    return "cancelled";
  case 201:
    return "created";
  case 409:
    return "conflict";
  case 502:
    return "body_failed";
  case 503:
    return "no_capacity";
  case 504:
    return "timeout";
  default:
    return status >= 400 && status < 500 ? "invalid" : "failed";
  }
}

void
hn_create_outcome_count (guint status, gint64 took_us)
{
  hn_metrics_add (HN_METRIC_CREATES, hn_create_outcome_of (status), 1);
  if (status == 201)
    hn_metrics_observe (HN_METRIC_CREATE_DURATION, NULL, took_us);
}
