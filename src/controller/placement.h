/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which of two workers gets the next session. Pure. */

typedef struct {
  const char *id;
  guint load;       /* sessions it holds and creations on their way to it */
  guint max;        /* sessions it may hold */
  gboolean refused; /* it answered 503 since its last heartbeat: it knows something that its load does not say */
} HnPlacementCandidate;

/**
 * hn_placement_has_room:
 * @self: a worker that takes sessions
 *
 * Returns: whether one more fits
 */
gboolean hn_placement_has_room (const HnPlacementCandidate *self);

/**
 * hn_placement_prefers:
 * @a: a worker with room
 * @b: another
 *
 * A strict order: of two different ids exactly one is preferred.
 *
 * Returns: whether @a is the better choice: not refused before refused, then the smaller share of its slots, then fewer
 *   sessions, then the smaller id
 */
gboolean hn_placement_prefers (const HnPlacementCandidate *a, const HnPlacementCandidate *b);
