/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-seat.h"

/* Calls of roster.h: they wait for the next turn of the loop, in order; what was begun counts until it is settled. Bounded. Pure. */

typedef enum {
  HN_ROSTER_DO_JOIN,
  HN_ROSTER_DO_LEAVE,
  HN_ROSTER_DO_SAY,
  HN_ROSTER_DO_REMOVE,
  HN_ROSTER_DO_LOOK,
  HN_ROSTER_DO_LIST,
  HN_ROSTER_DO_CATCH_UP,
  HN_ROSTER_DO_ANSWER_JOIN,
  /* what a roster in Redis asks for itself: these are never in a queue */
  HN_ROSTER_DO_BEGIN,
  HN_ROSTER_DO_REGISTER,
  HN_ROSTER_DO_FINISH,
  HN_ROSTER_DO_RENEW,
  HN_ROSTER_DO_FILL,
  HN_ROSTER_DO_CLOSE,
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
 * @link: for the list that it is in
 * @said: SAY: for the list of these
 * @number: SAY: counted by this process; CATCH_UP, FILL: of the life of its channel
 * @answered: the store did
 * @told: its event came
 */
typedef struct {
  GList link;
  GList said;
  guint64 number;
  gboolean answered, told;
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
 * hn_roster_command_new:
 * @kind: which call
 * @group: name; empty with those that have none
 *
 * Returns: (transfer full): a command that no queue counts
 */
HnRosterCommand *hn_roster_command_new (HnRosterDo kind, const char *group);

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
 * @connection: see there; its join that waits is not carried out, and one that was begun is not answered
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
 * @connection: (nullable): see hn_roster_take_back()
 */
void hn_roster_queue_remove (HnRosterQueue *self, const char *group, const char *member, const char *connection);

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
 * Returns: (transfer none) (nullable): the oldest command that is still to be carried out, to be settled when it is
 */
HnRosterCommand *hn_roster_queue_pop (HnRosterQueue *self);

/**
 * hn_roster_queue_settle:
 * @self: a queue
 * @command: (transfer full): of hn_roster_queue_pop(), in no list
 */
void hn_roster_queue_settle (HnRosterQueue *self, HnRosterCommand *command);

/**
 * hn_roster_queue_put_back:
 * @self: a queue
 * @commands: of hn_roster_queue_pop(), oldest first: they are to be carried out again, before all others; empty afterwards
 */
void hn_roster_queue_put_back (HnRosterQueue *self, GQueue *commands);

/**
 * hn_roster_queue_find_join:
 * @self: a queue
 * @connection: of a seat
 *
 * Returns: (transfer none) (nullable): its join that is not settled
 */
HnRosterCommand *hn_roster_queue_find_join (const HnRosterQueue *self, const char *connection);

/**
 * hn_roster_queue_get_length:
 * @self: a queue
 *
 * Returns: how many commands wait
 */
guint hn_roster_queue_get_length (const HnRosterQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRosterCommand, hn_roster_command_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRosterQueue, hn_roster_queue_free)
