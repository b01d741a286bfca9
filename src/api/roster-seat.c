/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-seat.h"

#include <string.h>

typedef struct {
  HnRosterSeat seat; /* first: what is handed out */
  guint refs;
  gsize bytes;
  gint64 came_utc_us;
  char texts[];
} Box;

static Box *
box_of (const HnRosterSeat *seat)
{
  return (Box *) seat;
}

static const char *
put (char **at, const char *text)
{
  char *place = *at;

  *at = g_stpcpy (place, text) + 1;
  return place;
}

const HnRosterSeat *
hn_roster_seat_new_at (const HnRosterSeat *seat, const char *process, gint64 since_utc_us, gint64 came_utc_us)
{
  gsize bytes = sizeof (Box) + strlen (seat->member) + strlen (seat->connection) + strlen (process) + strlen (seat->card) + 4;
  Box *self = g_malloc (bytes);
  char *at = self->texts;

  self->refs = 1;
  self->bytes = bytes;
  self->seat.member = put (&at, seat->member);
  self->seat.connection = put (&at, seat->connection);
  self->seat.process = put (&at, process);
  self->seat.card = put (&at, seat->card);
  self->seat.since_utc_us = since_utc_us;
  self->came_utc_us = came_utc_us;
  return &self->seat;
}

const HnRosterSeat *
hn_roster_seat_new (const HnRosterSeat *seat, const char *process, gint64 since_utc_us)
{
  return hn_roster_seat_new_at (seat, process, since_utc_us, since_utc_us);
}

gint64
hn_roster_seat_get_came (const HnRosterSeat *self)
{
  return box_of (self)->came_utc_us;
}

const HnRosterSeat *
hn_roster_seat_ref (const HnRosterSeat *self)
{
  box_of (self)->refs++;
  return self;
}

void
hn_roster_seat_unref (const HnRosterSeat *self)
{
  if (self != NULL && --box_of (self)->refs == 0)
    g_free (box_of (self));
}

gsize
hn_roster_seat_get_bytes (const HnRosterSeat *self)
{
  return box_of (self)->bytes;
}
