/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/rooms-look-http.h"

#include "base/error.h"
#include "rooms/refusal.h"
#include "rooms/room-id.h"
#include "rooms/rooms-reply.h"

struct _HnRoomsLookHttp {
  HnRoster *roster;
  gboolean strict_ids;
  GHashTable *waiting; /* set of Look */
};

typedef struct {
  HnRoomsLookHttp *owner;
  HnHttpRequest *request;
  char *room;            /* (nullable) of all rooms */
  HnRoomsLooked looked;  /* (nullable) likewise */
  gpointer user_data;
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  hn_http_request_unref (look->request);
  g_free (look->room);
  g_free (look);
}

static Look *
look_new (HnRoomsLookHttp *self, HnHttpRequest *request, const char *room)
{
  Look *look = g_new0 (Look, 1);

  look->owner = self;
  look->request = hn_http_request_ref (request);
  look->room = g_strdup (room);
  g_hash_table_add (self->waiting, look);
  return look;
}

static void
reply_error (HnHttpRequest *request, HnErrorCode code, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, code, message);

  hn_http_request_reply_error (request, error);
}

char *
hn_rooms_look_http_find_room (HnRoomsLookHttp *self, HnHttpRequest *request)
{
  const char *segment = hn_http_request_get_param (request, 0);
  char *room = NULL;

  switch (hn_room_id_decide ((HnSlice){ segment, strlen (segment) }, self->strict_ids, &room)) {
  case HN_ROOM_ID_GOOD:
    break;
  case HN_ROOM_ID_BLANK:
    reply_error (request, HN_ERROR_INVALID, hn_refusal_get (HN_REFUSAL_BLANK_ROOM)->reason);
    break;
  case HN_ROOM_ID_WRONG:
    reply_error (request, HN_ERROR_INVALID, hn_refusal_get (HN_REFUSAL_WRONG_ROOM)->reason);
    break;
  case HN_ROOM_ID_NOWHERE:
    reply_error (request, HN_ERROR_NOT_FOUND, "not found");
    break;
  }
  return room;
}

static void
reply_unavailable (HnHttpRequest *request)
{
  hn_http_request_set_header (request, "Retry-After", "1");
  reply_error (request, HN_ERROR_CLOSED, "Room state is not available");
}

static void
on_looked (const HnRosterSeat *seats, guint n_seats, const GError *error, gpointer data)
{
  Look *look = data;

  if (error != NULL)
    reply_unavailable (look->request);
  else if (!g_cancellable_is_cancelled (hn_http_request_get_cancellable (look->request)))
    look->looked (look->request, look->room, seats, n_seats, look->user_data);
  else
    reply_error (look->request, HN_ERROR_CLOSED, "its client has gone");
  g_hash_table_remove (look->owner->waiting, look);
}

void
hn_rooms_look_http_start (HnRoomsLookHttp *self, HnHttpRequest *request, const char *room, HnRoomsLooked looked, gpointer user_data)
{
  Look *look = look_new (self, request, room);

  look->looked = looked;
  look->user_data = user_data;
  hn_roster_look (self->roster, room, on_looked, look);
}

static void
on_listed (const char *const *groups, const guint *members, guint n_groups, const GError *error, gpointer data)
{
  Look *look = data;
  g_autofree char *text = error == NULL ? hn_rooms_reply_list (groups, members, n_groups) : NULL;

  if (text != NULL)
    hn_http_request_reply_text (look->request, 200, "application/json", text);
  else
    reply_unavailable (look->request);
  g_hash_table_remove (look->owner->waiting, look);
}

void
hn_rooms_look_http_list (HnRoomsLookHttp *self, HnHttpRequest *request, guint limit)
{
  hn_roster_list (self->roster, limit, on_listed, look_new (self, request, NULL));
}

HnRoomsLookHttp *
hn_rooms_look_http_new (HnRoster *roster, gboolean strict_ids)
{
  HnRoomsLookHttp *self = g_new0 (HnRoomsLookHttp, 1);

  self->roster = roster;
  self->strict_ids = strict_ids;
  self->waiting = g_hash_table_new_full (NULL, NULL, look_free, NULL);
  return self;
}

void
hn_rooms_look_http_free (HnRoomsLookHttp *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->waiting);
  g_free (self);
}
