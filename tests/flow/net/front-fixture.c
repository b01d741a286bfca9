/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/gate.h"

struct _FixtureThread {
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  HnPoller *poller;
  SoupServer *api;
  GMutex mutex;
  GCond cond;
  gboolean up;
  guint16 upstream_port;
};

/* ---- what the front door is told ---- */

static void
bump (Fixture *self, int *count)
{
  g_mutex_lock (&self->thread->mutex);
  *count += 1;
  g_cond_broadcast (&self->thread->cond);
  g_mutex_unlock (&self->thread->mutex);
}

static void
on_route (const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route, gpointer user_data)
{
  Fixture *self = user_data;

  if (hn_slice_has_prefix (head->path, "/api/")) {
    ret_route->kind = HN_ROUTE_API;
  } else if (hn_slice_has_prefix (head->path, "/up")) {
    ret_route->kind = HN_ROUTE_PROXY;
    ret_route->upstream_host = g_strdup (FIXTURE_HOST);
    ret_route->upstream_port = hn_slice_has_prefix (head->path, "/up/nobody") ? 1 : self->thread->upstream_port;
    ret_route->tag = g_strdup ("tag-1");
    hn_route_set_request_field (ret_route, "X-Injected", "ours");
    hn_route_drop_request_field (ret_route, "Authorization");
    hn_route_set_response_field (ret_route, "Referrer-Policy", "no-referrer");
    hn_route_forwarded (ret_route, head, peer, self->trusted);
    if (hn_slice_has_prefix (head->path, "/up/page"))
      ret_route->filter = self->filter;
  } else if (hn_slice_equal (head->path, "/moved")) {
    ret_route->kind = HN_ROUTE_REDIRECT;
    ret_route->status = 308;
    ret_route->location = g_strdup ("/moved/");
  } else {
    hn_route_refuse (ret_route, 404, "no such thing", "look elsewhere");
  }
}

static void
on_tunnel_opened (const char *tag, gpointer user_data)
{
  assert_string_equal (tag, "tag-1");
  bump (user_data, &((Fixture *) user_data)->tunnels_opened);
}

static void
on_tunnel_closed (const char *tag, gpointer user_data)
{
  assert_string_equal (tag, "tag-1");
  bump (user_data, &((Fixture *) user_data)->tunnels_closed);
}

static void
on_upstream_failed (const char *tag, const char *what, gpointer user_data)
{
  bump (user_data, &((Fixture *) user_data)->upstream_failures);
}

static const HnFrontEvents events = { on_route, on_tunnel_opened, on_tunnel_closed, on_upstream_failed };

/* ---- a small API ---- */

static void
on_echo (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  gsize length = 0;
  const char *data = g_bytes_get_data (bytes, &length);
  g_autofree char *text = g_strdup_printf ("{\"path\":\"%s\",\"body\":\"%.*s\"}", path, (int) length, data != NULL ? data : "");

  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY, text, strlen (text));
}

static void
on_big (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  gsize length = 32 * 1024 * 1024;

  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE, g_strnfill (length, 'b'), length);
}

typedef struct {
  Fixture *fixture;
  SoupServerMessage *message;
} Waiter;

/* As a handler does when what it waits for is cancelled: it answers nevertheless. */
static gboolean
answer_late (gpointer data)
{
  Waiter *waiter = data;

  soup_server_message_set_status (waiter->message, 503, NULL);
  soup_server_message_unpause (waiter->message);
  bump (waiter->fixture, &waiter->fixture->handlers_cancelled);
  g_object_unref (waiter->message);
  g_free (waiter);
  return G_SOURCE_REMOVE;
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Waiter *waiter = user_data;
  GSource *idle = g_idle_source_new ();

  g_source_set_callback (idle, answer_late, waiter, NULL);
  g_source_attach (idle, waiter->fixture->thread->context);
  g_source_unref (idle);
}

static void
on_wait (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->fixture = user_data;
  waiter->message = g_object_ref (message);
  soup_server_message_pause (message);
  g_cancellable_connect (hn_gate_get_cancellable (message), G_CALLBACK (on_cancelled), waiter, NULL);
  bump (user_data, &waiter->fixture->handlers_begun);
}

/* ---- the thread ---- */

static gpointer
run_thread (gpointer data)
{
  Fixture *self = data;
  struct _FixtureThread *thread = self->thread;
  int fd;

  g_main_context_push_thread_default (thread->context);
  thread->api = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (thread->api, "/api/echo", on_echo, self, NULL);
  soup_server_add_handler (thread->api, "/api/big", on_big, self, NULL);
  soup_server_add_handler (thread->api, "/api/wait", on_wait, self, NULL);
  thread->poller = hn_poller_new (thread->context);
  fd = hn_front_bind (FIXTURE_HOST, 0, NULL);
  assert_true (fd >= 0);
  self->options.api = thread->api;
  if (self->prepare != NULL)
    self->prepare (self, TRUE);
  self->front = hn_front_new (thread->poller, fd, &self->options, &events, self);
  self->port = hn_front_get_port (self->front);
  bump (self, &thread->up);
  g_main_loop_run (thread->loop);
  hn_front_free (self->front);
  while (g_main_context_iteration (thread->context, FALSE))
    ;
  if (self->prepare != NULL)
    self->prepare (self, FALSE);
  hn_poller_free (thread->poller);
  g_object_unref (thread->api);
  g_main_context_pop_thread_default (thread->context);
  return NULL;
}

Fixture *
fixture_new (void)
{
  Fixture *self = g_new0 (Fixture, 1);
  struct sockaddr_in address = { .sin_family = AF_INET };
  struct timeval limit = { .tv_sec = FIXTURE_TIMEOUT_SECONDS };
  socklen_t length = sizeof address;

  self->thread = g_new0 (struct _FixtureThread, 1);
  self->upstream_listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  inet_pton (AF_INET, FIXTURE_HOST, &address.sin_addr);
  setsockopt (self->upstream_listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  assert_int_equal (bind (self->upstream_listener, (struct sockaddr *) &address, sizeof address), 0);
  assert_int_equal (listen (self->upstream_listener, 64), 0);
  getsockname (self->upstream_listener, (struct sockaddr *) &address, &length);
  self->thread->upstream_port = ntohs (address.sin_port);
  return self;
}

void
fixture_start (Fixture *self)
{
  struct _FixtureThread *thread = self->thread;

  g_mutex_init (&thread->mutex);
  g_cond_init (&thread->cond);
  thread->context = g_main_context_new ();
  thread->loop = g_main_loop_new (thread->context, FALSE);
  thread->thread = g_thread_new ("front", run_thread, self);
  fixture_wait_count (self, &thread->up, 1);
}

/* From within the loop: one that has not begun to run yet would not hear it. */
static void
quit (Fixture *self, gpointer data)
{
  g_main_loop_quit (self->thread->loop);
}

void
fixture_free (Fixture *self)
{
  struct _FixtureThread *thread = self->thread;

  if (thread->thread != NULL) {
    fixture_call (self, quit, NULL);
    g_thread_join (thread->thread);
    g_main_loop_unref (thread->loop);
    g_main_context_unref (thread->context);
    g_mutex_clear (&thread->mutex);
    g_cond_clear (&thread->cond);
  }
  if (self->upstream_listener >= 0)
    close (self->upstream_listener);
  g_clear_pointer (&self->trusted, g_array_unref);
  g_free (thread);
  g_free (self);
}

typedef struct {
  Fixture *self;
  void (*func) (Fixture *self, gpointer data);
  gpointer data;
  int done;
} Call;

static gboolean
run_call (gpointer data)
{
  Call *call = data;

  call->func (call->self, call->data);
  bump (call->self, &call->done);
  return G_SOURCE_REMOVE;
}

void
fixture_call (Fixture *self, void (*func) (Fixture *self, gpointer data), gpointer data)
{
  Call call = { self, func, data, 0 };
  GSource *idle = g_idle_source_new ();

  g_source_set_callback (idle, run_call, &call, NULL);
  g_source_attach (idle, self->thread->context);
  g_source_unref (idle);
  fixture_wait_count (self, &call.done, 1);
}

void
fixture_wait_count (Fixture *self, const int *count, int at_least)
{
  gint64 end = g_get_monotonic_time () + FIXTURE_TIMEOUT_SECONDS * G_TIME_SPAN_SECOND;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->thread->mutex);
  while (*count < at_least && in_time)
    in_time = g_cond_wait_until (&self->thread->cond, &self->thread->mutex, end);
  g_mutex_unlock (&self->thread->mutex);
  assert_true (in_time);
}

static void
do_nothing (Fixture *self, gpointer data)
{
}

void
fixture_wait_fds (Fixture *self, guint at_most)
{
  gint64 end = g_get_monotonic_time () + FIXTURE_TIMEOUT_SECONDS * G_TIME_SPAN_SECOND;
  guint have;

  while ((have = count_fds ()) > at_most && g_get_monotonic_time () < end)
    fixture_call (self, do_nothing, NULL);
  if (have > at_most)
    fail_msg ("%u descriptors are open, expected %u", have, at_most);
}

/* ---- sockets ---- */

static void
limit_waits (int fd)
{
  struct timeval limit = { .tv_sec = FIXTURE_TIMEOUT_SECONDS };

  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/* Segments and window so small that the other side's buffer stays so, too. */
static void
make_narrow (int fd)
{
  int segment = 536, window = 4096;

  assert_int_equal (setsockopt (fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment), 0);
  assert_int_equal (setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window), 0);
}

int
fixture_connect (Fixture *self)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (self->port) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  assert_true (fd >= 0);
  inet_pton (AF_INET, FIXTURE_HOST, &address.sin_addr);
  limit_waits (fd);
  if (self->narrow)
    make_narrow (fd);
  assert_int_equal (connect (fd, (struct sockaddr *) &address, sizeof address), 0);
  return fd;
}

int
fixture_accept (Fixture *self)
{
  int fd = accept4 (self->upstream_listener, NULL, NULL, SOCK_CLOEXEC);

  assert_true (fd >= 0);
  limit_waits (fd);
  return fd;
}

void
say_bytes (int fd, const char *bytes, gsize length)
{
  while (length > 0) {
    ssize_t n = send (fd, bytes, length, MSG_NOSIGNAL);

    assert_true (n > 0);
    bytes += n;
    length -= (gsize) n;
  }
}

void
say (int fd, const char *text)
{
  say_bytes (fd, text, strlen (text));
}

char *
hear_head (int fd)
{
  GString *head = g_string_new (NULL);
  char byte;

  while (!g_str_has_suffix (head->str, "\r\n\r\n")) {
    ssize_t n = recv (fd, &byte, 1, 0);

    if (n != 1)
      fail_msg ("the head ended early (%s): '%s'", n == 0 ? "end" : g_strerror (errno), head->str);
    g_string_append_c (head, byte);
  }
  return g_string_free (head, FALSE);
}

void
expect_head (int fd, const char *contains)
{
  g_autofree char *head = hear_head (fd);

  if (strstr (head, contains) == NULL)
    fail_msg ("'%s' is not in '%s'", contains, head);
}

char *
hear_bytes (int fd, gsize length)
{
  char *bytes = g_malloc (length + 1);
  gsize have = 0;

  while (have < length) {
    ssize_t n = recv (fd, bytes + have, length - have, 0);

    if (n <= 0)
      fail_msg ("only %zu of %zu bytes came", have, length);
    have += (gsize) n;
  }
  bytes[length] = '\0';
  return bytes;
}

char *
hear_all (int fd, gboolean *ret_reset)
{
  GString *all = g_string_new (NULL);
  char buffer[16384];
  ssize_t n;

  while ((n = recv (fd, buffer, sizeof buffer, 0)) > 0)
    g_string_append_len (all, buffer, n);
  if (n < 0 && errno != ECONNRESET)
    fail_msg ("the connection did not end: %s", g_strerror (errno));
  if (ret_reset != NULL)
    *ret_reset = n < 0;
  return g_string_free (all, FALSE);
}

void
expect_closed (int fd)
{
  g_free (hear_all (fd, NULL));
}

void
expect_end (int fd)
{
  g_autofree char *rest = hear_all (fd, NULL);

  assert_string_equal (rest, "");
}

void
wait_for_hang_up (int fd)
{
  struct pollfd one = { .fd = fd, .events = POLLRDHUP };

  assert_int_equal (poll (&one, 1, FIXTURE_TIMEOUT_SECONDS * 1000), 1);
}

guint
count_fds (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  guint n = 0;

  while (readdir (dir) != NULL)
    n++;
  closedir (dir);
  return n;
}

gsize
resident_bytes (void)
{
  g_autofree char *text = NULL;
  unsigned long pages = 0, resident = 0;

  g_file_get_contents ("/proc/self/statm", &text, NULL, NULL);
  assert_int_equal (sscanf (text, "%lu %lu", &pages, &resident), 2);
  return (gsize) resident * (gsize) sysconf (_SC_PAGESIZE);
}
