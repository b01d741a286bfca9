/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/mic.h"

#include "base/clock.h"
#include "base/limits.h"
#include "tests/support/unit.h"

#define S G_GINT64_CONSTANT (1000000)

static HnMic *
new_mic (void)
{
  return hn_mic_new (10 * S, 5 * S);
}

static HnMic *
live_mic (gint64 now_us)
{
  HnMic *self = new_mic ();

  hn_mic_handle (self, HN_MIC_OFFERED, now_us);
  hn_mic_handle (self, HN_MIC_ANSWERED, now_us);
  hn_mic_handle (self, HN_MIC_CONNECTED, now_us);
  return self;
}

static void
an_offer_is_answered_and_becomes_live (void **unused)
{
  g_autoptr (HnMic) self = new_mic ();

  assert_int_equal (hn_mic_get_state (self), HN_MIC_OFF);
  assert_int_equal (hn_mic_deadline (self), HN_NEVER);
  assert_int_equal (hn_mic_handle (self, HN_MIC_OFFERED, 0), HN_MIC_DO_START);
  assert_int_equal (hn_mic_get_number (self), 1);
  assert_int_equal (hn_mic_handle (self, HN_MIC_ANSWERED, 1), HN_MIC_DO_REPLY);
  assert_int_equal (hn_mic_handle (self, HN_MIC_CONNECTED, 2), HN_MIC_DO_NOTHING);
  assert_int_equal (hn_mic_get_state (self), HN_MIC_LIVE);
  assert_int_equal (hn_mic_get_end (self), HN_MIC_END_NONE);
}

static void
a_second_offer_replaces_the_first_in_every_state (void **unused)
{
  g_autoptr (HnMic) self = new_mic ();

  hn_mic_handle (self, HN_MIC_OFFERED, 0);
  /* the first one still waits: it must be told */
  assert_int_equal (hn_mic_handle (self, HN_MIC_OFFERED, 1), HN_MIC_DO_REPLY_ERROR | HN_MIC_DO_STOP | HN_MIC_DO_START);
  assert_int_equal (hn_mic_get_end (self), HN_MIC_END_REPLACED);
  hn_mic_handle (self, HN_MIC_ANSWERED, 2);
  assert_int_equal (hn_mic_handle (self, HN_MIC_OFFERED, 3), HN_MIC_DO_STOP | HN_MIC_DO_START);
  hn_mic_handle (self, HN_MIC_ANSWERED, 4);
  hn_mic_handle (self, HN_MIC_CONNECTED, 5);
  assert_int_equal (hn_mic_handle (self, HN_MIC_OFFERED, 6), HN_MIC_DO_STOP | HN_MIC_DO_START);
  assert_int_equal (hn_mic_get_state (self), HN_MIC_ANSWERING);
  assert_int_equal (hn_mic_get_number (self), 4);
}

static void
an_answer_that_takes_too_long_is_an_error (void **unused)
{
  g_autoptr (HnMic) self = new_mic ();

  hn_mic_handle (self, HN_MIC_OFFERED, 100);
  assert_int_equal (hn_mic_deadline (self), 100 + 5 * S);
  assert_int_equal (hn_mic_handle (self, HN_MIC_TIME_UP, 100 + 5 * S), HN_MIC_DO_REPLY_ERROR | HN_MIC_DO_STOP);
  assert_int_equal (hn_mic_get_end (self), HN_MIC_END_NO_ANSWER);
  assert_int_equal (hn_mic_deadline (self), HN_NEVER);
}

static void
a_browser_that_never_connects_is_given_up (void **unused)
{
  g_autoptr (HnMic) self = new_mic ();

  hn_mic_handle (self, HN_MIC_OFFERED, 0);
  hn_mic_handle (self, HN_MIC_ANSWERED, 1 * S);
  assert_int_equal (hn_mic_deadline (self), 11 * S);
  assert_int_equal (hn_mic_handle (self, HN_MIC_TIME_UP, 11 * S), HN_MIC_DO_STOP);
  assert_int_equal (hn_mic_get_end (self), HN_MIC_END_NO_CONNECTION);
}

static void
each_packet_puts_the_end_by_silence_off (void **unused)
{
  g_autoptr (HnMic) self = live_mic (0);

  assert_int_equal (hn_mic_deadline (self), 10 * S);
  hn_mic_heard (self, 9 * S);
  assert_int_equal (hn_mic_deadline (self), 19 * S);
  hn_mic_heard (self, 8 * S);
  assert_int_equal (hn_mic_deadline (self), 19 * S);
  assert_int_equal (hn_mic_handle (self, HN_MIC_TIME_UP, 19 * S), HN_MIC_DO_STOP);
  assert_int_equal (hn_mic_get_end (self), HN_MIC_END_SILENT);
}

static void
a_new_receiver_does_not_inherit_what_the_old_one_heard (void **unused)
{
  g_autoptr (HnMic) self = live_mic (0);

  hn_mic_heard (self, 100 * S);
  hn_mic_handle (self, HN_MIC_OFFERED, 1 * S);
  hn_mic_handle (self, HN_MIC_ANSWERED, 1 * S);
  assert_int_equal (hn_mic_deadline (self), 11 * S);
}

static void
every_end_is_told_by_its_reason (void **unused)
{
  static const struct {
    HnMicHappening happening;
    HnMicEnd waiting; /* while an offer waits */
    HnMicEnd connecting;
    HnMicEnd live;
  } ends[] = {
    { HN_MIC_CLOSED, HN_MIC_END_FAILED, HN_MIC_END_NO_CONNECTION, HN_MIC_END_LOST },
    { HN_MIC_STOP_ASKED, HN_MIC_END_STOPPED, HN_MIC_END_STOPPED, HN_MIC_END_STOPPED },
    { HN_MIC_SESSION_ENDED, HN_MIC_END_SESSION_ENDED, HN_MIC_END_SESSION_ENDED, HN_MIC_END_SESSION_ENDED },
    { HN_MIC_TIME_UP, HN_MIC_END_NO_ANSWER, HN_MIC_END_NO_CONNECTION, HN_MIC_END_SILENT },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autoptr (HnMic) waiting = new_mic ();
    g_autoptr (HnMic) connecting = new_mic ();
    g_autoptr (HnMic) live = live_mic (0);

    hn_mic_handle (waiting, HN_MIC_OFFERED, 0);
    assert_int_equal (hn_mic_handle (waiting, ends[i].happening, 1), HN_MIC_DO_REPLY_ERROR | HN_MIC_DO_STOP);
    assert_int_equal (hn_mic_get_end (waiting), ends[i].waiting);
    hn_mic_handle (connecting, HN_MIC_OFFERED, 0);
    hn_mic_handle (connecting, HN_MIC_ANSWERED, 0);
    assert_int_equal (hn_mic_handle (connecting, ends[i].happening, 1), HN_MIC_DO_STOP);
    assert_int_equal (hn_mic_get_end (connecting), ends[i].connecting);
    assert_int_equal (hn_mic_handle (live, ends[i].happening, 1), HN_MIC_DO_STOP);
    assert_int_equal (hn_mic_get_end (live), ends[i].live);
    assert_int_equal (hn_mic_get_state (live), HN_MIC_OFF);
  }
}

static void
what_is_off_stays_off_whatever_comes_late (void **unused)
{
  g_autoptr (HnMic) self = new_mic ();

  for (int happening = HN_MIC_ANSWERED; happening <= HN_MIC_TIME_UP; happening++) {
    assert_int_equal (hn_mic_handle (self, (HnMicHappening) happening, 0), HN_MIC_DO_NOTHING);
    assert_int_equal (hn_mic_get_state (self), HN_MIC_OFF);
  }
}

static void
one_session_may_offer_so_often_and_then_must_wait (void **unused)
{
  g_autoptr (HnMic) self = new_mic ();
  gint64 retry_us = 0;

  for (int i = 0; i < HN_LIMIT_MIC_OFFERS; i++)
    assert_true (hn_mic_allow_offer (self, i * S, &retry_us));
  assert_int_equal (retry_us, 0);
  assert_false (hn_mic_allow_offer (self, 7 * S, &retry_us));
  assert_int_equal (retry_us, (HN_LIMIT_MIC_OFFERS_SECONDS - 7) * S);
  assert_true (hn_mic_allow_offer (self, HN_LIMIT_MIC_OFFERS_SECONDS * S, &retry_us));
  assert_false (hn_mic_allow_offer (self, HN_LIMIT_MIC_OFFERS_SECONDS * S, &retry_us));
  assert_int_equal (retry_us, 1 * S);
}

static void
every_state_and_reason_has_a_name (void **unused)
{
  for (int state = HN_MIC_OFF; state <= HN_MIC_LIVE; state++)
    assert_non_null (hn_mic_state_to_text ((HnMicState) state));
  for (int end = HN_MIC_END_NONE; end <= HN_MIC_END_SILENT; end++)
    assert_non_null (hn_mic_end_to_text ((HnMicEnd) end));
  assert_string_equal (hn_mic_state_to_text (HN_MIC_LIVE), "live");
  assert_string_equal (hn_mic_end_to_text (HN_MIC_END_SILENT), "silent");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_offer_is_answered_and_becomes_live),
    cmocka_unit_test (a_second_offer_replaces_the_first_in_every_state),
    cmocka_unit_test (an_answer_that_takes_too_long_is_an_error),
    cmocka_unit_test (a_browser_that_never_connects_is_given_up),
    cmocka_unit_test (each_packet_puts_the_end_by_silence_off),
    cmocka_unit_test (a_new_receiver_does_not_inherit_what_the_old_one_heard),
    cmocka_unit_test (every_end_is_told_by_its_reason),
    cmocka_unit_test (what_is_off_stays_off_whatever_comes_late),
    cmocka_unit_test (one_session_may_offer_so_often_and_then_must_wait),
    cmocka_unit_test (every_state_and_reason_has_a_name),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
