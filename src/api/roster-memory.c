/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a call is carried out whole, with all its events, before the next one. Each event but REPLACED has the next offset of its group and
 * goes into its history. A mirror goes with its last seat; its offsets are remembered for a while (roster-history). */
#include "api/roster-memory.h"

#include "api/roster-history.h"
#include "api/roster-local.h"
#include "api/roster-private.h"

struct _HnRosterMemory {
  HnRoster roster; /* first: hn_roster_memory_as_roster() */
  char *process;
  guint64 lives; /* of groups, for their epochs */
  const HnRosterEvents *events;
  gpointer user_data;
  void (*later) (gpointer later_data);
  gpointer later_data;
  GDestroyNotify later_free;
  HnRosterTell tell;
  HnRosterQueue *queue;
  HnRosterHistory *history;
  GHashTable *groups; /* name → HnRosterGroup */
  gint64 now_us;      /* of the run under way */
  gboolean woken;     /* a run is to come, or under way */
  guint seats;
  gboolean closing;
  void (*closed) (gpointer user_data);
  gpointer closed_data;
  guint64 published, received;
};

/* ---- carrying out ---- */

static void
on_event (HnRosterGroup *group, HnRosterEvent *event, const HnRosterSeat *seat, gpointer data)
{
  HnRosterMemory *self = data;

  if (event->kind != HN_ROSTER_REPLACED) {
    event->offset = hn_roster_group_get_offset (group) + 1;
    hn_roster_group_set_place (group, event->epoch, event->offset);
    hn_roster_history_add (self->history, hn_roster_group_get_name (group), event, seat, self->now_us);
  }
  self->seats += event->kind == HN_ROSTER_CAME;
  self->seats -= event->kind == HN_ROSTER_LEFT || event->kind == HN_ROSTER_REPLACED;
  self->received++;
  self->events->event (group, event, self->user_data);
}

static HnRosterGroup *
open_group (HnRosterMemory *self, const char *name)
{
  HnRosterGroup *group = g_hash_table_lookup (self->groups, name);
  g_autofree char *fresh = NULL;
  const char *epoch;
  guint64 offset;

  if (group != NULL)
    return group;
  fresh = g_strdup_printf ("%.24s-%" G_GINT64_MODIFIER "x", self->process, ++self->lives);
  epoch = hn_roster_history_open (self->history, name, fresh, self->now_us, &offset);
  group = hn_roster_group_new (name, self->process);
  hn_roster_group_set_place (group, epoch, offset);
  g_hash_table_insert (self->groups, (gpointer) hn_roster_group_get_name (group), group);
  return group;
}

static void
close_if_empty (HnRosterMemory *self, HnRosterGroup *group)
{
  if (hn_roster_group_get_local (group) > 0)
    return;
  hn_roster_history_close (self->history, hn_roster_group_get_name (group), self->now_us);
  g_hash_table_remove (self->groups, hn_roster_group_get_name (group));
}

static void
catch_up (HnRosterMemory *self, const HnRosterCommand *command)
{
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (HnRosterEvent));
  gboolean complete = hn_roster_history_get (self->history, command->group, command->epoch, command->offset, self->now_us, events);

  command->caught (complete, (const HnRosterEvent *) (gpointer) events->data, events->len, command->user_data);
}

static void
carry_out_in_group (HnRosterMemory *self, const HnRosterCommand *command, HnRosterGroup *group)
{
  if (group == NULL)
    return;
  if (command->kind == HN_ROSTER_DO_LEAVE)
    hn_roster_local_leave (group, command->connection, HN_ROSTER_GONE, &self->tell);
  else if (command->kind == HN_ROSTER_DO_SAY)
    hn_roster_local_say (group, command, &self->tell);
  else
    hn_roster_local_remove (group, command->member, command->connection, &self->tell);
  close_if_empty (self, group);
}

static void
carry_out (HnRosterMemory *self, const HnRosterCommand *command, gint64 utc_us)
{
  HnRosterGroup *group = g_hash_table_lookup (self->groups, command->group);

  switch (command->kind) {
  case HN_ROSTER_DO_JOIN:
    group = open_group (self, command->group);
    hn_roster_local_join (group, command, self->process, utc_us, &self->tell);
    close_if_empty (self, group);
    break;
  case HN_ROSTER_DO_ANSWER_JOIN:
    command->joined (command->outcome, NULL, command->user_data);
    break;
  case HN_ROSTER_DO_LEAVE:
  case HN_ROSTER_DO_SAY:
  case HN_ROSTER_DO_REMOVE:
    carry_out_in_group (self, command, group);
    break;
  case HN_ROSTER_DO_LOOK:
    hn_roster_local_look (group, command);
    break;
  case HN_ROSTER_DO_LIST:
    hn_roster_local_list (self->groups, command);
    break;
  case HN_ROSTER_DO_CATCH_UP:
    catch_up (self, command);
    break;
  case HN_ROSTER_DO_BEGIN:
  case HN_ROSTER_DO_REGISTER:
  case HN_ROSTER_DO_FINISH:
  case HN_ROSTER_DO_RENEW:
  case HN_ROSTER_DO_FILL:
  case HN_ROSTER_DO_CLOSE:
    break; /* never in a queue */
  }
}

gboolean
hn_roster_memory_run (HnRosterMemory *self, gint64 now_us, gint64 utc_us, guint most)
{
  void (*closed) (gpointer user_data);

  self->now_us = now_us;
  self->woken = TRUE;
  while (most-- > 0) {
    HnRosterCommand *command = hn_roster_queue_pop (self->queue);

    if (command == NULL)
      break;
    carry_out (self, command, utc_us);
    hn_roster_queue_settle (self->queue, command);
  }
  if (hn_roster_queue_get_length (self->queue) > 0)
    return TRUE;
  self->woken = FALSE;
  closed = g_steal_pointer (&self->closed);
  if (closed != NULL) {
    g_hash_table_remove_all (self->groups);
    self->seats = 0;
    closed (self->closed_data); /* may free us */
  }
  return FALSE;
}

/* ---- calls ---- */

static HnRosterMemory *
of (HnRoster *roster)
{
  return (HnRosterMemory *) roster;
}

static void
wake (HnRosterMemory *self)
{
  if (!self->woken)
    self->later (self->later_data);
  self->woken = TRUE;
}

static void
memory_join (HnRoster *roster, const char *group, const HnRosterSeat *seat, const HnRosterJoinRules *rules, HnRosterJoined joined,
             gpointer user_data)
{
  HnRosterMemory *self = of (roster);

  if (self->closing)
    hn_roster_queue_answer_join (self->queue, HN_ROSTER_BUSY, joined, user_data);
  else
    hn_roster_queue_join (self->queue, group, seat, rules, joined, user_data);
  wake (self);
}

static void
memory_leave (HnRoster *roster, const char *group, const char *connection)
{
  hn_roster_queue_leave (of (roster)->queue, group, connection);
  wake (of (roster));
}

static gboolean
memory_say (HnRoster *roster, const char *group, const char *connection, const char *to, const char *text, gsize length)
{
  HnRosterMemory *self = of (roster);

  if (!hn_roster_queue_say (self->queue, group, connection, to, text, length))
    return FALSE;
  self->published++;
  wake (self);
  return TRUE;
}

static void
memory_remove (HnRoster *roster, const char *group, const char *member, const char *connection)
{
  hn_roster_queue_remove (of (roster)->queue, group, member, connection);
  wake (of (roster));
}

static HnRosterGroup *
memory_find (HnRoster *roster, const char *group)
{
  return g_hash_table_lookup (of (roster)->groups, group);
}

static void
memory_look (HnRoster *roster, const char *group, HnRosterLooked looked, gpointer user_data)
{
  hn_roster_queue_look (of (roster)->queue, group, looked, user_data);
  wake (of (roster));
}

static void
memory_list (HnRoster *roster, guint limit, HnRosterListed listed, gpointer user_data)
{
  hn_roster_queue_list (of (roster)->queue, limit, listed, user_data);
  wake (of (roster));
}

static void
memory_catch_up (HnRoster *roster, const char *group, const char *epoch, guint64 offset, HnRosterCaught caught, gpointer user_data)
{
  hn_roster_queue_catch_up (of (roster)->queue, group, epoch, offset, caught, user_data);
  wake (of (roster));
}

static void
memory_close (HnRoster *roster, void (*closed) (gpointer user_data), gpointer user_data)
{
  HnRosterMemory *self = of (roster);

  self->closing = TRUE;
  self->closed = closed;
  self->closed_data = user_data;
  wake (self);
}

static void
memory_get_figures (HnRoster *roster, HnRosterFigures *ret_figures)
{
  HnRosterMemory *self = of (roster);

  *ret_figures = (HnRosterFigures){
    .available = TRUE,
    .groups = g_hash_table_size (self->groups),
    .seats = self->seats,
    .published = self->published,
    .received = self->received,
    .last_round_us = -1,
  };
}

static void
memory_free (HnRoster *roster)
{
  HnRosterMemory *self = of (roster);

  self->later_free (self->later_data);
  hn_roster_queue_free (self->queue);
  g_hash_table_unref (self->groups);
  hn_roster_history_free (self->history);
  g_free (self->process);
  g_free (self);
}

static void
free_group (gpointer group)
{
  hn_roster_group_free (group);
}

HnRosterMemory *
hn_roster_memory_new (const char *process, const HnRosterEvents *events, gpointer user_data, void (*later) (gpointer later_data),
                      gpointer later_data, GDestroyNotify later_free)
{
  static const HnRosterKeeper keeper = {
    memory_free, memory_join, memory_leave, memory_say,   memory_remove,      memory_find,
    memory_look, memory_list, memory_catch_up, memory_close, memory_get_figures,
  };
  HnRosterMemory *self = g_new0 (HnRosterMemory, 1);

  self->roster.keeper = &keeper;
  self->process = g_strdup (process);
  self->events = events;
  self->user_data = user_data;
  self->later = later;
  self->later_data = later_data;
  self->later_free = later_free;
  self->tell = (HnRosterTell){ on_event, self };
  self->queue = hn_roster_queue_new ();
  self->history = hn_roster_history_new ();
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_group);
  return self;
}

HnRoster *
hn_roster_memory_as_roster (HnRosterMemory *self)
{
  return &self->roster;
}
