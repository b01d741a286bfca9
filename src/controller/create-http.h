/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/cluster-http.h"
#include "controller/history.h"
#include "net/http-server.h"

/* POST /api/v1/sessions at the controller: choose a worker, let it create, answer. */

typedef struct _HnCreateHttp HnCreateHttp;

/**
 * hn_create_http_new:
 * @cluster: outlives it
 * @history: told how each went; outlives it
 *
 * Returns: (transfer full): nothing under way
 */
HnCreateHttp *hn_create_http_new (HnClusterHttp *cluster, HnHistory *history);

/**
 * hn_create_http_free:
 * @self: (nullable): what to free; creations under way are cancelled
 */
void hn_create_http_free (HnCreateHttp *self);

/**
 * hn_create_http_start:
 * @self: the creations
 * @request: answered later; a client that leaves cancels, at the worker too
 */
void hn_create_http_start (HnCreateHttp *self, HnHttpRequest *request);

/**
 * hn_create_http_cancel_all:
 * @self: the creations: each is cancelled, and answered 503
 */
void hn_create_http_cancel_all (HnCreateHttp *self);

/**
 * hn_create_http_get_count:
 * @self: the creations
 *
 * Returns: how many are under way
 */
guint hn_create_http_get_count (const HnCreateHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnCreateHttp, hn_create_http_free)
