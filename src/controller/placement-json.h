/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/registry.h"

/* Why a new session went to the worker that it went to: the candidates as they stood, and what spoke against each. Pure. */

typedef struct _HnPlacementJson HnPlacementJson;

/**
 * hn_placement_json_new:
 * @body_ip: the body of the creation
 *
 * Returns: (transfer full): a creation for which no worker was chosen yet
 */
HnPlacementJson *hn_placement_json_new (const char *body_ip);

/**
 * hn_placement_json_free:
 * @self: (nullable): what to free
 */
void hn_placement_json_free (HnPlacementJson *self);

/**
 * hn_placement_json_look:
 * @self: a placement
 * @registry: as it stands before the choice
 * @tried_id: (nullable): a worker that is not asked again
 *
 * Takes down the candidates of the choice that follows; those of an earlier one are forgotten.
 */
void hn_placement_json_look (HnPlacementJson *self, const HnRegistry *registry, const char *tried_id);

/**
 * hn_placement_json_chose:
 * @self: a placement
 * @worker_id: (nullable): who it was; %NULL: nobody had room
 * @is_bound: because the body's session is there
 */
void hn_placement_json_chose (HnPlacementJson *self, const char *worker_id, gboolean is_bound);

/**
 * hn_placement_json_refused:
 * @self: a placement
 * @worker_id: who was chosen, and did not serve
 * @error: (transfer none): what it said
 */
void hn_placement_json_refused (HnPlacementJson *self, const char *worker_id, const GError *error);

/**
 * hn_placement_json_text:
 * @self: a placement
 * @session_id: the session
 * @error: (nullable) (transfer none): why it was not created
 * @now_utc_us: time
 *
 * Returns: (transfer full): `{"session_id","worker_id","body_ip","placement":{"why","candidates":[…],…},"end":{…}}`, JSON text
 */
char *hn_placement_json_text (const HnPlacementJson *self, const char *session_id, const GError *error, gint64 now_utc_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPlacementJson, hn_placement_json_free)
