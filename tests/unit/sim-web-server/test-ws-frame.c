/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sim/fakes/web-server/ws-frame.h"

/* A masked client frame. */
static GByteArray *
frame (guint8 first, const char *text)
{
  static const guint8 mask[4] = { 1, 2, 3, 4 };
  gsize length = strlen (text);
  GByteArray *out = g_byte_array_new ();
  guint8 head[4] = { first, 0x80 | (length < 126 ? length : 126), length >> 8, length & 0xff };

  g_byte_array_append (out, head, length < 126 ? 2 : 4);
  g_byte_array_append (out, mask, 4);
  for (gsize i = 0; i < length; i++) {
    guint8 byte = text[i] ^ mask[i % 4];
    g_byte_array_append (out, &byte, 1);
  }
  return out;
}

static void
put (SimWsReader *reader, guint8 first, const char *text)
{
  g_autoptr (GByteArray) bytes = frame (first, text);

  sim_ws_reader_feed (reader, bytes->data, bytes->len);
}

static void
expect (SimWsReader *reader, SimWsEvent event, const char *text)
{
  g_autoptr (GBytes) payload = NULL;

  assert_int_equal (sim_ws_reader_next (reader, &payload), event);
  if (!text)
    return;
  assert_int_equal (g_bytes_get_size (payload), strlen (text));
  if (*text)
    assert_memory_equal (g_bytes_get_data (payload, NULL), text, strlen (text));
}

static void
a_text_is_read_byte_by_byte (void **unused)
{
  g_autoptr (SimWsReader) reader = sim_ws_reader_new (1000);
  g_autofree char *long_text = g_strnfill (300, 'x');
  g_autoptr (GByteArray) bytes = frame (0x81, long_text);

  for (guint i = 0; i + 1 < bytes->len; i++) {
    sim_ws_reader_feed (reader, bytes->data + i, 1);
    expect (reader, SIM_WS_NOTHING, NULL);
  }
  sim_ws_reader_feed (reader, bytes->data + bytes->len - 1, 1);
  expect (reader, SIM_WS_TEXT, long_text);
  expect (reader, SIM_WS_NOTHING, NULL);
}

static void
fragments_are_joined_around_a_ping (void **unused)
{
  g_autoptr (SimWsReader) reader = sim_ws_reader_new (1000);

  put (reader, 0x01, "ab");
  put (reader, 0x89, "p");
  put (reader, 0x80, "cd");
  put (reader, 0x82, "bin");
  put (reader, 0x88, "");
  expect (reader, SIM_WS_PING, "p");
  expect (reader, SIM_WS_TEXT, "abcd");
  expect (reader, SIM_WS_BINARY, "bin");
  expect (reader, SIM_WS_CLOSE, "");
  expect (reader, SIM_WS_NOTHING, NULL);
}

static void
what_is_not_a_clients_frame_breaks_the_reader_for_good (void **unused)
{
  static const guint8 bad[][8] = {
    { 0x81, 0x01, 'x' },                /* not masked */
    { 0xc1, 0x80, 0, 0, 0, 0 },         /* reserved bit */
    { 0x83, 0x80, 0, 0, 0, 0 },         /* unknown opcode */
    { 0x80, 0x80, 0, 0, 0, 0 },         /* continues nothing */
    { 0x09, 0x80, 0, 0, 0, 0 },         /* control in pieces */
    { 0x81, 0xfe, 0x7f, 0xff, 0, 0, 0 } /* too long */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (SimWsReader) reader = sim_ws_reader_new (1000);
    sim_ws_reader_feed (reader, bad[i], 8);
    expect (reader, SIM_WS_BROKEN, NULL);
    put (reader, 0x81, "fine");
    expect (reader, SIM_WS_BROKEN, NULL);
  }
}

static void
a_message_in_pieces_may_not_outgrow_the_limit (void **unused)
{
  g_autoptr (SimWsReader) reader = sim_ws_reader_new (6);

  put (reader, 0x01, "abcd");
  put (reader, 0x80, "efg");
  expect (reader, SIM_WS_BROKEN, NULL);
}

static void
our_frames_have_the_shortest_length (void **unused)
{
  g_autofree char *middle_text = g_strnfill (126, 'x'), *long_text = g_strnfill (65536, 'x');
  g_autoptr (GBytes) small = sim_ws_text_frame ("abc", 3);
  g_autoptr (GBytes) middle = sim_ws_text_frame (middle_text, 126);
  g_autoptr (GBytes) large = sim_ws_text_frame (long_text, 65536);
  g_autoptr (GBytes) end = sim_ws_close_frame ();

  assert_memory_equal (g_bytes_get_data (small, NULL), "\x81\x03" "abc", 5);
  assert_int_equal (g_bytes_get_size (middle), 4 + 126);
  assert_memory_equal (g_bytes_get_data (middle, NULL), "\x81\x7e\x00\x7e", 4);
  assert_int_equal (g_bytes_get_size (large), 10 + 65536);
  assert_memory_equal (g_bytes_get_data (large, NULL), "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
  assert_memory_equal (g_bytes_get_data (end, NULL), "\x88\x00", 2);
}

static void
the_key_is_answered_as_in_the_rfc (void **unused)
{
  g_autofree char *accept = sim_ws_accept ("dGhlIHNhbXBsZSBub25jZQ==");

  assert_string_equal (accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_text_is_read_byte_by_byte),
    cmocka_unit_test (fragments_are_joined_around_a_ping),
    cmocka_unit_test (what_is_not_a_clients_frame_breaks_the_reader_for_good),
    cmocka_unit_test (a_message_in_pieces_may_not_outgrow_the_limit),
    cmocka_unit_test (our_frames_have_the_shortest_length),
    cmocka_unit_test (the_key_is_answered_as_in_the_rfc),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
