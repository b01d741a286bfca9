/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/frame-border.h"

#define FIN 0x80
#define OPCODE 0x0f
#define CONTROL 0x08
#define CLOSE 0x08
#define MASKED 0x80
#define CONTROL_MAX 125
#define LENGTH_16 126
#define LENGTH_64 127

/* Data: 0 to 2, control: 8 to 10, whole and short; a server masks nothing. */
static gboolean
is_a_servers (guint8 first, guint8 second)
{
  guint8 opcode = first & OPCODE;

  if ((second & MASKED) != 0 || (opcode & ~CONTROL) > 2)
    return FALSE;
  return (opcode & CONTROL) == 0 || ((first & FIN) != 0 && second <= CONTROL_MAX);
}

static void
begin_payload (HnFrameBorder *self, guint64 length)
{
  self->read = 0;
  self->left = length;
  self->state = length > 0 ? HN_FRAME_BORDER_PAYLOAD : HN_FRAME_BORDER_HEAD;
}

static void
take_head (HnFrameBorder *self, guint8 byte)
{
  if (self->read == 0) {
    self->first = byte;
    self->read = 1;
  } else if (!is_a_servers (self->first, byte) || (self->first & OPCODE) == CLOSE) {
    self->state = HN_FRAME_BORDER_OVER;
  } else if (byte < LENGTH_16) {
    begin_payload (self, byte);
  } else {
    self->state = HN_FRAME_BORDER_LENGTH;
    self->length_bytes = byte == LENGTH_64 ? 8 : 2;
    self->left = 0;
    self->read = 0;
  }
}

static void
take_length (HnFrameBorder *self, guint8 byte)
{
  self->left = self->left << 8 | byte;
  if (++self->read < self->length_bytes)
    return;
  if (self->left > G_MAXINT64)
    self->state = HN_FRAME_BORDER_OVER;
  else
    begin_payload (self, self->left);
}

void
hn_frame_border_feed (HnFrameBorder *self, const guint8 *bytes, gsize n_bytes)
{
  gsize at = 0;

  while (at < n_bytes) {
    switch (self->state) {
    case HN_FRAME_BORDER_HEAD:
      take_head (self, bytes[at++]);
      break;
    case HN_FRAME_BORDER_LENGTH:
      take_length (self, bytes[at++]);
      break;
    case HN_FRAME_BORDER_PAYLOAD: {
      gsize part = (gsize) MIN (self->left, n_bytes - at);

      at += part;
      self->left -= part;
      if (self->left == 0)
        self->state = HN_FRAME_BORDER_HEAD;
      break;
    }
    case HN_FRAME_BORDER_OVER:
      return;
    }
  }
}

gboolean
hn_frame_border_is_here (const HnFrameBorder *self)
{
  return self->state == HN_FRAME_BORDER_HEAD && self->read == 0;
}
