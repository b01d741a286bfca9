/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/rtp-meter.h"

#include "tests/support/unit.h"

#define MS G_GINT64_CONSTANT (1000)

static gboolean
take (HnRtpMeter *self, guint16 sequence, guint32 timestamp, gint64 now_us)
{
  HnRtpPacket packet = { .sequence = sequence, .timestamp = timestamp, .ssrc = 7, .payload_bytes = 10 };

  return hn_rtp_meter_packet (self, &packet, 48000, 500, now_us);
}

static void
an_even_stream_has_neither_loss_nor_jitter (void **unused)
{
  HnRtpMeter self = { 0 };

  for (guint i = 0; i < 200; i++)
    assert_true (take (&self, (guint16) (65500 + i), 4294960000u + 960 * i, 20 * MS * i));
  assert_int_equal (self.packets, 200);
  assert_int_equal (self.bytes, 2000);
  assert_int_equal (self.streams, 1);
  assert_int_equal (self.late, 0);
  assert_int_equal (hn_rtp_meter_lost (&self), 0);
  assert_int_equal (self.jitter_16ths >> 4, 0);
  assert_int_equal (self.last_us, 20 * MS * 199);
}

static void
a_gap_is_a_loss_until_the_late_packet_comes (void **unused)
{
  HnRtpMeter self = { 0 };

  take (&self, 10, 0, 0);
  take (&self, 13, 2880, 60 * MS);
  assert_int_equal (hn_rtp_meter_lost (&self), 2);
  take (&self, 11, 960, 61 * MS);
  assert_int_equal (hn_rtp_meter_lost (&self), 1);
  assert_int_equal (self.late, 1);
  assert_int_equal (self.sequence, 13);
}

static void
a_doubled_packet_never_makes_loss_negative (void **unused)
{
  HnRtpMeter self = { 0 };

  take (&self, 1, 0, 0);
  take (&self, 1, 0, 1);
  take (&self, 1, 0, 2);
  assert_int_equal (self.late, 2);
  assert_int_equal (hn_rtp_meter_lost (&self), 0);
}

static void
a_new_ssrc_begins_anew_and_keeps_what_was_lost (void **unused)
{
  HnRtpMeter self = { 0 };
  HnRtpPacket other = { .sequence = 9000, .ssrc = 8, .payload_bytes = 1 };

  take (&self, 1, 0, 0);
  take (&self, 4, 0, 1);
  assert_true (hn_rtp_meter_packet (&self, &other, 48000, 500, 2));
  assert_int_equal (self.streams, 2);
  assert_int_equal (hn_rtp_meter_lost (&self), 2);
  assert_int_equal (self.sequence, 9000);
}

static void
uneven_arrival_is_jitter (void **unused)
{
  HnRtpMeter self = { 0 };

  for (guint i = 0; i < 500; i++)
    take (&self, (guint16) i, 960 * i, 20 * MS * i + (i % 2) * 5 * MS);
  /* 5 ms are 240 units; the estimate has come near */
  assert_in_range (self.jitter_16ths >> 4, 230, 245);
}

static void
a_jump_of_the_timestamp_does_not_overflow (void **unused)
{
  HnRtpMeter self = { 0 };

  take (&self, 1, 0, 0);
  take (&self, 2, 0x80000000u, 1);
  take (&self, 3, 0, G_MAXINT64 / 100000);
  assert_in_range (self.jitter_16ths >> 4, 1, G_MAXINT16);
}

static void
more_than_allowed_in_a_second_is_refused_and_time_allows_again (void **unused)
{
  HnRtpMeter self = { 0 };
  guint taken = 0;

  for (guint i = 0; i < 2000; i++)
    taken += take (&self, (guint16) i, 0, 0) ? 1 : 0;
  assert_int_equal (taken, 500);
  assert_int_equal (self.refused, 1500);
  assert_int_equal (self.packets, 500);
  assert_false (take (&self, 1, 0, 1 * MS));
  assert_true (take (&self, 1, 0, 3 * MS));
  assert_false (take (&self, 1, 0, 3 * MS));
}

static void
time_that_goes_back_gives_no_allowance (void **unused)
{
  HnRtpMeter self = { 0 };

  for (guint i = 0; i < 500; i++)
    take (&self, (guint16) i, 0, 1000 * MS);
  assert_false (take (&self, 1, 0, 0));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_even_stream_has_neither_loss_nor_jitter),
    cmocka_unit_test (a_gap_is_a_loss_until_the_late_packet_comes),
    cmocka_unit_test (a_doubled_packet_never_makes_loss_negative),
    cmocka_unit_test (a_new_ssrc_begins_anew_and_keeps_what_was_lost),
    cmocka_unit_test (uneven_arrival_is_jitter),
    cmocka_unit_test (a_jump_of_the_timestamp_does_not_overflow),
    cmocka_unit_test (more_than_allowed_in_a_second_is_refused_and_time_allows_again),
    cmocka_unit_test (time_that_goes_back_gives_no_allowance),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
