/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Numbers of this process, for Prometheus: one table, metrics-list.h, and one set of values. Changing a value is an addition in memory, from any
 * thread. The values belong to the process, as the log does; nothing here reads a clock or decides anything. */

typedef enum {
#define METRIC(id, role, kind, name, label, unit, help) HN_METRIC_##id,
#include "base/metrics-list.h"
  HN_METRICS,
} HnMetric;

typedef enum {
  HN_METRICS_CONTROLLER = 1 << 0,
  HN_METRICS_WORKER = 1 << 1,
  HN_METRICS_ROOMS = 1 << 2,
  HN_METRICS_MESH = 1 << 3,
  HN_METRICS_BOTH = HN_METRICS_CONTROLLER | HN_METRICS_WORKER,
  HN_METRICS_SIGNALLING = HN_METRICS_ROOMS | HN_METRICS_MESH,
  HN_METRICS_ALL = HN_METRICS_BOTH | HN_METRICS_SIGNALLING,
} HnMetricsRole;

/**
 * hn_metrics_add:
 * @metric: a counter or gauge
 * @label: (nullable): value of its label, if it has one; one that is not in its set counts as `other`
 * @n: by how much; a counter never goes down. Microseconds where the unit is seconds
 */
void hn_metrics_add (HnMetric metric, const char *label, gint64 n);

/**
 * hn_metrics_set:
 * @metric: a gauge, or a counter that somebody else keeps
 * @label: (nullable): as in hn_metrics_add()
 * @value: its value; microseconds where the unit is seconds
 */
void hn_metrics_set (HnMetric metric, const char *label, gint64 value);

/**
 * hn_metrics_observe:
 * @metric: a histogram
 * @label: (nullable): as in hn_metrics_add()
 * @us: a duration; less than 0 counts as 0
 */
void hn_metrics_observe (HnMetric metric, const char *label, gint64 us);

/**
 * hn_metrics_get:
 * @metric: any
 * @label: (nullable): as in hn_metrics_add()
 *
 * Returns: its value; of a histogram how many were observed
 */
gint64 hn_metrics_get (HnMetric metric, const char *label);

/**
 * hn_metrics_knows:
 * @metric: any
 * @label: a label's value
 *
 * Returns: whether it is in the metric's set
 */
gboolean hn_metrics_knows (HnMetric metric, const char *label);

/**
 * hn_metrics_status_class:
 * @status: an HTTP status
 *
 * Returns: `2xx` and the like
 */
const char *hn_metrics_status_class (guint status);

/**
 * hn_metrics_page:
 * @role: whose metrics
 * @version: of this program
 *
 * Returns: (transfer full): all of them, in the Prometheus text format 0.0.4
 */
char *hn_metrics_page (HnMetricsRole role, const char *version);

/**
 * hn_metrics_doc:
 *
 * Returns: (transfer full): docs/metrics.md
 */
char *hn_metrics_doc (void);

/**
 * hn_metrics_reset:
 *
 * All values are 0 again, for tests.
 */
void hn_metrics_reset (void);
