/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rooms/refusal.h"

/* How many connections each user has with this process, and in how many rooms. Pure. */

typedef struct _HnAttendance HnAttendance;

/**
 * hn_attendance_new:
 * @connections_max: of one user, 0: any number
 * @rooms_max: likewise
 *
 * Returns: (transfer full): nobody is here
 */
HnAttendance *hn_attendance_new (guint connections_max, guint rooms_max);

/**
 * hn_attendance_free:
 * @self: (nullable): what to free
 */
void hn_attendance_free (HnAttendance *self);

/**
 * hn_attendance_enter:
 * @self: who is here
 * @user: who comes
 * @room: where to
 *
 * Returns: %HN_REFUSALS: it is counted until hn_attendance_leave(); else TOO_MANY_CONNECTIONS or TOO_MANY_ROOMS
 */
HnRefusal hn_attendance_enter (HnAttendance *self, const char *user, const char *room);

/**
 * hn_attendance_leave:
 * @self: who is here
 * @user: who goes
 * @room: from where
 */
void hn_attendance_leave (HnAttendance *self, const char *user, const char *room);

/**
 * hn_attendance_get_users:
 * @self: who is here
 *
 * Returns: how many users
 */
guint hn_attendance_get_users (const HnAttendance *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAttendance, hn_attendance_free)
