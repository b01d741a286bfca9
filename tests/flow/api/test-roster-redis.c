/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rosters of several "processes" (all in this one, each with connections of its own) on a real redis-server. */
#include "redis-fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LEASE ((gint64) G_USEC_PER_SEC)

static int
start (void **state)
{
  *state = redis_server_new (NULL);
  return 0;
}

static int
stop (void **state)
{
  redis_server_free (*state);
  return 0;
}

/* Each test has keys of nobody else. */
static int
clear (void **state)
{
  redis_server_run (*state, "FLUSHALL");
  return 0;
}

static Node *
ready_node (RedisServer *server, const char *process)
{
  Node *node = node_new (server, process, LEASE);

  WAIT_FOR (node->available, 5000);
  return node;
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

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (all_processes_hear_the_same_in_the_same_order, clear),
  };

  return cmocka_run_group_tests (tests, start, stop);
}
