/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-seat.h"

/* Calls of roster.h that wait for the next turn of the loop, in order and bounded. Pure. */

typedef enum {
  HN_ROSTER_DO_JOIN,
  HN_ROSTER_DO_LEAVE,
  HN_ROSTER_DO_SAY,
  HN_ROSTER_DO_REMOVE,
  HN_ROSTER_DO_LOOK,
  HN_ROSTER_DO_LIST,
  HN_ROSTER_DO_CATCH_UP,
  HN_ROSTER_DO_ANSWER_JOIN,
} HnRosterDo;

/**
 * HnRosterCommand:
 * @kind: which call
 * @group: name; empty with LIST
 * @seat: JOIN: of hn_roster_seat_new(), its process and time are not known yet
 * @rules: JOIN
 * @outcome: ANSWER_JOIN: what to say
 * @connection: LEAVE, SAY
 * @member: (nullable): SAY: to whom; REMOVE: who
 * @text: SAY, NUL-terminated
 * @length: of @text
 * @epoch: CATCH_UP
 * @offset: CATCH_UP; LIST: the limit
 * @joined: (nullable): JOIN; %NULL when it left again meanwhile: it is not to be carried out
 * @looked: LOOK
 * @listed: LIST
 * @caught: CATCH_UP
 * @user_data: for the one of them that is there
 */
typedef struct {
  HnRosterDo kind;
  char *group;
  const HnRosterSeat *seat;
  HnRosterJoinRules rules;
  HnRosterOutcome outcome;
  char *connection;
  char *member;
  char *text;
  gsize length;
  char *epoch;
  guint64 offset;
  HnRosterJoined joined;
  HnRosterLooked looked;
  HnRosterListed listed;
  HnRosterCaught caught;
  gpointer user_data;
} HnRosterCommand;

/**
 * hn_roster_command_free:
 * @self: (nullable): a command
 */
void hn_roster_command_free (HnRosterCommand *self);

typedef struct _HnRosterQueue HnRosterQueue;

/**
 * hn_roster_queue_new:
 *
 * Returns: (transfer full): an empty queue
 */
HnRosterQueue *hn_roster_queue_new (void);

/**
 * hn_roster_queue_free:
 * @self: (nullable): a queue; what waits in it is not carried out
 */
void hn_roster_queue_free (HnRosterQueue *self);

/**
 * hn_roster_queue_join:
 * @self: a queue
 * @group: see hn_roster_join()
 * @seat: see there; beyond the queue's bounds its answer is BUSY
 * @rules: see there
 * @joined: see there
 * @user_data: see there
 */
void hn_roster_queue_join (HnRosterQueue *self, const char *group, const HnRosterSeat *seat, const HnRosterJoinRules *rules,
                           HnRosterJoined joined, gpointer user_data);

/**
 * hn_roster_queue_answer_join:
 * @self: a queue
 * @outcome: what to say, with a %NULL group
 * @joined: to whom
 * @user_data: for @joined
 */
void hn_roster_queue_answer_join (HnRosterQueue *self, HnRosterOutcome outcome, HnRosterJoined joined, gpointer user_data);

/**
 * hn_roster_queue_leave:
 * @self: a queue
 * @group: see hn_roster_leave()
 * @connection: see there; its joins that wait are not carried out
 */
void hn_roster_queue_leave (HnRosterQueue *self, const char *group, const char *connection);

/**
 * hn_roster_queue_say:
 * @self: a queue
 * @group: see hn_roster_say()
 * @connection: see there
 * @to: see there
 * @text: see there
 * @length: see there
 *
 * Returns: %FALSE beyond the queue's bounds
 */
gboolean hn_roster_queue_say (HnRosterQueue *self, const char *group, const char *connection, const char *to, const char *text,
                              gsize length);

/**
 * hn_roster_queue_remove:
 * @self: a queue
 * @group: see hn_roster_remove()
 * @member: see there
 */
void hn_roster_queue_remove (HnRosterQueue *self, const char *group, const char *member);

/**
 * hn_roster_queue_look:
 * @self: a queue
 * @group: see hn_roster_look()
 * @looked: see there
 * @user_data: see there
 */
void hn_roster_queue_look (HnRosterQueue *self, const char *group, HnRosterLooked looked, gpointer user_data);

/**
 * hn_roster_queue_list:
 * @self: a queue
 * @limit: see hn_roster_list()
 * @listed: see there
 * @user_data: see there
 */
void hn_roster_queue_list (HnRosterQueue *self, guint limit, HnRosterListed listed, gpointer user_data);

/**
 * hn_roster_queue_catch_up:
 * @self: a queue
 * @group: see hn_roster_catch_up()
 * @epoch: see there
 * @offset: see there
 * @caught: see there
 * @user_data: see there
 */
void hn_roster_queue_catch_up (HnRosterQueue *self, const char *group, const char *epoch, guint64 offset, HnRosterCaught caught,
                               gpointer user_data);

/**
 * hn_roster_queue_pop:
 * @self: a queue
 *
 * Returns: (transfer full) (nullable): the oldest command that is still to be carried out
 */
HnRosterCommand *hn_roster_queue_pop (HnRosterQueue *self);

/**
 * hn_roster_queue_get_length:
 * @self: a queue
 *
 * Returns: how many commands wait
 */
guint hn_roster_queue_get_length (const HnRosterQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRosterCommand, hn_roster_command_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRosterQueue, hn_roster_queue_free)
