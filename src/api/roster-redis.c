/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: both connections or none: when one is lost the other is ended too, so that what is heard and what is asked begin together. All that is
 * decided is decided by roster-cluster. */
#include "api/roster-redis.h"

#include <gio/gio.h>
#include <string.h>

#include "api/api-assets.h"
#include "api/roster-cluster.h"
#include "api/roster-reply-redis.h"
#include "api/roster-words.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/later.h"
#include "net/redis.h"
#include "net/timer.h"

#define AREA "redis"
#define IDLE_US (5 * (gint64) G_USEC_PER_SEC)
#define PAUSE_US ((gint64) G_USEC_PER_SEC)
#define GARBAGE_US (60 * (gint64) G_USEC_PER_SEC)
#define ASSETS "/hydraneck/api/"
#define CARD "\"card\":"

typedef struct _Store Store;

/* A question, or a subscription, under way. */
typedef struct {
  GList link;
  Store *store;
  gpointer tag;
  HnRosterAskKind kind;
  char *group; /* (nullable): of a subscription */
} Question;

struct _Store {
  HnRosterCluster *cluster;
  char *url; /* for people */
  char *channel, *prefix, *process, *before_came, *before_left;
  HnRosterWordsPlace place;
  char *script_text, *say_text;
  guint script, say_script;
  HnRedis *commands, *listener;
  gboolean commands_ready, listener_ready;
  char *run; /* of the server */
  GQueue questions;
  HnLater *soon; /* what was asked for in this turn is carried out at its end */
  HnTimer *timer;
  gint64 armed_us;
  gboolean away_is_said;
  guint64 garbage_said;
  gint64 garbage_us; /* when */
};

/* ---- the loop ---- */

static void
arm (Store *self, gint64 deadline_us)
{
  if (deadline_us == HN_NEVER || (self->armed_us != HN_NEVER && self->armed_us <= deadline_us))
    return;
  self->armed_us = deadline_us;
  hn_timer_arm (self->timer, deadline_us);
}

/* After whatever the cluster was told: what it asks leaves, and its deadline may be another one. */
static void
settle (Store *self)
{
  hn_redis_flush (self->commands);
  hn_redis_flush (self->listener);
  arm (self, hn_roster_cluster_deadline (self->cluster));
}

static void
say_garbage (Store *self, gint64 now_us)
{
  guint64 dropped = hn_roster_cluster_get_foreign_dropped (self->cluster);

  if (dropped == self->garbage_said || (self->garbage_said > 0 && now_us < self->garbage_us + GARBAGE_US))
    return;
  hn_warning (AREA, NULL, "what is no message of ours was published on our channels: dropped count=%" G_GUINT64_FORMAT " at=%s",
              dropped - self->garbage_said, self->url);
  self->garbage_said = dropped;
  self->garbage_us = now_us;
}

static void
run (gpointer data)
{
  Store *self = data;
  gint64 now_us = hn_clock_now_us ();

  if (!hn_roster_cluster_run (self->cluster, now_us, hn_clock_utc_us (), HN_LIMIT_ROSTER_TURN))
    return; /* freed */
  say_garbage (self, now_us);
  settle (self);
}

static void
on_time (gpointer data)
{
  ((Store *) data)->armed_us = HN_NEVER;
  run (data);
}

/* ---- asking ---- */

static void
question_free (Question *self)
{
  g_queue_unlink (&self->store->questions, &self->link);
  g_free (self->group);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_free)

static Question *
question_new (Store *store, gpointer tag, HnRosterAskKind kind, const char *group)
{
  Question *self = g_new0 (Question, 1);

  *self = (Question){ { self, NULL, NULL }, store, tag, kind, g_strdup (group) };
  g_queue_push_tail_link (&store->questions, &self->link);
  return self;
}

static void
on_answered (struct redisReply *reply, gpointer data)
{
  g_autoptr (Question) question = data;
  Store *self = question->store;
  g_autoptr (HnRosterReply) read = NULL;
  g_autofree char *why = NULL;

  if (reply == NULL)
    return; /* the link goes down */
  read = hn_roster_reply_redis_read (question->kind, reply, &why);
  if (read != NULL)
    hn_roster_cluster_answer (self->cluster, question->tag, &read->answer, hn_clock_now_us ());
  else
    hn_redis_drop (self->commands, why);
  settle (self);
}

static gboolean
store_ask (const HnRosterAsk *ask, gpointer tag, gpointer data)
{
  Store *self = data;
  g_autoptr (HnRosterWords) words = hn_roster_words_new (ask, &self->place);
  Question *question = question_new (self, tag, ask->kind, NULL);
  guint script = ask->kind == HN_ROSTER_ASK_SAY ? self->say_script : self->script, n;
  const HnRedisWord *array = hn_roster_words_get (words, &n);

  if (hn_redis_run (self->commands, script, array, n, on_answered, question))
    return TRUE;
  question_free (question);
  return FALSE;
}

static void
on_subscribed (struct redisReply *reply, gpointer data)
{
  g_autoptr (Question) question = data;
  Store *self = question->store;

  if (reply == NULL)
    return;
  hn_roster_cluster_subscribed (self->cluster, question->group);
  settle (self);
}

static void
subscribe (Store *self, const char *verb, const char *group, HnRedisAnswered answered, Question *question)
{
  g_autofree char *channel = g_strconcat (self->channel, group, NULL);
  HnRedisWord words[] = { { verb, strlen (verb) }, { channel, strlen (channel) } };

  if (hn_redis_send (self->listener, words, G_N_ELEMENTS (words), answered, question))
    return;
  if (question != NULL)
    question_free (question);
  hn_redis_drop (self->listener, "too much waits for it");
}

static void
store_subscribe (const char *group, gpointer data)
{
  subscribe (data, "SUBSCRIBE", group, on_subscribed, question_new (data, NULL, HN_ROSTER_ASK_JOIN, group));
}

static void
store_unsubscribe (const char *group, gpointer data)
{
  subscribe (data, "UNSUBSCRIBE", group, NULL, NULL);
}

static void
store_drop (const char *why, gpointer data)
{
  hn_redis_drop (((Store *) data)->commands, why);
}

static void
store_wake (gpointer data)
{
  hn_later_wake (((Store *) data)->soon);
}

static gint64
store_get_round_us (gpointer data)
{
  return hn_redis_get_round_us (((Store *) data)->commands);
}

/* ---- the link ---- */

static void
bring_up (Store *self)
{
  if (!self->commands_ready || !self->listener_ready)
    return;
  if (self->away_is_said)
    hn_info (AREA, NULL, "Redis is back at=%s", self->url);
  self->away_is_said = FALSE;
  hn_roster_cluster_link_up (self->cluster, self->run, hn_clock_utc_us ());
  settle (self);
}

static void
bring_down (Store *self, const GError *why)
{
  if (!self->away_is_said)
    hn_warning (AREA, NULL, "Redis is away: %s; going on without, and trying again at=%s", why->message, self->url);
  self->away_is_said = TRUE;
  if (self->commands_ready)
    hn_redis_drop (self->commands, "the other connection was lost");
  if (self->listener_ready)
    hn_redis_drop (self->listener, "the other connection was lost");
  self->commands_ready = self->listener_ready = FALSE;
  hn_roster_cluster_link_down (self->cluster);
  settle (self);
}

static void
on_commands_ready (const char *run_id, gpointer data)
{
  Store *self = data;

  g_free (self->run);
  self->run = g_strdup (run_id);
  self->commands_ready = TRUE;
  bring_up (self);
}

static void
on_listener_ready (const char *run_id, gpointer data)
{
  Store *self = data;

  self->listener_ready = TRUE;
  bring_up (self);
}

static void
on_commands_lost (const GError *why, gpointer data)
{
  ((Store *) data)->commands_ready = FALSE;
  bring_down (data, why);
}

static void
on_listener_lost (const GError *why, gpointer data)
{
  ((Store *) data)->listener_ready = FALSE;
  bring_down (data, why);
}

static void
on_message (const char *channel, char *text, gsize length, gpointer data)
{
  Store *self = data;

  if (!g_str_has_prefix (channel, self->channel))
    return;
  hn_roster_cluster_hear (self->cluster, channel + strlen (self->channel), text, length);
  if (hn_roster_cluster_get_foreign_dropped (self->cluster) != self->garbage_said)
    say_garbage (self, hn_clock_now_us ());
  settle (self);
}

/* ---- beginning and end ---- */

static void
store_free (gpointer data)
{
  Store *self = data;

  hn_redis_free (self->commands);
  hn_redis_free (self->listener);
  while (self->questions.head != NULL)
    question_free (self->questions.head->data);
  hn_later_free (self->soon);
  hn_timer_free (self->timer);
  g_free (self->script_text);
  g_free (self->say_text);
  g_free (self->url);
  g_free (self->channel);
  g_free (self->prefix);
  g_free (self->process);
  g_free (self->before_came);
  g_free (self->before_left);
  g_free (self->run);
  g_free (self);
}

/* A script, behind the numbers that it needs. */
static char *
read_script (const char *path)
{
  g_autoptr (GBytes) bytes = g_resource_lookup_data (hn_api_assets_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  return g_strdup_printf ("local KEEP, HISTORY_MS, KEY_MS = %d, %d, %d\n%.*s", HN_LIMIT_ROSTER_HISTORY,
                          HN_LIMIT_ROSTER_HISTORY_SECONDS * 1000, HN_LIMIT_ROSTER_KEYS_SECONDS * 1000,
                          (int) g_bytes_get_size (bytes), (const char *) g_bytes_get_data (bytes, NULL));
}

static void
copy_settings (Store *self, const HnRosterRedisSettings *settings, const char *process)
{
  g_return_if_fail (settings->before_came == NULL || g_str_has_suffix (settings->before_came, "\":"));
  g_return_if_fail (settings->before_left == NULL || g_str_has_suffix (settings->before_left, "\":"));
  self->url = hn_redis_url_describe (settings->url);
  self->prefix = g_strdup (settings->prefix);
  self->channel = g_strdup (settings->channel);
  self->process = hn_roster_bus_word (process);
  self->before_came = g_strdup (settings->before_came != NULL ? settings->before_came : CARD);
  self->before_left = g_strdup (settings->before_left != NULL ? settings->before_left : CARD);
  self->place = (HnRosterWordsPlace){ self->prefix,      self->channel,     self->process,
                                      self->before_came, self->before_left, settings->lease_us };
}

HnRoster *
hn_roster_redis_new (HnPoller *poller, const char *process, const HnRosterRedisSettings *settings, const HnRosterEvents *events,
                     gpointer user_data)
{
  static const HnRosterStore store = {
    store_ask, store_subscribe, store_unsubscribe, store_drop, store_wake, store_get_round_us, store_free,
  };
  static const HnRedisEvents on_commands = { on_commands_ready, on_commands_lost, NULL };
  static const HnRedisEvents on_listener = { on_listener_ready, on_listener_lost, on_message };
  gint64 answer_us = MIN (settings->answer_us, settings->lease_us / 3);
  HnRedisTimes times = { answer_us, answer_us, MIN (IDLE_US, settings->lease_us / 3), MIN (PAUSE_US, settings->lease_us / 4) };
  Store *self = g_new0 (Store, 1);

  copy_settings (self, settings, process);
  g_queue_init (&self->questions);
  self->script_text = read_script (ASSETS "roster.lua");
  self->say_text = read_script (ASSETS "roster-say.lua");
  self->armed_us = HN_NEVER;
  self->soon = hn_later_new (poller, run, self);
  self->timer = hn_timer_new (on_time, self);
  self->cluster = hn_roster_cluster_new (process, settings->lease_us, events, user_data, &store, self);
  self->commands = hn_redis_new (poller, settings->url, &times, &on_commands, self);
  self->script = hn_redis_add_script (self->commands, self->script_text);
  self->say_script = hn_redis_add_script (self->commands, self->say_text);
  self->listener = hn_redis_new (poller, settings->url, &times, &on_listener, self);
  return hn_roster_cluster_as_roster (self->cluster);
}
