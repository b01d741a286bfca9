/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/cluster-http.h"
#include "net/http-server.h"

/* GET /api/v1/sessions/{id}/explain and …/logs at the controller: what it decided itself, and what the worker says. */

typedef struct _HnExplainHttp HnExplainHttp;

/**
 * hn_explain_http_new:
 * @cluster: outlives it
 *
 * Returns: (transfer full): nothing under way
 */
HnExplainHttp *hn_explain_http_new (HnClusterHttp *cluster);

/**
 * hn_explain_http_free:
 * @self: (nullable): what to free; calls under way are cancelled
 */
void hn_explain_http_free (HnExplainHttp *self);

/**
 * hn_explain_http_life:
 * @self: the explanations
 * @request: whose first parameter is a session's id; answered later
 */
void hn_explain_http_life (HnExplainHttp *self, HnHttpRequest *request);

/**
 * hn_explain_http_log:
 * @self: the explanations
 * @request: likewise, answered with text
 */
void hn_explain_http_log (HnExplainHttp *self, HnHttpRequest *request);

/**
 * hn_explain_http_cancel_all:
 * @self: the explanations: each call is cancelled, and answered
 */
void hn_explain_http_cancel_all (HnExplainHttp *self);

/**
 * hn_explain_http_get_count:
 * @self: the explanations
 *
 * Returns: how many are under way
 */
guint hn_explain_http_get_count (const HnExplainHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnExplainHttp, hn_explain_http_free)
