/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "mesh/witness.h"

/* Posts events to a witness, one request at a time, from the loop and never from inside a call: whoever relays does not wait for it. */

typedef struct _HnWitnessHttp HnWitnessHttp;

/**
 * hn_witness_http_new:
 * @config: outlives this; with `mesh.witness_url`
 * @time_scale: pauses are multiplied by it
 *
 * Returns: (transfer full): nothing waits
 */
HnWitnessHttp *hn_witness_http_new (const HnConfig *config, double time_scale);

/**
 * hn_witness_http_free:
 * @self: (nullable): what waits is lost
 */
void hn_witness_http_free (HnWitnessHttp *self);

/**
 * hn_witness_http_add:
 * @self: a witness
 * @event: (transfer full): of witness-event.h
 */
void hn_witness_http_add (HnWitnessHttp *self, char *event);

/**
 * hn_witness_http_get_figures:
 * @self: a witness
 *
 * Returns: its figures
 */
HnWitnessFigures hn_witness_http_get_figures (const HnWitnessHttp *self);

/**
 * hn_witness_http_flush:
 * @self: a witness
 * @flushed: from the loop, once: nothing waits any more, or it could not be delivered within HN_LIMIT_WITNESS_FLUSH_SECONDS
 * @user_data: for @flushed
 */
void hn_witness_http_flush (HnWitnessHttp *self, void (*flushed) (gpointer user_data), gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWitnessHttp, hn_witness_http_free)
