/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* What a browser and the microphone's relay say to each other. Pure. */

/**
 * hn_mic_json_read_offer:
 * @text: (array length=length) (nullable): `{"type":"offer","sdp":"…"}`
 * @length: bytes
 * @error: INVALID naming the field
 *
 * Returns: (transfer full) (nullable): the SDP, unread
 */
char *hn_mic_json_read_offer (const char *text, gsize length, GError **error);

/**
 * hn_mic_json_answer:
 * @sdp: an answer
 *
 * Returns: (transfer full): `{"type":"answer","sdp":"…"}`
 */
JsonObject *hn_mic_json_answer (const char *sdp);

/**
 * hn_mic_json_ice:
 * @ice_servers: those of this session
 * @relay: whether browsers are made to relay
 *
 * Returns: (transfer full): `{"ice_servers":[…],"relay":true}`; each element is an RTCIceServer
 */
JsonObject *hn_mic_json_ice (JsonArray *ice_servers, gboolean relay);
