/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

/* The front door with its API: heads, the gate, deadlines, accepting. */

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

static void
an_api_request_is_answered_and_the_connection_carries_another (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  for (int i = 0; i < 3; i++) {
    g_autofree char *head = NULL;
    g_autofree char *body = NULL;

    say (fd, "GET /api/echo HTTP/1.1\r\nHost: a\r\n\r\n");
    head = hear_head (fd);
    assert_non_null (strstr (head, "HTTP/1.1 200"));
    assert_null (strstr (head, "Connection: close"));
    body = hear_bytes (fd, strlen ("{\"path\":\"/api/echo\",\"body\":\"\"}"));
    assert_string_equal (body, "{\"path\":\"/api/echo\",\"body\":\"\"}");
  }
  close (fd);
}

static void
an_api_body_arrives_whole_however_it_is_cut (void **state)
{
  Fixture *fixture = *state;
  const char *request = "POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
  g_autofree char *answer = NULL;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  for (const char *at = request; *at != '\0'; at++)
    say_bytes (fd, at, 1);
  answer = hear_all (fd, NULL);
  assert_non_null (strstr (answer, "\"body\":\"hello\""));
  close (fd);
}

static void
a_head_request_to_the_api_has_no_body (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *rest = NULL;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "HEAD /api/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect_head (fd, "HTTP/1.1 200");
  rest = hear_all (fd, NULL);
  assert_string_equal (rest, "");
  close (fd);
}

static void
expect_continue_is_answered_before_the_body_is_sent (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *answer = NULL;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
  expect_head (fd, "HTTP/1.1 100 Continue\r\n\r\n");
  say (fd, "ok");
  answer = hear_all (fd, NULL);
  assert_true (g_str_has_prefix (answer, "HTTP/1.1 200"));
  assert_non_null (strstr (answer, "\"body\":\"ok\""));
  close (fd);
}

static void
expect_refusal (Fixture *fixture, const char *request, const char *status, const char *detail)
{
  int fd = fixture_connect (fixture);
  g_autofree char *answer = NULL;

  say (fd, request);
  answer = hear_all (fd, NULL);
  close (fd);
  if (!g_str_has_prefix (answer, status) || strstr (answer, detail) == NULL)
    fail_msg ("expected %s with '%s', got: %s", status, detail, answer);
  assert_non_null (strstr (answer, "Content-Type: application/json"));
  assert_non_null (strstr (answer, "{\"error\":"));
  assert_true (g_str_has_suffix (answer, "}\n"));
}

static void
bad_requests_are_refused_in_the_one_error_shape_and_closed (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *long_target = g_strnfill (9000, 'a');
  g_autofree char *long_request = g_strdup_printf ("GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", long_target);
  g_autofree char *long_field = g_strnfill (40000, 'a');
  g_autofree char *long_head = g_strdup_printf ("GET / HTTP/1.1\r\nHost: a\r\nX: %s", long_field);

  fixture_start (fixture);
  expect_refusal (fixture, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 400", "both");
  expect_refusal (fixture, "GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505", "HTTP/1.1");
  expect_refusal (fixture, "GET / HTTP/1.1\nHost: a\n\n", "HTTP/1.1 400", "CR LF");
  expect_refusal (fixture, "\026\003\001", "HTTP/1.1 400", "not HTTP");
  expect_refusal (fixture, long_request, "HTTP/1.1 414", "target");
  expect_refusal (fixture, long_head, "HTTP/1.1 431", "too long");
  expect_refusal (fixture, "POST /api/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 411", "Content-Length");
  expect_refusal (fixture, "POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", "HTTP/1.1 413", "too large");
  expect_refusal (fixture, "GET /up/../x HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400", "dot segment");
}

static void
a_refusal_of_the_owner_keeps_the_connection_and_a_redirect_says_where (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 404");
  say (fd, "GET /moved HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "Location: /moved/\r\n");
  say (fd, "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  expect_head (fd, "Connection: close\r\n");
  expect_closed (fd);
  close (fd);
}

static void
pipelined_requests_are_answered_in_order_across_api_and_proxy (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *answer = NULL;
  int fd, upstream;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /api/echo?1 HTTP/1.1\r\nHost: a\r\n\r\n"
           "GET /up/2 HTTP/1.1\r\nHost: a\r\n\r\n"
           "POST /api/echo?3 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nthree"
           "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  upstream = fixture_accept (fixture);
  expect_head (upstream, "GET /up/2 HTTP/1.1\r\n");
  say (upstream, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
  answer = hear_all (fd, NULL);
  assert_non_null (strstr (answer, "two"));
  assert_true (strstr (answer, "/api/echo") < strstr (answer, "two"));
  assert_true (strstr (answer, "two") < strstr (answer, "\"body\":\"three\""));
  assert_true (strstr (answer, "\"body\":\"three\"") < strstr (answer, "no such thing"));
  close (upstream);
  close (fd);
}

static void
a_client_that_leaves_cancels_its_handler (void **state)
{
  Fixture *fixture = *state;
  guint before;
  int fd;

  fixture_start (fixture);
  before = count_fds ();
  fd = fixture_connect (fixture);
  say (fd, "GET /api/wait HTTP/1.1\r\nHost: a\r\n\r\n");
  fixture_wait_count (fixture, &fixture->handlers_begun, 1);
  close (fd);
  fixture_wait_count (fixture, &fixture->handlers_cancelled, 1);
  fixture_wait_fds (fixture, before);
}

static void
a_handler_that_takes_too_long_is_cancelled_and_answered_for (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture->options.api_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /api/wait HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 504");
  expect_closed (fd);
  fixture_wait_count (fixture, &fixture->handlers_cancelled, 1);
  close (fd);
}

static void
the_front_may_go_while_a_handler_works (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /api/wait HTTP/1.1\r\nHost: a\r\n\r\n");
  fixture_wait_count (fixture, &fixture->handlers_begun, 1);
  close (fd);
}

static void
a_slow_reader_of_a_big_api_answer_gets_all_of_it (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *body = NULL;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /api/big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect_head (fd, "HTTP/1.1 200");
  body = hear_all (fd, NULL);
  assert_int_equal (strlen (body), 32 * 1024 * 1024);
  close (fd);
}

static void
a_reader_of_an_api_answer_that_takes_nothing_is_cut (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *body = NULL;
  int small = 4096;
  int fd;

  fixture->options.send_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  fd = fixture_connect (fixture);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  say (fd, "GET /api/big HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 200");
  wait_for_hang_up (fd);
  body = hear_all (fd, NULL);
  assert_true (strlen (body) < 32 * 1024 * 1024);
  close (fd);
}

static void
idle_clients_that_close_leave_no_descriptor_behind (void **state)
{
  Fixture *fixture = *state;
  guint before;
  int fds[50];

  fixture_start (fixture);
  before = count_fds ();
  for (int i = 0; i < 50; i++) {
    g_autofree char *body = NULL;

    fds[i] = fixture_connect (fixture);
    say (fds[i], "GET /api/echo HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_head (fds[i], "HTTP/1.1 200");
    body = hear_bytes (fds[i], strlen ("{\"path\":\"/api/echo\",\"body\":\"\"}"));
  }
  assert_int_equal (count_fds (), before + 100);
  for (int i = 0; i < 50; i++) {
    shutdown (fds[i], SHUT_WR);
    expect_end (fds[i]);
    close (fds[i]);
  }
  assert_int_equal (count_fds (), before);
}

static void
a_silent_connection_and_an_unfinished_head_meet_their_deadlines (void **state)
{
  Fixture *fixture = *state;
  int silent, slow, stalled;

  fixture->options.keepalive_timeout_us = hn_seconds (0.1);
  fixture->options.head_timeout_us = hn_seconds (0.1);
  fixture->options.body_timeout_us = hn_seconds (0.1);
  fixture_start (fixture);
  silent = fixture_connect (fixture);
  slow = fixture_connect (fixture);
  stalled = fixture_connect (fixture);
  say (slow, "GET / HTTP/1.1\r\nHost:");
  say (stalled, "POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  expect_end (silent);
  expect_head (slow, "HTTP/1.1 408");
  expect_head (stalled, "HTTP/1.1 408");
  expect_closed (slow);
  expect_closed (stalled);
  close (silent);
  close (slow);
  close (stalled);
}

static void
running_out_of_descriptors_ends_neither_accepting_nor_the_rest (void **state)
{
  Fixture *fixture = *state;
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  struct rlimit old, tight;
  int waiting[4], fd;
  guint used;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 404");
  for (int i = 0; i < 4; i++)
    waiting[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  used = (guint) dup (fd);
  close ((int) used);
  getrlimit (RLIMIT_NOFILE, &old);
  tight = (struct rlimit){ used, old.rlim_max };
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &tight), 0);
  getpeername (fd, (struct sockaddr *) &address, &length);
  for (int i = 0; i < 4; i++) {
    assert_int_equal (connect (waiting[i], (struct sockaddr *) &address, length), 0);
    expect_head (waiting[i], "HTTP/1.1 503");
    expect_closed (waiting[i]);
  }
  say (fd, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 404");
  setrlimit (RLIMIT_NOFILE, &old);
  for (int i = 0; i < 4; i++)
    close (waiting[i]);
  close (fd);
  fd = fixture_connect (fixture);
  say (fd, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 404");
  close (fd);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    TEST (an_api_request_is_answered_and_the_connection_carries_another),
    TEST (an_api_body_arrives_whole_however_it_is_cut),
    TEST (a_head_request_to_the_api_has_no_body),
    TEST (expect_continue_is_answered_before_the_body_is_sent),
    TEST (bad_requests_are_refused_in_the_one_error_shape_and_closed),
    TEST (a_refusal_of_the_owner_keeps_the_connection_and_a_redirect_says_where),
    TEST (pipelined_requests_are_answered_in_order_across_api_and_proxy),
    TEST (a_client_that_leaves_cancels_its_handler),
    TEST (a_handler_that_takes_too_long_is_cancelled_and_answered_for),
    TEST (the_front_may_go_while_a_handler_works),
    TEST (a_slow_reader_of_a_big_api_answer_gets_all_of_it),
    TEST (a_reader_of_an_api_answer_that_takes_nothing_is_cut),
    TEST (idle_clients_that_close_leave_no_descriptor_behind),
    TEST (a_silent_connection_and_an_unfinished_head_meet_their_deadlines),
    TEST (running_out_of_descriptors_ends_neither_accepting_nor_the_rest),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
