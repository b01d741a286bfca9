/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* RTP packets (RFC 3550, section 5.1), read and written again in their plainest form: version 2, no padding, no extension, no contributing
 * sources. Pure. */

#define HN_RTP_HEADER_BYTES 12

/**
 * HnRtpPacket:
 * @payload: inside the datagram, behind contributing sources and extension
 * @payload_bytes: without the padding; may be 0
 */
typedef struct {
  guint8 payload_type;
  gboolean marker;
  guint16 sequence;
  guint32 timestamp;
  guint32 ssrc;
  const guint8 *payload;
  gsize payload_bytes;
} HnRtpPacket;

/**
 * hn_rtp_parse:
 * @data: (array length=n_bytes): a datagram from outside
 * @n_bytes: bytes of it
 * @ret_packet: (out): what it holds, pointing into @data
 *
 * Returns: whether it is an RTP packet; untouched otherwise
 */
gboolean hn_rtp_parse (const guint8 *data, gsize n_bytes, HnRtpPacket *ret_packet);

/**
 * hn_rtp_write_header:
 * @packet: a packet
 * @payload_type: 0 … 127, in place of its own
 * @ret_header: (array fixed-size=12) (out): the plain header; sequence, timestamp, SSRC and marker are the packet's
 */
void hn_rtp_write_header (const HnRtpPacket *packet, guint8 payload_type, guint8 *ret_header);
