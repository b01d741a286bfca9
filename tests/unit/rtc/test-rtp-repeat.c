/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/rtp-repeat.h"

#include <string.h>

#include "tests/support/unit.h"

#define LOCKED_BYTES 25 /* header, 3 bytes, authentication tag of 10 */
#define PLAIN_BYTES 15

static void
locked (guint16 sequence, guint8 *ret_bytes)
{
  memset (ret_bytes, 0xa5 ^ sequence, LOCKED_BYTES);
  ret_bytes[0] = 0x80;
  ret_bytes[1] = 111;
  ret_bytes[2] = (guint8) (sequence >> 8);
  ret_bytes[3] = (guint8) sequence;
}

/* One packet that comes and is found authentic; returns whether it was taken for a repetition. */
static gboolean
comes (HnRtpRepeat *self, guint16 sequence)
{
  guint8 bytes[LOCKED_BYTES];
  gsize length = 0;
  const guint8 *again;

  locked (sequence, bytes);
  again = hn_rtp_repeat_came (self, bytes, sizeof bytes, &length);
  if (again != NULL) {
    assert_int_equal (length, PLAIN_BYTES);
    assert_memory_equal (again, bytes, 12);
    assert_memory_equal (again + 12, "\xf8\xff\xfe", 3);
    return TRUE;
  }
  memcpy (bytes + 12, "\xf8\xff\xfe", 3);
  hn_rtp_repeat_passed (self, bytes, PLAIN_BYTES);
  return FALSE;
}

static void
a_packet_that_comes_again_is_repeated_once (void **unused)
{
  g_autoptr (HnRtpRepeat) self = hn_rtp_repeat_new ();
  guint8 bytes[LOCKED_BYTES];
  gsize length = 0;

  assert_false (comes (self, 7));
  assert_true (comes (self, 7));
  locked (7, bytes);
  for (guint i = 0; i < 1000; i++)
    assert_null (hn_rtp_repeat_came (self, bytes, sizeof bytes, &length));
}

static void
a_repetition_may_come_later_but_not_much (void **unused)
{
  g_autoptr (HnRtpRepeat) self = hn_rtp_repeat_new ();
  guint8 bytes[LOCKED_BYTES];
  gsize length = 0;

  for (guint i = 0; i < 65; i++)
    assert_false (comes (self, (guint16) (65500 + i)));
  assert_true (comes (self, 65501));
  locked (65500, bytes);
  assert_null (hn_rtp_repeat_came (self, bytes, sizeof bytes, &length));
}

static void
a_packet_with_one_other_bit_is_another_one (void **unused)
{
  g_autoptr (HnRtpRepeat) self = hn_rtp_repeat_new ();
  guint8 bytes[LOCKED_BYTES];
  gsize length = 0;

  comes (self, 7);
  for (guint bit = 0; bit < 8 * LOCKED_BYTES; bit++) {
    locked (7, bytes);
    bytes[bit / 8] ^= (guint8) (1 << bit % 8);
    assert_null (hn_rtp_repeat_came (self, bytes, sizeof bytes, &length));
  }
  assert_null (hn_rtp_repeat_came (self, bytes, sizeof bytes - 1, &length));
  assert_true (comes (self, 7)); /* none of them took its place */
}

static void
what_was_not_found_authentic_is_not_repeated (void **unused)
{
  g_autoptr (HnRtpRepeat) self = hn_rtp_repeat_new ();
  guint8 forged[LOCKED_BYTES], other[LOCKED_BYTES];
  gsize length = 0;

  locked (7, forged);
  locked (8, other);
  assert_null (hn_rtp_repeat_came (self, forged, sizeof forged, &length));
  assert_null (hn_rtp_repeat_came (self, other, sizeof other, &length));
  hn_rtp_repeat_passed (self, forged, PLAIN_BYTES); /* not the one that came last */
  hn_rtp_repeat_passed (self, other, 11);
  hn_rtp_repeat_passed (self, other, LOCKED_BYTES + 1);
  assert_null (hn_rtp_repeat_came (self, forged, sizeof forged, &length));
  hn_rtp_repeat_passed (self, forged, PLAIN_BYTES);
  hn_rtp_repeat_passed (self, forged, PLAIN_BYTES - 1); /* once is enough */
  assert_non_null (hn_rtp_repeat_came (self, forged, sizeof forged, &length));
  assert_int_equal (length, PLAIN_BYTES);
}

static void
what_is_no_packet_of_sound_is_not_remembered (void **unused)
{
  g_autoptr (HnRtpRepeat) self = hn_rtp_repeat_new ();
  guint8 bytes[1501] = { 0x80, 111 };
  gsize length = 0;

  for (guint i = 0; i < 2; i++) {
    assert_null (hn_rtp_repeat_came (self, bytes, sizeof bytes, &length));
    hn_rtp_repeat_passed (self, bytes, 20);
    assert_null (hn_rtp_repeat_came (self, bytes, 11, &length));
    hn_rtp_repeat_passed (self, bytes, 11);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_packet_that_comes_again_is_repeated_once),
    cmocka_unit_test (a_repetition_may_come_later_but_not_much),
    cmocka_unit_test (a_packet_with_one_other_bit_is_another_one),
    cmocka_unit_test (what_was_not_found_authentic_is_not_repeated),
    cmocka_unit_test (what_is_no_packet_of_sound_is_not_remembered),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
