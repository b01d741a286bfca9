/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "controller/session-index.h"

/* Sessions from the choice of their worker until a heartbeat counts them. Pure; knows nothing of workers but that they are different
 * owners. */

typedef struct _HnReservations HnReservations;

/**
 * hn_reservations_new:
 * @index: outlives it; confirmed sessions are put there
 *
 * Returns: (transfer full): nothing reserved
 */
HnReservations *hn_reservations_new (HnSessionIndex *index);

/**
 * hn_reservations_free:
 * @self: (nullable): what to free
 */
void hn_reservations_free (HnReservations *self);

/**
 * hn_reservations_take:
 * @self: the reservations
 * @owner: who will hold the session
 * @body: by which it is recognised in a heartbeat that comes before the reply
 *
 * Returns: a ticket, never 0
 */
guint64 hn_reservations_take (HnReservations *self, gpointer owner, const HnAddress *body);

/**
 * hn_reservations_find_owner:
 * @self: the reservations
 * @ticket: what hn_reservations_take() gave
 *
 * Returns: (nullable): whose it is; %NULL when it is not valid any more
 */
gpointer hn_reservations_find_owner (const HnReservations *self, guint64 ticket);

/**
 * hn_reservations_find_body:
 * @self: the reservations
 * @body: a body's address
 *
 * Returns: (nullable): the owner of a reservation on that body that waits for its reply
 */
gpointer hn_reservations_find_body (const HnReservations *self, const HnAddress *body);

/**
 * hn_reservations_release:
 * @self: the reservations
 * @ticket: a creation that failed
 */
void hn_reservations_release (HnReservations *self, guint64 ticket);

/**
 * hn_reservations_confirm:
 * @self: the reservations
 * @ticket: a creation that succeeded
 * @session: (transfer full): the session, in the index from now on
 * @now_us: monotonic time
 */
void hn_reservations_confirm (HnReservations *self, guint64 ticket, HnSessionReport *session, gint64 now_us);

/**
 * hn_reservations_fold:
 * @self: the reservations
 * @owner: who has just listed its sessions
 * @sessions: (element-type HnSessionReport): the list, in the index already
 * @round: the owner's count of lists
 * @now_us: monotonic time
 *
 * What the list counts is not counted here any more.
 */
void hn_reservations_fold (HnReservations *self, gpointer owner, GPtrArray *sessions, guint64 round, gint64 now_us);

/**
 * hn_reservations_session_ended:
 * @self: the reservations
 * @owner: who held it
 * @session_id: a session that has left the index
 */
void hn_reservations_session_ended (HnReservations *self, gpointer owner, const char *session_id);

/**
 * hn_reservations_forget:
 * @self: the reservations
 * @owner: who is gone, or started anew and has none of them; its confirmed sessions leave the index
 */
void hn_reservations_forget (HnReservations *self, gpointer owner);

/**
 * hn_reservations_count:
 * @self: the reservations
 * @owner: whose
 *
 * Returns: how many sessions it has or will have on top of those that its last list counts
 */
guint hn_reservations_count (const HnReservations *self, gconstpointer owner);

/**
 * hn_reservations_list_sessions:
 * @self: the reservations
 * @owner: whose
 * @into: (element-type HnSessionReport): its confirmed sessions that no list has had yet are added, borrowed
 */
void hn_reservations_list_sessions (const HnReservations *self, gconstpointer owner, GPtrArray *into);
