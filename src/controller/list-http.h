/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/cluster-http.h"
#include "net/http-server.h"

/* All sessions over all workers. */

typedef struct _HnListHttp HnListHttp;

/**
 * hn_list_http_new:
 * @cluster: outlives it
 *
 * Returns: (transfer full): nothing under way
 */
HnListHttp *hn_list_http_new (HnClusterHttp *cluster);

/**
 * hn_list_http_free:
 * @self: (nullable): what to free; lists under way are answered with what is known
 */
void hn_list_http_free (HnListHttp *self);

/**
 * hn_list_http_start:
 * @self: the lists
 * @request: answered now or later, within two seconds
 */
void hn_list_http_start (HnListHttp *self, HnHttpRequest *request);

/**
 * hn_list_http_cancel_all:
 * @self: the lists: each is answered at once with what is known
 */
void hn_list_http_cancel_all (HnListHttp *self);

/**
 * hn_list_http_get_count:
 * @self: the lists
 *
 * Returns: how many are under way
 */
guint hn_list_http_get_count (const HnListHttp *self);
