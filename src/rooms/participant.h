/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"

/* Who is in a room, as clients are shown it: on the socket and by REST. Pure. */

/**
 * hn_participant_card:
 * @user_id: who it is
 * @user_name: what it is called
 *
 * Returns: (transfer full): what a seat in the roster carries: `{"user_id":"…","username":"…"}`
 */
char *hn_participant_card (const char *user_id, const char *user_name);

/**
 * hn_participant_append:
 * @out: where to
 * @seat: a seat with such a card; one of another make is shown by its member's id
 * @time_name: `joined_at` or `timestamp`
 * @utc_us: the time under this name
 *
 * Appends the card with the time in it, as a JSON object.
 */
void hn_participant_append (GString *out, const HnRosterSeat *seat, const char *time_name, gint64 utc_us);

/**
 * hn_participant_append_list:
 * @out: where to
 * @room: its id
 * @seats: (array length=n_seats): each participant once
 * @n_seats: how many
 *
 * Appends `"room_id":"…","participants":[…],"participant_count":2`, without braces around it.
 */
void hn_participant_append_list (GString *out, const char *room, const HnRosterSeat *seats, guint n_seats);
