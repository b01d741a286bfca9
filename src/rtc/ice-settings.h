/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rtc/audio-receiver.h"

/**
 * hn_ice_settings_apply:
 * @webrtc: a webrtcbin that has not begun to gather
 * @options: which address and ports
 * @error: INVALID when the address is no literal
 *
 * UDP only, on one address and within the ports; no UPnP; quick checks, and checks that go on while connected.
 *
 * Returns: whether it was done
 */
gboolean hn_ice_settings_apply (GstElement *webrtc, const HnAudioReceiverOptions *options, GError **error);
