/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-client.h"

/* Sends session records to hydranps. Nobody waits for it: a record is tried a few times from memory, then dropped with a log
 * line. */

typedef struct _HnNpsHttp HnNpsHttp;

/**
 * hn_nps_http_new:
 * @client: outlives it
 * @url: (nullable): base URL; without one records are dropped silently
 * @token: (nullable): its bearer token
 *
 * Returns: (transfer full): nothing to send yet
 */
HnNpsHttp *hn_nps_http_new (HnHttpClient *client, const char *url, const char *token);

/**
 * hn_nps_http_send:
 * @self: where to
 * @json: a record
 */
void hn_nps_http_send (HnNpsHttp *self, const char *json);

/**
 * hn_nps_http_get_pending:
 * @self: where to
 *
 * Returns: how many records are neither delivered nor dropped
 */
guint hn_nps_http_get_pending (HnNpsHttp *self);

/**
 * hn_nps_http_free:
 * @self: (nullable): what to free; pending records are lost
 */
void hn_nps_http_free (HnNpsHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnNpsHttp, hn_nps_http_free)
