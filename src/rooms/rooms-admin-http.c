/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/rooms-admin-http.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "rooms/rooms-reply.h"

#define LIST_DEFAULT 1000

struct _HnRoomsAdminHttp {
  HnRoomsLookHttp *looks;
  HnRoomsWs *ws;
  HnRoster *roster;
};

static void
reply_not_found (HnHttpRequest *request, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_NOT_FOUND, message);

  hn_http_request_reply_error (request, error);
}

static void
reply_removed (HnHttpRequest *request, const char *room, guint removed)
{
  g_autofree char *text = g_strdup_printf ("{\"success\":true,\"room_id\":\"%s\",\"removed\":%u}\n", room, removed); /* an id needs no escape */

  hn_http_request_reply_text (request, 200, "application/json", text);
}

void
hn_rooms_admin_http_list (HnRoomsAdminHttp *self, HnHttpRequest *request)
{
  const char *wanted = hn_http_request_get_query (request, "limit");
  guint64 limit = LIST_DEFAULT;
  g_autofree char *text = NULL;

  if (wanted == NULL || g_ascii_string_to_unsigned (wanted, 10, 1, HN_LIMIT_ROOMS_LISTED, &limit, NULL)) {
    hn_rooms_look_http_list (self->looks, request, (guint) limit);
    return;
  }
  text = hn_rooms_reply_bad_number ("limit", wanted, 1, HN_LIMIT_ROOMS_LISTED);
  hn_http_request_reply_text (request, 422, "application/json", text);
}

static void
reply_room (HnHttpRequest *request, const char *room, const HnRosterSeat *seats, guint n_seats, gpointer data)
{
  HnRoomsAdminHttp *self = data;
  HnRosterGroup *group = hn_roster_find (self->roster, room);
  HnRoom *here = hn_visits_ws_find_room (hn_rooms_ws_get_visits (self->ws), room);
  HnRoomsFigures figures = { 0 };
  g_autofree char *text = NULL;

  if (here != NULL)
    hn_room_get_seats (here, &figures.connections);
  if (group != NULL) {
    figures.offset = hn_roster_group_get_offset (group);
    figures.epoch = hn_roster_group_get_epoch (group);
  }
  text = hn_rooms_reply_room (room, seats, n_seats, &figures);
  hn_http_request_reply_text (request, 200, "application/json", text);
}

void
hn_rooms_admin_http_show (HnRoomsAdminHttp *self, HnHttpRequest *request)
{
  g_autofree char *room = hn_rooms_look_http_find_room (self->looks, request);

  if (room != NULL)
    hn_rooms_look_http_start (self->looks, request, room, reply_room, self);
}

static void
close_room (HnHttpRequest *request, const char *room, const HnRosterSeat *seats, guint n_seats, gpointer data)
{
  HnRoomsAdminHttp *self = data;
  g_autoptr (GPtrArray) members = g_ptr_array_new_with_free_func (g_free);

  if (n_seats == 0) {
    reply_not_found (request, "Nobody is in this room");
    return;
  }
  /* the seats may go with the first of them */
  for (guint i = 0; i < n_seats; i++)
    g_ptr_array_add (members, g_strdup (seats[i].member));
  for (guint i = 0; i < members->len; i++)
    hn_roster_remove (self->roster, room, members->pdata[i]);
  hn_info ("rooms", NULL, "closed by an operator room=%s participants=%u", room, members->len);
  reply_removed (request, room, members->len);
}

void
hn_rooms_admin_http_close (HnRoomsAdminHttp *self, HnHttpRequest *request)
{
  g_autofree char *room = hn_rooms_look_http_find_room (self->looks, request);

  if (room != NULL)
    hn_rooms_look_http_start (self->looks, request, room, close_room, self);
}

static void
kick (HnHttpRequest *request, const char *room, const HnRosterSeat *seats, guint n_seats, gpointer data)
{
  HnRoomsAdminHttp *self = data;
  g_autofree char *user = g_uri_unescape_string (hn_http_request_get_param (request, 1), NULL);
  gboolean is_there = FALSE;

  for (guint i = 0; user != NULL && i < n_seats; i++)
    is_there |= g_str_equal (seats[i].member, user);
  if (!is_there) {
    reply_not_found (request, "No such participant in this room");
    return;
  }
  hn_roster_remove (self->roster, room, user);
  hn_info ("rooms", NULL, "taken out by an operator room=%s user=%s", room, user);
  reply_removed (request, room, 1);
}

void
hn_rooms_admin_http_kick (HnRoomsAdminHttp *self, HnHttpRequest *request)
{
  g_autofree char *room = hn_rooms_look_http_find_room (self->looks, request);

  if (room != NULL)
    hn_rooms_look_http_start (self->looks, request, room, kick, self);
}

HnRoomsAdminHttp *
hn_rooms_admin_http_new (HnRoomsLookHttp *looks, HnRoomsWs *ws, HnRoster *roster)
{
  HnRoomsAdminHttp *self = g_new0 (HnRoomsAdminHttp, 1);

  self->looks = looks;
  self->ws = ws;
  self->roster = roster;
  return self;
}

void
hn_rooms_admin_http_free (HnRoomsAdminHttp *self)
{
  g_free (self);
}
