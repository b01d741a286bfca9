/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "base/random.h"
#include "net/http-client.h"

/* Clients that could not be unpaired in time: of a body that did not answer, or of sessions whose worker was killed. Tried again for
 * a day, with the credentials of the configuration; one at a time for each body. */

typedef struct _HnUnpairHttp HnUnpairHttp;

/**
 * hn_unpair_http_new:
 * @client: outlives it
 * @config: outlives it
 * @random: chance; outlives it
 * @time_scale: long periods are multiplied by it
 *
 * Returns: (transfer full): what an earlier process could not unpair
 */
HnUnpairHttp *hn_unpair_http_new (HnHttpClient *client, const HnConfig *config, HnRandom *random, double time_scale);

/**
 * hn_unpair_http_free:
 * @self: (nullable): what to free; the rest is known to the next worker
 */
void hn_unpair_http_free (HnUnpairHttp *self);

/**
 * hn_unpair_http_put:
 * @self: clients
 * @note: what hn_note_json() wrote; a damaged one is ignored
 */
void hn_unpair_http_put (HnUnpairHttp *self, const char *note);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnUnpairHttp, hn_unpair_http_free)
