/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/ws-message.h"

struct _HnWsMessage {
  guint refs;
  guint header; /* bytes of it in @frame */
  gsize length; /* of @frame */
  char frame[];
};

static HnWsMessage *
make (HnWsKind kind, const HnSlice *parts, guint n_parts, const guint8 *mask)
{
  guint8 header[HN_WS_HEADER_MAX];
  HnWsMessage *self;
  gsize length = 0;
  gsize n;
  char *at;

  for (guint i = 0; i < n_parts; i++)
    length += parts[i].length;
  n = hn_ws_write_header (header, kind, length, mask);
  self = g_malloc (sizeof *self + n + length);
  *self = (HnWsMessage){ .refs = 1, .header = (guint) n, .length = n + length };
  memcpy (self->frame, header, n);
  at = self->frame + n;
  for (guint i = 0; i < n_parts; i++) {
    if (parts[i].length > 0)
      memcpy (at, parts[i].text, parts[i].length);
    at += parts[i].length;
  }
  if (mask != NULL)
    hn_ws_mask (self->frame + n, length, mask);
  return self;
}

HnWsMessage *
hn_ws_message_new (const char *text, gsize length)
{
  HnSlice whole = { text, length };

  return make (HN_WS_TEXT, &whole, 1, NULL);
}

HnWsMessage *
hn_ws_message_new_parts (const HnSlice *parts, guint n_parts)
{
  return make (HN_WS_TEXT, parts, n_parts, NULL);
}

HnWsMessage *
hn_ws_message_new_frame (HnWsKind kind, HnSlice payload, const guint8 *mask)
{
  return make (kind, &payload, 1, mask);
}

HnWsMessage *
hn_ws_message_ref (HnWsMessage *self)
{
  self->refs++;
  return self;
}

void
hn_ws_message_unref (HnWsMessage *self)
{
  if (self == NULL || --self->refs > 0)
    return;
  g_free (self);
}

HnSlice
hn_ws_message_get_text (const HnWsMessage *self)
{
  return (HnSlice){ self->frame + self->header, self->length - self->header };
}

HnSlice
hn_ws_message_get_frame (const HnWsMessage *self)
{
  return (HnSlice){ self->frame, self->length };
}
