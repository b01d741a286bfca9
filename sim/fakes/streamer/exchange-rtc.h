/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/**
 * SimExchangeDone:
 * @data: as given
 * @sdp: (nullable): the description that has been made and set as the local one, empty after an accepted answer; %NULL: it failed
 *
 * Called exactly once, on one of webrtcbin's threads, unless webrtcbin is closed meanwhile.
 */
typedef void (*SimExchangeDone) (gpointer data, const char *sdp);

/**
 * sim_exchange_answer:
 * @webrtc: a webrtcbin without an exchange on its way
 * @offer: the browser's offer
 * @done: what to call with the answer
 * @data: (transfer full): for @done
 * @destroy: frees @data, on any thread, in every case
 *
 * Returns: whether @offer is SDP; if not, @done is not called
 */
gboolean sim_exchange_answer (GstElement *webrtc, const char *offer, SimExchangeDone done, gpointer data, GDestroyNotify destroy);

/**
 * sim_exchange_offer:
 * @webrtc: a webrtcbin without an exchange on its way
 * @done: what to call with the offer
 * @data: (transfer full): for @done
 * @destroy: frees @data, on any thread, in every case
 */
void sim_exchange_offer (GstElement *webrtc, SimExchangeDone done, gpointer data, GDestroyNotify destroy);

/**
 * sim_exchange_accept:
 * @webrtc: a webrtcbin whose offer is out
 * @answer: the browser's answer
 * @done: what to call when it is in force
 * @data: (transfer full): for @done
 * @destroy: frees @data, on any thread, in every case
 *
 * Returns: whether @answer is SDP; if not, @done is not called
 */
gboolean sim_exchange_accept (GstElement *webrtc, const char *answer, SimExchangeDone done, gpointer data,
                              GDestroyNotify destroy);
