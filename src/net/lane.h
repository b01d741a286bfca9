/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Many that wait, each for the same span: whoever enters last is due last, so that ten thousand deadlines cost one timer and no search. Pure. */

typedef struct _HnLane HnLane;

/* Embedded in who waits; zeros at first. */
typedef struct {
  GList link;    /* `data`: who waits */
  HnLane *lane;  /* NULL: in none */
  gint64 due_us;
} HnLaneSeat;

struct _HnLane {
  GQueue seats;
  gint64 span_us; /* 0: nobody is ever due */
};

/**
 * hn_lane_enter:
 * @self: a lane
 * @seat: who waits; leaves where it was before
 * @owner: what hn_lane_pop() returns then
 * @now_us: time, never less than at the last call
 */
void hn_lane_enter (HnLane *self, HnLaneSeat *seat, gpointer owner, gint64 now_us);

/**
 * hn_lane_leave:
 * @seat: waits no more; nothing happens if it did not
 */
void hn_lane_leave (HnLaneSeat *seat);

/**
 * hn_lane_get_deadline:
 * @self: a lane
 *
 * Returns: when hn_lane_pop() has somebody, or %HN_NEVER
 */
gint64 hn_lane_get_deadline (const HnLane *self);

/**
 * hn_lane_pop:
 * @self: a lane
 * @now_us: time
 *
 * Returns: (transfer none) (nullable): the owner of a seat that is due, which has left
 */
gpointer hn_lane_pop (HnLane *self, gint64 now_us);
