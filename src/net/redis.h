/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/poller.h"
#include "base/redis-url.h"

/* One connection to a Redis server (RESP2), that comes back by itself: commands in a pipeline, scripts by their hash, or subscriptions.
 *
 * A server that is silent is as good as gone: a command that is not answered in time ends the connection, and so does a connection that
 * is quiet and does not answer a PING. Then all commands under way are answered with nothing, and it is tried again after a pause that
 * grows, with chance in it. Meanwhile commands are refused at once. Names are looked up without holding the loop. No TLS, no cluster. */

typedef struct _HnRedis HnRedis;

struct redisReply; /* hiredis */

/**
 * HnRedisTimes:
 * @connect_us: for a connection, its password and all else until it is ready
 * @answer_us: the server owes an answer and says nothing; as long again by half, since it may be us who stood still
 * @idle_us: nothing was heard for so long: PING
 * @pause_us: longest pause between two tries
 */
typedef struct {
  gint64 connect_us;
  gint64 answer_us;
  gint64 idle_us;
  gint64 pause_us;
} HnRedisTimes;

/**
 * HnRedisEvents:
 * @ready: commands are taken; @run_id is another one when the server was restarted
 * @lost: the connection, or a try at one, failed with @why; all answers have come
 * @message: (nullable without subscriptions): somebody published @text on @channel; both NUL-terminated, and @text may be changed in place
 *
 * None from inside a call of the owner's.
 */
typedef struct {
  void (*ready) (const char *run_id, gpointer user_data);
  void (*lost) (const GError *why, gpointer user_data);
  void (*message) (const char *channel, char *text, gsize length, gpointer user_data);
} HnRedisEvents;

/**
 * HnRedisAnswered:
 *
 * @reply is valid during the call, its strings may be changed; %NULL: the connection was lost first, and whether the command was carried
 * out is not known.
 */
typedef void (*HnRedisAnswered) (struct redisReply *reply, gpointer user_data);

/**
 * HnRedisWord:
 * @bytes: any bytes
 * @length: how many
 */
typedef struct {
  const char *bytes;
  gsize length;
} HnRedisWord;

/**
 * hn_redis_new:
 * @poller: outlives the connection
 * @url: where to
 * @times: how long to wait
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a connection that begins to be made
 */
HnRedis *hn_redis_new (HnPoller *poller, const HnRedisUrl *url, const HnRedisTimes *times, const HnRedisEvents *events,
                       gpointer user_data);

/**
 * hn_redis_free:
 * @self: (nullable): a connection; nothing comes of it any more, answers included. Not from inside a callback of its own
 */
void hn_redis_free (HnRedis *self);

/**
 * hn_redis_add_script:
 * @self: a connection, before its first turn of the loop
 * @text: Lua, static
 *
 * It is loaded whenever the connection is made, and again when the server forgot it (NOSCRIPT): commands keep their order then too.
 *
 * Returns: its number
 */
guint hn_redis_add_script (HnRedis *self, const char *text);

/**
 * hn_redis_send:
 * @self: a connection
 * @words: (array length=n_words): the command
 * @n_words: how many
 * @answered: (nullable): its answer
 * @user_data: for @answered
 *
 * It leaves with hn_redis_flush(), which comes by itself behind each callback of this connection's.
 *
 * Returns: %FALSE when there is no connection, or HN_LIMIT_REDIS_WAITING commands or HN_LIMIT_REDIS_WAITING_BYTES wait: no answer comes
 */
gboolean hn_redis_send (HnRedis *self, const HnRedisWord *words, guint n_words, HnRedisAnswered answered, gpointer user_data);

/**
 * hn_redis_run:
 * @self: a connection
 * @script: number of a script
 * @words: (array length=n_words): its ARGV; it has no KEYS
 * @n_words: how many
 * @answered: (nullable): its answer
 * @user_data: for @answered
 *
 * Returns: as hn_redis_send()
 */
gboolean hn_redis_run (HnRedis *self, guint script, const HnRedisWord *words, guint n_words, HnRedisAnswered answered,
                       gpointer user_data);

/**
 * hn_redis_flush:
 * @self: a connection: what was sent leaves now
 */
void hn_redis_flush (HnRedis *self);

/**
 * hn_redis_drop:
 * @self: a connection; it is ended from the loop, as if it had failed, and tried again
 * @why: for `lost`
 */
void hn_redis_drop (HnRedis *self, const char *why);

/**
 * hn_redis_get_round_us:
 * @self: a connection
 *
 * Returns: from the last command that was answered to its answer, or HN_NEVER
 */
gint64 hn_redis_get_round_us (HnRedis *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRedis, hn_redis_free)
