/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nobody's stream is cut for an update that comes by itself. For `defer_limit` it waits for a moment without sessions, and takes new ones as
 * ever; for as long again a worker takes no new ones. Sessions that still run then go on: the update waits for the next look.
 */
#include "update/waiting.h"

#include "base/clock.h"

#define CHANCE_PARTS 4 /* a quarter of the interval is left to chance, so that a thousand nodes do not come at once */
#define CHANCE_STEPS 1000000

struct _HnWaiting {
  HnWaitingOptions options;
  HnRandom *random;
  HnWaitingState state;
  gint64 deadline_us;
};

typedef enum { NEXT_LOOK, NEVER, DEFER_LIMIT, ASKED_LIMIT } Deadline;

typedef struct {
  HnWaitingState from;
  HnWaitingEvent event;
  HnWaitingState to;
  Deadline deadline;
  HnWaitingDo effects;
} Row;

static const Row table[] = {
  /* from                   event                      to                      deadline     do                                                */
  { HN_WAITING_SLEEPING,    HN_WAITING_TIME_UP,        HN_WAITING_CHECKING,    NEVER,       HN_WAITING_DO_CHECK                               },
  { HN_WAITING_CHECKING,    HN_WAITING_NEWER,          HN_WAITING_DEFERRING,   DEFER_LIMIT, HN_WAITING_DO_NOTHING                             },
  { HN_WAITING_CHECKING,    HN_WAITING_NOTHING_NEWER,  HN_WAITING_SLEEPING,    NEXT_LOOK,   HN_WAITING_DO_NOTHING                             },
  { HN_WAITING_DEFERRING,   HN_WAITING_IDLE,           HN_WAITING_ASKED,       ASKED_LIMIT, HN_WAITING_DO_HOLD | HN_WAITING_DO_ASK            },
  { HN_WAITING_DEFERRING,   HN_WAITING_TIME_UP,        HN_WAITING_DRAINING,    DEFER_LIMIT, HN_WAITING_DO_HOLD                                },
  { HN_WAITING_DRAINING,    HN_WAITING_IDLE,           HN_WAITING_ASKED,       ASKED_LIMIT, HN_WAITING_DO_ASK                                 },
  { HN_WAITING_DRAINING,    HN_WAITING_TIME_UP,        HN_WAITING_SLEEPING,    NEXT_LOOK,   HN_WAITING_DO_RELEASE | HN_WAITING_DO_GIVE_UP     },
  { HN_WAITING_ASKED,       HN_WAITING_TIME_UP,        HN_WAITING_SLEEPING,    NEXT_LOOK,   HN_WAITING_DO_RELEASE                             },
  { HN_WAITING_ASKED,       HN_WAITING_NOT_ASKED,      HN_WAITING_SLEEPING,    NEXT_LOOK,   HN_WAITING_DO_RELEASE                             },
};

static gint64
next_look_us (HnWaiting *self)
{
  gint64 chance_us = self->options.interval_us / CHANCE_PARTS;

  return self->options.interval_us - chance_us * (gint64) hn_random_below (self->random, CHANCE_STEPS) / CHANCE_STEPS;
}

static gint64
deadline_from (HnWaiting *self, Deadline deadline, gint64 now_us)
{
  switch (deadline) {
  case NEXT_LOOK:
    return now_us + next_look_us (self);
  case DEFER_LIMIT:
    return now_us + self->options.defer_limit_us;
  case ASKED_LIMIT:
    return now_us + self->options.asked_us;
  case NEVER:
    break;
  }
  return HN_NEVER;
}

HnWaitingDo
hn_waiting_handle (HnWaiting *self, HnWaitingEvent event, gint64 now_us)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    if (table[i].from != self->state || table[i].event != event)
      continue;
    self->state = table[i].to;
    self->deadline_us = deadline_from (self, table[i].deadline, now_us);
    if (self->state != HN_WAITING_DRAINING || self->options.can_drain)
      return table[i].effects;
    self->state = HN_WAITING_SLEEPING;
    self->deadline_us = deadline_from (self, NEXT_LOOK, now_us);
    return HN_WAITING_DO_GIVE_UP;
  }
  return HN_WAITING_DO_NOTHING;
}

HnWaitingState
hn_waiting_get_state (const HnWaiting *self)
{
  return self->state;
}

gint64
hn_waiting_deadline (const HnWaiting *self)
{
  return self->deadline_us;
}

HnWaiting *
hn_waiting_new (const HnWaitingOptions *options, HnRandom *random, gint64 now_us)
{
  HnWaiting *self = g_new0 (HnWaiting, 1);

  self->options = *options;
  self->random = random;
  self->state = HN_WAITING_SLEEPING;
  self->deadline_us = now_us + next_look_us (self);
  return self;
}

void
hn_waiting_free (HnWaiting *self)
{
  g_free (self);
}
