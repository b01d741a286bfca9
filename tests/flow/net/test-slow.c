/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-fixture.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"

/* Who does one byte now and then: each has a deadline that it cannot put off, and who is merely slow has none. And who is one too many. Here a
 * stall takes long and the other deadline is short, so that it is always the latter that is seen. */

#define BEAT_MS 5
#define BEATS_MAX (FIXTURE_TIMEOUT_SECONDS * 1000 / BEAT_MS)

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

/* One byte a beat until the peer says something or ends. */
static void
trickle_until_answered (int fd, const char *bytes, gsize length)
{
  for (guint i = 0; i < BEATS_MAX; i++) {
    struct pollfd one = { .fd = fd, .events = POLLIN };

    if (poll (&one, 1, BEAT_MS) != 0)
      return;
    if (send (fd, bytes + i % length, 1, MSG_NOSIGNAL) != 1)
      return;
  }
  fail_msg ("nobody minded");
}

/* Takes one byte a beat until the peer is gone. */
static void
sip_until_cut (int fd)
{
  for (guint i = 0; i < BEATS_MAX; i++) {
    struct pollfd one = { .fd = fd, .events = POLLRDHUP };
    char byte;

    if (poll (&one, 1, BEAT_MS) != 0 || recv (fd, &byte, 1, 0) != 1)
      return;
  }
  fail_msg ("nobody minded");
}

static int
connect_small (Fixture *fixture, int receive_bytes)
{
  int fd = fixture_connect (fixture);

  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  return fd;
}

static void
a_head_by_the_byte_is_408 (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture->options.head_timeout_us = hn_seconds (0.2);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET / HTTP/1.1\r\nX: ");
  trickle_until_answered (fd, "y", 1);
  expect_head (fd, "HTTP/1.1 408");
  expect_closed (fd);
  close (fd);
}

static void
empty_lines_do_not_make_the_wait_for_a_request_longer (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture->options.keepalive_timeout_us = hn_seconds (0.2);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  trickle_until_answered (fd, "\r\n", 2);
  expect_closed (fd);
  close (fd);
}

static void
an_api_body_by_the_byte_is_408 (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture->options.api_timeout_us = hn_seconds (0.2);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
  trickle_until_answered (fd, "y", 1);
  expect_head (fd, "HTTP/1.1 408");
  expect_closed (fd);
  close (fd);
}

static void
a_proxied_body_by_the_byte_is_408_and_stops_its_upstream (void **state)
{
  static const char *const framings[] = { "Content-Length: 1000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nffff\r\n" };
  Fixture *fixture = *state;

  fixture->options.pace_us = hn_seconds (0.2);
  fixture_start (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (framings); i++) {
    int fd = fixture_connect (fixture);
    int upstream;

    say (fd, "POST /up/1 HTTP/1.1\r\nHost: a\r\n");
    say (fd, framings[i]);
    upstream = fixture_accept (fixture);
    trickle_until_answered (fd, "y", 1);
    expect_head (fd, "HTTP/1.1 408");
    expect_closed (fd);
    expect_closed (upstream);
    close (upstream);
    close (fd);
  }
}

static gpointer
flood (gpointer data)
{
  static char block[65536];
  int fd = GPOINTER_TO_INT (data);

  while (send (fd, block, sizeof block, MSG_NOSIGNAL) > 0)
    ;
  return NULL;
}

static void
a_proxied_answer_taken_by_the_byte_is_cut_and_stops_its_upstream (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;
  GThread *thread;

  fixture->options.pace_us = hn_seconds (0.2);
  fixture_start (fixture);
  fd = connect_small (fixture, 4096);
  say (fd, "GET /up/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
  thread = g_thread_new ("flood", flood, GINT_TO_POINTER (upstream));
  sip_until_cut (fd);
  g_thread_join (thread);
  close (upstream);
  close (fd);
}

static void
an_api_answer_taken_by_the_byte_is_cut (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture->options.pace_us = hn_seconds (0.2);
  fixture_start (fixture);
  fd = connect_small (fixture, 4096);
  say (fd, "GET /api/big HTTP/1.1\r\nHost: a\r\n\r\n");
  sip_until_cut (fd);
  close (fd);
}

static void
a_tunnel_taken_by_the_byte_is_ended (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;
  GThread *thread;

  fixture->options.pace_us = hn_seconds (0.2);
  fixture_start (fixture);
  fd = connect_small (fixture, 4096);
  say (fd, "GET /up/1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  expect_head (fd, "HTTP/1.1 101");
  thread = g_thread_new ("flood", flood, GINT_TO_POINTER (upstream));
  sip_until_cut (fd);
  fixture_wait_count (fixture, &fixture->tunnels_closed, 1);
  g_thread_join (thread);
  close (upstream);
  close (fd);
}

static void
a_slow_but_honest_reader_gets_all_of_a_long_download (void **state)
{
  Fixture *fixture = *state;
  gsize left = 40 * 1024 * 1024;
  gint64 since_us = hn_clock_now_us ();
  int fd, upstream;
  GThread *thread;

  fixture->options.pace_us = hn_seconds (0.7);
  fixture->options.send_timeout_us = hn_seconds (0.7);
  fixture_start (fixture);
  fd = connect_small (fixture, 256 * 1024);
  say (fd, "GET /up/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nContent-Length: 41943040\r\n\r\n");
  thread = g_thread_new ("flood", flood, GINT_TO_POINTER (upstream));
  g_free (hear_head (fd));
  while (left > 0) {
    struct pollfd one = { .fd = fd, .events = POLLRDHUP };
    gsize n = MIN (left, 128 * 1024);

    poll (&one, 1, BEAT_MS);
    g_free (hear_bytes (fd, n));
    left -= n;
  }
  assert_true (hn_clock_now_us () - since_us > fixture->options.pace_us); /* or it has shown nothing */
  close (fd);
  g_thread_join (thread);
  close (upstream);
}

/* The kernel asks for more when a third of its queue of megabytes is gone: that takes this reader longer than the longest stall. */
static void
a_reader_whom_only_the_kernel_sees_at_work_is_not_cut (void **state)
{
  Fixture *fixture = *state;
  gsize left = 3 * 1024 * 1024;
  int fd, upstream;
  GThread *thread;

  fixture->options.send_timeout_us = hn_seconds (0.7);
  fixture_start (fixture);
  fd = connect_small (fixture, 128 * 1024);
  say (fd, "GET /up/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
  thread = g_thread_new ("flood", flood, GINT_TO_POINTER (upstream));
  g_free (hear_head (fd));
  while (left > 0) {
    struct pollfd one = { .fd = fd, .events = POLLRDHUP };

    assert_int_equal (poll (&one, 1, BEAT_MS), 0);
    g_free (hear_bytes (fd, 4096));
    left -= 4096;
  }
  close (fd);
  g_thread_join (thread);
  close (upstream);
}

static void
an_upstreams_head_by_the_byte_is_504 (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;

  fixture->options.upstream_timeout_us = hn_seconds (0.2);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /up/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nX: ");
  trickle_until_answered (upstream, "y", 1);
  expect_head (fd, "HTTP/1.1 504");
  expect_closed (fd);
  close (upstream);
  close (fd);
}

static void
an_upstreams_body_may_come_by_the_byte_as_events_do (void **state)
{
  Fixture *fixture = *state;
  gint64 since_us = hn_clock_now_us ();
  int fd, upstream;

  fixture->options.upstream_timeout_us = hn_seconds (1);
  fixture->options.pace_us = hn_seconds (0.1);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /up/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  g_free (hear_head (fd));
  while (hn_clock_now_us () - since_us < hn_seconds (1.5)) {
    struct pollfd one = { .fd = upstream, .events = POLLIN };

    say (upstream, "1\r\ny\r\n");
    g_free (hear_bytes (fd, 6));
    assert_int_equal (poll (&one, 1, BEAT_MS), 0);
  }
  say (upstream, "0\r\n\r\n");
  g_free (hear_bytes (fd, 5));
  close (upstream);
  close (fd);
}

/* ---- one too many ---- */

static void
who_is_one_too_many_gets_503_and_a_close (void **state)
{
  Fixture *fixture = *state;
  int first, second, third;

  fixture->options.connections_max = 2;
  fixture_start (fixture);
  first = fixture_connect (fixture);
  second = fixture_connect (fixture);
  third = fixture_connect (fixture);
  expect_head (third, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n");
  g_free (hear_all (third, NULL));
  close (third);
  say (first, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (first, "HTTP/1.1 404");
  shutdown (second, SHUT_WR);
  expect_closed (second);
  close (second);
  third = fixture_connect (fixture);
  say (third, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (third, "HTTP/1.1 404");
  close (first);
  close (third);
}

static void
a_crowd_beyond_the_limit_is_refused_in_one_breath_and_keeps_no_descriptor (void **state)
{
  Fixture *fixture = *state;
  g_autofree int *crowd = g_new (int, HN_LIMIT_TURNED_AWAY);
  int first, last;
  guint before;

  fixture->options.connections_max = 1;
  fixture_start (fixture);
  first = fixture_connect (fixture);
  say (first, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (first, "HTTP/1.1 404");
  for (guint i = 0; i < HN_LIMIT_TURNED_AWAY; i++) {
    crowd[i] = fixture_connect (fixture);
    expect_head (crowd[i], "HTTP/1.1 503");
  }
  before = count_fds ();
  last = fixture_connect (fixture);
  expect_head (last, "HTTP/1.1 503");
  g_free (hear_bytes (last, strlen ("{\"error\":\"too many connections\",\"code\":503}")));
  expect_end (last);
  close (last);
  fixture_wait_fds (fixture, before);
  for (guint i = 0; i < HN_LIMIT_TURNED_AWAY; i++)
    close (crowd[i]);
  fixture_wait_fds (fixture, before - 2 * HN_LIMIT_TURNED_AWAY);
  close (first);
}

/* Our end of a client's connection, in this same process. */
static int
find_other_end (int fd)
{
  struct sockaddr_in mine, theirs;
  socklen_t length = sizeof mine;

  assert_int_equal (getsockname (fd, (struct sockaddr *) &mine, &length), 0);
  for (int other = 3; other < 1024; other++) {
    length = sizeof theirs;
    if (getpeername (other, (struct sockaddr *) &theirs, &length) == 0 && theirs.sin_port == mine.sin_port)
      return other;
  }
  fail ();
  return -1;
}

static void
a_client_whose_machine_vanished_is_noticed_by_the_kernel (void **state)
{
  static const struct {
    int level, option, at_least, at_most;
  } wanted[] = {
    { SOL_SOCKET, SO_KEEPALIVE, 1, 1 },        { IPPROTO_TCP, TCP_NODELAY, 1, 1 },   { IPPROTO_TCP, TCP_KEEPIDLE, 10, 60 },
    { IPPROTO_TCP, TCP_KEEPINTVL, 1, 15 }, { IPPROTO_TCP, TCP_USER_TIMEOUT, 1000, 120000 },
  };
  Fixture *fixture = *state;
  int fd, other;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 404");
  other = find_other_end (fd);
  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++) {
    int value = 0;
    socklen_t length = sizeof value;

    assert_int_equal (getsockopt (other, wanted[i].level, wanted[i].option, &value, &length), 0);
    assert_in_range (value, wanted[i].at_least, wanted[i].at_most);
  }
  close (fd);
}

#define SLOW(test) cmocka_unit_test_setup_teardown (test, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SLOW (a_head_by_the_byte_is_408),
    SLOW (empty_lines_do_not_make_the_wait_for_a_request_longer),
    SLOW (an_api_body_by_the_byte_is_408),
    SLOW (a_proxied_body_by_the_byte_is_408_and_stops_its_upstream),
    SLOW (a_proxied_answer_taken_by_the_byte_is_cut_and_stops_its_upstream),
    SLOW (an_api_answer_taken_by_the_byte_is_cut),
    SLOW (a_tunnel_taken_by_the_byte_is_ended),
    SLOW (a_slow_but_honest_reader_gets_all_of_a_long_download),
    SLOW (a_reader_whom_only_the_kernel_sees_at_work_is_not_cut),
    SLOW (an_upstreams_head_by_the_byte_is_504),
    SLOW (an_upstreams_body_may_come_by_the_byte_as_events_do),
    SLOW (who_is_one_too_many_gets_503_and_a_close),
    SLOW (a_crowd_beyond_the_limit_is_refused_in_one_breath_and_keeps_no_descriptor),
    SLOW (a_client_whose_machine_vanished_is_noticed_by_the_kernel),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
