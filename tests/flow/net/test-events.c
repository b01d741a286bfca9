/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/event-stream.h"

/* A stream of events through front door and gate. */

#define QUIET_US 50000

typedef struct {
  Fixture *fixture;
  HnHttpServer *server;
  HnEventStream *stream;
  guint readers;
  guint64 dropped;
  guint messages; /* of libsoup's, alive */
} World;

static World world;

static void
handle_events (HnHttpRequest *request, gpointer data)
{
  hn_event_stream_attach (world.stream, request);
}

static void
handle_apart (HnHttpRequest *request, gpointer data)
{
  assert_true (hn_event_stream_attach_apart (world.stream, request));
  assert_true (hn_event_stream_is_reader (world.stream, request));
}

static gboolean
nobody (const char *token, gpointer data)
{
  return FALSE;
}

/* One of the test before may go as late as this one runs. */
static void
on_message_gone (gpointer data, GObject *message)
{
  if (data == world.fixture)
    world.messages--;
}

static void
on_request_started (SoupServer *soup, SoupServerMessage *message, gpointer data)
{
  world.messages++;
  g_object_weak_ref (G_OBJECT (message), on_message_gone, world.fixture);
}

static void
prepare (Fixture *fixture, gboolean up)
{
  static const HnHttpRoute routes[] = {
    { "GET", "/api/events", HN_HTTP_OPEN, FALSE, handle_events },
    { "GET", "/api/apart", HN_HTTP_OPEN, FALSE, handle_apart },
  };

  if (up) {
    world.stream = hn_event_stream_new ("nowhere", QUIET_US);
    world.server = hn_http_server_new (routes, G_N_ELEMENTS (routes), nobody, NULL);
    fixture->options.api = hn_http_server_get_soup (world.server);
    g_signal_connect (fixture->options.api, "request-started", G_CALLBACK (on_request_started), NULL);
  } else {
    g_clear_pointer (&world.server, hn_http_server_free);
    g_clear_pointer (&world.stream, hn_event_stream_free);
  }
}

static int
set_up (void **state)
{
  world = (World){ .fixture = fixture_new () };
  *state = world.fixture;
  world.fixture->prepare = prepare;
  return 0;
}

static int
tear_down (void **state)
{
  fixture_free (*state);
  return 0;
}

static void
publish (Fixture *fixture, gpointer data)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "what", data);
  hn_event_stream_publish (world.stream, "test.said", object);
}

static void
say_event (Fixture *fixture, const char *what)
{
  fixture_call (fixture, publish, (gpointer) what);
}

static void
look (Fixture *fixture, gpointer data)
{
  world.readers = hn_event_stream_get_readers (world.stream);
  world.dropped = hn_event_stream_get_dropped (world.stream);
}

static void
wait_for_readers (Fixture *fixture, guint count)
{
  gint64 end_us = hn_clock_now_us () + hn_seconds (FIXTURE_TIMEOUT_SECONDS);

  do
    fixture_call (fixture, look, NULL);
  while (world.readers != count && hn_clock_now_us () < end_us);
  assert_int_equal (world.readers, count);
}

static void
wait_for_messages (Fixture *fixture, guint count)
{
  gint64 end_us = hn_clock_now_us () + hn_seconds (FIXTURE_TIMEOUT_SECONDS);

  do
    fixture_call (fixture, look, NULL);
  while (world.messages != count && hn_clock_now_us () < end_us);
  assert_int_equal (world.messages, count);
}

static int
listen_at (Fixture *fixture, const char *path, const char *fields)
{
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path, fields);
  g_autofree char *head = NULL;
  int fd = fixture_connect (fixture);

  say (fd, request);
  head = hear_head (fd);
  assert_true (g_str_has_prefix (head, "HTTP/1.1 200 "));
  assert_non_null (strstr (head, "Content-Type: text/event-stream\r\n"));
  assert_non_null (strstr (head, "Cache-Control: no-store\r\n"));
  assert_non_null (strstr (head, "X-Accel-Buffering: no\r\n"));
  return fd;
}

static int
listen_to (Fixture *fixture, const char *fields)
{
  return listen_at (fixture, "/api/events", fields);
}

/* One piece of a chunked body; NULL at its end. */
static char *
hear_piece (int fd)
{
  g_autoptr (GString) size = g_string_new (NULL);
  g_autofree char *end = NULL;
  char *piece;
  gsize length;

  while (!g_str_has_suffix (size->str, "\r\n")) {
    g_autofree char *byte = hear_bytes (fd, 1);

    g_string_append (size, byte);
  }
  length = strtoul (size->str, NULL, 16);
  piece = hear_bytes (fd, length);
  end = hear_bytes (fd, 2);
  assert_string_equal (end, "\r\n");
  if (length > 0)
    return piece;
  g_free (piece);
  return NULL;
}

/* The next piece with an event in it. */
static char *
hear_event (int fd)
{
  for (;;) {
    char *piece = hear_piece (fd);

    if (piece == NULL || strstr (piece, "event: ") != NULL)
      return piece;
    g_free (piece);
  }
}

static void
what_is_published_is_heard_at_once (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *greeting = NULL;
  g_autofree char *event = NULL;
  int fd;

  fixture_start (fixture);
  fd = listen_to (fixture, "");
  greeting = hear_piece (fd);
  assert_string_equal (greeting, "retry: 2000\n\n");
  say_event (fixture, "hello");
  event = hear_event (fd);
  assert_true (g_str_has_prefix (event, "event: test.said\nid: "));
  assert_non_null (strstr (event, "\"what\":\"hello\""));
  assert_non_null (strstr (event, "\"district\":\"nowhere\""));
  assert_non_null (strstr (event, "\"timestamp\":\"20"));
  close (fd);
}

static void
who_hears_nothing_gets_a_comment_now_and_then (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture_start (fixture);
  fd = listen_to (fixture, "");
  g_free (hear_piece (fd));
  for (int i = 0; i < 3; i++) {
    g_autofree char *comment = hear_piece (fd);

    assert_string_equal (comment, ":\n\n");
  }
  close (fd);
}

static void
a_stream_outlives_every_deadline_of_the_front_door (void **state)
{
  Fixture *fixture = *state;
  gint64 end_us;
  int fd;

  fixture->options.api_timeout_us = 100000;
  fixture->options.send_timeout_us = 100000;
  fixture->options.keepalive_timeout_us = 100000;
  fixture->options.pace_us = 100000;
  fixture_start (fixture);
  fd = listen_to (fixture, "");
  end_us = hn_clock_now_us () + 500000;
  while (hn_clock_now_us () < end_us)
    g_free (hear_piece (fd));
  say_event (fixture, "still here");
  g_free (hear_event (fd));
  close (fd);
}

static void
who_leaves_is_noticed_and_leaves_nothing (void **state)
{
  Fixture *fixture = *state;
  guint before;

  fixture_start (fixture);
  before = count_fds ();
  for (int i = 0; i < 50; i++) {
    int fd = listen_to (fixture, "");

    if (i % 2 == 0)
      g_free (hear_piece (fd));
    close (fd);
    wait_for_readers (fixture, 0);
  }
  say_event (fixture, "nobody");
  fixture_wait_fds (fixture, before);
  wait_for_messages (fixture, 0);
}

static void
who_comes_back_gets_what_it_has_missed (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *first = NULL;
  g_autofree char *again = NULL;
  g_autofree char *fields = NULL;
  const char *id;
  int fd;

  fixture_start (fixture);
  fd = listen_to (fixture, "");
  g_free (hear_piece (fd));
  say_event (fixture, "one");
  first = hear_event (fd);
  close (fd);
  say_event (fixture, "two");
  say_event (fixture, "three");
  id = strstr (first, "\nid: ") + 5;
  fields = g_strdup_printf ("Last-Event-ID: %.*s\r\n", (int) strcspn (id, "\n"), id);
  fd = listen_to (fixture, fields);
  again = hear_event (fd);
  assert_null (strstr (again, "events.missed"));
  assert_null (strstr (again, "\"one\""));
  assert_true (strstr (again, "\"two\"") < strstr (again, "\"three\""));
  close (fd);
}

static void
who_has_missed_some_is_told_first (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *greeting = NULL;
  g_autofree char *event = NULL;
  int fd;

  fixture_start (fixture);
  say_event (fixture, "one");
  fd = listen_to (fixture, "Last-Event-ID: 5\r\n");
  greeting = hear_piece (fd);
  assert_string_equal (greeting, "retry: 2000\n\nevent: events.missed\ndata: {}\n\n");
  event = hear_event (fd);
  assert_non_null (strstr (event, "\"one\""));
  close (fd);
}

static void
publish_much (Fixture *fixture, gpointer data)
{
  for (int i = 0; i < 100; i++)
    publish (fixture, data);
}

static void
a_slow_reader_is_dropped_and_counted_and_holds_up_nobody (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *text = g_strnfill (4000, 'x');
  gint64 end_us = hn_clock_now_us () + hn_seconds (FIXTURE_TIMEOUT_SECONDS);
  int slow, small = 4096;

  fixture_start (fixture);
  slow = fixture_connect (fixture);
  setsockopt (slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  say (slow, "GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n");
  g_free (hear_head (slow));
  wait_for_readers (fixture, 1);
  do {
    fixture_call (fixture, publish_much, text);
    fixture_call (fixture, look, NULL);
  } while (world.dropped == 0 && hn_clock_now_us () < end_us);
  assert_int_equal (world.dropped, 1);
  assert_int_equal (world.readers, 0);
  close (slow);
}

static void
readers_are_limited (void **state)
{
  Fixture *fixture = *state;
  int fds[HN_LIMIT_EVENTS_READERS], fd;
  g_autofree char *answer = NULL;

  fixture_start (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = listen_to (fixture, "");
  fd = fixture_connect (fixture);
  say (fd, "GET /api/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  answer = hear_all (fd, NULL);
  assert_true (g_str_has_prefix (answer, "HTTP/1.1 503 "));
  assert_non_null (strstr (answer, "Retry-After: 5\r\n"));
  assert_non_null (strstr (answer, "{\"error\":\"too many readers of events\",\"code\":503}"));
  close (fd);
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  wait_for_readers (fixture, 0);
  close (listen_to (fixture, ""));
}

static void
who_is_counted_elsewhere_takes_no_place_of_theirs (void **state)
{
  Fixture *fixture = *state;
  int fds[HN_LIMIT_EVENTS_READERS], apart[3], fd;

  fixture_start (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (apart); i++)
    apart[i] = listen_at (fixture, "/api/apart", "");
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = listen_to (fixture, "");
  fd = fixture_connect (fixture);
  say (fd, "GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 503 ");
  close (fd);
  close (apart[0]);
  wait_for_readers (fixture, HN_LIMIT_EVENTS_READERS + 2);
  apart[0] = listen_at (fixture, "/api/apart", "");
  close (fds[0]);
  wait_for_readers (fixture, HN_LIMIT_EVENTS_READERS + 2);
  fds[0] = listen_to (fixture, "");
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (apart); i++)
    close (apart[i]);
  wait_for_readers (fixture, 0);
}

static void
a_head_request_is_answered_without_a_stream (void **state)
{
  Fixture *fixture = *state;
  int fd;

  fixture_start (fixture);
  fd = fixture_connect (fixture);
  say (fd, "HEAD /api/events HTTP/1.1\r\nHost: a\r\n\r\nHEAD /api/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect_head (fd, "Content-Type: text/event-stream\r\n");
  expect_head (fd, "Content-Type: text/event-stream\r\n");
  expect_end (fd);
  close (fd);
}

static void
close_stream (Fixture *fixture, gpointer data)
{
  hn_event_stream_close (world.stream);
}

static void
a_stream_that_closes_ends_its_answers_as_whole (void **state)
{
  Fixture *fixture = *state;
  char *piece;
  int fd;

  fixture_start (fixture);
  fd = listen_to (fixture, "");
  g_free (hear_piece (fd));
  fixture_call (fixture, close_stream, NULL);
  while ((piece = hear_piece (fd)) != NULL)
    g_free (piece);
  say (fd, "GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_head (fd, "HTTP/1.1 503 ");
  close (fd);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    TEST (what_is_published_is_heard_at_once),
    TEST (who_hears_nothing_gets_a_comment_now_and_then),
    TEST (a_stream_outlives_every_deadline_of_the_front_door),
    TEST (who_leaves_is_noticed_and_leaves_nothing),
    TEST (who_comes_back_gets_what_it_has_missed),
    TEST (who_has_missed_some_is_told_first),
    TEST (a_slow_reader_is_dropped_and_counted_and_holds_up_nobody),
    TEST (readers_are_limited),
    TEST (who_is_counted_elsewhere_takes_no_place_of_theirs),
    TEST (a_head_request_is_answered_without_a_stream),
    TEST (a_stream_that_closes_ends_its_answers_as_whole),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
