/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/pace.h"

#include "base/clock.h"
#include "base/limits.h"

void
hn_pace_gave (HnPace *self, guint64 bytes, gint64 now_us)
{
  if (bytes > 0 || self->since_us == 0)
    self->last_us = now_us;
  self->bytes += bytes;
  if (self->since_us != 0 && self->bytes < HN_LIMIT_PACE_BYTES)
    return;
  self->since_us = now_us;
  self->bytes = 0;
}

void
hn_pace_left (HnPace *self, gsize left_bytes, gint64 now_us)
{
  gsize before = self->left_bytes;

  self->left_bytes = left_bytes;
  hn_pace_gave (self, before > left_bytes ? before - left_bytes : 0, now_us);
}

void
hn_pace_rest (HnPace *self)
{
  *self = (HnPace){ 0 };
}

gint64
hn_pace_get_deadline (const HnPace *self, gint64 stall_us, gint64 window_us)
{
  if (self->since_us == 0)
    return HN_NEVER;
  return MIN (self->last_us + stall_us, self->since_us + window_us);
}
