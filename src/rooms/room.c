/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/room.h"

#include "base/clock.h"
#include "base/json-scan.h"
#include "base/limits.h"
#include "rooms/envelope.h"
#include "rooms/participant.h"

#define PLACE_BYTES 128 /* `,"offset":…,"epoch":"…"}` */

struct _HnRoom {
  char *id;
  char *quoted_id;
  HnRoomSend send;
  const char *server;
  GPtrArray *seats; /* of HnRoomSeat */
  GString *text;    /* of the frame that is being made */
};

/* A frame on its way to many. Types of one name have one encoding, which both dialects share. */
typedef struct {
  HnDialectType type;
  gboolean common; /* one name in both dialects */
  HnSlice rest;
  char place[PLACE_BYTES];
  HnWsMessage *encoded[HN_DIALECTS];
} Frame;

static void
frame_init (Frame *frame, HnDialectType type, HnSlice rest, guint64 offset, const char *epoch)
{
  frame->type = type;
  frame->common = hn_dialect_is_common (type);
  frame->rest = rest;
  memset (frame->encoded, 0, sizeof frame->encoded);
  if (offset == HN_ROSTER_NO_OFFSET)
    strcpy (frame->place, "}");
  else
    g_snprintf (frame->place, sizeof frame->place, ",\"offset\":%" G_GUINT64_FORMAT ",\"epoch\":\"%.40s\"}", offset, epoch);
}

static HnWsMessage *
encode (const Frame *frame, HnDialect dialect)
{
  char head[64];
  HnSlice parts[3];

  g_snprintf (head, sizeof head, "{\"type\":\"%s", hn_dialect_get_name (frame->type, dialect));
  parts[0] = (HnSlice){ head, strlen (head) };
  parts[1] = frame->rest;
  parts[2] = (HnSlice){ frame->place, strlen (frame->place) };
  return hn_ws_message_new_parts (parts, G_N_ELEMENTS (parts));
}

static void
frame_send (HnRoom *self, Frame *frame, const HnRoomSeat *seat)
{
  HnDialect slot = frame->common ? HN_DIALECT_UNDERSCORE : seat->dialect;

  if (G_UNLIKELY (frame->encoded[slot] == NULL))
    frame->encoded[slot] = encode (frame, seat->dialect);
  self->send (seat->socket, frame->encoded[slot]);
}

static void
frame_clear (Frame *frame)
{
  for (guint i = 0; i < HN_DIALECTS; i++)
    hn_ws_message_unref (frame->encoded[i]);
}

/* ---- what the room says itself ---- */

static void
collect (const HnRosterSeat *seat, gpointer seats)
{
  g_array_append_val ((GArray *) seats, *seat);
}

/* The rest of a frame around a payload of ours, in the room's own text. */
static HnSlice
wrap (HnRoom *self, const GString *payload, gint64 utc_us)
{
  char stamp[HN_CLOCK_ISO8601_SIZE + 2] = "\"";

  hn_clock_iso8601 (utc_us, stamp + 1);
  strcat (stamp, "\"");
  g_string_truncate (self->text, 0);
  hn_envelope_append_rest (self->text, (HnSlice){ payload->str, payload->len }, self->server, self->quoted_id,
                           (HnSlice){ stamp, strlen (stamp) });
  return (HnSlice){ self->text->str, self->text->len };
}

static HnSlice
write_state (HnRoom *self, HnRosterGroup *group, const HnRoomSeat *seat, gboolean recovered, gint64 utc_us)
{
  g_autoptr (GArray) seats = g_array_new (FALSE, FALSE, sizeof (HnRosterSeat));
  g_autoptr (GString) payload = g_string_new ("{");

  hn_roster_group_for_each (group, collect, seats);
  hn_participant_append_list (payload, self->id, (const HnRosterSeat *) (gpointer) seats->data, seats->len);
  if (seat != NULL) {
    g_string_append (payload, ",\"user_id\":");
    hn_json_append_string (payload, seat->member);
    g_string_append_printf (payload, ",\"connection_id\":\"%s\",\"recovered\":%s", seat->connection, recovered ? "true" : "false");
  }
  g_string_append_c (payload, '}');
  return wrap (self, payload, utc_us);
}

void
hn_room_welcome (HnRoom *self, HnRoomSeat *seat, HnRosterGroup *group, gboolean recovered, gint64 utc_us)
{
  Frame frame;

  frame_init (&frame, HN_DIALECT_ROOM_STATE, write_state (self, group, seat, recovered, utc_us), hn_roster_group_get_offset (group),
              hn_roster_group_get_epoch (group));
  frame_send (self, &frame, seat);
  frame_clear (&frame);
}

/* To everybody but one connection. */
static guint
send_to_others (HnRoom *self, Frame *frame, const char *connection)
{
  guint sent = 0;

  for (guint i = 0; i < self->seats->len; i++) {
    const HnRoomSeat *seat = g_ptr_array_index (self->seats, i);

    if (g_str_equal (seat->connection, connection))
      continue;
    frame_send (self, frame, seat);
    sent++;
  }
  frame_clear (frame);
  return sent;
}

/* A list says where a client may come back to: before the event that it goes with, of which it has not heard yet. */
static void
tell_state (HnRoom *self, HnRosterGroup *group, const HnRosterEvent *event, gint64 utc_us)
{
  Frame frame;

  if (hn_roster_group_get_members (group) > HN_LIMIT_ROOM_STATE_MEMBERS)
    return;
  frame_init (&frame, HN_DIALECT_ROOM_STATE, write_state (self, group, NULL, FALSE, utc_us),
              event->offset > 1 ? event->offset - 1 : HN_ROSTER_NO_OFFSET, event->epoch);
  send_to_others (self, &frame, event->seat.connection);
}

static guint
tell_presence (HnRoom *self, HnRosterGroup *group, const HnRosterEvent *event, gint64 utc_us)
{
  gboolean came = event->kind == HN_ROSTER_CAME;
  g_autoptr (GString) payload = g_string_new (NULL);
  Frame frame;

  if (event->seats_of_member != (came ? 1 : 0) || self->seats->len == 0)
    return 0;
  tell_state (self, group, event, utc_us);
  hn_participant_append (payload, &event->seat, "timestamp", utc_us);
  frame_init (&frame, came ? HN_DIALECT_USER_JOINED : HN_DIALECT_USER_LEFT, wrap (self, payload, utc_us), event->offset, event->epoch);
  return send_to_others (self, &frame, event->seat.connection);
}

/* ---- what clients say ---- */

gboolean
hn_room_is_meant (const HnRoomSeat *seat, const HnRosterEvent *event)
{
  return (event->to == NULL || g_str_equal (event->to, seat->member)) && !g_str_equal (event->seat.connection, seat->connection);
}

static guint
tell_message (HnRoom *self, const HnRosterEvent *event)
{
  HnDialectType type;
  HnSlice rest;
  Frame frame;
  guint sent = 0;
  guint hash = event->to != NULL ? g_str_hash (event->to) : 0;

  if (!hn_envelope_look ((HnSlice){ event->text, event->length }, &type, &rest))
    return 0;
  frame_init (&frame, type, rest, event->offset, event->epoch);
  if (event->to == NULL)
    return send_to_others (self, &frame, event->seat.connection);
  for (guint i = 0; i < self->seats->len; i++) {
    const HnRoomSeat *seat = g_ptr_array_index (self->seats, i);

    if (seat->hash != hash || !hn_room_is_meant (seat, event))
      continue;
    frame_send (self, &frame, seat);
    sent++;
  }
  frame_clear (&frame);
  return sent;
}

guint
hn_room_tell_foreign (HnRoom *self, HnSlice text, const char *sender)
{
  HnDialectType type;
  HnSlice rest;
  Frame frame;
  guint sent = 0;

  if (!hn_envelope_look (text, &type, &rest))
    return 0;
  frame_init (&frame, type, rest, HN_ROSTER_NO_OFFSET, "");
  for (guint i = 0; i < self->seats->len; i++) {
    const HnRoomSeat *seat = g_ptr_array_index (self->seats, i);

    if (g_strcmp0 (seat->member, sender) == 0)
      continue;
    frame_send (self, &frame, seat);
    sent++;
  }
  frame_clear (&frame);
  return sent;
}

guint
hn_room_replay (HnRoom *self, HnRoomSeat *seat, const char *connection, const HnRosterEvent *events, guint n_events)
{
  guint sent = 0;

  for (guint i = 0; i < n_events; i++) {
    HnDialectType type;
    HnSlice rest;
    Frame frame;

    if (events[i].kind != HN_ROSTER_SAID || !hn_room_is_meant (seat, &events[i])
        || g_strcmp0 (events[i].seat.connection, connection) == 0
        || !hn_envelope_look ((HnSlice){ events[i].text, events[i].length }, &type, &rest))
      continue;
    frame_init (&frame, type, rest, events[i].offset, events[i].epoch);
    frame_send (self, &frame, seat);
    frame_clear (&frame);
    sent++;
  }
  return sent;
}

/* ---- what happens ---- */

guint
hn_room_tell (HnRoom *self, HnRosterGroup *group, const HnRosterEvent *event, gint64 utc_us)
{
  switch (event->kind) {
  case HN_ROSTER_CAME:
  case HN_ROSTER_LEFT:
    return tell_presence (self, group, event, utc_us);
  case HN_ROSTER_SAID:
    return tell_message (self, event);
  case HN_ROSTER_RESET:
    for (guint i = 0; i < self->seats->len; i++)
      hn_room_welcome (self, g_ptr_array_index (self->seats, i), group, FALSE, utc_us);
    return self->seats->len;
  case HN_ROSTER_REPLACED:
    break; /* nobody is replaced where a user may have many seats */
  }
  return 0;
}

/* ---- seats ---- */

void
hn_room_add (HnRoom *self, HnRoomSeat *seat)
{
  seat->place = self->seats->len;
  seat->hash = g_str_hash (seat->member);
  g_ptr_array_add (self->seats, seat);
}

void
hn_room_remove (HnRoom *self, HnRoomSeat *seat)
{
  HnRoomSeat *last = g_ptr_array_index (self->seats, self->seats->len - 1);

  last->place = seat->place;
  g_ptr_array_remove_index_fast (self->seats, seat->place);
}

HnRoomSeat *const *
hn_room_get_seats (const HnRoom *self, guint *ret_count)
{
  *ret_count = self->seats->len;
  return (HnRoomSeat *const *) (gpointer) self->seats->pdata;
}

const char *
hn_room_get_id (const HnRoom *self)
{
  return self->id;
}

const char *
hn_room_get_quoted_id (const HnRoom *self)
{
  return self->quoted_id;
}

HnRoom *
hn_room_new (const char *id, HnRoomSend send, const char *server)
{
  HnRoom *self = g_new0 (HnRoom, 1);
  GString *quoted = g_string_new (NULL);

  hn_json_append_string (quoted, id);
  self->id = g_strdup (id);
  self->quoted_id = g_string_free (quoted, FALSE);
  self->send = send;
  self->server = server;
  self->seats = g_ptr_array_new ();
  self->text = g_string_new (NULL);
  return self;
}

void
hn_room_free (HnRoom *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->quoted_id);
  g_ptr_array_unref (self->seats);
  g_string_free (self->text, TRUE);
  g_free (self);
}
