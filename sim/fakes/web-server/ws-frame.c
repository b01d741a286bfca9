/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 6455, section 5, as a server without extensions sees it: client frames are masked, reserved bits are zero. */
#include "sim/fakes/web-server/ws-frame.h"

#include <string.h>

#define CONTINUATION 0
#define TEXT 1
#define BINARY 2
#define CLOSE 8
#define PING 9
#define PONG 10
#define CONTROL_MAX 125

struct SimWsReader {
  gsize message_max;
  GByteArray *input;
  GByteArray *message;
  guint opcode; /* of the unfinished message; 0 = none */
  gboolean broken;
};

typedef struct {
  gboolean fin;
  guint opcode;
  gsize header;
  guint64 length;
  const guint8 *mask;
} Frame;

static guint64
big_endian (const guint8 *at, guint n)
{
  guint64 value = 0;

  for (guint i = 0; i < n; i++)
    value = value << 8 | at[i];
  return value;
}

static gboolean
is_legal (const SimWsReader *self, const Frame *frame, guint8 first)
{
  gboolean control = frame->opcode >= CLOSE;

  if ((first & 0x70) || frame->opcode > PONG || (frame->opcode > BINARY && !control))
    return FALSE;
  if (control)
    return frame->fin && frame->length <= CONTROL_MAX;
  if ((frame->opcode == CONTINUATION) != (self->opcode != 0))
    return FALSE;
  return frame->length <= self->message_max && self->message->len + frame->length <= self->message_max;
}

/* 1: a whole frame is there; 0: more is needed; -1: broken */
static int
parse_frame (SimWsReader *self, Frame *frame)
{
  const guint8 *at = self->input->data;
  gsize have = self->input->len;

  if (have < 2)
    return 0;
  if (!(at[1] & 0x80))
    return -1;
  guint small = at[1] & 0x7f;
  guint extra = small == 126 ? 2 : small == 127 ? 8 : 0;
  if (have < 2u + extra + 4)
    return 0;
  frame->fin = at[0] >> 7;
  frame->opcode = at[0] & 0x0f;
  frame->length = extra ? big_endian (at + 2, extra) : small;
  frame->header = 2 + extra + 4;
  frame->mask = at + 2 + extra;
  if (!is_legal (self, frame, at[0]))
    return -1;
  return have - frame->header >= frame->length;
}

static GByteArray *
unmasked (const SimWsReader *self, const Frame *frame)
{
  GByteArray *payload = g_byte_array_sized_new (frame->length);

  g_byte_array_append (payload, self->input->data + frame->header, frame->length);
  for (gsize i = 0; i < payload->len; i++)
    payload->data[i] ^= frame->mask[i % 4];
  return payload;
}

static SimWsEvent
control_event (guint opcode)
{
  return opcode == CLOSE ? SIM_WS_CLOSE : opcode == PING ? SIM_WS_PING : SIM_WS_PONG;
}

SimWsEvent
sim_ws_reader_next (SimWsReader *self, GBytes **ret_payload)
{
  Frame frame;
  int found;

  while (!self->broken && (found = parse_frame (self, &frame)) != 0) {
    if (found < 0) {
      self->broken = TRUE;
      break;
    }
    g_autoptr (GByteArray) payload = unmasked (self, &frame);
    g_byte_array_remove_range (self->input, 0, frame.header + frame.length);
    if (frame.opcode >= CLOSE) {
      *ret_payload = g_byte_array_free_to_bytes (g_steal_pointer (&payload));
      return control_event (frame.opcode);
    }
    g_byte_array_append (self->message, payload->data, payload->len);
    if (frame.opcode != CONTINUATION)
      self->opcode = frame.opcode;
    if (frame.fin) {
      SimWsEvent event = self->opcode == TEXT ? SIM_WS_TEXT : SIM_WS_BINARY;
      *ret_payload = g_bytes_new (self->message->data, self->message->len);
      g_byte_array_set_size (self->message, 0);
      self->opcode = 0;
      return event;
    }
  }
  return self->broken ? SIM_WS_BROKEN : SIM_WS_NOTHING;
}

void
sim_ws_reader_feed (SimWsReader *self, const void *bytes, gsize length_bytes)
{
  if (!self->broken)
    g_byte_array_append (self->input, bytes, length_bytes);
}

GBytes *
sim_ws_text_frame (const char *text, gsize length_bytes)
{
  GByteArray *frame = g_byte_array_sized_new (length_bytes + 10);
  guint8 head[10] = { 0x80 | TEXT };
  guint extra = length_bytes < 126 ? 0 : length_bytes <= G_MAXUINT16 ? 2 : 8;

  head[1] = extra == 0 ? length_bytes : extra == 2 ? 126 : 127;
  for (guint i = 0; i < extra; i++)
    head[2 + i] = (guint64) length_bytes >> (8 * (extra - 1 - i));
  g_byte_array_append (frame, head, 2 + extra);
  g_byte_array_append (frame, (const guint8 *) text, length_bytes);
  return g_byte_array_free_to_bytes (frame);
}

GBytes *
sim_ws_close_frame (void)
{
  static const guint8 frame[] = { 0x80 | CLOSE, 0 };

  return g_bytes_new_static (frame, sizeof frame);
}

char *
sim_ws_accept (const char *key)
{
  g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (sha1, (const guchar *) key, -1);
  g_checksum_update (sha1, (const guchar *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
  g_checksum_get_digest (sha1, digest, &length);
  return g_base64_encode (digest, length);
}

SimWsReader *
sim_ws_reader_new (gsize message_max_bytes)
{
  SimWsReader *self = g_new0 (SimWsReader, 1);

  self->message_max = message_max_bytes;
  self->input = g_byte_array_new ();
  self->message = g_byte_array_new ();
  return self;
}

void
sim_ws_reader_free (SimWsReader *self)
{
  if (!self)
    return;
  g_byte_array_unref (self->input);
  g_byte_array_unref (self->message);
  g_free (self);
}
