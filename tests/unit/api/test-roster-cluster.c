/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rosters on a model of their store, in which everything that can be late is late at random: what must hold then, from many seeds. */
#include "api/roster-cluster-private.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "roster-model.h"

#define LEASE ((gint64) 1000)
#define SEATS 400
#define SAYS 4000

typedef struct _World World;

typedef struct {
  World *world;
  guint node;
  const char *group;
  char connection[16];
  char member[8];
  gboolean answered, joined, left, lost; /* lost: taken over */
} Seat;

typedef struct {
  guint seat;
  guint told[8]; /* to each node */
} Said;

typedef struct {
  World *world;
  guint index;
  ModelLink *link; /* NULL: dead */
  HnRoster *roster;
  guint64 offset[2]; /* of the last event of each group */
  char *epoch[2];
  guint last_said[SEATS]; /* + 1 */
  const char *awaited[2]; /* connection that must come next */
} Node;

struct _World {
  guint32 seed;
  HnRandom *random;
  Model *model;
  Node nodes[8];
  guint n_nodes;
  Seat seats[SEATS];
  guint n_seats;
  Said said[SAYS];
  guint n_said;
  gboolean outages, deaths;
  guint members_max;
};

static const char *const groups[] = { "room", "mesh" };

#define CHECK(world, what)                                        \
  do {                                                            \
    if (!(what))                                                  \
      fail_msg ("seed %u: %s", (unsigned) (world)->seed, #what);  \
  } while (0)

static guint
below (World *world, guint limit)
{
  return hn_random_below (world->random, limit);
}

static Seat *
seat_of (World *world, const char *connection)
{
  return &world->seats[atoi (connection + 1)];
}

static guint
index_of (const char *group)
{
  return g_str_equal (group, groups[0]) ? 0 : 1;
}

/* ---- what is heard ---- */

static void
check_offset (Node *node, guint at, const HnRosterEvent *event)
{
  if (event->offset == HN_ROSTER_NO_OFFSET)
    return;
  if (event->kind != HN_ROSTER_RESET && node->epoch[at] != NULL && g_str_equal (node->epoch[at], event->epoch))
    CHECK (node->world, event->offset > node->offset[at]);
  g_free (node->epoch[at]);
  node->epoch[at] = g_strdup (event->epoch);
  node->offset[at] = event->offset;
}

static void
check_said (Node *node, const HnRosterEvent *event)
{
  World *world = node->world;
  guint number = (guint) atoi (event->text + strlen ("{\"n\":"));
  guint seat = world->said[number].seat;

  CHECK (world, ++world->said[number].told[node->index] == 1);
  CHECK (world, number + 1 > node->last_said[seat]);
  node->last_said[seat] = number + 1;
  CHECK (world, g_str_equal (event->seat.connection, world->seats[seat].connection));
}

static void
check_left (Node *node, const HnRosterEvent *event)
{
  World *world = node->world;
  Seat *seat = seat_of (world, event->seat.connection);

  if (event->cause == HN_ROSTER_LAPSED)
    CHECK (world, world->nodes[seat->node].link == NULL);
  else
    CHECK (world, seat->left || seat->lost);
}

static void
on_event (HnRosterGroup *group, const HnRosterEvent *event, gpointer data)
{
  Node *node = data;
  World *world = node->world;
  guint at = index_of (hn_roster_group_get_name (group));

  if (node->awaited[at] != NULL && event->kind != HN_ROSTER_REPLACED) {
    CHECK (world, event->kind == HN_ROSTER_CAME && g_str_equal (event->seat.connection, node->awaited[at]));
    node->awaited[at] = NULL;
  }
  check_offset (node, at, event);
  if (event->kind == HN_ROSTER_SAID) {
    check_said (node, event);
  } else if (event->kind == HN_ROSTER_LEFT) {
    check_left (node, event);
    CHECK (world, hn_roster_group_find_seat (group, event->seat.connection) == NULL);
  } else if (event->kind == HN_ROSTER_REPLACED) {
    CHECK (world, seat_of (world, event->seat.connection)->node == node->index && at == 1);
    CHECK (world, !seat_of (world, event->seat.connection)->lost);
    seat_of (world, event->seat.connection)->lost = TRUE;
  }
}

static void
on_joined (HnRosterOutcome outcome, HnRosterGroup *group, gpointer data)
{
  Seat *seat = data;
  World *world = seat->world;

  CHECK (world, !seat->answered && !seat->left);
  seat->answered = TRUE;
  seat->joined = outcome == HN_ROSTER_JOINED;
  if (!seat->joined)
    return;
  CHECK (world, hn_roster_group_find_seat (group, seat->connection) != NULL);
  world->nodes[seat->node].awaited[index_of (seat->group)] = seat->connection;
}

/* ---- what members do ---- */

static void
join (World *world, Node *node)
{
  Seat *seat = &world->seats[world->n_seats];
  guint at = below (world, 2);
  HnRosterJoinRules rules = { at == 0 ? HN_ROSTER_SHARED : HN_ROSTER_REPLACE, world->members_max };

  *seat = (Seat){ .world = world, .node = node->index, .group = groups[at] };
  g_snprintf (seat->connection, sizeof seat->connection, "c%u", world->n_seats++);
  g_snprintf (seat->member, sizeof seat->member, "m%u", below (world, 6));
  hn_roster_join (node->roster, seat->group, &(HnRosterSeat){ .member = seat->member, .connection = seat->connection, .card = "{}" },
                  &rules, on_joined, seat);
}

static Seat *
any_seat (World *world, Node *node)
{
  for (guint i = 0; i < 10 && world->n_seats > 0; i++) {
    Seat *seat = &world->seats[below (world, world->n_seats)];

    if (seat->node == node->index && !seat->left && !seat->lost)
      return seat;
  }
  return NULL;
}

static void
say (World *world, Node *node)
{
  Seat *seat = any_seat (world, node);
  g_autofree char *text = NULL;

  if (seat == NULL || !seat->joined || world->n_said == SAYS)
    return;
  text = g_strdup_printf ("{\"n\":%u}", world->n_said);
  world->said[world->n_said++].seat = (guint) (seat - world->seats);
  assert_true (hn_roster_say (node->roster, seat->group, seat->connection, NULL, text, strlen (text)));
}

static void
leave (World *world, Node *node)
{
  Seat *seat = any_seat (world, node);

  if (seat == NULL)
    return;
  seat->left = TRUE;
  hn_roster_leave (node->roster, seat->group, seat->connection);
}

static void
on_caught (gboolean complete, const HnRosterEvent *events, guint n, gpointer data)
{
  for (guint i = 1; i < n; i++)
    assert_int_equal (events[i].offset, events[i - 1].offset + 1);
}

static void
catch_up (World *world, Node *node)
{
  guint at = below (world, 2);

  if (node->epoch[at] != NULL)
    hn_roster_catch_up (node->roster, groups[at], node->epoch[at], node->offset[at] - MIN (node->offset[at], below (world, 5)), on_caught, node);
}

static void
do_something (World *world)
{
  Node *node = &world->nodes[below (world, world->n_nodes)];
  guint what = below (world, 10);

  if (node->link == NULL)
    return;
  if (what < 2 && world->n_seats < SEATS)
    join (world, node);
  else if (what < 7)
    say (world, node);
  else if (what < 9)
    leave (world, node);
  else
    catch_up (world, node);
}

/* ---- what the world does ---- */

static gboolean
step_link (World *world, Node *node)
{
  ModelLink *link = node->link;

  if (link == NULL)
    return FALSE;
  if (link->dropped) {
    model_cut (link, (ModelCut) below (world, 3));
    return TRUE;
  }
  switch (below (world, 4)) {
  case 0:
    return model_execute (link);
  case 1:
    return model_answer (link);
  case 2:
    return model_hear (link);
  default:
    return model_run (link);
  }
}

/* Until nothing is late. */
static void
settle (World *world)
{
  for (gboolean busy = TRUE; busy;) {
    busy = FALSE;
    for (guint i = 0; i < world->n_nodes; i++) {
      ModelLink *link = world->nodes[i].link;

      while (link != NULL && (link->dropped || model_execute (link) || model_answer (link) || model_hear (link) || model_run (link))) {
        busy = TRUE;
        if (link->dropped) {
          model_cut (link, CUT_LOST);
          model_mend (link);
        }
      }
    }
  }
}

static void
pass (World *world, gint64 us)
{
  for (; us > 0; us -= LEASE / 40) {
    world->model->now_us += LEASE / 40;
    settle (world);
  }
}

static void
begin_node (World *world)
{
  static const HnRosterEvents events = { on_event, NULL, NULL };
  Node *node = &world->nodes[world->n_nodes];
  g_autofree char *process = g_strdup_printf ("p%u", world->n_nodes);

  *node = (Node){ .world = world, .index = world->n_nodes++ };
  node->link = model_join (world->model, process, &events, node);
  node->roster = hn_roster_cluster_as_roster (node->link->cluster);
  model_mend (node->link);
}

/* The store is away from everybody, for up to three leases, and perhaps forgets; all are back within one. */
static void
have_outage (World *world)
{
  ModelCut how = (ModelCut) below (world, 3);
  gint64 long_us = below (world, 3 * LEASE);

  for (guint i = 0; i < world->n_nodes; i++)
    if (world->nodes[i].link != NULL)
      model_cut (world->nodes[i].link, how);
  for (; long_us > 0; long_us -= LEASE / 20) {
    world->model->now_us += LEASE / 20;
    do_something (world);
    for (guint i = 0; i < world->n_nodes; i++)
      while (world->nodes[i].link != NULL && model_run (world->nodes[i].link))
        ;
  }
  if (below (world, 2) == 0)
    model_lose_data (world->model, below (world, 2) == 0);
  for (guint i = 0; i < world->n_nodes; i++) {
    Node *node = &world->nodes[(i + world->seed) % world->n_nodes];

    for (guint n = below (world, 20); node->link != NULL && n > 0; n--)
      do_something (world);
    while (node->link != NULL && below (world, 3) > 0 && model_execute_ghost (node->link))
      ;
    if (node->link == NULL)
      continue;
    model_mend (node->link);
    pass (world, below (world, LEASE / 4)); /* three are alive */
  }
}

static void
let_one_die (World *world)
{
  Node *node = &world->nodes[below (world, world->n_nodes)];

  if (node->link == NULL || world->n_nodes == G_N_ELEMENTS (world->nodes))
    return;
  model_kill (node->link);
  node->link = NULL;
  begin_node (world);
}

static void
step (World *world)
{
  guint what = below (world, 1000);

  if (what < 150)
    do_something (world);
  else if (what < 152 && world->outages)
    have_outage (world);
  else if (what < 153 && world->deaths)
    let_one_die (world);
  else if (what < 155 && world->outages)
    model_lose_data (world->model, FALSE);
  else if (what < 158 && world->outages && world->nodes[0].link != NULL)
    model_cut (world->nodes[0].link, (ModelCut) below (world, 3));
  else if (what < 200)
    pass (world, LEASE / 40);
  else
    step_link (world, &world->nodes[below (world, world->n_nodes)]);
  for (guint i = 0; what < 200 && i < world->n_nodes; i++)
    if (world->nodes[i].link != NULL)
      model_mend (world->nodes[i].link); /* well within a lease */
}

/* ---- what must be true in the end ---- */

static void
check_seat (World *world, const Seat *seat)
{
  Node *node = &world->nodes[seat->node];
  gboolean there = node->link != NULL && seat->joined && !seat->left && !seat->lost;

  CHECK (world, model_has_seat (world->model, seat->group, seat->connection) == there);
  for (guint i = 0; i < world->n_nodes; i++) {
    HnRosterGroup *group = world->nodes[i].link != NULL ? hn_roster_find (world->nodes[i].roster, seat->group) : NULL;

    if (group != NULL)
      CHECK (world, (hn_roster_group_find_seat (group, seat->connection) != NULL) == there);
    CHECK (world, !there || group != NULL || seat->node != i);
  }
  if (node->link != NULL && !seat->left)
    CHECK (world, seat->answered);
}

/* Nothing waits for what will not come. */
static void
check_rest (World *world)
{
  for (guint i = 0; i < world->n_nodes; i++) {
    const HnRosterCluster *cluster = world->nodes[i].link != NULL ? world->nodes[i].link->cluster : NULL;

    if (cluster != NULL)
      CHECK (world, cluster->available && cluster->flight.length + cluster->said.length + g_hash_table_size (cluster->leaves) == 0);
  }
}

static void
check_end (World *world)
{
  guint there[2] = { 0, 0 };

  for (guint i = 0; i < world->n_seats; i++) {
    const Seat *seat = &world->seats[i];

    check_seat (world, seat);
    there[index_of (seat->group)] += world->nodes[seat->node].link != NULL && seat->joined && !seat->left && !seat->lost;
  }
  for (guint at = 0; at < 2; at++)
    CHECK (world, model_count_seats (world->model, groups[at]) == there[at]);
  for (guint i = 0; i < world->n_said; i++) {
    const Seat *seat = &world->seats[world->said[i].seat];

    if (world->nodes[seat->node].link != NULL && !seat->left && !seat->lost)
      CHECK (world, world->said[i].told[seat->node] == 1); /* nothing that was said is lost where it was said */
    for (guint n = 0; !world->outages && !world->deaths && n < world->n_nodes; n++)
      CHECK (world, world->said[i].told[n] <= 1);
  }
}

static void
live (guint32 seed, gboolean outages, gboolean deaths, guint members_max)
{
  World *world = g_new0 (World, 1);

  world->seed = seed;
  world->random = hn_random_new_seeded (seed);
  world->model = model_new (LEASE);
  world->outages = outages;
  world->deaths = deaths;
  world->members_max = members_max;
  for (guint i = 0; i < 3; i++)
    begin_node (world);
  settle (world);
  for (guint i = 0; i < 4000; i++)
    step (world);
  for (guint i = 0; i < world->n_nodes; i++)
    if (world->nodes[i].link != NULL)
      model_mend (world->nodes[i].link);
  pass (world, 4 * LEASE);
  check_end (world);
  check_rest (world);
  model_free (world->model);
  hn_random_free (world->random);
  for (guint i = 0; i < world->n_nodes; i++)
    for (guint at = 0; at < 2; at++)
      g_free (world->nodes[i].epoch[at]);
  g_free (world);
}

static void
lives (gboolean outages, gboolean deaths, guint members_max)
{
  const char *only = g_getenv ("SEED");

  if (only != NULL) {
    live ((guint32) atoi (only), outages, deaths, members_max);
    return;
  }
  for (guint32 seed = 1; seed <= 40; seed++)
    live (seed, outages, deaths, members_max);
}

static void
mirrors_agree_whatever_is_late (void **state)
{
  lives (FALSE, FALSE, 0);
}

static void
the_dead_leave_and_nobody_else_does (void **state)
{
  lives (FALSE, TRUE, 0);
}

static void
nobody_leaves_and_nothing_is_lost_while_the_store_is_away (void **state)
{
  lives (TRUE, FALSE, 0);
}

static void
who_dies_while_the_store_is_away_leaves_afterwards (void **state)
{
  lives (TRUE, TRUE, 0);
}

static void
groups_that_are_full_stay_so (void **state)
{
  lives (FALSE, FALSE, 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (mirrors_agree_whatever_is_late),
    cmocka_unit_test (the_dead_leave_and_nobody_else_does),
    cmocka_unit_test (nobody_leaves_and_nothing_is_lost_while_the_store_is_away),
    cmocka_unit_test (who_dies_while_the_store_is_away_leaves_afterwards),
    cmocka_unit_test (groups_that_are_full_stay_so),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
