/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/roster-seat.h"

/* The mirror of one group: its members in order of coming, each with its seats; which of these are this process's own. What roster.h
 * declares of hn_roster_group_… is here too. Pure. */

/**
 * hn_roster_group_new:
 * @name: of the group
 * @process: this process
 *
 * Returns: (transfer full): a mirror without seats, at offset 0 of no epoch
 */
HnRosterGroup *hn_roster_group_new (const char *name, const char *process);

/**
 * hn_roster_group_free:
 * @self: (nullable): a mirror
 */
void hn_roster_group_free (HnRosterGroup *self);

/**
 * hn_roster_group_clear:
 * @self: a mirror: all its seats go
 */
void hn_roster_group_clear (HnRosterGroup *self);

/**
 * hn_roster_group_set_place:
 * @self: a mirror
 * @epoch: of the offsets
 * @offset: of the last event that it holds
 */
void hn_roster_group_set_place (HnRosterGroup *self, const char *epoch, guint64 offset);

/**
 * hn_roster_group_add:
 * @self: a mirror
 * @seat: (transfer none): of hn_roster_seat_new(); its member comes last if it is new
 *
 * Returns: %FALSE when there is a seat of this connection already: nothing is changed
 */
gboolean hn_roster_group_add (HnRosterGroup *self, const HnRosterSeat *seat);

/**
 * hn_roster_group_take:
 * @self: a mirror
 * @connection: of a seat
 *
 * Returns: (transfer full) (nullable): the seat, which is not in the mirror any more
 */
const HnRosterSeat *hn_roster_group_take (HnRosterGroup *self, const char *connection);

/**
 * hn_roster_group_count_seats:
 * @self: a mirror
 * @member: id
 *
 * Returns: how many seats the member has
 */
guint hn_roster_group_count_seats (HnRosterGroup *self, const char *member);

/**
 * hn_roster_group_get_local:
 * @self: a mirror
 *
 * Returns: how many seats are of this process
 */
guint hn_roster_group_get_local (HnRosterGroup *self);

/**
 * hn_roster_group_list_seats:
 * @self: a mirror
 *
 * Returns: (transfer full) (element-type HnRosterSeat): all seats, counted, members in order of coming
 */
GPtrArray *hn_roster_group_list_seats (HnRosterGroup *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRosterGroup, hn_roster_group_free)
