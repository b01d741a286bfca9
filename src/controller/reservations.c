/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a creation takes its slot at once. When a heartbeat lists the new session before the reply is there (recognised by its body: new
 * in this list, alive, nobody else's), or after it (by its id), the heartbeat counts it from then on: so it is never counted twice and
 * never not at all. One whose reply came and that no list has within CONFIRM_SECONDS has ended meanwhile. */
#include "controller/reservations.h"

#include "base/clock.h"

#define CONFIRM_SECONDS 5

typedef struct {
  GPtrArray *all; /* of Reservation, owned */
  guint count;    /* of those that no list counts */
} Owned;

typedef struct {
  guint64 ticket;
  gpointer owner;
  HnAddress body;
  gboolean listed;          /* a list counts it already, the reply is still to come */
  HnSessionReport *session; /* (nullable) the reply came */
  gint64 confirmed_us;
} Reservation;

struct _HnReservations {
  HnSessionIndex *index;
  guint64 last_ticket;
  GHashTable *owners;  /* owner → Owned, owned */
  GHashTable *tickets; /* &ticket → Reservation that waits for its reply, borrowed */
  GHashTable *bodies;  /* &body → the latest of them on that body, borrowed */
};

static void
reservation_free (gpointer data)
{
  Reservation *self = data;

  hn_session_report_free (self->session);
  g_free (self);
}

static void
owned_free (gpointer data)
{
  Owned *self = data;

  g_ptr_array_unref (self->all);
  g_free (self);
}

static Owned *
get_owned (HnReservations *self, gpointer owner)
{
  Owned *owned = g_hash_table_lookup (self->owners, owner);

  if (owned != NULL)
    return owned;
  owned = g_new0 (Owned, 1);
  owned->all = g_ptr_array_new_with_free_func (reservation_free);
  g_hash_table_insert (self->owners, owner, owned);
  return owned;
}

/* It waits for its reply no more; another one of its owner on the same body may. */
static void
stop_waiting (HnReservations *self, Reservation *reservation)
{
  Owned *owned = g_hash_table_lookup (self->owners, reservation->owner);

  if (!g_hash_table_remove (self->tickets, &reservation->ticket)
      || g_hash_table_lookup (self->bodies, &reservation->body) != reservation)
    return;
  g_hash_table_remove (self->bodies, &reservation->body);
  for (guint i = 0; i < owned->all->len; i++) {
    Reservation *other = g_ptr_array_index (owned->all, i);

    if (other != reservation && other->session == NULL && hn_address_equal (&other->body, &reservation->body)) {
      g_hash_table_replace (self->bodies, &other->body, other);
      return;
    }
  }
}

static void
drop (HnReservations *self, Reservation *reservation)
{
  Owned *owned = g_hash_table_lookup (self->owners, reservation->owner);

  stop_waiting (self, reservation);
  if (!reservation->listed)
    owned->count--;
  g_ptr_array_remove_fast (owned->all, reservation);
}

guint64
hn_reservations_take (HnReservations *self, gpointer owner, const HnAddress *body)
{
  Owned *owned = get_owned (self, owner);
  Reservation *reservation = g_new0 (Reservation, 1);

  reservation->ticket = ++self->last_ticket;
  reservation->owner = owner;
  reservation->body = *body;
  g_ptr_array_add (owned->all, reservation);
  owned->count++;
  g_hash_table_insert (self->tickets, &reservation->ticket, reservation);
  g_hash_table_replace (self->bodies, &reservation->body, reservation);
  return reservation->ticket;
}

gpointer
hn_reservations_find_owner (const HnReservations *self, guint64 ticket)
{
  const Reservation *reservation = g_hash_table_lookup (self->tickets, &ticket);

  return reservation != NULL ? reservation->owner : NULL;
}

gpointer
hn_reservations_find_body (const HnReservations *self, const HnAddress *body)
{
  const Reservation *reservation = g_hash_table_lookup (self->bodies, body);

  return reservation != NULL ? reservation->owner : NULL;
}

void
hn_reservations_release (HnReservations *self, guint64 ticket)
{
  Reservation *reservation = g_hash_table_lookup (self->tickets, &ticket);

  if (reservation != NULL)
    drop (self, reservation);
}

void
hn_reservations_confirm (HnReservations *self, guint64 ticket, HnSessionReport *session, gint64 now_us)
{
  g_autoptr (HnSessionReport) owned = session;
  Reservation *reservation = g_hash_table_lookup (self->tickets, &ticket);

  if (reservation == NULL)
    return;
  if (hn_session_index_find (self->index, session->id) != NULL) {
    drop (self, reservation);
    return;
  }
  stop_waiting (self, reservation);
  if (reservation->listed) {
    reservation->listed = FALSE;
    get_owned (self, reservation->owner)->count++;
  }
  reservation->session = g_steal_pointer (&owned);
  reservation->confirmed_us = now_us;
  hn_session_index_put (self->index, reservation->owner, reservation->session, 0);
}

/* ---- heartbeats ---- */

/* The session of @reservation in the list of this round: new in it, on the same body, alive. */
static HnSessionIndexPlace *
recognise (HnReservations *self, const Reservation *reservation, GPtrArray *sessions, guint64 round)
{
  for (guint i = 0; i < sessions->len; i++) {
    const HnSessionReport *session = g_ptr_array_index (sessions, i);
    HnSessionIndexPlace *place = hn_session_index_find (self->index, session->id);
    HnAddress body;

    if (place != NULL && place->owner == reservation->owner && place->born_round == round && !place->recognised
        && hn_session_state_is_live (session->state) && hn_address_parse (session->body_ip, &body)
        && hn_address_equal (&body, &reservation->body))
      return place;
  }
  return NULL;
}

static void
fold_confirmed (HnReservations *self, Reservation *reservation, guint64 round, gint64 now_us)
{
  const HnSessionIndexPlace *place = hn_session_index_find (self->index, reservation->session->id);

  if (place != NULL && place->owner == reservation->owner && place->seen_round == round) {
    drop (self, reservation);
  } else if (now_us - reservation->confirmed_us >= hn_seconds (CONFIRM_SECONDS)) {
    hn_session_index_remove (self->index, reservation->owner, reservation->session->id);
    drop (self, reservation);
  }
}

void
hn_reservations_fold (HnReservations *self, gpointer owner, GPtrArray *sessions, guint64 round, gint64 now_us)
{
  Owned *owned = g_hash_table_lookup (self->owners, owner);

  for (guint i = owned != NULL ? owned->all->len : 0; i > 0; i--) {
    Reservation *reservation = g_ptr_array_index (owned->all, i - 1);
    HnSessionIndexPlace *place;

    if (reservation->session != NULL) {
      fold_confirmed (self, reservation, round, now_us);
      continue;
    }
    place = reservation->listed ? NULL : recognise (self, reservation, sessions, round);
    if (place == NULL)
      continue;
    place->recognised = TRUE;
    reservation->listed = TRUE;
    owned->count--;
  }
}

/* ---- ends ---- */

void
hn_reservations_session_ended (HnReservations *self, gpointer owner, const char *session_id)
{
  Owned *owned = g_hash_table_lookup (self->owners, owner);

  for (guint i = 0; owned != NULL && i < owned->all->len; i++) {
    Reservation *reservation = g_ptr_array_index (owned->all, i);

    if (reservation->session != NULL && g_str_equal (reservation->session->id, session_id)) {
      drop (self, reservation);
      return;
    }
  }
}

void
hn_reservations_forget (HnReservations *self, gpointer owner)
{
  Owned *owned = g_hash_table_lookup (self->owners, owner);

  while (owned != NULL && owned->all->len > 0) {
    Reservation *reservation = g_ptr_array_index (owned->all, owned->all->len - 1);

    if (reservation->session != NULL)
      hn_session_index_remove (self->index, owner, reservation->session->id);
    drop (self, reservation);
  }
  g_hash_table_remove (self->owners, owner);
}

/* ---- questions ---- */

guint
hn_reservations_count (const HnReservations *self, gconstpointer owner)
{
  const Owned *owned = g_hash_table_lookup (self->owners, owner);

  return owned != NULL ? owned->count : 0;
}

void
hn_reservations_list_sessions (const HnReservations *self, gconstpointer owner, GPtrArray *into)
{
  const Owned *owned = g_hash_table_lookup (self->owners, owner);

  for (guint i = 0; owned != NULL && i < owned->all->len; i++) {
    const Reservation *reservation = g_ptr_array_index (owned->all, i);

    if (reservation->session != NULL)
      g_ptr_array_add (into, reservation->session);
  }
}

HnReservations *
hn_reservations_new (HnSessionIndex *index)
{
  HnReservations *self = g_new0 (HnReservations, 1);

  self->index = index;
  self->owners = g_hash_table_new_full (NULL, NULL, NULL, owned_free);
  self->tickets = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->bodies = g_hash_table_new (hn_session_index_hash_body, hn_session_index_equal_bodies);
  return self;
}

void
hn_reservations_free (HnReservations *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->tickets, g_hash_table_unref);
  g_clear_pointer (&self->bodies, g_hash_table_unref);
  g_clear_pointer (&self->owners, g_hash_table_unref);
  g_free (self);
}
