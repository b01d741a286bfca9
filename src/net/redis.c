/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: answers come in the order of commands, in a subscriber's connection too (each SUBSCRIBE has one channel): the oldest command is the
 * one that is answered. A server that owes an answer and says nothing for a while is away. hiredis reads the answers; its own asynchronous half is not used: it
 * looks names up in the calling thread, its GLib adapter reads from a connection that its write half has just freed, and a channel that is
 * left and entered again at once loses its callback. */
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
#include "net/timer.h"
#include "net/wire.h"

#define FIRST_PAUSE_US 50000
#define LOOK_AGAIN_US 5000
#define READ_BYTES 262144
#define READS_PER_TURN 8

typedef enum {
  RESTING,    /* until the next try */
  CONNECTING, /* GIO's */
  GREETING,   /* connected; password, database and scripts are under way */
  READY,
} State;

/* A command that is not answered. */
typedef struct {
  GList link;
  HnRedisAnswered answered;
  gpointer user_data;
  gint64 at_us;
  guint script; /* 1 + its number, 0: none */
  gboolean greeting;
  gsize length;
  char bytes[];
} Command;

typedef struct {
  const char *text;
  char sha[41];
} Script;

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
  GArray *scripts; /* of Script */
  State state;
  gint64 since_us;  /* of the state */
  gint64 retry_us;  /* RESTING */
  gint64 armed_us;  /* when the timer runs: at the latest when it must */
  guint tries;      /* that failed, in a row */
  Try *under_way;   /* CONNECTING */
  HnWire *wire;     /* GREETING, READY */
  redisReader *reader;
  GByteArray *out;
  GQueue commands; /* of Command, oldest first */
  GQueue again;    /* of Command: the server had forgotten their script; held until all others are answered */
  GQueue held;     /* of Command: came meanwhile */
  gsize waiting_bytes;
  gint64 heard_us;
  gint64 round_us;
  gboolean pinging;
  gboolean looked_again; /* for an answer that is due */
  char *run_id;
  char *doomed; /* why the connection is to end */
};

static void arm (HnRedis *self);

/* ---- commands ---- */

static void
put_count (GByteArray *out, char kind, gsize n)
{
  char text[32];
  int length = g_snprintf (text, sizeof text, "%c%" G_GSIZE_FORMAT "\r\n", kind, n);

  g_byte_array_append (out, (const guint8 *) text, (guint) length);
}

static void
put_word (GByteArray *out, const char *bytes, gsize length)
{
  put_count (out, '$', length);
  g_byte_array_append (out, (const guint8 *) bytes, (guint) length);
  g_byte_array_append (out, (const guint8 *) "\r\n", 2);
}

/* Leaves with hn_redis_flush(). */
static void
put_out (HnRedis *self, Command *command)
{
  g_byte_array_append (self->out, (const guint8 *) command->bytes, (guint) command->length);
  command->at_us = hn_clock_now_us ();
  g_queue_push_tail_link (&self->commands, &command->link);
  if (self->commands.length == 1)
    arm (self);
}

static guint
count_waiting (const HnRedis *self)
{
  return self->commands.length + self->again.length + self->held.length;
}

static gboolean
push (HnRedis *self, const HnRedisWord *words, guint n_words, guint script, HnRedisAnswered answered, gpointer user_data)
{
  g_autoptr (GByteArray) bytes = NULL;
  gsize size = 128;
  Command *command;

  for (guint i = 0; i < n_words; i++)
    size += words[i].length + 32;
  if (count_waiting (self) >= HN_LIMIT_REDIS_WAITING || self->waiting_bytes + size > HN_LIMIT_REDIS_WAITING_BYTES)
    return FALSE;
  bytes = g_byte_array_sized_new ((guint) size);
  put_count (bytes, '*', n_words + (script > 0 ? 3 : 0));
  if (script > 0) {
    put_word (bytes, "EVALSHA", 7);
    put_word (bytes, g_array_index (self->scripts, Script, script - 1).sha, 40);
    put_word (bytes, "0", 1);
  }
  for (guint i = 0; i < n_words; i++)
    put_word (bytes, words[i].bytes, words[i].length);
  command = g_malloc0 (sizeof (Command) + bytes->len);
  *command = (Command){ .link = { command, NULL, NULL }, answered, user_data, 0, script, self->state != READY, bytes->len };
  memcpy (command->bytes, bytes->data, bytes->len);
  self->waiting_bytes += command->length;
  if (self->again.length > 0)
    g_queue_push_tail_link (&self->held, &command->link);
  else
    put_out (self, command);
  return TRUE;
}

gboolean
hn_redis_send (HnRedis *self, const HnRedisWord *words, guint n_words, HnRedisAnswered answered, gpointer user_data)
{
  return self->state == READY && self->doomed == NULL && push (self, words, n_words, 0, answered, user_data);
}

gboolean
hn_redis_run (HnRedis *self, guint script, const HnRedisWord *words, guint n_words, HnRedisAnswered answered, gpointer user_data)
{
  return self->state == READY && self->doomed == NULL && push (self, words, n_words, script + 1, answered, user_data);
}

void
hn_redis_flush (HnRedis *self)
{
  struct iovec part;

  if (self->wire == NULL || self->out->len == 0)
    return;
  part = (struct iovec){ self->out->data, self->out->len };
  if (!hn_wire_send (self->wire, &part, 1))
    hn_redis_drop (self, "the connection broke");
  g_byte_array_set_size (self->out, 0);
}

/* ---- the end of a connection ---- */

static void
answer (HnRedis *self, Command *command, redisReply *reply)
{
  self->waiting_bytes -= command->length;
  if (command->answered != NULL)
    command->answered (reply, command->user_data);
  g_free (command);
}

static void
answer_none (HnRedis *self, GQueue *commands)
{
  Command *command;

  while (commands->head != NULL) {
    command = commands->head->data;
    g_queue_unlink (commands, &command->link);
    if (command->greeting)
      command->answered = NULL;
    answer (self, command, NULL);
  }
}

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
  g_byte_array_set_size (self->out, 0);
  self->pinging = self->looked_again = FALSE;
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
  answer_none (self, &self->commands);
  answer_none (self, &self->again);
  answer_none (self, &self->held);
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

/* ---- scripts that the server forgot ---- */

static void
load_scripts (HnRedis *self)
{
  for (guint i = 0; i < self->scripts->len; i++) {
    const char *text = g_array_index (self->scripts, Script, i).text;
    HnRedisWord words[] = { { "SCRIPT", 6 }, { "LOAD", 4 }, { text, strlen (text) } };

    push (self, words, G_N_ELEMENTS (words), 0, NULL, NULL);
  }
}

static void
send_all (HnRedis *self, GQueue *commands)
{
  while (commands->head != NULL) {
    Command *command = commands->head->data;

    g_queue_unlink (commands, &command->link);
    put_out (self, command);
  }
}

/* All that were under way when the first one failed are answered or failed too: nothing overtakes. */
static void
send_again (HnRedis *self)
{
  GQueue failed = self->again;

  g_queue_init (&self->again);
  load_scripts (self);
  send_all (self, &failed);
  send_all (self, &self->held);
}

/* ---- answers ---- */

static void
handle_reply (HnRedis *self, redisReply *reply)
{
  Command *command;

  if (self->commands.head == NULL) {
    hn_redis_drop (self, "an answer without a question");
    return;
  }
  command = self->commands.head->data;
  g_queue_unlink (&self->commands, &command->link);
  self->round_us = hn_clock_now_us () - command->at_us;
  self->looked_again = FALSE;
  if (reply->type == REDIS_REPLY_ERROR && command->script > 0 && g_str_has_prefix (reply->str, "NOSCRIPT"))
    g_queue_push_tail_link (&self->again, &command->link);
  else
    answer (self, command, reply);
  if (self->commands.head == NULL && self->again.head != NULL && self->doomed == NULL)
    send_again (self);
}

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
  else
    handle_reply (self, reply);
}

/* Returns FALSE when nothing more is to be read. */
static gboolean
handle_input (HnRedis *self)
{
  HnSlice input = hn_wire_get_input (self->wire);
  void *reply = NULL;

  self->heard_us = hn_poller_now_us (self->poller);
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
  push (self, words, n, 0, answered, self);
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
  for (guint i = 0; i < self->scripts->len; i++)
    ask (self, on_script, "SCRIPT", "LOAD", g_array_index (self->scripts, Script, i).text);
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
  return self->commands.head != NULL ? MAX (((Command *) self->commands.head->data)->at_us, self->heard_us) : HN_NEVER;
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
  return hn_clock_earliest (owing_us != HN_NEVER ? owing_us + self->times.answer_us : HN_NEVER,
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

  if (owing_us != HN_NEVER && now_us >= owing_us + self->times.answer_us) {
    if (self->looked_again) {
      fail (self, g_error_new_literal (HN_ERROR, HN_ERROR_TIMEOUT, "no answer in time"));
      return;
    }
    self->looked_again = TRUE; /* it may lie there unread: perhaps it was us who stood still */
    hn_wire_again (self->wire);
    self->armed_us = now_us + LOOK_AGAIN_US;
    hn_timer_arm (self->timer, self->armed_us);
    return;
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
  return self->round_us;
}

guint
hn_redis_add_script (HnRedis *self, const char *text)
{
  Script script = { .text = text };
  g_autofree char *sha = g_compute_checksum_for_string (G_CHECKSUM_SHA1, text, -1);

  g_strlcpy (script.sha, sha, sizeof script.sha);
  g_array_append_val (self->scripts, script);
  return self->scripts->len - 1;
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
  self->scripts = g_array_new (FALSE, FALSE, sizeof (Script));
  self->out = g_byte_array_new ();
  self->round_us = HN_NEVER;
  g_queue_init (&self->commands);
  g_queue_init (&self->again);
  g_queue_init (&self->held);
  self->timer = hn_timer_new (on_time, self);
  self->armed_us = HN_NEVER;
  arm (self); /* RESTING until 0: now */
  return self;
}

static void
free_commands (GQueue *commands)
{
  while (commands->head != NULL) {
    Command *command = commands->head->data;

    g_queue_unlink (commands, &command->link);
    g_free (command);
  }
}

void
hn_redis_free (HnRedis *self)
{
  if (self == NULL)
    return;
  forget_try (self);
  drop_wire (self);
  free_commands (&self->commands);
  free_commands (&self->again);
  free_commands (&self->held);
  hn_timer_free (self->timer);
  g_array_unref (self->scripts);
  g_byte_array_unref (self->out);
  hn_random_free (self->random);
  hn_redis_url_free (self->url);
  g_free (self->run_id);
  g_free (self);
}
