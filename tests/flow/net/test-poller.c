/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/poller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/later.h"
#include "net/upstream.h"

/* The poller alone, driven turn by turn. */

typedef struct {
  HnPollerWatch watch;
  HnPoller *poller;
  guint calls;
  uint32_t events;
  HnPollerWatch *forgets; /* forgotten when this one is called */
  gboolean goes_on;
  HnUpstreamPool *pool; /* asked for a connection when this one is called */
  HnWire *taken;
} Probe;

static void
ignore (gpointer user_data)
{
}

static void
on_ready (HnPollerWatch *watch, uint32_t events)
{
  Probe *self = (Probe *) watch;

  self->calls++;
  self->events |= events;
  if (self->forgets != NULL)
    hn_poller_forget (self->poller, self->forgets);
  if (self->goes_on)
    hn_poller_again (self->poller, watch);
  self->taken = self->pool != NULL ? hn_upstream_pool_take (self->pool, "127.0.0.1", 1) : NULL;
  if (self->taken != NULL)
    hn_wire_set_ready (self->taken, ignore, NULL);
}

static void
count (gpointer data)
{
  ++*(int *) data;
}

typedef struct {
  GMainContext *context;
  HnPoller *poller;
  int pairs[2][2];
  Probe probes[2];
} World;

static int
set_up (void **state)
{
  World *world = g_new0 (World, 1);

  world->context = g_main_context_new ();
  world->poller = hn_poller_new (world->context);
  for (int i = 0; i < 2; i++) {
    assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, world->pairs[i]), 0);
    world->probes[i] = (Probe){ .watch.ready = on_ready, .poller = world->poller };
    hn_poller_add (world->poller, world->pairs[i][0], &world->probes[i].watch);
  }
  *state = world;
  return 0;
}

static int
tear_down (void **state)
{
  World *world = *state;

  for (int i = 0; i < 2; i++) {
    hn_poller_remove (world->poller, world->pairs[i][0]);
    hn_poller_forget (world->poller, &world->probes[i].watch);
    close (world->pairs[i][0]);
    close (world->pairs[i][1]);
  }
  hn_poller_free (world->poller);
  g_main_context_unref (world->context);
  g_free (world);
  return 0;
}

static void
turn (World *world)
{
  while (g_main_context_iteration (world->context, FALSE) && !world->probes[0].goes_on)
    ;
}

static void
each_change_is_told_once (void **state)
{
  World *world = *state;

  turn (world);
  assert_int_equal (world->probes[0].events, EPOLLOUT);
  assert_int_equal (world->probes[0].calls, 1);
  turn (world);
  assert_int_equal (world->probes[0].calls, 1);
  assert_int_equal (send (world->pairs[0][1], "x", 1, 0), 1);
  turn (world);
  assert_int_equal (world->probes[0].calls, 2);
  assert_true (world->probes[0].events & EPOLLIN);
  shutdown (world->pairs[0][1], SHUT_WR);
  turn (world);
  assert_true (world->probes[0].events & EPOLLRDHUP);
  assert_int_equal (world->probes[1].calls, 1);
}

static void
who_is_forgotten_is_not_called_even_for_events_already_fetched (void **state)
{
  World *world = *state;

  world->probes[0].forgets = &world->probes[1].watch;
  world->probes[1].forgets = &world->probes[0].watch;
  turn (world); /* both are writable in the same turn: the first silences the other */
  assert_int_equal (world->probes[0].calls + world->probes[1].calls, 1);
}

static void
who_is_forgotten_is_not_called_again_either (void **state)
{
  World *world = *state;

  turn (world);
  hn_poller_again (world->poller, &world->probes[0].watch);
  hn_poller_again (world->poller, &world->probes[0].watch);
  hn_poller_again (world->poller, &world->probes[1].watch);
  world->probes[0].forgets = &world->probes[1].watch;
  turn (world);
  assert_int_equal (world->probes[0].calls, 2);
  assert_int_equal (world->probes[1].calls, 1);
}

static void
one_that_always_goes_on_starves_nobody (void **state)
{
  World *world = *state;
  guint before;

  turn (world);
  world->probes[0].goes_on = TRUE;
  hn_poller_again (world->poller, &world->probes[0].watch);
  for (int i = 0; i < 10; i++)
    g_main_context_iteration (world->context, FALSE);
  before = world->probes[1].calls;
  assert_true (world->probes[0].calls >= 10);
  assert_int_equal (send (world->pairs[1][1], "x", 1, 0), 1);
  g_main_context_iteration (world->context, FALSE);
  assert_int_equal (world->probes[1].calls, before + 1);
}

static void
what_is_deferred_runs_after_the_turn_or_at_the_end (void **state)
{
  World *world = *state;
  HnPoller *other = hn_poller_new (world->context);
  int n = 0;

  hn_poller_defer (world->poller, count, &n);
  assert_int_equal (n, 0);
  turn (world);
  assert_int_equal (n, 1);
  hn_poller_defer (other, count, &n);
  hn_poller_free (other);
  assert_int_equal (n, 2);
}

static void
wake (gpointer later)
{
  hn_later_wake (later);
}

static void
what_is_put_off_is_done_once_in_the_same_turn (void **state)
{
  World *world = *state;
  int n = 0;
  HnLater *later = hn_later_new (world->poller, count, &n);

  hn_later_wake (later);
  hn_later_wake (later);
  assert_int_equal (n, 0);
  turn (world);
  assert_int_equal (n, 1);
  hn_poller_defer (world->poller, wake, later);
  g_main_context_iteration (world->context, FALSE);
  assert_int_equal (n, 2);
  hn_later_wake (later);
  hn_later_free (later);
  turn (world);
  assert_int_equal (n, 2);
}

static void
free_it (gpointer later)
{
  hn_later_free (*(HnLater **) later);
}

static void
what_is_put_off_may_end_itself (void **state)
{
  World *world = *state;
  HnLater *later = hn_later_new (world->poller, free_it, &later);

  hn_later_wake (later);
  turn (world);
}

/* Lets the first probe ask for the pooled connection, on which @said comes in the same turn. */
static HnWire *
take_while_it_says (World *world, const char *said)
{
  g_autoptr (HnUpstreamPool) pool = hn_upstream_pool_new (world->poller);
  int pair[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
  hn_upstream_pool_give (pool, hn_wire_new (world->poller, pair[0], NULL, NULL), "127.0.0.1", 1, NULL);
  turn (world);
  assert_int_equal (hn_upstream_pool_get_waiting (pool), 1);
  world->probes[0].pool = pool;
  assert_int_equal (send (world->pairs[0][1], "x", 1, 0), 1);
  assert_int_equal (send (pair[1], said, strlen (said), 0), strlen (said));
  g_main_context_iteration (world->context, FALSE);
  world->probes[0].pool = NULL;
  assert_int_equal (hn_upstream_pool_get_waiting (pool), 0);
  close (pair[1]);
  return world->probes[0].taken;
}

static void
a_pooled_connection_that_speaks_in_the_same_turn_is_not_used (void **state)
{
  World *world = *state;
  HnWire *wire = take_while_it_says (world, "");

  assert_non_null (wire);
  hn_wire_free (wire);
  assert_null (take_while_it_says (world, "HTTP/1.1 408 Request Timeout\r\n\r\n"));
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    TEST (each_change_is_told_once),
    TEST (who_is_forgotten_is_not_called_even_for_events_already_fetched),
    TEST (who_is_forgotten_is_not_called_again_either),
    TEST (one_that_always_goes_on_starves_nobody),
    TEST (what_is_deferred_runs_after_the_turn_or_at_the_end),
    TEST (what_is_put_off_is_done_once_in_the_same_turn),
    TEST (what_is_put_off_may_end_itself),
    TEST (a_pooled_connection_that_speaks_in_the_same_turn_is_not_used),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
