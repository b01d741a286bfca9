/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/random.h"
#include "net/http-client.h"

/* Session records to hydranps, ratings to the experience library: at least once, whatever happens to this process meanwhile. Nobody
 * waits for them. Each carries an id that stays the same at each try, also as Idempotency-Key. */

typedef struct _HnDeliverHttp HnDeliverHttp;

typedef struct {
  const char *data_dir; /* requests wait in `spool/<name>` there */
  const char *name;
  const char *url;      /* (nullable): without one nothing is kept nor sent */
  char *const *token;   /* where the bearer token stands, if there is one: it may change */
  const char *prefix;   /* of log lines */
  const char *what;     /* plural, for log lines */
  const char *kind;     /* label of its metrics */
  double time_scale;
} HnDeliverPlace;

/**
 * hn_deliver_http_new:
 * @client: outlives it
 * @place: its texts outlive it
 * @random: chance; outlives it
 *
 * Returns: (transfer full): what an earlier process could not deliver, and nothing else
 */
HnDeliverHttp *hn_deliver_http_new (HnHttpClient *client, const HnDeliverPlace *place, HnRandom *random);

/**
 * hn_deliver_http_free:
 * @self: (nullable): what to free; what was not delivered stays on the disk
 */
void hn_deliver_http_free (HnDeliverHttp *self);

/**
 * hn_deliver_http_post:
 * @self: where to
 * @record_id: 32 hexadecimal digits, also in @body
 * @path: path of the request
 * @body: JSON text of an object
 *
 * On the disk when this returns.
 */
void hn_deliver_http_post (HnDeliverHttp *self, const char *record_id, const char *path, const char *body);

/**
 * hn_deliver_http_get_pending:
 * @self: where to
 *
 * Returns: how many are not delivered yet
 */
guint hn_deliver_http_get_pending (HnDeliverHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnDeliverHttp, hn_deliver_http_free)
