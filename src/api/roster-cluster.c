/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a call has its turn in the loop, in order. In a group that is live it is asked of the store, and what comes of it is told when it is
 * heard of like everybody else's doings, so that all processes see one order. It is settled when it is both answered and told. When the link
 * goes down before that, it is carried out among the seats of this process instead: nothing that was said is lost to them. */
#include "api/roster-cluster-private.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

#define CLOSE_US (HN_LIMIT_ROSTER_CLOSE_MS * G_GINT64_CONSTANT (1000))

void
hn_roster_cluster_wake (HnRosterCluster *self)
{
  if (self->woken)
    return;
  self->woken = TRUE;
  self->store->wake (self->store_data);
}

char *
hn_roster_cluster_fresh (HnRosterCluster *self)
{
  return g_strdup_printf ("%.24s-%" G_GINT64_MODIFIER "x", self->process, ++self->fresh);
}

/* ---- asking ---- */

void
hn_roster_cluster_ask (HnRosterCluster *self, HnRosterAsk *ask, HnRosterCommand *command)
{
  ask->registration = self->registration;
  g_queue_push_tail_link (&self->flight, &command->link);
  if (!self->store->ask (ask, command, self->store_data))
    hn_roster_link_lose (self, "too much waits for it");
}

void
hn_roster_cluster_settle (HnRosterCluster *self, HnRosterCommand *command)
{
  g_queue_unlink (&self->flight, &command->link);
  if (command->connection != NULL && g_hash_table_lookup (self->leaves, command->connection) == command)
    g_hash_table_remove (self->leaves, command->connection);
  hn_roster_queue_settle (self->queue, command);
}

static void
ask_join (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command)
{
  g_autofree char *fresh = hn_roster_cluster_fresh (self);
  HnRosterAsk ask = {
    .kind = HN_ROSTER_ASK_JOIN,
    .group = channel->name,
    .seat = command->seat,
    .rules = command->rules,
    .wanted = channel->mirror == NULL,
    .fresh = fresh,
  };

  channel->joins++;
  channel->rules = command->rules;
  hn_roster_cluster_ask (self, &ask, command);
}

static void
ask_leave (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command)
{
  HnRosterAsk ask = { .kind = HN_ROSTER_ASK_LEAVE, .group = channel->name, .connection = command->connection };

  if (g_hash_table_contains (self->leaves, command->connection)) {
    hn_roster_queue_settle (self->queue, command);
    return;
  }
  g_hash_table_insert (self->leaves, command->connection, command);
  hn_roster_cluster_ask (self, &ask, command);
}

static void
ask_say (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command)
{
  const HnRosterSeat *seat = channel->mirror != NULL ? hn_roster_group_find_seat (channel->mirror, command->connection) : NULL;
  HnRosterAsk ask = {
    .kind = HN_ROSTER_ASK_SAY,
    .group = channel->name,
    .connection = command->connection,
    .to = command->member,
    .text = command->text,
    .length = command->length,
  };

  if (seat == NULL) {
    hn_roster_queue_settle (self->queue, command);
    return;
  }
  ask.member = seat->member;
  ask.number = command->number = ++self->numbers;
  g_queue_push_tail_link (&self->said, &command->said);
  hn_roster_cluster_ask (self, &ask, command);
}

static void
ask_catch_up (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command)
{
  guint64 offset = channel->mirror != NULL ? hn_roster_group_get_offset (channel->mirror) : 0;
  HnRosterAsk ask = {
    .kind = HN_ROSTER_ASK_HISTORY,
    .group = channel->name,
    .epoch = command->epoch,
    .offset = command->offset,
    .until = offset,
  };

  if (channel->mirror == NULL || command->offset >= offset || offset - command->offset > HN_LIMIT_ROSTER_HISTORY
      || !g_str_equal (hn_roster_group_get_epoch (channel->mirror), command->epoch)) {
    command->caught (channel->mirror != NULL && command->offset == offset
                         && g_str_equal (hn_roster_group_get_epoch (channel->mirror), command->epoch),
                     NULL, 0, command->user_data);
    hn_roster_queue_settle (self->queue, command);
    return;
  }
  command->number = channel->life;
  hn_roster_channel_hold (channel);
  hn_roster_cluster_ask (self, &ask, command);
}

static void
ask_of_any_group (HnRosterCluster *self, HnRosterAskKind kind, HnRosterCommand *command)
{
  HnRosterAsk ask = { .kind = kind, .group = command->group, .member = command->member, .connection = command->connection, .most = (guint) command->offset };

  hn_roster_cluster_ask (self, &ask, command);
}

/* ---- carrying out without the store ---- */

/* A member's seats elsewhere cannot be reached. */
static void
remove_own (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterCommand *command)
{
  g_autoptr (GPtrArray) seats = hn_roster_group_list_seats (channel->mirror);

  for (guint i = 0; i < seats->len; i++) {
    const HnRosterSeat *seat = seats->pdata[i];

    if (g_str_equal (seat->member, command->member) && g_str_equal (seat->process, self->process)
        && (command->connection == NULL || g_str_equal (seat->connection, command->connection)))
      hn_roster_local_leave (channel->mirror, seat->connection, command->connection != NULL ? HN_ROSTER_GONE : HN_ROSTER_REMOVED, &self->tell);
  }
}

static void
carry_out (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command)
{
  if (channel->mirror == NULL)
    channel->mirror = hn_roster_group_new (channel->name, self->process);
  if (command->kind == HN_ROSTER_DO_JOIN) {
    channel->rules = command->rules;
    hn_roster_local_join (channel->mirror, command, self->process, self->utc_us, &self->tell);
  } else if (command->kind == HN_ROSTER_DO_LEAVE) {
    hn_roster_local_leave (channel->mirror, command->connection, HN_ROSTER_GONE, &self->tell);
  } else if (command->kind == HN_ROSTER_DO_SAY) {
    hn_roster_local_say (channel->mirror, command, &self->tell);
  } else if (command->kind == HN_ROSTER_DO_REMOVE) {
    remove_own (self, channel, command);
  } else {
    command->caught (FALSE, NULL, 0, command->user_data);
  }
  hn_roster_queue_settle (self->queue, command);
  hn_roster_channel_leave_if_empty (self, channel);
}

static void
fail_to_look (HnRosterCluster *self, HnRosterCommand *command)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_UPSTREAM, "Redis does not answer");
  HnRosterGroup *mirror = command->looked != NULL ? hn_roster_find (&self->roster, command->group) : NULL;

  if (mirror != NULL)
    hn_roster_local_look (mirror, command);
  else if (command->looked != NULL)
    command->looked (NULL, 0, error, command->user_data);
  else
    command->listed (NULL, NULL, 0, error, command->user_data);
  hn_roster_queue_settle (self->queue, command);
}

/* ---- a call's turn ---- */

static void
dispatch_live (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command)
{
  if (command->kind == HN_ROSTER_DO_JOIN)
    ask_join (self, channel, command);
  else if (command->kind == HN_ROSTER_DO_LEAVE)
    ask_leave (self, channel, command);
  else if (command->kind == HN_ROSTER_DO_SAY)
    ask_say (self, channel, command);
  else if (command->kind == HN_ROSTER_DO_REMOVE)
    ask_of_any_group (self, HN_ROSTER_ASK_REMOVE, command);
  else
    ask_catch_up (self, channel, command);
}

static void
dispatch_in_channel (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command)
{
  switch (channel->state) {
  case CHANNEL_SUBSCRIBING:
  case CHANNEL_REGISTERING:
    g_queue_push_tail_link (&channel->waiting, &command->link);
    break;
  case CHANNEL_IDLE:
    g_queue_unlink (&self->idle, &channel->idle_link);
    channel->state = CHANNEL_JOINING;
    dispatch_live (self, channel, command);
    hn_roster_channel_leave_if_empty (self, channel);
    break;
  case CHANNEL_JOINING:
  case CHANNEL_LIVE:
    dispatch_live (self, channel, command);
    break;
  case CHANNEL_AWAY:
  case CHANNEL_RESUBSCRIBING:
    carry_out (self, channel, command);
    break;
  }
}

/* Of a group in which nobody of this process is. */
static void
dispatch_nowhere (HnRosterCluster *self, HnRosterCommand *command)
{
  if (command->kind == HN_ROSTER_DO_REMOVE && self->link == LINK_UP) {
    ask_of_any_group (self, HN_ROSTER_ASK_REMOVE, command);
    return;
  }
  if (command->kind == HN_ROSTER_DO_CATCH_UP)
    command->caught (FALSE, NULL, 0, command->user_data);
  hn_roster_queue_settle (self->queue, command);
}

void
hn_roster_cluster_dispatch (HnRosterCluster *self, HnRosterCommand *command)
{
  HnRosterChannel *channel;

  if (command->kind == HN_ROSTER_DO_ANSWER_JOIN) {
    command->joined (command->outcome, NULL, command->user_data);
    hn_roster_queue_settle (self->queue, command);
    return;
  }
  if (command->kind == HN_ROSTER_DO_LOOK || command->kind == HN_ROSTER_DO_LIST) {
    if (self->link == LINK_UP)
      ask_of_any_group (self, command->kind == HN_ROSTER_DO_LOOK ? HN_ROSTER_ASK_LOOK : HN_ROSTER_ASK_LIST, command);
    else
      fail_to_look (self, command);
    return;
  }
  channel = command->kind == HN_ROSTER_DO_JOIN ? hn_roster_channel_ensure (self, command->group)
                                               : hn_roster_channel_find (self, command->group);
  if (channel != NULL)
    dispatch_in_channel (self, channel, command);
  else
    dispatch_nowhere (self, command);
}

/* ---- the loop ---- */

/* Returns FALSE when the roster was freed. */
static gboolean
close_if_done (HnRosterCluster *self)
{
  void (*closed) (gpointer user_data) = self->closed;

  if (closed == NULL)
    return TRUE;
  if (self->link != LINK_UP)
    self->closed_now = TRUE;
  if (self->close_us == HN_NEVER) {
    self->close_us = self->now_us + CLOSE_US;
    if (!self->closed_now)
      hn_roster_cluster_ask (self, &(HnRosterAsk){ .kind = HN_ROSTER_ASK_CLOSE, .most = HN_LIMIT_ROSTER_SWEEP },
                             hn_roster_command_new (HN_ROSTER_DO_CLOSE, ""));
  }
  if (!self->closed_now && self->now_us < self->close_us)
    return TRUE;
  self->closed = NULL;
  closed (self->closed_data);
  return FALSE;
}

void
hn_roster_cluster_drain (HnRosterCluster *self, guint most)
{
  HnRosterCommand *command;

  while (!self->lost && most-- > 0 && (command = hn_roster_queue_pop (self->queue)) != NULL)
    hn_roster_cluster_dispatch (self, command);
}

gboolean
hn_roster_cluster_run (HnRosterCluster *self, gint64 now_us, gint64 utc_us, guint most)
{
  self->now_us = now_us;
  self->utc_us = utc_us;
  self->woken = TRUE; /* whoever asks for a turn of the loop now has it anyway */
  if (self->lost)
    hn_roster_link_go_away (self);
  hn_roster_cluster_drain (self, most);
  if (!self->lost) {
    hn_roster_channel_expire (self);
    hn_roster_link_run (self);
  }
  if (!close_if_done (self))
    return FALSE;
  self->woken = FALSE;
  return TRUE;
}

gint64
hn_roster_cluster_deadline (HnRosterCluster *self)
{
  gint64 deadline_us = self->link == LINK_UP ? self->renew_us : HN_NEVER;
  const HnRosterChannel *idle = g_queue_peek_head (&self->idle);

  if (hn_roster_queue_get_length (self->queue) > 0 || self->lost || (self->closed != NULL && self->close_us == HN_NEVER))
    return 0;
  if (idle != NULL)
    deadline_us = hn_clock_earliest (deadline_us, idle->idle_us);
  return self->closed != NULL ? hn_clock_earliest (deadline_us, self->close_us) : deadline_us;
}

void
hn_roster_cluster_answer (HnRosterCluster *self, gpointer tag, const HnRosterAnswer *answer, gint64 now_us)
{
  self->now_us = now_us;
  if (self->link == LINK_DOWN)
    return; /* the command is among those that are carried out elsewhere */
  if (answer->verdict == HN_ROSTER_VERDICT_GAP)
    hn_roster_link_lose (self, "it does not know this process any more");
  else
    hn_roster_answers_take (self, tag, answer);
}

/* ---- calls ---- */

static HnRosterCluster *
of (HnRoster *roster)
{
  return (HnRosterCluster *) roster;
}

static void
cluster_join (HnRoster *roster, const char *group, const HnRosterSeat *seat, const HnRosterJoinRules *rules, HnRosterJoined joined,
              gpointer user_data)
{
  HnRosterCluster *self = of (roster);

  if (self->closing)
    hn_roster_queue_answer_join (self->queue, HN_ROSTER_BUSY, joined, user_data);
  else
    hn_roster_queue_join (self->queue, group, seat, rules, joined, user_data);
  hn_roster_cluster_wake (self);
}

static void
cluster_leave (HnRoster *roster, const char *group, const char *connection)
{
  hn_roster_queue_leave (of (roster)->queue, group, connection);
  hn_roster_cluster_wake (of (roster));
}

static gboolean
cluster_say (HnRoster *roster, const char *group, const char *connection, const char *to, const char *text, gsize length)
{
  HnRosterCluster *self = of (roster);

  if (!hn_roster_queue_say (self->queue, group, connection, to, text, length))
    return FALSE;
  self->published++;
  hn_roster_cluster_wake (self);
  return TRUE;
}

static void
cluster_remove (HnRoster *roster, const char *group, const char *member, const char *connection)
{
  hn_roster_queue_remove (of (roster)->queue, group, member, connection);
  hn_roster_cluster_wake (of (roster));
}

static HnRosterGroup *
cluster_find (HnRoster *roster, const char *group)
{
  HnRosterChannel *channel = hn_roster_channel_find (of (roster), group);

  return channel != NULL ? channel->mirror : NULL;
}

static void
cluster_look (HnRoster *roster, const char *group, HnRosterLooked looked, gpointer user_data)
{
  hn_roster_queue_look (of (roster)->queue, group, looked, user_data);
  hn_roster_cluster_wake (of (roster));
}

static void
cluster_list (HnRoster *roster, guint limit, HnRosterListed listed, gpointer user_data)
{
  hn_roster_queue_list (of (roster)->queue, limit, listed, user_data);
  hn_roster_cluster_wake (of (roster));
}

static void
cluster_catch_up (HnRoster *roster, const char *group, const char *epoch, guint64 offset, HnRosterCaught caught, gpointer user_data)
{
  hn_roster_queue_catch_up (of (roster)->queue, group, epoch, offset, caught, user_data);
  hn_roster_cluster_wake (of (roster));
}

static void
cluster_close (HnRoster *roster, void (*closed) (gpointer user_data), gpointer user_data)
{
  HnRosterCluster *self = of (roster);

  self->closing = TRUE;
  self->closed = closed;
  self->closed_data = user_data;
  hn_roster_cluster_wake (self);
}

static void
cluster_get_figures (HnRoster *roster, HnRosterFigures *ret_figures)
{
  HnRosterCluster *self = of (roster);
  GHashTableIter iter;
  gpointer channel;

  *ret_figures = (HnRosterFigures){
    .available = self->available,
    .published = self->published,
    .received = self->received,
    .foreign_dropped = self->foreign_dropped,
    .gaps = self->gaps,
    .lapsed = self->lapsed,
    .last_round_us = self->store->get_round_us (self->store_data),
  };
  g_hash_table_iter_init (&iter, self->channels);
  while (g_hash_table_iter_next (&iter, NULL, &channel)) {
    HnRosterGroup *mirror = ((HnRosterChannel *) channel)->mirror;

    ret_figures->groups += mirror != NULL;
    ret_figures->seats += mirror != NULL ? hn_roster_group_get_local (mirror) : 0;
  }
}

/* ---- beginning and end ---- */

static void
cluster_free (HnRoster *roster)
{
  HnRosterCluster *self = of (roster);

  self->store->free (self->store_data);
  g_hash_table_unref (self->channels);
  while (self->flight.head != NULL)
    hn_roster_command_free (g_queue_pop_head_link (&self->flight)->data);
  g_hash_table_unref (self->leaves);
  hn_roster_queue_free (self->queue);
  g_ptr_array_unref (self->to_touch);
  g_free (self->registration);
  g_free (self->run);
  g_free (self->data);
  g_free (self->new_run);
  g_free (self->new_data);
  g_free (self->process);
  g_free (self);
}

static void
on_local_event (HnRosterGroup *group, HnRosterEvent *event, const HnRosterSeat *seat, gpointer data)
{
  HnRosterCluster *self = data;

  self->received++;
  self->events->event (group, event, self->user_data);
}

static void
free_channel (gpointer channel)
{
  hn_roster_channel_free (channel);
}

HnRosterCluster *
hn_roster_cluster_new (const char *process, gint64 lease_us, const HnRosterEvents *events, gpointer user_data,
                       const HnRosterStore *store, gpointer store_data)
{
  static const HnRosterKeeper keeper = {
    cluster_free, cluster_join, cluster_leave,    cluster_say,   cluster_remove,      cluster_find,
    cluster_look, cluster_list, cluster_catch_up, cluster_close, cluster_get_figures,
  };
  HnRosterCluster *self = g_new0 (HnRosterCluster, 1);

  self->roster.keeper = &keeper;
  self->process = g_strdup (process);
  self->lease_us = lease_us;
  self->events = events;
  self->user_data = user_data;
  self->store = store;
  self->store_data = store_data;
  self->tell = (HnRosterTell){ on_local_event, self };
  self->queue = hn_roster_queue_new ();
  self->channels = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_channel);
  self->leaves = g_hash_table_new (g_str_hash, g_str_equal);
  self->to_touch = g_ptr_array_new_with_free_func (g_free);
  self->close_us = HN_NEVER;
  g_queue_init (&self->idle);
  g_queue_init (&self->flight);
  g_queue_init (&self->said);
  return self;
}

guint64
hn_roster_cluster_get_foreign_dropped (HnRosterCluster *self)
{
  return self->foreign_dropped;
}

HnRoster *
hn_roster_cluster_as_roster (HnRosterCluster *self)
{
  return &self->roster;
}
