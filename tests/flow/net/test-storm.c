/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

/* Clients and upstreams that say anything, in any pieces, and leave at any moment. What must hold: no byte of memory is touched that is not ours (the
 * sanitizers watch), no descriptor stays behind, and the front door still answers. The choices come from a fixed seed. */

#define CLIENTS 24
#define STEPS 6000

static const char *const requests[] = {
  "GET /api/echo HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "GET /api/wait HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /api/big HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /up/a HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /up/a HTTP/1.0\r\n\r\n",
  "HEAD /up/a HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /up/nobody HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /up/b HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\nsome body",
  "POST /up/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\n\r\n",
  "POST /up/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\nzz\r\n",
  "GET /up/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly",
  "GARBAGE\r\n\r\n",
  "\r\n",
};

static const char *const answers[] = {
  "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo",
  "HTTP/1.0 200 OK\r\n\r\nuntil the end",
  "HTTP/1.1 204 No Content\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello",
  "nonsense",
  "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
};

typedef struct {
  int fd; /* -1: free */
} Peer;

static void
hang_up (Peer *peer, GRand *chance)
{
  struct linger now = { 1, 0 };

  if (g_rand_boolean (chance))
    setsockopt (peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close (peer->fd);
  peer->fd = -1;
}

static void
say_some (Peer *peer, const char *text, GRand *chance)
{
  gsize length = strlen (text);
  gsize part = g_rand_int_range (chance, 0, 4) > 0 ? length : (gsize) g_rand_int_range (chance, 0, (int) length + 1);

  if (send (peer->fd, text, part, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
    hang_up (peer, chance);
}

static void
hear_some (Peer *peer)
{
  char buffer[4096];

  for (int i = 0; i < 64 && recv (peer->fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0; i++)
    ;
}

static void
step_client (Fixture *fixture, Peer *peer, GRand *chance)
{
  if (peer->fd < 0) {
    peer->fd = fixture_connect (fixture);
    return;
  }
  switch (g_rand_int_range (chance, 0, 8)) {
  case 0:
    hang_up (peer, chance);
    break;
  case 1:
    if (g_rand_int_range (chance, 0, 4) == 0)
      shutdown (peer->fd, SHUT_WR);
    break;
  case 2:
  case 3:
  case 4:
    hear_some (peer);
    break;
  default:
    say_some (peer, requests[g_rand_int_range (chance, 0, G_N_ELEMENTS (requests))], chance);
    break;
  }
}

static void
step_upstream (Fixture *fixture, Peer *peer, GRand *chance)
{
  if (peer->fd < 0) {
    peer->fd = accept4 (fixture->upstream_listener, NULL, NULL, SOCK_CLOEXEC);
    return;
  }
  switch (g_rand_int_range (chance, 0, 6)) {
  case 0:
    hang_up (peer, chance);
    break;
  case 1:
  case 2:
    hear_some (peer);
    break;
  default:
    say_some (peer, answers[g_rand_int_range (chance, 0, G_N_ELEMENTS (answers))], chance);
    break;
  }
}

static void
cut_tag (Fixture *fixture, gpointer tag)
{
  hn_front_cut (fixture->front, tag);
}

static void
storm (Fixture *fixture, guint32 seed)
{
  g_autoptr (GRand) chance = g_rand_new_with_seed (seed);
  Peer clients[CLIENTS], upstreams[CLIENTS];

  for (int i = 0; i < CLIENTS; i++)
    clients[i].fd = upstreams[i].fd = -1;
  for (int i = 0; i < STEPS; i++) {
    step_client (fixture, &clients[g_rand_int_range (chance, 0, CLIENTS)], chance);
    step_upstream (fixture, &upstreams[g_rand_int_range (chance, 0, CLIENTS)], chance);
    if (g_rand_int_range (chance, 0, 200) == 0)
      fixture_call (fixture, cut_tag, (gpointer) "tag-1");
  }
  for (int i = 0; i < CLIENTS; i++) {
    if (clients[i].fd >= 0)
      hang_up (&clients[i], chance);
    if (upstreams[i].fd >= 0)
      hang_up (&upstreams[i], chance);
  }
}

static void
nothing_breaks_and_nothing_stays_behind (void **unused)
{
  for (guint32 seed = 1; seed <= 3; seed++) {
    Fixture *fixture = fixture_new ();
    guint before;
    int fd;

    fixture->options.head_timeout_us = fixture->options.body_timeout_us = hn_seconds (0.2);
    fixture->options.upstream_timeout_us = fixture->options.send_timeout_us = hn_seconds (0.2);
    fixture->options.api_timeout_us = hn_seconds (0.2);
    fcntl (fixture->upstream_listener, F_SETFL, O_NONBLOCK);
    fixture_start (fixture);
    before = count_fds ();
    storm (fixture, seed);
    fd = fixture_connect (fixture);
    say (fd, "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_head (fd, "HTTP/1.1 404");
    expect_closed (fd);
    close (fd);
    if (seed < 3)
      fixture_wait_fds (fixture, before);
    fixture_free (fixture);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing_breaks_and_nothing_stays_behind),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
