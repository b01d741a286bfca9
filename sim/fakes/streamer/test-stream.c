/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/streamer/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
the_media_is_offered_when_the_peer_is_up_and_sunshine_has_launched (void **unused)
{
  g_autoptr (SimStream) stream = sim_stream_new ();

  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_PEER_UP, 0), SIM_STREAM_DO_NOTHING);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_LAUNCH_OK, 1), SIM_STREAM_DO_OFFER);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_ANSWERED, 2), SIM_STREAM_DO_COMPLETE);
  assert_int_equal (sim_stream_state (stream), SIM_STREAM_STREAMING);
}

static void
a_launch_that_comes_first_waits_for_the_peer (void **unused)
{
  g_autoptr (SimStream) stream = sim_stream_new ();

  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_LAUNCH_OK, 0), SIM_STREAM_DO_NOTHING);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_PEER_UP, 1), SIM_STREAM_DO_OFFER);
}

static void
the_media_is_offered_once (void **unused)
{
  g_autoptr (SimStream) stream = sim_stream_new ();

  sim_stream_handle (stream, SIM_STREAM_PEER_UP, 0);
  sim_stream_handle (stream, SIM_STREAM_LAUNCH_OK, 1);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_LAUNCH_OK, 2), SIM_STREAM_DO_NOTHING);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_PEER_UP, 3), SIM_STREAM_DO_NOTHING);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_ANSWERED, 4), SIM_STREAM_DO_COMPLETE);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_ANSWERED, 5), SIM_STREAM_DO_NOTHING);
}

static void
an_answer_without_an_offer_does_nothing (void **unused)
{
  g_autoptr (SimStream) stream = sim_stream_new ();

  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_ANSWERED, 0), SIM_STREAM_DO_NOTHING);
  assert_int_equal (sim_stream_state (stream), SIM_STREAM_NEGOTIATING);
}

static void
a_lost_peer_ends_the_stream_after_twenty_seconds (void **unused)
{
  g_autoptr (SimStream) stream = sim_stream_new ();

  sim_stream_handle (stream, SIM_STREAM_PEER_UP, 0);
  assert_int_equal (sim_stream_deadline (stream), -1);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_PEER_LOST, 5), SIM_STREAM_DO_NOTHING);
  assert_int_equal (sim_stream_deadline (stream), 5 + SIM_STREAM_LOST_US);
  sim_stream_handle (stream, SIM_STREAM_PEER_LOST, 1000);
  assert_int_equal (sim_stream_deadline (stream), 5 + SIM_STREAM_LOST_US);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_TIME_UP, 4 + SIM_STREAM_LOST_US), SIM_STREAM_DO_NOTHING);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_TIME_UP, 5 + SIM_STREAM_LOST_US), SIM_STREAM_DO_STOP);
  assert_int_equal (sim_stream_deadline (stream), -1);
}

static void
a_peer_that_comes_back_cancels_the_deadline (void **unused)
{
  g_autoptr (SimStream) stream = sim_stream_new ();

  sim_stream_handle (stream, SIM_STREAM_PEER_LOST, 5);
  sim_stream_handle (stream, SIM_STREAM_PEER_UP, 6);
  assert_int_equal (sim_stream_deadline (stream), -1);
  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_TIME_UP, 5 + SIM_STREAM_LOST_US), SIM_STREAM_DO_NOTHING);
}

static void
a_stop_ends_the_stream_once_and_for_all (void **unused)
{
  g_autoptr (SimStream) stream = sim_stream_new ();

  assert_int_equal (sim_stream_handle (stream, SIM_STREAM_STOP, 0), SIM_STREAM_DO_STOP);
  for (int event = SIM_STREAM_PEER_UP; event <= SIM_STREAM_TIME_UP; event++)
    assert_int_equal (sim_stream_handle (stream, (SimStreamEvent)event, G_MAXINT64), SIM_STREAM_DO_NOTHING);
  assert_int_equal (sim_stream_state (stream), SIM_STREAM_ENDED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_media_is_offered_when_the_peer_is_up_and_sunshine_has_launched),
    cmocka_unit_test (a_launch_that_comes_first_waits_for_the_peer),
    cmocka_unit_test (the_media_is_offered_once),
    cmocka_unit_test (an_answer_without_an_offer_does_nothing),
    cmocka_unit_test (a_lost_peer_ends_the_stream_after_twenty_seconds),
    cmocka_unit_test (a_peer_that_comes_back_cancels_the_deadline),
    cmocka_unit_test (a_stop_ends_the_stream_once_and_for_all),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
