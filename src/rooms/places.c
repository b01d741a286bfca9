/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/places.h"

typedef struct {
  HnRoom *room;
  guint taken;
} Place;

struct _HnPlaces {
  HnRoomSend send;
  const char *server;
  GHashTable *rooms; /* id → Place */
};

static void
place_free (gpointer data)
{
  Place *place = data;

  hn_room_free (place->room);
  g_free (place);
}

HnRoom *
hn_places_take (HnPlaces *self, const char *id)
{
  Place *place = g_hash_table_lookup (self->rooms, id);

  if (place == NULL) {
    place = g_new0 (Place, 1);
    place->room = hn_room_new (id, self->send, self->server);
    g_hash_table_insert (self->rooms, (gpointer) hn_room_get_id (place->room), place);
  }
  place->taken++;
  return place->room;
}

void
hn_places_give_back (HnPlaces *self, HnRoom *room)
{
  Place *place = g_hash_table_lookup (self->rooms, hn_room_get_id (room));

  if (--place->taken == 0)
    g_hash_table_remove (self->rooms, hn_room_get_id (room));
}

HnRoom *
hn_places_find (HnPlaces *self, const char *id)
{
  const Place *place = g_hash_table_lookup (self->rooms, id);

  return place != NULL ? place->room : NULL;
}

guint
hn_places_get_rooms (const HnPlaces *self)
{
  return g_hash_table_size (self->rooms);
}

HnPlaces *
hn_places_new (HnRoomSend send, const char *server)
{
  HnPlaces *self = g_new0 (HnPlaces, 1);

  self->send = send;
  self->server = server;
  self->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, place_free);
  return self;
}

void
hn_places_free (HnPlaces *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->rooms);
  g_free (self);
}
