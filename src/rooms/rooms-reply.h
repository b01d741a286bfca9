/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"

/* Bodies of REST answers, in the shapes that clients of this protocol know. Pure. */

/**
 * hn_rooms_reply_error:
 * @status: HTTP status
 * @message: what is wrong
 * @detail: (nullable): not shown
 *
 * Returns: (transfer full): `{"detail":"…"}`: an HnHttpErrorBody
 */
char *hn_rooms_reply_error (guint status, const char *message, const char *detail);

/**
 * hn_rooms_reply_bad_number:
 * @name: a query parameter
 * @value: what it was
 * @min: the smallest that it may be
 * @max: the largest
 *
 * Returns: (transfer full): `{"detail":[{…}]}` of a 422, which names it
 */
char *hn_rooms_reply_bad_number (const char *name, const char *value, guint min, guint max);

typedef struct {
  gboolean has_redis; /* it is configured */
  gboolean is_up;
  gint64 latency_us; /* -1: not known */
  gint64 uptime_us;
  gint64 utc_us;
  const char *version;
} HnRoomsHealth;

/**
 * hn_rooms_reply_health:
 * @health: what is known
 *
 * Returns: (transfer full): the answer of `/webrtc/health`; healthy unless Redis is configured and away
 */
char *hn_rooms_reply_health (const HnRoomsHealth *health);

/* What this instance knows of a room. */
typedef struct {
  guint connections; /* here */
  guint64 offset;    /* of the last message */
  const char *epoch; /* (nullable): nobody of this instance is in it */
} HnRoomsFigures;

/**
 * hn_rooms_reply_room:
 * @room: its id
 * @seats: (array length=n_seats): who is there
 * @n_seats: how many
 * @figures: (nullable): for an operator; %NULL: as everybody sees it
 *
 * Returns: (transfer full): who is in a room
 */
char *hn_rooms_reply_room (const char *room, const HnRosterSeat *seats, guint n_seats, const HnRoomsFigures *figures);

/**
 * hn_rooms_reply_list:
 * @rooms: (array length=n_rooms): names
 * @members: (array length=n_rooms): how many participants each has
 * @n_rooms: how many
 *
 * Returns: (transfer full): a list for an operator, by name
 */
char *hn_rooms_reply_list (const char *const *rooms, const guint *members, guint n_rooms);
