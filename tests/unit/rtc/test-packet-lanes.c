/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/packet-lanes.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/unit.h"

static HnPacketLane *
take (HnPacketLanes *lanes)
{
  g_autoptr (GError) error = NULL;
  HnPacketLane *lane = hn_packet_lanes_take (lanes, &error);

  assert_null (error);
  assert_non_null (lane);
  return lane;
}

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
  HnPacketLane *first = take (lanes);
  HnPacketLane *other;

  for (guint i = 1; i < HN_PACKET_LANE_SHARED; i++)
    assert_ptr_equal (take (lanes), first);
  other = take (lanes);
  assert_ptr_not_equal (other, first);
  hn_packet_lanes_give_back (lanes, first);
  assert_ptr_equal (take (lanes), first);
  for (guint i = 0; i < HN_PACKET_LANE_SHARED; i++)
    hn_packet_lanes_give_back (lanes, first);
  hn_packet_lanes_give_back (lanes, other);
}

static void
what_is_called_runs_on_the_lane_s_own_thread (void **state)
{
  g_autoptr (HnPacketLanes) lanes = hn_packet_lanes_new ();
  HnPacketLane *lane = take (lanes);
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
    HnPacketLane *lane = take (lanes);

    hn_packet_lane_call (lane, mark, &marks);
    hn_packet_lanes_give_back (lanes, lane);
  }
  assert_int_equal (marks, 100);
}

/* One end is watched; whatever is written into the other is taken by the lane. */
typedef struct {
  HnPacketLane *lane;
  HnPacketWatch *watch;
  int ends[2];
  GAsyncQueue *taken; /* of g_strdup()ed texts */
  GError *error;
} Pair;

static void
take_text (gpointer data)
{
  Pair *pair = data;
  char text[16] = "";
  gssize n = recv (pair->ends[0], text, sizeof text - 1, MSG_DONTWAIT);

  g_async_queue_push (pair->taken, n >= 0 ? g_strndup (text, (gsize) n) : g_strdup ("nothing"));
}

static void
watch (gpointer data)
{
  Pair *pair = data;

  pair->watch = hn_packet_lane_watch (pair->lane, pair->ends[0], take_text, pair, &pair->error);
}

static void
unwatch (gpointer data)
{
  Pair *pair = data;

  hn_packet_lane_unwatch (pair->lane, pair->watch);
}

static void
pair_init (Pair *pair, HnPacketLane *lane)
{
  *pair = (Pair){ .lane = lane, .taken = g_async_queue_new_full (g_free) };
  assert_int_equal (socketpair (AF_UNIX, SOCK_DGRAM, 0, pair->ends), 0);
  hn_packet_lane_call (lane, watch, pair);
}

static void
pair_clear (Pair *pair)
{
  close (pair->ends[0]);
  close (pair->ends[1]);
  g_async_queue_unref (pair->taken);
}

static void
assert_taken (Pair *pair, const char *text)
{
  g_autofree char *taken = NULL;

  assert_int_equal (send (pair->ends[1], text, strlen (text), 0), (gssize) strlen (text));
  taken = g_async_queue_timeout_pop (pair->taken, 10 * G_USEC_PER_SEC);
  assert_string_equal (taken, text);
}

static void
what_is_watched_is_called_for_each_that_comes (void **state)
{
  g_autoptr (HnPacketLanes) lanes = hn_packet_lanes_new ();
  HnPacketLane *lane = take (lanes);
  Pair pairs[2];

  for (guint i = 0; i < 2; i++)
    pair_init (&pairs[i], lane);
  for (guint i = 0; i < 2; i++)
    assert_non_null (pairs[i].watch);
  assert_taken (&pairs[0], "one");
  assert_taken (&pairs[1], "two");
  assert_taken (&pairs[0], "three");
  for (guint i = 0; i < 2; i++) {
    hn_packet_lane_call (lane, unwatch, &pairs[i]);
    pair_clear (&pairs[i]);
  }
  hn_packet_lanes_give_back (lanes, lane);
}

/* The other's packet is there to see that the lane goes on, and has looked. */
static void
what_is_watched_no_more_is_left_where_it_is (void **state)
{
  g_autoptr (HnPacketLanes) lanes = hn_packet_lanes_new ();
  HnPacketLane *lane = take (lanes);
  Pair gone, stays;

  pair_init (&gone, lane);
  pair_init (&stays, lane);
  hn_packet_lane_call (lane, unwatch, &gone);
  assert_int_equal (send (gone.ends[1], "late", 4, 0), 4);
  assert_taken (&stays, "on time");
  assert_null (g_async_queue_try_pop (gone.taken));
  hn_packet_lane_call (lane, unwatch, &stays);
  pair_clear (&gone);
  pair_clear (&stays);
  hn_packet_lanes_give_back (lanes, lane);
}

static void
what_cannot_be_watched_is_said (void **state)
{
  g_autoptr (HnPacketLanes) lanes = hn_packet_lanes_new ();
  HnPacketLane *lane = take (lanes);
  Pair pair = { .lane = lane, .ends = { -1, -1 } };

  hn_packet_lane_call (lane, watch, &pair);
  assert_null (pair.watch);
  assert_string_equal (pair.error->message, "a microphone's socket cannot be watched: Bad file descriptor");
  g_clear_error (&pair.error);
  hn_packet_lanes_give_back (lanes, lane);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_lane_is_shared_until_it_is_full),
    cmocka_unit_test (what_is_called_runs_on_the_lane_s_own_thread),
    cmocka_unit_test (a_lane_ends_with_its_last_taker),
    cmocka_unit_test (what_is_watched_is_called_for_each_that_comes),
    cmocka_unit_test (what_is_watched_no_more_is_left_where_it_is),
    cmocka_unit_test (what_cannot_be_watched_is_said),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
