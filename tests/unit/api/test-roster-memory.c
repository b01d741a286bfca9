/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-memory.h"

#include "tests/support/unit.h"

#include "base/limits.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

/* A roster whose loop is the test: what happens is written down, one word each. */
typedef struct {
  HnRosterMemory *memory;
  HnRoster *roster;
  GString *log;
  gint64 now_us;
  guint woken;
  gboolean freed_later;
  gboolean echo; /* a seat's first CAME makes it say something, from inside the callback */
} World;

static void
on_event (HnRosterGroup *group, const HnRosterEvent *event, gpointer data)
{
  const char *const kinds[] = { "came", "left", "said", "reset", "replaced" };
  World *world = data;

  g_string_append_printf (world->log, "%s:%s:%s", kinds[event->kind], event->seat.member, event->seat.connection);
  if (event->kind == HN_ROSTER_SAID)
    g_string_append_printf (world->log, ":%s:%s", event->to != NULL ? event->to : "-", event->text);
  if (event->kind == HN_ROSTER_LEFT)
    g_string_append_printf (world->log, ":%u", event->cause);
  g_string_append_printf (world->log, "#%" G_GUINT64_FORMAT "=%u ", event->offset, event->seats_of_member);
  if (event->offset > 0) /* the mirror is as far as the event */
    assert_int_equal (hn_roster_group_get_offset (group), event->offset);
  assert_string_equal (hn_roster_group_get_epoch (group), event->epoch);
  if (world->echo && event->kind == HN_ROSTER_CAME)
    assert_true (hn_roster_say (world->roster, hn_roster_group_get_name (group), event->seat.connection, NULL, "{}", 2));
}

static void
on_joined (HnRosterOutcome outcome, HnRosterGroup *group, gpointer data)
{
  const char *const outcomes[] = { "joined", "full", "in-use", "busy" };
  World *world = data;

  assert_int_equal (group != NULL, outcome == HN_ROSTER_JOINED);
  g_string_append_printf (world->log, "%s%u ", outcomes[outcome], group != NULL ? hn_roster_group_get_members (group) : 0);
}

static void
wake (gpointer data)
{
  ((World *) data)->woken++;
}

static void
later_free (gpointer data)
{
  ((World *) data)->freed_later = TRUE;
}

static const HnRosterEvents events = { .event = on_event };

static World *
world_new (void)
{
  World *world = g_new0 (World, 1);

  world->log = g_string_new (NULL);
  world->memory = hn_roster_memory_new ("p1", &events, world, wake, world, later_free);
  world->roster = hn_roster_memory_as_roster (world->memory);
  return world;
}

static void
world_free (World *world)
{
  hn_roster_free (world->roster);
  assert_true (world->freed_later);
  g_string_free (world->log, TRUE);
  g_free (world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

static void
join_as (World *world, const char *group, const char *member, const char *connection, HnRosterRule rule, guint most, const char *card)
{
  hn_roster_join (world->roster, group, &(HnRosterSeat){ .member = member, .connection = connection, .card = card },
                  &(HnRosterJoinRules){ rule, most }, on_joined, world);
}

static void
join (World *world, const char *group, const char *member, const char *connection, HnRosterRule rule, guint most)
{
  join_as (world, group, member, connection, rule, most, "{\"c\":1}");
}

static void
run (World *world)
{
  while (hn_roster_memory_run (world->memory, world->now_us, world->now_us + 5, 3))
    ;
}

static void
assert_log (World *world, const char *expected)
{
  run (world);
  assert_string_equal (world->log->str, expected);
  g_string_truncate (world->log, 0);
}

static void
say (World *world, const char *group, const char *connection, const char *to, const char *text)
{
  assert_true (hn_roster_say (world->roster, group, connection, to, text, strlen (text)));
}

static void
nothing_comes_from_inside_a_call (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  assert_string_equal (world->log->str, "");
  assert_int_equal (world->woken, 1);
  assert_null (hn_roster_find (world->roster, "r"));
  assert_log (world, "joined1 came:ann:a1#1=1 ");
  assert_string_equal (hn_roster_group_get_name (hn_roster_find (world->roster, "r")), "r");
}

static void
who_joins_hears_its_own_coming_and_all_that_follows (void **state)
{
  g_autoptr (World) world = world_new ();
  const HnRosterSeat *seat;

  world->now_us = 10;
  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  say (world, "r", "a1", NULL, "{\"n\":1}");
  say (world, "r", "b1", "ann", "{\"n\":2}");
  run (world);
  hn_roster_leave (world->roster, "r", "b1");
  assert_log (world, "joined1 came:ann:a1#1=1 joined2 came:bob:b1#2=1 said:ann:a1:-:{\"n\":1}#3=0 said:bob:b1:ann:{\"n\":2}#4=0 "
                     "left:bob:b1:0#5=0 ");
  seat = hn_roster_group_find_member (hn_roster_find (world->roster, "r"), "ann");
  assert_int_equal (seat->since_utc_us, 15);
  assert_string_equal (seat->process, "p1");
  assert_string_equal (seat->card, "{\"c\":1}");
}

static void
what_is_done_inside_a_callback_comes_after_it (void **state)
{
  g_autoptr (World) world = world_new ();

  world->echo = TRUE;
  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  assert_log (world, "joined1 came:ann:a1#1=1 joined2 came:bob:b1#2=1 said:ann:a1:-:{}#3=0 said:bob:b1:-:{}#4=0 ");
}

static void
a_second_tab_is_no_second_member (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 1);
  join (world, "r", "ann", "a2", HN_ROSTER_SHARED, 1);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 1);
  run (world);
  hn_roster_leave (world->roster, "r", "a1");
  hn_roster_leave (world->roster, "r", "a2");
  assert_log (world, "joined1 came:ann:a1#1=1 joined1 came:ann:a2#2=2 full0 left:ann:a1:0#3=1 left:ann:a2:0#4=0 ");
}

static void
a_second_seat_came_when_its_member_came (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  run (world);
  world->now_us = 1000;
  join (world, "r", "ann", "a2", HN_ROSTER_SHARED, 0);
  run (world);
  assert_int_equal (hn_roster_group_find_seat (hn_roster_find (world->roster, "r"), "a2")->since_utc_us, 5);
}

static void
who_is_refused_leaves_no_trace (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 1);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 1);
  join (world, "r", "bob", "a1", HN_ROSTER_SHARED, 5); /* somebody's connection */
  run (world);
  say (world, "r", "b1", NULL, "{}");
  hn_roster_leave (world->roster, "r", "b1");
  assert_log (world, "joined1 came:ann:a1#1=1 full0 in-use0 ");
}

static void
the_first_keeps_its_place (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "m", "ann", "a1", HN_ROSTER_KEEP, 0);
  join (world, "m", "ann", "a2", HN_ROSTER_KEEP, 0);
  run (world);
  hn_roster_leave (world->roster, "m", "a1");
  join (world, "m", "ann", "a3", HN_ROSTER_KEEP, 0);
  assert_log (world, "joined1 came:ann:a1#1=1 in-use0 left:ann:a1:0#2=0 joined1 came:ann:a3#3=1 ");
}

static void
the_last_takes_over_without_anybody_leaving (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "m", "ann", "a1", HN_ROSTER_REPLACE, 1);
  join (world, "m", "ann", "a2", HN_ROSTER_REPLACE, 1);
  run (world);
  hn_roster_leave (world->roster, "m", "a1");
  assert_log (world, "joined1 came:ann:a1#1=1 replaced:ann:a1#0=0 joined1 came:ann:a2#2=1 ");
  assert_int_equal (hn_roster_group_get_members (hn_roster_find (world->roster, "m")), 1);
}

static void
the_last_takes_over_only_from_its_like (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "m", "ann", "a1", HN_ROSTER_REPLACE_OWN, 1);
  join_as (world, "m", "ann", "a2", HN_ROSTER_REPLACE_OWN, 1, "{\"c\":2}");
  join (world, "m", "ann", "a3", HN_ROSTER_REPLACE_OWN, 1);
  assert_log (world, "joined1 came:ann:a1#1=1 in-use0 replaced:ann:a1#0=0 joined1 came:ann:a3#2=1 ");
}

static void
a_join_that_left_again_is_not_answered (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  hn_roster_leave (world->roster, "r", "a1");
  assert_log (world, "");
  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  hn_roster_leave (world->roster, "other", "a1");
  assert_log (world, "joined1 came:ann:a1#1=1 ");
}

static void
an_operator_takes_out_all_seats_of_a_member (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  join (world, "r", "ann", "a2", HN_ROSTER_SHARED, 0);
  run (world);
  g_string_truncate (world->log, 0);
  hn_roster_remove (world->roster, "r", "ann");
  hn_roster_remove (world->roster, "r", "eve");
  hn_roster_remove (world->roster, "s", "eve");
  assert_log (world, "left:ann:a1:2#4=1 left:ann:a2:2#5=0 ");
}

static void
a_member_takes_back_a_seat_of_its_own (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  join (world, "r", "ann", "a2", HN_ROSTER_SHARED, 0);
  run (world);
  g_string_truncate (world->log, 0);
  hn_roster_take_back (world->roster, "r", "ann", "b1");
  hn_roster_take_back (world->roster, "r", "ann", "a9");
  hn_roster_take_back (world->roster, "s", "ann", "a1");
  assert_log (world, "");
  hn_roster_take_back (world->roster, "r", "ann", "a1");
  assert_log (world, "left:ann:a1:0#4=1 ");
}

static void
a_mirror_goes_with_its_last_seat (void **state)
{
  g_autoptr (World) world = world_new ();

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  run (world);
  hn_roster_leave (world->roster, "r", "a1");
  run (world);
  join (world, "r", "ann", "a2", HN_ROSTER_SHARED, 0);
  run (world);
  assert_non_null (hn_roster_find (world->roster, "r"));
  hn_roster_leave (world->roster, "r", "a2");
  run (world);
  assert_null (hn_roster_find (world->roster, "r"));
}

typedef struct {
  int n; /* events, seats or groups; -1: incomplete */
  guint64 first;
  GString *text;
} Answer;

static void
on_caught (gboolean complete, const HnRosterEvent *caught, guint n, gpointer data)
{
  Answer *answer = data;

  answer->n = complete ? (int) n : -1;
  answer->first = n > 0 ? caught[0].offset : 0;
}

static void
who_comes_back_gets_what_it_missed (void **state)
{
  g_autoptr (World) world = world_new ();
  g_autofree char *epoch = NULL;
  Answer answer = { 0 };

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  run (world);
  epoch = g_strdup (hn_roster_group_get_epoch (hn_roster_find (world->roster, "r")));
  say (world, "r", "a1", NULL, "{\"n\":1}");
  say (world, "r", "a1", NULL, "{\"n\":2}");
  hn_roster_catch_up (world->roster, "r", epoch, 1, on_caught, &answer);
  say (world, "r", "a1", NULL, "{\"n\":3}"); /* comes after the answer */
  run (world);
  assert_int_equal (answer.n, 2);
  assert_int_equal (answer.first, 2);
  hn_roster_catch_up (world->roster, "r", "other", 1, on_caught, &answer);
  run (world);
  assert_int_equal (answer.n, -1);
  hn_roster_leave (world->roster, "r", "a1");
  run (world);
  world->now_us += HN_LIMIT_ROSTER_HISTORY_SECONDS * SECOND;
  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0); /* too late: offsets began anew */
  hn_roster_catch_up (world->roster, "r", epoch, 1, on_caught, &answer);
  run (world);
  assert_int_equal (answer.n, -1);
  assert_int_equal (hn_roster_group_get_offset (hn_roster_find (world->roster, "r")), 1);
}

static void
on_looked (const HnRosterSeat *seats, guint n, const GError *error, gpointer data)
{
  Answer *answer = data;

  assert_null (error);
  answer->n = (int) n;
  for (guint i = 0; i < n; i++)
    g_string_append_printf (answer->text, "%s ", seats[i].connection);
}

static void
on_listed (const char *const *groups, const guint *members, guint n, const GError *error, gpointer data)
{
  Answer *answer = data;

  assert_null (error);
  answer->n = (int) n;
  for (guint i = 0; i < n; i++)
    g_string_append_printf (answer->text, "%s=%u ", groups[i], members[i]);
}

static void
groups_and_who_is_in_them_are_told (void **state)
{
  g_autoptr (World) world = world_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  Answer answer = { .text = text };

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  join (world, "r", "ann", "a2", HN_ROSTER_SHARED, 0);
  hn_roster_look (world->roster, "r", on_looked, &answer);
  hn_roster_look (world->roster, "s", on_looked, &answer);
  hn_roster_list (world->roster, 10, on_listed, &answer);
  run (world);
  assert_string_equal (text->str, "a1 b1 r=2 ");
  join (world, "s", "ann", "a3", HN_ROSTER_SHARED, 0);
  hn_roster_list (world->roster, 1, on_listed, &answer);
  run (world);
  assert_int_equal (answer.n, 1);
}

static void
words_and_joins_are_refused_when_too_much_waits (void **state)
{
  g_autoptr (World) world = world_new ();
  g_autofree char *text = g_strnfill (HN_LIMIT_ROSTER_TEXT_BYTES, 'x');
  guint said = 0;

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  run (world);
  g_string_truncate (world->log, 0);
  text[0] = '{';
  while (said < 100000 && hn_roster_say (world->roster, "r", "a1", NULL, text, HN_LIMIT_ROSTER_TEXT_BYTES))
    said++;
  assert_int_equal (said, HN_LIMIT_ROSTER_WAITING_BYTES / HN_LIMIT_ROSTER_TEXT_BYTES);
  hn_roster_leave (world->roster, "r", "a1");
  run (world);
  assert_null (hn_roster_find (world->roster, "r")); /* a leave always goes through */
  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  run (world);
  for (said = 0; said < 100000 && hn_roster_say (world->roster, "r", "a1", NULL, "{}", 2);)
    said++;
  assert_int_equal (said, HN_LIMIT_ROSTER_WAITING);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  join (world, "r", "bob", "b2", HN_ROSTER_SHARED, 0);
  hn_roster_leave (world->roster, "r", "b2");
  run (world);
  assert_true (g_str_has_suffix (world->log->str, "=0 busy0 "));
}

static void
on_closed (gpointer data)
{
  g_string_append (((World *) data)->log, "closed ");
}

static void
who_closes_lets_nobody_in_any_more (void **state)
{
  g_autoptr (World) world = world_new ();
  HnRosterFigures figures;

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  run (world);
  g_string_truncate (world->log, 0);
  hn_roster_close (world->roster, on_closed, world);
  join (world, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  assert_log (world, "busy0 closed ");
  assert_null (hn_roster_find (world->roster, "r"));
  hn_roster_get_figures (world->roster, &figures);
  assert_int_equal (figures.seats, 0);
}

static void
figures_count (void **state)
{
  g_autoptr (World) world = world_new ();
  HnRosterFigures figures;

  join (world, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  join (world, "s", "ann", "a2", HN_ROSTER_REPLACE, 0);
  join (world, "s", "ann", "a3", HN_ROSTER_REPLACE, 0);
  say (world, "r", "a1", NULL, "{}");
  run (world);
  hn_roster_get_figures (world->roster, &figures);
  assert_true (figures.available);
  assert_int_equal (figures.groups, 2);
  assert_int_equal (figures.seats, 2);
  assert_int_equal (figures.published, 1);
  assert_int_equal (figures.received, 5);
  assert_int_equal (figures.last_round_us, -1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing_comes_from_inside_a_call),
    cmocka_unit_test (who_joins_hears_its_own_coming_and_all_that_follows),
    cmocka_unit_test (what_is_done_inside_a_callback_comes_after_it),
    cmocka_unit_test (a_second_tab_is_no_second_member),
    cmocka_unit_test (a_second_seat_came_when_its_member_came),
    cmocka_unit_test (who_is_refused_leaves_no_trace),
    cmocka_unit_test (the_first_keeps_its_place),
    cmocka_unit_test (the_last_takes_over_without_anybody_leaving),
    cmocka_unit_test (the_last_takes_over_only_from_its_like),
    cmocka_unit_test (a_join_that_left_again_is_not_answered),
    cmocka_unit_test (an_operator_takes_out_all_seats_of_a_member),
    cmocka_unit_test (a_member_takes_back_a_seat_of_its_own),
    cmocka_unit_test (a_mirror_goes_with_its_last_seat),
    cmocka_unit_test (who_comes_back_gets_what_it_missed),
    cmocka_unit_test (groups_and_who_is_in_them_are_told),
    cmocka_unit_test (words_and_joins_are_refused_when_too_much_waits),
    cmocka_unit_test (who_closes_lets_nobody_in_any_more),
    cmocka_unit_test (figures_count),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
