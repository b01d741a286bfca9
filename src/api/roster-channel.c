/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: the mirror of a live group follows offset by offset. What it has already is ignored; what comes too early shows that something was lost, which is
 * fetched from the group's history. Is it not there, or is there another epoch, then the link is given up and everything is registered anew. What is heard while something is awaited is held, in order and bounded. Who is no roster is told as it comes.
 * A seat's words are told only while the seat is there: all mirrors agree on that. */
#include "api/roster-cluster-private.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

static gboolean
is_own (HnRosterCluster *self, const char *process)
{
  return g_str_equal (process, self->process);
}

/* ---- words of this process that are to be heard ---- */

static void
settle_word (HnRosterCluster *self, HnRosterCommand *command)
{
  g_queue_unlink (&self->said, &command->said);
  command->told = TRUE;
  if (command->answered)
    hn_roster_cluster_settle (self, command);
}

/* Those of one group come back in the order in which they were said; another group may be held meanwhile. */
static void
settle_said (HnRosterCluster *self, guint64 number)
{
  for (GList *at = self->said.head; at != NULL; at = at->next) {
    HnRosterCommand *command = at->data;

    if (command->number < number)
      continue;
    if (command->number == number)
      settle_word (self, command);
    return;
  }
}

/* What was said in a group in which nobody of this process is any more, by a seat whose place was taken meanwhile. */
static void
forget_words (HnRosterCluster *self, const char *group)
{
  GList *at = self->said.head;

  while (at != NULL) {
    HnRosterCommand *command = at->data;

    at = at->next;
    if (g_str_equal (command->group, group))
      settle_word (self, command);
  }
}

/* ---- channels ---- */

typedef struct {
  GList link;
  gsize length;
  char text[];
} Held;

HnRosterChannel *
hn_roster_channel_find (HnRosterCluster *self, const char *group)
{
  return g_hash_table_lookup (self->channels, group);
}

HnRosterChannel *
hn_roster_channel_ensure (HnRosterCluster *self, const char *group)
{
  HnRosterChannel *channel = hn_roster_channel_find (self, group);

  if (channel != NULL)
    return channel;
  channel = g_new0 (HnRosterChannel, 1);
  channel->name = g_strdup (group);
  channel->idle_link.data = channel;
  g_queue_init (&channel->held);
  g_queue_init (&channel->waiting);
  g_hash_table_insert (self->channels, channel->name, channel);
  if (self->link == LINK_UP) {
    channel->state = CHANNEL_SUBSCRIBING;
    self->store->subscribe (group, self->store_data);
  } else {
    channel->state = CHANNEL_AWAY;
  }
  return channel;
}

void
hn_roster_channel_clear (HnRosterChannel *channel)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&channel->held)) != NULL)
    g_free (link->data);
  channel->held_bytes = 0;
  channel->holds = 0;
  channel->life++;
}

void
hn_roster_channel_free (HnRosterChannel *channel)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&channel->waiting)) != NULL)
    hn_roster_command_free (link->data);
  hn_roster_channel_clear (channel);
  hn_roster_group_free (channel->mirror);
  g_free (channel->name);
  g_free (channel);
}

void
hn_roster_channel_leave_if_empty (HnRosterCluster *self, HnRosterChannel *channel)
{
  if (channel->joins > 0 || channel->waiting.length > 0 || (channel->mirror != NULL && hn_roster_group_get_local (channel->mirror) > 0))
    return;
  g_clear_pointer (&channel->mirror, hn_roster_group_free);
  hn_roster_channel_clear (channel);
  forget_words (self, channel->name);
  if (channel->state == CHANNEL_AWAY) {
    g_hash_table_remove (self->channels, channel->name);
  } else if (channel->state == CHANNEL_RESUBSCRIBING) {
    channel->state = CHANNEL_SUBSCRIBING;
    hn_roster_link_back (self);
  } else if (channel->state == CHANNEL_JOINING || channel->state == CHANNEL_LIVE) {
    channel->state = CHANNEL_IDLE;
    channel->idle_us = self->now_us + HN_LIMIT_ROSTER_IDLE_MS * G_GINT64_CONSTANT (1000);
    g_queue_push_tail_link (&self->idle, &channel->idle_link);
    hn_roster_cluster_wake (self);
  }
}

void
hn_roster_channel_expire (HnRosterCluster *self)
{
  HnRosterChannel *channel;

  while ((channel = g_queue_peek_head (&self->idle)) != NULL && self->now_us >= channel->idle_us) {
    g_queue_unlink (&self->idle, &channel->idle_link);
    self->store->unsubscribe (channel->name, self->store_data);
    g_hash_table_remove (self->channels, channel->name);
  }
}

void
hn_roster_channel_set_mirror (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterAnswer *answer, const char *only)
{
  if (channel->mirror == NULL)
    channel->mirror = hn_roster_group_new (channel->name, self->process);
  else
    hn_roster_group_clear (channel->mirror);
  hn_roster_group_set_place (channel->mirror, answer->epoch, answer->offset);
  for (guint i = 0; i < answer->seats->len; i++) {
    const HnRosterSeat *seat = answer->seats->pdata[i];

    if (only == NULL || !is_own (self, seat->process) || g_str_equal (seat->connection, only))
      hn_roster_group_add (channel->mirror, seat);
  }
}

/* ---- telling ---- */

void
hn_roster_channel_tell (HnRosterCluster *self, HnRosterChannel *channel, HnRosterEvent *event)
{
  event->epoch = hn_roster_group_get_epoch (channel->mirror);
  if (event->seat.member != NULL && event->kind != HN_ROSTER_SAID)
    event->seats_of_member = hn_roster_group_count_seats (channel->mirror, event->seat.member);
  self->received++;
  self->events->event (channel->mirror, event, self->user_data);
}

static void
tell_seat (HnRosterCluster *self, HnRosterChannel *channel, HnRosterKind kind, const HnRosterSeat *seat, const HnRosterBusMessage *message)
{
  HnRosterEvent event = {
    .kind = kind,
    .cause = message->cause,
    .offset = kind != HN_ROSTER_REPLACED ? message->offset : HN_ROSTER_NO_OFFSET,
    .seat = *seat,
  };

  hn_roster_channel_tell (self, channel, &event);
}

/* ---- words ---- */

static void
apply_said (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterBusMessage *message)
{
  const HnRosterSeat *seat = hn_roster_group_find_seat (channel->mirror, message->connection);
  HnRosterEvent event = {
    .kind = HN_ROSTER_SAID,
    .offset = message->offset,
    .to = message->to,
    .text = message->text,
    .length = message->length,
  };

  if (is_own (self, message->process))
    settle_said (self, message->number);
  if (seat == NULL)
    return;
  event.seat = *seat;
  hn_roster_channel_tell (self, channel, &event);
}

/* ---- coming and going ---- */

static void
settle_leave (HnRosterCluster *self, const char *connection)
{
  HnRosterCommand *leave = g_hash_table_lookup (self->leaves, connection);

  if (leave == NULL)
    return;
  leave->told = TRUE;
  if (leave->answered)
    hn_roster_cluster_settle (self, leave);
}

static void
apply_taken_over (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterBusMessage *message)
{
  const HnRosterSeat *old = message->replaces != NULL ? hn_roster_group_take (channel->mirror, message->replaces) : NULL;

  if (old != NULL && is_own (self, old->process)) {
    settle_leave (self, old->connection);
    tell_seat (self, channel, HN_ROSTER_REPLACED, old, message);
  }
  hn_roster_seat_unref (old);
}

static void
answer_join (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *join)
{
  join->told = TRUE;
  channel->joins--;
  if (join->joined != NULL)
    join->joined (HN_ROSTER_JOINED, channel->mirror, join->user_data);
  if (join->answered)
    hn_roster_cluster_settle (self, join);
}

static void
add_seat (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterBusMessage *message, HnRosterCommand *join)
{
  HnRosterSeat asked = { .member = message->member, .connection = message->connection, .card = message->text };
  const HnRosterSeat *seat = hn_roster_seat_new_at (&asked, message->process, message->since_utc_us, message->came_utc_us);

  if (hn_roster_group_add (channel->mirror, seat)) {
    if (join != NULL)
      answer_join (self, channel, join);
    tell_seat (self, channel, HN_ROSTER_CAME, seat, message);
  }
  hn_roster_seat_unref (seat);
}

/* A seat of ours that nobody here waits for: its owner left again meanwhile, or another process remembers one that left long ago. Nobody here is told. */
static void
expel (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterBusMessage *message, HnRosterCommand *join)
{
  if (join != NULL)
    answer_join (self, channel, join); /* its leave follows */
  else if (hn_roster_group_find_seat (channel->mirror, message->connection) == NULL)
    hn_roster_leave (&self->roster, channel->name, message->connection);
}

static void
apply_came (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterBusMessage *message)
{
  gboolean own = is_own (self, message->process);
  HnRosterCommand *join = own ? hn_roster_queue_find_join (self->queue, message->connection) : NULL;

  if (join != NULL && (join->told || !g_str_equal (join->group, channel->name)))
    join = NULL;
  apply_taken_over (self, channel, message);
  if (own && (join == NULL || join->joined == NULL))
    expel (self, channel, message, join);
  else
    add_seat (self, channel, message, join);
}

static void
apply_left (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterBusMessage *message)
{
  const HnRosterSeat *seat;

  if (message->cause == HN_ROSTER_LAPSED && is_own (self, message->process)) {
    hn_roster_link_lose (self, "this process was taken for dead");
    return;
  }
  seat = hn_roster_group_take (channel->mirror, message->connection);
  if (seat == NULL)
    return;
  if (is_own (self, message->process))
    settle_leave (self, message->connection);
  tell_seat (self, channel, HN_ROSTER_LEFT, seat, message);
  hn_roster_seat_unref (seat);
}

void
hn_roster_channel_apply (HnRosterCluster *self, HnRosterChannel *channel, const HnRosterBusMessage *message)
{
  hn_roster_group_set_place (channel->mirror, message->epoch, message->offset);
  if (message->kind == HN_ROSTER_SAID)
    apply_said (self, channel, message);
  else if (message->kind == HN_ROSTER_CAME)
    apply_came (self, channel, message);
  else
    apply_left (self, channel, message);
}

/* ---- hearing ---- */

static void
push_held (HnRosterCluster *self, HnRosterChannel *channel, const char *text, gsize length, gboolean first)
{
  Held *held;

  if (channel->held.length >= HN_LIMIT_ROSTER_WAITING || channel->held_bytes + length > HN_LIMIT_ROSTER_WAITING_BYTES) {
    hn_roster_link_lose (self, "too much was said meanwhile");
    return;
  }
  held = g_malloc (sizeof (Held) + length + 1);
  held->link = (GList){ .data = held };
  held->length = length;
  memcpy (held->text, text, length + 1);
  channel->held_bytes += length;
  if (first)
    g_queue_push_head_link (&channel->held, &held->link);
  else
    g_queue_push_tail_link (&channel->held, &held->link);
}

/* Something between the mirror and @offset was lost. */
static void
fill (HnRosterCluster *self, HnRosterChannel *channel, guint64 offset)
{
  HnRosterCommand *command = hn_roster_command_new (HN_ROSTER_DO_FILL, channel->name);
  HnRosterAsk ask = {
    .kind = HN_ROSTER_ASK_HISTORY,
    .group = channel->name,
    .epoch = hn_roster_group_get_epoch (channel->mirror),
    .offset = hn_roster_group_get_offset (channel->mirror),
    .until = offset - 1,
  };

  command->number = channel->life;
  hn_roster_channel_hold (channel);
  hn_roster_cluster_ask (self, &ask, command);
}

static void
take_foreign (HnRosterCluster *self, HnRosterChannel *channel, const char *text, gsize length)
{
  if (length > HN_LIMIT_ROSTER_TEXT_BYTES || strlen (text) != length || self->events->foreign == NULL
      || !self->events->foreign (channel->mirror, text, length, self->user_data))
    self->foreign_dropped++;
}

static void
take_ours (HnRosterCluster *self, HnRosterChannel *channel, char *text, gsize length, const char *untouched)
{
  guint64 known = hn_roster_group_get_offset (channel->mirror);
  HnRosterBusMessage message;

  if (hn_roster_bus_read (text, length, &message) != HN_ROSTER_BUS_OURS) {
    self->foreign_dropped++;
  } else if (!g_str_equal (message.epoch, hn_roster_group_get_epoch (channel->mirror))) {
    hn_roster_link_lose (self, "its data were lost");
  } else if (message.offset == known + 1) {
    hn_roster_channel_apply (self, channel, &message);
  } else if (message.offset > known) {
    push_held (self, channel, untouched, length, TRUE);
    fill (self, channel, message.offset);
  }
}

static void
take (HnRosterCluster *self, HnRosterChannel *channel, char *text, gsize length)
{
  g_autofree char *untouched = NULL; /* of one that cannot be told yet */
  guint64 offset;

  if (!hn_roster_bus_peek (text, &offset)) {
    take_foreign (self, channel, text, length);
    return;
  }
  if (offset > hn_roster_group_get_offset (channel->mirror) + 1)
    untouched = g_memdup2 (text, length + 1);
  take_ours (self, channel, text, length, untouched);
}

void
hn_roster_cluster_hear (HnRosterCluster *self, const char *group, char *text, gsize length)
{
  HnRosterChannel *channel = hn_roster_channel_find (self, group);

  if (channel == NULL || self->link != LINK_UP || self->closing)
    return;
  if (channel->state == CHANNEL_JOINING || channel->state == CHANNEL_REGISTERING || (channel->state == CHANNEL_LIVE && channel->holds > 0)) {
    push_held (self, channel, text, length, FALSE);
  } else if (channel->state == CHANNEL_LIVE) {
    take (self, channel, text, length);
    if (self->link == LINK_UP)
      hn_roster_channel_leave_if_empty (self, channel);
  }
}

static void
drain_held (HnRosterCluster *self, HnRosterChannel *channel)
{
  while (self->link == LINK_UP && channel->state == CHANNEL_LIVE && channel->holds == 0 && channel->held.head != NULL) {
    g_autofree Held *held = g_queue_pop_head_link (&channel->held)->data;

    channel->held_bytes -= held->length;
    take (self, channel, held->text, held->length);
  }
}

void
hn_roster_channel_hold (HnRosterChannel *channel)
{
  channel->holds++;
}

void
hn_roster_channel_release (HnRosterCluster *self, HnRosterChannel *channel)
{
  channel->holds--;
  drain_held (self, channel);
  if (self->link == LINK_UP)
    hn_roster_channel_leave_if_empty (self, channel);
}

void
hn_roster_channel_follow (HnRosterCluster *self, HnRosterChannel *channel)
{
  GQueue waiting = channel->waiting;
  GList *link;

  g_queue_init (&channel->waiting);
  channel->state = CHANNEL_LIVE;
  drain_held (self, channel);
  while ((link = g_queue_pop_head_link (&waiting)) != NULL) {
    HnRosterCommand *command = link->data;

    if (command->seat != NULL && command->joined == NULL)
      hn_roster_queue_settle (self->queue, command); /* it left again before it came */
    else
      hn_roster_cluster_dispatch (self, command);
  }
  if (self->link == LINK_UP)
    hn_roster_channel_leave_if_empty (self, channel);
}
