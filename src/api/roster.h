/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Who is where over all processes of a cluster, and what is said there, in one order: groups (a room; all agents of a mesh) of
 * seats. Kept in memory for one process (roster-memory-io.h), or in Redis for many (roster-redis.h); the same to whoever uses it,
 * who learns everything through `event`, its own members' doings included.
 *
 * A seat is one connection of one member; a member (a user, an agent) may have several seats unless its group's rule forbids it.
 * Each process holds a mirror of the groups in which it has a seat; the mirror changes just before the event that says so. The
 * events of a group come in the same order in every process: what has an offset, in the order of offsets.
 *
 * Presence is one lease per process, renewed by the roster itself: seats of a process whose lease ran out leave with the cause
 * LAPSED, told exactly once.
 *
 * While Redis is away seats of one process come, go and talk among themselves, without offsets (HN_ROSTER_NO_OFFSET); members
 * elsewhere stay in the mirror, and what they do is not known. Afterwards live seats are registered anew, then each group gets
 * RESET: its mirror is fresh, and whatever others said in between is lost to it.
 *
 * Nothing is called from inside a call of these; all calls are allowed from inside a callback, but hn_roster_free() only in `closed`. One
 * thread. */

typedef struct _HnRoster HnRoster;

/* The mirror of one group: the same pointer from the first seat of this process in it, or the first join under way, to its last. */
typedef struct _HnRosterGroup HnRosterGroup;

#define HN_ROSTER_NO_OFFSET 0

/**
 * HnRosterSeat:
 * @member: id of the user or agent, at most HN_LIMIT_ROSTER_NAME_BYTES
 * @connection: unique in the cluster, given by the owner of the seat (base/id), at most HN_LIMIT_ROSTER_NAME_BYTES
 * @process: by whose lease it lives
 * @since_utc_us: when the member came: its first seat of those that it has
 * @card: what others are told of it: one JSON object, compact (`{"` or `{}`), opaque here
 */
typedef struct {
  const char *member;
  const char *connection;
  const char *process;
  gint64 since_utc_us;
  const char *card;
} HnRosterSeat;

typedef enum {
  HN_ROSTER_CAME,     /* @seat is new */
  HN_ROSTER_LEFT,     /* @seat is gone: @cause */
  HN_ROSTER_SAID,     /* @seat said @text to @to */
  HN_ROSTER_RESET,    /* the mirror was made anew (see above) */
  HN_ROSTER_REPLACED, /* a @seat of this process was taken over: its owner closes it; no LEFT of it comes, CAME of the new one follows */
} HnRosterKind;

typedef enum {
  HN_ROSTER_GONE,    /* hn_roster_leave(); or hn_roster_take_back(), then its owner closes it */
  HN_ROSTER_LAPSED,  /* its process died */
  HN_ROSTER_REMOVED, /* an operator took it out, or it lost its place to another while Redis was away: its owner closes it */
} HnRosterCause;

/**
 * HnRosterEvent:
 * @kind: what happened
 * @cause: LEFT: why
 * @offset: in the group, from 1; HN_ROSTER_NO_OFFSET while Redis is away, and with REPLACED
 * @epoch: of the offsets; another one means that they began anew
 * @seat: CAME, LEFT, SAID, REPLACED: whose. In an event of the past (hn_roster_catch_up()) its card may be `{}` and its time 0
 * @seats_of_member: CAME, LEFT: how many seats the member has now; 0 in an event of the past
 * @to: (nullable): SAID: member; %NULL: everybody
 * @text: SAID: as given to hn_roster_say(), NUL-terminated
 * @length: of @text, bytes
 */
typedef struct {
  HnRosterKind kind;
  HnRosterCause cause;
  guint64 offset;
  const char *epoch;
  HnRosterSeat seat;
  guint seats_of_member;
  const char *to;
  const char *text;
  gsize length;
} HnRosterEvent;

/**
 * HnRosterEvents:
 * @event: of a group in which this process has a seat; strings are valid during the call. After LEFT or REPLACED of the last seat
 *   of this process nothing comes of the group any more
 * @available: (nullable): the store became reachable (and everything is registered) or unreachable; memory: never. At the start it
 *   counts as unreachable until it is reached
 * @foreign: (nullable): a program that is no roster published @text (NUL-terminated, at most HN_LIMIT_ROSTER_TEXT_BYTES) on the
 *   group's channel: it has no offset and is not kept. Returns %FALSE for garbage: counted. Without it everything foreign is
 */
typedef struct {
  void (*event) (HnRosterGroup *group, const HnRosterEvent *event, gpointer user_data);
  void (*available) (gboolean available, gpointer user_data);
  gboolean (*foreign) (HnRosterGroup *group, const char *text, gsize length, gpointer user_data);
} HnRosterEvents;

typedef enum {
  HN_ROSTER_SHARED,  /* any number of seats a member */
  HN_ROSTER_KEEP,    /* one, and a second is refused: IN_USE */
  HN_ROSTER_REPLACE, /* one, and a second takes over */
  HN_ROSTER_REPLACE_OWN, /* one, and a second takes over if it has the very same card; else it is refused: IN_USE */
} HnRosterRule;

/**
 * HnRosterJoinRules:
 * @rule: how many seats a member may have
 * @members_max: different members, 0: any; atomic over all processes; a member that has a seat may always take another
 *
 * The same for all seats of a group.
 */
typedef struct {
  HnRosterRule rule;
  guint members_max;
} HnRosterJoinRules;

typedef enum {
  HN_ROSTER_JOINED,
  HN_ROSTER_FULL,   /* members_max */
  HN_ROSTER_IN_USE, /* KEEP or REPLACE_OWN, and somebody (else) has it; or the same connection joins twice */
  HN_ROSTER_BUSY,   /* too much is waiting for the store */
} HnRosterOutcome;

/**
 * HnRosterJoined:
 *
 * Answer to a join, from the loop, never from inside it. With JOINED the mirror is there and holds the new seat; whatever happens
 * from now on comes as events; this process is subscribed before others hear of the seat. The seat's own CAME is the next event of
 * the group (its `seat.connection` tells). Otherwise @group is %NULL.
 */
typedef void (*HnRosterJoined) (HnRosterOutcome outcome, HnRosterGroup *group, gpointer user_data);

/**
 * hn_roster_free:
 * @self: (nullable): a roster. Its seats are not told to leave (hn_roster_close() does that): those in Redis lapse. Answers that
 *   are due do not come any more
 */
void hn_roster_free (HnRoster *self);

/**
 * hn_roster_join:
 * @self: a roster
 * @group: name of the group, 1 to HN_LIMIT_ROSTER_NAME_BYTES bytes of any kind but NUL
 * @seat: copied; its `process` and `since_utc_us` are filled in by the roster
 * @rules: what is allowed in this group
 * @joined: the answer; does not come after hn_roster_leave() of the connection
 * @user_data: for @joined
 */
void hn_roster_join (HnRoster *self, const char *group, const HnRosterSeat *seat, const HnRosterJoinRules *rules,
                     HnRosterJoined joined, gpointer user_data);

/**
 * hn_roster_leave:
 * @self: a roster
 * @group: name
 * @connection: a seat of this process, also one whose join is under way; unknown ones are ignored
 */
void hn_roster_leave (HnRoster *self, const char *group, const char *connection);

/**
 * hn_roster_say:
 * @self: a roster
 * @group: name
 * @connection: a seat of this process
 * @to: (nullable): member that it is for; the others' mirrors count its offset all the same
 * @text: (array length=length): one JSON object, compact (`{"` or `{}`), at most HN_LIMIT_ROSTER_TEXT_BYTES; not looked into.
 *   Comes to everybody's `event`, the sender's process included, as SAID
 * @length: bytes
 *
 * Returns: %FALSE when too much waits: nothing was said
 */
gboolean hn_roster_say (HnRoster *self, const char *group, const char *connection, const char *to, const char *text, gsize length);

/**
 * hn_roster_remove:
 * @self: a roster
 * @group: name of any group
 * @member: all its seats in the group leave with the cause REMOVED, wherever they are; their owners close them
 */
void hn_roster_remove (HnRoster *self, const char *group, const char *member);

/**
 * hn_roster_take_back:
 * @self: a roster
 * @group: name of any group
 * @member: whose seat it is; nothing happens if it is another's
 * @connection: a seat that its member is on no more, wherever it is, that of a process that died included: it leaves with the cause GONE
 */
void hn_roster_take_back (HnRoster *self, const char *group, const char *member, const char *connection);

/**
 * hn_roster_find:
 * @self: a roster
 * @group: name
 *
 * Returns: (transfer none) (nullable): the mirror; without a seat of this process there is none
 */
HnRosterGroup *hn_roster_find (HnRoster *self, const char *group);

/**
 * hn_roster_group_get_name:
 * @self: a mirror
 *
 * Returns: its group's name
 */
const char *hn_roster_group_get_name (HnRosterGroup *self);

/**
 * hn_roster_group_get_epoch:
 * @self: a mirror
 *
 * Returns: of its offsets; at most 40 letters, digits and hyphens
 */
const char *hn_roster_group_get_epoch (HnRosterGroup *self);

/**
 * hn_roster_group_get_offset:
 * @self: a mirror
 *
 * Returns: of the last event that had one
 */
guint64 hn_roster_group_get_offset (HnRosterGroup *self);

/**
 * hn_roster_group_get_members:
 * @self: a mirror
 *
 * Returns: how many different members
 */
guint hn_roster_group_get_members (HnRosterGroup *self);

/**
 * hn_roster_group_find_member:
 * @self: a mirror
 * @member: id
 *
 * Returns: (nullable): the member's first seat
 */
const HnRosterSeat *hn_roster_group_find_member (HnRosterGroup *self, const char *member);

/**
 * hn_roster_group_find_seat:
 * @self: a mirror
 * @connection: of a seat
 *
 * Returns: (nullable): the seat
 */
const HnRosterSeat *hn_roster_group_find_seat (HnRosterGroup *self, const char *connection);

/**
 * hn_roster_group_for_each:
 * @self: a mirror
 * @each: called for each member once, with its first seat; those that came first first
 * @user_data: for @each
 */
void hn_roster_group_for_each (HnRosterGroup *self, void (*each) (const HnRosterSeat *seat, gpointer user_data), gpointer user_data);

/**
 * hn_roster_group_set_user_data:
 * @self: a mirror
 * @user_data: (nullable): the owner's own, so that an event need not look for its room by name; %NULL at first
 */
void hn_roster_group_set_user_data (HnRosterGroup *self, gpointer user_data);

/**
 * hn_roster_group_get_user_data:
 * @self: a mirror
 *
 * Returns: (nullable): what hn_roster_group_set_user_data() was given
 */
gpointer hn_roster_group_get_user_data (HnRosterGroup *self);

/**
 * HnRosterLooked:
 *
 * Once, from the loop: each member's first seat, in order of coming; @error when the store does not answer.
 */
typedef void (*HnRosterLooked) (const HnRosterSeat *seats, guint n_seats, const GError *error, gpointer user_data);

/**
 * hn_roster_look:
 * @self: a roster
 * @group: any group's name
 * @looked: who is there
 * @user_data: for @looked
 */
void hn_roster_look (HnRoster *self, const char *group, HnRosterLooked looked, gpointer user_data);

/**
 * HnRosterListed:
 *
 * Once, from the loop; @error when the store does not answer.
 */
typedef void (*HnRosterListed) (const char *const *groups, const guint *members, guint n_groups, const GError *error,
                                gpointer user_data);

/**
 * hn_roster_list:
 * @self: a roster
 * @limit: at most so many
 * @listed: names of the groups that have a seat anywhere, and how many members each has; in no order
 * @user_data: for @listed
 */
void hn_roster_list (HnRoster *self, guint limit, HnRosterListed listed, gpointer user_data);

/**
 * HnRosterCaught:
 *
 * Once, from the loop: with @complete all events after the caller's offset up to hn_roster_group_get_offset(), in order, of kinds
 * CAME, LEFT and SAID; without it none: another epoch, too long ago (HN_LIMIT_ROSTER_HISTORY, HN_LIMIT_ROSTER_HISTORY_SECONDS), or
 * the store does not answer.
 */
typedef void (*HnRosterCaught) (gboolean complete, const HnRosterEvent *events, guint n_events, gpointer user_data);

/**
 * hn_roster_catch_up:
 * @self: a roster
 * @group: a group with a seat of this process
 * @epoch: of the caller's last offset
 * @offset: the caller's last offset
 * @caught: what it missed; later events of the group come after it
 * @user_data: for @caught
 */
void hn_roster_catch_up (HnRoster *self, const char *group, const char *epoch, guint64 offset, HnRosterCaught caught,
                         gpointer user_data);

/**
 * hn_roster_close:
 * @self: a roster; nobody joins any more (BUSY)
 * @closed: from the loop: all seats of this process have left and others were told, or HN_LIMIT_ROSTER_CLOSE_MS have passed. No
 *   event comes of these leaves
 * @user_data: for @closed
 */
void hn_roster_close (HnRoster *self, void (*closed) (gpointer user_data), gpointer user_data);

/**
 * HnRosterFigures:
 * @available: always with memory
 * @groups: of this process, now
 * @seats: of this process, now
 * @published: messages said by seats of this process
 * @received: events that came to this process
 * @foreign_dropped: garbage on a channel
 * @gaps: times the store was away
 * @lapsed: seats of dead processes that this process took out
 * @last_round_us: last time between a command and its answer, -1: none yet
 */
typedef struct {
  gboolean available;
  guint groups, seats;
  guint64 published, received, foreign_dropped, gaps, lapsed;
  gint64 last_round_us;
} HnRosterFigures;

/**
 * hn_roster_get_figures:
 * @self: a roster
 * @ret_figures: (out): numbers for the metrics
 */
void hn_roster_get_figures (HnRoster *self, HnRosterFigures *ret_figures);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRoster, hn_roster_free)
