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

/* The streaming proxy: what goes through, what stays behind, what happens when either side fails. */

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

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define OK(length) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"

static void
fields_are_edited_on_both_ways (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *head = NULL;
  g_autofree char *answer = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /up/x?y=%20 HTTP/1.1\r\nHost: a.example\r\nAuthorization: secret\r\nX-Injected: theirs\r\nx_injected: theirs\r\n"
           "X-Forwarded-For: 6.6.6.6\r\nConnection: X-Hop, X-Injected, X-Forwarded-For\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nKept: yes\r\n\r\n");
  upstream = fixture_accept (fixture);
  head = hear_head (upstream);
  assert_true (g_str_has_prefix (head, "GET /up/x?y=%20 HTTP/1.1\r\nHost: a.example\r\n"));
  assert_non_null (strstr (head, "\r\nX-Injected: ours\r\n"));
  assert_non_null (strstr (head, "\r\nX-Forwarded-For: 127.0.0.1\r\n"));
  assert_non_null (strstr (head, "\r\nX-Forwarded-Host: a.example\r\n"));
  assert_non_null (strstr (head, "\r\nKept: yes\r\n"));
  assert_null (strstr (head, "theirs"));
  assert_null (strstr (head, "secret"));
  assert_null (strstr (head, "X-Hop"));
  assert_null (strstr (head, "Keep-Alive"));
  assert_null (strstr (head, "Connection"));
  say (upstream, "HTTP/1.1 201 Made\r\nContent-Length: 2\r\nConnection: X-Private\r\nX-Private: 1\r\nreferrer-policy: origin\r\nSet-Cookie: a\r\n"
                 "Set-Cookie: b\r\n\r\nhi");
  answer = hear_head (fd);
  assert_true (g_str_has_prefix (answer, "HTTP/1.1 201 Made\r\n"));
  assert_non_null (strstr (answer, "Referrer-Policy: no-referrer\r\n"));
  assert_null (strstr (answer, "origin"));
  assert_null (strstr (answer, "X-Private"));
  assert_non_null (strstr (answer, "Set-Cookie: a\r\nSet-Cookie: b\r\n"));
  g_free (hear_bytes (fd, 2));
  close (upstream);
  close (fd);
}

static void
one_upstream_connection_serves_request_after_request (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  for (int i = 0; i < 3; i++) {
    g_autofree char *body = NULL;

    g_free (hear_head (upstream));
    say (upstream, OK ("3") "abc");
    g_free (hear_head (fd));
    body = hear_bytes (fd, 3);
    assert_string_equal (body, "abc");
    say (fd, GET ("/up/again"));
  }
  close (upstream);
  close (fd);
}

static void
a_stale_pooled_connection_is_replaced_unnoticed (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, OK ("0"));
  g_free (hear_head (fd));
  say (fd, GET ("/up/2"));
  expect_head (upstream, "/up/2"); /* it was taken, and now dies without an answer */
  close (upstream);
  upstream = fixture_accept (fixture);
  expect_head (upstream, "/up/2");
  say (upstream, OK ("2") "ok");
  expect_head (fd, "200 OK");
  close (upstream);
  close (fd);
}

static void
a_request_that_may_not_be_repeated_is_not (void **state)
{
  Fixture *fixture = *state;
  int fd, first, second;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/1"));
  first = fixture_accept (fixture);
  g_free (hear_head (first));
  say (first, OK ("0"));
  g_free (hear_head (fd));
  say (fd, "POST /up/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  second = fixture_accept (fixture);
  expect_head (second, "POST /up/2");
  g_free (hear_bytes (second, 3));
  close (second);
  expect_head (fd, "HTTP/1.1 502");
  close (first);
  close (fd);
}

static void
a_request_body_streams_and_keeps_its_framing (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *chunked = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "POST /up/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n");
  expect_head (fd, "HTTP/1.1 100 Continue");
  upstream = fixture_accept (fixture);
  expect_head (upstream, "Content-Length: 6\r\n");
  say (fd, "abc");
  g_free (hear_bytes (upstream, 3));
  say (fd, "def");
  g_free (hear_bytes (upstream, 3));
  say (upstream, "HTTP/1.1 204 Nothing\r\nConnection: close\r\n\r\n");
  g_free (hear_head (fd));
  close (upstream);
  say (fd, "POST /up/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: dropped\r\n\r\n");
  upstream = fixture_accept (fixture);
  expect_head (upstream, "Transfer-Encoding: chunked\r\n");
  chunked = hear_bytes (upstream, 13);
  assert_string_equal (chunked, "3\r\nabc\r\n0\r\n\r\n");
  say (upstream, OK ("0"));
  expect_head (fd, "200 OK");
  close (upstream);
  close (fd);
}

static void
a_chunked_response_is_chunked_anew_and_its_trailers_stay_behind (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *body = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n2\r\nyz\r\n0\r\nT: t\r\n\r\n");
  expect_head (fd, "Transfer-Encoding: chunked");
  body = hear_bytes (fd, strlen ("3\r\nxyz\r\n0\r\n\r\n"));
  assert_string_equal (body, "3\r\nxyz\r\n0\r\n\r\n");
  say (fd, GET ("/up/2"));
  expect_head (upstream, "/up/2");
  close (upstream);
  close (fd);
}

static void
an_old_client_gets_no_chunks_but_an_end (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *body = NULL;
  g_autofree char *head = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /up/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  upstream = fixture_accept (fixture);
  expect_head (upstream, "GET /up/1 HTTP/1.1");
  say (upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  head = hear_head (fd);
  assert_null (strstr (head, "chunked"));
  assert_non_null (strstr (head, "Connection: close"));
  body = hear_all (fd, NULL);
  assert_string_equal (body, "abc");
  close (upstream);
  close (fd);
}

static void
a_body_that_ends_with_the_connection_becomes_chunks (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *body = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.0 200 OK\r\n\r\nabc");
  close (upstream);
  expect_head (fd, "Transfer-Encoding: chunked");
  body = hear_bytes (fd, strlen ("3\r\nabc\r\n0\r\n\r\n"));
  assert_string_equal (body, "3\r\nabc\r\n0\r\n\r\n");
  close (fd);
}

/* A connection that has answered HEAD is not used again: a body that comes late would be the next answer. */
static int
after_head (Fixture *fixture, int upstream, int client, const char *request)
{
  expect_end (upstream);
  close (upstream);
  say (client, request);
  return fixture_accept (fixture);
}

static void
answers_without_a_body_end_with_their_head (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *head = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "HEAD /up/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK ("1234"));
  expect_head (fd, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n");
  head = hear_head (fd);
  assert_true (g_str_has_prefix (head, "HTTP/1.1 200 OK"));
  assert_non_null (strstr (head, "Content-Length: 1234\r\n"));
  upstream = after_head (fixture, upstream, fd, GET ("/up/2"));
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99\r\n\r\n");
  expect_head (fd, "HTTP/1.1 304");
  say (fd, GET ("/up/3"));
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 204 No Content\r\n\r\n");
  expect_head (fd, "HTTP/1.1 204");
  say (fd, GET ("/up/4"));
  expect_head (upstream, "/up/4");
  close (upstream);
  close (fd);
}

static void
a_cut_upstream_is_a_cut_for_the_client (void **state)
{
  static const char *const halves[] = {
    OK ("101") "half",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n",
  };
  Fixture *fixture = *state;

  fixture_start (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (halves); i++) {
    g_autofree char *body = NULL;
    int fd = fixture_connect (fixture);
    int upstream;

    say (fd, GET ("/up/1"));
    upstream = fixture_accept (fixture);
    g_free (hear_head (upstream));
    say (upstream, halves[i]);
    close (upstream);
    body = hear_all (fd, NULL);
    assert_null (strstr (body, "0\r\n\r\n"));
    close (fd);
    fixture_wait_count (fixture, &fixture->upstream_failures, (int) i + 1);
  }
}

static void
a_cut_upstream_is_a_reset_where_an_end_would_look_complete (void **state)
{
  struct linger now = { 1, 0 };
  Fixture *fixture = *state;
  gboolean reset = FALSE;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /up/1 HTTP/1.0\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  g_free (hear_head (fd));
  g_free (hear_bytes (fd, 4));
  setsockopt (upstream, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close (upstream);
  g_free (hear_all (fd, &reset));
  assert_true (reset);
  close (fd);
}

static void
an_upstream_that_is_not_there_or_speaks_nonsense_is_502 (void **state)
{
  static const char *const answers[] = {
    "", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 200 OK\r\nContent-Le",
    "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  };
  Fixture *fixture = *state;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/nobody"));
  expect_head (fd, "HTTP/1.1 502");
  close (fd);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    int upstream;

    fd = fixture_connect (fixture);
    say (fd, GET ("/up/1"));
    upstream = fixture_accept (fixture);
    g_free (hear_head (upstream));
    say (upstream, answers[i]);
    shutdown (upstream, SHUT_WR);
    expect_head (fd, "HTTP/1.1 502");
    close (upstream);
    close (fd);
  }
}

static void
a_silent_upstream_is_504_and_a_stalled_one_is_cut (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;

  fixture->options.upstream_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  expect_head (fd, "HTTP/1.1 504");
  expect_closed (upstream);
  close (upstream);
  close (fd);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/2"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, OK ("9") "half");
  expect_head (fd, "200 OK");
  expect_closed (fd);
  close (upstream);
  close (fd);
}

static void
a_stalled_request_body_is_408 (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;

  fixture->options.body_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "POST /up/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  upstream = fixture_accept (fixture);
  expect_head (fd, "HTTP/1.1 408");
  expect_closed (upstream);
  close (upstream);
  close (fd);
}

static void
a_client_that_leaves_stops_its_upstream_at_once (void **state)
{
  Fixture *fixture = *state;
  guint before;
  int fd, upstream;

  fixture_start (fixture);
  before = count_fds ();
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  g_free (hear_head (fd));
  close (fd);
  expect_closed (upstream);
  close (upstream);
  fixture_wait_fds (fixture, before);
}

static void
an_early_answer_is_passed_on_and_ends_the_connection (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *body = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "POST /up/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  g_free (hear_bytes (upstream, 3));
  say (upstream, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
  expect_head (fd, "Connection: close");
  body = hear_bytes (fd, 2);
  assert_string_equal (body, "no");
  expect_closed (upstream);
  expect_closed (fd);
  close (upstream);
  close (fd);
}

/* Sends until the other side takes nothing for a while; the socket is left non-blocking. */
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
a_slow_reader_holds_its_upstream_back_and_nothing_grows (void **state)
{
  Fixture *fixture = *state;
  int small = 8192;
  int fd, upstream;
  gsize before;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  before = resident_bytes ();
  say (upstream, OK ("1000000000"));
  assert_true (say_until_blocked (upstream) < 64 * 1024 * 1024); /* the kernel's buffers on both ways */
  assert_true (resident_bytes () < before + 8 * 1024 * 1024);
  close (upstream);
  close (fd);
}

static void
a_slow_upstream_holds_its_client_back_and_nothing_grows (void **state)
{
  Fixture *fixture = *state;
  int fd, upstream;
  gsize before;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "POST /up/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  before = resident_bytes ();
  assert_true (say_until_blocked (fd) < 64 * 1024 * 1024);
  assert_true (resident_bytes () < before + 8 * 1024 * 1024);
  close (upstream);
  close (fd);
}

static void
a_client_that_takes_nothing_is_cut (void **state)
{
  Fixture *fixture = *state;
  int small = 8192;
  int fd, upstream;

  fixture->options.send_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, OK ("1000000000"));
  say_until_blocked (upstream);
  expect_closed (upstream);
  close (upstream);
  close (fd);
}

static void
a_large_body_arrives_unchanged (void **state)
{
  Fixture *fixture = *state;
  gsize length = 8 * 1024 * 1024;
  g_autofree char *sent = g_malloc (length);
  g_autofree char *head = g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", length);
  int fd, upstream;

  for (gsize i = 0; i < length; i++)
    sent[i] = (char) ((i * 2654435761u) >> 13);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/1"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, head);
  g_free (hear_head (fd));
  for (gsize at = 0; at < length; at += 65536) {
    g_autofree char *part = NULL;

    say_bytes (upstream, sent + at, 65536);
    part = hear_bytes (fd, 65536);
    assert_memory_equal (part, sent + at, 65536);
  }
  close (upstream);
  close (fd);
}

/* ---- filters ---- */

static gpointer
mark_open (const HnHttpHead *request, const HnHttpHead *response, gpointer filter_data)
{
  assert_true (hn_slice_has_prefix (request->path, "/up/page"));
  return response->status == 200 ? g_new0 (int, 1) : NULL;
}

static gsize
mark_added (gpointer state)
{
  return strlen ("[end]");
}

static void
mark_feed (gpointer state, const char *bytes, gsize n_bytes, gboolean last, GByteArray *out)
{
  g_byte_array_append (out, (const guint8 *) bytes, (guint) n_bytes);
  if (last)
    g_byte_array_append (out, (const guint8 *) "[end]", 5);
}

static const HnFilter mark = { mark_open, mark_added, mark_feed, g_free };

static void
a_filtered_page_has_the_right_length_and_no_validators (void **state)
{
  static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: \"x\"\r\nLast-Modified: x\r\nAccept-Ranges: bytes\r\n\r\n";
  Fixture *fixture = *state;
  g_autofree char *asked = NULL;
  g_autofree char *head = NULL;
  g_autofree char *body = NULL;
  int fd, upstream;

  fixture->filter = &mark;
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /up/page HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nAccept-Encoding: gzip\r\nIf-None-Match: \"x\"\r\n\r\n");
  upstream = fixture_accept (fixture);
  asked = hear_head (upstream);
  assert_null (strstr (asked, "Range"));
  assert_null (strstr (asked, "gzip"));
  assert_null (strstr (asked, "If-None-Match"));
  say (upstream, page);
  say (upstream, "page");
  head = hear_head (fd);
  assert_non_null (strstr (head, "Content-Length: 9\r\n"));
  assert_null (strstr (head, "ETag"));
  assert_null (strstr (head, "Last-Modified"));
  assert_null (strstr (head, "Accept-Ranges"));
  body = hear_bytes (fd, 9);
  assert_string_equal (body, "page[end]");
  say (fd, "HEAD /up/page HTTP/1.1\r\nHost: a\r\n\r\n");
  g_free (hear_head (upstream));
  say (upstream, page);
  expect_head (fd, "Content-Length: 9\r\n");
  upstream = after_head (fixture, upstream, fd, GET ("/up/page"));
  g_free (hear_head (upstream));
  say (upstream, OK ("0"));
  expect_head (fd, "Content-Length: 5\r\n");
  g_free (hear_bytes (fd, 5));
  close (upstream);
  close (fd);
}

static void
a_filtered_chunked_page_is_chunked_and_a_cut_one_is_cut (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *body = NULL;
  g_autofree char *half = NULL;
  int fd, upstream;

  fixture->filter = &mark;
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/page"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npage\r\n0\r\n\r\n");
  g_free (hear_head (fd));
  body = hear_bytes (fd, strlen ("9\r\npage[end]\r\n0\r\n\r\n"));
  assert_string_equal (body, "9\r\npage[end]\r\n0\r\n\r\n");
  say (fd, GET ("/up/page"));
  g_free (hear_head (upstream));
  say (upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npage\r\n");
  close (upstream);
  half = hear_all (fd, NULL);
  assert_null (strstr (half, "[end]"));
  close (fd);
}

/* ---- from the owner ---- */

static void
cut_tag (Fixture *fixture, gpointer tag)
{
  hn_front_cut (fixture->front, tag);
}

static void
a_tag_that_is_cut_loses_its_requests_and_its_pool (void **state)
{
  Fixture *fixture = *state;
  int idle, fd, pooled, upstream;

  fixture_start (fixture);
  idle = fixture_connect (fixture);
  say (idle, GET ("/up/1"));
  pooled = fixture_accept (fixture);
  g_free (hear_head (pooled));
  fd = fixture_connect (fixture);
  say (fd, GET ("/up/2"));
  upstream = fixture_accept (fixture);
  g_free (hear_head (upstream));
  say (pooled, OK ("0"));
  g_free (hear_head (idle));
  fixture_call (fixture, cut_tag, (gpointer) "another");
  fixture_call (fixture, cut_tag, (gpointer) "tag-1");
  expect_closed (upstream);
  expect_closed (fd);
  expect_closed (pooled);
  say (idle, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (idle, "HTTP/1.1 404");
  close (idle);
  close (fd);
  close (pooled);
  close (upstream);
}

static void
the_front_may_go_at_every_step_of_a_request (void **state)
{
  for (int step = 0; step < 5; step++) {
    Fixture *fixture = fixture_new ();
    int fd, upstream = -1;

    fixture_start (fixture);
    fd = fixture_connect (fixture);
    say (fd, "POST /up/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    if (step > 0)
      upstream = fixture_accept (fixture);
    if (step > 1)
      g_free (hear_head (upstream));
    if (step > 2) {
      say (upstream, OK ("9") "half");
      g_free (hear_head (fd));
    }
    if (step > 3)
      say (fd, "cd");
    fixture_free (fixture);
    expect_closed (fd);
    close (fd);
    if (upstream >= 0)
      close (upstream);
  }
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    TEST (fields_are_edited_on_both_ways),
    TEST (one_upstream_connection_serves_request_after_request),
    TEST (a_stale_pooled_connection_is_replaced_unnoticed),
    TEST (a_request_that_may_not_be_repeated_is_not),
    TEST (a_request_body_streams_and_keeps_its_framing),
    TEST (a_chunked_response_is_chunked_anew_and_its_trailers_stay_behind),
    TEST (an_old_client_gets_no_chunks_but_an_end),
    TEST (a_body_that_ends_with_the_connection_becomes_chunks),
    TEST (answers_without_a_body_end_with_their_head),
    TEST (a_cut_upstream_is_a_cut_for_the_client),
    TEST (a_cut_upstream_is_a_reset_where_an_end_would_look_complete),
    TEST (an_upstream_that_is_not_there_or_speaks_nonsense_is_502),
    TEST (a_silent_upstream_is_504_and_a_stalled_one_is_cut),
    TEST (a_stalled_request_body_is_408),
    TEST (a_client_that_leaves_stops_its_upstream_at_once),
    TEST (an_early_answer_is_passed_on_and_ends_the_connection),
    TEST (a_slow_reader_holds_its_upstream_back_and_nothing_grows),
    TEST (a_slow_upstream_holds_its_client_back_and_nothing_grows),
    TEST (a_client_that_takes_nothing_is_cut),
    TEST (a_large_body_arrives_unchanged),
    TEST (a_filtered_page_has_the_right_length_and_no_validators),
    TEST (a_filtered_chunked_page_is_chunked_and_a_cut_one_is_cut),
    TEST (a_tag_that_is_cut_loses_its_requests_and_its_pool),
    cmocka_unit_test (the_front_may_go_at_every_step_of_a_request),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
