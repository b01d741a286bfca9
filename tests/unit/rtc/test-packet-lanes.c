/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/packet-lanes.h"

#include "tests/support/unit.h"

static void
note_thread (gpointer ret_thread)
{
  *(GThread **) ret_thread = g_thread_self ();
}

static GThread *
thread_of (HnPacketLane *lane)
{
  GThread *thread = NULL;

  hn_packet_lane_call (lane, note_thread, &thread);
  return thread;
}

static void
a_lane_is_shared_until_it_is_full (void **state)
{
  g_autoptr (HnPacketLanes) lanes = hn_packet_lanes_new ();
  HnPacketLane *first = hn_packet_lanes_take (lanes);
  HnPacketLane *other;

  for (guint i = 1; i < HN_PACKET_LANE_SHARED; i++)
    assert_ptr_equal (hn_packet_lanes_take (lanes), first);
  other = hn_packet_lanes_take (lanes);
  assert_ptr_not_equal (other, first);
  hn_packet_lanes_give_back (lanes, first);
  assert_ptr_equal (hn_packet_lanes_take (lanes), first);
  for (guint i = 0; i < HN_PACKET_LANE_SHARED; i++)
    hn_packet_lanes_give_back (lanes, first);
  hn_packet_lanes_give_back (lanes, other);
}

static void
what_is_called_runs_on_the_lane_s_own_thread (void **state)
{
  g_autoptr (HnPacketLanes) lanes = hn_packet_lanes_new ();
  HnPacketLane *lane = hn_packet_lanes_take (lanes);
  GThread *thread = thread_of (lane);

  assert_non_null (thread);
  assert_ptr_not_equal (thread, g_thread_self ());
  assert_ptr_equal (thread_of (lane), thread);
  hn_packet_lanes_give_back (lanes, lane);
}

static void
mark (gpointer data)
{
  g_atomic_int_inc ((int *) data);
}

/* A hundred lives: the sanitizer sees each thread joined and each context freed. */
static void
a_lane_ends_with_its_last_taker (void **state)
{
  g_autoptr (HnPacketLanes) lanes = hn_packet_lanes_new ();
  int marks = 0;

  for (guint i = 0; i < 100; i++) {
    HnPacketLane *lane = hn_packet_lanes_take (lanes);

    hn_packet_lane_call (lane, mark, &marks);
    hn_packet_lanes_give_back (lanes, lane);
  }
  assert_int_equal (marks, 100);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_lane_is_shared_until_it_is_full),
    cmocka_unit_test (what_is_called_runs_on_the_lane_s_own_thread),
    cmocka_unit_test (a_lane_ends_with_its_last_taker),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
