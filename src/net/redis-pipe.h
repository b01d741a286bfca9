/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/redis.h"

/* The commands of one connection to Redis (RESP2): written one behind the other, answered in that order, a subscriber's too (each SUBSCRIBE has one
 * channel). Scripts go by their hash; when the server has forgotten them, they are loaded, and all commands keep their order. Pure. */

typedef struct _HnRedisPipe HnRedisPipe;

#define HN_REDIS_PIPE_NO_SCRIPT G_MAXUINT

/**
 * hn_redis_pipe_new:
 *
 * Returns: (transfer full): a pipe without commands
 */
HnRedisPipe *hn_redis_pipe_new (void);

/**
 * hn_redis_pipe_free:
 * @self: (nullable): a pipe; nobody is answered
 */
void hn_redis_pipe_free (HnRedisPipe *self);

/**
 * hn_redis_pipe_add_script:
 * @self: a pipe
 * @text: Lua, static
 *
 * Returns: its number
 */
guint hn_redis_pipe_add_script (HnRedisPipe *self, const char *text);

/**
 * hn_redis_pipe_push:
 * @self: a pipe
 * @words: (array length=n_words): a command, or a script's ARGV
 * @n_words: how many
 * @script: its number, or %HN_REDIS_PIPE_NO_SCRIPT
 * @answered: (nullable): its answer
 * @user_data: for @answered
 * @now_us: monotonic
 *
 * Returns: %FALSE when HN_LIMIT_REDIS_WAITING commands or HN_LIMIT_REDIS_WAITING_BYTES wait: no answer comes
 */
gboolean hn_redis_pipe_push (HnRedisPipe *self, const HnRedisWord *words, guint n_words, guint script, HnRedisAnswered answered,
                             gpointer user_data, gint64 now_us);

/**
 * hn_redis_pipe_push_scripts:
 * @self: a pipe
 * @answered: (nullable): for each script, when it is loaded
 * @user_data: for @answered
 * @now_us: monotonic
 */
void hn_redis_pipe_push_scripts (HnRedisPipe *self, HnRedisAnswered answered, gpointer user_data, gint64 now_us);

/**
 * hn_redis_pipe_get_out:
 * @self: a pipe
 *
 * Returns: (transfer none): what is to be sent; whoever sends it empties it
 */
GByteArray *hn_redis_pipe_get_out (HnRedisPipe *self);

/**
 * hn_redis_pipe_take:
 * @self: a pipe
 * @reply: the next answer
 * @now_us: monotonic
 *
 * Returns: %FALSE when nobody asked
 */
gboolean hn_redis_pipe_take (HnRedisPipe *self, struct redisReply *reply, gint64 now_us);

/**
 * hn_redis_pipe_end:
 * @self: a pipe whose connection is gone: all are answered with %NULL, and nothing is to be sent
 */
void hn_redis_pipe_end (HnRedisPipe *self);

/**
 * hn_redis_pipe_get_oldest_us:
 * @self: a pipe
 *
 * Returns: when the command was written that is to be answered next, or HN_NEVER
 */
gint64 hn_redis_pipe_get_oldest_us (const HnRedisPipe *self);

/**
 * hn_redis_pipe_get_round_us:
 * @self: a pipe
 *
 * Returns: from the writing of the last command that was answered to its answer, or HN_NEVER
 */
gint64 hn_redis_pipe_get_round_us (const HnRedisPipe *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRedisPipe, hn_redis_pipe_free)
