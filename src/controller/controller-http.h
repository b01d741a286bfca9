/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/cluster-http.h"
#include "controller/history.h"
#include "net/http-server.h"

/* The controller's API: its route table, and the handlers that need nobody else. */

typedef struct _HnControllerHttp HnControllerHttp;

/**
 * hn_controller_http_new:
 * @cluster: outlives it
 *
 * Returns: (transfer full): the API
 */
HnControllerHttp *hn_controller_http_new (HnClusterHttp *cluster);

/**
 * hn_controller_http_free:
 * @self: (nullable): an API whose front door is gone; what is under way is cancelled
 */
void hn_controller_http_free (HnControllerHttp *self);

/**
 * hn_controller_http_get_server:
 * @self: the API
 *
 * Returns: (transfer none): what the front door feeds
 */
HnHttpServer *hn_controller_http_get_server (HnControllerHttp *self);

/**
 * hn_controller_http_get_events:
 * @self: the API
 *
 * Returns: (transfer none): what happens in the cluster
 */
HnEventStream *hn_controller_http_get_events (HnControllerHttp *self);

/**
 * hn_controller_http_get_history:
 * @self: the API
 *
 * Returns: (transfer none): how creates went during the last hour
 */
HnHistory *hn_controller_http_get_history (HnControllerHttp *self);

/**
 * hn_controller_http_cancel_all:
 * @self: the API
 *
 * Cancels what waits for workers; callers are answered.
 */
void hn_controller_http_cancel_all (HnControllerHttp *self);

/**
 * hn_controller_http_get_count:
 * @self: the API
 *
 * Returns: how many answers wait for workers
 */
guint hn_controller_http_get_count (const HnControllerHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnControllerHttp, hn_controller_http_free)
