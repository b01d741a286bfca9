/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/unit.h"

#include <string.h>

#include "net/ws-frame.h"

/* Frames are made by hand here: a writer of ours would agree with our reader. */

#define CAP 70000

/* ---- what comes in, and what is made of it ---- */

static void
put_frame (GByteArray *out, guint8 first, gboolean masked, const char *payload, gsize length)
{
  static const guint8 mask[] = { 0x11, 0x80, 0x00, 0xfe };
  guint8 head[10] = { first };
  guint n = 2;

  if (length < 126) {
    head[1] = (guint8) length;
  } else if (length < 65536) {
    head[1] = 126;
    head[2] = (guint8) (length >> 8);
    head[3] = (guint8) length;
    n = 4;
  } else {
    head[1] = 127;
    for (int i = 0; i < 8; i++)
      head[2 + i] = (guint8) ((guint64) length >> (56 - 8 * i));
    n = 10;
  }
  head[1] |= masked ? 0x80 : 0;
  g_byte_array_append (out, head, n);
  if (masked)
    g_byte_array_append (out, mask, sizeof mask);
  for (gsize i = 0; i < length; i++) {
    guint8 byte = (guint8) payload[i] ^ (masked ? mask[i % 4] : 0);

    g_byte_array_append (out, &byte, 1);
  }
}

static void
put (GByteArray *out, guint8 first, const char *payload)
{
  put_frame (out, first, TRUE, payload, strlen (payload));
}

static void
write_down (GString *transcript, const HnWsEvent *event)
{
  static const char *const names[] = { "nothing", "text", "binary", "ping", "pong", "close", "broken" };

  g_string_append (transcript, names[event->kind]);
  if (event->kind == HN_WS_CLOSE || event->kind == HN_WS_BROKEN)
    g_string_append_printf (transcript, " %u", event->code);
  if (event->payload.length > 200)
    g_string_append_printf (transcript, " %zu bytes", event->payload.length);
  else if (event->payload.length > 0)
    g_string_append_printf (transcript, " %.*s", (int) event->payload.length, event->payload.text);
  g_string_append (transcript, "; ");
}

/* As a socket feeds it: in pieces, and what is not consumed comes again with more. */
static char *
read_pieces (const HnWsReaderRules *rules, const guint8 *bytes, gsize length, gsize split, gsize step)
{
  GString *transcript = g_string_new (NULL);
  g_autoptr (GByteArray) have = g_byte_array_new ();
  HnWsReader reader;
  HnWsEvent event;

  hn_ws_reader_init (&reader);
  for (gsize at = 0, n; at < length; at += n) {
    n = MIN (at < split ? split - at : step, length - at);
    g_byte_array_append (have, bytes + at, (guint) n);
    do {
      g_autofree char *exact = g_memdup2 (have->data, MAX (have->len, 1));
      gsize used = 0;

      hn_ws_reader_next (&reader, rules, exact, have->len, &used, &event);
      assert_true (used <= have->len);
      if (event.kind != HN_WS_NOTHING)
        write_down (transcript, &event);
      if (used > 0)
        g_byte_array_remove_range (have, 0, (guint) used);
    } while (event.kind != HN_WS_NOTHING);
  }
  if (hn_ws_reader_is_waiting (&reader))
    g_string_append (transcript, "waiting; ");
  hn_ws_reader_clear (&reader);
  if (transcript->len > 0)
    g_string_truncate (transcript, transcript->len - 2);
  return g_string_free (transcript, FALSE);
}

static const HnWsReaderRules of_client = { CAP, 1024, TRUE };
static const HnWsReaderRules of_server = { CAP, 1024, FALSE };

static void
expect_by (const HnWsReaderRules *rules, const GByteArray *bytes, const char *expected)
{
  gsize splits = MIN (bytes->len, 600);

  for (gsize split = 0; split <= splits; split++) {
    g_autofree char *got = read_pieces (rules, bytes->data, bytes->len, split, bytes->len);

    assert_string_equal (got, expected);
  }
  if (bytes->len < 600) {
    g_autofree char *got = read_pieces (rules, bytes->data, bytes->len, 0, 1);

    assert_string_equal (got, expected);
  }
}

static void
expect (const GByteArray *bytes, const char *expected)
{
  expect_by (&of_client, bytes, expected);
}

/* One frame, or the begin of one. */
static void
expect_raw (const char *bytes, gsize length, const char *expected)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();

  g_byte_array_append (all, (const guint8 *) bytes, (guint) length);
  expect (all, expected);
}

#define RAW(literal, expected) expect_raw (literal, sizeof literal - 1, expected)

/* ---- what is right ---- */

static void
messages_and_controls_come_out_whatever_the_pieces (void **unused)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  put (bytes, 0x81, "hello");
  put (bytes, 0x82, "bytes");
  put (bytes, 0x81, "");
  put (bytes, 0x89, "are you there");
  put (bytes, 0x8a, "");
  put (bytes, 0x01, "in ");
  put (bytes, 0x89, "between");
  put (bytes, 0x00, "three ");
  put (bytes, 0x8a, "again");
  put (bytes, 0x80, "parts");
  put (bytes, 0x02, "b");
  put (bytes, 0x80, "");
  put_frame (bytes, 0x88, TRUE, "\x03\xe8" "bye", 5);
  put (bytes, 0x81, "too late");
  expect (bytes, "text hello; binary bytes; text; ping are you there; pong; ping between; pong again; text in three parts; binary b; "
                 "close 1000 bye");
}

static void
lengths_have_their_borders (void **unused)
{
  static const gsize lengths[] = { 125, 126, 127, 65535, 65536, CAP };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autofree char *text = g_strnfill (lengths[i], 't');
    g_autofree char *expected = lengths[i] > 200 ? g_strdup_printf ("text %zu bytes", lengths[i]) : g_strdup_printf ("text %s", text);

    put_frame (bytes, 0x81, TRUE, text, lengths[i]);
    for (gsize split = 0; split < 16; split++) {
      g_autofree char *got = read_pieces (&of_client, bytes->data, bytes->len, split, 7000);

      assert_string_equal (got, expected);
    }
  }
}

static void
a_client_reads_what_has_no_mask (void **unused)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GByteArray) masked = g_byte_array_new ();

  put_frame (bytes, 0x81, FALSE, "hello", 5);
  put_frame (bytes, 0x88, FALSE, "", 0);
  expect_by (&of_server, bytes, "text hello; close 1005");
  expect (bytes, "broken 1002 frame without a mask");
  put (masked, 0x81, "hello");
  expect_by (&of_server, masked, "broken 1002 masked frame");
}

/* ---- what is wrong ---- */

static void
reserved_bits_and_opcodes_are_refused_at_the_first_byte (void **unused)
{
  for (guint first = 0; first < 256; first++) {
    guint opcode = first & 15;
    gboolean known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
    const char byte = (char) first;

    if ((first & 0x70) != 0)
      expect_raw (&byte, 1, "broken 1002 reserved bit");
    else if (!known)
      expect_raw (&byte, 1, "broken 1002 reserved opcode");
    else if (opcode >= 8 && (first & 0x80) == 0)
      expect_raw (&byte, 1, "broken 1002 control frame in fragments");
    else if (opcode == 0)
      expect_raw (&byte, 1, "broken 1002 continuation of nothing");
    else
      expect_raw (&byte, 1, "");
  }
}

static void
a_header_that_breaks_a_rule_is_refused_before_its_payload (void **unused)
{
  RAW ("\x81\x05", "broken 1002 frame without a mask");
  RAW ("\x89\xfe", "broken 1002 long control frame");
  RAW ("\x88\xff", "broken 1002 long control frame");
  RAW ("\x81\xfe\x00\x7d", "broken 1002 length not in its shortest form");
  RAW ("\x81\xfe\x00\x7e", "");
  RAW ("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff", "broken 1002 length not in its shortest form");
  RAW ("\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00", "");
  RAW ("\x81\xff\x80\x00\x00\x00\x00\x01\x00\x00", "broken 1002 length with its highest bit");
  RAW ("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", "broken 1009 Message too big");
  RAW ("\x81\xff\x00\x00\x00\x00\x00\x01\x11\x71", "broken 1009 Message too big"); /* CAP + 1 */
  RAW ("\x81\xff\x00\x00\x00\x00\x00\x01\x11\x70", "");                           /* CAP */
  RAW ("\x01\x80", "broken 1008 Empty fragment");
}

static void
fragments_follow_their_rules (void **unused)
{
  g_autoptr (GByteArray) nested = g_byte_array_new ();
  g_autoptr (GByteArray) empty = g_byte_array_new ();
  g_autoptr (GByteArray) behind = g_byte_array_new ();
  g_autoptr (GByteArray) open = g_byte_array_new ();

  put (nested, 0x01, "a");
  put (nested, 0x81, "b");
  expect (nested, "broken 1002 new message within another; waiting");
  put (empty, 0x01, "a");
  put (empty, 0x00, "");
  expect (empty, "broken 1008 Empty fragment; waiting");
  put (behind, 0x01, "a");
  put (behind, 0x80, "b");
  put (behind, 0x80, "c");
  expect (behind, "text ab; broken 1002 continuation of nothing");
  put (open, 0x02, "a");
  put (open, 0x00, "b");
  expect (open, "waiting");
}

/* The last payload byte is not needed to refuse. */
static void
the_cap_counts_over_all_fragments (void **unused)
{
  HnWsReaderRules rules = { 10, 1024, TRUE };
  g_autoptr (GByteArray) within = g_byte_array_new ();
  g_autoptr (GByteArray) beyond = g_byte_array_new ();
  g_autoptr (GByteArray) twice = g_byte_array_new ();

  put (within, 0x01, "01234");
  put (within, 0x00, "5678");
  put (within, 0x80, "9");
  expect_by (&rules, within, "text 0123456789");
  put (beyond, 0x01, "01234");
  put (beyond, 0x00, "56789");
  g_byte_array_append (beyond, (const guint8 *) "\x00\x81", 2);
  expect_by (&rules, beyond, "broken 1009 Message too big; waiting");
  for (int i = 0; i < 2; i++) {
    put (twice, 0x01, "01234");
    put (twice, 0x80, "56789");
  }
  expect_by (&rules, twice, "text 0123456789; text 0123456789");
}

static void
a_message_has_1024_fragments_and_no_more (void **unused)
{
  for (guint n = 1024; n <= 1025; n++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autofree char *got = NULL;

    for (guint i = 0; i < n; i++)
      put (bytes, (guint8) ((i == 0 ? 1 : 0) | (i + 1 == n ? 0x80 : 0)), "x");
    got = read_pieces (&of_client, bytes->data, bytes->len, 0, 50);
    assert_string_equal (got, n == 1024 ? "text 1024 bytes" : "broken 1009 Too many fragments; waiting");
  }
}

static void
each_message_has_its_fragments_for_itself (void **unused)
{
  HnWsReaderRules rules = { 10, 2, TRUE };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (int i = 0; i < 2; i++) {
    put (bytes, 0x01, "a");
    put (bytes, 0x80, "b");
  }
  put (bytes, 0x81, "c");
  expect_by (&rules, bytes, "text ab; text ab; text c");
}

/* ---- closing ---- */

static void
expect_close (guint code, const char *reason, const char *expected)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *body = g_strdup_printf ("..%s", reason);

  body[0] = (char) (code >> 8);
  body[1] = (char) code;
  put_frame (bytes, 0x88, TRUE, body, 2 + strlen (reason));
  expect (bytes, expected);
}

static void
close_codes_are_those_that_may_be_sent (void **unused)
{
  for (guint code = 0; code < 65536; code += code < 5100 ? 1 : 997) {
    gboolean good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    g_autofree char *told = g_strdup_printf ("close %u", code);

    assert_true (hn_ws_code_may_be_sent (code) == good);
    if (code % 97 == 0 || (code >= 995 && code < 1020) || code == 2999 || code == 3000 || code == 4999 || code == 5000)
      expect_close (code, "", good ? told : "broken 1002 close code that may not be sent");
  }
}

static void
a_close_body_is_none_or_a_code_and_text (void **unused)
{
  g_autoptr (GByteArray) one = g_byte_array_new ();
  g_autoptr (GByteArray) none = g_byte_array_new ();

  put (one, 0x88, "x");
  expect (one, "broken 1002 close body of one byte");
  put (none, 0x88, "");
  expect (none, "close 1005");
  expect_close (1000, "gr\xc3\xbc\xc3\x9f", "close 1000 gr\xc3\xbc\xc3\x9f");
  expect_close (1000, "\xc3", "broken 1007 close reason is not UTF-8");
}

static void
nothing_is_read_behind_an_end (void **unused)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  HnWsReader reader;
  HnWsEvent event;
  gsize used = 0;

  put (bytes, 0x88, "");
  put (bytes, 0x81, "more");
  hn_ws_reader_init (&reader);
  hn_ws_reader_next (&reader, &of_client, (char *) bytes->data, bytes->len, &used, &event);
  assert_int_equal (event.kind, HN_WS_CLOSE);
  assert_int_equal (used, bytes->len);
  hn_ws_reader_next (&reader, &of_client, (char *) bytes->data, 3, &used, &event);
  assert_int_equal (event.kind, HN_WS_NOTHING);
  assert_int_equal (used, 3);
  hn_ws_reader_clear (&reader);
}

/* ---- text ---- */

static const struct {
  const char *text;
  gboolean good;
} texts[] = {
  { "plain", TRUE },
  { "0123456789abcdef\xc3\xa4 and on for longer than a word", TRUE },
  { "\xc2\x80 \xdf\xbf", TRUE },
  { "\xe0\xa0\x80 \xec\xbf\xbf \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf", TRUE },
  { "\xf0\x90\x80\x80 \xf1\x80\x80\x80 \xf4\x8f\xbf\xbf", TRUE },
  { "\xef\xbb\xbf" "a mark", TRUE },
  { "\x80", FALSE },
  { "\xc0\x80", FALSE },
  { "\xc1\xbf", FALSE },
  { "\xc2 ", FALSE },
  { "\xc2", FALSE },
  { "\xe0\x9f\xbf", FALSE },
  { "\xe2\x82", FALSE },
  { "\xed\xa0\x80", FALSE },
  { "\xed\xbf\xbf", FALSE },
  { "\xf0\x8f\xbf\xbf", FALSE },
  { "\xf0\x9f\x98", FALSE },
  { "\xf4\x90\x80\x80", FALSE },
  { "\xf5\x80\x80\x80", FALSE },
  { "\xff", FALSE },
  { "01234567\xfe", FALSE },
  { "0123456789\xa0", FALSE },
  { "01234567\xfe" "2345678", FALSE },
};

static void
text_is_utf8_and_nothing_else (void **unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autofree char *expected = texts[i].good ? g_strdup_printf ("text %s", texts[i].text) : g_strdup ("broken 1007 text is not UTF-8");

    put (bytes, 0x81, texts[i].text);
    expect (bytes, expected);
  }
}

static void
a_nul_is_text (void **unused)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  HnWsReader reader;
  HnWsEvent event;
  gsize used = 0;

  put_frame (bytes, 0x81, TRUE, "a\0b", 3);
  hn_ws_reader_init (&reader);
  hn_ws_reader_next (&reader, &of_client, (char *) bytes->data, bytes->len, &used, &event);
  assert_int_equal (event.kind, HN_WS_TEXT);
  assert_memory_equal (event.payload.text, "a\0b", 3);
  hn_ws_reader_clear (&reader);
}

/* Cut anywhere, also within a character. */
static void
text_in_fragments_is_the_same_text (void **unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    gsize length = strlen (texts[i].text);
    g_autofree char *good = g_strdup_printf ("text %s", texts[i].text);

    for (gsize cut = 1; cut < length; cut++) {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_autofree char *got = NULL;

      put_frame (bytes, 0x01, TRUE, texts[i].text, cut);
      put_frame (bytes, 0x80, TRUE, texts[i].text + cut, length - cut);
      got = read_pieces (&of_client, bytes->data, bytes->len, 0, 1);
      if (texts[i].good)
        assert_string_equal (got, good);
      else
        assert_true (g_str_has_prefix (got, "broken 1007 text is not UTF-8"));
    }
  }
}

static void
text_that_cannot_become_utf8_is_refused_at_its_fragment (void **unused)
{
  g_autoptr (GByteArray) early = g_byte_array_new ();
  g_autoptr (GByteArray) late = g_byte_array_new ();

  put (early, 0x01, "a\xed\xa0");
  expect (early, "broken 1007 text is not UTF-8; waiting");
  put (late, 0x01, "a\xe2\x82");
  expect (late, "waiting");
  put (late, 0x89, "\xff"); /* a control's payload is no text */
  put (late, 0x80, "");
  expect (late, "ping \xff; broken 1007 text is not UTF-8; waiting");
}

static void
one_message_does_not_spoil_the_next (void **unused)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  put (bytes, 0x02, "\xe2");
  put (bytes, 0x80, "\x82");
  put (bytes, 0x01, "a\xc3");
  put (bytes, 0x80, "\xa4");
  put (bytes, 0x81, "b");
  expect (bytes, "binary \xe2\x82; text a\xc3\xa4; text b");
}

/* ---- memory ---- */

static void
memory_is_held_for_fragments_only (void **unused)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  HnWsReader reader;
  HnWsEvent event;
  gsize used = 0, at = 0;

  put (bytes, 0x81, "whole");
  put (bytes, 0x01, "frag");
  put (bytes, 0x80, "ment");
  hn_ws_reader_init (&reader);
  hn_ws_reader_next (&reader, &of_client, (char *) bytes->data, bytes->len, &used, &event);
  assert_int_equal (event.kind, HN_WS_TEXT);
  assert_null (reader.message);
  at += used;
  hn_ws_reader_next (&reader, &of_client, (char *) bytes->data + at, bytes->len - at, &used, &event);
  assert_int_equal (event.kind, HN_WS_TEXT);
  assert_memory_equal (event.payload.text, "fragment", 8);
  assert_false (hn_ws_reader_is_waiting (&reader));
  at += used;
  hn_ws_reader_next (&reader, &of_client, (char *) bytes->data + at, bytes->len - at, &used, &event);
  assert_int_equal (event.kind, HN_WS_NOTHING);
  assert_null (reader.message);
  assert_true (sizeof reader <= 24);
}

/* ---- writing ---- */

static void
what_is_written_is_read (void **unused)
{
  static const gsize lengths[] = { 0, 1, 125, 126, 65535, 65536 };
  static const guint8 mask[] = { 1, 2, 3, 4 };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (int masked = 0; masked < 2; masked++) {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_autoptr (GByteArray) by_hand = g_byte_array_new ();
      g_autofree char *text = g_strnfill (lengths[i], 'w');
      g_autofree char *got = NULL;
      guint8 header[HN_WS_HEADER_MAX];

      put_frame (by_hand, 0x81, masked, text, lengths[i]);
      g_byte_array_append (bytes, header, (guint) hn_ws_write_header (header, HN_WS_TEXT, lengths[i], masked ? mask : NULL));
      assert_int_equal (bytes->len + lengths[i], by_hand->len);
      assert_memory_equal (bytes->data, by_hand->data, bytes->len - (masked ? 4 : 0));
      if (masked)
        hn_ws_mask (text, lengths[i], mask);
      g_byte_array_append (bytes, (const guint8 *) text, (guint) lengths[i]);
      got = read_pieces (masked ? &of_client : &of_server, bytes->data, bytes->len, 0, bytes->len);
      assert_true (g_str_has_prefix (got, "text"));
    }
}

static void
each_kind_has_its_opcode (void **unused)
{
  static const struct {
    HnWsKind kind;
    guint8 first;
  } rows[] = { { HN_WS_TEXT, 0x81 }, { HN_WS_BINARY, 0x82 }, { HN_WS_CLOSE, 0x88 }, { HN_WS_PING, 0x89 }, { HN_WS_PONG, 0x8a } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint8 header[HN_WS_HEADER_MAX];

    assert_int_equal (hn_ws_write_header (header, rows[i].kind, 3, NULL), 2);
    assert_int_equal (header[0], rows[i].first);
    assert_int_equal (header[1], 3);
  }
}

static void
masking_goes_byte_by_byte_however_long (void **unused)
{
  static const guint8 mask[] = { 0xa0, 0x0b, 0xff, 0x01 };

  for (gsize length = 0; length < 40; length++) {
    g_autofree char *bytes = g_malloc (MAX (length, 1));

    for (gsize i = 0; i < length; i++)
      bytes[i] = (char) (3 * i);
    hn_ws_mask (bytes, length, mask);
    for (gsize i = 0; i < length; i++)
      assert_int_equal ((guint8) bytes[i], (guint8) (3 * i) ^ mask[i % 4]);
  }
}

static void
a_reason_is_cut_at_a_character (void **unused)
{
  g_autofree char *plain = g_strnfill (200, 'r');
  g_autofree char *wide = g_strdup_printf ("%.122s\xe2\x82\xac", plain);
  char body[HN_WS_CONTROL_BYTES_MAX];

  assert_int_equal (hn_ws_write_close (body, HN_WS_CLOSE_NO_CODE, hn_slice_of ("unused")), 0);
  assert_int_equal (hn_ws_write_close (body, 1013, hn_slice_of ("Slow")), 6);
  assert_memory_equal (body, "\x03\xf5Slow", 6);
  assert_int_equal (hn_ws_write_close (body, 1000, hn_slice_of (plain)), 125);
  assert_int_equal (hn_ws_write_close (body, 1000, hn_slice_of (wide)), 2 + 122);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (messages_and_controls_come_out_whatever_the_pieces),
    cmocka_unit_test (lengths_have_their_borders),
    cmocka_unit_test (a_client_reads_what_has_no_mask),
    cmocka_unit_test (reserved_bits_and_opcodes_are_refused_at_the_first_byte),
    cmocka_unit_test (a_header_that_breaks_a_rule_is_refused_before_its_payload),
    cmocka_unit_test (fragments_follow_their_rules),
    cmocka_unit_test (the_cap_counts_over_all_fragments),
    cmocka_unit_test (a_message_has_1024_fragments_and_no_more),
    cmocka_unit_test (each_message_has_its_fragments_for_itself),
    cmocka_unit_test (close_codes_are_those_that_may_be_sent),
    cmocka_unit_test (a_close_body_is_none_or_a_code_and_text),
    cmocka_unit_test (nothing_is_read_behind_an_end),
    cmocka_unit_test (text_is_utf8_and_nothing_else),
    cmocka_unit_test (a_nul_is_text),
    cmocka_unit_test (text_in_fragments_is_the_same_text),
    cmocka_unit_test (text_that_cannot_become_utf8_is_refused_at_its_fragment),
    cmocka_unit_test (one_message_does_not_spoil_the_next),
    cmocka_unit_test (memory_is_held_for_fragments_only),
    cmocka_unit_test (what_is_written_is_read),
    cmocka_unit_test (each_kind_has_its_opcode),
    cmocka_unit_test (masking_goes_byte_by_byte_however_long),
    cmocka_unit_test (a_reason_is_cut_at_a_character),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
