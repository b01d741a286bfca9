/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster.h"

/* Seats that mirror, history and waiting commands share: counted, in one block with their texts, never changed. Pure. */

/**
 * hn_roster_seat_new:
 * @seat: what to copy
 * @process: by whose lease it lives
 * @since_utc_us: when the member came
 *
 * Returns: (transfer full): the seat
 */
const HnRosterSeat *hn_roster_seat_new (const HnRosterSeat *seat, const char *process, gint64 since_utc_us);

/**
 * hn_roster_seat_new_at:
 * @seat: what to copy
 * @process: by whose lease it lives
 * @since_utc_us: when the member came
 * @came_utc_us: when the seat came
 *
 * Returns: (transfer full): the seat
 */
const HnRosterSeat *hn_roster_seat_new_at (const HnRosterSeat *seat, const char *process, gint64 since_utc_us, gint64 came_utc_us);

/**
 * hn_roster_seat_get_came:
 * @self: a seat of hn_roster_seat_new_at()
 *
 * Returns: when it came; with hn_roster_seat_new() the same as its member
 */
gint64 hn_roster_seat_get_came (const HnRosterSeat *self);

/**
 * hn_roster_seat_ref:
 * @self: a seat of hn_roster_seat_new()
 *
 * Returns: (transfer full): the same
 */
const HnRosterSeat *hn_roster_seat_ref (const HnRosterSeat *self);

/**
 * hn_roster_seat_unref:
 * @self: (nullable): a seat of hn_roster_seat_new()
 */
void hn_roster_seat_unref (const HnRosterSeat *self);

/**
 * hn_roster_seat_get_bytes:
 * @self: a seat of hn_roster_seat_new()
 *
 * Returns: what it takes in memory
 */
gsize hn_roster_seat_get_bytes (const HnRosterSeat *self);
