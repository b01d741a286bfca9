/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/ws-frame.h"

#include <string.h>

/* Rules: a header is judged byte by byte as far as it has come, so that nobody waits for the payload of a frame that is refused anyway. A message of one frame
 * is told where it lies; fragments are collected. What can be told apart from a partly received frame is not: its payload is looked at when it is whole. */

#define FIN 0x80
#define RESERVED 0x70
#define MASKED 0x80
#define LENGTH_16 126
#define LENGTH_64 127
#define MASK_BYTES 4

typedef enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 } Opcode;

typedef struct {
  guint8 opcode;
  gboolean fin;
  guint64 length;
  gsize header; /* bytes; 0 while it has not come */
  const guint8 *mask; /* NULL: none */
} Frame;

/* ---- UTF-8 ---- */

static gboolean
begin_character (HnWsUtf8 *self, guint8 byte)
{
  *self = (HnWsUtf8){ .low = 0x80, .high = 0xbf };
  if (byte >= 0xc2 && byte <= 0xdf)
    self->missing = 1;
  else if (byte >= 0xe0 && byte <= 0xef)
    self->missing = 2;
  else if (byte >= 0xf0 && byte <= 0xf4)
    self->missing = 3;
  if (byte == 0xe0)
    self->low = 0xa0; /* else it were too long */
  else if (byte == 0xed)
    self->high = 0x9f; /* no surrogates */
  else if (byte == 0xf0)
    self->low = 0x90;
  else if (byte == 0xf4)
    self->high = 0x8f; /* nothing above U+10FFFF */
  return self->missing > 0;
}

/* Eight bytes of ASCII at a time. */
static gsize
skip_ascii (const char *bytes, gsize length)
{
  gsize at = 0;
  guint64 word;

  for (; at + sizeof word <= length; at += sizeof word) {
    memcpy (&word, bytes + at, sizeof word);
    if ((word & G_GUINT64_CONSTANT (0x8080808080808080)) != 0)
      break;
  }
  return at;
}

static gboolean
take_text (HnWsUtf8 *self, const char *bytes, gsize length)
{
  for (gsize at = 0; at < length; at++) {
    guint8 byte = (guint8) bytes[at];

    if (self->missing > 0) {
      if (byte < self->low || byte > self->high)
        return FALSE;
      *self = (HnWsUtf8){ (guint8) (self->missing - 1), 0x80, 0xbf };
    } else if (byte >= 0x80) {
      if (!begin_character (self, byte))
        return FALSE;
    } else {
      gsize plain = skip_ascii (bytes + at, length - at);

      at += plain > 0 ? plain - 1 : 0;
    }
  }
  return TRUE;
}

static gboolean
is_text (HnSlice slice)
{
  HnWsUtf8 utf8 = { 0 };

  return take_text (&utf8, slice.text, slice.length) && utf8.missing == 0;
}

/* ---- headers ---- */

static void
refuse (HnWsReader *self, HnWsEvent *event, guint code, const char *why)
{
  self->ended = TRUE;
  *event = (HnWsEvent){ .kind = HN_WS_BROKEN, .code = code, .payload = { why, strlen (why) } };
}

static gboolean
is_control (guint8 opcode)
{
  return (opcode & 8) != 0;
}

/* What the first byte says. */
static const char *
check_first (const HnWsReader *self, const Frame *frame, guint8 byte)
{
  if ((byte & RESERVED) != 0)
    return "reserved bit";
  if ((frame->opcode > BINARY && frame->opcode < CLOSE) || frame->opcode > PONG)
    return "reserved opcode";
  if (is_control (frame->opcode))
    return frame->fin ? NULL : "control frame in fragments";
  if (frame->opcode == CONTINUATION)
    return self->opcode == 0 ? "continuation of nothing" : NULL;
  return self->opcode != 0 ? "new message within another" : NULL;
}

/* Reads the length behind the first two bytes; FALSE while it has not come. */
static gboolean
read_length (Frame *frame, const guint8 *bytes, gsize length)
{
  guint size = (bytes[1] & 0x7f) == LENGTH_16 ? 2 : (bytes[1] & 0x7f) == LENGTH_64 ? 8 : 0;

  frame->length = size == 0 ? bytes[1] & 0x7f : 0;
  if (length < 2 + size)
    return FALSE;
  for (guint i = 0; i < size; i++)
    frame->length = frame->length << 8 | bytes[2 + i];
  frame->header = 2 + size;
  return TRUE;
}

static const char *
check_length (const Frame *frame)
{
  if ((frame->header == 4 && frame->length < LENGTH_16) || (frame->header == 10 && frame->length <= G_MAXUINT16))
    return "length not in its shortest form";
  return frame->length > G_MAXINT64 ? "length with its highest bit" : NULL;
}

/* Bounds of a message, for a frame of data. */
static gboolean
check_bounds (HnWsReader *self, const HnWsReaderRules *rules, const Frame *frame, HnWsEvent *event)
{
  gsize have = self->message != NULL ? self->message->len : 0;

  if (is_control (frame->opcode))
    return TRUE;
  if (frame->length > rules->message_bytes_max || have > rules->message_bytes_max - frame->length)
    refuse (self, event, HN_WS_CLOSE_TOO_BIG, "Message too big");
  else if ((!frame->fin || self->fragments > 0) && self->fragments >= rules->fragments_max)
    refuse (self, event, HN_WS_CLOSE_TOO_BIG, "Too many fragments");
  else if (!frame->fin && frame->length == 0)
    refuse (self, event, HN_WS_CLOSE_POLICY, "Empty fragment");
  else
    return TRUE;
  return FALSE;
}

/* FALSE when it is not there yet, or refused, as @event then says. */
static gboolean
read_header (HnWsReader *self, const HnWsReaderRules *rules, const guint8 *bytes, gsize length, Frame *frame, HnWsEvent *event)
{
  const char *wrong;
  gboolean whole;

  if (length == 0)
    return FALSE;
  frame->opcode = bytes[0] & 0x0f;
  frame->fin = (bytes[0] & FIN) != 0;
  wrong = check_first (self, frame, bytes[0]);
  if (wrong == NULL && length >= 2 && ((bytes[1] & MASKED) != 0) != (rules->masked != FALSE))
    wrong = rules->masked ? "frame without a mask" : "masked frame";
  if (wrong == NULL && length >= 2 && is_control (frame->opcode) && (bytes[1] & 0x7f) > HN_WS_CONTROL_BYTES_MAX)
    wrong = "long control frame";
  whole = wrong == NULL && length >= 2 && read_length (frame, bytes, length);
  if (whole)
    wrong = check_length (frame);
  if (wrong != NULL)
    refuse (self, event, HN_WS_CLOSE_PROTOCOL, wrong);
  if (wrong != NULL || !whole || !check_bounds (self, rules, frame, event))
    return FALSE;
  if (rules->masked) {
    frame->mask = bytes + frame->header;
    frame->header += MASK_BYTES;
  }
  return length >= frame->header;
}

/* ---- payloads ---- */

static void
tell_close (HnWsReader *self, HnSlice payload, HnWsEvent *event)
{
  guint code;

  self->ended = TRUE;
  *event = (HnWsEvent){ .kind = HN_WS_CLOSE, .code = HN_WS_CLOSE_NO_CODE };
  if (payload.length == 0)
    return;
  if (payload.length == 1) {
    refuse (self, event, HN_WS_CLOSE_PROTOCOL, "close body of one byte");
    return;
  }
  code = (guint) (guint8) payload.text[0] << 8 | (guint8) payload.text[1];
  payload.text += 2;
  payload.length -= 2;
  if (!hn_ws_code_may_be_sent (code))
    refuse (self, event, HN_WS_CLOSE_PROTOCOL, "close code that may not be sent");
  else if (!is_text (payload))
    refuse (self, event, HN_WS_CLOSE_NOT_UTF8, "close reason is not UTF-8");
  else
    *event = (HnWsEvent){ .kind = HN_WS_CLOSE, .code = code, .payload = payload };
}

static void
tell_message (HnWsReader *self, guint8 opcode, HnSlice payload, HnWsEvent *event)
{
  *event = (HnWsEvent){ .kind = opcode == TEXT ? HN_WS_TEXT : HN_WS_BINARY, .payload = payload };
  self->opcode = 0;
  self->fragments = 0;
}

static void
take_fragment (HnWsReader *self, const Frame *frame, HnSlice payload, HnWsEvent *event)
{
  if (frame->opcode != CONTINUATION)
    self->opcode = frame->opcode;
  self->fragments++;
  if (self->opcode == TEXT && (!take_text (&self->utf8, payload.text, payload.length) || (frame->fin && self->utf8.missing > 0))) {
    refuse (self, event, HN_WS_CLOSE_NOT_UTF8, "text is not UTF-8");
    return;
  }
  if (self->message == NULL)
    self->message = g_byte_array_new ();
  g_byte_array_append (self->message, (const guint8 *) payload.text, (guint) payload.length);
  if (!frame->fin)
    return;
  self->told = TRUE;
  tell_message (self, self->opcode, (HnSlice){ (const char *) self->message->data, self->message->len }, event);
}

static void
take_frame (HnWsReader *self, const Frame *frame, HnSlice payload, HnWsEvent *event)
{
  switch (frame->opcode) {
  case PING:
  case PONG:
    *event = (HnWsEvent){ .kind = frame->opcode == PING ? HN_WS_PING : HN_WS_PONG, .payload = payload };
    return;
  case CLOSE:
    tell_close (self, payload, event);
    return;
  default:
    break;
  }
  if (frame->opcode == CONTINUATION || !frame->fin)
    take_fragment (self, frame, payload, event);
  else if (frame->opcode == TEXT && !is_text (payload))
    refuse (self, event, HN_WS_CLOSE_NOT_UTF8, "text is not UTF-8");
  else
    tell_message (self, frame->opcode, payload, event);
}

void
hn_ws_reader_next (HnWsReader *self, const HnWsReaderRules *rules, char *bytes, gsize length, gsize *ret_consumed, HnWsEvent *ret_event)
{
  gsize at = 0;

  *ret_event = (HnWsEvent){ .kind = HN_WS_NOTHING };
  if (self->told)
    g_clear_pointer (&self->message, g_byte_array_unref);
  self->told = FALSE;
  while (!self->ended && ret_event->kind == HN_WS_NOTHING) {
    Frame frame = { 0 };
    HnSlice payload;

    if (!read_header (self, rules, (const guint8 *) bytes + at, length - at, &frame, ret_event)
        || frame.length > length - at - frame.header)
      break;
    payload = (HnSlice){ bytes + at + frame.header, (gsize) frame.length };
    if (frame.mask != NULL)
      hn_ws_mask (bytes + at + frame.header, payload.length, frame.mask);
    at += frame.header + payload.length;
    take_frame (self, &frame, payload, ret_event);
  }
  *ret_consumed = self->ended ? length : at;
}

gboolean
hn_ws_reader_is_waiting (const HnWsReader *self)
{
  return self->opcode != 0;
}

void
hn_ws_reader_init (HnWsReader *self)
{
  *self = (HnWsReader){ 0 };
}

void
hn_ws_reader_clear (HnWsReader *self)
{
  g_clear_pointer (&self->message, g_byte_array_unref);
  hn_ws_reader_init (self);
}

/* ---- writing ---- */

static guint8
opcode_of (HnWsKind kind)
{
  switch (kind) {
  case HN_WS_TEXT:
    return TEXT;
  case HN_WS_BINARY:
    return BINARY;
  case HN_WS_PING:
    return PING;
  case HN_WS_PONG:
    return PONG;
  case HN_WS_CLOSE:
    return CLOSE;
  case HN_WS_NOTHING:
  case HN_WS_BROKEN:
    break;
  }
  g_return_val_if_reached (CLOSE);
}

gsize
hn_ws_write_header (guint8 *ret_header, HnWsKind kind, gsize length, const guint8 *mask)
{
  guint size = length < LENGTH_16 ? 0 : length <= G_MAXUINT16 ? 2 : 8;
  gsize n = 2 + size;

  ret_header[0] = FIN | opcode_of (kind);
  ret_header[1] = (guint8) ((size == 0 ? length : size == 2 ? LENGTH_16 : LENGTH_64) | (mask != NULL ? MASKED : 0));
  for (guint i = 0; i < size; i++)
    ret_header[2 + i] = (guint8) ((guint64) length >> (8 * (size - 1 - i)));
  if (mask == NULL)
    return n;
  memcpy (ret_header + n, mask, MASK_BYTES);
  return n + MASK_BYTES;
}

gsize
hn_ws_write_close (char *ret_body, guint code, HnSlice reason)
{
  gsize length = MIN (reason.length, HN_WS_REASON_BYTES_MAX);

  if (code == HN_WS_CLOSE_NO_CODE)
    return 0;
  while (length < reason.length && length > 0 && ((guint8) reason.text[length] & 0xc0) == 0x80)
    length--;
  ret_body[0] = (char) (code >> 8);
  ret_body[1] = (char) (code & 0xff);
  memcpy (ret_body + 2, length > 0 ? reason.text : "", length);
  return 2 + length;
}

void
hn_ws_mask (char *bytes, gsize length, const guint8 *mask)
{
  guint64 wide, word;
  gsize at = 0;

  memcpy (&wide, mask, MASK_BYTES);
  memcpy ((char *) &wide + MASK_BYTES, mask, MASK_BYTES);
  for (; at + sizeof word <= length; at += sizeof word) {
    memcpy (&word, bytes + at, sizeof word);
    word ^= wide;
    memcpy (bytes + at, &word, sizeof word);
  }
  for (; at < length; at++)
    bytes[at] ^= (char) mask[at % MASK_BYTES];
}

gboolean
hn_ws_code_may_be_sent (guint code)
{
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}
