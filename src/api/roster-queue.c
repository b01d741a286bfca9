/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: first come, first done. What is refused beyond HN_LIMIT_ROSTER_WAITING commands or HN_LIMIT_ROSTER_WAITING_BYTES of texts is what
 * a stranger asks for: joins (answered BUSY) and words. A leave is never refused: a seat must not stay behind. */
#include "api/roster-queue.h"

#include <string.h>

#include "base/limits.h"

struct _HnRosterQueue {
  GQueue commands;   /* of HnRosterCommand, oldest first */
  GHashTable *joins; /* connection → JOIN that waits: the last one */
  gsize bytes;
};

void
hn_roster_command_free (HnRosterCommand *self)
{
  if (self == NULL)
    return;
  hn_roster_seat_unref (self->seat);
  g_free (self->group);
  g_free (self->connection);
  g_free (self->member);
  g_free (self->text);
  g_free (self->epoch);
  g_free (self);
}

static gboolean
is_full (const HnRosterQueue *self)
{
  return self->commands.length >= HN_LIMIT_ROSTER_WAITING || self->bytes >= HN_LIMIT_ROSTER_WAITING_BYTES;
}

static HnRosterCommand *
push (HnRosterQueue *self, HnRosterDo kind, const char *group, gpointer user_data)
{
  HnRosterCommand *command = g_new0 (HnRosterCommand, 1);

  command->kind = kind;
  command->group = g_strdup (group);
  command->user_data = user_data;
  g_queue_push_tail (&self->commands, command);
  return command;
}

void
hn_roster_queue_answer_join (HnRosterQueue *self, HnRosterOutcome outcome, HnRosterJoined joined, gpointer user_data)
{
  HnRosterCommand *command = push (self, HN_ROSTER_DO_ANSWER_JOIN, "", user_data);

  command->outcome = outcome;
  command->joined = joined;
}

void
hn_roster_queue_join (HnRosterQueue *self, const char *group, const HnRosterSeat *seat, const HnRosterJoinRules *rules,
                      HnRosterJoined joined, gpointer user_data)
{
  gboolean full = is_full (self);
  HnRosterCommand *command = push (self, full ? HN_ROSTER_DO_ANSWER_JOIN : HN_ROSTER_DO_JOIN, group, user_data);

  command->outcome = HN_ROSTER_BUSY;
  command->joined = joined;
  command->rules = *rules;
  command->seat = hn_roster_seat_new (seat, "", 0);
  g_hash_table_replace (self->joins, (gpointer) command->seat->connection, command);
}

void
hn_roster_queue_leave (HnRosterQueue *self, const char *group, const char *connection)
{
  HnRosterCommand *join = g_hash_table_lookup (self->joins, connection);

  if (join != NULL && g_str_equal (join->group, group)) {
    join->joined = NULL;
    g_hash_table_remove (self->joins, connection);
  }
  push (self, HN_ROSTER_DO_LEAVE, group, NULL)->connection = g_strdup (connection);
}

gboolean
hn_roster_queue_say (HnRosterQueue *self, const char *group, const char *connection, const char *to, const char *text, gsize length)
{
  HnRosterCommand *command;

  if (is_full (self))
    return FALSE;
  command = push (self, HN_ROSTER_DO_SAY, group, NULL);
  command->connection = g_strdup (connection);
  command->member = g_strdup (to);
  command->text = g_malloc (length + 1);
  memcpy (command->text, text, length);
  command->text[length] = '\0';
  command->length = length;
  self->bytes += length;
  return TRUE;
}

void
hn_roster_queue_remove (HnRosterQueue *self, const char *group, const char *member)
{
  push (self, HN_ROSTER_DO_REMOVE, group, NULL)->member = g_strdup (member);
}

void
hn_roster_queue_look (HnRosterQueue *self, const char *group, HnRosterLooked looked, gpointer user_data)
{
  push (self, HN_ROSTER_DO_LOOK, group, user_data)->looked = looked;
}

void
hn_roster_queue_list (HnRosterQueue *self, guint limit, HnRosterListed listed, gpointer user_data)
{
  HnRosterCommand *command = push (self, HN_ROSTER_DO_LIST, "", user_data);

  command->offset = limit;
  command->listed = listed;
}

void
hn_roster_queue_catch_up (HnRosterQueue *self, const char *group, const char *epoch, guint64 offset, HnRosterCaught caught,
                          gpointer user_data)
{
  HnRosterCommand *command = push (self, HN_ROSTER_DO_CATCH_UP, group, user_data);

  command->epoch = g_strdup (epoch);
  command->offset = offset;
  command->caught = caught;
}

static gboolean
is_void (const HnRosterCommand *command)
{
  return command->seat != NULL && command->joined == NULL;
}

HnRosterCommand *
hn_roster_queue_pop (HnRosterQueue *self)
{
  for (;;) {
    g_autoptr (HnRosterCommand) command = g_queue_pop_head (&self->commands);

    if (command == NULL)
      return NULL;
    self->bytes -= command->length;
    if (command->seat != NULL && g_hash_table_lookup (self->joins, command->seat->connection) == command)
      g_hash_table_remove (self->joins, command->seat->connection);
    if (!is_void (command))
      return g_steal_pointer (&command);
  }
}

guint
hn_roster_queue_get_length (const HnRosterQueue *self)
{
  return self->commands.length;
}

HnRosterQueue *
hn_roster_queue_new (void)
{
  HnRosterQueue *self = g_new0 (HnRosterQueue, 1);

  self->joins = g_hash_table_new (g_str_hash, g_str_equal);
  g_queue_init (&self->commands);
  return self;
}

static void
free_command (gpointer command)
{
  hn_roster_command_free (command);
}

void
hn_roster_queue_free (HnRosterQueue *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->joins);
  g_queue_clear_full (&self->commands, free_command);
  g_free (self);
}
