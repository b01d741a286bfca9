/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/witness.h"

#include "base/clock.h"
#include "tests/support/unit.h"

#define S G_GINT64_CONSTANT (1000000)

typedef struct {
  HnRandom *random;
  HnWitness *queue;
} Box;

static Box *
open_with (void **state, guint events_max, gsize bytes_max, guint batch)
{
  Box *box = g_new0 (Box, 1);

  box->random = hn_random_new_seeded (1);
  box->queue = hn_witness_new (&(HnWitnessRules){ events_max, bytes_max, batch, S, 60 * S }, box->random);
  *state = box;
  return box;
}

static int
open_box (void **state)
{
  open_with (state, 3, 1000, 1);
  return 0;
}

static int
close_box (void **state)
{
  Box *box = *state;

  hn_witness_free (box->queue);
  hn_random_free (box->random);
  g_free (box);
  return 0;
}

static HnWitness *
of (void **state)
{
  return ((Box *) *state)->queue;
}

static void
add (HnWitness *queue, const char *event)
{
  hn_witness_add (queue, g_strdup (event));
}

static void
assert_taken (HnWitness *queue, gint64 now_us, const char *expected)
{
  guint events = 0;
  g_autofree char *text = hn_witness_take (queue, now_us, &events);

  if (expected == NULL) {
    assert_null (text);
  } else {
    assert_non_null (text);
    assert_string_equal (text, expected);
    assert_true (events > 0);
  }
}

static void
events_leave_in_order_one_at_a_time (void **state)
{
  assert_int_equal (hn_witness_deadline (of (state)), HN_NEVER);
  add (of (state), "a");
  add (of (state), "b");
  assert_taken (of (state), 0, "a");
  assert_taken (of (state), 0, NULL);
  assert_int_equal (hn_witness_deadline (of (state)), HN_NEVER);
  assert_int_equal (hn_witness_told (of (state), HN_WITNESS_TAKEN, 5), 0);
  assert_int_equal (hn_witness_deadline (of (state)), 5);
  assert_taken (of (state), 5, "b");
  hn_witness_told (of (state), HN_WITNESS_TAKEN, 6);
  assert_int_equal (hn_witness_get_figures (of (state)).sent, 2);
  assert_int_equal (hn_witness_get_figures (of (state)).waiting, 0);
  assert_int_equal (hn_witness_get_figures (of (state)).bytes, 0);
}

static void
the_oldest_goes_when_there_is_no_room_but_never_what_is_under_way (void **state)
{
  for (const char *id = "abc"; *id != '\0'; id++)
    add (of (state), (char[]){ *id, '\0' });
  assert_taken (of (state), 0, "a");
  add (of (state), "d");
  add (of (state), "e");
  assert_int_equal (hn_witness_get_figures (of (state)).dropped, 2);
  assert_int_equal (hn_witness_get_figures (of (state)).waiting, 3);
  hn_witness_told (of (state), HN_WITNESS_AGAIN, 0);
  assert_taken (of (state), 60 * S, "a");
  hn_witness_told (of (state), HN_WITNESS_TAKEN, 0);
  assert_taken (of (state), 0, "d");
  hn_witness_told (of (state), HN_WITNESS_TAKEN, 0);
  assert_taken (of (state), 0, "e");
}

static void
bytes_are_bounded_too (void **state)
{
  g_autofree char *big = g_strnfill (600, 'x');
  g_autofree char *too_big = g_strnfill (1001, 'x');

  add (of (state), big);
  add (of (state), big);
  assert_int_equal (hn_witness_get_figures (of (state)).waiting, 1);
  assert_int_equal (hn_witness_get_figures (of (state)).dropped, 1);
  add (of (state), too_big);
  assert_int_equal (hn_witness_get_figures (of (state)).waiting, 0);
  assert_int_equal (hn_witness_get_figures (of (state)).bytes, 0);
}

static void
what_failed_is_tried_again_after_pauses_that_double (void **state)
{
  gint64 now_us = 0;

  add (of (state), "a");
  for (guint n = 1; n <= 20; n++) {
    gint64 full_us = n <= 6 ? S << (n - 1) : 60 * S;
    gint64 due_us;

    assert_taken (of (state), now_us, "a");
    assert_int_equal (hn_witness_told (of (state), HN_WITNESS_AGAIN, now_us), n);
    due_us = hn_witness_deadline (of (state));
    assert_in_range (due_us - now_us, full_us / 2, full_us);
    assert_taken (of (state), due_us - 1, NULL);
    now_us = due_us;
  }
  assert_taken (of (state), now_us, "a");
  hn_witness_told (of (state), HN_WITNESS_TAKEN, now_us);
  assert_int_equal (hn_witness_get_figures (of (state)).failures, 20);
  add (of (state), "b");
  assert_taken (of (state), now_us, "b"); /* a success ends the pauses, … */
  assert_int_equal (hn_witness_told (of (state), HN_WITNESS_AGAIN, now_us), 1);
  assert_in_range (hn_witness_deadline (of (state)) - now_us, S / 2, S); /* … and they begin anew */
}

static void
what_is_refused_for_ever_is_counted_and_gone (void **state)
{
  add (of (state), "a");
  assert_taken (of (state), 0, "a");
  assert_int_equal (hn_witness_told (of (state), HN_WITNESS_REFUSED, 0), 0);
  assert_int_equal (hn_witness_get_figures (of (state)).refused, 1);
  assert_int_equal (hn_witness_get_figures (of (state)).waiting, 0);
}

static void
a_batch_is_a_line_each (void **state)
{
  Box *box = *state;

  hn_witness_free (box->queue);
  box->queue = hn_witness_new (&(HnWitnessRules){ 10, 1000, 2, S, S }, box->random);
  for (const char *id = "abc"; *id != '\0'; id++)
    add (box->queue, (char[]){ *id, '\0' });
  assert_taken (box->queue, 0, "a\nb");
  hn_witness_told (box->queue, HN_WITNESS_AGAIN, 0);
  assert_taken (box->queue, S, "a\nb");
  hn_witness_told (box->queue, HN_WITNESS_TAKEN, S);
  assert_taken (box->queue, S, "c");
  assert_int_equal (hn_witness_get_figures (box->queue).sent, 2);
}

static void
what_a_status_means (void **state)
{
  static const struct {
    guint status;
    HnWitnessVerdict verdict;
  } rows[] = { { 200, HN_WITNESS_TAKEN },  { 204, HN_WITNESS_TAKEN }, { 0, HN_WITNESS_AGAIN },     { 302, HN_WITNESS_AGAIN },   { 401, HN_WITNESS_AGAIN },   { 404, HN_WITNESS_AGAIN },
               { 408, HN_WITNESS_AGAIN },  { 429, HN_WITNESS_AGAIN }, { 500, HN_WITNESS_AGAIN },   { 503, HN_WITNESS_AGAIN },   { 400, HN_WITNESS_REFUSED }, { 413, HN_WITNESS_REFUSED },
               { 415, HN_WITNESS_REFUSED }, { 422, HN_WITNESS_REFUSED }, { 199, HN_WITNESS_AGAIN } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_int_equal (hn_witness_verdict (rows[i].status), rows[i].verdict);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (events_leave_in_order_one_at_a_time, open_box, close_box),
    cmocka_unit_test_setup_teardown (the_oldest_goes_when_there_is_no_room_but_never_what_is_under_way, open_box, close_box),
    cmocka_unit_test_setup_teardown (bytes_are_bounded_too, open_box, close_box),
    cmocka_unit_test_setup_teardown (what_failed_is_tried_again_after_pauses_that_double, open_box, close_box),
    cmocka_unit_test_setup_teardown (what_is_refused_for_ever_is_counted_and_gone, open_box, close_box),
    cmocka_unit_test_setup_teardown (a_batch_is_a_line_each, open_box, close_box),
    cmocka_unit_test_setup_teardown (what_a_status_means, open_box, close_box),
  };

  hn_witness_free (NULL);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
