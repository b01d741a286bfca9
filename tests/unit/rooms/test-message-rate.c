/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/message-rate.h"

#include "tests/support/unit.h"

#define T0 (1000 * (gint64) G_USEC_PER_SEC)
#define AT(milliseconds) (T0 + (milliseconds) * (gint64) 1000)

static const HnMessageRateRules rules = { .per_second = 100, .burst = 1500, .patience_us = 2000000 };
static const HnMessageRateRules small = { .per_second = 2, .burst = 4, .patience_us = 5000000 };

static void
a_mesh_of_fifty_negotiates_undisturbed (void **unused)
{
  HnMessageRate self = { 0 };
  guint retry;

  for (guint i = 0; i < 49 * (1 + 20); i++)
    assert_int_equal (hn_message_rate_take (&self, &rules, 900, T0, &retry), HN_MESSAGE_RATE_PASS);
}

static void
an_empty_bucket_is_told_once_a_second (void **unused)
{
  HnMessageRate self = { 0 };
  guint retry = 0;

  for (guint i = 0; i < 4; i++)
    assert_int_equal (hn_message_rate_take (&self, &small, 10, T0, &retry), HN_MESSAGE_RATE_PASS);
  assert_int_equal (hn_message_rate_take (&self, &small, 10, T0, &retry), HN_MESSAGE_RATE_TELL);
  assert_int_equal (retry, 1);
  assert_int_equal (hn_message_rate_take (&self, &small, 10, AT (100), &retry), HN_MESSAGE_RATE_DROP);
  assert_int_equal (hn_message_rate_take (&self, &small, 10, AT (600), &retry), HN_MESSAGE_RATE_PASS);
  assert_int_equal (hn_message_rate_take (&self, &small, 10, AT (700), &retry), HN_MESSAGE_RATE_DROP);
  assert_int_equal (hn_message_rate_take (&self, &small, 10, AT (1001), &retry), HN_MESSAGE_RATE_PASS);
  assert_int_equal (hn_message_rate_take (&self, &small, 10, AT (1002), &retry), HN_MESSAGE_RATE_TELL);
}

static void
who_does_not_listen_is_ended (void **unused)
{
  HnMessageRate self = { 0 };
  HnMessageRateVerdict verdict = HN_MESSAGE_RATE_PASS;
  guint passed = 0, told = 0, dropped = 0, retry;

  for (guint i = 0; verdict != HN_MESSAGE_RATE_END && i < 100000; i++) {
    verdict = hn_message_rate_take (&self, &rules, 10, T0 + i * (gint64) 100, &retry); /* 10,000 a second */
    passed += verdict == HN_MESSAGE_RATE_PASS ? 1 : 0;
    told += verdict == HN_MESSAGE_RATE_TELL ? 1 : 0;
    dropped += verdict == HN_MESSAGE_RATE_DROP ? 1 : 0;
  }
  assert_in_range (passed, 1710, 1730); /* the spell begins after some 0.15 s */
  assert_int_equal (told, 2);
  assert_in_range (dropped, 19700, 19850);
}

static void
who_waits_begins_anew (void **unused)
{
  HnMessageRate self = { 0 };
  guint retry;

  for (guint round = 0; round < 10; round++) {
    for (guint i = 0; i < 4; i++)
      assert_int_equal (hn_message_rate_take (&self, &small, 10, AT (round * 3000), &retry), HN_MESSAGE_RATE_PASS);
    assert_int_equal (hn_message_rate_take (&self, &small, 10, AT (round * 3000), &retry), HN_MESSAGE_RATE_TELL);
    assert_int_equal (hn_message_rate_take (&self, &small, 10, AT (round * 3000), &retry), HN_MESSAGE_RATE_DROP);
  }
}

static void
large_messages_count_more (void **unused)
{
  HnMessageRate self = { 0 };
  guint retry = 0;

  assert_int_equal (hn_message_rate_take (&self, &small, 16384, T0, &retry), HN_MESSAGE_RATE_PASS);
  assert_int_equal (hn_message_rate_take (&self, &small, 32768, T0, &retry), HN_MESSAGE_RATE_TELL);
  assert_int_equal (retry, 1);
  assert_int_equal (hn_message_rate_take (&self, &small, 10, T0, &retry), HN_MESSAGE_RATE_PASS);
  assert_int_equal (hn_message_rate_take (&self, &small, 10, T0, &retry), HN_MESSAGE_RATE_PASS);
  self = (HnMessageRate){ 0 };
  assert_int_equal (hn_message_rate_take (&self, &small, 10485760, T0, &retry), HN_MESSAGE_RATE_PASS);
  assert_int_equal (hn_message_rate_take (&self, &small, 65536, T0, &retry), HN_MESSAGE_RATE_TELL);
  assert_int_equal (retry, 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_mesh_of_fifty_negotiates_undisturbed),
    cmocka_unit_test (an_empty_bucket_is_told_once_a_second),
    cmocka_unit_test (who_does_not_listen_is_ended),
    cmocka_unit_test (who_waits_begins_anew),
    cmocka_unit_test (large_messages_count_more),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
