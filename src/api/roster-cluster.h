/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-store.h"

/* A roster of one of several processes, whose groups are kept in one store. Pure; roster-redis brings the store, the loop and the clock.
 *
 * The link to the store goes down and comes up. When it is down, groups go on with the seats of this process alone. When it comes up, the process
 * registers all its seats group by group, and each group's mirror is made anew. */

typedef struct _HnRosterCluster HnRosterCluster;

/**
 * hn_roster_cluster_new:
 * @process: unique (base/id): also the beginning of epochs that it gives
 * @lease_us: the store takes it for dead after so long
 * @events: static
 * @user_data: for @events
 * @store: static
 * @store_data: for @store, (transfer full): its `free` is called
 *
 * Returns: (transfer full): a roster whose link is down; freed by hn_roster_free()
 */
HnRosterCluster *hn_roster_cluster_new (const char *process, gint64 lease_us, const HnRosterEvents *events, gpointer user_data,
                                        const HnRosterStore *store, gpointer store_data);

/**
 * hn_roster_cluster_as_roster:
 * @self: a roster
 *
 * Returns: (transfer none): the same
 */
HnRoster *hn_roster_cluster_as_roster (HnRosterCluster *self);

/**
 * hn_roster_cluster_link_up:
 * @self: a roster whose link is down
 * @run: of the store: another one when it was restarted
 * @utc_us: now
 *
 * Calls that wait are carried out first, while the link is down: what was under way when it went down must be among what is registered.
 */
void hn_roster_cluster_link_up (HnRosterCluster *self, const char *run, gint64 utc_us);

/**
 * hn_roster_cluster_link_down:
 * @self: a roster: nothing that was asked is answered any more, and nothing is subscribed
 */
void hn_roster_cluster_link_down (HnRosterCluster *self);

/**
 * hn_roster_cluster_subscribed:
 * @self: a roster
 * @group: what is said in it is heard from now on
 */
void hn_roster_cluster_subscribed (HnRosterCluster *self, const char *group);

/**
 * hn_roster_cluster_hear:
 * @self: a roster
 * @group: name
 * @text: what was published, NUL-terminated; it is changed
 * @length: bytes
 */
void hn_roster_cluster_hear (HnRosterCluster *self, const char *group, char *text, gsize length);

/**
 * hn_roster_cluster_answer:
 * @self: a roster
 * @tag: of the question
 * @answer: to it
 * @now_us: monotonic
 */
void hn_roster_cluster_answer (HnRosterCluster *self, gpointer tag, const HnRosterAnswer *answer, gint64 now_us);

/**
 * hn_roster_cluster_run:
 * @self: a roster
 * @now_us: monotonic
 * @utc_us: the same moment, for those who come while the link is down
 * @most: so many calls at most
 *
 * Carries out calls that wait, and what is due. Nothing may be done with @self afterwards when it was freed by its `closed` callback.
 *
 * Returns: %FALSE in that case only
 */
gboolean hn_roster_cluster_run (HnRosterCluster *self, gint64 now_us, gint64 utc_us, guint most);

/**
 * hn_roster_cluster_deadline:
 * @self: a roster
 *
 * Returns: when to call hn_roster_cluster_run(): 0: in the next turn
 */
gint64 hn_roster_cluster_deadline (HnRosterCluster *self);

/**
 * hn_roster_cluster_get_foreign_dropped:
 * @self: a roster
 *
 * Returns: see HnRosterFigures.foreign_dropped
 */
guint64 hn_roster_cluster_get_foreign_dropped (HnRosterCluster *self);
