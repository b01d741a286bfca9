/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rtc/rtp-meter.h"

/* Sends the packets of one Opus stream on to a UDP port, as plain RTP under a payload type of our choice. Packets may come from any thread. */

#define HN_RTP_FORWARD_HELD 32 /* packets that wait for the gate to open; more are not forwarded */

typedef struct _HnRtpForward HnRtpForward;

typedef struct {
  const char *address;        /* where they go: an IP literal */
  guint16 port;
  guint8 payload_type_in;     /* packets of any other type are not forwarded */
  guint8 payload_type_out;
  guint clock_rate;
  guint packets_per_second;   /* more are not forwarded */
} HnRtpForwardOptions;

typedef struct {
  HnRtpMeter meter;
  guint64 forwarded;  /* packets that the kernel took */
  guint64 malformed;  /* no RTP, another payload type, or an empty payload */
  guint64 duplicates; /* of `forwarded`, what the network doubled */
  guint64 unreachable; /* times the receiving host said that nobody listens on the port */
} HnRtpForwardStats;

/**
 * hn_rtp_forward_new:
 * @options: copied
 * @error: INVALID when there is no way to the address, INTERNAL
 *
 * Returns: (transfer full) (nullable): a closed gate: nothing passes before hn_rtp_forward_open(), the first packets wait for it
 */
HnRtpForward *hn_rtp_forward_new (const HnRtpForwardOptions *options, GError **error);

/**
 * hn_rtp_forward_open:
 * @self: a forward
 *
 * The sender is who the offer said it is: what waits goes on, and from now on its packets pass.
 */
void hn_rtp_forward_open (HnRtpForward *self);

/**
 * hn_rtp_forward_packet:
 * @self: a forward
 * @data: (array length=n_bytes): one RTP packet
 * @n_bytes: bytes of it
 *
 * Any thread. Never blocks: what the kernel does not take is lost, as on any network.
 */
void hn_rtp_forward_packet (HnRtpForward *self, const guint8 *data, gsize n_bytes);

/**
 * hn_rtp_forward_duplicate:
 * @self: a forward
 * @data: (array length=n_bytes): one RTP packet that went on before, and came twice
 * @n_bytes: bytes of it
 *
 * The same, but it is counted as a duplicate only.
 */
void hn_rtp_forward_duplicate (HnRtpForward *self, const guint8 *data, gsize n_bytes);

/**
 * hn_rtp_forward_get_stats:
 * @self: a forward
 * @ret_stats: (out): counts so far
 *
 * Any thread.
 */
void hn_rtp_forward_get_stats (HnRtpForward *self, HnRtpForwardStats *ret_stats);

/**
 * hn_rtp_forward_free:
 * @self: (nullable): a forward that no thread uses any more
 */
void hn_rtp_forward_free (HnRtpForward *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRtpForward, hn_rtp_forward_free)
