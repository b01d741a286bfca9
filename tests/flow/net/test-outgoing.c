/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes out: calls, streamed answers, probes; and the timer that all shells wait by. A raw server on a free port answers what a test says. */
#include <gio/gio.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/http-client.h"
#include "net/probe.h"
#include "net/timer.h"
#include "tests/support/unit.h"

#define HOST "127.0.24.1"

typedef struct {
  GMainLoop *loop;
  GSocketService *service;
  guint16 port;
  const char *answer;  /* sent to whoever connects */
  gsize answer_bytes;
  gboolean close;      /* and then the connection is closed */
  guint visits;
  gboolean fresh;      /* how it is called */
  gboolean connected;
  HnHttpClient *client;

  HnHttpReply *reply;
  GError *error;
  gint64 rtt_us;
  guint status;
  GPtrArray *lines;
  guint ends;
} World;

typedef struct {
  World *world;
  GSocketConnection *connection;
  char request[4096];
} Visit;

static void
visit_free (Visit *self)
{
  g_object_unref (self->connection);
  g_free (self);
}

static void
on_gone (GObject *in, GAsyncResult *result, gpointer data)
{
  g_input_stream_read_finish (G_INPUT_STREAM (in), result, NULL);
  visit_free (data);
}

static void
wait_until_gone (Visit *self)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (self->connection));

  g_input_stream_read_async (in, self->request, sizeof self->request, 0, NULL, on_gone, self);
}

static void
on_answered (GObject *out, GAsyncResult *result, gpointer data)
{
  Visit *self = data;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (out), result, NULL, NULL) || self->world->close)
    visit_free (self);
  else
    wait_until_gone (self);
}

/* A connection closed before its request is read would be a reset. */
static void
on_request (GObject *in, GAsyncResult *result, gpointer data)
{
  Visit *self = data;
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (self->connection));

  if (g_input_stream_read_finish (G_INPUT_STREAM (in), result, NULL) <= 0)
    visit_free (self);
  else if (self->world->answer == NULL)
    wait_until_gone (self);
  else
    g_output_stream_write_all_async (out, self->world->answer, self->world->answer_bytes, 0, NULL, on_answered, self);
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
  Visit *visit = g_new0 (Visit, 1);
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));

  visit->world = data;
  visit->world->visits++;
  visit->connection = g_object_ref (connection);
  g_input_stream_read_async (in, visit->request, sizeof visit->request, 0, NULL, on_request, visit);
  return TRUE;
}

static gboolean
on_watchdog (gpointer data)
{
  fail_msg ("nothing came within 8 s");
  return G_SOURCE_REMOVE;
}

static int
set_up (void **state)
{
  World *world = g_new0 (World, 1);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (HOST, 0);
  g_autoptr (GSocketAddress) effective = NULL;

  world->loop = g_main_loop_new (NULL, FALSE);
  world->service = g_socket_service_new ();
  assert_true (g_socket_listener_add_address (G_SOCKET_LISTENER (world->service), address, G_SOCKET_TYPE_STREAM,
                                              G_SOCKET_PROTOCOL_TCP, NULL, &effective, NULL));
  world->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_signal_connect (world->service, "incoming", G_CALLBACK (on_incoming), world);
  world->lines = g_ptr_array_new_with_free_func (g_free);
  world->client = hn_http_client_new ();
  world->close = TRUE;
  *state = world;
  return 0;
}

static int
tear_down (void **state)
{
  World *world = *state;

  hn_http_client_free (world->client);
  g_socket_service_stop (world->service);
  g_socket_listener_close (G_SOCKET_LISTENER (world->service));
  g_object_unref (world->service);
  g_ptr_array_unref (world->lines);
  hn_http_reply_free (world->reply);
  g_clear_error (&world->error);
  while (g_main_context_iteration (NULL, FALSE))
    ; /* what was cancelled ends in the loop */
  g_main_loop_unref (world->loop);
  g_free (world);
  return 0;
}

static void
run (World *world)
{
  guint watchdog = g_timeout_add_seconds (8, on_watchdog, NULL);

  g_main_loop_run (world->loop);
  g_source_remove (watchdog);
}

static void
answers (World *world, const char *text)
{
  world->answer = text;
  world->answer_bytes = strlen (text);
}

static void
on_called (GObject *source, GAsyncResult *result, gpointer data)
{
  World *world = data;

  world->connected = hn_http_client_call_was_connected (result);
  world->reply = hn_http_client_call_finish (result, &world->error);
  g_main_loop_quit (world->loop);
}

static void
call (World *world, gint64 timeout_us, GCancellable *cancellable)
{
  g_autofree char *url = g_strdup_printf ("http://" HOST ":%u/x", world->port);
  HnHttpCall what = { .method = "GET", .url = url, .timeout_us = timeout_us, .fresh = world->fresh };

  hn_http_client_call_async (world->client, &what, cancellable, on_called, world);
  run (world);
}

static void
any_status_is_a_reply (void **state)
{
  World *world = *state;

  answers (world, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nfull");
  call (world, 0, NULL);
  assert_null (world->error);
  assert_int_equal (world->reply->status, 503);
  assert_string_equal (world->reply->body, "full");
  assert_int_equal (world->reply->length, 4);
}

static void
a_redirect_is_shown_and_not_followed (void **state)
{
  World *world = *state;

  answers (world, "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
  call (world, 0, NULL);
  assert_null (world->error);
  assert_int_equal (world->reply->status, 302);
}

static void
a_cut_answer_is_an_error (void **state)
{
  World *world = *state;

  answers (world, "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nonly this");
  call (world, 0, NULL);
  assert_null (world->reply);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM));
}

static void
an_endless_answer_is_cut_at_its_limit (void **state)
{
  World *world = *state;
  g_autofree char *body = g_strnfill (HN_LIMIT_REPLY_BYTES + 70000, 'x');
  g_autofree char *text = g_strconcat ("HTTP/1.0 200 OK\r\n\r\n", body, NULL);

  answers (world, text);
  call (world, 0, NULL);
  assert_null (world->reply);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM));
  assert_non_null (strstr (world->error->message, "longer than"));
}

static void
a_silent_peer_is_a_time_out_over_all (void **state)
{
  World *world = *state;

  world->close = FALSE;
  answers (world, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  call (world, 200000, NULL);
  assert_null (world->reply);
  assert_hn_error (world->error, HN_ERROR_TIMEOUT, "timed out after 0.2 s");
}

static gboolean
cancel (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

static void
a_cancelled_call_says_so (void **state)
{
  World *world = *state;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  world->close = FALSE;
  g_idle_add (cancel, cancellable);
  call (world, 0, cancellable);
  assert_null (world->reply);
  assert_true (g_error_matches (world->error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

static void
nobody_there_is_an_upstream_error (void **state)
{
  World *world = *state;

  g_socket_service_stop (world->service);
  g_socket_listener_close (G_SOCKET_LISTENER (world->service));
  call (world, 0, NULL);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM));
}

static void
a_fresh_call_has_a_connection_of_its_own (void **state)
{
  World *world = *state;

  world->close = FALSE;
  answers (world, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  world->fresh = TRUE;
  for (guint i = 1; i <= 2; i++) {
    call (world, 0, NULL);
    assert_null (world->error);
    assert_string_equal (world->reply->body, "ok");
    assert_true (world->connected);
    assert_int_equal (world->visits, i);
    g_clear_pointer (&world->reply, hn_http_reply_free);
  }
}

static void
a_fresh_call_tells_a_cut_from_nobody_there (void **state)
{
  World *world = *state;

  world->fresh = TRUE;
  answers (world, "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nonly this");
  call (world, 0, NULL);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM));
  assert_true (world->connected);
  g_clear_error (&world->error);

  g_socket_service_stop (world->service);
  g_socket_listener_close (G_SOCKET_LISTENER (world->service));
  call (world, 0, NULL);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM));
  assert_false (world->connected);
}

static void
on_head (guint status, gpointer data)
{
  ((World *) data)->status = status;
}

static void
on_line (const char *line, gsize length, gpointer data)
{
  assert_int_equal (strlen (line), length);
  g_ptr_array_add (((World *) data)->lines, g_strdup (line));
}

static void
on_ended (const GError *error, gpointer data)
{
  World *world = data;

  world->ends++;
  world->error = error != NULL ? g_error_copy (error) : NULL;
  g_main_loop_quit (world->loop);
}

static void
stream_as (World *world, gboolean endless)
{
  static const HnHttpStreamEvents events = { on_head, on_line, on_ended };
  g_autofree char *url = g_strdup_printf ("http://" HOST ":%u/x", world->port);
  HnHttpCall what = { .method = "POST", .url = url, .body = "{}", .endless = endless };
  HnHttpStream *running = hn_http_client_stream (world->client, &what, &events, world);

  run (world);
  hn_http_stream_free (running);
}

static void
stream (World *world)
{
  stream_as (world, FALSE);
}

static void
lines_come_whole_however_they_are_cut_and_the_last_one_too (void **state)
{
  World *world = *state;

  answers (world, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n6\r\n\":1}\r\n\r\n2\r\n\nb\r\n1\r\nc\r\n0\r\n\r\n");
  stream (world);
  assert_null (world->error);
  assert_int_equal (world->status, 200);
  assert_int_equal (world->lines->len, 2);
  assert_string_equal (world->lines->pdata[0], "{\"a\":1}");
  assert_string_equal (world->lines->pdata[1], "bc");
  assert_int_equal (world->ends, 1);
}

static void
an_endless_line_is_refused (void **state)
{
  World *world = *state;
  g_autofree char *line = g_strnfill (HN_LIMIT_NDJSON_LINE_BYTES + 20000, 'x');
  g_autofree char *text = g_strconcat ("HTTP/1.0 200 OK\r\n\r\n", line, NULL);

  world->close = FALSE;
  answers (world, text);
  stream (world);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM));
  assert_int_equal (world->ends, 1);
}

static void
a_flood_of_empty_lines_is_refused (void **state)
{
  World *world = *state;
  g_autofree char *lines = g_strnfill (HN_LIMIT_REPLY_BYTES + 20000, '\n');
  g_autofree char *text = g_strconcat ("HTTP/1.0 200 OK\r\n\r\n", lines, NULL);

  answers (world, text);
  stream (world);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM));
  assert_int_equal (world->lines->len, 0);
}

static void
an_answer_that_goes_on_has_empty_lines_and_no_end (void **state)
{
  World *world = *state;
  guint count = HN_LIMIT_REPLY_BYTES / 1000 + 20;
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_printf (text, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", 1001 * count);
  for (guint i = 0; i < count; i++)
    g_string_append_printf (text, "%0999d\n\n", (int) i);
  world->close = FALSE;
  answers (world, text->str);
  stream_as (world, TRUE);
  assert_null (world->error);
  assert_int_equal (world->lines->len, 2 * count);
  assert_string_equal (world->lines->pdata[1], "");
}

static void
a_freed_stream_is_silent (void **state)
{
  World *world = *state;
  static const HnHttpStreamEvents events = { on_head, on_line, on_ended };
  g_autofree char *url = g_strdup_printf ("http://" HOST ":%u/x", world->port);
  HnHttpCall what = { .method = "GET", .url = url };

  answers (world, "HTTP/1.0 200 OK\r\n\r\nline\n");
  hn_http_stream_free (hn_http_client_stream (world->client, &what, &events, world));
  call (world, 0, NULL); /* a whole exchange later nothing has come */
  assert_int_equal (world->lines->len, 0);
  assert_int_equal (world->ends, 0);
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer data)
{
  World *world = data;

  world->rtt_us = hn_probe_finish (result, &world->error);
  g_main_loop_quit (world->loop);
}

static void
a_probe_tells_how_long_the_connect_took (void **state)
{
  World *world = *state;

  hn_probe_async (HOST, world->port, 1000000, NULL, on_probed, world);
  run (world);
  assert_null (world->error);
  assert_true (world->rtt_us > 0 && world->rtt_us < 1000000);
  assert_false (hn_probe_bindable (HOST, world->port));
}

static void
a_probe_of_nobody_fails_at_once (void **state)
{
  World *world = *state;

  g_socket_service_stop (world->service);
  g_socket_listener_close (G_SOCKET_LISTENER (world->service));
  hn_probe_async (HOST, world->port, 1000000, NULL, on_probed, world);
  run (world);
  assert_true (g_error_matches (world->error, HN_ERROR, HN_ERROR_UPSTREAM));
  assert_true (hn_probe_bindable (HOST, world->port));
}

typedef struct {
  World *world;
  HnTimer *timer;
  guint fired;
} Alarm;

static void
on_alarm (gpointer data)
{
  Alarm *alarm = data;

  alarm->fired++;
  g_main_loop_quit (alarm->world->loop);
}

static void
a_deadline_in_the_past_fires_once_in_the_next_turn (void **state)
{
  Alarm alarm = { .world = *state };

  alarm.timer = hn_timer_new (on_alarm, &alarm);
  hn_timer_arm (alarm.timer, 1);
  assert_int_equal (alarm.fired, 0);
  run (alarm.world);
  assert_false (g_main_context_iteration (NULL, FALSE));
  assert_int_equal (alarm.fired, 1);
  hn_timer_free (alarm.timer);
}

static void
an_unarmed_and_a_freed_timer_are_silent (void **state)
{
  Alarm alarm = { .world = *state };

  alarm.timer = hn_timer_new (on_alarm, &alarm);
  hn_timer_arm (alarm.timer, 1);
  hn_timer_arm (alarm.timer, HN_NEVER);
  g_main_context_iteration (NULL, FALSE);
  hn_timer_arm (alarm.timer, 1);
  hn_timer_free (alarm.timer);
  g_main_context_iteration (NULL, FALSE);
  assert_int_equal (alarm.fired, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (any_status_is_a_reply),
    TEST (a_redirect_is_shown_and_not_followed),
    TEST (a_cut_answer_is_an_error),
    TEST (an_endless_answer_is_cut_at_its_limit),
    TEST (a_silent_peer_is_a_time_out_over_all),
    TEST (a_cancelled_call_says_so),
    TEST (nobody_there_is_an_upstream_error),
    TEST (a_fresh_call_has_a_connection_of_its_own),
    TEST (a_fresh_call_tells_a_cut_from_nobody_there),
    TEST (lines_come_whole_however_they_are_cut_and_the_last_one_too),
    TEST (an_endless_line_is_refused),
    TEST (a_flood_of_empty_lines_is_refused),
    TEST (an_answer_that_goes_on_has_empty_lines_and_no_end),
    TEST (a_freed_stream_is_silent),
    TEST (a_probe_tells_how_long_the_connect_took),
    TEST (a_probe_of_nobody_fails_at_once),
    TEST (a_deadline_in_the_past_fires_once_in_the_next_turn),
    TEST (an_unarmed_and_a_freed_timer_are_silent),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
