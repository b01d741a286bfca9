/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the lives of test-roster-cluster found once, each alone. */
#include "api/roster-cluster-private.h"

#include "tests/support/unit.h"

#include <string.h>

#include "roster-model.h"

#define LEASE ((gint64) 1000)

static void
on_nothing (HnRosterGroup *group, const HnRosterEvent *event, gpointer data)
{
}

static void
count_said (HnRosterGroup *group, const HnRosterEvent *event, gpointer data)
{
  *(guint *) data += event->kind == HN_ROSTER_SAID;
}

static void
count_joined (HnRosterOutcome outcome, HnRosterGroup *group, gpointer data)
{
  assert_int_equal (outcome, HN_ROSTER_JOINED);
  ++*(guint *) data;
}

static void
join_as (HnRoster *roster, const char *group, const char *connection, guint *joined)
{
  hn_roster_join (roster, group, &(HnRosterSeat){ .member = "ann", .connection = connection, .card = "{}" }, &(HnRosterJoinRules){ 0 },
                  count_joined, joined);
}

/* Two rosters, and nothing is late. */
static void
settle_links (ModelLink *one, ModelLink *other)
{
  while (model_run (one) || model_execute (one) || model_answer (one) || model_hear (one) || model_run (other) || model_execute (other)
         || model_answer (other) || model_hear (other))
    ;
}

static void
on_not_caught (gboolean complete, const HnRosterEvent *caught, guint n, gpointer data)
{
  assert_false (complete);
}

static void
a_seat_whose_owner_left_before_it_came_is_not_registered (void **state)
{
  static const HnRosterEvents events = { on_nothing, NULL, NULL };
  Model *model = model_new (LEASE);
  ModelLink *link = model_join (model, "p1", &events, NULL), *other = model_join (model, "p2", &events, NULL);
  HnRoster *roster = hn_roster_cluster_as_roster (link->cluster);
  guint joined = 0;

  model_mend (link);
  model_mend (other);
  settle_links (link, other);
  join_as (roster, "room", "a1", &joined);
  settle_links (link, other);
  assert_int_equal (joined, 1);
  join_as (roster, "room", "a2", &joined);
  model_run (link);
  model_execute (link);
  hn_roster_leave (roster, "room", "a2");
  model_run (link);
  model_execute (link);
  assert_true (model_answer (link) && model_answer (link)); /* both, before what they caused is heard */
  assert_true (model_hear (link));                          /* it came */
  model_cut (link, CUT_LOST);                               /* and nobody hears that it left */
  model_mend (link);
  settle_links (link, other);
  assert_int_equal (joined, 1);
  assert_true (model_has_seat (model, "room", "a1"));
  assert_false (model_has_seat (model, "room", "a2"));
  assert_null (hn_roster_group_find_seat (hn_roster_find (roster, "room"), "a2"));
  model_free (model);
}

static void
words_that_are_held_are_not_taken_for_told (void **state)
{
  static const HnRosterEvents events = { count_said, NULL, NULL };
  guint said = 0, joined = 0;
  Model *model = model_new (LEASE);
  ModelLink *link = model_join (model, "p1", &events, &said), *other = model_join (model, "p2", &events, &said);
  HnRoster *roster = hn_roster_cluster_as_roster (link->cluster);

  model_mend (link);
  model_mend (other);
  settle_links (link, other);
  join_as (roster, "room", "a1", &joined);
  join_as (roster, "mesh", "a2", &joined);
  settle_links (link, other);
  assert_true (hn_roster_say (roster, "room", "a1", NULL, "{}", 2));
  settle_links (link, other);
  hn_roster_catch_up (roster, "room", hn_roster_group_get_epoch (hn_roster_find (roster, "room")), 1, on_not_caught, NULL);
  assert_true (hn_roster_say (roster, "room", "a1", NULL, "{}", 2));
  assert_true (hn_roster_say (roster, "mesh", "a2", NULL, "{}", 2));
  model_run (link);
  while (model_execute (link))
    ;
  while (model_hear (link)) /* the first is held until the catching up is answered, the second is not */
    ;
  assert_int_equal (said, 2);
  model_cut (link, CUT_LOST);
  settle_links (link, other);
  assert_int_equal (said, 3);
  model_free (model);
}

static void
a_seat_that_others_remember_wrongly_is_expelled (void **state)
{
  static const HnRosterEvents events = { on_nothing, NULL, NULL };
  Model *model = model_new (LEASE);
  ModelLink *link = model_join (model, "p1", &events, NULL), *other = model_join (model, "p2", &events, NULL);
  HnRoster *roster = hn_roster_cluster_as_roster (link->cluster);
  g_autofree char *text = NULL;
  guint joined = 0;

  model_mend (link);
  model_mend (other);
  settle_links (link, other);
  join_as (roster, "room", "a1", &joined);
  settle_links (link, other);
  text = g_strdup_printf ("{\"roster\":\"1 2 %s c p1 a9 ann 1 1 - 7\",\"card\":{}}", hn_roster_group_get_epoch (hn_roster_find (roster, "room")));
  hn_roster_cluster_hear (link->cluster, "room", text, strlen (text));
  assert_null (hn_roster_group_find_seat (hn_roster_find (roster, "room"), "a9"));
  assert_int_equal (hn_roster_group_get_offset (hn_roster_find (roster, "room")), 2);
  model_run (link);
  assert_int_equal (link->asked.length, 1); /* what is asked stands first there */
  assert_int_equal (((const HnRosterAsk *) link->asked.head->data)->kind, HN_ROSTER_ASK_LEAVE);
  assert_string_equal (((const HnRosterAsk *) link->asked.head->data)->connection, "a9");
  model_free (model);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_seat_whose_owner_left_before_it_came_is_not_registered),
    cmocka_unit_test (words_that_are_held_are_not_taken_for_told),
    cmocka_unit_test (a_seat_that_others_remember_wrongly_is_expelled),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
