/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/unit.h"

#include "base/clock.h"
#include "net/front.h"
#include "net/websocket.h"

/* Sockets of ours on the front door of ours, in one loop with their clients: our own end, or a plain socket that says what no client would. What happens is
 * written down as text; every wait ends with a condition and has a limit. */

#define HOST "127.0.24.3"
#define LIMIT_SECONDS 8

typedef struct _World World;

/* One end, and what it lived through. */
typedef struct {
  World *world;
  HnWebSocket *socket;
  GString *log;
  guint events;
  guint64 bytes;
  gboolean quiet; /* big things: only counted */
  void (*on_message) (gpointer end);
} End;

struct _World {
  HnPoller *poller;
  HnFront *front;
  HnFrontOptions options;
  HnWebSocketHub *hub; /* of servers' ends */
  HnWebSocketHub *clients;
  GPtrArray *ends; /* of servers, in the order of their coming */
  const char *protocol;
  guint freed_data;
};

static const HnWebSocketBounds usual = {
  .message_bytes_max = 65536,
  .fragments_max = 1024,
  .queue_bytes_max = 262144,
  .ping_us = 0,
  .pong_us = 60000,
  .message_us = 0,
  .close_us = 30000000,
};

/* ---- ends ---- */

static const char *const ends_of[] = { "by_peer", "by_us", "lost", "silent", "slow", "wrong", "refused" };

static void
on_opened (HnWebSocket *socket, const char *protocol, gpointer user_data)
{
  End *self = user_data;

  g_string_append_printf (self->log, "opened %s; ", protocol != NULL ? protocol : "-");
  self->events++;
}

static void
on_message (HnWebSocket *socket, HnSlice message, gboolean binary, gpointer user_data)
{
  End *self = user_data;

  self->events++;
  self->bytes += message.length;
  if (!self->quiet)
    g_string_append_printf (self->log, "%s%.*s; ", binary ? "binary " : "", (int) message.length, message.text);
  if (self->on_message != NULL)
    self->on_message (self);
}

static void
on_closed (HnWebSocket *socket, HnWebSocketEnd end, guint code, const char *reason, gpointer user_data)
{
  End *self = user_data;

  g_string_append_printf (self->log, "%s %u %s; ", ends_of[end], code, reason);
  self->events++;
  g_clear_pointer (&self->socket, hn_websocket_free);
}

static const HnWebSocketEvents events = { on_opened, on_message, on_closed };

static End *
end_new (World *world)
{
  End *self = g_new0 (End, 1);

  self->world = world;
  self->log = g_string_new (NULL);
  return self;
}

static void
end_free (End *self)
{
  hn_websocket_free (self->socket);
  g_string_free (self->log, TRUE);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (End, end_free)

/* ---- the world ---- */

static void
free_data (gpointer data)
{
  ((World *) data)->freed_data++;
}

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer user_data)
{
  World *self = user_data;

  if (!hn_slice_equal (head->path, "/ws"))
    return;
  ret_route->kind = HN_ROUTE_WEBSOCKET;
  ret_route->protocol = g_strdup (self->protocol);
  ret_route->websocket_data = self;
  ret_route->websocket_data_free = free_data;
}

static void
on_websocket (HnWire *wire, const HnPeer *peer, gpointer websocket_data, gpointer user_data)
{
  World *self = user_data;
  End *end = end_new (self);

  assert_ptr_equal (websocket_data, self);
  assert_true (peer->port != 0);
  end->socket = hn_websocket_new (self->hub, wire, &events, end);
  g_ptr_array_add (self->ends, end);
}

static const HnFrontEvents front_events = { .route = on_route, .websocket = on_websocket };

static World *
world_new (const HnWebSocketBounds *bounds, gboolean tls)
{
  World *self = g_new0 (World, 1);
  int fd = hn_front_bind (HOST, 0, NULL);

  assert_true (fd >= 0);
  if (tls)
    self->options.tls = hn_tls_new_stand_in ("localhost");
  self->poller = hn_poller_new (NULL);
  self->hub = hn_websocket_hub_new (self->poller, bounds != NULL ? bounds : &usual);
  self->clients = hn_websocket_hub_new (self->poller, &usual);
  self->ends = g_ptr_array_new_with_free_func ((GDestroyNotify) end_free);
  self->front = hn_front_new (self->poller, fd, &self->options, &front_events, self);
  return self;
}

static void
world_free (World *self)
{
  hn_front_free (self->front);
  g_ptr_array_unref (self->ends);
  hn_websocket_hub_free (self->hub);
  hn_websocket_hub_free (self->clients);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  hn_poller_free (self->poller);
  hn_tls_unref (self->options.tls);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

static gboolean
on_limit (gpointer data)
{
  fail_msg ("nothing happened for %d seconds", LIMIT_SECONDS);
  return G_SOURCE_REMOVE;
}

/* Lets the loop run until @condition holds. */
#define run_until(condition)                                        \
  do {                                                              \
    guint limit = g_timeout_add_seconds (LIMIT_SECONDS, on_limit, NULL); \
    while (!(condition))                                            \
      g_main_context_iteration (NULL, TRUE);                        \
    g_source_remove (limit);                                        \
  } while (0)

static End *
connect_with (World *world, const char *const *fields)
{
  End *self = end_new (world);
  g_autofree char *url = g_strdup_printf ("ws://" HOST ":%u/ws?x=1", hn_front_get_port (world->front));

  self->socket = hn_websocket_connect (world->clients, url, fields, &events, self);
  return self;
}

/* Our client's end and the server's, both open. */
static End *
open_pair (World *world, End **ret_server)
{
  End *client = connect_with (world, NULL);

  run_until (client->events > 0 && world->ends->len > 0);
  assert_string_equal (client->log->str, "opened -; ");
  g_string_truncate (client->log, 0);
  client->events = 0;
  *ret_server = g_ptr_array_index (world->ends, world->ends->len - 1);
  return client;
}

static void
send_text (End *self, const char *text)
{
  hn_websocket_send_text (self->socket, text, strlen (text));
}

/* ---- plain sockets ---- */

#define UPGRADE                                                                                                                   \
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
  "Sec-WebSocket-Version: 13\r\n\r\n"

static int
connect_plain (World *world)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (hn_front_get_port (world->front)) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;

  inet_pton (AF_INET, HOST, &address.sin_addr);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* else its second piece waits for 40 ms */
  assert_int_equal (connect (fd, (struct sockaddr *) &address, sizeof address), 0);
  return fd;
}

static void
say (int fd, const char *bytes, gsize length)
{
  assert_int_equal (send (fd, bytes, length, MSG_NOSIGNAL), length);
}

/* What has come by now, and whether it has ended with it. */
static gboolean
hear_into (int fd, GByteArray *all)
{
  guint8 bytes[65536];
  ssize_t n;

  while ((n = recv (fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
    g_byte_array_append (all, bytes, (guint) n);
  return n == 0 || errno != EAGAIN;
}

/* An open socket whose client is plain; what came with the upgrade is @early. */
static int
open_plain (World *world, const char *early, gsize early_length, End **ret_server)
{
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  g_autoptr (GByteArray) request = g_byte_array_new ();
  guint before = world->ends->len;
  int fd = connect_plain (world);

  g_byte_array_append (request, (const guint8 *) UPGRADE, (guint) strlen (UPGRADE));
  g_byte_array_append (request, (const guint8 *) early, (guint) early_length);
  say (fd, (const char *) request->data, request->len);
  run_until (world->ends->len > before && (hear_into (fd, answer) || answer->len > 0));
  assert_memory_equal (answer->data, "HTTP/1.1 101 ", 13);
  *ret_server = g_ptr_array_index (world->ends, before);
  return fd;
}

#define SAY(fd, literal) say (fd, literal, sizeof literal - 1)

/* Everything until the end. */
static GByteArray *
hear_all (int fd)
{
  GByteArray *all = g_byte_array_new ();

  run_until (hear_into (fd, all));
  return all;
}

static void
hear_bytes (int fd, GByteArray *all, gsize length)
{
  run_until (hear_into (fd, all) || all->len >= length);
  assert_true (all->len >= length);
}

/* A ping and its pong: what was said before was taken. */
static void
ping_and_wait (int fd)
{
  g_autoptr (GByteArray) pong = g_byte_array_new ();

  say (fd, "\x89\x80____", 6);
  hear_bytes (fd, pong, 2);
  assert_memory_equal (pong->data, "\x8a\0", 2);
}

static void
expect_rest (int fd, const char *bytes, gsize length)
{
  g_autoptr (GByteArray) all = hear_all (fd);

  assert_int_equal (all->len, length);
  assert_memory_equal (all->data, bytes, length);
}

#define EXPECT_REST(fd, literal) expect_rest (fd, literal, sizeof literal - 1)

/* ---- both ends ---- */

static void
messages_go_both_ways_and_a_close_ends_both (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server;
  g_autoptr (End) client = open_pair (world, &server);
  const HnWebSocketFigures *figures = hn_websocket_hub_get_figures (world->hub);

  send_text (client, "hello");
  run_until (server->events == 1);
  send_text (server, "hello yourself");
  send_text (server, "");
  run_until (client->events == 2);
  assert_int_equal (figures->open, 1);
  hn_websocket_close (client->socket, 1000, "thanks");
  assert_false (hn_websocket_is_open (client->socket));
  send_text (client, "too late");
  run_until (client->socket == NULL && server->socket == NULL);
  assert_string_equal (client->log->str, "hello yourself; ; by_us 1000 thanks; ");
  assert_string_equal (server->log->str, "hello; by_peer 1000 thanks; ");
  run_until (hn_websocket_hub_get_closing (world->hub) == 0 && hn_websocket_hub_get_closing (world->clients) == 0);
  assert_int_equal (figures->open, 0);
  assert_int_equal (figures->opened, 1);
  assert_int_equal (figures->closed[HN_WEBSOCKET_BY_PEER], 1);
  assert_int_equal (figures->messages_in, 1);
  assert_int_equal (figures->messages_out, 2);
  assert_int_equal (figures->queued_bytes, 0);
}

static void
a_server_that_closes_sends_what_waits_first (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server;
  g_autoptr (End) client = open_pair (world, &server);

  for (int i = 0; i < 3; i++)
    send_text (server, "last words");
  hn_websocket_close (server->socket, 4001, NULL);
  send_text (server, "too late");
  run_until (client->socket == NULL && server->socket == NULL);
  assert_string_equal (client->log->str, "last words; last words; last words; by_peer 4001 ; ");
  assert_string_equal (server->log->str, "by_us 4001 ; ");
}

static void
a_protocol_and_fields_travel (void **unused)
{
  const char *const fields[] = { "Sec-WebSocket-Protocol", "rooms.v1, other", "Origin", "http://a", NULL };
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (End) client = NULL;

  world->protocol = "rooms.v1";
  client = connect_with (world, fields);
  run_until (client->events == 1);
  assert_string_equal (client->log->str, "opened rooms.v1; ");
  assert_int_equal (world->freed_data, 0);
}

static void
a_shared_message_reaches_all_and_is_counted_for_each (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) end_free);
  g_autoptr (HnWsMessage) message = hn_ws_message_new ("all", 3);
  End *server;

  for (int i = 0; i < 20; i++)
    g_ptr_array_add (clients, open_pair (world, &server));
  for (guint i = 0; i < world->ends->len; i++)
    hn_websocket_send (((End *) g_ptr_array_index (world->ends, i))->socket, message);
  assert_int_equal (hn_websocket_hub_get_figures (world->hub)->queued_bytes, 20 * 5);
  for (guint i = 0; i < clients->len; i++) {
    End *client = g_ptr_array_index (clients, i);

    run_until (client->events == 1);
    assert_string_equal (client->log->str, "all; ");
  }
  assert_int_equal (hn_websocket_hub_get_figures (world->hub)->queued_bytes, 0);
}

/* ---- a client that gets nowhere ---- */

static void
expect_refused (World *world, const char *url, const char *why)
{
  g_autoptr (End) client = end_new (world);
  g_autofree char *expected = g_strdup_printf ("refused 1006 %s", why);

  client->socket = hn_websocket_connect (world->clients, url, NULL, &events, client);
  assert_int_equal (client->events, 0);
  run_until (client->socket == NULL);
  if (!g_str_has_prefix (client->log->str, expected))
    fail_msg ("'%s' is not '%s'", client->log->str, expected);
}

static void
a_client_learns_why_it_is_refused (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autofree char *elsewhere = g_strdup_printf ("ws://" HOST ":%u/other", hn_front_get_port (world->front));

  expect_refused (world, elsewhere, "the server answers 404");
  expect_refused (world, "wss://" HOST "/", "only ws://HOST is spoken");
  expect_refused (world, "nonsense", "");
  expect_refused (world, "ws://" HOST ":1/", "Could not connect");
  assert_int_equal (hn_websocket_hub_get_figures (world->clients)->closed[HN_WEBSOCKET_REFUSED], 4);
  assert_int_equal (hn_websocket_hub_get_figures (world->clients)->open, 0);
}

static void
a_client_that_is_freed_while_it_opens_leaves_nothing (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);

  end_free (connect_with (world, NULL));
  for (int turns = 1; turns < 6; turns++) {
    End *client = connect_with (world, NULL);

    for (int i = 0; i < turns; i++)
      g_main_context_iteration (NULL, FALSE);
    end_free (client);
  }
  assert_int_equal (hn_websocket_hub_get_figures (world->clients)->open, 0);
}

/* ---- the upgrade ---- */

static void
expect_answer (World *world, const char *request, const char *begin, const char *contains)
{
  g_autoptr (GByteArray) all = NULL;
  int fd = connect_plain (world);

  say (fd, request, strlen (request));
  all = hear_all (fd);
  g_byte_array_append (all, (const guint8 *) "", 1);
  assert_true (g_str_has_prefix ((const char *) all->data, begin));
  if (strstr ((const char *) all->data, contains) == NULL)
    fail_msg ("'%s' has no '%s'", (const char *) all->data, contains);
  close (fd);
}

static void
what_is_no_upgrade_is_told_how_to_ask (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);

  expect_answer (world, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 426 Upgrade Required\r\nContent-Type: text/plain\r\n",
                 "\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: close, Upgrade\r\n\r\nUpgrade Required");
  expect_answer (world,
                 "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                 "HTTP/1.1 426 ", "Sec-WebSocket-Version: 13");
  expect_answer (world,
                 "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: short\r\n\r\n",
                 "HTTP/1.1 400 ", "not 16 bytes in base64");
  assert_int_equal (world->freed_data, 3);
  assert_int_equal (world->ends->len, 0);
}

static void
a_connection_goes_on_after_426 (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  int fd = connect_plain (world);

  SAY (fd, "HEAD /ws HTTP/1.1\r\nHost: a\r\n\r\n" UPGRADE);
  run_until (world->ends->len == 1 && (hear_into (fd, all) || memmem (all->data, all->len, "Accept:", 7) != NULL));
  assert_memory_equal (all->data, "HTTP/1.1 426 ", 13);
  assert_null (memmem (all->data, all->len, "Upgrade Required\r\n\r\nUp", 10 + 8 + 4));
  assert_non_null (memmem (all->data, all->len, "HTTP/1.1 101 Switching", 22));
  close (fd);
}

static void
what_came_early_is_read_first (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server;
  int fd = open_plain (world, "\x81\x80____\x81\x85\0\0\0\0early\x81", 18, &server);

  run_until (server->events == 2);
  SAY (fd, "\x84\0\0\0\0late");
  run_until (server->events == 3);
  assert_string_equal (server->log->str, "; early; late; ");
  close (fd);
  run_until (server->socket == NULL);
  assert_string_equal (server->log->str, "; early; late; lost 1006 connection lost; ");
}

/* ---- ends by a rule ---- */

static void
put_close (GByteArray *out, guint code, const char *reason)
{
  const guint8 head[] = { 0x88, (guint8) (2 + strlen (reason)), (guint8) (code >> 8), (guint8) code };

  g_byte_array_append (out, head, sizeof head);
  g_byte_array_append (out, (const guint8 *) reason, (guint) strlen (reason));
}

static void
expect_close_and_end (int fd, guint code, const char *reason)
{
  g_autoptr (GByteArray) expected = g_byte_array_new ();

  put_close (expected, code, reason);
  expect_rest (fd, (const char *) expected->data, expected->len);
}

static void
expect_wrong (World *world, const char *bytes, gsize length, guint code, const char *reason)
{
  g_autofree char *log = g_strdup_printf ("wrong %u %s; ", code, reason);
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  say (fd, bytes, length);
  run_until (server->socket == NULL);
  assert_string_equal (server->log->str, log);
  expect_close_and_end (fd, code, reason);
  close (fd);
  run_until (hn_websocket_hub_get_closing (world->hub) == 0);
}

#define EXPECT_WRONG(world, literal, code, reason) expect_wrong (world, literal, sizeof literal - 1, code, reason)

static void
who_breaks_a_rule_is_told_which_and_hears_the_end (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);

  EXPECT_WRONG (world, "\x81\x01x", 1002, "frame without a mask");
  EXPECT_WRONG (world, "\xc1\x81____x", 1002, "reserved bit");
  EXPECT_WRONG (world, "\x83", 1002, "reserved opcode");
  EXPECT_WRONG (world, "\x80\x80____", 1002, "continuation of nothing");
  EXPECT_WRONG (world, "\x81\x81\0\0\0\0\xff", 1007, "text is not UTF-8");
  EXPECT_WRONG (world, "\x01\x80____", 1008, "Empty fragment");
  EXPECT_WRONG (world, "\x82\xff\0\0\0\0\0\1\0\1", 1009, "Message too big");
  EXPECT_WRONG (world, "\x88\x82\0\0\0\0\x03\xed", 1002, "close code that may not be sent");
  EXPECT_WRONG (world, "\x88\x81\0\0\0\0x", 1002, "close body of one byte");
  assert_int_equal (hn_websocket_hub_get_figures (world->hub)->closed[HN_WEBSOCKET_WRONG], 9);
}

static void
a_close_is_answered_with_its_own_code (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  SAY (fd, "\x81\x81\0\0\0\0x\x88\x85\0\0\0\0\x0f\xa1" "bye\x81\x81\0\0\0\0y");
  expect_close_and_end (fd, 4001, "bye");
  assert_string_equal (server->log->str, "x; by_peer 4001 bye; ");
  close (fd);
  fd = open_plain (world, NULL, 0, &server);
  SAY (fd, "\x88\x80____");
  EXPECT_REST (fd, "\x88\0");
  assert_string_equal (server->log->str, "by_peer 1005 ; ");
  close (fd);
}

/* A reset would take our last words away from it. */
static void
who_goes_on_while_we_close_still_hears_why (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autofree char *more = g_strnfill (300000, 'm');
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  SAY (fd, "\x81\xff\0\0\0\0\0\7\0\0____");
  say (fd, more, 300000);
  expect_close_and_end (fd, 1009, "Message too big");
  close (fd);
  run_until (hn_websocket_hub_get_closing (world->hub) == 0);
}

static void
our_side_is_shut_when_both_have_spoken (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  End *server, *other;
  int fd = open_plain (world, NULL, 0, &server);
  int second = open_plain (world, NULL, 0, &other);

  hn_websocket_close (server->socket, 1000, "");
  hear_bytes (fd, all, 4);
  ping_and_wait (second);
  assert_false (hear_into (fd, all));
  SAY (fd, "\x88\x82\0\0\0\0\x03\xe8");
  EXPECT_REST (fd, "");
  close (fd);
  close (second);
}

static void
a_close_that_is_not_answered_ends_in_time (void **unused)
{
  HnWebSocketBounds bounds = usual;
  g_autoptr (World) world = NULL;
  End *server;
  int fd;

  bounds.close_us = 30000;
  world = world_new (&bounds, FALSE);
  fd = open_plain (world, NULL, 0, &server);
  hn_websocket_close (server->socket, 1001, "Going away");
  run_until (server->socket == NULL);
  assert_string_equal (server->log->str, "by_us 1001 Going away; ");
  assert_int_equal (hn_websocket_hub_get_closing (world->hub), 1);
  run_until (hn_websocket_hub_get_closing (world->hub) == 0);
  expect_close_and_end (fd, 1001, "Going away");
  close (fd);
}

static void
closes_that_are_under_way_are_cut_with_their_hub (void **unused)
{
  World *world = world_new (NULL, FALSE);
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  hn_websocket_close (server->socket, 1001, "");
  g_clear_pointer (&server->socket, hn_websocket_free);
  assert_int_equal (hn_websocket_hub_get_closing (world->hub), 1);
  world_free (world);
  close (fd);
}

static void
who_is_freed_is_cut (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  g_clear_pointer (&server->socket, hn_websocket_free);
  EXPECT_REST (fd, "");
  assert_string_equal (server->log->str, "");
  assert_int_equal (hn_websocket_hub_get_figures (world->hub)->open, 0);
  close (fd);
}

static void
who_is_freed_before_it_took_all_sees_a_reset (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autofree char *text = g_strnfill (60000, 'r');
  g_autofree char *room = g_malloc (65536);
  End *server;
  int fd = open_plain (world, NULL, 0, &server);
  ssize_t n;

  while (hn_websocket_get_queued (server->socket) == 0) {
    hn_websocket_send_text (server->socket, text, 60000);
    g_main_context_iteration (NULL, FALSE);
    g_main_context_iteration (NULL, FALSE);
  }
  g_clear_pointer (&server->socket, hn_websocket_free);
  while ((n = recv (fd, room, 65536, 0)) > 0)
    ;
  assert_int_equal (n, -1);
  assert_int_equal (errno, ECONNRESET);
  close (fd);
}

/* ---- from within a message ---- */

static void
free_itself (gpointer data)
{
  End *self = data;

  g_clear_pointer (&self->socket, hn_websocket_free);
}

static void
close_itself (gpointer data)
{
  hn_websocket_close (((End *) data)->socket, 4002, "enough");
}

static void
pause_itself (gpointer data)
{
  hn_websocket_pause (((End *) data)->socket);
}

#define THREE "\x81\x81\0\0\0\0a\x81\x81\0\0\0\0b\x01\x81\0\0\0\0c"

static void
a_socket_may_be_freed_while_its_message_is_delivered (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  server->on_message = free_itself;
  SAY (fd, THREE);
  g_byte_array_unref (hear_all (fd));
  assert_string_equal (server->log->str, "a; ");
  close (fd);
}

static void
nothing_is_delivered_behind_a_close_of_ours (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  server->on_message = close_itself;
  SAY (fd, THREE);
  hear_bytes (fd, all, 10);
  SAY (fd, "\x80\x80____\x88\x82\0\0\0\0\x0f\xa2");
  EXPECT_REST (fd, "");
  assert_string_equal (server->log->str, "a; by_us 4002 enough; ");
  assert_memory_equal (all->data, "\x88\x08\x0f\xa2" "enough", 10);
  close (fd);
}

static void
who_is_paused_gets_nothing_and_loses_nothing (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server, *other;
  int fd = open_plain (world, NULL, 0, &server);
  int second = open_plain (world, NULL, 0, &other);

  server->on_message = pause_itself;
  hn_websocket_pause (server->socket);
  SAY (fd, THREE);
  SAY (second, THREE);
  run_until (other->events == 2);
  assert_int_equal (server->events, 0);
  hn_websocket_pause (server->socket);
  hn_websocket_resume (server->socket);
  assert_int_equal (server->events, 0);
  hn_websocket_resume (server->socket);
  run_until (server->events == 1);
  SAY (second, "\x80\x81\0\0\0\0d");
  run_until (other->events == 3);
  assert_string_equal (server->log->str, "a; ");
  server->on_message = NULL;
  SAY (fd, "\x80\x81\0\0\0\0d");
  hn_websocket_resume (server->socket);
  run_until (server->events == 3);
  assert_string_equal (server->log->str, "a; b; cd; ");
  close (fd);
  close (second);
}

static void
what_a_paused_socket_was_sent_is_read_when_it_closes (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server, *other;
  int fd = open_plain (world, NULL, 0, &server);
  int second = open_plain (world, NULL, 0, &other);

  hn_websocket_pause (server->socket);
  SAY (fd, THREE "\x80\x80____\x88\x80____");
  ping_and_wait (second);
  hn_websocket_close (server->socket, 1000, "");
  EXPECT_REST (fd, "\x88\x02\x03\xe8");
  assert_string_equal (server->log->str, "by_us 1000 ; ");
  close (fd);
  close (second);
}

static void
a_paused_socket_can_be_closed (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  End *server;
  g_autoptr (End) client = open_pair (world, &server);

  hn_websocket_pause (server->socket);
  hn_websocket_close (server->socket, 1000, "");
  run_until (client->socket == NULL && hn_websocket_hub_get_closing (world->hub) == 0);
  assert_string_equal (client->log->str, "by_peer 1000 ; ");
}

/* ---- much at once ---- */

static void
many_messages_take_turns_and_keep_their_order (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GString) expected = g_string_new (NULL);
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  for (int i = 0; i < 3000; i++) {
    g_autofree char *text = g_strdup_printf ("%04d", i);

    g_byte_array_append (bytes, (const guint8 *) "\x81\x84\0\0\0\0", 6);
    g_byte_array_append (bytes, (const guint8 *) text, 4);
    g_string_append_printf (expected, "%s; ", text);
  }
  say (fd, (const char *) bytes->data, bytes->len);
  run_until (server->events == 3000);
  assert_string_equal (server->log->str, expected->str);
  close (fd);
}

static void
who_says_much_lets_others_speak (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  End *server, *other;
  int fd = open_plain (world, NULL, 0, &server);
  int second = open_plain (world, NULL, 0, &other);

  for (int i = 0; i < 1000; i++)
    g_byte_array_append (bytes, (const guint8 *) "\x81\x84\0\0\0\0much", 10);
  SAY (second, "\x81\x84\0\0\0\0only");
  say (fd, (const char *) bytes->data, bytes->len);
  run_until (other->events == 1);
  assert_true (server->events < 300);
  run_until (server->events == 1000);
  g_byte_array_set_size (bytes, 0);
  for (int i = 0; i < 10000; i++)
    g_byte_array_append (bytes, (const guint8 *) "\x89\x80____", 6);
  SAY (second, "\x81\x84\0\0\0\0only");
  say (fd, (const char *) bytes->data, bytes->len);
  run_until (other->events == 2);
  assert_true (hn_websocket_hub_get_figures (world->hub)->pings_in < 5600);
  run_until (hn_websocket_hub_get_figures (world->hub)->pings_in == 10000);
  close (fd);
  close (second);
}

static void
pings_that_come_together_are_answered_by_one_pong (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (GByteArray) pings = g_byte_array_new ();
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  for (char i = 0; i < 100; i++) {
    g_byte_array_append (pings, (const guint8 *) "\x89\x81\0\0\0\0", 6);
    g_byte_array_append (pings, (const guint8 *) &i, 1);
  }
  say (fd, (const char *) pings->data, pings->len);
  hear_bytes (fd, answer, 3);
  SAY (fd, "\x88\x80____");
  EXPECT_REST (fd, "\x88\0");
  assert_int_equal (answer->len, 3);
  assert_memory_equal (answer->data, "\x8a\x01\x63", 3);
  assert_int_equal (hn_websocket_hub_get_figures (world->hub)->pings_in, 100);
  close (fd);
}

static void
a_message_may_come_in_any_pieces (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autofree char *text = g_strnfill (65536, 't');
  End *server;
  int fd = open_plain (world, NULL, 0, &server);

  server->quiet = TRUE;
  SAY (fd, "\x81\xff\0\0\0\0\0\1\0\0");
  SAY (fd, "\0\0\0\0");
  for (gsize at = 0; at < 65536; at += 4096) {
    say (fd, text + at, 4096);
    g_main_context_iteration (NULL, FALSE);
  }
  run_until (server->events == 1);
  assert_int_equal (server->bytes, 65536);
  SAY (fd, "\x81\x81\0\0\0\0x\x81\xff\0\0\0\0\0\1\0\0____");
  say (fd, text, 65536);
  run_until (server->events == 3);
  assert_int_equal (server->bytes, 2 * 65536 + 1);
  close (fd);
}

/* ---- who does not read ---- */

static void
who_does_not_read_is_closed_and_costs_no_more_than_its_queue (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autofree char *text = g_strnfill (65000, 's');
  g_autoptr (HnWsMessage) message = hn_ws_message_new (text, 65000);
  g_autoptr (GByteArray) all = NULL;
  End *server;
  int fd = open_plain (world, NULL, 0, &server);
  gsize most = 0;
  guint sent = 0;

  for (; server->socket != NULL && sent < 1000; sent++) {
    hn_websocket_send (server->socket, message);
    most = MAX (most, hn_websocket_get_queued (server->socket));
    while (g_main_context_iteration (NULL, FALSE))
      ;
  }
  assert_true (sent < 1000);
  assert_string_equal (server->log->str, "slow 1013 Slow consumer; ");
  assert_true (most <= usual.queue_bytes_max);
  assert_int_equal (hn_websocket_hub_get_figures (world->hub)->closed[HN_WEBSOCKET_SLOW], 1);
  assert_true (hn_websocket_hub_get_figures (world->hub)->queued_bytes <= 65004 + 17);
  SAY (fd, "\x88\x80____");
  all = hear_all (fd); /* it reads after all: whole frames, and why */
  assert_true (all->len > 17);
  assert_int_equal ((all->len - 17) % 65004, 0);
  assert_memory_equal (all->data + all->len - 17, "\x88\x0f\x03\xf5" "Slow consumer", 17);
  close (fd);
}

/* What the kernel takes does not count: many may send much to one in the same turn. */
static void
who_is_sent_much_in_one_turn_is_not_slow_if_its_socket_takes_it (void **unused)
{
  HnWebSocketBounds bounds = usual;
  g_autoptr (World) world = NULL;
  End *server;
  g_autoptr (End) client = NULL;

  bounds.queue_bytes_max = 1000;
  world = world_new (&bounds, FALSE);
  client = open_pair (world, &server);
  for (int i = 0; i < 500; i++)
    send_text (server, "0123456789");
  assert_true (hn_websocket_is_open (server->socket));
  run_until (client->events == 500);
  assert_int_equal (hn_websocket_hub_get_figures (world->hub)->queued_bytes, 0);
}

/* ---- time ---- */

static void
who_is_silent_is_asked_and_then_closed (void **unused)
{
  HnWebSocketBounds bounds = usual;
  g_autoptr (World) world = NULL;
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  End *server;
  int fd;

  bounds.ping_us = 20000;
  bounds.pong_us = 20000;
  world = world_new (&bounds, FALSE);
  fd = open_plain (world, NULL, 0, &server);
  run_until (server->socket == NULL);
  assert_string_equal (server->log->str, "silent 1011 keepalive ping timeout; ");
  SAY (fd, "\x88\x82\0\0\0\0\x03\xf3");
  g_byte_array_append (expected, (const guint8 *) "\x89\0", 2);
  put_close (expected, 1011, "keepalive ping timeout");
  expect_rest (fd, (const char *) expected->data, expected->len);
  close (fd);
}

/* They are due at the same moment. */
static void
many_who_are_silent_are_asked_in_several_turns (void **unused)
{
  enum { MANY = 300 };
  HnWebSocketBounds bounds = usual;
  g_autoptr (World) world = NULL;
  g_autoptr (GByteArray) heard = g_byte_array_new ();
  int fds[MANY];
  End *server;

  bounds.ping_us = 20000;
  bounds.pong_us = 30000000;
  world = world_new (&bounds, FALSE);
  for (int i = 0; i < MANY; i++) {
    fds[i] = open_plain (world, NULL, 0, &server);
    hn_websocket_pause (server->socket);
  }
  for (int i = 0; i < MANY; i++)
    hn_websocket_resume (((End *) g_ptr_array_index (world->ends, i))->socket);
  hear_bytes (fds[0], heard, 2);
  g_byte_array_set_size (heard, 0);
  assert_false (hear_into (fds[MANY - 1], heard));
  assert_int_equal (heard->len, 0);
  hear_bytes (fds[MANY - 1], heard, 2);
  for (int i = 0; i < MANY; i++)
    close (fds[i]);
}

/* The silent one is the clock: the others were there before it. */
static void
who_answers_or_is_paused_lives (void **unused)
{
  HnWebSocketBounds bounds = usual;
  g_autoptr (World) world = NULL;
  g_autoptr (End) client = NULL;
  End *server, *paused, *silent;
  int fd, second;

  bounds.ping_us = 30000;
  bounds.pong_us = 500000;
  world = world_new (&bounds, FALSE);
  client = open_pair (world, &server);
  fd = open_plain (world, NULL, 0, &paused);
  hn_websocket_pause (paused->socket);
  second = open_plain (world, NULL, 0, &silent);
  run_until (silent->socket == NULL);
  assert_true (hn_websocket_is_open (server->socket));
  assert_true (hn_websocket_is_open (paused->socket));
  assert_true (hn_websocket_hub_get_figures (world->clients)->pings_in >= 2);
  hn_websocket_resume (paused->socket);
  run_until (paused->socket == NULL);
  assert_string_equal (paused->log->str, "silent 1011 keepalive ping timeout; ");
  close (fd);
  close (second);
}

static void
a_message_that_does_not_end_has_a_deadline (void **unused)
{
  static const struct {
    const char *bytes;
    gsize length;
  } begins[] = { { "\x01\x81\0\0\0\0f\x89\x80____", 13 }, { "\x81", 1 }, { "\x81\x85\0\0\0\0abc", 9 }, { "\x81\x80____\x89\x81___", 11 } };
  HnWebSocketBounds bounds = usual;
  g_autoptr (World) world = NULL;

  bounds.message_us = 20000;
  world = world_new (&bounds, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (begins); i++) {
    End *server;
    int fd = open_plain (world, NULL, 0, &server);

    say (fd, begins[i].bytes, begins[i].length);
    run_until (server->socket == NULL);
    assert_true (g_str_has_suffix (server->log->str, "wrong 1008 Message timeout; "));
    close (fd);
  }
}

/* Answers each pong with a ping. */
static gboolean
goes_on_with_pings (End *server, int fd, GByteArray *heard)
{
  guint before = heard->len;

  hear_into (fd, heard);
  if (heard->len > before)
    send (fd, "\x89\x80____", 6, MSG_NOSIGNAL);
  return server->socket == NULL;
}

static void
pings_do_not_prolong_a_message (void **unused)
{
  HnWebSocketBounds bounds = usual;
  g_autoptr (World) world = NULL;
  g_autoptr (GByteArray) heard = g_byte_array_new ();
  End *server;
  int fd;

  bounds.message_us = 60000;
  world = world_new (&bounds, FALSE);
  fd = open_plain (world, "\x01\x81\0\0\0\0f", 7, &server);
  SAY (fd, "\x89\x80____");
  run_until (goes_on_with_pings (server, fd, heard));
  assert_string_equal (server->log->str, "wrong 1008 Message timeout; ");
  assert_true (heard->len > 30);
  close (fd);
}

static void
a_message_that_ended_has_none (void **unused)
{
  HnWebSocketBounds bounds = usual;
  g_autoptr (World) world = NULL;
  End *server, *clock;
  int fd, second;

  bounds.message_us = 20000;
  world = world_new (&bounds, FALSE);
  fd = open_plain (world, NULL, 0, &server);
  SAY (fd, "\x01\x81\0\0\0\0f");
  ping_and_wait (fd);
  SAY (fd, "\x80\x81\0\0\0\0g\x81\x81\0\0\0\0h");
  run_until (server->events == 2);
  second = open_plain (world, "\x01", 1, &clock);
  run_until (clock->socket == NULL);
  assert_string_equal (server->log->str, "fg; h; ");
  close (fd);
  close (second);
}

/* ---- our client's end beside a plain server ---- */

static void
send_switch (int fd, const char *request, const char *more, gsize more_length)
{
  const char *key = strstr (request, "Sec-WebSocket-Key: ") + 19;
  g_autofree char *accept = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize n = sizeof digest;

  g_checksum_update (sum, (const guint8 *) key, 24);
  g_checksum_update (sum, (const guint8 *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
  g_checksum_get_digest (sum, digest, &n);
  accept = g_base64_encode (digest, n);
  text = g_strdup_printf ("HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
  say (fd, text, strlen (text));
  say (fd, more, more_length);
}

/* A server's side of a client that has asked to be switched. */
static int
accept_plain (World *world, End *client, char **ret_request)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  g_autoptr (GByteArray) request = g_byte_array_new ();
  g_autofree char *url = NULL;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int fd = -1;

  inet_pton (AF_INET, HOST, &address.sin_addr);
  assert_int_equal (bind (listener, (struct sockaddr *) &address, sizeof address), 0);
  assert_int_equal (listen (listener, 1), 0);
  getsockname (listener, (struct sockaddr *) &address, &length);
  url = g_strdup_printf ("ws://" HOST ":%u", ntohs (address.sin_port));
  client->socket = hn_websocket_connect (world->clients, url, NULL, &events, client);
  run_until ((fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC)) >= 0);
  run_until (hear_into (fd, request) || (request->len > 4 && memcmp (request->data + request->len - 4, "\r\n\r\n", 4) == 0));
  assert_memory_equal (request->data, "GET / HTTP/1.1\r\nHost: " HOST ":", 22 + strlen (HOST));
  *ret_request = g_strndup ((const char *) request->data, request->len);
  close (listener);
  return fd;
}

static void
a_client_masks_each_frame_anew (void **unused)
{
  g_autoptr (World) world = world_new (NULL, FALSE);
  g_autoptr (End) client = end_new (world);
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  g_autoptr (HnWsMessage) message = hn_ws_message_new ("same text", 9);
  g_autofree char *request = NULL;
  int fd = accept_plain (world, client, &request);

  send_switch (fd, request, "\x81\x05" "early\x89\x04ping", 13);
  run_until (client->events == 2);
  assert_string_equal (client->log->str, "opened -; early; ");
  hear_bytes (fd, frames, 10);
  assert_memory_equal (frames->data, "\x8a\x84", 2);
  g_byte_array_set_size (frames, 0);
  for (int i = 0; i < 2; i++)
    hn_websocket_send (client->socket, message);
  hear_bytes (fd, frames, 30);
  assert_memory_equal (frames->data, "\x81\x89", 2);
  assert_memory_not_equal (frames->data + 2, frames->data + 17, 4);
  for (guint frame = 0; frame < 30; frame += 15) {
    hn_ws_mask ((char *) frames->data + frame + 6, 9, frames->data + frame + 2);
    assert_memory_equal (frames->data + frame + 6, "same text", 9);
  }
  SAY (fd, "\x81\x80____");
  run_until (client->socket == NULL);
  assert_true (g_str_has_suffix (client->log->str, "wrong 1002 masked frame; "));
  close (fd);
}

static void
a_client_does_not_believe_any_answer (void **unused)
{
  static const struct {
    const char *answer;
    const char *why;
  } rows[] = {
    { "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n", "the server answers another key" },
    { "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "the server answers 503" },
    { "HTTP 200\r\n\r\n", "the server does not speak HTTP" },
    { "", "the server closed the connection" },
  };
  g_autoptr (World) world = world_new (NULL, FALSE);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (End) client = end_new (world);
    g_autofree char *request = NULL;
    int fd = accept_plain (world, client, &request);

    say (fd, rows[i].answer, strlen (rows[i].answer));
    if (*rows[i].answer == '\0')
      shutdown (fd, SHUT_WR);
    run_until (client->socket == NULL);
    assert_non_null (strstr (client->log->str, rows[i].why));
    close (fd);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (messages_go_both_ways_and_a_close_ends_both),
    cmocka_unit_test (a_server_that_closes_sends_what_waits_first),
    cmocka_unit_test (a_protocol_and_fields_travel),
    cmocka_unit_test (a_shared_message_reaches_all_and_is_counted_for_each),
    cmocka_unit_test (a_client_learns_why_it_is_refused),
    cmocka_unit_test (a_client_that_is_freed_while_it_opens_leaves_nothing),
    cmocka_unit_test (what_is_no_upgrade_is_told_how_to_ask),
    cmocka_unit_test (a_connection_goes_on_after_426),
    cmocka_unit_test (what_came_early_is_read_first),
    cmocka_unit_test (who_breaks_a_rule_is_told_which_and_hears_the_end),
    cmocka_unit_test (a_close_is_answered_with_its_own_code),
    cmocka_unit_test (who_goes_on_while_we_close_still_hears_why),
    cmocka_unit_test (our_side_is_shut_when_both_have_spoken),
    cmocka_unit_test (a_close_that_is_not_answered_ends_in_time),
    cmocka_unit_test (closes_that_are_under_way_are_cut_with_their_hub),
    cmocka_unit_test (who_is_freed_is_cut),
    cmocka_unit_test (who_is_freed_before_it_took_all_sees_a_reset),
    cmocka_unit_test (a_socket_may_be_freed_while_its_message_is_delivered),
    cmocka_unit_test (nothing_is_delivered_behind_a_close_of_ours),
    cmocka_unit_test (who_is_paused_gets_nothing_and_loses_nothing),
    cmocka_unit_test (what_a_paused_socket_was_sent_is_read_when_it_closes),
    cmocka_unit_test (a_paused_socket_can_be_closed),
    cmocka_unit_test (many_messages_take_turns_and_keep_their_order),
    cmocka_unit_test (who_says_much_lets_others_speak),
    cmocka_unit_test (pings_that_come_together_are_answered_by_one_pong),
    cmocka_unit_test (a_message_may_come_in_any_pieces),
    cmocka_unit_test (who_does_not_read_is_closed_and_costs_no_more_than_its_queue),
    cmocka_unit_test (who_is_sent_much_in_one_turn_is_not_slow_if_its_socket_takes_it),
    cmocka_unit_test (who_is_silent_is_asked_and_then_closed),
    cmocka_unit_test (many_who_are_silent_are_asked_in_several_turns),
    cmocka_unit_test (who_answers_or_is_paused_lives),
    cmocka_unit_test (a_message_that_does_not_end_has_a_deadline),
    cmocka_unit_test (pings_do_not_prolong_a_message),
    cmocka_unit_test (a_message_that_ended_has_none),
    cmocka_unit_test (a_client_masks_each_frame_anew),
    cmocka_unit_test (a_client_does_not_believe_any_answer),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
