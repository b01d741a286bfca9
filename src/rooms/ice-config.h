/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"

/* What `GET /webrtc/config` answers: what a browser's RTCPeerConnection wants to know, under the names of the protocol and under those that browsers read. Pure. */

/**
 * hn_ice_config_text:
 * @config: of rooms
 * @user_id: whom it is for: with `rooms.turn_secret` its name and credential for TURN are its own, and expire
 * @utc_us: now
 *
 * Returns: (transfer full): one JSON object, with a newline at its end
 */
char *hn_ice_config_text (const HnConfig *config, const char *user_id, gint64 utc_us);
