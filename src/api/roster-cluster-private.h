/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-cluster.h"
#include "api/roster-local.h"
#include "api/roster-private.h"

/* What the files of roster-cluster share: roster-cluster.c (calls, and the loop), roster-link.c (down, up, registration, lease), roster-channel.c
 * (one group: what is heard and in which order), roster-answers.c (what calls hear). Nobody else includes this. */

typedef enum {
  CHANNEL_SUBSCRIBING,   /* nobody is here yet; what is wanted waits */
  CHANNEL_JOINING,       /* heard; the first answer to a join is awaited */
  CHANNEL_LIVE,          /* heard, and the mirror follows */
  CHANNEL_IDLE,          /* heard; nobody is here any more: kept for a moment */
  CHANNEL_AWAY,          /* goes on by itself */
  CHANNEL_RESUBSCRIBING, /* the same, on its way back */
  CHANNEL_REGISTERING,   /* heard; its snapshot is awaited; what is wanted waits */
} HnRosterChannelState;

typedef struct {
  char *name;
  HnRosterChannelState state;
  guint64 life;          /* answers that were meant for an earlier mirror are told by it */
  HnRosterGroup *mirror; /* (nullable) */
  HnRosterJoinRules rules;
  guint joins;    /* asked and neither told nor refused */
  guint holds;    /* what is heard is held back until so many answers have come */
  GQueue held;    /* of char*, GString-like: see roster-channel.c */
  gsize held_bytes;
  GQueue waiting; /* of HnRosterCommand */
  gint64 idle_us;
  GList idle_link; /* in HnRosterCluster.idle */
} HnRosterChannel;

typedef enum { LINK_DOWN, LINK_BEGINNING, LINK_UP } HnRosterLink;

struct _HnRosterCluster {
  HnRoster roster; /* first: hn_roster_cluster_as_roster() */
  char *process;
  gint64 lease_us;
  const HnRosterEvents *events;
  gpointer user_data;
  const HnRosterStore *store;
  gpointer store_data;
  HnRosterTell tell; /* local events */
  HnRosterQueue *queue;
  GHashTable *channels; /* name → HnRosterChannel */
  GQueue idle;          /* of HnRosterChannel, longest first */
  GQueue flight;        /* of HnRosterCommand that were asked, in order */
  GQueue said;          /* of those SAY that were not told */
  GHashTable *leaves;   /* connection → LEAVE in flight */

  HnRosterLink link;
  gboolean lost;      /* the link was given up; what follows from that is done in the next turn */
  gboolean finishing; /* FINISH was asked */
  gboolean available;
  char *registration;
  guint64 registrations, fresh; /* how many were given */
  char *run, *data;             /* of the store, as far as this process is registered */
  char *new_run, *new_data;     /* the same, under way */
  guint unregistered;           /* channels that are not back */
  guint64 numbers;              /* of words said */
  gint64 renew_us, sweep_us, now_us, utc_us;
  GPtrArray *to_touch; /* names of groups that are to be kept for another while */

  gboolean woken, closing, closed_now;
  gint64 close_us;
  void (*closed) (gpointer user_data);
  gpointer closed_data;
  guint64 published, received, foreign_dropped, gaps, lapsed;
};

/* ---- roster-cluster.c ---- */

/**
 * hn_roster_cluster_wake:
 * @self: a roster: hn_roster_cluster_run() is to come
 */
void hn_roster_cluster_wake (HnRosterCluster *self);

/**
 * hn_roster_cluster_ask:
 * @self: a roster whose link is not down
 * @ask: what; its registration is filled in
 * @command: (transfer none): by which it is answered; in flight from now on
 */
void hn_roster_cluster_ask (HnRosterCluster *self, HnRosterAsk *ask, HnRosterCommand *command);

/**
 * hn_roster_cluster_settle:
 * @self: a roster
 * @command: (transfer full): a command in flight that is through
 */
void hn_roster_cluster_settle (HnRosterCluster *self, HnRosterCommand *command);

/**
 * hn_roster_cluster_dispatch:
 * @self: a roster
 * @command: (transfer full): a call whose turn it is
 */
void hn_roster_cluster_dispatch (HnRosterCluster *self, HnRosterCommand *command);

/**
 * hn_roster_cluster_drain:
 * @self: a roster
 * @most: so many calls that wait have their turn
 */
void hn_roster_cluster_drain (HnRosterCluster *self, guint most);

/**
 * hn_roster_cluster_fresh:
 * @self: a roster
 *
 * Returns: (transfer full): an epoch that was never given
 */
char *hn_roster_cluster_fresh (HnRosterCluster *self);

/* ---- roster-link.c ---- */

/**
 * hn_roster_link_lose:
 * @self: a roster
 * @why: for the store
 */
void hn_roster_link_lose (HnRosterCluster *self, const char *why);

/**
 * hn_roster_link_go_away:
 * @self: a roster whose link is lost: groups go on by themselves, and what was in flight is carried out there
 */
void hn_roster_link_go_away (HnRosterCluster *self);

/**
 * hn_roster_link_run:
 * @self: a roster: renews its lease if it is time
 */
void hn_roster_link_run (HnRosterCluster *self);

/**
 * hn_roster_link_back:
 * @self: a roster: one channel less that is not registered
 */
void hn_roster_link_back (HnRosterCluster *self);

/**
 * hn_roster_link_answer:
 * @self: a roster
 * @kind: BEGIN, FINISH, RENEW or CLOSE
 * @answer: to it
 */
void hn_roster_link_answer (HnRosterCluster *self, HnRosterDo kind, const HnRosterAnswer *answer);

/* ---- roster-channel.c ---- */

/**
 * hn_roster_channel_find:
 * @self: a roster
 * @group: name
 *
 * Returns: (transfer none) (nullable): its channel
 */
HnRosterChannel *hn_roster_channel_find (HnRosterCluster *self, const char *group);

/**
 * hn_roster_channel_ensure:
 * @self: a roster
 * @group: name
 *
 * Returns: (transfer none): its channel, subscribed to if it is new and the link is up
 */
HnRosterChannel *hn_roster_channel_ensure (HnRosterCluster *self, const char *group);

/**
 * hn_roster_channel_free:
 * @channel: a channel; calls that wait in it are freed too
 */
void hn_roster_channel_free (HnRosterChannel *channel);

/**
 * hn_roster_channel_clear:
 * @channel: nothing of what was heard is held any more, and no answer belongs to it
 */
void hn_roster_channel_clear (HnRosterChannel *channel);

/**
 * hn_roster_channel_hold:
 * @channel: what is heard is held until hn_roster_channel_release()
 */
void hn_roster_channel_hold (HnRosterChannel *channel);

/**
 * hn_roster_channel_release:
 * @self: a roster
 * @channel: one hold less; after the last what was held is told
 */
void hn_roster_channel_release (HnRosterCluster *self, HnRosterChannel *channel);

/**
 * hn_roster_channel_follow:
 * @self: a roster
 * @channel: its mirror is there: it is live, what was held is told, and calls that waited have their turn
 */
void hn_roster_channel_follow (HnRosterCluster *self, HnRosterChannel *channel);

/**
 * hn_roster_channel_set_mirror:
 * @self: a roster
 * @channel: gets the mirror that @answer has
 * @answer: with a snapshot
 * @only: (nullable): the one connection of this process that is there: others are of owners that left before they came
 */
void hn_roster_channel_set_mirror (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterAnswer *answer, const char *only);

/**
 * hn_roster_channel_leave_if_empty:
 * @self: a roster
 * @channel: without seats of this process and without joins its mirror goes, and the channel soon
 */
void hn_roster_channel_leave_if_empty (HnRosterCluster *self, HnRosterChannel *channel);

/**
 * hn_roster_channel_apply:
 * @self: a roster
 * @channel: live
 * @message: the next one
 */
void hn_roster_channel_apply (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterBusMessage *message);

/**
 * hn_roster_channel_tell:
 * @self: a roster
 * @channel: with a mirror
 * @event: what the owner hears; its epoch and number of seats are filled in
 */
void hn_roster_channel_tell (HnRosterCluster *self, HnRosterChannel *channel, HnRosterEvent *event);

/**
 * hn_roster_channel_expire:
 * @self: a roster: channels that nobody needed for a moment go
 */
void hn_roster_channel_expire (HnRosterCluster *self);

/* ---- roster-answers.c ---- */

/**
 * hn_roster_answers_take:
 * @self: a roster
 * @command: (transfer full): a command in flight
 * @answer: to it
 */
void hn_roster_answers_take (HnRosterCluster *self, HnRosterCommand *command, const HnRosterAnswer *answer);
