/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

#define S G_GINT64_CONSTANT (1000000)
#define ABANDON (120 * S)
#define LEAVE (15 * S)
#define KEEP (300 * S)

#define FAIL (HN_SESSION_DO_REPLY_ERROR | HN_SESSION_DO_CLEAN_UP | HN_SESSION_DO_REPORT)
#define END (HN_SESSION_DO_CLEAN_UP | HN_SESSION_DO_REPORT)
#define GONE (HN_SESSION_DO_FORGET | HN_SESSION_DO_REPORT)

static const HnSessionTimes times = { ABANDON, LEAVE, KEEP };

/* The way to each state, by happenings. */
static HnSession *
session_in (HnLife life)
{
  HnSession *self = hn_session_new (0, &times);

  if (life == HN_LIFE_WAITING)
    return self;
  hn_session_handle (self, HN_SESSION_TURN_CAME, HN_END_NONE, 0);
  if (life == HN_LIFE_STARTING)
    return self;
  hn_session_handle (self, HN_SESSION_ANSWERS, HN_END_NONE, 0);
  if (life == HN_LIFE_PAIRING)
    return self;
  hn_session_handle (self, HN_SESSION_CHOSEN, HN_END_NONE, 0);
  if (life == HN_LIFE_ACTIVE || life == HN_LIFE_IDLE)
    hn_session_handle (self, HN_SESSION_TUNNEL_OPENED, HN_END_NONE, 0);
  if (life == HN_LIFE_IDLE)
    hn_session_handle (self, HN_SESSION_LAST_TUNNEL_CLOSED, HN_END_NONE, 0);
  if (life == HN_LIFE_PLAYING)
    hn_session_handle (self, HN_SESSION_PLAYS, HN_END_NONE, 0);
  if (life == HN_LIFE_STOPPING || life == HN_LIFE_STOPPED)
    hn_session_handle (self, HN_SESSION_END_ASKED, HN_END_API_DELETE, 0);
  if (life == HN_LIFE_FAILING || life == HN_LIFE_ERROR)
    hn_session_handle (self, HN_SESSION_PROCESS_ENDED, HN_END_NONE, 0);
  if (life == HN_LIFE_STOPPED || life == HN_LIFE_ERROR)
    hn_session_handle (self, HN_SESSION_CLEANED, HN_END_NONE, 0);
  assert_int_equal (hn_session_get_life (self), life);
  return self;
}

/* What the promises say, written down a second time. */
static const struct {
  HnLife from;
  HnSessionHappening happening;
  HnLife to;
  int effects;
} rows[] = {
  { HN_LIFE_WAITING, HN_SESSION_TURN_CAME, HN_LIFE_STARTING, HN_SESSION_DO_START | HN_SESSION_DO_REPORT },
  { HN_LIFE_WAITING, HN_SESSION_CREATE_FAILED, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_WAITING, HN_SESSION_END_ASKED, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_WAITING, HN_SESSION_TIME_UP, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_STARTING, HN_SESSION_ANSWERS, HN_LIFE_PAIRING, HN_SESSION_DO_PAIR | HN_SESSION_DO_REPORT },
  { HN_LIFE_STARTING, HN_SESSION_CREATE_FAILED, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_STARTING, HN_SESSION_END_ASKED, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_STARTING, HN_SESSION_PROCESS_ENDED, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_STARTING, HN_SESSION_TIME_UP, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING, HN_SESSION_CHOSEN, HN_LIFE_READY, HN_SESSION_DO_REPLY | HN_SESSION_DO_REPORT },
  { HN_LIFE_PAIRING, HN_SESSION_CREATE_FAILED, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING, HN_SESSION_END_ASKED, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING, HN_SESSION_PROCESS_ENDED, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING, HN_SESSION_DIRECTORY_LOST, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_PAIRING, HN_SESSION_TIME_UP, HN_LIFE_STOPPING, FAIL },
  { HN_LIFE_READY, HN_SESSION_PAGE_SEEN, HN_LIFE_READY, 0 },
  { HN_LIFE_READY, HN_SESSION_PAGE_LEFT, HN_LIFE_READY, 0 },
  { HN_LIFE_READY, HN_SESSION_PLAYER_LEFT, HN_LIFE_READY, 0 },
  { HN_LIFE_READY, HN_SESSION_PLAYS, HN_LIFE_PLAYING, HN_SESSION_DO_REPORT },
  { HN_LIFE_READY, HN_SESSION_TUNNEL_OPENED, HN_LIFE_ACTIVE, HN_SESSION_DO_REPORT },
  { HN_LIFE_READY, HN_SESSION_END_ASKED, HN_LIFE_STOPPING, END },
  { HN_LIFE_READY, HN_SESSION_PROCESS_ENDED, HN_LIFE_FAILING, END },
  { HN_LIFE_READY, HN_SESSION_DIRECTORY_LOST, HN_LIFE_FAILING, END },
  { HN_LIFE_READY, HN_SESSION_TIME_UP, HN_LIFE_STOPPING, END },
  { HN_LIFE_ACTIVE, HN_SESSION_PAGE_SEEN, HN_LIFE_ACTIVE, 0 },
  { HN_LIFE_ACTIVE, HN_SESSION_PAGE_LEFT, HN_LIFE_ACTIVE, 0 },
  { HN_LIFE_ACTIVE, HN_SESSION_PLAYER_LEFT, HN_LIFE_ACTIVE, 0 },
  { HN_LIFE_ACTIVE, HN_SESSION_TUNNEL_OPENED, HN_LIFE_ACTIVE, HN_SESSION_DO_REPORT },
  { HN_LIFE_ACTIVE, HN_SESSION_LAST_TUNNEL_CLOSED, HN_LIFE_IDLE, HN_SESSION_DO_REPORT },
  { HN_LIFE_ACTIVE, HN_SESSION_END_ASKED, HN_LIFE_STOPPING, END },
  { HN_LIFE_ACTIVE, HN_SESSION_PROCESS_ENDED, HN_LIFE_FAILING, END },
  { HN_LIFE_ACTIVE, HN_SESSION_DIRECTORY_LOST, HN_LIFE_FAILING, END },
  { HN_LIFE_PLAYING, HN_SESSION_PAGE_SEEN, HN_LIFE_PLAYING, 0 },
  { HN_LIFE_PLAYING, HN_SESSION_PAGE_LEFT, HN_LIFE_PLAYING, 0 },
  { HN_LIFE_PLAYING, HN_SESSION_PLAYER_LEFT, HN_LIFE_IDLE, HN_SESSION_DO_REPORT },
  { HN_LIFE_PLAYING, HN_SESSION_PLAYS, HN_LIFE_PLAYING, 0 },
  { HN_LIFE_PLAYING, HN_SESSION_PLAY_STOPPED, HN_LIFE_IDLE, HN_SESSION_DO_REPORT },
  { HN_LIFE_PLAYING, HN_SESSION_TUNNEL_OPENED, HN_LIFE_ACTIVE, HN_SESSION_DO_REPORT },
  { HN_LIFE_PLAYING, HN_SESSION_END_ASKED, HN_LIFE_STOPPING, END },
  { HN_LIFE_PLAYING, HN_SESSION_PROCESS_ENDED, HN_LIFE_FAILING, END },
  { HN_LIFE_PLAYING, HN_SESSION_DIRECTORY_LOST, HN_LIFE_FAILING, END },
  { HN_LIFE_PLAYING, HN_SESSION_TIME_UP, HN_LIFE_IDLE, HN_SESSION_DO_REPORT },
  { HN_LIFE_IDLE, HN_SESSION_PAGE_SEEN, HN_LIFE_IDLE, 0 },
  { HN_LIFE_IDLE, HN_SESSION_PAGE_LEFT, HN_LIFE_IDLE, 0 },
  { HN_LIFE_IDLE, HN_SESSION_PLAYER_LEFT, HN_LIFE_IDLE, 0 },
  { HN_LIFE_IDLE, HN_SESSION_PLAYS, HN_LIFE_PLAYING, HN_SESSION_DO_REPORT },
  { HN_LIFE_IDLE, HN_SESSION_TUNNEL_OPENED, HN_LIFE_ACTIVE, HN_SESSION_DO_REPORT },
  { HN_LIFE_IDLE, HN_SESSION_END_ASKED, HN_LIFE_STOPPING, END },
  { HN_LIFE_IDLE, HN_SESSION_PROCESS_ENDED, HN_LIFE_FAILING, END },
  { HN_LIFE_IDLE, HN_SESSION_DIRECTORY_LOST, HN_LIFE_FAILING, END },
  { HN_LIFE_IDLE, HN_SESSION_TIME_UP, HN_LIFE_STOPPING, END },
  { HN_LIFE_STOPPING, HN_SESSION_CLEANED, HN_LIFE_STOPPED, GONE },
  { HN_LIFE_STOPPING, HN_SESSION_TIME_UP, HN_LIFE_STOPPING, HN_SESSION_DO_FORCE },
  { HN_LIFE_FAILING, HN_SESSION_CLEANED, HN_LIFE_ERROR, HN_SESSION_DO_REPORT },
  { HN_LIFE_FAILING, HN_SESSION_END_ASKED, HN_LIFE_STOPPING, HN_SESSION_DO_REPORT },
  { HN_LIFE_FAILING, HN_SESSION_TIME_UP, HN_LIFE_FAILING, HN_SESSION_DO_FORCE },
  { HN_LIFE_ERROR, HN_SESSION_END_ASKED, HN_LIFE_STOPPED, GONE },
  { HN_LIFE_ERROR, HN_SESSION_TIME_UP, HN_LIFE_STOPPED, GONE },
};

static void
every_row_leads_where_it_says (void **unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (HnSession) self = session_in (rows[i].from);

    assert_int_equal (hn_session_handle (self, rows[i].happening, HN_END_API_DELETE, S), rows[i].effects);
    assert_int_equal (hn_session_get_life (self), rows[i].to);
  }
  assert_int_equal (G_N_ELEMENTS (rows), hn_session_table_rows ());
}

static gboolean
has_row (HnLife from, HnSessionHappening happening)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].from == from && rows[i].happening == happening)
      return TRUE;
  return FALSE;
}

static void
what_has_no_row_changes_nothing (void **unused)
{
  for (int from = HN_LIFE_WAITING; from <= HN_LIFE_ERROR; from++) {
    for (int happening = HN_SESSION_TURN_CAME; happening <= HN_SESSION_TIME_UP; happening++) {
      g_autoptr (HnSession) self = session_in ((HnLife) from);
      gint64 deadline = hn_session_deadline (self);

      if (has_row ((HnLife) from, (HnSessionHappening) happening))
        continue;
      assert_int_equal (hn_session_handle (self, (HnSessionHappening) happening, HN_END_USER_QUIT, S), HN_SESSION_DO_NOTHING);
      assert_int_equal (hn_session_get_life (self), from);
      assert_true (hn_session_deadline (self) == deadline);
    }
  }
}

static void
no_part_of_a_creation_outlives_45_seconds (void **unused)
{
  g_autoptr (HnSession) self = hn_session_new (0, &times);

  assert_true (hn_session_deadline (self) == 20 * S);
  hn_session_handle (self, HN_SESSION_TURN_CAME, HN_END_NONE, 19 * S);
  assert_true (hn_session_deadline (self) == 31 * S);
  hn_session_handle (self, HN_SESSION_ANSWERS, HN_END_NONE, 30 * S);
  assert_true (hn_session_deadline (self) == 45 * S);
  assert_int_equal (hn_session_handle (self, HN_SESSION_TIME_UP, HN_END_NONE, 45 * S), FAIL);
  assert_int_equal (hn_session_get_reason (self), HN_END_CREATE_TIMEOUT);
}

static void
a_late_start_is_cut_by_the_same_45_seconds (void **unused)
{
  g_autoptr (HnSession) self = hn_session_new (0, &times);

  hn_session_handle (self, HN_SESSION_TURN_CAME, HN_END_NONE, 40 * S);
  assert_true (hn_session_deadline (self) == 45 * S);
}

static void
a_page_keeps_a_session_that_nobody_streams (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_READY);

  assert_true (hn_session_deadline (self) == ABANDON);
  hn_session_handle (self, HN_SESSION_PAGE_SEEN, HN_END_NONE, 100 * S);
  assert_true (hn_session_deadline (self) == 100 * S + ABANDON);
  hn_session_handle (self, HN_SESSION_TIME_UP, HN_END_NONE, 100 * S + ABANDON);
  assert_int_equal (hn_session_get_reason (self), HN_END_ABANDONED);
}

static void
a_page_that_is_left_has_a_short_grace (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_ACTIVE);

  hn_session_handle (self, HN_SESSION_PAGE_LEFT, HN_END_NONE, 100 * S);
  assert_true (hn_session_deadline (self) == HN_NEVER);
  hn_session_handle (self, HN_SESSION_LAST_TUNNEL_CLOSED, HN_END_NONE, 101 * S);
  assert_true (hn_session_deadline (self) == 100 * S + LEAVE);
  hn_session_handle (self, HN_SESSION_TIME_UP, HN_END_NONE, 100 * S + LEAVE);
  assert_int_equal (hn_session_get_reason (self), HN_END_PAGE_LEFT);
}

static void
the_newest_page_has_the_stream (void **unused)
{
  static const char older[] = "00000000000000000000000000000001";
  static const char newer[] = "00000000000000000000000000000002";
  g_autoptr (HnSession) self = session_in (HN_LIFE_ACTIVE);

  assert_false (hn_session_is_taken_from (self, older)); /* of a page that never said that it opens nothing is taken */
  hn_session_page_opens (self, older);
  assert_false (hn_session_is_taken_from (self, older));
  hn_session_page_opens (self, newer);
  assert_true (hn_session_is_taken_from (self, older));
  assert_false (hn_session_is_taken_from (self, newer));
}

static void
a_reload_cancels_the_grace (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_IDLE);

  hn_session_handle (self, HN_SESSION_PAGE_LEFT, HN_END_NONE, 100 * S);
  assert_true (hn_session_deadline (self) == 100 * S + LEAVE);
  hn_session_handle (self, HN_SESSION_PAGE_SEEN, HN_END_NONE, 101 * S);
  assert_true (hn_session_deadline (self) == 101 * S + ABANDON);
  hn_session_handle (self, HN_SESSION_TIME_UP, HN_END_NONE, 101 * S + ABANDON);
  assert_int_equal (hn_session_get_reason (self), HN_END_ABANDONED);
}

static void
one_tab_of_two_that_is_left_means_nothing_later (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_ACTIVE);

  hn_session_handle (self, HN_SESSION_PAGE_LEFT, HN_END_NONE, 100 * S);
  hn_session_handle (self, HN_SESSION_LAST_TUNNEL_CLOSED, HN_END_NONE, 900 * S);
  assert_true (hn_session_deadline (self) == 900 * S + ABANDON);
}

static void
a_stream_has_no_deadline (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_ACTIVE);

  assert_true (hn_session_deadline (self) == HN_NEVER);
}

static void
a_page_that_plays_without_a_socket_streams_until_it_is_silent (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_READY);

  assert_false (hn_session_is_streaming (self));
  hn_session_handle (self, HN_SESSION_PLAYS, HN_END_NONE, 100 * S);
  assert_true (hn_session_is_streaming (self));
  hn_session_handle (self, HN_SESSION_PAGE_SEEN, HN_END_NONE, 120 * S);
  hn_session_handle (self, HN_SESSION_PAGE_LEFT, HN_END_NONE, 120 * S); /* a second tab with the list of applications */
  assert_true (hn_session_deadline (self) == 190 * S);
  hn_session_handle (self, HN_SESSION_PLAYS, HN_END_NONE, 130 * S);
  assert_true (hn_session_deadline (self) == 220 * S);
  hn_session_handle (self, HN_SESSION_TIME_UP, HN_END_NONE, 220 * S);
  assert_false (hn_session_is_streaming (self));
  assert_true (hn_session_deadline (self) == 220 * S + ABANDON);
}

static void
a_page_that_played_without_a_socket_and_is_left_has_the_same_grace (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_PLAYING);

  hn_session_handle (self, HN_SESSION_PLAYER_LEFT, HN_END_NONE, 50 * S);
  assert_true (hn_session_deadline (self) == 50 * S + LEAVE);
  hn_session_handle (self, HN_SESSION_PLAYS, HN_END_NONE, 60 * S); /* it was a reload */
  assert_true (hn_session_deadline (self) == 150 * S);
  hn_session_handle (self, HN_SESSION_PLAYER_LEFT, HN_END_NONE, 70 * S);
  hn_session_handle (self, HN_SESSION_TIME_UP, HN_END_NONE, 70 * S + LEAVE);
  assert_int_equal (hn_session_get_reason (self), HN_END_PAGE_LEFT);
}

static void
a_page_says_that_it_plays_often_enough_not_to_be_abandoned (void **unused)
{
  assert_true (hn_session_alive_us (ABANDON) == 30 * S);
  assert_true (hn_session_alive_us (30 * S) == 10 * S);
}

static void
an_error_is_shown_for_five_minutes (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_FAILING);

  hn_session_handle (self, HN_SESSION_CLEANED, HN_END_NONE, 2 * S);
  assert_true (hn_session_deadline (self) == 2 * S + KEEP);
  assert_int_equal (hn_session_get_state (self), HN_SESSION_ERROR);
}

static void
a_clean_up_that_hangs_is_forced_again_and_again (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_STOPPING);
  gint64 first = hn_session_deadline (self);

  assert_true (first == 15 * S);
  assert_int_equal (hn_session_handle (self, HN_SESSION_TIME_UP, HN_END_NONE, first), HN_SESSION_DO_FORCE);
  assert_true (hn_session_deadline (self) == 30 * S);
}

static void
the_first_reason_is_the_reason (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_READY);

  hn_session_handle (self, HN_SESSION_END_ASKED, HN_END_USER_QUIT, 0);
  hn_session_handle (self, HN_SESSION_PROCESS_ENDED, HN_END_NONE, 0);
  hn_session_handle (self, HN_SESSION_END_ASKED, HN_END_API_DELETE, 0);
  assert_int_equal (hn_session_get_reason (self), HN_END_USER_QUIT);
}

static void
a_dead_process_stays_the_reason_when_the_error_is_deleted (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_FAILING);

  hn_session_handle (self, HN_SESSION_END_ASKED, HN_END_API_DELETE, 0);
  assert_int_equal (hn_session_get_reason (self), HN_END_PROCESS_EXITED);
}

static void
a_lost_directory_is_its_own_reason (void **unused)
{
  g_autoptr (HnSession) self = session_in (HN_LIFE_ACTIVE);

  hn_session_handle (self, HN_SESSION_DIRECTORY_LOST, HN_END_NONE, 0);
  assert_int_equal (hn_session_get_reason (self), HN_END_DATA_DIRECTORY_LOST);
}

static void
browsers_are_let_in_from_ready_until_the_end (void **unused)
{
  static const gboolean serves[] = { FALSE, FALSE, FALSE, TRUE, TRUE, TRUE, TRUE, FALSE, FALSE, FALSE, FALSE };
  static const gboolean was_ready[] = { FALSE, FALSE, FALSE, TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, TRUE };
  static const char *const states[] = { "starting", "starting", "pairing",  "ready",   "active", "active",
                                        "idle",     "stopping", "stopped", "error", "error" };

  for (int life = HN_LIFE_WAITING; life <= HN_LIFE_ERROR; life++) {
    g_autoptr (HnSession) self = session_in ((HnLife) life);

    assert_int_equal (hn_session_serves (self), serves[life]);
    assert_int_equal (hn_session_was_ready (self), was_ready[life]);
    assert_string_equal (hn_session_state_to_text (hn_session_get_state (self)), states[life]);
  }
}

static void
every_reason_has_a_text_of_its_own (void **unused)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (int reason = HN_END_NONE; reason <= HN_END_WORKER_SHUTDOWN; reason++) {
    assert_true (g_hash_table_add (seen, (gpointer) hn_end_reason_to_text ((HnEndReason) reason)));
    assert_int_equal (*hn_end_reason_to_sentence ((HnEndReason) reason) == '\0', reason == HN_END_NONE);
  }
  assert_true (g_hash_table_contains (seen, "user_quit"));
  assert_true (g_hash_table_contains (seen, "data_directory_lost"));
}

static void
a_session_knows_when_it_was_created (void **unused)
{
  g_autoptr (HnSession) self = hn_session_new (7, &times);

  assert_true (hn_session_get_created (self) == 7);
  assert_int_equal (hn_session_get_reason (self), HN_END_NONE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_row_leads_where_it_says),
    cmocka_unit_test (what_has_no_row_changes_nothing),
    cmocka_unit_test (no_part_of_a_creation_outlives_45_seconds),
    cmocka_unit_test (a_late_start_is_cut_by_the_same_45_seconds),
    cmocka_unit_test (a_page_keeps_a_session_that_nobody_streams),
    cmocka_unit_test (a_page_that_is_left_has_a_short_grace),
    cmocka_unit_test (the_newest_page_has_the_stream),
    cmocka_unit_test (a_reload_cancels_the_grace),
    cmocka_unit_test (one_tab_of_two_that_is_left_means_nothing_later),
    cmocka_unit_test (a_stream_has_no_deadline),
    cmocka_unit_test (a_page_that_plays_without_a_socket_streams_until_it_is_silent),
    cmocka_unit_test (a_page_that_played_without_a_socket_and_is_left_has_the_same_grace),
    cmocka_unit_test (a_page_says_that_it_plays_often_enough_not_to_be_abandoned),
    cmocka_unit_test (an_error_is_shown_for_five_minutes),
    cmocka_unit_test (a_clean_up_that_hangs_is_forced_again_and_again),
    cmocka_unit_test (the_first_reason_is_the_reason),
    cmocka_unit_test (a_dead_process_stays_the_reason_when_the_error_is_deleted),
    cmocka_unit_test (a_lost_directory_is_its_own_reason),
    cmocka_unit_test (browsers_are_let_in_from_ready_until_the_end),
    cmocka_unit_test (every_reason_has_a_text_of_its_own),
    cmocka_unit_test (a_session_knows_when_it_was_created),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
