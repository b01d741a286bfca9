/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "rtc/mic-sink-json.h"

/* What a microphone asks of its session, as src/worker/assets/mic.js does: docs/mic.md, "What is where". Only for rtc/mic-sink, which is no part of the
 * product's program.
 * Each call blocks: any thread but one that must not wait. */

/**
 * hn_mic_sink_ask_ice:
 * @base: of hn_mic_sink_base()
 * @strict: a certificate that is not to be trusted ends the call
 * @cancellable: (nullable)
 * @ret_ice: (out): what hn_mic_sink_ice_clear() frees; nothing after an error
 * @ret_local: (out): the session was answered on this machine's loopback: so is its microphone, if it is not relayed
 * @error: GIO's or libsoup's; what the other end refuses is G_IO_ERROR_FAILED with its own words
 *
 * `GET ice`, in at most ten seconds.
 *
 * Returns: whether it was answered
 */
gboolean hn_mic_sink_ask_ice (const char *base, gboolean strict, GCancellable *cancellable, HnMicSinkIce *ret_ice, gboolean *ret_local,
                              GError **error);

/**
 * hn_mic_sink_offer:
 * @base: of hn_mic_sink_base()
 * @strict: as above
 * @sdp: the offer, with its candidates
 * @cancellable: (nullable)
 * @ret_location: (out) (transfer full): what ends the microphone
 * @error: as above
 *
 * `POST mic/offer` as WHIP (RFC 9725) has it, in at most ten seconds.
 *
 * Returns: (transfer full): the answer's SDP; NULL: error
 */
char *hn_mic_sink_offer (const char *base, gboolean strict, const char *sdp, GCancellable *cancellable, char **ret_location, GError **error);

/**
 * hn_mic_sink_end:
 * @location: of hn_mic_sink_offer()
 * @strict: as above
 * @error: as above
 *
 * `DELETE @location`, in at most ten seconds. A microphone that has ended already is none to complain of.
 *
 * Returns: whether it has ended
 */
gboolean hn_mic_sink_end (const char *location, gboolean strict, GError **error);
