/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/support/unit.h"

#include "sim/fakes/swarm/frame.h"

static const guint8 mask[4] = { 1, 2, 3, 4 };

static void
a_frame_of_any_length_comes_back_as_it_went (void **state)
{
  static const gsize lengths[] = { 0, 1, 125, 126, 65535, 65536, SIM_FRAME_MAX_BYTES };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (lengths); i++) {
    gsize length = lengths[i / 2];
    gboolean from_client = i % 2 != 0;
    g_autofree char *text = g_strnfill (length, 'x');
    g_autoptr (GByteArray) wire = sim_frame_write (SIM_FRAME_BINARY, text, length, from_client ? mask : NULL);
    g_autoptr (GBytes) payload = NULL;
    SimFrame frame;

    assert_int_equal (sim_frame_parse (wire->data, wire->len - (length > 0 ? 1 : 0), from_client, &frame), length > 0 ? 0 : wire->len);
    assert_int_equal (sim_frame_parse (wire->data, wire->len, from_client, &frame), wire->len);
    assert_int_equal (frame.kind, SIM_FRAME_BINARY);
    assert_true (frame.fin);
    payload = sim_frame_payload (&frame);
    assert_int_equal (g_bytes_get_size (payload), length);
    assert_true (length == 0 || memcmp (g_bytes_get_data (payload, NULL), text, length) == 0);
  }
}

static void
who_masks_is_part_of_being_legal (void **state)
{
  g_autoptr (GByteArray) masked = sim_frame_write (SIM_FRAME_TEXT, "hi", 2, mask);
  g_autoptr (GByteArray) plain = sim_frame_write (SIM_FRAME_TEXT, "hi", 2, NULL);
  SimFrame frame;

  assert_int_equal (sim_frame_parse (masked->data, masked->len, FALSE, &frame), -1);
  assert_int_equal (sim_frame_parse (plain->data, plain->len, TRUE, &frame), -1);
}

static void
reserved_bits_long_or_cut_control_frames_and_huge_ones_are_broken (void **state)
{
  static const guint8 bad[][10] = {
    { 0xc1, 0 }, { 0x83, 0 }, { 0x8b, 0 }, { 0x09, 0 }, { 0x89, 126, 0, 126 }, { 0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 1 }, { 0x82, 127, 0x80 },
  };
  SimFrame frame;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_int_equal (sim_frame_parse (bad[i], sizeof bad[i], FALSE, &frame), -1);
}

static void
the_accept_is_that_of_the_rfc (void **state)
{
  g_autofree char *accept = sim_frame_accept ("dGhlIHNhbXBsZSBub25jZQ==");

  assert_string_equal (accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_frame_of_any_length_comes_back_as_it_went),
    cmocka_unit_test (who_masks_is_part_of_being_legal),
    cmocka_unit_test (reserved_bits_long_or_cut_control_frames_and_huge_ones_are_broken),
    cmocka_unit_test (the_accept_is_that_of_the_rfc),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
