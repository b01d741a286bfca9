/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "net/ws-frame.h"

/* The first byte chooses the rules, the rest is what arrives. However it is cut, the same is told; and what is told is what a second, simple-minded reader finds,
 * which knows whole frames only. */

#define CAP 300
#define FRAGMENTS 5

typedef struct {
  GString *told; /* kind, code, length and bytes of each event */
  gboolean broken;
  gboolean waiting;
} Reading;

static void
tell (GString *told, guint kind, guint code, const char *bytes, gsize length)
{
  g_string_append_printf (told, "%u/%u/%zu:", kind, code, length);
  g_string_append_len (told, bytes, (gssize) length);
}

static Reading
read_in_steps (const HnWsReaderRules *rules, const char *bytes, gsize length, gsize step)
{
  Reading result = { g_string_new (NULL), FALSE, FALSE };
  g_autoptr (GByteArray) have = g_byte_array_new ();
  HnWsReader reader;

  hn_ws_reader_init (&reader);
  for (gsize at = 0; at < length; at += step) {
    HnWsEvent event = { .kind = HN_WS_PONG };

    g_byte_array_append (have, (const guint8 *) bytes + at, (guint) MIN (step, length - at));
    while (event.kind != HN_WS_NOTHING) {
      g_autofree char *exact = g_memdup2 (have->data, MAX (have->len, 1));
      gsize used = 0;

      hn_ws_reader_next (&reader, rules, exact, have->len, &used, &event);
      must (used <= have->len);
      must (event.kind == HN_WS_BROKEN || event.payload.length <= MAX (rules->message_bytes_max, HN_WS_CONTROL_BYTES_MAX));
      must (event.kind != HN_WS_CLOSE || event.code == HN_WS_CLOSE_NO_CODE || hn_ws_code_may_be_sent (event.code));
      must (reader.message == NULL || hn_ws_reader_is_waiting (&reader) || event.kind != HN_WS_NOTHING);
      if (event.kind == HN_WS_BROKEN)
        result.broken = TRUE;
      else if (event.kind != HN_WS_NOTHING)
        tell (result.told, event.kind, event.code, event.payload.text, event.payload.length);
      g_byte_array_remove_range (have, 0, (guint) used);
    }
  }
  result.waiting = hn_ws_reader_is_waiting (&reader);
  hn_ws_reader_clear (&reader);
  return result;
}

/* ---- the second reader ---- */

static gboolean
is_utf8 (const char *text, gsize length)
{
  g_autofree char *copy = g_memdup2 (text, MAX (length, 1));

  for (gsize i = 0; i < length; i++)
    if (copy[i] == '\0')
      copy[i] = ' '; /* text for us, the end for GLib */
  return g_utf8_validate (copy, (gssize) length, NULL);
}

typedef struct {
  gboolean fin;
  guint opcode;
  GByteArray *payload;
} Frame;

/* One whole frame; its end, or 0. */
static gsize
take_frame (const guint8 *bytes, gsize length, Frame *frame)
{
  guint extra, mask;
  guint64 size;
  gsize at;

  if (length < 2)
    return 0;
  extra = (bytes[1] & 127) == 127 ? 8 : (bytes[1] & 127) == 126 ? 2 : 0;
  mask = (bytes[1] & 128) != 0 ? 4 : 0;
  at = 2 + extra + mask;
  if (length < at)
    return 0;
  size = extra == 0 ? bytes[1] & 127 : extra == 2 ? (guint64) bytes[2] * 256 + bytes[3] : GUINT64_FROM_BE (*(guint64 *) memcpy (&(guint64){ 0 }, bytes + 2, 8));
  if (size > length - at)
    return 0;
  frame->fin = bytes[0] >> 7;
  frame->opcode = bytes[0] & 15;
  g_byte_array_set_size (frame->payload, 0);
  for (gsize i = 0; i < size; i++) {
    guint8 byte = bytes[at + i] ^ (mask > 0 ? bytes[at - 4 + i % 4] : 0);

    g_byte_array_append (frame->payload, &byte, 1);
  }
  return at + size;
}

/* What a sequence of frames that breaks no rule tells. */
static void
read_simply (const char *bytes, gsize length, GString *told)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  g_autoptr (GByteArray) message = g_byte_array_new ();
  Frame frame = { .payload = payload };
  guint opcode = 0;

  for (gsize n; (n = take_frame ((const guint8 *) bytes, length, &frame)) > 0; bytes += n, length -= n) {
    if (frame.opcode == 9 || frame.opcode == 10) {
      tell (told, frame.opcode == 9 ? HN_WS_PING : HN_WS_PONG, 0, (char *) payload->data, payload->len);
    } else if (frame.opcode == 8) {
      gboolean coded = payload->len >= 2;

      must (!coded || is_utf8 ((char *) payload->data + 2, payload->len - 2));
      tell (told, HN_WS_CLOSE, coded ? payload->data[0] * 256u + payload->data[1] : HN_WS_CLOSE_NO_CODE, coded ? (char *) payload->data + 2 : "", coded ? payload->len - 2 : 0);
      return;
    } else {
      opcode = frame.opcode > 0 ? frame.opcode : opcode;
      g_byte_array_append (message, payload->data, payload->len);
      if (!frame.fin)
        continue;
      must (opcode != 1 || is_utf8 ((char *) message->data, message->len));
      must (message->len <= CAP);
      tell (told, opcode == 1 ? HN_WS_TEXT : HN_WS_BINARY, 0, (char *) message->data, message->len);
      g_byte_array_set_size (message, 0);
    }
  }
}

gboolean
fuzz_one (const char *bytes, gsize length)
{
  static const gsize steps[] = { 1, 2, 3, 7, 64 };
  HnWsReaderRules rules = { CAP, FRAGMENTS, length > 0 && (bytes[0] & 1) != 0 };
  const char *rest = bytes + (length > 0 ? 1 : 0);
  gsize n = length > 0 ? length - 1 : 0;
  Reading whole = read_in_steps (&rules, rest, n, MAX (n, 1));
  gboolean taken = !whole.broken && whole.told->len > 0;

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    Reading cut = read_in_steps (&rules, rest, n, steps[i]);

    must (g_string_equal (cut.told, whole.told) && cut.broken == whole.broken && cut.waiting == whole.waiting);
    g_string_free (cut.told, TRUE);
  }
  if (!whole.broken) {
    g_autoptr (GString) simply = g_string_new (NULL);

    read_simply (rest, n, simply);
    must (g_string_equal (simply, whole.told));
  }
  g_string_free (whole.told, TRUE);
  return taken;
}
