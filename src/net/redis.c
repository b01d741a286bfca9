/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a server that owes an answer and says nothing for a while is away. hiredis reads the answers; its own asynchronous half is not used: it looks
 * names up in the calling thread, and its GLib adapter reads from a connection that its write half has just freed. */
#include "net/redis.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/random.h"
#include "net/redis-pipe.h"
#include "net/timer.h"
#include "net/wire.h"

#define FIRST_PAUSE_US 50000
#define READ_BYTES 262144
#define READS_PER_TURN 8

typedef enum {
  RESTING,    /* until the next try */
  CONNECTING, /* GIO's */
  GREETING,   /* connected; password, database and scripts are under way */
  READY,
} State;

typedef struct {
  HnRedis *redis; /* NULL: it does not want it any more */
  GSocketClient *client;
  GCancellable *cancellable;
} Try;

struct _HnRedis {
  HnPoller *poller;
  HnRedisUrl *url;
  HnRedisTimes times;
  const HnRedisEvents *events;
  gpointer user_data;
  HnRandom *random;
  HnTimer *timer;
  HnRedisPipe *pipe;
  State state;
  gint64 since_us;  /* of the state */
  gint64 retry_us;  /* RESTING */
  gint64 armed_us;  /* when the timer runs: at the latest when it must */
  guint tries;      /* that failed, in a row */
  Try *under_way;   /* CONNECTING */
  HnWire *wire;     /* GREETING, READY */
  redisReader *reader;
  gint64 heard_us;
  gboolean pinging;
  gint64 mercy_us; /* for an answer that is due: it may lie there unread, perhaps it was us who stood still; HN_NEVER: none was given */
  char *run_id;
  char *doomed; /* why the connection is to end */
};

static void arm (HnRedis *self);

/* ---- commands ---- */

static gboolean
push (HnRedis *self, const HnRedisWord *words, guint n_words, guint script, HnRedisAnswered answered, gpointer user_data)
{
  if (!hn_redis_pipe_push (self->pipe, words, n_words, script, answered, user_data, hn_clock_now_us ()))
    return FALSE;
  arm (self);
  return TRUE;
}

gboolean
hn_redis_send (HnRedis *self, const HnRedisWord *words, guint n_words, HnRedisAnswered answered, gpointer user_data)
{
  return self->state == READY && self->doomed == NULL && push (self, words, n_words, HN_REDIS_PIPE_NO_SCRIPT, answered, user_data);
}

gboolean
hn_redis_run (HnRedis *self, guint script, const HnRedisWord *words, guint n_words, HnRedisAnswered answered, gpointer user_data)
{
  return self->state == READY && self->doomed == NULL && push (self, words, n_words, script, answered, user_data);
}

void
hn_redis_flush (HnRedis *self)
{
  GByteArray *out = hn_redis_pipe_get_out (self->pipe);
  struct iovec part = { out->data, out->len };

  if (self->wire == NULL || out->len == 0)
    return;
  if (!hn_wire_send (self->wire, &part, 1))
    hn_redis_drop (self, "the connection broke");
  g_byte_array_set_size (out, 0);
}

/* ---- the end of a connection ---- */

static void
forget_try (HnRedis *self)
{
  if (self->under_way == NULL)
    return;
  self->under_way->redis = NULL;
  g_cancellable_cancel (self->under_way->cancellable);
  self->under_way = NULL;
}

static void
drop_wire (HnRedis *self)
{
  g_clear_pointer (&self->wire, hn_wire_free);
  g_clear_pointer (&self->reader, redisReaderFree);
  g_clear_pointer (&self->doomed, g_free);
  self->pinging = FALSE;
  self->mercy_us = HN_NEVER;
}

/* One that was good for a while begins at the shortest pause again. */
static gint64
choose_pause (HnRedis *self, gint64 now_us)
{
  gint64 pause_us;

  if (self->state == READY && now_us - self->since_us > self->times.pause_us)
    self->tries = 0;
  pause_us = MIN (self->times.pause_us, (gint64) FIRST_PAUSE_US << MIN (self->tries, 16));
  self->tries++;
  return pause_us / 2 + hn_random_below (self->random, (guint32) MAX (pause_us / 2, 1));
}

static void
fail (HnRedis *self, GError *error)
{
  g_autoptr (GError) why = error;
  gint64 now_us = hn_clock_now_us ();

  self->retry_us = now_us + choose_pause (self, now_us);
  self->state = RESTING;
  self->since_us = now_us;
  forget_try (self);
  drop_wire (self);
  hn_redis_pipe_end (self->pipe);
  arm (self);
  self->events->lost (why, self->user_data);
}

void
hn_redis_drop (HnRedis *self, const char *why)
{
  if (self->doomed != NULL || self->state == RESTING)
    return;
  self->doomed = g_strdup (why);
  arm (self);
}

/* ---- answers ---- */

static gboolean
is_message (const redisReply *reply)
{
  return reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 && reply->element[0]->type == REDIS_REPLY_STRING
         && g_str_equal (reply->element[0]->str, "message") && reply->element[1]->type == REDIS_REPLY_STRING
         && reply->element[2]->type == REDIS_REPLY_STRING;
}

static void
handle (HnRedis *self, redisReply *reply)
{
  if (self->events->message != NULL && is_message (reply))
    self->events->message (reply->element[1]->str, reply->element[2]->str, (gsize) reply->element[2]->len, self->user_data);
  else if (!hn_redis_pipe_take (self->pipe, reply, hn_clock_now_us ()))
    hn_redis_drop (self, "an answer without a question");
}

/* Returns FALSE when nothing more is to be read. */
static gboolean
handle_input (HnRedis *self)
{
  HnSlice input = hn_wire_get_input (self->wire);
  void *reply = NULL;

  self->heard_us = hn_poller_now_us (self->poller);
  self->mercy_us = HN_NEVER;
  redisReaderFeed (self->reader, input.text, input.length);
  hn_wire_consume (self->wire, input.length);
  while (self->doomed == NULL && redisReaderGetReply (self->reader, &reply) == REDIS_OK && reply != NULL) {
    handle (self, reply);
    freeReplyObject (reply);
    reply = NULL;
  }
  if (self->reader->err != 0)
    hn_redis_drop (self, "what came is not Redis");
  if (self->reader->len - self->reader->pos > HN_LIMIT_REDIS_REPLY_BYTES)
    hn_redis_drop (self, "an answer is too long");
  return self->doomed == NULL;
}

static void
on_ready (gpointer data)
{
  HnRedis *self = data;
  HnWireResult result = HN_WIRE_OK;

  if (!hn_wire_flush (self->wire))
    hn_redis_drop (self, "the connection broke");
  for (guint i = 0; result == HN_WIRE_OK && self->doomed == NULL; i++) {
    if (i == READS_PER_TURN) {
      hn_wire_again (self->wire);
      break;
    }
    result = hn_wire_fill (self->wire, READ_BYTES);
    if (result == HN_WIRE_OK && !handle_input (self))
      return;
  }
  if (result == HN_WIRE_EOF || result == HN_WIRE_ERROR)
    hn_redis_drop (self, "the server closed the connection");
  hn_redis_flush (self);
  arm (self);
}

/* ---- greeting ---- */

static gboolean
is_good (HnRedis *self, const char *what, const redisReply *reply)
{
  g_autofree char *why = NULL;

  if (reply == NULL)
    return FALSE;
  if (reply->type != REDIS_REPLY_ERROR)
    return TRUE;
  why = g_strdup_printf ("%s: %s", what, reply->str);
  hn_redis_drop (self, why);
  return FALSE;
}

static void
on_auth (struct redisReply *reply, gpointer data)
{
  is_good (data, "its password or user was refused", reply);
}

static void
on_select (struct redisReply *reply, gpointer data)
{
  is_good (data, "its database was refused", reply);
}

static void
on_info (struct redisReply *reply, gpointer data)
{
  HnRedis *self = data;
  const char *found;

  if (!is_good (self, "INFO was refused", reply))
    return;
  found = reply->type == REDIS_REPLY_STRING ? strstr (reply->str, "\nrun_id:") : NULL;
  g_free (self->run_id);
  self->run_id = found != NULL ? g_strndup (found + 8, strcspn (found + 8, "\r\n")) : g_strdup ("-");
}

/* The last one: a server that still loads its data refuses it. */
static void
on_greeted (struct redisReply *reply, gpointer data)
{
  HnRedis *self = data;

  if (!is_good (self, "it does not answer yet", reply))
    return;
  self->state = READY;
  self->since_us = hn_clock_now_us ();
  self->events->ready (self->run_id, self->user_data);
}

static void
on_script (struct redisReply *reply, gpointer data)
{
  is_good (data, "a script was refused", reply);
}

static void
ask (HnRedis *self, HnRedisAnswered answered, const char *first, const char *second, const char *third)
{
  const char *texts[] = { first, second, third };
  HnRedisWord words[3];
  guint n = 0;

  for (; n < 3 && texts[n] != NULL; n++)
    words[n] = (HnRedisWord){ texts[n], strlen (texts[n]) };
  push (self, words, n, HN_REDIS_PIPE_NO_SCRIPT, answered, self);
}

static void
greet (HnRedis *self)
{
  g_autofree char *db = g_strdup_printf ("%u", self->url->db);

  self->state = GREETING;
  if (self->url->password != NULL && self->url->user != NULL)
    ask (self, on_auth, "AUTH", self->url->user, self->url->password);
  else if (self->url->password != NULL)
    ask (self, on_auth, "AUTH", self->url->password, NULL);
  if (self->url->db != 0)
    ask (self, on_select, "SELECT", db, NULL);
  ask (self, NULL, "CLIENT", "SETNAME", "hydraneckwebrtc");
  ask (self, on_info, "INFO", "server", NULL);
  hn_redis_pipe_push_scripts (self->pipe, on_script, self, hn_clock_now_us ());
  ask (self, on_greeted, "PING", NULL, NULL);
  hn_redis_flush (self);
}

/* ---- connecting ---- */

static void
try_free (Try *self)
{
  g_clear_object (&self->client);
  g_clear_object (&self->cancellable);
  g_free (self);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Try *attempt = data;
  HnRedis *self = attempt->redis;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  int on = 1, fd;

  try_free (attempt);
  if (self == NULL)
    return;
  self->under_way = NULL;
  fd = connection != NULL ? fcntl (g_socket_get_fd (g_socket_connection_get_socket (connection)), F_DUPFD_CLOEXEC, 3) : -1;
  if (fd < 0) {
    fail (self, g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "%s", error != NULL ? error->message : "no file descriptor is left"));
    return;
  }
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* a UNIX socket does not mind */
  self->wire = hn_wire_new (self->poller, fd, on_ready, self);
  self->reader = redisReaderCreate ();
  greet (self);
}

static void
try_now (HnRedis *self)
{
  g_autoptr (GSocketConnectable) where = self->url->path != NULL
                                             ? G_SOCKET_CONNECTABLE (g_unix_socket_address_new (self->url->path))
                                             : g_network_address_new (self->url->host, self->url->port);
  Try *attempt = g_new0 (Try, 1);

  self->state = CONNECTING;
  self->since_us = hn_clock_now_us ();
  attempt->redis = self;
  attempt->client = g_socket_client_new ();
  attempt->cancellable = g_cancellable_new ();
  g_socket_client_set_enable_proxy (attempt->client, FALSE);
  self->under_way = attempt;
  arm (self);
  g_socket_client_connect_async (attempt->client, where, attempt->cancellable, on_connected, attempt);
}

/* ---- time ---- */

static void
on_pong (struct redisReply *reply, gpointer data)
{
  ((HnRedis *) data)->pinging = FALSE;
}

/* Since when the server owes an answer. One that is slow and answers one command after the other is not away. */
static gint64
owing_since_us (const HnRedis *self)
{
  gint64 oldest_us = hn_redis_pipe_get_oldest_us (self->pipe);

  return oldest_us != HN_NEVER ? MAX (oldest_us, self->heard_us) : HN_NEVER;
}

static gint64
next_us (const HnRedis *self)
{
  gint64 owing_us = owing_since_us (self);

  switch (self->state) {
  case RESTING:
    return self->retry_us;
  case CONNECTING:
  case GREETING:
    return self->since_us + self->times.connect_us;
  case READY:
    break;
  }
  return hn_clock_earliest (owing_us != HN_NEVER ? MAX (owing_us + self->times.answer_us, self->mercy_us) : HN_NEVER,
                            self->pinging ? HN_NEVER : self->heard_us + self->times.idle_us);
}

/* A timer that runs too early costs less than one that is set with every command. */
static void
arm (HnRedis *self)
{
  gint64 wanted_us = self->doomed != NULL ? 0 : next_us (self);

  if (self->armed_us != HN_NEVER && self->armed_us <= wanted_us)
    return;
  self->armed_us = wanted_us;
  hn_timer_arm (self->timer, wanted_us);
}

static void
check_ready (HnRedis *self, gint64 now_us)
{
  gint64 owing_us = owing_since_us (self);

  if (owing_us != HN_NEVER && now_us >= MAX (owing_us + self->times.answer_us, self->mercy_us)) {
    if (self->mercy_us != HN_NEVER) {
      fail (self, g_error_new_literal (HN_ERROR, HN_ERROR_TIMEOUT, "no answer in time"));
      return;
    }
    self->mercy_us = now_us + self->times.answer_us / 2;
  }
  if (!self->pinging && now_us >= self->heard_us + self->times.idle_us) {
    self->pinging = TRUE;
    ask (self, on_pong, "PING", NULL, NULL);
    hn_redis_flush (self);
  }
  arm (self);
}

static void
on_time (gpointer data)
{
  HnRedis *self = data;
  gint64 now_us = hn_clock_now_us ();

  self->armed_us = HN_NEVER;
  if (self->doomed != NULL)
    fail (self, g_error_new_literal (HN_ERROR, HN_ERROR_UPSTREAM, self->doomed));
  else if (now_us < next_us (self))
    arm (self);
  else if (self->state == RESTING)
    try_now (self);
  else if (self->state == READY)
    check_ready (self, now_us);
  else
    fail (self, g_error_new_literal (HN_ERROR, HN_ERROR_TIMEOUT, "no connection in time"));
}

/* ---- beginning and end ---- */

gint64
hn_redis_get_round_us (HnRedis *self)
{
  return hn_redis_pipe_get_round_us (self->pipe);
}

guint
hn_redis_add_script (HnRedis *self, const char *text)
{
  return hn_redis_pipe_add_script (self->pipe, text);
}

static HnRedisUrl *
copy_url (const HnRedisUrl *url)
{
  HnRedisUrl *copy = g_memdup2 (url, sizeof *url);

  copy->host = g_strdup (url->host);
  copy->path = g_strdup (url->path);
  copy->user = g_strdup (url->user);
  copy->password = g_strdup (url->password);
  return copy;
}

HnRedis *
hn_redis_new (HnPoller *poller, const HnRedisUrl *url, const HnRedisTimes *times, const HnRedisEvents *events, gpointer user_data)
{
  HnRedis *self = g_new0 (HnRedis, 1);

  self->poller = poller;
  self->url = copy_url (url);
  self->times = *times;
  self->events = events;
  self->user_data = user_data;
  self->random = hn_random_new_system ();
  self->pipe = hn_redis_pipe_new ();
  self->timer = hn_timer_new (on_time, self);
  self->armed_us = self->mercy_us = HN_NEVER;
  arm (self); /* RESTING until 0: now */
  return self;
}

void
hn_redis_free (HnRedis *self)
{
  if (self == NULL)
    return;
  forget_try (self);
  drop_wire (self);
  hn_timer_free (self->timer);
  hn_redis_pipe_free (self->pipe);
  hn_random_free (self->random);
  hn_redis_url_free (self->url);
  g_free (self->run_id);
  g_free (self);
}
