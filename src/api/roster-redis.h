/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"
#include "net/poller.h"
#include "base/redis-url.h"

/* A roster of one of several processes, whose groups are kept in one Redis server (5.0 or later; no Redis Cluster: a script touches keys of several groups). Two
 * connections: one for commands, one that is subscribed once for each group in which this process has a seat. */

/**
 * HnRosterRedisSettings:
 * @url: where the server is
 * @prefix: of all keys, without its colon
 * @channel: what stands before a group's name in the name of its channel
 * @before_came: (nullable): what stands before the card of who comes in the JSON object that tells of it, so that a program that is no roster
 *   can read it on the channel: members, the last without its value: `"type":"user-joined","payload":`. %NULL: `"card":`
 * @before_left: (nullable): the same for who leaves
 * @lease_us: a process that is silent for so long is dead; at least a second in production
 * @answer_us: a server that owes an answer and says nothing for so long is away; at most a third of @lease_us
 */
typedef struct {
  const HnRedisUrl *url;
  const char *prefix;
  const char *channel;
  const char *before_came;
  const char *before_left;
  gint64 lease_us;
  gint64 answer_us;
} HnRosterRedisSettings;

/**
 * hn_roster_redis_new:
 * @poller: outlives the roster
 * @process: unique (base/id)
 * @settings: copied
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a roster that begins to connect; until it has, seats of this process are among themselves
 */
HnRoster *hn_roster_redis_new (HnPoller *poller, const char *process, const HnRosterRedisSettings *settings, const HnRosterEvents *events,
                               gpointer user_data);
