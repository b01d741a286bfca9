/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: first come, first done. What was begun counts until it is settled: that is what waits for a store. What is refused beyond HN_LIMIT_ROSTER_WAITING commands or HN_LIMIT_ROSTER_WAITING_BYTES of texts is what
 * a stranger asks for: joins (answered BUSY) and words. A leave is never refused: a seat must not stay behind. */
#include "api/roster-queue.h"

#include <string.h>

#include "base/limits.h"

struct _HnRosterQueue {
  GQueue commands;   /* of HnRosterCommand, oldest first */
  GHashTable *joins; /* connection → JOIN that is not settled: the last one */
  guint count;       /* not settled */
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
  return self->count >= HN_LIMIT_ROSTER_WAITING || self->bytes >= HN_LIMIT_ROSTER_WAITING_BYTES;
}

HnRosterCommand *
hn_roster_command_new (HnRosterDo kind, const char *group)
{
  HnRosterCommand *self = g_new0 (HnRosterCommand, 1);

  self->kind = kind;
  self->group = g_strdup (group);
  self->link.data = self->said.data = self;
  return self;
}

static HnRosterCommand *
push (HnRosterQueue *self, HnRosterDo kind, const char *group, gpointer user_data)
{
  HnRosterCommand *command = hn_roster_command_new (kind, group);

  command->user_data = user_data;
  g_queue_push_tail_link (&self->commands, &command->link);
  self->count++;
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

  if (join != NULL && g_str_equal (join->group, group))
    join->joined = NULL;
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
hn_roster_queue_remove (HnRosterQueue *self, const char *group, const char *member, const char *connection)
{
  HnRosterCommand *command = push (self, HN_ROSTER_DO_REMOVE, group, NULL);

  command->member = g_strdup (member);
  command->connection = g_strdup (connection);
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

void
hn_roster_queue_settle (HnRosterQueue *self, HnRosterCommand *command)
{
  self->count--;
  self->bytes -= command->length;
  if (command->seat != NULL && g_hash_table_lookup (self->joins, command->seat->connection) == command)
    g_hash_table_remove (self->joins, command->seat->connection);
  hn_roster_command_free (command);
}

HnRosterCommand *
hn_roster_queue_pop (HnRosterQueue *self)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&self->commands)) != NULL) {
    HnRosterCommand *command = link->data;

    if (command->seat == NULL || command->joined != NULL)
      return command;
    hn_roster_queue_settle (self, command); /* it left again before it came */
  }
  return NULL;
}

void
hn_roster_queue_put_back (HnRosterQueue *self, GQueue *commands)
{
  GList *link;

  while ((link = g_queue_pop_tail_link (commands)) != NULL)
    g_queue_push_head_link (&self->commands, link);
}

HnRosterCommand *
hn_roster_queue_find_join (const HnRosterQueue *self, const char *connection)
{
  return g_hash_table_lookup (self->joins, connection);
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

void
hn_roster_queue_free (HnRosterQueue *self)
{
  if (self == NULL)
    return;
  while (self->commands.head != NULL)
    hn_roster_command_free (g_queue_pop_head_link (&self->commands)->data);
  g_hash_table_unref (self->joins);
  g_free (self);
}
