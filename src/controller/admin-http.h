/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/controller-http.h"
#include "net/front.h"
#include "net/service.h"

/* The dashboard: a front door of its own on `server.admin_listen`, its pages, its logins, and the part of the API that its pages use. */

typedef struct _HnAdminHttp HnAdminHttp;

/**
 * hn_admin_http_bind:
 * @config: with `server.admin_listen`
 * @service: (nullable): may have the socket, as "admin"
 * @ret_fd: (out): a listening socket, or -1 where there is to be no dashboard
 * @error: CONFLICT when its address is taken, INVALID when it is not ours
 *
 * Returns: whether there may be one
 */
gboolean hn_admin_http_bind (const HnConfig *config, HnService *service, int *ret_fd, GError **error);

/**
 * hn_admin_http_new:
 * @poller: outlives it
 * @listen_fd: from hn_admin_http_bind(), taken over
 * @api: outlives it
 * @config: outlives it
 *
 * Returns: (transfer full): a dashboard that serves from the next turn of the loop on; its address is logged
 */
HnAdminHttp *hn_admin_http_new (HnPoller *poller, int listen_fd, HnControllerHttp *api, const HnConfig *config);

/**
 * hn_admin_http_stop_accepting:
 * @self: (nullable): a dashboard; what is under way goes on
 */
void hn_admin_http_stop_accepting (HnAdminHttp *self);

/**
 * hn_admin_http_free:
 * @self: (nullable): a dashboard; everything is closed at once
 */
void hn_admin_http_free (HnAdminHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAdminHttp, hn_admin_http_free)
