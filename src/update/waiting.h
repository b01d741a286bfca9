/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/random.h"

/* When a running process looks for a newer release, and how long it waits for its sessions before it asks to be replaced. */

typedef struct _HnWaiting HnWaiting;

typedef enum {
  HN_WAITING_SLEEPING,  /* until the next look */
  HN_WAITING_CHECKING,  /* the server is asked */
  HN_WAITING_DEFERRING, /* a newer one is there: waits for a moment without sessions, and takes new ones */
  HN_WAITING_DRAINING,  /* waits for the last session, and takes no new ones */
  HN_WAITING_ASKED,     /* whoever installs it was asked; no new sessions until then */
} HnWaitingState;

typedef enum {
  HN_WAITING_TIME_UP,       /* the deadline has passed */
  HN_WAITING_NEWER,         /* the server has a newer one, and its signature holds */
  HN_WAITING_NOTHING_NEWER, /* or it could not be asked */
  HN_WAITING_IDLE,          /* there is no session at this moment */
  HN_WAITING_NOT_ASKED,     /* nobody could be asked */
} HnWaitingEvent;

typedef enum {
  HN_WAITING_DO_NOTHING = 0,
  HN_WAITING_DO_CHECK = 1 << 0,
  HN_WAITING_DO_HOLD = 1 << 1,    /* take no new sessions */
  HN_WAITING_DO_RELEASE = 1 << 2, /* take them again */
  HN_WAITING_DO_ASK = 1 << 3,     /* ask to be replaced */
  HN_WAITING_DO_GIVE_UP = 1 << 4, /* say that it waits for the next cycle */
} HnWaitingDo;

typedef struct {
  gint64 interval_us;
  gint64 defer_limit_us;
  gint64 asked_us;    /* how long it waits for whoever was asked */
  gboolean can_drain; /* whether it can refuse new sessions without harm: a worker can, others take them */
} HnWaitingOptions;

/**
 * hn_waiting_new:
 * @options: copied
 * @random: chance; outlives this
 * @now_us: the first look is an interval, less a quarter at most, from here
 *
 * Returns: (transfer full): asleep
 */
HnWaiting *hn_waiting_new (const HnWaitingOptions *options, HnRandom *random, gint64 now_us);

/**
 * hn_waiting_handle:
 * @self: what waits
 * @event: what happened; one that means nothing in this state is left alone
 * @now_us: when
 *
 * Returns: what must be done, as bits
 */
HnWaitingDo hn_waiting_handle (HnWaiting *self, HnWaitingEvent event, gint64 now_us);

/**
 * hn_waiting_get_state:
 * @self: what waits
 *
 * Returns: where it stands
 */
HnWaitingState hn_waiting_get_state (const HnWaiting *self);

/**
 * hn_waiting_deadline:
 * @self: what waits
 *
 * Returns: when to say HN_WAITING_TIME_UP, or HN_NEVER
 */
gint64 hn_waiting_deadline (const HnWaiting *self);

/**
 * hn_waiting_free:
 * @self: (nullable): what to free
 */
void hn_waiting_free (HnWaiting *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWaiting, hn_waiting_free)
