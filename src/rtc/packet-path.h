/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rtc/rtp-forward.h"

/* The way of packets through a webrtcbin: into SRTP, and from there to where they are forwarded, past all that stands in between and behind. What the network doubled, and
 * SRTP's replay protection would end, goes on too. */

typedef struct _HnPacketPath HnPacketPath;

/**
 * hn_packet_path_new:
 * @forward: (transfer full): where they go
 *
 * Returns: (transfer full): a way; each pad that it was attached to holds it, too
 */
HnPacketPath *hn_packet_path_new (HnRtpForward *forward);

/**
 * hn_packet_path_unref:
 * @self: (nullable): a way
 */
void hn_packet_path_unref (HnPacketPath *self);

/**
 * hn_packet_path_attach:
 * @self: a way
 * @webrtc: a webrtcbin that has its answer, and no packet yet
 *
 * From now on its packets go this way, on the threads that read them.
 */
void hn_packet_path_attach (HnPacketPath *self, GstElement *webrtc);

/**
 * hn_packet_path_get_forward:
 * @self: a way
 *
 * Returns: (transfer none): as long as @self
 */
HnRtpForward *hn_packet_path_get_forward (HnPacketPath *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPacketPath, hn_packet_path_unref)
