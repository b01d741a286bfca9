/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/lane.h"

#include "base/clock.h"

void
hn_lane_enter (HnLane *self, HnLaneSeat *seat, gpointer owner, gint64 now_us)
{
  hn_lane_leave (seat);
  if (self->span_us == 0)
    return;
  seat->link.data = owner;
  seat->lane = self;
  seat->due_us = now_us + self->span_us;
  g_queue_push_tail_link (&self->seats, &seat->link);
}

void
hn_lane_leave (HnLaneSeat *seat)
{
  if (seat->lane == NULL)
    return;
  g_queue_unlink (&seat->lane->seats, &seat->link);
  seat->lane = NULL;
}

static HnLaneSeat *
first (const HnLane *self)
{
  return (HnLaneSeat *) self->seats.head; /* its first member is the link */
}

gint64
hn_lane_get_deadline (const HnLane *self)
{
  return first (self) != NULL ? first (self)->due_us : HN_NEVER;
}

gpointer
hn_lane_pop (HnLane *self, gint64 now_us)
{
  HnLaneSeat *seat = first (self);

  if (seat == NULL || seat->due_us > now_us)
    return NULL;
  hn_lane_leave (seat);
  return seat->link.data;
}
