/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"
#include "net/ws-message.h"
#include "rooms/dialect.h"

/* One room as one process sees it: who of it is connected here, and what each of them is told when something happens. What happens comes from the roster, in one
 * order for everybody, our own clients' doings included; so nothing is told before it has its place in that order. Pure: frames leave through HnRoomSend.
 *
 * Whoever joins first gets one `room_state` and nothing about itself; the others get `room_state` and then `user_joined`, and at a leave `room_state` and then `user_left`. A user
 * with several connections is one participant: it joins with the first and leaves with the last. Above HN_LIMIT_ROOM_STATE_MEMBERS participants the others get
 * `user_joined` and `user_left` alone: a list of a thousand for each of a thousand at each join would be nothing but lists.
 *
 * A message goes to everybody but the connection that sent it, or, with a target, to that user's connections (but that one). A frame is encoded once for each dialect in which it is heard. */

typedef struct _HnRoom HnRoom;

/**
 * HnRoomSeat:
 * @connection: its id
 * @member: the user's id
 * @dialect: which names it hears
 * @socket: what HnRoomSend is given
 * @place: the room's own
 * @hash: the room's own
 *
 * A connection that is in the room and can be sent to. Belongs to its owner.
 */
typedef struct {
  const char *connection;
  const char *member;
  HnDialect dialect;
  gpointer socket;
  guint place;
  guint hash;
} HnRoomSeat;

/**
 * HnRoomSend:
 *
 * Sends @message (transfer none) to one socket; must not change the room.
 */
typedef void (*HnRoomSend) (gpointer socket, HnWsMessage *message);

/**
 * hn_room_new:
 * @id: the room's
 * @send: how frames leave
 * @server: JSON: `sender_id` of what the server says: `null` or `"server"`; static
 *
 * Returns: (transfer full): a room without seats
 */
HnRoom *hn_room_new (const char *id, HnRoomSend send, const char *server);

/**
 * hn_room_free:
 * @self: (nullable): a room; its seats are their owners'
 */
void hn_room_free (HnRoom *self);

/**
 * hn_room_get_id:
 * @self: a room
 *
 * Returns: its id
 */
const char *hn_room_get_id (const HnRoom *self);

/**
 * hn_room_get_quoted_id:
 * @self: a room
 *
 * Returns: its id as a JSON string
 */
const char *hn_room_get_quoted_id (const HnRoom *self);

/**
 * hn_room_add:
 * @self: a room
 * @seat: stays valid until hn_room_remove()
 */
void hn_room_add (HnRoom *self, HnRoomSeat *seat);

/**
 * hn_room_remove:
 * @self: a room
 * @seat: one of its seats
 */
void hn_room_remove (HnRoom *self, HnRoomSeat *seat);

/**
 * hn_room_get_seats:
 * @self: a room
 * @ret_count: (out): how many
 *
 * Returns: (transfer none) (array length=ret_count): its seats, in no order; until the next change
 */
HnRoomSeat *const *hn_room_get_seats (const HnRoom *self, guint *ret_count);

/**
 * hn_room_welcome:
 * @self: a room
 * @seat: one of its seats, whose first frame this is
 * @group: the mirror
 * @recovered: whether what it missed follows
 * @utc_us: now
 *
 * Sends it the state of the room: who is there, and as whom it is there itself.
 */
void hn_room_welcome (HnRoom *self, HnRoomSeat *seat, HnRosterGroup *group, gboolean recovered, gint64 utc_us);

/**
 * hn_room_replay:
 * @self: a room
 * @seat: one of its seats
 * @connection: (nullable): which it was when it went
 * @events: (array length=n_events): what happened since, in order
 * @n_events: how many
 *
 * Sends it the messages among them that it would have got.
 *
 * Returns: how many
 */
guint hn_room_replay (HnRoom *self, HnRoomSeat *seat, const char *connection, const HnRosterEvent *events, guint n_events);

/**
 * hn_room_tell:
 * @self: a room
 * @group: the mirror, which has changed already
 * @event: what happened
 * @utc_us: now
 *
 * Returns: how many were sent something; of a message that is not of our making nobody is
 */
guint hn_room_tell (HnRoom *self, HnRosterGroup *group, const HnRosterEvent *event, gint64 utc_us);

/**
 * hn_room_tell_foreign:
 * @self: a room
 * @text: a message of another make of server that shares our store, in the form of hn_envelope_write()
 * @sender: (nullable): the user who is not told
 *
 * Returns: how many were sent it
 */
guint hn_room_tell_foreign (HnRoom *self, HnSlice text, const char *sender);

/**
 * hn_room_is_meant:
 * @seat: a seat
 * @event: a message
 *
 * Returns: whether it goes there
 */
gboolean hn_room_is_meant (const HnRoomSeat *seat, const HnRosterEvent *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRoom, hn_room_free)
