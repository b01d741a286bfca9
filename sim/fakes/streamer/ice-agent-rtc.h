/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "sim/fakes/streamer/messages.h"

/**
 * sim_ice_agent_configure:
 * @webrtc: a webrtcbin that has not begun to gather
 * @init: which addresses, ports and servers
 *
 * Only the wanted local addresses, ports within `port_range`, UDP only, no UPnP.
 */
void sim_ice_agent_configure (GstElement *webrtc, const SimInit *init);
