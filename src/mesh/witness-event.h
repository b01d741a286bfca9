/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mesh/mesh-message.h"

/* What a witness is told: `{"event":…,"timestamp":…,"metadata":{…}}`, one JSON object each (docs/signalling.md). Of a session description only a hash leaves, and of a candidate too unless the operator wants it
 * whole: it holds addresses of people's networks. Pure. */

/**
 * hn_witness_event_started:
 * @host: where the server listens
 * @port: likewise
 * @utc_us: now
 *
 * Returns: (transfer full): `signaling_server_started`
 */
char *hn_witness_event_started (const char *host, guint port, gint64 utc_us);

/**
 * hn_witness_event_registered:
 * @agent_id: who
 * @total: how many there are with it
 * @utc_us: now
 *
 * Returns: (transfer full): `agent_registered`
 */
char *hn_witness_event_registered (const char *agent_id, guint total, gint64 utc_us);

/**
 * hn_witness_event_disconnected:
 * @agent_id: who
 * @total: how many there are without it
 * @utc_us: now
 *
 * Returns: (transfer full): `agent_disconnected`
 */
char *hn_witness_event_disconnected (const char *agent_id, guint total, gint64 utc_us);

/**
 * hn_witness_event_relayed:
 * @message: an OFFER, ANSWER or CANDIDATE
 * @whole_candidates: tell them as they are
 * @utc_us: now
 *
 * Returns: (transfer full): `sdp_offer_relayed`, `sdp_answer_relayed` or `ice_candidate_relayed`
 */
char *hn_witness_event_relayed (const HnMeshMessage *message, gboolean whole_candidates, gint64 utc_us);

/**
 * hn_witness_event_url:
 * @configured: http or https
 *
 * Returns: (transfer full): where events are posted: as configured, `/api/log` where no path is named
 */
char *hn_witness_event_url (const char *configured);
