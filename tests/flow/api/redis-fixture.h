/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <hiredis/hiredis.h>

#include "api/roster-redis.h"

/* A real redis-server in a directory of its own, and rosters ("nodes") on it, all on the thread's default main context. Everything is waited for with a
 * deadline, nothing with a sleep. */

typedef struct {
  char *folder;
  char *socket;
  HnRedisUrl *url;
  const char *const *words; /* (nullable) NULL-terminated: more of its command line */
  GSubprocess *process;
  GPtrArray *nodes; /* of Node */
} RedisServer;

RedisServer *redis_server_new (const char *const *words);
void redis_server_free (RedisServer *self);
void redis_server_start (RedisServer *self);
void redis_server_kill (RedisServer *self); /* and waits for its end */
void redis_server_signal (RedisServer *self, int number);

/* A command of a connection of its own, answered at once. */
redisReply *redis_server_do (RedisServer *self, const char *format, ...);
void redis_server_run (RedisServer *self, const char *format, ...);
long long redis_server_count (RedisServer *self, const char *format, ...); /* the integer that it answers */

typedef struct {
  RedisServer *server;
  HnRoster *roster;
  char *process;
  GPtrArray *heard; /* of char*: "offset kind group member connection text", offset 0 included */
  guint joined, full, in_use, busy, closed;
  guint came, left, lapsed, removed, said, resets, replaced, ups, downs, foreign;
  gboolean available;
  gboolean takes_foreign;
} Node;

Node *node_new (RedisServer *server, const char *process, gint64 lease_us);
void node_free (Node *self); /* nobody is told: it is as dead as with SIGKILL */
void node_join (Node *self, const char *group, const char *member, const char *connection, HnRosterRule rule, guint most);
void node_say (Node *self, const char *group, const char *connection, const char *to, const char *text);
HnRosterGroup *node_group (Node *self, const char *group);
guint node_members (Node *self, const char *group); /* 0 without a mirror */
guint node_count (Node *self, const char *needle);  /* lines heard that hold it */

/* Nothing is missing between the first and the last event of @group that the node heard. Returns how many it heard. */
guint node_assert_offsets (Node *self, const char *group);

#define LEASE (3 * (gint64) G_USEC_PER_SEC)
#define SHORT_LEASE ((gint64) G_USEC_PER_SEC) /* where one is to end */

Node *ready_node_of (RedisServer *server, const char *process, gint64 lease_us);
Node *ready_node (RedisServer *server, const char *process);
int redis_start (void **state); /* a group's */
int redis_stop (void **state);
int redis_clear (void **state); /* each test's: it has keys of nobody else */

/* Runs the loop until the expression is true; fails the test after so many milliseconds. */
#define WAIT_FOR(what, most_ms)                                                                        \
  do {                                                                                                 \
    gint64 until_us = g_get_monotonic_time () + (most_ms) * G_GINT64_CONSTANT (1000);                  \
    while (!(what)) {                                                                                  \
      if (g_get_monotonic_time () > until_us)                                                          \
        fail_msg ("not within %d ms: %s", (int) (most_ms), #what);                                     \
      loop_turn (until_us);                                                                            \
    }                                                                                                  \
  } while (0)

/* Runs the loop for so long, during which the expression must stay true. */
#define STAYS(what, ms)                                                     \
  do {                                                                      \
    gint64 until_us = g_get_monotonic_time () + (ms) * G_GINT64_CONSTANT (1000); \
    while (g_get_monotonic_time () < until_us) {                            \
      if (!(what))                                                          \
        fail_msg ("not any more: %s", #what);                               \
      loop_turn (until_us);                                                 \
    }                                                                       \
  } while (0)

GSubprocess *spawn (const char *const *argv); /* silent; it ends with this process at the latest */
void loop_turn (gint64 until_us);
HnPoller *loop_poller (void);
