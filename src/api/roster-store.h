/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-bus.h"

/* What roster-cluster (which decides) asks of the place where all processes' groups are kept, and what it hears from there. Each question is
 * answered whole and alone, in the order in which they came. Pure. */

typedef enum {
  HN_ROSTER_ASK_BEGIN,    /* this process lives, under a new registration */
  HN_ROSTER_ASK_REGISTER, /* its seats in one group are there again */
  HN_ROSTER_ASK_FINISH,   /* whatever else it had leaves */
  HN_ROSTER_ASK_RENEW,    /* its lease; and seats of those whose lease ran out leave */
  HN_ROSTER_ASK_JOIN,
  HN_ROSTER_ASK_LEAVE,
  HN_ROSTER_ASK_SAY,
  HN_ROSTER_ASK_REMOVE,
  HN_ROSTER_ASK_LOOK,
  HN_ROSTER_ASK_LIST,
  HN_ROSTER_ASK_HISTORY,
  HN_ROSTER_ASK_CLOSE, /* all its seats leave */
} HnRosterAskKind;

/**
 * HnRosterAsk:
 * @kind: what
 * @registration: of this process
 * @group: name; nothing with BEGIN, FINISH, RENEW, LIST, CLOSE
 * @seat: JOIN
 * @rules: JOIN, REGISTER
 * @wanted: JOIN: a snapshot; RENEW: others may be taken out
 * @connection: LEAVE, SAY; (nullable): REMOVE: only this one
 * @member: SAY: the seat's; REMOVE
 * @to: (nullable): SAY
 * @number: SAY
 * @text: SAY
 * @length: of @text
 * @epoch: REGISTER, HISTORY: the known one
 * @offset: REGISTER, HISTORY: the last known one
 * @until: HISTORY: the last wanted one
 * @fresh: JOIN, REGISTER: an epoch, should a new one be needed; BEGIN: the same for the data's id
 * @run: REGISTER, FINISH: of the store
 * @own: REGISTER: (element-type HnRosterSeat): seats of this process
 * @others: (nullable): REGISTER: (element-type HnRosterSeat): seats of other processes, when data were lost
 * @groups: (nullable): RENEW: (element-type utf8): to be kept for another while
 * @most: FINISH, RENEW, CLOSE: seats at once; LIST: groups
 */
typedef struct {
  HnRosterAskKind kind;
  const char *registration;
  const char *group;
  const HnRosterSeat *seat;
  HnRosterJoinRules rules;
  gboolean wanted;
  const char *connection, *member, *to;
  guint64 number;
  const char *text;
  gsize length;
  const char *epoch;
  guint64 offset, until;
  const char *fresh, *run;
  GPtrArray *own, *others, *groups;
  guint most;
} HnRosterAsk;

typedef enum {
  HN_ROSTER_VERDICT_OK,
  HN_ROSTER_VERDICT_GAP, /* the registration is not known: data were lost, or this process was taken for dead */
  HN_ROSTER_VERDICT_LATE, /* RENEW: renewed, after so long that perhaps the store stood still; nobody was taken out */
  HN_ROSTER_VERDICT_FULL,
  HN_ROSTER_VERDICT_IN_USE,
  HN_ROSTER_VERDICT_NONE, /* HISTORY: not all is there any more */
} HnRosterVerdict;

/**
 * HnRosterAnswer:
 * @verdict: what became of it
 * @data: BEGIN: id of the data
 * @epoch: of a snapshot
 * @offset: of a snapshot
 * @seats: (nullable): (element-type HnRosterSeat): of a snapshot: JOIN if wanted, REGISTER, LOOK; in order of coming
 * @lost: (nullable): (element-type utf8): REGISTER: connections of own seats that others have now
 * @taken: RENEW: how many seats were taken out
 * @more: RENEW, FINISH, CLOSE: there is more to do
 * @first_us: RENEW: when the next lease ends, from now
 * @messages: (nullable): (element-type HnRosterBusMessage): HISTORY
 * @names: (nullable): (element-type utf8): LIST
 * @members: (nullable): (element-type guint): LIST
 */
typedef struct {
  HnRosterVerdict verdict;
  const char *data;
  const char *epoch;
  guint64 offset;
  GPtrArray *seats, *lost;
  guint taken;
  gboolean more;
  gint64 first_us;
  GArray *messages;
  GPtrArray *names;
  GArray *members;
} HnRosterAnswer;

/**
 * HnRosterStore:
 * @ask: hn_roster_cluster_answer() comes with @tag, from the loop, unless the link goes down first. Returns %FALSE when it cannot be asked
 * @subscribe: hn_roster_cluster_subscribed() comes; from then on hn_roster_cluster_hear()
 * @unsubscribe: what is still heard is ignored
 * @drop: the link is to go down and to come back, since @why
 * @wake: hn_roster_cluster_run() is to be called from the loop
 * @get_round_us: see HnRosterFigures.last_round_us
 * @free: the roster is freed
 */
typedef struct {
  gboolean (*ask) (const HnRosterAsk *ask, gpointer tag, gpointer store_data);
  void (*subscribe) (const char *group, gpointer store_data);
  void (*unsubscribe) (const char *group, gpointer store_data);
  void (*drop) (const char *why, gpointer store_data);
  void (*wake) (gpointer store_data);
  gint64 (*get_round_us) (gpointer store_data);
  void (*free) (gpointer store_data);
} HnRosterStore;
