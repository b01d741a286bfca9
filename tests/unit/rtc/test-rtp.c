/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/rtp.h"

#include <string.h>

#include "tests/support/unit.h"

/* 111, marker, sequence 0x1234, timestamp 0x01020304, SSRC 0xcafebabe, payload AA BB CC */
static const guint8 plain[] = { 0x80, 0xef, 0x12, 0x34, 1, 2, 3, 4, 0xca, 0xfe, 0xba, 0xbe, 0xaa, 0xbb, 0xcc };

static void
assert_same_packet (const guint8 *data, gsize n_bytes)
{
  guint8 out[sizeof plain];
  HnRtpPacket packet;

  assert_true (hn_rtp_parse (data, n_bytes, &packet));
  assert_int_equal (packet.payload_bytes, 3);
  hn_rtp_write_header (&packet, 111, out);
  memcpy (out + HN_RTP_HEADER_BYTES, packet.payload, packet.payload_bytes);
  assert_memory_equal (out, plain, sizeof plain);
}

static void
a_plain_packet_is_written_as_it_was (void **unused)
{
  assert_same_packet (plain, sizeof plain);
}

static void
the_payload_type_is_replaced_and_nothing_else (void **unused)
{
  guint8 data[sizeof plain];

  memcpy (data, plain, sizeof plain);
  data[1] = 0x80 | 109;
  assert_same_packet (data, sizeof data);
}

static void
without_a_marker_there_is_none (void **unused)
{
  guint8 data[sizeof plain], out[HN_RTP_HEADER_BYTES];
  HnRtpPacket packet;

  memcpy (data, plain, sizeof plain);
  data[1] = 109;
  assert_true (hn_rtp_parse (data, sizeof data, &packet));
  assert_false (packet.marker);
  hn_rtp_write_header (&packet, 111, out);
  assert_int_equal (out[1], 111);
}

static void
extension_sources_and_padding_are_stripped (void **unused)
{
  guint8 data[64];

  /* X, P and two contributing sources */
  memcpy (data, plain, 12);
  data[0] = 0x80 | 0x20 | 0x10 | 2;
  memset (data + 12, 0x55, 8);
  memcpy (data + 20, "\xbe\xde\x00\x02", 4);
  memset (data + 24, 0x66, 8);
  memcpy (data + 32, plain + 12, 3);
  memcpy (data + 35, "\0\0\0\4", 4);
  assert_same_packet (data, 39);
}

static void
padding_that_fills_the_payload_leaves_an_empty_packet (void **unused)
{
  guint8 data[] = { 0xa0, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 3 };
  HnRtpPacket packet;

  assert_true (hn_rtp_parse (data, sizeof data, &packet));
  assert_int_equal (packet.payload_bytes, 0);
}

static void
what_states_more_than_is_there_is_no_packet (void **unused)
{
  static const struct {
    const char *what;
    guint8 data[17];
    gsize n_bytes;
  } wrong[] = {
    { "empty", { 0 }, 0 },
    { "eleven bytes", { 0x80 }, 11 },
    { "version 1", { 0x40 }, 12 },
    { "a source that is missing", { 0x81 }, 15 },
    { "an extension without its header", { 0x90 }, 15 },
    { "an extension that is too long", { 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 1 }, 17 },
    { "padding of no bytes", { 0xa0 }, 13 },
    { "padding longer than the payload", { 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 }, 13 },
    { "padding without a payload", { 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 12 },
  };
  HnRtpPacket packet;

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    if (hn_rtp_parse (wrong[i].data, wrong[i].n_bytes, &packet))
      fail_msg ("%s is taken", wrong[i].what);
}

/* With a sanitizer this finds each read beyond the end. */
static void
no_bytes_at_all_are_read_beyond_the_end (void **unused)
{
  g_autoptr (GRand) chance = g_rand_new_with_seed (1);

  for (guint round = 0; round < 200000; round++) {
    gsize n_bytes = (gsize) g_rand_int_range (chance, 0, 40);
    g_autofree guint8 *data = g_malloc (n_bytes + 1);
    g_autofree guint8 *exact = NULL;
    HnRtpPacket packet;

    for (gsize i = 0; i < n_bytes; i++)
      data[i] = (guint8) g_rand_int (chance);
    if (n_bytes > 0)
      data[0] = (guint8) ((data[0] & 0x33) | 0x80);
    if (n_bytes > 15)
      data[14] = 0;
    exact = g_memdup2 (data, n_bytes);
    if (!hn_rtp_parse (exact, n_bytes, &packet) || packet.payload_bytes == 0)
      continue;
    assert_true (packet.payload >= exact + HN_RTP_HEADER_BYTES);
    assert_true (packet.payload + packet.payload_bytes <= exact + n_bytes);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_plain_packet_is_written_as_it_was),
    cmocka_unit_test (the_payload_type_is_replaced_and_nothing_else),
    cmocka_unit_test (without_a_marker_there_is_none),
    cmocka_unit_test (extension_sources_and_padding_are_stripped),
    cmocka_unit_test (padding_that_fills_the_payload_leaves_an_empty_packet),
    cmocka_unit_test (what_states_more_than_is_there_is_no_packet),
    cmocka_unit_test (no_bytes_at_all_are_read_beyond_the_end),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
