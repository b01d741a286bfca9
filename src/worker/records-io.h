/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "base/random.h"
#include "net/http-client.h"
#include "worker/session-facts.h"

/* What the worker tells others about sessions: a record of each to hydranps, ratings to the experience library. */

typedef struct _HnRecordsIo HnRecordsIo;

/**
 * hn_records_io_new:
 * @client: outlives it
 * @config: outlives it
 * @random: chance; outlives it
 * @time_scale: long periods are multiplied by it
 *
 * Returns: (transfer full): what an earlier worker could not deliver is on its way
 */
HnRecordsIo *hn_records_io_new (HnHttpClient *client, const HnConfig *config, HnRandom *random, double time_scale);

/**
 * hn_records_io_free:
 * @self: (nullable): what to free
 */
void hn_records_io_free (HnRecordsIo *self);

/**
 * hn_records_io_record:
 * @self: records
 * @record_id: its id
 * @json: a session's record
 */
void hn_records_io_record (HnRecordsIo *self, const char *record_id, const char *json);

/**
 * hn_records_io_rating:
 * @self: records
 * @facts: the session
 * @rating: 1 … 5
 *
 * Without an experience there is nobody to tell: the rating is in the session's record all the same.
 */
void hn_records_io_rating (HnRecordsIo *self, const HnSessionFacts *facts, guint rating);

/**
 * hn_records_io_get_pending:
 * @self: records
 *
 * Returns: how many are not delivered yet
 */
guint hn_records_io_get_pending (HnRecordsIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRecordsIo, hn_records_io_free)
