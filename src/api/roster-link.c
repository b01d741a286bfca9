/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules. The lease is renewed each third of its time, and whoever renews takes out others whose lease ran out. Nobody does so within one lease after
 * its link came up, nor after a renewal of its own that came late: who stood still then may have been the store, and the others may not have had
 * their turn yet. Up again, a process begins a new registration (what an older one still has under way is void), registers its seats group by
 * group, and what it does not have any more leaves when it has finished. When data were lost (the store was emptied, or was restarted and may have
 * older data), it registers the seats of others as well, as far as they have not registered themselves: nobody leaves for the time they need, and
 * who does not come back lapses like anybody. */
#include "api/roster-cluster-private.h"

#include "base/clock.h"
#include "base/limits.h"

#define TOUCHED_AT_ONCE 256

/* ---- down ---- */

void
hn_roster_link_lose (HnRosterCluster *self, const char *why)
{
  if (self->link == LINK_DOWN)
    return;
  self->link = LINK_DOWN;
  self->lost = TRUE;
  self->store->drop (why, self->store_data);
  hn_roster_cluster_wake (self);
}

/* What of the flight is to be carried out elsewhere. */
static gboolean
is_through (const HnRosterCommand *command)
{
  return command->told || command->kind >= HN_ROSTER_DO_BEGIN;
}

static void
land (HnRosterCluster *self, GQueue *landed)
{
  GList *link;

  while (self->said.head != NULL)
    g_queue_unlink (&self->said, self->said.head);
  while ((link = g_queue_pop_head_link (&self->flight)) != NULL) {
    HnRosterCommand *command = link->data;

    if (command->kind >= HN_ROSTER_DO_BEGIN) {
      hn_roster_command_free (command);
    } else if (is_through (command)) {
      hn_roster_queue_settle (self->queue, command);
    } else {
      command->answered = FALSE;
      g_queue_push_tail_link (landed, link);
    }
  }
  g_hash_table_remove_all (self->leaves);
}

static void
send_channels_away (HnRosterCluster *self, GQueue *landed)
{
  GHashTableIter iter;
  gpointer value;
  GList *link;

  g_hash_table_iter_init (&iter, self->channels);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    HnRosterChannel *channel = value;

    while ((link = g_queue_pop_head_link (&channel->waiting)) != NULL)
      g_queue_push_tail_link (landed, link);
    hn_roster_channel_clear (channel);
    channel->joins = 0;
    channel->state = CHANNEL_AWAY;
    if (channel->mirror == NULL)
      g_hash_table_iter_remove (&iter);
  }
  g_queue_init (&self->idle);
}

void
hn_roster_link_go_away (HnRosterCluster *self)
{
  GQueue landed = G_QUEUE_INIT;
  gboolean was_available = self->available;

  self->link = LINK_DOWN;
  self->lost = FALSE;
  self->available = FALSE;
  self->finishing = FALSE;
  self->unregistered = 0;
  land (self, &landed);
  send_channels_away (self, &landed);
  hn_roster_queue_put_back (self->queue, &landed);
  hn_roster_cluster_wake (self);
  if (!was_available)
    return;
  self->gaps++;
  if (self->events->available != NULL && !self->closing)
    self->events->available (FALSE, self->user_data);
}

void
hn_roster_cluster_link_down (HnRosterCluster *self)
{
  if (self->link != LINK_DOWN || self->lost)
    hn_roster_link_go_away (self);
}

/* ---- up ---- */

void
hn_roster_cluster_link_up (HnRosterCluster *self, const char *run, gint64 utc_us)
{
  g_autofree char *fresh = hn_roster_cluster_fresh (self);
  HnRosterAsk ask = { .kind = HN_ROSTER_ASK_BEGIN, .fresh = fresh };

  if (self->closing)
    return;
  if (self->lost)
    hn_roster_link_go_away (self);
  self->utc_us = utc_us;
  hn_roster_cluster_drain (self, hn_roster_queue_get_length (self->queue));
  self->link = LINK_BEGINNING;
  g_free (self->new_run);
  self->new_run = g_strdup (run);
  g_free (self->registration);
  self->registration = g_strdup_printf ("%" G_GUINT64_FORMAT, ++self->registrations);
  hn_roster_cluster_ask (self, &ask, hn_roster_command_new (HN_ROSTER_DO_BEGIN, ""));
}

static void
finish_if_all_are_back (HnRosterCluster *self)
{
  HnRosterAsk ask = { .kind = HN_ROSTER_ASK_FINISH, .run = self->new_run, .most = HN_LIMIT_ROSTER_SWEEP };

  if (self->link != LINK_UP || self->unregistered > 0 || self->finishing || self->available)
    return;
  self->finishing = TRUE;
  hn_roster_cluster_ask (self, &ask, hn_roster_command_new (HN_ROSTER_DO_FINISH, ""));
}

void
hn_roster_link_back (HnRosterCluster *self)
{
  self->unregistered--;
  finish_if_all_are_back (self);
}

static void
call_channels_back (HnRosterCluster *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->channels);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    HnRosterChannel *channel = value;

    if (hn_roster_group_get_local (channel->mirror) == 0) {
      g_hash_table_iter_remove (&iter);
      continue;
    }
    channel->state = CHANNEL_RESUBSCRIBING;
    self->unregistered++;
    self->store->subscribe (channel->name, self->store_data);
  }
}

static void
on_begun (HnRosterCluster *self, const HnRosterAnswer *answer)
{
  g_free (self->new_data);
  self->new_data = g_strdup (answer->data);
  self->link = LINK_UP;
  self->renew_us = self->now_us + self->lease_us / 3;
  self->sweep_us = self->now_us + self->lease_us;
  g_ptr_array_set_size (self->to_touch, 0);
  call_channels_back (self);
  finish_if_all_are_back (self);
}

static gboolean
data_were_lost (const HnRosterCluster *self)
{
  return g_strcmp0 (self->run, self->new_run) != 0 || g_strcmp0 (self->data, self->new_data) != 0;
}

static GPtrArray *
choose_seats (HnRosterCluster *self, HnRosterGroup *mirror, gboolean own)
{
  GPtrArray *seats = hn_roster_group_list_seats (mirror);

  for (guint i = seats->len; i-- > 0;)
    if (g_str_equal (((const HnRosterSeat *) seats->pdata[i])->process, self->process) != own)
      g_ptr_array_remove_index (seats, i);
  return seats;
}

static void
register_channel (HnRosterCluster *self, HnRosterChannel *channel)
{
  g_autoptr (GPtrArray) own = choose_seats (self, channel->mirror, TRUE);
  g_autoptr (GPtrArray) others = data_were_lost (self) ? choose_seats (self, channel->mirror, FALSE) : NULL;
  g_autofree char *fresh = hn_roster_cluster_fresh (self);
  HnRosterAsk ask = {
    .kind = HN_ROSTER_ASK_REGISTER,
    .group = channel->name,
    .rules = channel->rules,
    .fresh = fresh,
    .run = self->new_run,
    .epoch = hn_roster_group_get_epoch (channel->mirror),
    .offset = hn_roster_group_get_offset (channel->mirror),
    .own = own,
    .others = others,
  };

  channel->state = CHANNEL_REGISTERING;
  hn_roster_cluster_ask (self, &ask, hn_roster_command_new (HN_ROSTER_DO_REGISTER, channel->name));
}

void
hn_roster_cluster_subscribed (HnRosterCluster *self, const char *group)
{
  HnRosterChannel *channel = hn_roster_channel_find (self, group);

  if (self->link != LINK_UP || channel == NULL)
    return;
  if (channel->state == CHANNEL_RESUBSCRIBING) {
    register_channel (self, channel);
  } else if (channel->state == CHANNEL_SUBSCRIBING) {
    GQueue waiting = channel->waiting;
    GList *link;

    g_queue_init (&channel->waiting);
    channel->state = CHANNEL_JOINING;
    while ((link = g_queue_pop_head_link (&waiting)) != NULL) {
      HnRosterCommand *command = link->data;

      if (command->seat != NULL && command->joined == NULL)
        hn_roster_queue_settle (self->queue, command); /* it left again before it came */
      else
        hn_roster_cluster_dispatch (self, command);
    }
    hn_roster_channel_leave_if_empty (self, channel);
  }
}

/* ---- the lease ---- */

/* Groups whose keys are to live on: all of them each few minutes, some with each renewal. */
static GPtrArray *
choose_to_touch (HnRosterCluster *self)
{
  GPtrArray *chosen = g_ptr_array_new_with_free_func (g_free);
  guint turns = (guint) MAX (1, HN_LIMIT_ROSTER_KEYS_SECONDS * (gint64) G_USEC_PER_SEC / 4 / (self->lease_us / 3));
  guint most = MIN (TOUCHED_AT_ONCE, g_hash_table_size (self->channels) / turns + 1);
  GHashTableIter iter;
  gpointer name;

  if (self->to_touch->len == 0) {
    g_hash_table_iter_init (&iter, self->channels);
    while (g_hash_table_iter_next (&iter, &name, NULL))
      g_ptr_array_add (self->to_touch, g_strdup (name));
  }
  while (chosen->len < most && self->to_touch->len > 0) {
    g_autofree char *group = g_ptr_array_steal_index_fast (self->to_touch, self->to_touch->len - 1);

    if (hn_roster_find (&self->roster, group) != NULL)
      g_ptr_array_add (chosen, g_steal_pointer (&group));
  }
  return chosen;
}

void
hn_roster_link_run (HnRosterCluster *self)
{
  g_autoptr (GPtrArray) groups = NULL;
  HnRosterAsk ask = { .kind = HN_ROSTER_ASK_RENEW, .most = HN_LIMIT_ROSTER_SWEEP };

  if (self->link != LINK_UP || self->now_us < self->renew_us || self->closed_now)
    return;
  groups = choose_to_touch (self);
  ask.groups = groups;
  ask.wanted = self->now_us >= self->sweep_us;
  self->renew_us = self->now_us + self->lease_us / 3;
  hn_roster_cluster_ask (self, &ask, hn_roster_command_new (HN_ROSTER_DO_RENEW, ""));
}

static void
on_renewed (HnRosterCluster *self, const HnRosterAnswer *answer)
{
  gint64 soonest_us = self->now_us + self->lease_us / 30;

  if (answer->verdict == HN_ROSTER_VERDICT_LATE) {
    self->sweep_us = self->now_us + self->lease_us;
    return;
  }
  self->lapsed += answer->taken;
  if (answer->more)
    self->renew_us = self->now_us;
  else /* when the next lease ends, if that is sooner */
    self->renew_us = MIN (self->renew_us, MAX (soonest_us, self->now_us + answer->first_us));
  hn_roster_cluster_wake (self);
}

static void
on_finished (HnRosterCluster *self, const HnRosterAnswer *answer)
{
  self->finishing = FALSE;
  if (answer->more) {
    finish_if_all_are_back (self);
    return;
  }
  g_free (self->run);
  g_free (self->data);
  self->run = g_strdup (self->new_run);
  self->data = g_strdup (self->new_data);
  self->available = TRUE;
  if (self->events->available != NULL && !self->closing)
    self->events->available (TRUE, self->user_data);
}

void
hn_roster_link_answer (HnRosterCluster *self, HnRosterDo kind, const HnRosterAnswer *answer)
{
  if (kind == HN_ROSTER_DO_BEGIN) {
    on_begun (self, answer);
  } else if (kind == HN_ROSTER_DO_FINISH) {
    on_finished (self, answer);
  } else if (kind == HN_ROSTER_DO_RENEW) {
    on_renewed (self, answer);
  } else if (answer->more) {
    hn_roster_cluster_ask (self, &(HnRosterAsk){ .kind = HN_ROSTER_ASK_CLOSE, .most = HN_LIMIT_ROSTER_SWEEP },
                           hn_roster_command_new (HN_ROSTER_DO_CLOSE, ""));
  } else {
    self->closed_now = TRUE;
    hn_roster_cluster_wake (self);
  }
}
