/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: every length that a packet states is checked against what is there before it is believed. The padding's last byte counts itself, so
 * 0 is malformed; padding that leaves no room for the header is malformed; padding that fills the whole payload is a packet without one. */
#include "rtc/rtp.h"

#define VERSION 2
#define PADDING_BIT 0x20
#define EXTENSION_BIT 0x10
#define MARKER_BIT 0x80
#define EXTENSION_HEADER_BYTES 4

static guint16
get_16 (const guint8 *data)
{
  return (guint16) (data[0] << 8 | data[1]);
}

static guint32
get_32 (const guint8 *data)
{
  return (guint32) get_16 (data) << 16 | get_16 (data + 2);
}

static void
put_16 (guint8 *data, guint16 value)
{
  data[0] = (guint8) (value >> 8);
  data[1] = (guint8) value;
}

static void
put_32 (guint8 *data, guint32 value)
{
  put_16 (data, (guint16) (value >> 16));
  put_16 (data + 2, (guint16) value);
}

/* Bytes before the payload, or 0 when they are not all there. */
static gsize
head_bytes (const guint8 *data, gsize n_bytes)
{
  gsize head = HN_RTP_HEADER_BYTES + 4u * (data[0] & 0x0f);

  if ((data[0] & EXTENSION_BIT) == 0)
    return head <= n_bytes ? head : 0;
  if (head + EXTENSION_HEADER_BYTES > n_bytes)
    return 0;
  head += EXTENSION_HEADER_BYTES + 4u * get_16 (data + head + 2);
  return head <= n_bytes ? head : 0;
}

gboolean
hn_rtp_parse (const guint8 *data, gsize n_bytes, HnRtpPacket *ret_packet)
{
  gsize head, padding = 0;

  if (n_bytes < HN_RTP_HEADER_BYTES || data[0] >> 6 != VERSION)
    return FALSE;
  head = head_bytes (data, n_bytes);
  if (head == 0)
    return FALSE;
  if ((data[0] & PADDING_BIT) != 0) {
    padding = data[n_bytes - 1];
    if (padding == 0 || padding > n_bytes - head)
      return FALSE;
  }
  *ret_packet = (HnRtpPacket){
    .payload_type = data[1] & 0x7f,
    .marker = (data[1] & MARKER_BIT) != 0,
    .sequence = get_16 (data + 2),
    .timestamp = get_32 (data + 4),
    .ssrc = get_32 (data + 8),
    .payload = data + head,
    .payload_bytes = n_bytes - head - padding,
  };
  return TRUE;
}

void
hn_rtp_write_header (const HnRtpPacket *packet, guint8 payload_type, guint8 *ret_header)
{
  ret_header[0] = VERSION << 6;
  ret_header[1] = (guint8) ((packet->marker ? MARKER_BIT : 0) | (payload_type & 0x7f));
  put_16 (ret_header + 2, packet->sequence);
  put_32 (ret_header + 4, packet->timestamp);
  put_32 (ret_header + 8, packet->ssrc);
}
