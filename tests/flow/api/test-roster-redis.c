/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rosters of several "processes" (all in this one, each with connections of its own) on a real redis-server. */
#include "redis-fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
set_true (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static guint
count_lines (RedisServer *server, const char *command)
{
  redisReply *reply = redis_server_do (server, command);
  guint n = 0;

  for (const char *at = reply->str; *at != '\0'; at++)
    n += *at == '\n';
  freeReplyObject (reply);
  return n;
}

static guint
count_channels (RedisServer *server)
{
  redisReply *reply = redis_server_do (server, "PUBSUB CHANNELS");
  guint n = (guint) reply->elements;

  freeReplyObject (reply);
  return n;
}

/* ---- coming, talking, going ---- */

static void
all_processes_hear_the_same_in_the_same_order (void **state)
{
  Node *nodes[3];

  for (guint i = 0; i < 3; i++) {
    g_autofree char *process = g_strdup_printf ("p%u", i);
    g_autofree char *connection = g_strdup_printf ("c%u", i);
    g_autofree char *member = g_strdup_printf ("m %u", i);

    nodes[i] = ready_node (*state, process);
    node_join (nodes[i], "r 1", member, connection, HN_ROSTER_SHARED, 0);
  }
  for (guint i = 0; i < 3; i++)
    WAIT_FOR (nodes[i]->joined == 1 && node_members (nodes[i], "r 1") == 3, 2000);
  for (guint n = 0; n < 50; n++) {
    for (guint i = 0; i < 3; i++) {
      g_autofree char *connection = g_strdup_printf ("c%u", i);
      g_autofree char *text = g_strdup_printf ("{\"from\":%u,\"n\":%u}", i, n);

      node_say (nodes[i], "r 1", connection, n % 2 ? "m 0" : NULL, text);
    }
  }
  for (guint i = 0; i < 3; i++)
    WAIT_FOR (nodes[i]->said == 150, 2000);
  for (guint i = 1; i < 3; i++)
    for (guint n = 1; n <= 150; n++)
      assert_string_equal (nodes[i]->heard->pdata[nodes[i]->heard->len - n], nodes[0]->heard->pdata[nodes[0]->heard->len - n]);
  hn_roster_leave (nodes[2]->roster, "r 1", "c2");
  for (guint i = 0; i < 3; i++)
    WAIT_FOR (nodes[i]->left == 1, 2000);
  assert_int_equal (node_members (nodes[0], "r 1"), 2);
  assert_int_equal (node_members (nodes[2], "r 1"), 0);
  assert_string_equal (nodes[0]->heard->pdata[0], "00001 came r 1 m 0 c0 - {\"name\":\"x y\"} 1");
  for (guint i = 0; i < 3; i++)
    node_free (nodes[i]);
}

static void
a_second_tab_elsewhere_is_no_second_member (void **state)
{
  Node *one = ready_node (*state, "p1"), *other = ready_node (*state, "p2");

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 1);
  WAIT_FOR (one->joined == 1, 2000);
  node_join (other, "r", "ann", "a2", HN_ROSTER_SHARED, 1);
  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 1);
  WAIT_FOR (other->joined == 1 && other->full == 1 && one->came == 2, 2000);
  assert_int_equal (node_members (other, "r"), 1);
  assert_string_equal (hn_roster_group_find_member (node_group (other, "r"), "ann")->connection, "a1");
  assert_int_equal (hn_roster_group_find_member (node_group (one, "r"), "ann")->since_utc_us,
                    hn_roster_group_find_seat (node_group (one, "r"), "a2")->since_utc_us);
  hn_roster_leave (one->roster, "r", "a1");
  WAIT_FOR (other->left == 1, 2000);
  assert_int_equal (node_count (other, "left r ann a1 - - 1"), 1);
  assert_string_equal (hn_roster_group_find_member (node_group (other, "r"), "ann")->connection, "a2");
  node_free (one);
  node_free (other);
}

static void
a_group_takes_so_many_members_and_not_one_more (void **state)
{
  Node *nodes[] = { ready_node (*state, "p1"), ready_node (*state, "p2") };

  for (guint i = 0; i < 50; i++) {
    g_autofree char *id = g_strdup_printf ("m%u", i);

    node_join (nodes[i % 2], "r", id, id, HN_ROSTER_SHARED, 10);
  }
  WAIT_FOR (nodes[0]->joined + nodes[1]->joined + nodes[0]->full + nodes[1]->full == 50, 3000);
  assert_int_equal (nodes[0]->joined + nodes[1]->joined, 10);
  WAIT_FOR (node_members (nodes[0], "r") == 10 || nodes[0]->joined == 0, 1000);
  node_free (nodes[0]);
  node_free (nodes[1]);
}

static void
a_join_that_left_again_leaves_nothing (void **state)
{
  Node *one = ready_node (*state, "p1"), *other = ready_node (*state, "p2");

  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (other->joined == 1, 2000);
  for (guint i = 0; i < 20; i++) {
    g_autofree char *id = g_strdup_printf ("a%u", i);

    node_join (one, "r", "ann", id, HN_ROSTER_SHARED, 0);
    for (guint turns = 0; turns < i; turns++)
      g_main_context_iteration (NULL, FALSE); /* it is at another place each time */
    hn_roster_leave (one->roster, "r", id);
  }
  node_join (one, "r", "eve", "e1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined >= 1 && node_count (other, "came r eve") == 1, 2000);
  assert_int_equal (node_members (other, "r"), 2);
  assert_int_equal (node_members (one, "r"), 2);
  assert_int_equal (redis_server_count (*state, "HLEN test:seats:r"), 2);
  node_free (one);
  node_free (other);
}

static void
an_operator_anywhere_takes_a_member_out_everywhere (void **state)
{
  Node *one = ready_node (*state, "p1"), *other = ready_node (*state, "p2"), *third = ready_node (*state, "p3");

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  node_join (other, "r", "ann", "a2", HN_ROSTER_SHARED, 0);
  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 1 && other->joined == 2, 2000);
  hn_roster_remove (third->roster, "r", "ann");
  WAIT_FOR (one->removed >= 1 && other->removed == 2, 2000);
  assert_int_equal (node_members (other, "r"), 1);
  assert_null (node_group (one, "r"));
  node_free (one);
  node_free (other);
  node_free (third);
}

static void
a_member_takes_back_a_seat_wherever_it_is_and_nobody_elses (void **state)
{
  Node *one = ready_node (*state, "p1"), *other = ready_node (*state, "p2");

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  node_join (one, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 2, 2000); /* who is there before is not told of as coming */
  node_join (other, "r", "ann", "a2", HN_ROSTER_SHARED, 0);
  WAIT_FOR (other->joined == 1 && node_count (one, "came r ann") == 2, 2000);
  hn_roster_take_back (other->roster, "r", "ann", "b1");
  hn_roster_take_back (other->roster, "r", "ann", "a1");
  WAIT_FOR (node_count (one, "left r ann") == 1 && node_count (other, "left r ann") == 1, 2000);
  assert_int_equal (node_count (one, "left r bob"), 0);
  assert_int_equal (node_members (one, "r"), 2);
  assert_int_equal (redis_server_count (*state, "HLEN test:seats:r"), 2);
  assert_int_equal (redis_server_count (*state, "HLEN test:process:p1"), 1);
  assert_int_equal (one->removed + other->removed, 0);
  node_free (one);
  node_free (other);
}

/* ---- one seat a member ---- */

static void
one_of_two_keeps_a_place_that_both_want (void **state)
{
  Node *nodes[] = { ready_node (*state, "p1"), ready_node (*state, "p2") };

  for (guint round = 0; round < 50; round++) {
    g_autofree char *member = g_strdup_printf ("m%u", round), *a = g_strdup_printf ("a%u", round), *b = g_strdup_printf ("b%u", round);

    node_join (nodes[0], "mesh", member, a, HN_ROSTER_KEEP, 0);
    node_join (nodes[1], "mesh", member, b, HN_ROSTER_KEEP, 0);
  }
  WAIT_FOR (nodes[0]->joined + nodes[1]->joined + nodes[0]->in_use + nodes[1]->in_use == 100, 3000);
  assert_int_equal (nodes[0]->joined + nodes[1]->joined, 50);
  assert_int_equal (redis_server_count (*state, "HLEN test:members:mesh"), 50);
  node_free (nodes[0]);
  node_free (nodes[1]);
}

static const char *
owner_of (Node *node, const char *member)
{
  const HnRosterSeat *seat = node_group (node, "mesh") != NULL ? hn_roster_group_find_member (node_group (node, "mesh"), member) : NULL;

  return seat != NULL ? seat->connection : "-";
}

static void
a_place_that_two_take_over_at_once_has_one_owner_1000_times (void **state)
{
  Node *nodes[] = { ready_node (*state, "p1"), ready_node (*state, "p2") };
  guint replaced = 0;

  node_join (nodes[0], "mesh", "x", "x1", HN_ROSTER_REPLACE, 0); /* who keep both mirrors */
  node_join (nodes[1], "mesh", "y", "y1", HN_ROSTER_REPLACE, 0);
  WAIT_FOR (node_members (nodes[0], "mesh") == 2 && node_members (nodes[1], "mesh") == 2, 2000);
  for (guint round = 0; round < 1000; round++) {
    g_autofree char *a = g_strdup_printf ("a%u", round), *b = g_strdup_printf ("b%u", round);
    guint joined = nodes[0]->joined + nodes[1]->joined;

    node_join (nodes[round % 2], "mesh", "ann", a, HN_ROSTER_REPLACE, 0);
    node_join (nodes[1 - round % 2], "mesh", "ann", b, HN_ROSTER_REPLACE, 0);
    replaced += round == 0 ? 1 : 2;
    WAIT_FOR (nodes[0]->joined + nodes[1]->joined == joined + 2 && nodes[0]->replaced + nodes[1]->replaced == replaced
                  && g_str_equal (owner_of (nodes[0], "ann"), owner_of (nodes[1], "ann")),
              2000);
    assert_true (g_str_equal (owner_of (nodes[0], "ann"), a) || g_str_equal (owner_of (nodes[0], "ann"), b));
  }
  assert_int_equal (node_members (nodes[0], "mesh"), 3);
  assert_int_equal (nodes[0]->left + nodes[1]->left, 0);
  assert_int_equal (redis_server_count (*state, "HLEN test:seats:mesh"), 3);
  node_assert_offsets (nodes[0], "mesh");
  node_assert_offsets (nodes[1], "mesh");
  node_free (nodes[0]);
  node_free (nodes[1]);
}

/* ---- the dead ---- */

static void
seats_of_a_dead_process_leave_once_each (void **state)
{
  Node *one = ready_node_of (*state, "p1", SHORT_LEASE), *other = ready_node_of (*state, "p2", SHORT_LEASE);
  Node *dead = ready_node_of (*state, "p3", SHORT_LEASE);
  const guint seats = 300; /* more than are taken out at once */
  HnRosterFigures figures[2];

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  for (guint i = 0; i < seats; i++) {
    g_autofree char *id = g_strdup_printf ("d%u", i);

    node_join (dead, "r", id, id, HN_ROSTER_SHARED, 0);
  }
  WAIT_FOR (dead->joined == seats && node_members (one, "r") == seats + 2 && node_members (other, "r") == seats + 2, 5000);
  node_free (dead);
  STAYS (one->left == 0, 500); /* its lease goes on */
  WAIT_FOR (one->lapsed == seats && other->lapsed == seats, 6000);
  STAYS (one->left == seats && other->left == seats, 1000);
  assert_int_equal (node_members (one, "r"), 2);
  assert_int_equal (redis_server_count (*state, "HLEN test:seats:r"), 2);
  assert_int_equal (redis_server_count (*state, "EXISTS test:process:p3"), 0);
  hn_roster_get_figures (one->roster, &figures[0]);
  hn_roster_get_figures (other->roster, &figures[1]);
  assert_int_equal (figures[0].lapsed + figures[1].lapsed, seats);
  node_assert_offsets (one, "r");
  node_free (one);
  node_free (other);
}

/* Its own last renewal was long ago: perhaps Redis stood still, and the other could not renew either. */
static void
who_renews_late_takes_nobody_out (void **state)
{
  Node *one = ready_node_of (*state, "p1", SHORT_LEASE), *dead = ready_node_of (*state, "p2", SHORT_LEASE);
  gint64 now_ms = g_get_real_time () / 1000;

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  node_join (dead, "r", "dan", "d1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (node_members (one, "r") == 2 && dead->joined == 1, 2000);
  STAYS (one->left == 0, 1100); /* from now on it may take others out */
  node_free (dead);
  now_ms = g_get_real_time () / 1000;
  redis_server_run (*state, "ZADD test:processes %lld p2 %lld p1", (long long) now_ms - 1, (long long) now_ms + 200);
  STAYS (one->left == 0, 900);
  WAIT_FOR (one->lapsed == 1, 2000);
  node_free (one);
}

static void
who_ends_in_order_lapses_from_nothing (void **state)
{
  Node *one = ready_node (*state, "p1"), *ends = ready_node (*state, "p2");
  gboolean closed = FALSE;

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  for (guint i = 0; i < 200; i++) {
    g_autofree char *id = g_strdup_printf ("d%u", i);

    node_join (ends, "r", id, id, HN_ROSTER_SHARED, 0);
  }
  WAIT_FOR (node_members (one, "r") == 201, 5000);
  hn_roster_close (ends->roster, set_true, &closed);
  WAIT_FOR (closed, 900); /* well before it would give up */
  WAIT_FOR (one->left == 200, 1000);
  assert_int_equal (one->lapsed, 0);
  assert_int_equal (ends->left, 0);
  node_free (ends);
  hn_roster_leave (one->roster, "r", "a1");
  WAIT_FOR (one->left == 201, 1000);
  node_free (one);
}

static void
nothing_stays_of_a_group_but_for_a_while (void **state)
{
  Node *one = ready_node (*state, "p1");
  redisReply *keys;

  assert_int_equal (redis_server_count (*state, "SCARD test:groups"), 0);
  node_join (one, "r1", "ann", "a1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 1, 2000);
  node_say (one, "r1", "a1", NULL, "{}");
  WAIT_FOR (one->said == 1, 2000);
  hn_roster_leave (one->roster, "r1", "a1");
  WAIT_FOR (one->left == 1, 2000);
  assert_int_equal (redis_server_count (*state, "SCARD test:groups"), 0);
  keys = redis_server_do (*state, "KEYS *:r1*");
  assert_int_equal (keys->elements, 2);
  for (gsize i = 0; i < keys->elements; i++)
    assert_in_range (redis_server_count (*state, "TTL %s", keys->element[i]->str), 1, 120);
  freeReplyObject (keys);
  WAIT_FOR (redis_server_count (*state, "EXISTS test:live") == 1, 2000);
  WAIT_FOR (redis_server_count (*state, "TTL test:live") > 0, 2000); /* with the first renewal */
  keys = redis_server_do (*state, "KEYS *");
  for (gsize i = 0; i < keys->elements; i++)
    assert_in_range (redis_server_count (*state, "TTL %s", keys->element[i]->str), 1, 3600);
  freeReplyObject (keys);
  node_free (one);
}

static void
a_process_is_subscribed_once_for_each_group_and_not_longer_than_it_needs (void **state)
{
  Node *one = ready_node_of (*state, "p1", 5 * LEASE);
  guint n = 2000;

  for (guint i = 0; i < n; i++) {
    g_autofree char *group = g_strdup_printf ("r%u", i), *a = g_strdup_printf ("a%u", i), *b = g_strdup_printf ("b%u", i);

    node_join (one, group, "ann", a, HN_ROSTER_SHARED, 0);
    node_join (one, group, "bob", b, HN_ROSTER_SHARED, 0);
  }
  WAIT_FOR (one->joined == 2 * n, 10000);
  assert_int_equal (one->downs, 0);
  assert_int_equal (count_lines (*state, "CLIENT LIST"), 3); /* two of the roster's, and this one */
  assert_int_equal (count_channels (*state), n);
  for (guint i = 0; i < n; i++) {
    g_autofree char *group = g_strdup_printf ("r%u", i), *a = g_strdup_printf ("a%u", i), *b = g_strdup_printf ("b%u", i);

    hn_roster_leave (one->roster, group, a);
    hn_roster_leave (one->roster, group, b);
  }
  WAIT_FOR (one->left == 2 * n, 10000);
  WAIT_FOR (count_channels (*state) == 0, 3000);
  node_join (one, "r0", "ann", "again", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 2 * n + 1, 2000);
  node_free (one);
}

/* ---- what was missed ---- */

typedef struct {
  gboolean answered, complete;
  GString *text;
} Caught;

static void
on_caught (gboolean complete, const HnRosterEvent *events, guint n, gpointer data)
{
  Caught *caught = data;

  caught->answered = TRUE;
  caught->complete = complete;
  g_string_truncate (caught->text, 0);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (caught->text, "%" G_GUINT64_FORMAT ":%u:%s:%s ", events[i].offset, events[i].kind, events[i].seat.member,
                            events[i].kind == HN_ROSTER_SAID ? events[i].text : "");
}

static void
catch_up (Node *node, const char *group, const char *epoch, guint64 offset, Caught *caught)
{
  caught->answered = FALSE;
  hn_roster_catch_up (node->roster, group, epoch, offset, on_caught, caught);
  WAIT_FOR (caught->answered, 2000);
}

static void
who_comes_back_anywhere_gets_what_it_missed (void **state)
{
  Node *one = ready_node (*state, "p1"), *other = ready_node (*state, "p2");
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *epoch = NULL;
  Caught caught = { .text = text };

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0); /* 1 */
  WAIT_FOR (one->joined == 1, 2000);
  epoch = g_strdup (hn_roster_group_get_epoch (node_group (one, "r")));
  node_say (one, "r", "a1", NULL, "{\"n\":2}");
  node_say (one, "r", "a1", "bob", "{\"n\":3}");
  WAIT_FOR (one->said == 2, 2000);
  node_join (other, "r", "bob", "b2", HN_ROSTER_SHARED, 0); /* 4 */
  WAIT_FOR (other->joined == 1, 2000);
  node_say (one, "r", "a1", NULL, "{\"n\":5}"); /* may come before or after the answer, but once */
  catch_up (other, "r", epoch, 1, &caught);
  assert_true (caught.complete);
  WAIT_FOR (other->said == 1 || strstr (text->str, "\"n\":5") != NULL, 2000);
  assert_true (g_str_has_prefix (text->str, "2:2:ann:{\"n\":2} 3:2:ann:{\"n\":3} 4:0:bob: "));
  assert_int_equal (other->said + (strstr (text->str, "\"n\":5") != NULL), 1);
  WAIT_FOR (hn_roster_group_get_offset (node_group (other, "r")) == 5, 2000);
  catch_up (other, "r", epoch, 5, &caught);
  assert_true (caught.complete && text->len == 0);
  catch_up (other, "r", epoch, 6, &caught);
  assert_false (caught.complete);
  catch_up (other, "r", "another", 1, &caught);
  assert_false (caught.complete);
  catch_up (other, "nowhere", epoch, 1, &caught);
  assert_false (caught.complete);
  for (guint i = 0; i < 400; i++)
    node_say (one, "r", "a1", NULL, "{}");
  WAIT_FOR (other->said >= 400, 2000);
  catch_up (other, "r", epoch, 1, &caught);
  assert_false (caught.complete);
  catch_up (other, "r", epoch, hn_roster_group_get_offset (node_group (other, "r")) - 200, &caught);
  assert_true (caught.complete);
  node_free (one);
  node_free (other);
}

static void
messages_that_were_lost_come_from_the_history (void **state)
{
  Node *one = ready_node (*state, "p1"), *other = ready_node (*state, "p2");
  g_autofree char *epoch = NULL, *kept = NULL;

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  node_join (other, "r", "bob", "b1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (node_members (one, "r") == 2 && node_members (other, "r") == 2, 2000);
  epoch = g_strdup (hn_roster_group_get_epoch (node_group (one, "r")));
  /* said and kept, but nobody heard it */
  assert_int_equal (redis_server_count (*state, "HINCRBY test:state:r offset 1"), 3);
  kept = g_strconcat (epoch, " s p2 99 b1 bob -\",\"lost\":1}", NULL);
  redis_server_run (*state, "XADD test:said:r 3-0 m %s", kept);
  for (guint i = 0; i < 10; i++)
    node_say (other, "r", "b1", NULL, "{\"after\":1}");
  WAIT_FOR (one->said == 11 && other->said == 11, 2000);
  assert_int_equal (node_count (one, "00003 said r bob b1 - {\"lost\":1} 0"), 1);
  node_assert_offsets (one, "r");
  node_assert_offsets (other, "r");
  assert_int_equal (one->resets + other->resets, 0);
  node_free (one);
  node_free (other);
}

static void
messages_that_are_lost_for_good_reset_the_group (void **state)
{
  Node *one = ready_node (*state, "p1");

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 1, 2000);
  assert_int_equal (redis_server_count (*state, "HINCRBY test:state:r offset 1"), 2);
  node_say (one, "r", "a1", NULL, "{\"n\":1}");
  WAIT_FOR (one->resets == 1 && one->available, 3000);
  assert_int_equal (one->said, 1); /* to those who are here */
  node_say (one, "r", "a1", NULL, "{\"n\":2}");
  WAIT_FOR (one->said == 2, 2000);
  assert_int_equal (one->left, 0);
  node_free (one);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (all_processes_hear_the_same_in_the_same_order, redis_clear),
    cmocka_unit_test_setup (a_second_tab_elsewhere_is_no_second_member, redis_clear),
    cmocka_unit_test_setup (a_group_takes_so_many_members_and_not_one_more, redis_clear),
    cmocka_unit_test_setup (a_join_that_left_again_leaves_nothing, redis_clear),
    cmocka_unit_test_setup (an_operator_anywhere_takes_a_member_out_everywhere, redis_clear),
    cmocka_unit_test_setup (a_member_takes_back_a_seat_wherever_it_is_and_nobody_elses, redis_clear),
    cmocka_unit_test_setup (one_of_two_keeps_a_place_that_both_want, redis_clear),
    cmocka_unit_test_setup (a_place_that_two_take_over_at_once_has_one_owner_1000_times, redis_clear),
    cmocka_unit_test_setup (seats_of_a_dead_process_leave_once_each, redis_clear),
    cmocka_unit_test_setup (who_renews_late_takes_nobody_out, redis_clear),
    cmocka_unit_test_setup (who_ends_in_order_lapses_from_nothing, redis_clear),
    cmocka_unit_test_setup (nothing_stays_of_a_group_but_for_a_while, redis_clear),
    cmocka_unit_test_setup (a_process_is_subscribed_once_for_each_group_and_not_longer_than_it_needs, redis_clear),
    cmocka_unit_test_setup (who_comes_back_anywhere_gets_what_it_missed, redis_clear),
    cmocka_unit_test_setup (messages_that_were_lost_come_from_the_history, redis_clear),
    cmocka_unit_test_setup (messages_that_are_lost_for_good_reset_the_group, redis_clear),
  };

  return cmocka_run_group_tests (tests, redis_start, redis_stop);
}
