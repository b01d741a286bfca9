/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-server.h"
#include "worker/mic-io.h"
#include "worker/session-facts.h"

/* What browsers ask about a session's microphone. The caller has found the session and knows that it serves; each function answers the request,
 * now or later. */

/**
 * hn_mic_http_offer:
 * @mics: microphones
 * @session: whose
 * @request: `{"type":"offer","sdp":"…"}` → 200 `{"type":"answer","sdp":"…"}`, or `application/sdp` as in WHIP (RFC 9725) → 201 with `Location`
 */
void hn_mic_http_offer (HnMicIo *mics, const HnSessionFacts *session, HnHttpRequest *request);

/**
 * hn_mic_http_patch:
 * @mics: microphones
 * @session: whose
 * @request: `application/trickle-ice-sdpfrag` → 204
 */
void hn_mic_http_patch (HnMicIo *mics, const HnSessionFacts *session, HnHttpRequest *request);

/**
 * hn_mic_http_delete:
 * @mics: microphones
 * @session: whose
 * @request: without a query whichever there is, or none; with `id` that one or 404
 */
void hn_mic_http_delete (HnMicIo *mics, const HnSessionFacts *session, HnHttpRequest *request);

/**
 * hn_mic_http_ice:
 * @session: whose
 * @request: what RTCPeerConnection is to be made with
 */
void hn_mic_http_ice (const HnSessionFacts *session, HnHttpRequest *request);
