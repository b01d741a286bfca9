/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-history.h"

#include "tests/support/unit.h"

#include "base/limits.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define TIME (HN_LIMIT_ROSTER_HISTORY_SECONDS * SECOND)

static void
say (HnRosterHistory *history, const char *group, guint64 offset, const char *text, gint64 now_us)
{
  const HnRosterSeat *seat = hn_roster_seat_new (&(HnRosterSeat){ .member = "ann", .connection = "a1", .card = "{}" }, "p1", 1);
  HnRosterEvent event = { .kind = HN_ROSTER_SAID, .offset = offset, .text = text, .length = strlen (text), .to = offset % 2 ? "bob" : NULL };

  hn_roster_history_add (history, group, &event, seat, now_us);
  hn_roster_seat_unref (seat);
}

/* How many events after @offset, or -1: not all are there. */
static int
count (HnRosterHistory *history, const char *group, const char *epoch, guint64 offset, gint64 now_us)
{
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (HnRosterEvent));

  if (!hn_roster_history_get (history, group, epoch, offset, now_us, events)) {
    assert_int_equal (events->len, 0);
    return -1;
  }
  for (guint i = 0; i < events->len; i++)
    assert_int_equal (g_array_index (events, HnRosterEvent, i).offset, offset + 1 + i);
  return (int) events->len;
}

static void
what_came_after_an_offset_is_there_word_for_word (void **state)
{
  g_autoptr (HnRosterHistory) history = hn_roster_history_new ();
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (HnRosterEvent));
  const HnRosterEvent *event;
  guint64 offset = 99;

  assert_string_equal (hn_roster_history_open (history, "r", "e1", 0, &offset), "e1");
  assert_int_equal (offset, 0);
  say (history, "r", 1, "{\"a\":1}", 0);
  say (history, "r", 2, "{\"a\":2}", 0);
  say (history, "r", 3, "{\"a\":3}", 0);
  assert_true (hn_roster_history_get (history, "r", "e1", 1, 1, events));
  assert_int_equal (events->len, 2);
  event = &g_array_index (events, HnRosterEvent, 1);
  assert_int_equal (event->offset, 3);
  assert_string_equal (event->epoch, "e1");
  assert_string_equal (event->text, "{\"a\":3}");
  assert_int_equal (event->length, 7);
  assert_string_equal (event->to, "bob");
  assert_null (g_array_index (events, HnRosterEvent, 0).to);
  assert_string_equal (event->seat.member, "ann");
  assert_string_equal (event->seat.connection, "a1");
  assert_int_equal (count (history, "r", "e1", 3, 1), 0);
}

static void
another_epoch_the_future_and_unknown_groups_are_not_complete (void **state)
{
  g_autoptr (HnRosterHistory) history = hn_roster_history_new ();
  guint64 offset;

  hn_roster_history_open (history, "r", "e1", 0, &offset);
  say (history, "r", 1, "{}", 0);
  assert_int_equal (count (history, "r", "e2", 0, 0), -1);
  assert_int_equal (count (history, "r", "e1", 2, 0), -1);
  assert_int_equal (count (history, "s", "e1", 0, 0), -1);
  assert_int_equal (count (history, "r", "e1", 0, 0), 1);
}

static void
a_ring_keeps_so_many_events (void **state)
{
  g_autoptr (HnRosterHistory) history = hn_roster_history_new ();
  guint64 offset;

  hn_roster_history_open (history, "r", "e1", 0, &offset);
  for (guint i = 1; i <= HN_LIMIT_ROSTER_HISTORY + 5; i++)
    say (history, "r", i, "{}", 0);
  assert_int_equal (count (history, "r", "e1", 4, 0), -1);
  assert_int_equal (count (history, "r", "e1", 5, 0), HN_LIMIT_ROSTER_HISTORY);
}

static void
a_ring_keeps_so_many_bytes (void **state)
{
  g_autoptr (HnRosterHistory) history = hn_roster_history_new ();
  g_autofree char *text = g_strnfill (HN_LIMIT_ROSTER_HISTORY_GROUP_BYTES / 3, 'x');
  guint64 offset;

  hn_roster_history_open (history, "r", "e1", 0, &offset);
  for (guint i = 1; i <= 4; i++)
    say (history, "r", i, text, 0);
  assert_in_range (hn_roster_history_get_bytes (history), 1, HN_LIMIT_ROSTER_HISTORY_GROUP_BYTES);
  assert_int_equal (count (history, "r", "e1", 1, 0), -1);
  assert_int_equal (count (history, "r", "e1", 2, 0), 2);
}

static void
all_groups_together_have_so_many_bytes (void **state)
{
  g_autoptr (HnRosterHistory) history = hn_roster_history_new ();
  g_autofree char *text = g_strnfill (HN_LIMIT_ROSTER_HISTORY_GROUP_BYTES / 2, 'x');
  guint groups = HN_LIMIT_ROSTER_HISTORY_BYTES / (HN_LIMIT_ROSTER_HISTORY_GROUP_BYTES / 2) + 3;
  guint64 offset;

  for (guint i = 0; i < groups; i++) {
    g_autofree char *name = g_strdup_printf ("r%u", i);

    hn_roster_history_open (history, name, "e1", 0, &offset);
    say (history, name, 1, text, 0);
  }
  assert_in_range (hn_roster_history_get_bytes (history), 1, HN_LIMIT_ROSTER_HISTORY_BYTES);
  assert_int_equal (count (history, "r0", "e1", 0, 0), -1);
  assert_int_equal (count (history, "r0", "e1", 1, 0), 0);
  assert_int_equal (count (history, "r60", "e1", 0, 0), 1);
}

static void
events_go_when_they_are_old (void **state)
{
  g_autoptr (HnRosterHistory) history = hn_roster_history_new ();
  guint64 offset;

  hn_roster_history_open (history, "r", "e1", 0, &offset);
  say (history, "r", 1, "{}", 0);
  say (history, "r", 2, "{}", SECOND);
  assert_int_equal (count (history, "r", "e1", 0, TIME - 1), 2);
  assert_int_equal (count (history, "r", "e1", 0, TIME), -1);
  assert_int_equal (count (history, "r", "e1", 1, TIME), 1);
  assert_int_equal (count (history, "r", "e1", 2, 2 * TIME), 0);
  assert_int_equal (hn_roster_history_get_bytes (history), 0);
}

static void
a_group_without_seats_is_remembered_for_a_while (void **state)
{
  g_autoptr (HnRosterHistory) history = hn_roster_history_new ();
  guint64 offset;

  hn_roster_history_open (history, "r", "e1", 0, &offset);
  say (history, "r", 1, "{}", 0);
  hn_roster_history_close (history, "r", 0);
  assert_string_equal (hn_roster_history_open (history, "r", "e2", TIME - 1, &offset), "e1");
  assert_int_equal (offset, 1);
  assert_int_equal (count (history, "r", "e1", 0, TIME - 1), 1);
  hn_roster_history_close (history, "r", TIME);
  assert_string_equal (hn_roster_history_open (history, "r", "e2", 2 * TIME, &offset), "e2");
  assert_int_equal (offset, 0);
}

static void
so_many_groups_without_seats_are_remembered (void **state)
{
  g_autoptr (HnRosterHistory) history = hn_roster_history_new ();
  guint64 offset;

  for (guint i = 0; i <= HN_LIMIT_ROSTER_PASTS; i++) {
    g_autofree char *name = g_strdup_printf ("r%u", i);

    hn_roster_history_open (history, name, "e1", 0, &offset);
    hn_roster_history_close (history, name, 0);
  }
  assert_string_equal (hn_roster_history_open (history, "r0", "e2", 0, &offset), "e2");
  assert_string_equal (hn_roster_history_open (history, "r1", "e2", 0, &offset), "e1");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_came_after_an_offset_is_there_word_for_word),
    cmocka_unit_test (another_epoch_the_future_and_unknown_groups_are_not_complete),
    cmocka_unit_test (a_ring_keeps_so_many_events),
    cmocka_unit_test (a_ring_keeps_so_many_bytes),
    cmocka_unit_test (all_groups_together_have_so_many_bytes),
    cmocka_unit_test (events_go_when_they_are_old),
    cmocka_unit_test (a_group_without_seats_is_remembered_for_a_while),
    cmocka_unit_test (so_many_groups_without_seats_are_remembered),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
