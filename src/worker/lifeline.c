/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: how a session began stays known, and what happened last; of one that goes on and off for days the middle is left out. */
#include "worker/lifeline.h"

#include "base/limits.h"

#define FIRST_KEPT (HN_LIMIT_HISTORY / 4)

struct _HnLifeline {
  gint64 created_us;
  GArray *steps; /* of HnLifelineStep */
  guint left_out;
};

void
hn_lifeline_note (HnLifeline *self, HnSessionState state, gint64 now_us, gint64 utc_us)
{
  HnLifelineStep step = { .state = state, .utc_us = utc_us, .after_us = now_us - self->created_us };

  if (self->steps->len > 0 && g_array_index (self->steps, HnLifelineStep, self->steps->len - 1).state == state)
    return;
  if (self->steps->len == HN_LIMIT_HISTORY) {
    g_array_remove_index (self->steps, FIRST_KEPT);
    self->left_out++;
  }
  g_array_append_val (self->steps, step);
}

const GArray *
hn_lifeline_get (const HnLifeline *self, guint *ret_left_out)
{
  *ret_left_out = self->left_out;
  return self->steps;
}

HnLifeline *
hn_lifeline_new (gint64 now_us)
{
  HnLifeline *self = g_new0 (HnLifeline, 1);

  self->created_us = now_us;
  self->steps = g_array_new (FALSE, FALSE, sizeof (HnLifelineStep));
  return self;
}

void
hn_lifeline_free (HnLifeline *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->steps);
  g_free (self);
}
