/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-store.h"
#include "net/redis.h"

/* A question as the arguments of assets/roster.lua or, for what is said, of assets/roster-say.lua. Pure. */

/**
 * HnRosterWordsPlace:
 * @prefix: of all keys
 * @channel: before a group's name
 * @process: this one, as a word (hn_roster_bus_word())
 * @before_came: see HnRosterRedisSettings
 * @before_left: likewise
 * @lease_us: of a process
 *
 * The same for all questions of a roster.
 */
typedef struct {
  const char *prefix;
  const char *channel;
  const char *process;
  const char *before_came;
  const char *before_left;
  gint64 lease_us;
} HnRosterWordsPlace;

typedef struct _HnRosterWords HnRosterWords;

/**
 * hn_roster_words_new:
 * @ask: what is asked
 * @place: of what roster
 *
 * Returns: (transfer full): its words, which may point into both
 */
HnRosterWords *hn_roster_words_new (const HnRosterAsk *ask, const HnRosterWordsPlace *place);

/**
 * hn_roster_words_get:
 * @self: words
 * @ret_n: (out): how many
 *
 * Returns: (transfer none): them
 */
const HnRedisWord *hn_roster_words_get (const HnRosterWords *self, guint *ret_n);

/**
 * hn_roster_words_free:
 * @self: (nullable): words
 */
void hn_roster_words_free (HnRosterWords *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRosterWords, hn_roster_words_free)
