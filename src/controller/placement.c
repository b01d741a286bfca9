/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: load is a share of the slots, so that a big worker gets more; shares are compared by cross multiplication, without rounding.
 * A worker that refused comes last but is not left out: where it is the only one, its own words are what the caller must read. */
#include "controller/placement.h"

#include <string.h>

gboolean
hn_placement_may_get (const HnPlacementCandidate *self)
{
  return self->open && self->load < self->max;
}

gboolean
hn_placement_prefers (const HnPlacementCandidate *a, const HnPlacementCandidate *b)
{
  guint64 a_share = (guint64) a->load * b->max;
  guint64 b_share = (guint64) b->load * a->max;

  if (hn_placement_may_get (a) != hn_placement_may_get (b))
    return hn_placement_may_get (a);
  if (!hn_placement_may_get (a))
    return strcmp (a->id, b->id) < 0;
  if (a->refused != b->refused)
    return b->refused;
  if (a_share != b_share)
    return a_share < b_share;
  if (a->load != b->load)
    return a->load < b->load;
  return strcmp (a->id, b->id) < 0;
}
