/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rosters beside other programs on the same channels, and what is told to those who ask. */
#include "redis-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
publish (RedisServer *server, const char *text, gsize length)
{
  assert_int_equal (redis_server_count (server, "PUBLISH test:group:r %b", text, length), 1);
}

static void
what_is_no_message_is_dropped_and_counted (void **state)
{
  static const char *const garbage[] = {
    "", "x", "{", "null", "{\"roster\":", "{\"roster\":\"1 ", "{\"roster\":\"1 3\"}", "{\"roster\":\"1 3 e x\"}",
    "{\"roster\":\"1 18446744073709551617 e s p 1 c m -\"}", "{\"roster\":\"1 0 e s p 1 c m -\"}", "{\"roster\":\"2 3 e s p 1 c m -\"}",
    "{\"roster\":\"1 1 %zz s p 1 c m -\"}", "{\"roster\":\"1 2 e c p c m 1 1 - 9999\",\"a\":1}", "{\"roster\":\"1 2 e l p c m 1 x\"}",
  };
  g_autofree char *long_text = g_strnfill (600000, 'x');
  Node *one = ready_node (*state, "p1");
  HnRosterFigures figures;
  guint n = 0;

  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 1, 2000);
  for (; n < G_N_ELEMENTS (garbage); n++)
    publish (*state, garbage[n], strlen (garbage[n]));
  publish (*state, "{\"type\"\0}", 9);
  memcpy (long_text, "{\"type\"", 7);
  publish (*state, long_text, 600000);
  publish (*state, "{\"type\":\"offer\"}", 16); /* of another program */
  WAIT_FOR (one->foreign == 1, 2000);
  hn_roster_get_figures (one->roster, &figures);
  assert_int_equal (figures.foreign_dropped, n + 2);
  node_say (one, "r", "a1", NULL, "{\"n\":1}");
  WAIT_FOR (one->said == 1, 2000);
  assert_int_equal (node_count (one, "foreign {\"type\":\"offer\"}"), 1);
  assert_int_equal (one->downs + one->resets, 0);
  node_free (one);
}

static void
somebody_who_is_no_roster_can_read_along (void **state)
{
  Node *one = ready_node (*state, "p1");
  redisContext *reader = redisConnectUnix (((RedisServer *) *state)->socket);
  static const char *const expected[] = { ",\"type\":\"user-joined\",\"payload\":{\"name\":\"x y\"}}", ",\"n\":1}", "}", ",\"card\":{\"name\":\"x y\"}}" };
  redisReply *reply = redisCommand (reader, "SUBSCRIBE test:group:r");

  freeReplyObject (reply);
  node_join (one, "r", "ann", "a1", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 1, 2000);
  node_say (one, "r", "a1", NULL, "{\"n\":1}");
  node_say (one, "r", "a1", NULL, "{}");
  WAIT_FOR (one->said == 2, 2000);
  assert_int_equal (node_count (one, "said r ann a1 - {} 0"), 1);
  hn_roster_leave (one->roster, "r", "a1");
  WAIT_FOR (one->left == 1, 2000);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    assert_int_equal (redisGetReply (reader, (void **) &reply), REDIS_OK);
    assert_true (g_str_has_prefix (reply->element[2]->str, "{\"roster\":\"1 "));
    assert_string_equal (strchr (reply->element[2]->str + 12, '"') + 1, expected[i]);
    freeReplyObject (reply);
  }
  redisFree (reader);
  node_free (one);
}

static void
on_looked (const HnRosterSeat *seats, guint n, const GError *error, gpointer data)
{
  assert_null (error);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (data, "%s/%s/%s ", seats[i].member, seats[i].connection, seats[i].card);
  g_string_append (data, ".");
}

static void
on_listed (const char *const *groups, const guint *members, guint n, const GError *error, gpointer data)
{
  assert_null (error);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (data, "%s=%u ", groups[i], members[i]);
  g_string_append (data, "!");
}

static void
groups_are_told_to_a_process_that_has_no_seat (void **state)
{
  Node *one = ready_node (*state, "p1"), *other = ready_node (*state, "p2");
  g_autoptr (GString) text = g_string_new (NULL);

  node_join (one, "räum %", "änn \"x\"", "a1", HN_ROSTER_SHARED, 0);
  node_join (one, "räum %", "bob", "b1", HN_ROSTER_SHARED, 0);
  node_join (one, "räum %", "änn \"x\"", "a2", HN_ROSTER_SHARED, 0);
  WAIT_FOR (one->joined == 3, 2000);
  hn_roster_look (other->roster, "räum %", on_looked, text);
  hn_roster_look (other->roster, "nowhere", on_looked, text);
  hn_roster_list (other->roster, 10, on_listed, text);
  WAIT_FOR (g_str_has_suffix (text->str, "!"), 2000);
  assert_string_equal (text->str, "änn \"x\"/a1/{\"name\":\"x y\"} bob/b1/{\"name\":\"x y\"} ..räum %=2 !");
  node_free (one);
  node_free (other);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (what_is_no_message_is_dropped_and_counted, redis_clear),
    cmocka_unit_test_setup (somebody_who_is_no_roster_can_read_along, redis_clear),
    cmocka_unit_test_setup (groups_are_told_to_a_process_that_has_no_seat, redis_clear),
  };

  return cmocka_run_group_tests (tests, redis_start, redis_stop);
}
