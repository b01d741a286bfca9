/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/attendance.h"

struct _HnAttendance {
  guint connections_max;
  guint rooms_max;
  GHashTable *users; /* id → User */
};

typedef struct {
  char *room;
  guint connections;
} Place;

typedef struct {
  guint connections;
  GArray *places; /* of Place: few, or one is refused */
} User;

static void
place_clear (gpointer data)
{
  g_free (((Place *) data)->room);
}

static User *
user_new (void)
{
  User *user = g_new0 (User, 1);

  user->places = g_array_new (FALSE, FALSE, sizeof (Place));
  g_array_set_clear_func (user->places, place_clear);
  return user;
}

static void
user_free (gpointer data)
{
  User *user = data;

  g_array_unref (user->places);
  g_free (user);
}

/* Its place in @room, or as many as it has. */
static guint
find_place (const User *user, const char *room)
{
  guint i = 0;

  while (i < user->places->len && !g_str_equal (g_array_index (user->places, Place, i).room, room))
    i++;
  return i;
}

HnRefusal
hn_attendance_enter (HnAttendance *self, const char *user_id, const char *room)
{
  User *user = g_hash_table_lookup (self->users, user_id);
  guint at = user != NULL ? find_place (user, room) : 0;

  if (user != NULL && self->connections_max > 0 && user->connections >= self->connections_max)
    return HN_REFUSAL_TOO_MANY_CONNECTIONS;
  if (user != NULL && self->rooms_max > 0 && at == user->places->len && at >= self->rooms_max)
    return HN_REFUSAL_TOO_MANY_ROOMS;
  if (user == NULL) {
    user = user_new ();
    g_hash_table_insert (self->users, g_strdup (user_id), user);
  }
  if (at == user->places->len) {
    Place place = { .room = g_strdup (room) };

    g_array_append_val (user->places, place);
  }
  g_array_index (user->places, Place, at).connections++;
  user->connections++;
  return HN_REFUSALS;
}

void
hn_attendance_leave (HnAttendance *self, const char *user_id, const char *room)
{
  User *user = g_hash_table_lookup (self->users, user_id);
  guint at = user != NULL ? find_place (user, room) : 0;

  g_return_if_fail (user != NULL && at < user->places->len);
  if (--g_array_index (user->places, Place, at).connections == 0)
    g_array_remove_index_fast (user->places, at);
  if (--user->connections == 0)
    g_hash_table_remove (self->users, user_id);
}

guint
hn_attendance_get_users (const HnAttendance *self)
{
  return g_hash_table_size (self->users);
}

HnAttendance *
hn_attendance_new (guint connections_max, guint rooms_max)
{
  HnAttendance *self = g_new0 (HnAttendance, 1);

  self->connections_max = connections_max;
  self->rooms_max = rooms_max;
  self->users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, user_free);
  return self;
}

void
hn_attendance_free (HnAttendance *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->users);
  g_free (self);
}
