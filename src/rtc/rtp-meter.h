/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rtc/rtp.h"

/* What is known about a stream of RTP packets from its headers alone, as RFC 3550 (A.1, A.3, A.8) counts it, and how fast it may come. Pure. */

/**
 * HnRtpMeter:
 *
 * Zeroed memory is a meter that has seen nothing. Counts go on over a change of the SSRC; loss is then counted from the new one's first packet.
 */
typedef struct {
  guint64 packets;      /* that were let through */
  guint64 bytes;        /* of their payloads */
  guint64 refused;      /* that came faster than allowed */
  guint64 late;         /* whose sequence number was not the highest so far: reordered or doubled */
  guint64 streams;      /* times the SSRC changed, the first included */
  gint64 last_us;       /* when the last one came */
  guint32 ssrc;
  guint16 sequence;     /* highest */
  guint32 jitter_16ths; /* interarrival jitter in sixteenths of a timestamp unit */
  guint64 lost_before;  /* of SSRCs that are over */
  guint64 expected;     /* of this SSRC */
  guint64 received;     /* of this SSRC */
  guint32 transit;      /* of the last packet, in timestamp units */
  gint64 allowance_us;  /* how much of the second the sender has not used */
} HnRtpMeter;

/**
 * hn_rtp_meter_packet:
 * @self: a meter
 * @packet: what came
 * @clock_rate: timestamp units in a second
 * @per_second: packets a second allowed; as many may come at once
 * @now_us: monotonic
 *
 * Returns: whether it may go on; %FALSE when it came too fast and is counted as refused only
 */
gboolean hn_rtp_meter_packet (HnRtpMeter *self, const HnRtpPacket *packet, guint clock_rate, guint per_second, gint64 now_us);

/**
 * hn_rtp_meter_lost:
 * @self: a meter
 *
 * Returns: packets that did not come so far, over all SSRCs
 */
guint64 hn_rtp_meter_lost (const HnRtpMeter *self);
