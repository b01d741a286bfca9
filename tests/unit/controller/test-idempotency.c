/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/idempotency.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "tests/support/unit.h"

#define T0 (1000 * (gint64) G_USEC_PER_SEC)
#define AT(seconds) (T0 + (seconds) * (gint64) G_USEC_PER_SEC)

static HnIdempotencyVerdict
look (HnIdempotency *self, const char *key, const char *body, gint64 now_us)
{
  HnIdempotencyFound found;

  return hn_idempotency_look (self, key, body, now_us, &found);
}

static void
the_same_request_waits_and_then_gets_the_same_answer (void **unused)
{
  g_autoptr (HnIdempotency) self = hn_idempotency_new ();
  HnIdempotencyFound found = { NULL };
  int job;

  assert_int_equal (look (self, "k", "{}", T0), HN_IDEMPOTENCY_FRESH);
  hn_idempotency_begin (self, "k", "{}", &job);
  assert_int_equal (hn_idempotency_look (self, "k", "{}", AT (1), &found), HN_IDEMPOTENCY_RUNNING);
  assert_ptr_equal (found.running, &job);
  hn_idempotency_finish (self, "k", 201, "created", AT (2));
  assert_int_equal (hn_idempotency_look (self, "k", "{}", AT (3), &found), HN_IDEMPOTENCY_DONE);
  assert_int_equal (found.status, 201);
  assert_string_equal (found.answer, "created");
}

static void
another_request_under_the_key_is_told_apart (void **unused)
{
  g_autoptr (HnIdempotency) self = hn_idempotency_new ();
  int job;

  hn_idempotency_begin (self, "k", "{}", &job);
  assert_int_equal (look (self, "k", "{1}", T0), HN_IDEMPOTENCY_OTHER);
  assert_int_equal (look (self, "K", "{1}", T0), HN_IDEMPOTENCY_FRESH);
  hn_idempotency_finish (self, "k", 201, "created", T0);
  assert_int_equal (look (self, "k", "{1}", T0), HN_IDEMPOTENCY_OTHER);
}

static void
an_answer_is_kept_for_ten_minutes (void **unused)
{
  g_autoptr (HnIdempotency) self = hn_idempotency_new ();
  int job;

  hn_idempotency_begin (self, "k", "{}", &job);
  assert_int_equal (look (self, "k", "{}", AT (100000)), HN_IDEMPOTENCY_RUNNING);
  hn_idempotency_finish (self, "k", 201, "created", T0);
  assert_int_equal (look (self, "k", "{}", AT (600) - 1), HN_IDEMPOTENCY_DONE);
  assert_int_equal (look (self, "k", "{1}", AT (600)), HN_IDEMPOTENCY_FRESH);
  assert_int_equal (hn_idempotency_get_count (self), 0);
}

static void
a_failure_is_tried_again_and_a_refusal_is_not (void **unused)
{
  static const struct {
    guint status;
    HnIdempotencyVerdict after;
  } rows[] = { { 201, HN_IDEMPOTENCY_DONE }, { 409, HN_IDEMPOTENCY_DONE },  { 400, HN_IDEMPOTENCY_DONE },
               { 500, HN_IDEMPOTENCY_FRESH }, { 502, HN_IDEMPOTENCY_FRESH }, { 503, HN_IDEMPOTENCY_FRESH }, { 504, HN_IDEMPOTENCY_FRESH } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (HnIdempotency) self = hn_idempotency_new ();
    int job;

    hn_idempotency_begin (self, "k", "{}", &job);
    hn_idempotency_finish (self, "k", rows[i].status, "x", T0);
    assert_int_equal (look (self, "k", "{}", T0), rows[i].after);
  }
}

static void
what_was_cancelled_begins_anew_and_what_was_answered_stays (void **unused)
{
  g_autoptr (HnIdempotency) self = hn_idempotency_new ();
  int job;

  hn_idempotency_begin (self, "k", "{}", &job);
  hn_idempotency_forget (self, "k");
  assert_int_equal (look (self, "k", "{}", T0), HN_IDEMPOTENCY_FRESH);
  hn_idempotency_finish (self, "k", 201, "too late", T0);
  assert_int_equal (look (self, "k", "{}", T0), HN_IDEMPOTENCY_FRESH);
  hn_idempotency_begin (self, "k", "{}", &job);
  hn_idempotency_finish (self, "k", 201, "created", T0);
  hn_idempotency_forget (self, "k");
  hn_idempotency_finish (self, "k", 500, "again", T0);
  hn_idempotency_forget (self, "never seen");
  assert_int_equal (look (self, "k", "{}", T0), HN_IDEMPOTENCY_DONE);
}

static void
the_oldest_answer_makes_room_and_what_runs_never_does (void **unused)
{
  g_autoptr (HnIdempotency) self = hn_idempotency_new ();
  int job;

  for (guint i = 0; i < HN_LIMIT_IDEMPOTENCY_KEYS; i++) {
    g_autofree char *key = g_strdup_printf ("k%u", i);

    assert_int_equal (look (self, key, "{}", T0), HN_IDEMPOTENCY_FRESH);
    hn_idempotency_begin (self, key, "{}", &job);
  }
  assert_int_equal (look (self, "one more", "{}", T0), HN_IDEMPOTENCY_FULL);
  assert_int_equal (look (self, "k7", "{}", T0), HN_IDEMPOTENCY_RUNNING);
  hn_idempotency_finish (self, "k7", 201, "x", T0);
  hn_idempotency_finish (self, "k3", 201, "x", T0);
  assert_int_equal (look (self, "one more", "{}", T0), HN_IDEMPOTENCY_FRESH);
  hn_idempotency_begin (self, "one more", "{}", &job);
  assert_int_equal (hn_idempotency_get_count (self), HN_LIMIT_IDEMPOTENCY_KEYS);
  assert_int_equal (look (self, "k3", "{}", T0), HN_IDEMPOTENCY_DONE);
  assert_int_equal (look (self, "k7", "{}", T0), HN_IDEMPOTENCY_FRESH);
}

static void
a_key_is_short_and_visible (void **unused)
{
  g_autofree char *longest = g_strnfill (HN_LIMIT_IDEMPOTENCY_KEY_BYTES, 'k');
  g_autofree char *too_long = g_strnfill (HN_LIMIT_IDEMPOTENCY_KEY_BYTES + 1, 'k');
  const char *const good[] = { "k", "8e03978e-40d5-43e8-bc93-6894a57f9324", "!~", longest };
  const char *const bad[] = { "", "a b", "a\tb", "ä", "\x7f", too_long };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    assert_true (hn_idempotency_check_key (good[i], NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    assert_false (hn_idempotency_check_key (bad[i], &error));
    assert_hn_error (error, HN_ERROR_INVALID, "'Idempotency-Key' must be 1 … 128 visible ASCII characters");
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_same_request_waits_and_then_gets_the_same_answer),
    cmocka_unit_test (another_request_under_the_key_is_told_apart),
    cmocka_unit_test (an_answer_is_kept_for_ten_minutes),
    cmocka_unit_test (a_failure_is_tried_again_and_a_refusal_is_not),
    cmocka_unit_test (what_was_cancelled_begins_anew_and_what_was_answered_stays),
    cmocka_unit_test (the_oldest_answer_makes_room_and_what_runs_never_does),
    cmocka_unit_test (a_key_is_short_and_visible),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
