/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reserved bits are zero; control frames are whole and short; which side masks is part of being legal. */
#include "sim/fakes/swarm/frame.h"

#include <string.h>

#define CONTROL_MAX 125

static gboolean
is_legal (const SimFrame *frame, guint8 first, gboolean from_client)
{
  if ((first & 0x70) != 0 || frame->kind > SIM_FRAME_PONG || (frame->kind > SIM_FRAME_BINARY && frame->kind < SIM_FRAME_CLOSE))
    return FALSE;
  if (frame->masked != from_client)
    return FALSE;
  return frame->kind < SIM_FRAME_CLOSE || (frame->fin && frame->length <= CONTROL_MAX);
}

gssize
sim_frame_parse (const guint8 *bytes, gsize length, gboolean from_client, SimFrame *ret_frame)
{
  SimFrame frame = { 0 };
  gsize head = 2;
  guint extra;

  if (length < 2)
    return 0;
  frame.fin = (bytes[0] & 0x80) != 0;
  frame.kind = bytes[0] & 0x0f;
  frame.masked = (bytes[1] & 0x80) != 0;
  frame.length = bytes[1] & 0x7f;
  extra = frame.length == 126 ? 2 : frame.length == 127 ? 8 : 0;
  if (length < head + extra + (frame.masked ? 4 : 0))
    return 0;
  if (extra > 0)
    frame.length = 0;
  for (guint i = 0; i < extra; i++)
    frame.length = frame.length << 8 | bytes[head + i];
  head += extra;
  if (frame.masked)
    memcpy (frame.mask, bytes + head, 4);
  head += frame.masked ? 4 : 0;
  if (!is_legal (&frame, bytes[0], from_client) || frame.length > SIM_FRAME_MAX_BYTES)
    return -1;
  if (length - head < frame.length)
    return 0;
  frame.payload = bytes + head;
  *ret_frame = frame;
  return (gssize)(head + frame.length);
}

static void
apply_mask (guint8 *bytes, gsize length, const guint8 *mask)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] ^= mask[i % 4];
}

GBytes *
sim_frame_payload (const SimFrame *self)
{
  guint8 *bytes = g_memdup2 (self->payload, self->length);

  if (self->masked)
    apply_mask (bytes, self->length, self->mask);
  return g_bytes_new_take (bytes, self->length);
}

GByteArray *
sim_frame_write (SimFrameKind kind, const void *payload, gsize length, const guint8 *mask)
{
  GByteArray *frame = g_byte_array_sized_new ((guint)length + SIM_FRAME_HEAD_MAX);
  guint extra = length < 126 ? 0 : length <= G_MAXUINT16 ? 2 : 8;
  guint8 head[SIM_FRAME_HEAD_MAX] = { (guint8)(0x80 | kind) };
  guint n = 2 + extra;

  head[1] = (guint8)(extra == 0 ? length : extra == 2 ? 126 : 127);
  for (guint i = 0; i < extra; i++)
    head[2 + i] = (guint8)((guint64)length >> (8 * (extra - 1 - i)));
  if (mask != NULL) {
    head[1] |= 0x80;
    memcpy (head + n, mask, 4);
    n += 4;
  }
  g_byte_array_append (frame, head, n);
  if (length > 0)
    g_byte_array_append (frame, payload, (guint)length);
  if (mask != NULL)
    apply_mask (frame->data + n, length, mask);
  return frame;
}

char *
sim_frame_accept (const char *key)
{
  g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (sha1, (const guchar *)key, -1);
  g_checksum_update (sha1, (const guchar *)"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
  g_checksum_get_digest (sha1, digest, &length);
  return g_base64_encode (digest, length);
}
