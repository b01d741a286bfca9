/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * sim_whep_payloads:
 * @offer: the browser's offer, which asks for video and audio
 * @ret_video: (out): its payload type of H264 in packetization mode 1, constrained baseline if it has that
 * @ret_audio: (out): its payload type of Opus
 *
 * Returns: whether it has both; otherwise nothing is written
 */
gboolean sim_whep_payloads (const char *offer, int *ret_video, int *ret_audio);

/**
 * sim_whep_answer:
 * @sdp: our answer
 * @candidates: `candidate:…`, %NULL-terminated
 *
 * Returns: (transfer full): @sdp with all candidates in its first m-section, and their end
 */
char *sim_whep_answer (const char *sdp, const char *const *candidates);
