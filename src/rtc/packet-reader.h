/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rtc/packet-lanes.h"

/* Reads a connected peer's packets in nicesrc's place, and pushes them into what stands behind it: RTP and RTCP at once into SRTP.
 *
 * nicesrc has a thread of its own and runs a main loop for each packet, which costs eleven calls of the system and two wake-ups. Here peers share a thread:
 * a wait, a look at the first byte, a read, and whatever the packet's way needs. STUN and DTLS go on as libnice has them. nicesrc stays what it is: it has made the
 * connection, and ends with the pipeline. */

typedef struct _HnPacketReader HnPacketReader;

/**
 * hn_packet_reader_new:
 * @lanes: where to read; outlives the reader
 * @webrtc: a webrtcbin with one transport, whose DTLS handshake is over (before it, what starts a stream has not passed)
 * @error: INTERNAL when @webrtc does not look as expected, or the process has no descriptor left
 *
 * What came to nicesrc before goes on first: for 20 ms what comes is held, 64 packets of it at most.
 *
 * Returns: (transfer full) (nullable): the reader; without one nicesrc goes on reading
 */
HnPacketReader *hn_packet_reader_new (HnPacketLanes *lanes, GstElement *webrtc, GError **error);

/**
 * hn_packet_reader_free:
 * @self: (nullable): a reader; nothing is pushed any more when this returns. To be called before the pipeline is torn down, not on a lane.
 */
void hn_packet_reader_free (HnPacketReader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnPacketReader, hn_packet_reader_free)
