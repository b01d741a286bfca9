/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/cluster-http.h"
#include "net/http-server.h"

/* Show and delete one session, wherever it is. */

typedef struct _HnSessionsHttp HnSessionsHttp;

/**
 * hn_sessions_http_new:
 * @cluster: outlives it
 *
 * Returns: (transfer full): nothing under way
 */
HnSessionsHttp *hn_sessions_http_new (HnClusterHttp *cluster);

/**
 * hn_sessions_http_free:
 * @self: (nullable): what to free; what is under way is cancelled
 */
void hn_sessions_http_free (HnSessionsHttp *self);

/**
 * hn_sessions_http_show:
 * @self: the sessions
 * @request: with a session id; answered now or within two seconds: 502 or 504 when its worker does not answer
 */
void hn_sessions_http_show (HnSessionsHttp *self, HnHttpRequest *request);

/**
 * hn_sessions_http_delete:
 * @self: the sessions
 * @request: with a session id; a client that leaves does not stop the deletion. A worker that does not answer is 502 or 504 within two
 *   seconds, and nothing was begun there
 */
void hn_sessions_http_delete (HnSessionsHttp *self, HnHttpRequest *request);

/**
 * hn_sessions_http_cancel_all:
 * @self: the sessions: calls under way are cancelled, and answered so
 */
void hn_sessions_http_cancel_all (HnSessionsHttp *self);

/**
 * hn_sessions_http_get_count:
 * @self: the sessions
 *
 * Returns: how many calls are under way
 */
guint hn_sessions_http_get_count (const HnSessionsHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnSessionsHttp, hn_sessions_http_free)
