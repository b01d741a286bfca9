/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/unit.h"

#include <string.h>

#include "net/ws-queue.h"

static void
push (HnWsQueue *queue, const char *text, gboolean first)
{
  g_autoptr (HnWsMessage) message = hn_ws_message_new (text, strlen (text));

  if (first)
    hn_ws_queue_push_first (queue, message);
  else
    hn_ws_queue_push (queue, message);
}

/* All that waits, headers (two bytes each) as `#`. */
static char *
look (const HnWsQueue *queue)
{
  GString *text = g_string_new (NULL);
  struct iovec parts[64];
  guint n = hn_ws_queue_peek (queue, parts, G_N_ELEMENTS (parts));
  gsize total = 0;

  for (guint i = 0; i < n; i++) {
    for (gsize k = 0; k < parts[i].iov_len; k++) {
      char byte = ((const char *) parts[i].iov_base)[k];

      g_string_append_c (text, g_ascii_isalpha (byte) ? byte : '#');
    }
    total += parts[i].iov_len;
  }
  assert_int_equal (total, queue->bytes);
  return g_string_free (text, FALSE);
}

static void
expect (const HnWsQueue *queue, const char *expected)
{
  g_autofree char *text = look (queue);

  assert_string_equal (text, expected);
}

static void
frames_leave_in_their_order_however_much_is_taken (void **unused)
{
  for (gsize step = 1; step < 12; step++) {
    g_autoptr (GString) left = g_string_new ("##one##two##three");
    HnWsQueue queue = { 0 };

    push (&queue, "one", FALSE);
    push (&queue, "two", FALSE);
    push (&queue, "three", FALSE);
    while (queue.bytes > 0) {
      gsize n = MIN (step, queue.bytes);

      expect (&queue, left->str);
      hn_ws_queue_take (&queue, n);
      g_string_erase (left, 0, (gssize) n);
    }
    assert_string_equal (left->str, "");
    assert_null (queue.slots);
  }
}

static void
what_is_urgent_goes_behind_what_has_begun (void **unused)
{
  HnWsQueue queue = { 0 };

  push (&queue, "a", TRUE);
  push (&queue, "b", FALSE);
  push (&queue, "first", TRUE);
  expect (&queue, "##first##a##b");
  hn_ws_queue_take (&queue, 1);
  push (&queue, "second", TRUE);
  expect (&queue, "#first##second##a##b");
  hn_ws_queue_clear (&queue);
  assert_int_equal (queue.bytes, 0);
}

static void
dropping_leaves_what_has_begun (void **unused)
{
  HnWsQueue queue = { 0 };

  push (&queue, "begun", FALSE);
  push (&queue, "more", FALSE);
  push (&queue, "still", FALSE);
  hn_ws_queue_take (&queue, 3);
  hn_ws_queue_drop (&queue);
  expect (&queue, "egun");
  push (&queue, "last", FALSE);
  expect (&queue, "egun##last");
  hn_ws_queue_take (&queue, 4);
  hn_ws_queue_drop (&queue);
  assert_null (queue.slots);
  assert_int_equal (queue.bytes, 0);
}

static void
a_queue_that_never_empties_does_not_grow_without_end (void **unused)
{
  HnWsQueue queue = { 0 };

  for (int i = 0; i < 5; i++)
    push (&queue, "x", FALSE);
  for (int i = 0; i < 1000; i++) {
    push (&queue, "y", FALSE);
    hn_ws_queue_take (&queue, 3);
  }
  expect (&queue, "##y##y##y##y##y");
  assert_true (queue.size <= 16);
  hn_ws_queue_clear (&queue);
}

static void
a_look_is_as_wide_as_it_is_asked_for (void **unused)
{
  HnWsQueue queue = { 0 };
  struct iovec parts[2];

  assert_int_equal (hn_ws_queue_peek (&queue, parts, 2), 0);
  for (int i = 0; i < 3; i++)
    push (&queue, "x", FALSE);
  assert_int_equal (hn_ws_queue_peek (&queue, parts, 2), 2);
  hn_ws_queue_clear (&queue);
}

/* ---- messages ---- */

static void
a_message_is_shared (void **unused)
{
  HnWsMessage *message = hn_ws_message_new ("hello", 5);
  HnWsQueue one = { 0 }, two = { 0 };
  struct iovec parts[2];

  hn_ws_queue_push (&one, message);
  hn_ws_queue_push (&two, message);
  hn_ws_message_unref (message);
  hn_ws_queue_peek (&one, parts, 1);
  hn_ws_queue_peek (&two, parts + 1, 1);
  assert_ptr_equal (parts[0].iov_base, parts[1].iov_base);
  hn_ws_queue_clear (&one);
  expect (&two, "##hello");
  hn_ws_queue_clear (&two);
}

static void
pieces_become_one_frame (void **unused)
{
  const HnSlice parts[] = { { "hel", 3 }, { NULL, 0 }, { "l", 1 }, { "o", 1 } };
  g_autoptr (HnWsMessage) pieced = hn_ws_message_new_parts (parts, G_N_ELEMENTS (parts));
  g_autoptr (HnWsMessage) whole = hn_ws_message_new ("hello", 5);
  HnSlice a = hn_ws_message_get_frame (pieced), b = hn_ws_message_get_frame (whole);

  assert_int_equal (a.length, 7);
  assert_int_equal (a.length, b.length);
  assert_memory_equal (a.text, b.text, a.length);
  assert_true (hn_slice_equal (hn_ws_message_get_text (pieced), "hello"));
}

static void
a_clients_frame_is_masked (void **unused)
{
  static const guint8 mask[] = { 0, 1, 2, 3 };
  g_autoptr (HnWsMessage) message = hn_ws_message_new_frame (HN_WS_PING, hn_slice_of ("aaaa"), mask);
  HnSlice frame = hn_ws_message_get_frame (message);

  assert_int_equal (frame.length, 10);
  assert_memory_equal (frame.text, "\x89\x84\x00\x01\x02\x03" "a`cb", 10);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (frames_leave_in_their_order_however_much_is_taken),
    cmocka_unit_test (what_is_urgent_goes_behind_what_has_begun),
    cmocka_unit_test (dropping_leaves_what_has_begun),
    cmocka_unit_test (a_queue_that_never_empties_does_not_grow_without_end),
    cmocka_unit_test (a_look_is_as_wide_as_it_is_asked_for),
    cmocka_unit_test (a_message_is_shared),
    cmocka_unit_test (pieces_become_one_frame),
    cmocka_unit_test (a_clients_frame_is_masked),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
