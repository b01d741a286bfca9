/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: an id has one connection; another one for it is a join, never a leave before it. A leave counts for the connection that it names only, so that the end of an old one takes nothing from the new one. */
#include "mesh/directory.h"

typedef struct {
  char *agent_id;
  char *connection;
  gboolean named; /* in the sync under way */
  GList link;
} Entry;

struct _HnDirectory {
  const HnDirectoryEvents *events;
  gpointer user_data;
  GHashTable *entries; /* agent id → Entry; the queue owns them */
  GQueue order;        /* of Entry */
};

static void
drop (HnDirectory *self, Entry *entry)
{
  g_queue_unlink (&self->order, &entry->link);
  g_hash_table_remove (self->entries, entry->agent_id);
  g_free (entry->agent_id);
  g_free (entry->connection);
  g_free (entry);
}

/* The others are told when it is gone already. */
static void
drop_and_tell (HnDirectory *self, Entry *entry)
{
  g_autofree char *agent_id = g_strdup (entry->agent_id);

  drop (self, entry);
  self->events->left (agent_id, self->user_data);
}

static Entry *
add (HnDirectory *self, const char *agent_id)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->agent_id = g_strdup (agent_id);
  entry->link.data = entry;
  g_hash_table_insert (self->entries, entry->agent_id, entry);
  g_queue_push_tail_link (&self->order, &entry->link);
  return entry;
}

void
hn_directory_come (HnDirectory *self, const char *agent_id, const char *connection)
{
  Entry *entry = g_hash_table_lookup (self->entries, agent_id);

  if (entry == NULL)
    entry = add (self, agent_id);
  entry->named = TRUE;
  if (g_strcmp0 (entry->connection, connection) == 0)
    return;
  g_free (entry->connection);
  entry->connection = g_strdup (connection);
  self->events->joined (agent_id, self->user_data);
}

gboolean
hn_directory_leave (HnDirectory *self, const char *agent_id, const char *connection)
{
  Entry *entry = g_hash_table_lookup (self->entries, agent_id);

  if (entry == NULL || !g_str_equal (entry->connection, connection))
    return FALSE;
  drop_and_tell (self, entry);
  return TRUE;
}

void
hn_directory_begin_sync (HnDirectory *self)
{
  for (GList *at = self->order.head; at != NULL; at = at->next)
    ((Entry *) at->data)->named = FALSE;
}

void
hn_directory_end_sync (HnDirectory *self)
{
  for (GList *at = self->order.head, *next; at != NULL; at = next) {
    next = at->next;
    if (!((Entry *) at->data)->named)
      drop_and_tell (self, at->data);
  }
}

void
hn_directory_clear (HnDirectory *self)
{
  while (self->order.head != NULL)
    drop (self, self->order.head->data);
}

guint
hn_directory_count (const HnDirectory *self)
{
  return self->order.length;
}

GPtrArray *
hn_directory_list (const HnDirectory *self, const char *but)
{
  GPtrArray *ids = g_ptr_array_sized_new (self->order.length);

  for (const GList *at = self->order.head; at != NULL; at = at->next) {
    const Entry *entry = at->data;

    if (g_strcmp0 (entry->agent_id, but) != 0)
      g_ptr_array_add (ids, entry->agent_id);
  }
  return ids;
}

HnDirectory *
hn_directory_new (const HnDirectoryEvents *events, gpointer user_data)
{
  HnDirectory *self = g_new0 (HnDirectory, 1);

  self->events = events;
  self->user_data = user_data;
  self->entries = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
hn_directory_free (HnDirectory *self)
{
  if (self == NULL)
    return;
  hn_directory_clear (self);
  g_hash_table_unref (self->entries);
  g_free (self);
}
