/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the oldest command is the one that is answered. When a script was forgotten, its command and those behind it that fail for the same reason are
 * put aside, and so is whatever comes meanwhile; when all that were under way are answered, the scripts are loaded, and what was put aside follows in
 * its order. */
#include "net/redis-pipe.h"

#include <hiredis/hiredis.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

typedef struct {
  GList link;
  HnRedisAnswered answered;
  gpointer user_data;
  gint64 at_us;
  gboolean is_script;
  gsize length;
  char bytes[];
} Command;

typedef struct {
  const char *text;
  char sha[41];
} Script;

struct _HnRedisPipe {
  GArray *scripts; /* of Script */
  GByteArray *out;
  GQueue commands; /* of Command, oldest first: under way */
  GQueue again;    /* of Command: their script was forgotten */
  GQueue held;     /* of Command: came meanwhile */
  gsize waiting_bytes;
  gint64 round_us;
};

/* ---- writing ---- */

/* By hand: a message to a room has a dozen of these, and printf was 5 % of what it costs. */
static void
put_count (GByteArray *out, char kind, gsize n)
{
  guint8 text[24];
  guint8 *at = text + sizeof text;

  *--at = '\n';
  *--at = '\r';
  do
    *--at = (guint8) ('0' + n % 10);
  while ((n /= 10) > 0);
  *--at = (guint8) kind;
  g_byte_array_append (out, at, (guint) (text + sizeof text - at));
}

static void
put_word (GByteArray *out, const char *bytes, gsize length)
{
  put_count (out, '$', length);
  g_byte_array_append (out, (const guint8 *) bytes, (guint) length);
  g_byte_array_append (out, (const guint8 *) "\r\n", 2);
}

static Command *
command_new (const HnRedisPipe *self, const HnRedisWord *words, guint n_words, guint script, gsize size)
{
  gboolean is_script = script != HN_REDIS_PIPE_NO_SCRIPT;
  g_autoptr (GByteArray) bytes = g_byte_array_sized_new ((guint) size);
  Command *command;

  put_count (bytes, '*', n_words + (is_script ? 3 : 0));
  if (is_script) {
    put_word (bytes, "EVALSHA", 7);
    put_word (bytes, g_array_index (self->scripts, Script, script).sha, 40);
    put_word (bytes, "0", 1);
  }
  for (guint i = 0; i < n_words; i++)
    put_word (bytes, words[i].bytes, words[i].length);
  command = g_malloc0 (sizeof (Command) + bytes->len);
  command->link.data = command;
  command->is_script = is_script;
  command->length = bytes->len;
  memcpy (command->bytes, bytes->data, bytes->len);
  return command;
}

static void
put_out (HnRedisPipe *self, Command *command, gint64 now_us)
{
  g_byte_array_append (self->out, (const guint8 *) command->bytes, (guint) command->length);
  command->at_us = now_us;
  g_queue_push_tail_link (&self->commands, &command->link);
}

gboolean
hn_redis_pipe_push (HnRedisPipe *self, const HnRedisWord *words, guint n_words, guint script, HnRedisAnswered answered,
                    gpointer user_data, gint64 now_us)
{
  gsize size = 128;
  Command *command;

  for (guint i = 0; i < n_words; i++)
    size += words[i].length + 32;
  if (self->commands.length + self->again.length + self->held.length >= HN_LIMIT_REDIS_WAITING
      || self->waiting_bytes + size > HN_LIMIT_REDIS_WAITING_BYTES)
    return FALSE;
  command = command_new (self, words, n_words, script, size);
  command->answered = answered;
  command->user_data = user_data;
  self->waiting_bytes += command->length;
  if (self->again.length > 0)
    g_queue_push_tail_link (&self->held, &command->link);
  else
    put_out (self, command, now_us);
  return TRUE;
}

void
hn_redis_pipe_push_scripts (HnRedisPipe *self, HnRedisAnswered answered, gpointer user_data, gint64 now_us)
{
  for (guint i = 0; i < self->scripts->len; i++) {
    const char *text = g_array_index (self->scripts, Script, i).text;
    HnRedisWord words[] = { { "SCRIPT", 6 }, { "LOAD", 4 }, { text, strlen (text) } };

    hn_redis_pipe_push (self, words, G_N_ELEMENTS (words), HN_REDIS_PIPE_NO_SCRIPT, answered, user_data, now_us);
  }
}

/* ---- answers ---- */

static void
answer (HnRedisPipe *self, GQueue *queue, struct redisReply *reply)
{
  g_autofree Command *command = g_queue_pop_head_link (queue)->data;

  self->waiting_bytes -= command->length;
  if (command->answered != NULL)
    command->answered (reply, command->user_data);
}

static void
put_out_all (HnRedisPipe *self, GQueue *queue, gint64 now_us)
{
  GList *link;

  while ((link = g_queue_pop_head_link (queue)) != NULL)
    put_out (self, link->data, now_us);
}

static void
go_on (HnRedisPipe *self, gint64 now_us)
{
  GQueue again = self->again;

  g_queue_init (&self->again);
  hn_redis_pipe_push_scripts (self, NULL, NULL, now_us);
  put_out_all (self, &again, now_us);
  put_out_all (self, &self->held, now_us);
}

gboolean
hn_redis_pipe_take (HnRedisPipe *self, struct redisReply *reply, gint64 now_us)
{
  const Command *command = self->commands.head != NULL ? self->commands.head->data : NULL;

  if (command == NULL)
    return FALSE;
  self->round_us = MAX (now_us - command->at_us, 0);
  if (command->is_script && reply->type == REDIS_REPLY_ERROR && g_str_has_prefix (reply->str, "NOSCRIPT"))
    g_queue_push_tail_link (&self->again, g_queue_pop_head_link (&self->commands));
  else
    answer (self, &self->commands, reply);
  if (self->commands.length == 0 && self->again.length > 0)
    go_on (self, now_us);
  return TRUE;
}

void
hn_redis_pipe_end (HnRedisPipe *self)
{
  GQueue *queues[] = { &self->commands, &self->again, &self->held };

  g_byte_array_set_size (self->out, 0);
  for (guint i = 0; i < G_N_ELEMENTS (queues); i++)
    while (queues[i]->length > 0)
      answer (self, queues[i], NULL);
}

/* ---- the whole ---- */

GByteArray *
hn_redis_pipe_get_out (HnRedisPipe *self)
{
  return self->out;
}

gint64
hn_redis_pipe_get_oldest_us (const HnRedisPipe *self)
{
  return self->commands.head != NULL ? ((const Command *) self->commands.head->data)->at_us : HN_NEVER;
}

gint64
hn_redis_pipe_get_round_us (const HnRedisPipe *self)
{
  return self->round_us;
}

guint
hn_redis_pipe_add_script (HnRedisPipe *self, const char *text)
{
  Script script = { .text = text };
  g_autofree char *sha = g_compute_checksum_for_string (G_CHECKSUM_SHA1, text, -1);

  g_strlcpy (script.sha, sha, sizeof script.sha);
  g_array_append_val (self->scripts, script);
  return self->scripts->len - 1;
}

HnRedisPipe *
hn_redis_pipe_new (void)
{
  HnRedisPipe *self = g_new0 (HnRedisPipe, 1);

  self->scripts = g_array_new (FALSE, FALSE, sizeof (Script));
  self->out = g_byte_array_new ();
  self->round_us = HN_NEVER;
  g_queue_init (&self->commands);
  g_queue_init (&self->again);
  g_queue_init (&self->held);
  return self;
}

void
hn_redis_pipe_free (HnRedisPipe *self)
{
  GList *link;

  if (self == NULL)
    return;
  while ((link = g_queue_pop_head_link (&self->commands)) != NULL || (link = g_queue_pop_head_link (&self->again)) != NULL
         || (link = g_queue_pop_head_link (&self->held)) != NULL)
    g_free (link->data);
  g_array_unref (self->scripts);
  g_byte_array_unref (self->out);
  g_free (self);
}
