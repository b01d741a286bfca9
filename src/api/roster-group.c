/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a member is there as long as it has a seat; its first seat is the oldest of those that it has now. A connection has one seat. */
#include "api/roster-group.h"

#include <string.h>

typedef struct {
  GQueue seats; /* of HnRosterSeat, oldest first */
  GList link;   /* in HnRosterGroup.order */
} Member;

struct _HnRosterGroup {
  char *name;
  char *process;
  char *epoch;
  guint64 offset;
  guint local;
  gpointer user_data;
  GHashTable *seats;   /* connection → HnRosterSeat, whose reference it holds */
  GHashTable *members; /* id, of its first seat → Member */
  GQueue order;        /* of Member */
};

static void
member_free (gpointer data)
{
  Member *member = data;

  g_queue_clear (&member->seats);
  g_free (member);
}

static void
unref_seat (gpointer seat)
{
  hn_roster_seat_unref (seat);
}

static const HnRosterSeat *
first_of (const Member *member)
{
  return member->seats.head->data;
}

gboolean
hn_roster_group_add (HnRosterGroup *self, const HnRosterSeat *seat)
{
  Member *member = g_hash_table_lookup (self->members, seat->member);

  if (g_hash_table_contains (self->seats, seat->connection))
    return FALSE;
  g_hash_table_insert (self->seats, (gpointer) seat->connection, (gpointer) hn_roster_seat_ref (seat));
  if (member == NULL) {
    member = g_new0 (Member, 1);
    g_queue_init (&member->seats);
    member->link.data = member;
    g_queue_push_tail_link (&self->order, &member->link);
    g_hash_table_insert (self->members, (gpointer) seat->member, member);
  }
  g_queue_push_tail (&member->seats, (gpointer) seat);
  if (g_str_equal (seat->process, self->process))
    self->local++;
  return TRUE;
}

const HnRosterSeat *
hn_roster_group_take (HnRosterGroup *self, const char *connection)
{
  const HnRosterSeat *seat = g_hash_table_lookup (self->seats, connection);
  Member *member;

  if (seat == NULL)
    return NULL;
  member = g_hash_table_lookup (self->members, seat->member);
  g_hash_table_steal (self->members, seat->member); /* its key may be this seat's */
  g_queue_remove (&member->seats, seat);
  if (member->seats.length > 0) {
    g_hash_table_insert (self->members, (gpointer) first_of (member)->member, member);
  } else {
    g_queue_unlink (&self->order, &member->link);
    member_free (member);
  }
  g_hash_table_steal (self->seats, connection);
  if (g_str_equal (seat->process, self->process))
    self->local--;
  return seat;
}

void
hn_roster_group_clear (HnRosterGroup *self)
{
  g_queue_init (&self->order); /* links lie in the members */
  g_hash_table_remove_all (self->members);
  g_hash_table_remove_all (self->seats);
  self->local = 0;
}

void
hn_roster_group_set_place (HnRosterGroup *self, const char *epoch, guint64 offset)
{
  if (!g_str_equal (self->epoch, epoch)) {
    g_free (self->epoch);
    self->epoch = g_strdup (epoch);
  }
  self->offset = offset;
}

const char *
hn_roster_group_get_name (HnRosterGroup *self)
{
  return self->name;
}

const char *
hn_roster_group_get_epoch (HnRosterGroup *self)
{
  return self->epoch;
}

guint64
hn_roster_group_get_offset (HnRosterGroup *self)
{
  return self->offset;
}

guint
hn_roster_group_get_members (HnRosterGroup *self)
{
  return self->order.length;
}

guint
hn_roster_group_get_local (HnRosterGroup *self)
{
  return self->local;
}

guint
hn_roster_group_count_seats (HnRosterGroup *self, const char *member)
{
  const Member *found = g_hash_table_lookup (self->members, member);

  return found != NULL ? found->seats.length : 0;
}

const HnRosterSeat *
hn_roster_group_find_member (HnRosterGroup *self, const char *member)
{
  const Member *found = g_hash_table_lookup (self->members, member);

  return found != NULL ? first_of (found) : NULL;
}

const HnRosterSeat *
hn_roster_group_find_seat (HnRosterGroup *self, const char *connection)
{
  return g_hash_table_lookup (self->seats, connection);
}

void
hn_roster_group_for_each (HnRosterGroup *self, void (*each) (const HnRosterSeat *seat, gpointer user_data), gpointer user_data)
{
  for (GList *at = self->order.head; at != NULL; at = at->next)
    each (first_of (at->data), user_data);
}

GPtrArray *
hn_roster_group_list_seats (HnRosterGroup *self)
{
  GPtrArray *seats = g_ptr_array_new_with_free_func (unref_seat);

  for (GList *at = self->order.head; at != NULL; at = at->next)
    for (GList *seat = ((Member *) at->data)->seats.head; seat != NULL; seat = seat->next)
      g_ptr_array_add (seats, (gpointer) hn_roster_seat_ref (seat->data));
  return seats;
}

void
hn_roster_group_set_user_data (HnRosterGroup *self, gpointer user_data)
{
  self->user_data = user_data;
}

gpointer
hn_roster_group_get_user_data (HnRosterGroup *self)
{
  return self->user_data;
}

HnRosterGroup *
hn_roster_group_new (const char *name, const char *process)
{
  HnRosterGroup *self = g_new0 (HnRosterGroup, 1);

  self->name = g_strdup (name);
  self->process = g_strdup (process);
  self->epoch = g_strdup ("");
  self->seats = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, unref_seat);
  self->members = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, member_free);
  g_queue_init (&self->order);
  return self;
}

void
hn_roster_group_free (HnRosterGroup *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->members);
  g_hash_table_unref (self->seats);
  g_free (self->epoch);
  g_free (self->process);
  g_free (self->name);
  g_free (self);
}
