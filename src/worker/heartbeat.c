/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A beat each period, and at once on every change. Changes while one is under way make one more afterwards. A beat that failed is
 * tried again after 0.25, 0.5, 1, 2, 4 and then every 5 s, less up to a half of it by chance: so a controller that comes back knows
 * everything within 5 s, and a thousand workers do not come all at once. A change does not hurry a controller that is down.
 * The last one: it is tried once, and after one under way, so that none overtakes it. */

#include "worker/heartbeat.h"

#include "base/clock.h"

#define FIRST_RETRY_US G_GINT64_CONSTANT (250000)
#define LAST_RETRY_US G_GINT64_CONSTANT (5000000)

struct _HnHeartbeat {
  gint64 period_us;
  gint64 due_us; /* HN_NEVER while one is under way */
  gboolean changed_meanwhile;
  gboolean leaving;
  gboolean last_sent;
  gboolean left;
  guint failures;
  HnRandom *random;
};

static gint64
pause_after (HnHeartbeat *self)
{
  gint64 longest_us = MIN (FIRST_RETRY_US << MIN (self->failures, 5), LAST_RETRY_US);

  return longest_us - hn_random_below (self->random, (guint32) (longest_us / 2) + 1);
}

void
hn_heartbeat_changed (HnHeartbeat *self, gint64 now_us)
{
  if (self->due_us == HN_NEVER)
    self->changed_meanwhile = TRUE;
  else if (self->failures == 0)
    self->due_us = MIN (self->due_us, now_us);
}

void
hn_heartbeat_sent (HnHeartbeat *self)
{
  self->due_us = HN_NEVER;
  self->changed_meanwhile = FALSE;
  self->last_sent = self->leaving;
}

void
hn_heartbeat_answered (HnHeartbeat *self, gboolean accepted, gint64 now_us)
{
  if (self->leaving) {
    self->left = self->last_sent || !accepted;
    self->due_us = self->left ? HN_NEVER : now_us;
  } else if (accepted) {
    self->failures = 0;
    self->due_us = self->changed_meanwhile ? now_us : now_us + self->period_us;
  } else {
    self->due_us = now_us + pause_after (self);
    self->failures++;
  }
  self->changed_meanwhile = FALSE;
}

void
hn_heartbeat_leave (HnHeartbeat *self, gint64 now_us)
{
  self->leaving = TRUE;
  if (self->due_us != HN_NEVER)
    self->due_us = now_us;
}

gboolean
hn_heartbeat_is_leaving (const HnHeartbeat *self)
{
  return self->leaving;
}

gboolean
hn_heartbeat_has_left (const HnHeartbeat *self)
{
  return self->left;
}

gint64
hn_heartbeat_deadline (const HnHeartbeat *self)
{
  return self->due_us;
}

guint
hn_heartbeat_get_failures (const HnHeartbeat *self)
{
  return self->failures;
}

HnHeartbeat *
hn_heartbeat_new (gint64 now_us, gint64 period_us, HnRandom *random)
{
  HnHeartbeat *self = g_new0 (HnHeartbeat, 1);

  self->period_us = period_us;
  self->due_us = now_us;
  self->random = random;
  return self;
}

void
hn_heartbeat_free (HnHeartbeat *self)
{
  g_free (self);
}
