/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which of two workers gets the next session. Pure. */

typedef struct {
  const char *id;
  guint load;       /* sessions it holds and creations on their way to it */
  guint max;        /* sessions it may hold */
  gboolean refused; /* it answered 503 since its last heartbeat: it knows something that its load does not say */
  gboolean open;    /* healthy and not draining */
} HnPlacementCandidate;

/**
 * hn_placement_may_get:
 * @self: a worker
 *
 * Returns: whether it takes sessions and one more fits
 */
gboolean hn_placement_may_get (const HnPlacementCandidate *self);

/**
 * hn_placement_prefers:
 * @a: a worker with room
 * @b: another
 *
 * A strict order: of two different ids exactly one is preferred.
 *
 * Returns: whether @a is the better choice: who may get one before who may not, then not refused before refused, then the smaller share of its slots, then fewer
 *   sessions, then the smaller id (of two that may not get one, only that)
 */
gboolean hn_placement_prefers (const HnPlacementCandidate *a, const HnPlacementCandidate *b);
