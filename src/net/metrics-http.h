/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/metrics.h"
#include "net/http-server.h"

/* `GET /metrics`: who may read it, what the process says of itself, and how late its loop runs. */

typedef struct _HnMetricsHttp HnMetricsHttp;

/**
 * hn_metrics_http_new:
 * @role: whose metrics
 * @collect: (nullable): sets what is not counted as it happens, before each page
 * @user_data: for @collect
 *
 * Returns: (transfer full): what one process has once
 */
HnMetricsHttp *hn_metrics_http_new (HnMetricsRole role, void (*collect) (gpointer user_data), gpointer user_data);

/**
 * hn_metrics_http_free:
 * @self: (nullable): what to free
 */
void hn_metrics_http_free (HnMetricsHttp *self);

/**
 * hn_metrics_http_reply:
 * @self: metrics
 * @request: answered: the page for a bearer or an unforwarded loopback caller, 401 for everybody else
 */
void hn_metrics_http_reply (HnMetricsHttp *self, HnHttpRequest *request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnMetricsHttp, hn_metrics_http_free)
