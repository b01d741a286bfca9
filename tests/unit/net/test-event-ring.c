/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/event-ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"

static char *
read_all (const HnEventRing *ring, guint64 *place)
{
  GString *out = g_string_new (NULL);

  assert_true (hn_event_ring_read (ring, place, G_MAXINT, out));
  return g_string_free (out, FALSE);
}

static void
fill (HnEventRing *ring, guint count)
{
  for (guint i = 0; i < count; i++)
    hn_event_ring_add (ring, "a.b", "{}");
}

static void
an_event_has_its_type_number_and_data (void **state)
{
  g_autoptr (HnEventRing) ring = hn_event_ring_new (7);
  guint64 place = hn_event_ring_get_last_id (ring);
  g_autofree char *text = NULL;

  hn_event_ring_add (ring, "session.created", "{\"a\":1}\n");
  text = read_all (ring, &place);
  assert_string_equal (text, "event: session.created\nid: 7\ndata: {\"a\":1}\n\n");
  assert_int_equal (place, 7);
}

static void
a_reader_gets_each_event_once_in_order (void **state)
{
  g_autoptr (HnEventRing) ring = hn_event_ring_new (1);
  guint64 place = 0;

  hn_event_ring_add (ring, "one", "{}");
  hn_event_ring_add (ring, "two", "{}");
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GString) out = g_string_new (NULL);

    assert_true (hn_event_ring_read (ring, &place, 1, out));
    assert_true (g_str_has_prefix (out->str, i == 0 ? "event: one\nid: 1\n" : "event: two\nid: 2\n"));
    assert_ptr_equal (strstr (out->str, "\n\n"), out->str + out->len - 2);
  }
  hn_event_ring_add (ring, "three", "{}");
  {
    g_autofree char *rest = read_all (ring, &place);
    g_autofree char *nothing = read_all (ring, &place);

    assert_string_equal (rest, "event: three\nid: 3\ndata: {}\n\n");
    assert_string_equal (nothing, "");
  }
}

static void
a_piece_is_as_long_as_allowed (void **state)
{
  g_autoptr (HnEventRing) ring = hn_event_ring_new (1);
  g_autoptr (GString) out = g_string_new ("before");
  guint64 place = 0;

  fill (ring, 100);
  assert_true (hn_event_ring_read (ring, &place, 200, out));
  assert_in_range (out->len, 6 + 150, 6 + 200);
}

static void
a_reader_that_comes_back_goes_on_behind_its_last_event (void **state)
{
  g_autoptr (HnEventRing) ring = hn_event_ring_new (1000);
  gboolean missed = TRUE;

  fill (ring, 10);
  assert_int_equal (hn_event_ring_seek (ring, "1004", &missed), 1004);
  assert_false (missed);
  assert_int_equal (hn_event_ring_seek (ring, "1009", &missed), 1009);
  assert_false (missed);
  assert_int_equal (hn_event_ring_seek (ring, "999", &missed), 999);
  assert_false (missed);
}

static void
a_reader_without_a_place_wants_what_comes_from_now_on (void **state)
{
  static const char *const none[] = { NULL, "", "x", "-1", "1 ", "99999999999999999999" };
  g_autoptr (HnEventRing) ring = hn_event_ring_new (1);
  gboolean missed = TRUE;

  fill (ring, 3);
  for (gsize i = 0; i < G_N_ELEMENTS (none); i++) {
    assert_int_equal (hn_event_ring_seek (ring, none[i], &missed), 3);
    assert_false (missed);
  }
}

static void
who_has_missed_something_is_told_and_gets_all_that_is_kept (void **state)
{
  g_autoptr (HnEventRing) ring = hn_event_ring_new (1000);
  gboolean missed = FALSE;
  guint64 place;

  fill (ring, HN_LIMIT_EVENTS + 10);
  place = hn_event_ring_seek (ring, "1008", &missed);
  assert_true (missed);
  assert_int_equal (place, 1009);
  place = hn_event_ring_seek (ring, "1009", &missed);
  assert_false (missed);
  place = hn_event_ring_seek (ring, "77777", &missed); /* another process's */
  assert_true (missed);
  assert_int_equal (place, 1009);
}

static void
zero_asks_for_all_that_is_kept_and_misses_nothing (void **state)
{
  g_autoptr (HnEventRing) ring = hn_event_ring_new (1000);
  gboolean missed = TRUE;

  fill (ring, HN_LIMIT_EVENTS + 10);
  assert_int_equal (hn_event_ring_seek (ring, "0", &missed), 1009);
  assert_false (missed);
}

static void
a_reader_that_falls_out_of_the_ring_is_too_slow (void **state)
{
  g_autoptr (HnEventRing) ring = hn_event_ring_new (1);
  g_autoptr (GString) out = g_string_new (NULL);
  guint64 place = 0;

  fill (ring, HN_LIMIT_EVENTS);
  assert_true (hn_event_ring_read (ring, &place, 1, out));
  assert_int_equal (place, 1);
  fill (ring, 1);
  assert_true (hn_event_ring_read (ring, &place, 1, out));
  assert_int_equal (place, 2);
  fill (ring, 2);
  assert_false (hn_event_ring_read (ring, &place, 1, out));
  assert_int_equal (place, 2);
}

static void
few_long_events_are_kept_and_the_last_one_always (void **state)
{
  g_autoptr (HnEventRing) ring = hn_event_ring_new (1);
  g_autofree char *half = g_strnfill (HN_LIMIT_EVENTS_BYTES / 2, 'x');
  g_autofree char *whole = g_strnfill (HN_LIMIT_EVENTS_BYTES, 'x');
  gboolean missed = FALSE;

  hn_event_ring_add (ring, "a", half);
  hn_event_ring_add (ring, "b", half);
  assert_int_equal (hn_event_ring_seek (ring, "0", &missed), 1);
  hn_event_ring_add (ring, "c", whole);
  assert_int_equal (hn_event_ring_seek (ring, "0", &missed), 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_event_has_its_type_number_and_data),
    cmocka_unit_test (a_reader_gets_each_event_once_in_order),
    cmocka_unit_test (a_piece_is_as_long_as_allowed),
    cmocka_unit_test (a_reader_that_comes_back_goes_on_behind_its_last_event),
    cmocka_unit_test (a_reader_without_a_place_wants_what_comes_from_now_on),
    cmocka_unit_test (who_has_missed_something_is_told_and_gets_all_that_is_kept),
    cmocka_unit_test (zero_asks_for_all_that_is_kept_and_misses_nothing),
    cmocka_unit_test (a_reader_that_falls_out_of_the_ring_is_too_slow),
    cmocka_unit_test (few_long_events_are_kept_and_the_last_one_always),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
