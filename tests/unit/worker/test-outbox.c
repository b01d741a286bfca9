/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/outbox.h"

#include <string.h>

#include "base/clock.h"
#include "tests/support/unit.h"

#define S G_GINT64_CONSTANT (1000000)

typedef struct {
  HnRandom *random;
  HnOutbox *outbox;
} Box;

static Box *
open_limited (void **state, guint max_count, gsize max_bytes)
{
  const HnOutboxLimits limits = { max_count, max_bytes, S, 300 * S };
  Box *box = g_new0 (Box, 1);

  box->random = hn_random_new_seeded (1);
  box->outbox = hn_outbox_new (&limits, box->random);
  *state = box;
  return box;
}

static int
open_box (void **state)
{
  open_limited (state, 10, 1000);
  return 0;
}

static int
close_box (void **state)
{
  Box *box = *state;

  hn_outbox_free (box->outbox);
  hn_random_free (box->random);
  g_free (box);
  return 0;
}

static HnOutbox *
of (void **state)
{
  return ((Box *) *state)->outbox;
}

static void
assert_next (HnOutbox *box, gint64 now_us, const char *expected)
{
  g_autofree char *name = hn_outbox_take (box, now_us);

  if (expected == NULL)
    assert_null (name);
  else
    assert_non_null (name);
  if (expected != NULL)
    assert_string_equal (name, expected);
}

static void
the_oldest_goes_first_however_they_came (void **state)
{
  static const char *const order[] = { "a", "b", "c" };

  hn_outbox_add (of (state), "c", "", 1);
  hn_outbox_add (of (state), "a", "", 1);
  hn_outbox_add (of (state), "b", "", 1);
  for (gsize i = 0; i < G_N_ELEMENTS (order); i++) {
    assert_next (of (state), 0, order[i]);
    assert_int_equal (hn_outbox_told (of (state), order[i], HN_OUTBOX_DELIVERED, 0), 0);
  }
  assert_int_equal (hn_outbox_count (of (state)), 0);
  assert_int_equal (hn_outbox_deadline (of (state)), HN_NEVER);
}

static void
a_group_gets_one_at_a_time_and_groups_do_not_wait_for_each_other (void **state)
{
  hn_outbox_add (of (state), "a", "x", 1);
  hn_outbox_add (of (state), "b", "x", 1);
  hn_outbox_add (of (state), "c", "y", 1);
  assert_next (of (state), 0, "a");
  assert_next (of (state), 0, "c");
  assert_next (of (state), 0, NULL);
  assert_int_equal (hn_outbox_deadline (of (state)), HN_NEVER);
  hn_outbox_told (of (state), "a", HN_OUTBOX_AGAIN, 0);
  hn_outbox_told (of (state), "c", HN_OUTBOX_DELIVERED, 0);
  assert_next (of (state), 0, NULL); /* x pauses, y has nothing */
  assert_true (hn_outbox_deadline (of (state)) > 0);
}

static void
pauses_double_up_to_five_minutes_less_a_random_half (void **state)
{
  gint64 now_us = 0;
  gboolean differs = FALSE;

  hn_outbox_add (of (state), "a", "", 1);
  for (guint n = 1; n <= 40; n++) {
    gint64 full_us = n <= 9 ? MIN (S << (n - 1), 300 * S) : 300 * S;
    gint64 pause_us;

    assert_next (of (state), now_us, "a");
    assert_int_equal (hn_outbox_told (of (state), "a", HN_OUTBOX_AGAIN, now_us), n);
    pause_us = hn_outbox_deadline (of (state)) - now_us;
    assert_in_range (pause_us, full_us / 2, full_us);
    differs |= n > 10 && pause_us != full_us && pause_us != full_us / 2;
    assert_next (of (state), now_us + pause_us - 1, NULL);
    now_us += pause_us;
  }
  assert_true (differs);
}

static void
an_answer_ends_the_pause (void **state)
{
  hn_outbox_add (of (state), "a", "", 1);
  hn_outbox_add (of (state), "b", "", 1);
  assert_next (of (state), 0, "a");
  hn_outbox_told (of (state), "a", HN_OUTBOX_AGAIN, 0);
  assert_next (of (state), S, "b"); /* a has been tried, b has not */
  assert_int_equal (hn_outbox_told (of (state), "b", HN_OUTBOX_REFUSED, S), 0);
  assert_next (of (state), S, "a");
  assert_int_equal (hn_outbox_told (of (state), "a", HN_OUTBOX_AGAIN, S), 1);
  assert_in_range (hn_outbox_deadline (of (state)), S + S / 2, 2 * S);
}

static void
one_that_cannot_be_digested_holds_up_no_other (void **state)
{
  gint64 now_us = 0;

  hn_outbox_add (of (state), "a", "", 1);
  for (guint i = 0; i < 5; i++) {
    g_autofree char *name = g_strdup_printf ("b%u", i);
    g_autofree char *first = hn_outbox_take (of (state), now_us);

    hn_outbox_told (of (state), first, HN_OUTBOX_AGAIN, now_us);
    assert_string_equal (first, "a");
    hn_outbox_add (of (state), name, "", 1);
    now_us = hn_outbox_deadline (of (state));
    assert_next (of (state), now_us, name);
    hn_outbox_told (of (state), name, HN_OUTBOX_DELIVERED, now_us);
  }
  assert_int_equal (hn_outbox_count (of (state)), 1);
}

static void
a_new_one_does_not_hurry_a_service_that_is_down (void **state)
{
  gint64 due_us;

  hn_outbox_add (of (state), "a", "", 1);
  assert_next (of (state), 0, "a");
  hn_outbox_told (of (state), "a", HN_OUTBOX_AGAIN, 0);
  due_us = hn_outbox_deadline (of (state));
  hn_outbox_add (of (state), "b", "", 1);
  assert_int_equal (hn_outbox_deadline (of (state)), due_us);
  assert_next (of (state), due_us - 1, NULL);
}

static void
the_oldest_is_dropped_by_count_and_by_bytes_but_not_under_way (void **state)
{
  g_autofree char *dropped = NULL;

  for (char c = 'a'; c <= 'k'; c++) {
    const char name[] = { c, '\0' };

    assert_null (hn_outbox_drop_oldest (of (state)));
    hn_outbox_add (of (state), name, "", 10);
  }
  assert_next (of (state), 0, "a");
  dropped = hn_outbox_drop_oldest (of (state));
  assert_string_equal (dropped, "b");
  assert_null (hn_outbox_drop_oldest (of (state)));
  hn_outbox_told (of (state), "a", HN_OUTBOX_DELIVERED, 0);
  hn_outbox_add (of (state), "z", "", 930);
  g_clear_pointer (&dropped, g_free);
  dropped = hn_outbox_drop_oldest (of (state));
  assert_string_equal (dropped, "c");
  g_clear_pointer (&dropped, g_free);
  dropped = hn_outbox_drop_oldest (of (state));
  assert_string_equal (dropped, "d");
  assert_null (hn_outbox_drop_oldest (of (state)));
  assert_int_equal (hn_outbox_count (of (state)), 8);
}

static void
what_an_answer_means (void **state)
{
  static const struct {
    guint status;
    HnOutboxVerdict verdict;
  } rows[] = {
    { 200, HN_OUTBOX_DELIVERED }, { 201, HN_OUTBOX_DELIVERED }, { 204, HN_OUTBOX_DELIVERED }, { 299, HN_OUTBOX_DELIVERED },
    { 0, HN_OUTBOX_AGAIN },       { 100, HN_OUTBOX_AGAIN },     { 302, HN_OUTBOX_AGAIN },     { 401, HN_OUTBOX_AGAIN },
    { 403, HN_OUTBOX_AGAIN },     { 408, HN_OUTBOX_AGAIN },     { 429, HN_OUTBOX_AGAIN },     { 500, HN_OUTBOX_AGAIN },
    { 503, HN_OUTBOX_AGAIN },     { 400, HN_OUTBOX_REFUSED },   { 402, HN_OUTBOX_REFUSED },   { 404, HN_OUTBOX_REFUSED },
    { 409, HN_OUTBOX_REFUSED },   { 413, HN_OUTBOX_REFUSED },   { 422, HN_OUTBOX_REFUSED },   { 499, HN_OUTBOX_REFUSED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_int_equal (hn_outbox_verdict (rows[i].status), rows[i].verdict);
}

static void
nobody_minds_news_of_what_is_not_there (void **state)
{
  assert_int_equal (hn_outbox_told (of (state), "x", HN_OUTBOX_AGAIN, 0), 0);
  assert_next (of (state), 0, NULL);
}

#define T(f) cmocka_unit_test_setup_teardown (f, open_box, close_box)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (the_oldest_goes_first_however_they_came),
    T (a_group_gets_one_at_a_time_and_groups_do_not_wait_for_each_other),
    T (pauses_double_up_to_five_minutes_less_a_random_half),
    T (an_answer_ends_the_pause),
    T (one_that_cannot_be_digested_holds_up_no_other),
    T (a_new_one_does_not_hurry_a_service_that_is_down),
    T (the_oldest_is_dropped_by_count_and_by_bytes_but_not_under_way),
    T (what_an_answer_means),
    T (nobody_minds_news_of_what_is_not_there),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
