/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of rosters when a real redis-server ends, freezes, forgets, or comes back with older data. */
#include "redis-fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
wait_for_both (Node *one, Node *other, gboolean available)
{
  WAIT_FOR (one->available == available && other->available == available, 8000);
}

/* ann on p1 and bob on p2, in r. */
static void
two_who_talk (RedisServer *server, Node *nodes[2])
{
  nodes[0] = ready_node_of (server, "p1", SHORT_LEASE);
  nodes[1] = ready_node_of (server, "p2", SHORT_LEASE);
  node_join (nodes[0], "r", "ann", "a1", HN_ROSTER_SHARED, 2);
  WAIT_FOR (nodes[0]->joined == 1, 2000);
  node_join (nodes[1], "r", "bob", "b1", HN_ROSTER_SHARED, 2);
  WAIT_FOR (nodes[1]->joined == 1 && nodes[0]->came == 2, 2000);
  node_say (nodes[0], "r", "a1", NULL, "{\"n\":1}");
  WAIT_FOR (nodes[0]->said == 1 && nodes[1]->said == 1, 2000);
}

static void
assert_they_talk (Node *nodes[2])
{
  guint said[] = { nodes[0]->said, nodes[1]->said };

  node_say (nodes[0], "r", "a1", NULL, "{\"from\":\"ann\"}");
  node_say (nodes[1], "r", "b1", NULL, "{\"from\":\"bob\"}");
  WAIT_FOR (nodes[0]->said == said[0] + 2 && nodes[1]->said == said[1] + 2, 2000);
}

static void
free_both (Node *nodes[2])
{
  node_free (nodes[0]);
  node_free (nodes[1]);
}

static char *
epoch_of (Node *node)
{
  return g_strdup (hn_roster_group_get_epoch (node_group (node, "r")));
}

static void
nobody_leaves_when_redis_is_away_and_comes_back_empty (void **state)
{
  RedisServer *server = *state;
  g_autofree char *before = NULL, *after = NULL, *after_too = NULL;
  Node *nodes[2];
  gint64 started_us;

  two_who_talk (server, nodes);
  before = epoch_of (nodes[0]);
  redis_server_kill (server);
  wait_for_both (nodes[0], nodes[1], FALSE);
  node_say (nodes[0], "r", "a1", NULL, "{\"n\":2}");
  node_join (nodes[0], "r", "ann", "a2", HN_ROSTER_SHARED, 2);
  node_join (nodes[0], "r", "eve", "e1", HN_ROSTER_SHARED, 2);
  WAIT_FOR (nodes[0]->said == 2 && nodes[0]->joined == 2 && nodes[0]->full == 1, 1000);
  assert_int_equal (node_count (nodes[0], "00000 said r ann a1 - {\"n\":2}"), 1);
  STAYS (nodes[0]->left == 0 && nodes[1]->left == 0 && node_members (nodes[1], "r") == 2, 2000);
  redis_server_start (server);
  started_us = g_get_monotonic_time ();
  wait_for_both (nodes[0], nodes[1], TRUE);
  assert_they_talk (nodes);
  assert_in_range (g_get_monotonic_time () - started_us, 0, 2 * G_USEC_PER_SEC);
  after = epoch_of (nodes[0]);
  after_too = epoch_of (nodes[1]);
  assert_string_equal (after, after_too);
  assert_string_not_equal (after, before);
  assert_int_equal (nodes[0]->resets, 1);
  assert_int_equal (nodes[1]->resets, 1);
  STAYS (nodes[0]->left == 0 && nodes[1]->left == 0, 2500);
  assert_int_equal (node_members (nodes[0], "r"), 2);
  assert_non_null (hn_roster_group_find_seat (node_group (nodes[1], "r"), "a2"));
  free_both (nodes);
}

static void
who_dies_while_redis_is_away_is_noticed_afterwards_once (void **state)
{
  RedisServer *server = *state;
  Node *nodes[2], *dead;

  two_who_talk (server, nodes);
  dead = ready_node_of (server, "p3", SHORT_LEASE);
  node_join (dead, "r", "ann", "a3", HN_ROSTER_SHARED, 0);
  node_join (dead, "r", "dan", "d1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (nodes[0]->came == 4 && nodes[1]->came == 3, 2000);
  redis_server_kill (server);
  wait_for_both (nodes[0], nodes[1], FALSE);
  node_free (dead);
  redis_server_start (server);
  wait_for_both (nodes[0], nodes[1], TRUE);
  assert_int_equal (node_members (nodes[0], "r"), 3); /* it may come back yet */
  assert_int_equal (node_members (nodes[1], "r"), 3);
  WAIT_FOR (nodes[0]->lapsed == 2 && nodes[1]->lapsed == 2, 6000);
  assert_int_equal (node_members (nodes[0], "r"), 2);
  assert_they_talk (nodes);
  STAYS (nodes[0]->left == 2 && nodes[1]->left == 2, 1200);
  assert_int_equal (node_count (nodes[1], "left r ann a3"), 1);
  free_both (nodes);
}

static void
what_was_done_meanwhile_is_heard_afterwards (void **state)
{
  RedisServer *server = *state;
  Node *nodes[2];

  two_who_talk (server, nodes);
  node_join (nodes[0], "r", "ann", "a2", HN_ROSTER_SHARED, 0);
  node_join (nodes[1], "r", "bob", "b2", HN_ROSTER_SHARED, 0);
  WAIT_FOR (nodes[0]->came == 4 && nodes[1]->came == 3, 2000);
  redis_server_signal (server, SIGSTOP);
  hn_roster_leave (nodes[0]->roster, "r", "a2"); /* asked, and not answered any more */
  wait_for_both (nodes[0], nodes[1], FALSE);
  hn_roster_leave (nodes[1]->roster, "r", "b2");
  node_join (nodes[1], "r", "cat", "c1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (nodes[0]->left == 1 && nodes[1]->left == 1 && nodes[1]->joined == 3, 1000);
  redis_server_signal (server, SIGCONT);
  wait_for_both (nodes[0], nodes[1], TRUE);
  for (guint i = 0; i < 2; i++) {
    WAIT_FOR (node_members (nodes[i], "r") == 3, 2000);
    WAIT_FOR (hn_roster_group_find_seat (node_group (nodes[i], "r"), "a2") == NULL, 1000);
    WAIT_FOR (hn_roster_group_find_seat (node_group (nodes[i], "r"), "b2") == NULL, 1000);
  }
  assert_int_equal (node_count (nodes[0], "left r ann a2"), 1);
  assert_int_equal (node_count (nodes[1], "left r bob b2"), 1);
  assert_int_equal (redis_server_count (server, "HLEN test:seats:r"), 3);
  free_both (nodes);
}

static void
who_was_taken_for_dead_comes_back_at_once (void **state)
{
  RedisServer *server = *state;
  Node *one = ready_node (server, "p1"), *other;

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  STAYS (one->available, 500); /* so that they do not renew their leases in step */
  other = ready_node (server, "p2");
  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (node_members (one, "r") == 2 && node_members (other, "r") == 2, 2000);
  STAYS (one->left + other->left == 0, 3100); /* from now on they may take others out */
  for (guint i = 0; other->lapsed == 0; i++) { /* until it is the other who looks next */
    assert_true (i < 200);
    redis_server_run (server, "ZADD test:processes 1 p1");
    STAYS (TRUE, 20);
  }
  WAIT_FOR (node_count (other, "came r ann a1") >= 1 && one->available, 500);
  assert_int_equal (one->left, 0); /* its own seats did not go */
  assert_int_equal (one->resets, 1);
  assert_int_equal (node_members (one, "r"), 2);
  assert_int_equal (node_members (other, "r"), 2);
  node_free (one);
  node_free (other);
}

/* Whoever is back first: what the other remembers of it does not count any more. */
static void
who_left_while_data_were_lost_stays_away (void **state)
{
  RedisServer *server = *state;
  Node *nodes[2];

  two_who_talk (server, nodes);
  for (guint round = 0; round < 5; round++) {
    g_autofree char *id = g_strdup_printf ("b-%u", round);

    node_join (nodes[1], "r", "bob", id, HN_ROSTER_SHARED, 0);
    WAIT_FOR (hn_roster_group_find_seat (node_group (nodes[0], "r"), id) != NULL && nodes[1]->joined == round + 2, 2000);
    redis_server_kill (server);
    wait_for_both (nodes[0], nodes[1], FALSE);
    hn_roster_leave (nodes[1]->roster, "r", id);
    WAIT_FOR (nodes[1]->left == round + 1, 1000);
    redis_server_start (server);
    wait_for_both (nodes[0], nodes[1], TRUE);
    assert_they_talk (nodes);
    for (guint i = 0; i < 2; i++)
      assert_null (hn_roster_group_find_seat (node_group (nodes[i], "r"), id));
    assert_int_equal (redis_server_count (server, "HLEN test:seats:r"), 2);
  }
  free_both (nodes);
}

static void
a_server_that_stands_still_is_away_and_nobody_leaves (void **state)
{
  RedisServer *server = *state;
  g_autofree char *before = NULL, *after = NULL;
  Node *nodes[2];

  two_who_talk (server, nodes);
  before = epoch_of (nodes[0]);
  redis_server_signal (server, SIGSTOP);
  for (guint i = 0; i < 5; i++)
    node_say (nodes[0], "r", "a1", NULL, "{\"frozen\":1}");
  WAIT_FOR (!nodes[0]->available && nodes[0]->said == 6, 3000); /* to those who are here */
  STAYS (nodes[0]->left == 0 && nodes[1]->left == 0, 3000);
  redis_server_signal (server, SIGCONT);
  wait_for_both (nodes[0], nodes[1], TRUE);
  assert_they_talk (nodes);
  assert_int_equal (node_count (nodes[0], "frozen"), 5); /* the server may have read them after all */
  assert_in_range (node_count (nodes[1], "frozen"), 0, 5);
  after = epoch_of (nodes[1]);
  assert_string_equal (after, before);
  STAYS (nodes[0]->left == 0 && nodes[1]->left == 0, 1500);
  free_both (nodes);
}

static void
a_short_pause_is_borne (void **state)
{
  RedisServer *server = *state;
  Node *one = ready_node (server, "p1"), *other = ready_node (server, "p2");

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 1 && node_members (one, "r") == 2 && other->joined == 1, 2000);
  redis_server_signal (server, SIGSTOP);
  for (guint i = 0; i < 100; i++)
    node_say (one, "r", "a1", NULL, "{}");
  STAYS (one->said == 0, 300);
  redis_server_signal (server, SIGCONT);
  WAIT_FOR (one->said == 100 && other->said == 100, 2000);
  node_assert_offsets (other, "r");
  assert_int_equal (one->downs + other->downs + one->resets + other->resets, 0);
  node_free (one);
  node_free (other);
}

static void
data_that_are_lost_while_connected_are_given_again (void **state)
{
  RedisServer *server = *state;
  g_autofree char *before = NULL, *after = NULL;
  Node *nodes[2];

  two_who_talk (server, nodes);
  before = epoch_of (nodes[0]);
  redis_server_run (server, "FLUSHALL");
  WAIT_FOR (nodes[0]->resets == 1 && nodes[1]->resets == 1, 3000);
  wait_for_both (nodes[0], nodes[1], TRUE);
  assert_they_talk (nodes);
  after = epoch_of (nodes[0]);
  assert_string_not_equal (after, before);
  STAYS (nodes[0]->left == 0 && nodes[1]->left == 0 && node_members (nodes[0], "r") == 2, 2500);
  free_both (nodes);
}

static void
older_data_that_come_back_do_not_give_offsets_twice (void **state)
{
  RedisServer *server = *state;
  g_autofree char *before = NULL, *after = NULL;
  Node *nodes[2], *late;

  two_who_talk (server, nodes);
  redis_server_run (server, "SAVE");
  late = ready_node_of (server, "p3", SHORT_LEASE); /* of whom the data do not know */
  node_join (late, "r", "cat", "c1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (node_members (nodes[0], "r") == 3 && node_members (nodes[1], "r") == 3 && late->joined == 1, 2000);
  assert_they_talk (nodes);
  before = epoch_of (nodes[0]);
  redis_server_kill (server);
  wait_for_both (nodes[0], nodes[1], FALSE);
  redis_server_start (server);
  wait_for_both (nodes[0], nodes[1], TRUE);
  WAIT_FOR (late->available, 2000);
  assert_they_talk (nodes);
  after = epoch_of (late);
  assert_string_not_equal (after, before);
  STAYS (nodes[0]->left + nodes[1]->left + late->left == 0, 2500);
  for (guint i = 0; i < 2; i++)
    assert_int_equal (node_members (nodes[i], "r"), 3);
  assert_int_equal (node_members (late, "r"), 3);
  free_both (nodes);
  node_free (late);
}

static void
whose_connections_are_cut_comes_back_unnoticed (void **state)
{
  RedisServer *server = *state;
  Node *nodes[2];

  two_who_talk (server, nodes);
  redis_server_run (server, "CLIENT KILL TYPE pubsub");
  redis_server_run (server, "CLIENT KILL TYPE normal SKIPME yes");
  WAIT_FOR (nodes[0]->resets == 1 && nodes[1]->resets == 1, 3000);
  wait_for_both (nodes[0], nodes[1], TRUE);
  assert_they_talk (nodes);
  STAYS (nodes[0]->left + nodes[1]->left == 0 && nodes[0]->came == 2 && nodes[1]->came == 1, 1200);
  free_both (nodes);
}

static void
scripts_that_are_forgotten_are_loaded_in_passing (void **state)
{
  RedisServer *server = *state;
  Node *one = ready_node (server, "p1"), *other = ready_node (server, "p2");

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (node_members (one, "r") == 2 && other->joined == 1, 2000);
  for (guint round = 0; round < 5; round++) {
    redis_server_run (server, "SCRIPT FLUSH");
    for (guint i = 0; i < 50; i++) {
      g_autofree char *text = g_strdup_printf ("{\"n\":%u}", round * 50 + i);

      node_say (one, "r", "a1", NULL, text);
      g_main_context_iteration (NULL, FALSE);
    }
    WAIT_FOR (other->said == (round + 1) * 50, 2000);
  }
  for (guint i = 0; i < 250; i++) {
    g_autofree char *text = g_strdup_printf ("{\"n\":%u}", i);

    assert_non_null (strstr (other->heard->pdata[other->heard->len - 250 + i], text));
  }
  assert_int_equal (one->downs + other->downs, 0);
  node_free (one);
  node_free (other);
}

static void
a_process_begins_without_redis (void **state)
{
  RedisServer *server = *state;
  Node *one, *other;

  redis_server_kill (server);
  one = node_new (server, "p1", SHORT_LEASE);
  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 1, 1000);
  node_say (one, "r", "a1", NULL, "{}");
  WAIT_FOR (one->said == 1, 1000);
  STAYS (!one->available, 300);
  redis_server_start (server);
  WAIT_FOR (one->available && one->resets == 1, 3000);
  other = ready_node_of (server, "p2", SHORT_LEASE);
  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (node_members (other, "r") == 2 && node_members (one, "r") == 2, 2000);
  assert_int_equal (one->downs, 0);
  node_free (one);
  node_free (other);
}

/* Both take the place while they do not know of each other. */
static void
take_on_both_sides (RedisServer *server, HnRosterRule rule, const char *owner)
{
  Node *nodes[] = { ready_node_of (server, "p1", SHORT_LEASE), ready_node_of (server, "p2", SHORT_LEASE) };

  node_join (nodes[0], "mesh", "x", "x1", rule, 0); /* who keep both mirrors */
  node_join (nodes[1], "mesh", "y", "y1", rule, 0);
  WAIT_FOR (node_members (nodes[0], "mesh") == 2 && nodes[1]->joined == 1, 2000);
  redis_server_kill (server);
  wait_for_both (nodes[0], nodes[1], FALSE);
  node_join (nodes[0], "mesh", "ann", "older", rule, 0);
  WAIT_FOR (nodes[0]->joined == 2, 1000);
  STAYS (TRUE, 5); /* another millisecond on the clock */
  node_join (nodes[1], "mesh", "ann", "newer", rule, 0);
  WAIT_FOR (nodes[1]->joined == 2, 1000);
  redis_server_start (server);
  wait_for_both (nodes[0], nodes[1], TRUE);
  WAIT_FOR (nodes[0]->replaced + nodes[1]->replaced == 1, 2000);
  for (guint i = 0; i < 2; i++) {
    const HnRosterSeat *seat = hn_roster_group_find_member (node_group (nodes[i], "mesh"), "ann");

    assert_string_equal (seat->connection, owner);
    assert_int_equal (node_members (nodes[i], "mesh"), 3);
  }
  free_both (nodes);
}

static void
a_place_taken_on_both_sides_has_one_owner_afterwards (void **state)
{
  take_on_both_sides (*state, HN_ROSTER_REPLACE, "newer");
  redis_clear (state);
  take_on_both_sides (*state, HN_ROSTER_KEEP, "older");
}

/* ---- a process of its own ---- */

/* `--seat SOCKET PROCESS`: has two seats in r, and talks until it is killed. */
static int
be_a_process (const char *socket, const char *process)
{
  g_autofree char *text = g_strconcat ("unix://", socket, NULL);
  RedisServer server = { .url = hn_redis_url_parse (text, NULL), .nodes = g_ptr_array_new () };
  Node *node = node_new (&server, process, SHORT_LEASE);
  gint64 until_us = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  node_join (node, "r", "kim", "k1", HN_ROSTER_SHARED, 0);
  node_join (node, "r", "leo", "l1", HN_ROSTER_SHARED, 0);
  while (g_get_monotonic_time () < until_us) {
    if (node->joined == 2 && node->available)
      hn_roster_say (node->roster, "r", "k1", NULL, "{}", 2);
    loop_turn (until_us);
  }
  return 1;
}

static void
a_process_that_is_killed_while_it_talks_leaves_once (void **state)
{
  RedisServer *server = *state;
  g_autoptr (GSubprocess) process = NULL;
  Node *nodes[2];
  gint64 killed_us;

  two_who_talk (server, nodes);
  process = spawn ((const char *const[]){ "/proc/self/exe", "--seat", server->socket, "p9", NULL });
  WAIT_FOR (nodes[0]->said > 20 && node_members (nodes[0], "r") == 4 && node_members (nodes[1], "r") == 4, 5000);
  g_subprocess_force_exit (process); /* SIGKILL */
  g_subprocess_wait (process, NULL, NULL);
  killed_us = g_get_monotonic_time ();
  WAIT_FOR (nodes[0]->lapsed == 2 && nodes[1]->lapsed == 2, 6000);
  assert_in_range (g_get_monotonic_time () - killed_us, SHORT_LEASE / 3, SHORT_LEASE + 5 * G_USEC_PER_SEC);
  assert_they_talk (nodes);
  STAYS (nodes[0]->left == 2 && nodes[1]->left == 2, 1200);
  node_assert_offsets (nodes[0], "r");
  node_assert_offsets (nodes[1], "r");
  free_both (nodes);
}

int
main (int argc, char *argv[])
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (nobody_leaves_when_redis_is_away_and_comes_back_empty, redis_clear),
    cmocka_unit_test_setup (who_dies_while_redis_is_away_is_noticed_afterwards_once, redis_clear),
    cmocka_unit_test_setup (a_process_that_is_killed_while_it_talks_leaves_once, redis_clear),
    cmocka_unit_test_setup (what_was_done_meanwhile_is_heard_afterwards, redis_clear),
    cmocka_unit_test_setup (who_was_taken_for_dead_comes_back_at_once, redis_clear),
    cmocka_unit_test_setup (who_left_while_data_were_lost_stays_away, redis_clear),
    cmocka_unit_test_setup (a_server_that_stands_still_is_away_and_nobody_leaves, redis_clear),
    cmocka_unit_test_setup (a_short_pause_is_borne, redis_clear),
    cmocka_unit_test_setup (data_that_are_lost_while_connected_are_given_again, redis_clear),
    cmocka_unit_test_setup (older_data_that_come_back_do_not_give_offsets_twice, redis_clear),
    cmocka_unit_test_setup (whose_connections_are_cut_comes_back_unnoticed, redis_clear),
    cmocka_unit_test_setup (scripts_that_are_forgotten_are_loaded_in_passing, redis_clear),
    cmocka_unit_test_setup (a_process_begins_without_redis, redis_clear),
    cmocka_unit_test_setup (a_place_taken_on_both_sides_has_one_owner_afterwards, redis_clear),
  };

  if (argc == 4 && g_str_equal (argv[1], "--seat"))
    return be_a_process (argv[2], argv[3]);
  return cmocka_run_group_tests (tests, redis_start, redis_stop);
}
