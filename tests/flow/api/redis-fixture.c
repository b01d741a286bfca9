/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "redis-fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

/* ---- the loop ---- */

HnPoller *
loop_poller (void)
{
  static const char key[] = "roster-test-poller";
  static GQuark quark;
  static GObject *holder;

  if (holder == NULL) {
    quark = g_quark_from_static_string (key);
    holder = g_object_new (G_TYPE_OBJECT, NULL);
    g_object_set_qdata (holder, quark, hn_poller_new (NULL));
  }
  return g_object_get_qdata (holder, quark);
}

static gboolean
on_timeout (gpointer data)
{
  return G_SOURCE_REMOVE;
}

/* One turn, which ends at that time at the latest. */
void
loop_turn (gint64 until_us)
{
  GSource *source = g_timeout_source_new (0);

  g_source_set_callback (source, on_timeout, NULL, NULL);
  g_source_set_ready_time (source, MIN (until_us, g_get_monotonic_time () + 20000));
  g_source_attach (source, NULL);
  g_main_context_iteration (NULL, TRUE);
  g_source_destroy (source);
  g_source_unref (source);
}

/* ---- the server ---- */

static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

GSubprocess *
spawn (const char *const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  GSubprocess *process;

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  process = g_subprocess_launcher_spawnv (launcher, argv, NULL);
  assert_non_null (process);
  return process;
}

RedisServer *
redis_server_new (const char *const *words)
{
  RedisServer *self = g_new0 (RedisServer, 1);
  g_autofree char *url = NULL;

  self->folder = g_dir_make_tmp ("hydraneck-redis-XXXXXX", NULL);
  assert_non_null (self->folder);
  self->socket = g_build_filename (self->folder, "socket", NULL);
  url = g_strconcat ("unix://", self->socket, NULL);
  self->url = hn_redis_url_parse (url, NULL);
  self->words = words;
  self->nodes = g_ptr_array_new ();
  redis_server_start (self);
  return self;
}

static redisContext *
connect_once (RedisServer *self)
{
  redisContext *context = redisConnectUnixWithTimeout (self->socket, (struct timeval){ 5, 0 });

  if (context != NULL && context->err == 0)
    return context;
  redisFree (context);
  return NULL;
}

void
redis_server_start (RedisServer *self)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  const char *first[] = { "/usr/bin/redis-server", "--port",    "0",     "--unixsocket", self->socket, "--dir", self->folder,
                          "--save",                "",          "--logfile", "log",      "--daemonize", "no" };
  gint64 until_us = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  gboolean up = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (first); i++)
    g_ptr_array_add (argv, (gpointer) first[i]);
  for (guint i = 0; self->words != NULL && self->words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) self->words[i]);
  g_ptr_array_add (argv, NULL);
  g_unlink (self->socket);
  self->process = spawn ((const char *const *) argv->pdata);
  while (!up) { /* nodes have their loop's turns meanwhile */
    redisContext *context = connect_once (self);
    redisReply *pong = context != NULL ? redisCommand (context, "PING") : NULL;

    up = pong != NULL && (pong->type == REDIS_REPLY_STATUS || g_str_has_prefix (pong->str, "NOAUTH"));
    if (pong != NULL)
      freeReplyObject (pong);
    if (context != NULL)
      redisFree (context);
    assert_true (g_get_monotonic_time () < until_us);
    if (!up)
      loop_turn (until_us);
  }
}

static gboolean
stands_still (RedisServer *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/stat", g_subprocess_get_identifier (self->process));
  g_autofree char *stat = NULL;

  assert_true (g_file_get_contents (path, &stat, NULL, NULL));
  return strstr (stat, ") T ") != NULL;
}

/* SIGSTOP has taken effect afterwards. */
void
redis_server_signal (RedisServer *self, int number)
{
  gint64 until_us = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;

  g_subprocess_send_signal (self->process, number);
  while (number == SIGSTOP && !stands_still (self)) {
    assert_true (g_get_monotonic_time () < until_us);
    g_thread_yield ();
  }
}

void
redis_server_kill (RedisServer *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_object (&self->process);
}

static void
remove_folder (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *inner = g_build_filename (path, name, NULL);

    if (g_file_test (inner, G_FILE_TEST_IS_DIR))
      remove_folder (inner);
    else
      g_unlink (inner);
  }
  if (dir != NULL)
    g_dir_close (dir);
  g_rmdir (path);
}

void
redis_server_free (RedisServer *self)
{
  if (self->process != NULL)
    redis_server_kill (self);
  g_ptr_array_unref (self->nodes);
  remove_folder (self->folder);
  hn_redis_url_free (self->url);
  g_free (self->socket);
  g_free (self->folder);
  g_free (self);
}

static redisReply *
do_v (RedisServer *self, const char *format, va_list args)
{
  redisContext *context = connect_once (self);
  redisReply *reply;

  assert_non_null (context);
  reply = redisvCommand (context, format, args);
  assert_non_null (reply);
  if (reply->type == REDIS_REPLY_ERROR)
    fail_msg ("%s: %s", format, reply->str);
  redisFree (context);
  return reply;
}

redisReply *
redis_server_do (RedisServer *self, const char *format, ...)
{
  redisReply *reply;
  va_list args;

  va_start (args, format);
  reply = do_v (self, format, args);
  va_end (args);
  return reply;
}

void
redis_server_run (RedisServer *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  freeReplyObject (do_v (self, format, args));
  va_end (args);
}

long long
redis_server_count (RedisServer *self, const char *format, ...)
{
  redisReply *reply;
  long long n;
  va_list args;

  va_start (args, format);
  reply = do_v (self, format, args);
  va_end (args);
  assert_int_equal (reply->type, REDIS_REPLY_INTEGER);
  n = reply->integer;
  freeReplyObject (reply);
  return n;
}

/* ---- nodes ---- */

static void
count_event (Node *self, const HnRosterEvent *event)
{
  switch (event->kind) {
  case HN_ROSTER_CAME:
    self->came++;
    break;
  case HN_ROSTER_LEFT:
    self->left++;
    self->lapsed += event->cause == HN_ROSTER_LAPSED;
    self->removed += event->cause == HN_ROSTER_REMOVED;
    break;
  case HN_ROSTER_SAID:
    self->said++;
    break;
  case HN_ROSTER_RESET:
    self->resets++;
    break;
  case HN_ROSTER_REPLACED:
    self->replaced++;
    break;
  }
}

static void
on_event (HnRosterGroup *group, const HnRosterEvent *event, gpointer data)
{
  static const char *const kinds[] = { "came", "left", "said", "reset", "replaced" };
  Node *self = data;
  const char *text = event->kind == HN_ROSTER_SAID ? event->text : event->kind == HN_ROSTER_CAME ? event->seat.card : "-";

  count_event (self, event);
  if (event->kind == HN_ROSTER_SAID)
    assert_int_equal (strlen (event->text), event->length);
  if (event->offset > 0)
    assert_int_equal (hn_roster_group_get_offset (group), event->offset);
  assert_string_equal (hn_roster_group_get_epoch (group), event->epoch);
  g_ptr_array_add (self->heard, g_strdup_printf ("%05" G_GUINT64_FORMAT " %s %s %s %s %s %s %u", event->offset, kinds[event->kind],
                                                 hn_roster_group_get_name (group), event->seat.member, event->seat.connection,
                                                 event->to != NULL ? event->to : "-", text, event->seats_of_member));
}

static void
on_available (gboolean available, gpointer data)
{
  Node *self = data;

  assert_int_not_equal (self->available, available);
  self->available = available;
  self->ups += available;
  self->downs += !available;
}

static gboolean
on_foreign (HnRosterGroup *group, const char *text, gsize length, gpointer data)
{
  Node *self = data;

  if (!self->takes_foreign || !g_str_has_prefix (text, "{\"type\""))
    return FALSE;
  self->foreign++;
  g_ptr_array_add (self->heard, g_strdup_printf ("foreign %s", text));
  return TRUE;
}

static void
on_joined (HnRosterOutcome outcome, HnRosterGroup *group, gpointer data)
{
  Node *self = data;

  assert_int_equal (group != NULL, outcome == HN_ROSTER_JOINED);
  self->joined += outcome == HN_ROSTER_JOINED;
  self->full += outcome == HN_ROSTER_FULL;
  self->in_use += outcome == HN_ROSTER_IN_USE;
  self->busy += outcome == HN_ROSTER_BUSY;
}

Node *
node_new (RedisServer *server, const char *process, gint64 lease_us)
{
  static const HnRosterEvents events = { on_event, on_available, on_foreign };
  Node *self = g_new0 (Node, 1);
  HnRosterRedisSettings settings = {
    .url = server->url,
    .prefix = "test",
    .channel = "test:group:",
    .before_came = "\"type\":\"user-joined\",\"payload\":",
    .lease_us = lease_us,
    .answer_us = 2 * G_USEC_PER_SEC,
  };

  self->server = server;
  g_ptr_array_add (server->nodes, self);
  self->process = g_strdup (process);
  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->takes_foreign = TRUE;
  self->roster = hn_roster_redis_new (loop_poller (), process, &settings, &events, self);
  return self;
}

void
node_free (Node *self)
{
  g_ptr_array_remove (self->server->nodes, self);
  hn_roster_free (self->roster);
  g_ptr_array_unref (self->heard);
  g_free (self->process);
  g_free (self);
}

void
node_join (Node *self, const char *group, const char *member, const char *connection, HnRosterRule rule, guint most)
{
  hn_roster_join (self->roster, group, &(HnRosterSeat){ .member = member, .connection = connection, .card = "{\"name\":\"x y\"}" },
                  &(HnRosterJoinRules){ rule, most }, on_joined, self);
}

void
node_say (Node *self, const char *group, const char *connection, const char *to, const char *text)
{
  assert_true (hn_roster_say (self->roster, group, connection, to, text, strlen (text)));
}

HnRosterGroup *
node_group (Node *self, const char *group)
{
  return hn_roster_find (self->roster, group);
}

guint
node_members (Node *self, const char *group)
{
  HnRosterGroup *found = node_group (self, group);

  return found != NULL ? hn_roster_group_get_members (found) : 0;
}

guint
node_count (Node *self, const char *needle)
{
  guint n = 0;

  for (guint i = 0; i < self->heard->len; i++)
    n += strstr (self->heard->pdata[i], needle) != NULL;
  return n;
}

guint
node_assert_offsets (Node *node, const char *group)
{
  g_autofree char *needle = g_strdup_printf (" %s ", group);
  guint64 last = 0;
  guint n = 0;

  for (guint i = 0; i < node->heard->len; i++) {
    const char *line = node->heard->pdata[i];
    guint64 offset = g_ascii_strtoull (line, NULL, 10);

    if (strstr (line, needle) == NULL || strstr (line, " reset ") != NULL || offset == 0)
      continue;
    if (last > 0 && offset != last + 1)
      fail_msg ("%s heard %s after %" G_GUINT64_FORMAT, node->process, line, last);
    last = offset;
    n++;
  }
  return n;
}

/* ---- what tests begin with ---- */

int
redis_start (void **state)
{
  *state = redis_server_new (NULL);
  return 0;
}

int
redis_stop (void **state)
{
  redis_clear (state);
  redis_server_free (*state);
  return 0;
}

/* A test that failed left its nodes, and perhaps a server that stands still or is gone. */
int
redis_clear (void **state)
{
  RedisServer *server = *state;
  g_autofree char *saved = g_build_filename (server->folder, "dump.rdb", NULL);

  g_unlink (saved);
  while (server->nodes->len > 0)
    node_free (server->nodes->pdata[0]);
  if (server->process == NULL)
    redis_server_start (server);
  redis_server_signal (server, SIGCONT);
  redis_server_run (server, "FLUSHALL");
  return 0;
}

Node *
ready_node_of (RedisServer *server, const char *process, gint64 lease_us)
{
  Node *node = node_new (server, process, lease_us);

  WAIT_FOR (node->available, 5000);
  return node;
}

Node *
ready_node (RedisServer *server, const char *process)
{
  return ready_node_of (server, process, LEASE);
}
