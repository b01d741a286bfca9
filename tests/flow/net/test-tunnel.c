/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"

/* Upgrades: from the request to the end of the tunnel. */

static int
set_up (void **state)
{
  *state = fixture_new ();
  return 0;
}

static int
tear_down (void **state)
{
  fixture_free (*state);
  return 0;
}

#define UPGRADE                                                                                                                            \
  "GET /up/ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhl\r\n"                  \
  "Sec-WebSocket-Version: 13\r\n\r\n"
#define SWITCHED "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pP\r\n\r\n"

static void
open_tunnel (Fixture *fixture, int *ret_client, int *ret_upstream)
{
  *ret_client = fixture_connect (fixture);
  say (*ret_client, UPGRADE);
  *ret_upstream = fixture_accept (fixture);
  g_free (hear_head (*ret_upstream));
  say (*ret_upstream, SWITCHED);
  expect_head (*ret_client, "HTTP/1.1 101");
}

static void
an_upgrade_becomes_a_tunnel_and_loses_no_byte_behind_the_heads (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *asked = NULL;
  g_autofree char *answered = NULL;
  g_autofree char *early = NULL;
  g_autofree char *eager = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, UPGRADE "eager");
  upstream = fixture_accept (fixture);
  asked = hear_head (upstream);
  assert_non_null (strstr (asked, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"));
  assert_non_null (strstr (asked, "Sec-WebSocket-Key: dGhl\r\n"));
  say (upstream, SWITCHED "early");
  answered = hear_head (fd);
  assert_non_null (strstr (answered, "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  assert_non_null (strstr (answered, "Sec-WebSocket-Accept: s3pP\r\n"));
  early = hear_bytes (fd, 5);
  assert_string_equal (early, "early");
  eager = hear_bytes (upstream, 5);
  assert_string_equal (eager, "eager");
  fixture_wait_count (fixture, &fixture->tunnels_opened, 1);
  close (fd);
  expect_end (upstream);
  close (upstream);
  fixture_wait_count (fixture, &fixture->tunnels_closed, 1);
  assert_int_equal (fixture->tunnels_opened, 1);
}

static void
a_refused_upgrade_is_an_ordinary_answer (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, UPGRADE);
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
  expect_head (fd, "HTTP/1.1 403");
  say (fd, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 404");
  assert_int_equal (fixture->tunnels_opened, 0);
  close (upstream);
  close (fd);
}

static void
the_end_of_one_side_is_passed_on_and_the_other_goes_on (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *said = NULL;
  g_autofree char *heard = NULL;
  int fd, upstream;

  fixture_start (fixture);
  open_tunnel (fixture, &fd, &upstream);
  say (fd, "last words");
  shutdown (fd, SHUT_WR);
  said = hear_all (upstream, NULL);
  assert_string_equal (said, "last words");
  say (upstream, "still here");
  heard = hear_bytes (fd, 10);
  assert_string_equal (heard, "still here");
  assert_int_equal (fixture->tunnels_closed, 0);
  close (upstream);
  expect_end (fd);
  fixture_wait_count (fixture, &fixture->tunnels_closed, 1);
  close (fd);
}

static void
bytes_pass_unchanged_both_ways_at_once (void **state)
{
  Fixture *fixture = *state;
  gsize length = 4 * 1024 * 1024;
  g_autofree char *bytes = g_malloc (length);
  int fd, upstream;

  for (gsize i = 0; i < length; i++)
    bytes[i] = (char) ((i * 2654435761u) >> 11);
  fixture_start (fixture);
  open_tunnel (fixture, &fd, &upstream);
  for (gsize at = 0; at < length; at += 32768) {
    g_autofree char *there = NULL;
    g_autofree char *back = NULL;

    say_bytes (fd, bytes + at, 32768);
    say_bytes (upstream, bytes + length - at - 32768, 32768);
    there = hear_bytes (upstream, 32768);
    back = hear_bytes (fd, 32768);
    assert_memory_equal (there, bytes + at, 32768);
    assert_memory_equal (back, bytes + length - at - 32768, 32768);
  }
  close (fd);
  close (upstream);
}

static gsize
say_until_blocked (int fd)
{
  static char block[65536];
  struct timeval limit = { .tv_usec = 300 * 1000 };
  gsize sent = 0;
  ssize_t n;

  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  while (sent < 256 * 1024 * 1024 && (n = send (fd, block, sizeof block, MSG_NOSIGNAL)) > 0)
    sent += (gsize) n;
  return sent;
}

static void
one_slow_reader_blocks_its_own_tunnel_only (void **state)
{
  Fixture *fixture = *state;
  int slow, slow_upstream, quick, quick_upstream;
  gsize before, sent, heard = 0;

  fixture_start (fixture);
  open_tunnel (fixture, &slow, &slow_upstream);
  open_tunnel (fixture, &quick, &quick_upstream);
  before = resident_bytes ();
  sent = say_until_blocked (slow_upstream);
  assert_true (sent < 64 * 1024 * 1024);
  assert_true (resident_bytes () < before + 8 * 1024 * 1024);
  say (quick_upstream, "quick");
  g_free (hear_bytes (quick, 5));
  shutdown (slow_upstream, SHUT_WR);
  while (heard < sent) {
    g_free (hear_bytes (slow, MIN (sent - heard, 65536)));
    heard += MIN (sent - heard, 65536);
  }
  expect_end (slow);
  close (slow);
  close (slow_upstream);
  close (quick);
  close (quick_upstream);
}

static void
a_reader_that_takes_nothing_loses_its_tunnel (void **state)
{
  Fixture *fixture = *state;
  int small = 8192;
  int fd, upstream;

  fixture->options.send_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  open_tunnel (fixture, &fd, &upstream);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  say_until_blocked (upstream);
  fixture_wait_count (fixture, &fixture->tunnels_closed, 1);
  close (fd);
  close (upstream);
}

static void
a_reset_on_either_side_ends_the_tunnel (void **state)
{
  struct linger now = { 1, 0 };
  Fixture *fixture = *state;
  guint before;

  fixture_start (fixture);
  before = count_fds ();
  for (int side = 0; side < 2; side++) {
    int fds[2];

    open_tunnel (fixture, &fds[0], &fds[1]);
    setsockopt (fds[side], SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close (fds[side]);
    expect_closed (fds[!side]);
    close (fds[!side]);
    fixture_wait_count (fixture, &fixture->tunnels_closed, side + 1);
  }
  fixture_wait_fds (fixture, before);
}

static void
count_tunnels (Fixture *fixture, gpointer data)
{
  guint *counts = data;

  counts[0] = hn_front_get_tunnels (fixture->front, NULL);
  counts[1] = hn_front_get_tunnels (fixture->front, "tag-1");
  counts[2] = hn_front_get_tunnels (fixture->front, "other");
}

static void
cut_tag (Fixture *fixture, gpointer tag)
{
  hn_front_cut (fixture->front, tag);
}

static void
tunnels_are_counted_and_cut_by_their_tag (void **state)
{
  Fixture *fixture = *state;
  guint counts[3] = { 0 };
  int fds[4];

  fixture_start (fixture);
  open_tunnel (fixture, &fds[0], &fds[1]);
  open_tunnel (fixture, &fds[2], &fds[3]);
  fixture_wait_count (fixture, &fixture->tunnels_opened, 2);
  fixture_call (fixture, count_tunnels, counts);
  assert_int_equal (counts[0], 2);
  assert_int_equal (counts[1], 2);
  assert_int_equal (counts[2], 0);
  fixture_call (fixture, cut_tag, (gpointer) "other");
  fixture_call (fixture, cut_tag, (gpointer) "tag-1");
  fixture_wait_count (fixture, &fixture->tunnels_closed, 2);
  fixture_call (fixture, count_tunnels, counts);
  assert_int_equal (counts[0], 0);
  for (int i = 0; i < 4; i++) {
    expect_closed (fds[i]);
    close (fds[i]);
  }
}

static void
the_front_may_go_while_tunnels_are_open (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;

  fixture_start (fixture);
  open_tunnel (fixture, &fd, &upstream);
  close (fd);
  close (upstream);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    TEST (an_upgrade_becomes_a_tunnel_and_loses_no_byte_behind_the_heads),
    TEST (a_refused_upgrade_is_an_ordinary_answer),
    TEST (the_end_of_one_side_is_passed_on_and_the_other_goes_on),
    TEST (bytes_pass_unchanged_both_ways_at_once),
    TEST (one_slow_reader_blocks_its_own_tunnel_only),
    TEST (a_reader_that_takes_nothing_loses_its_tunnel),
    TEST (a_reset_on_either_side_ends_the_tunnel),
    TEST (tunnels_are_counted_and_cut_by_their_tag),
    TEST (the_front_may_go_while_tunnels_are_open),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
