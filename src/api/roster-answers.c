/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-cluster-private.h"

/* ---- joining ---- */

static void
refuse (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command, HnRosterOutcome outcome)
{
  HnRosterJoined joined = command->joined;
  gpointer user_data = command->user_data;

  channel->joins--;
  hn_roster_cluster_settle (self, command);
  if (joined != NULL)
    joined (outcome, NULL, user_data);
  hn_roster_channel_leave_if_empty (self, channel);
}

/* The first seat of this process: its own coming is the last event of the snapshot. */
static void
begin_mirror (HnRosterCluster *self, HnRosterChannel *channel, HnRosterCommand *command, const HnRosterAnswer *answer)
{
  const HnRosterSeat *seat;
  HnRosterEvent event = { .kind = HN_ROSTER_CAME, .offset = answer->offset };

  hn_roster_channel_set_mirror (self, channel, answer, command->seat->connection);
  seat = hn_roster_group_find_seat (channel->mirror, command->seat->connection);
  command->told = TRUE;
  channel->joins--;
  command->joined (HN_ROSTER_JOINED, channel->mirror, command->user_data);
  if (seat != NULL) {
    event.seat = *seat;
    hn_roster_channel_tell (self, channel, &event);
  }
  hn_roster_cluster_settle (self, command);
  hn_roster_channel_follow (self, channel);
}

static void
take_join (HnRosterCluster *self, HnRosterCommand *command, const HnRosterAnswer *answer)
{
  HnRosterChannel *channel = hn_roster_channel_find (self, command->group);

  if (answer->verdict != HN_ROSTER_VERDICT_OK) {
    refuse (self, channel, command, answer->verdict == HN_ROSTER_VERDICT_FULL ? HN_ROSTER_FULL : HN_ROSTER_IN_USE);
  } else if (command->told) {
    hn_roster_cluster_settle (self, command);
  } else if (channel->mirror == NULL && command->joined != NULL) {
    begin_mirror (self, channel, command, answer);
  } else if (channel->mirror == NULL) { /* it left again, and is the only one of this process */
    channel->joins--;
    hn_roster_cluster_settle (self, command);
    hn_roster_channel_leave_if_empty (self, channel);
  }
}

/* ---- coming back ---- */

static void
tell_reset (HnRosterCluster *self, HnRosterChannel *channel)
{
  HnRosterEvent event = { .kind = HN_ROSTER_RESET, .offset = hn_roster_group_get_offset (channel->mirror) };

  hn_roster_channel_tell (self, channel, &event);
}

static GPtrArray *
find_lost (HnRosterChannel *channel, const HnRosterAnswer *answer)
{
  GPtrArray *lost = g_ptr_array_new ();

  for (guint i = 0; i < answer->lost->len; i++) {
    const HnRosterSeat *seat = hn_roster_group_find_seat (channel->mirror, answer->lost->pdata[i]);

    if (seat != NULL)
      g_ptr_array_add (lost, (gpointer) hn_roster_seat_ref (seat));
  }
  return lost;
}

static void
take_register (HnRosterCluster *self, const HnRosterCommand *command, const HnRosterAnswer *answer)
{
  HnRosterChannel *channel = hn_roster_channel_find (self, command->group);
  g_autoptr (GPtrArray) lost = find_lost (channel, answer);

  hn_roster_channel_set_mirror (self, channel, answer, NULL);
  tell_reset (self, channel);
  for (guint i = 0; i < lost->len; i++) {
    HnRosterEvent event = { .kind = HN_ROSTER_REPLACED, .seat = *(const HnRosterSeat *) lost->pdata[i] };

    hn_roster_channel_tell (self, channel, &event);
    hn_roster_seat_unref (lost->pdata[i]);
  }
  hn_roster_channel_follow (self, channel);
  if (self->link == LINK_UP)
    hn_roster_link_back (self);
}

/* ---- what was missed ---- */

static void
take_catch_up (HnRosterCluster *self, HnRosterCommand *command, const HnRosterAnswer *answer)
{
  HnRosterChannel *channel = hn_roster_channel_find (self, command->group);
  gboolean current = channel != NULL && channel->mirror != NULL && channel->life == command->number;
  gboolean complete = current && answer->verdict == HN_ROSTER_VERDICT_OK;
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (HnRosterEvent));

  for (guint i = 0; complete && i < answer->messages->len; i++) {
    HnRosterEvent event = hn_roster_bus_to_event (&g_array_index (answer->messages, HnRosterBusMessage, i));

    g_array_append_val (events, event);
  }
  command->caught (complete, (const HnRosterEvent *) (gpointer) events->data, events->len, command->user_data);
  hn_roster_cluster_settle (self, command);
  if (current)
    hn_roster_channel_release (self, channel);
}

static void
take_fill (HnRosterCluster *self, const HnRosterCommand *command, const HnRosterAnswer *answer)
{
  HnRosterChannel *channel = hn_roster_channel_find (self, command->group);

  if (channel == NULL || channel->life != command->number)
    return;
  if (answer->verdict != HN_ROSTER_VERDICT_OK) {
    hn_roster_link_lose (self, "messages were lost");
    return;
  }
  for (guint i = 0; i < answer->messages->len && self->link == LINK_UP; i++) {
    const HnRosterBusMessage *message = &g_array_index (answer->messages, HnRosterBusMessage, i);

    if (message->offset == hn_roster_group_get_offset (channel->mirror) + 1)
      hn_roster_channel_apply (self, channel, message);
  }
  if (self->link == LINK_UP)
    hn_roster_channel_release (self, channel);
}

/* ---- the others ---- */

static void
take_leave (HnRosterCluster *self, HnRosterCommand *command)
{
  const HnRosterChannel *channel = hn_roster_channel_find (self, command->group);

  if (command->told || channel == NULL || channel->mirror == NULL
      || hn_roster_group_find_seat (channel->mirror, command->connection) == NULL)
    hn_roster_cluster_settle (self, command);
}

static void
take_look (HnRosterCluster *self, HnRosterCommand *command, const HnRosterAnswer *answer)
{
  HnRosterGroup *group = hn_roster_group_new (command->group, self->process);

  for (guint i = 0; i < answer->seats->len; i++)
    hn_roster_group_add (group, answer->seats->pdata[i]);
  hn_roster_local_look (group, command);
  hn_roster_group_free (group);
  hn_roster_cluster_settle (self, command);
}

static void
take_list (HnRosterCluster *self, HnRosterCommand *command, const HnRosterAnswer *answer)
{
  command->listed ((const char *const *) answer->names->pdata, (const guint *) (gpointer) answer->members->data, answer->names->len,
                   NULL, command->user_data);
  hn_roster_cluster_settle (self, command);
}

static void
take_own (HnRosterCluster *self, HnRosterCommand *command, const HnRosterAnswer *answer)
{
  g_queue_unlink (&self->flight, &command->link);
  if (command->kind == HN_ROSTER_DO_REGISTER)
    take_register (self, command, answer);
  else if (command->kind == HN_ROSTER_DO_FILL)
    take_fill (self, command, answer);
  else
    hn_roster_link_answer (self, command->kind, answer);
  hn_roster_command_free (command);
}

void
hn_roster_answers_take (HnRosterCluster *self, HnRosterCommand *command, const HnRosterAnswer *answer)
{
  command->answered = TRUE;
  if (command->kind >= HN_ROSTER_DO_BEGIN)
    take_own (self, command, answer);
  else if (command->kind == HN_ROSTER_DO_JOIN)
    take_join (self, command, answer);
  else if (command->kind == HN_ROSTER_DO_LEAVE)
    take_leave (self, command);
  else if (command->kind == HN_ROSTER_DO_CATCH_UP)
    take_catch_up (self, command, answer);
  else if (command->kind == HN_ROSTER_DO_LOOK)
    take_look (self, command, answer);
  else if (command->kind == HN_ROSTER_DO_LIST)
    take_list (self, command, answer);
  else if (command->kind == HN_ROSTER_DO_REMOVE || command->told)
    hn_roster_cluster_settle (self, command); /* or what was said is still to be heard */
}
