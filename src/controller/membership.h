/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The lease of one worker, as the controller sees it: unknown → healthy ⇄ suspect → unhealthy → gone. Pure. */

/* X (state, text) */
#define HN_MEMBERSHIP_STATES(X) \
  X (UNKNOWN, "unknown")        \
  X (HEALTHY, "healthy")        \
  X (SUSPECT, "suspect")        \
  X (UNHEALTHY, "unhealthy")    \
  X (GONE, "gone")

typedef enum {
#define HN_MEMBERSHIP_ENUM(state, text) HN_MEMBERSHIP_##state,
  HN_MEMBERSHIP_STATES (HN_MEMBERSHIP_ENUM)
#undef HN_MEMBERSHIP_ENUM
} HnMembershipState;

typedef enum {
  HN_MEMBERSHIP_HEARTBEAT, /* it said that it lives */
  HN_MEMBERSHIP_LEAVING,   /* it said that it ends */
  HN_MEMBERSHIP_FAILED,    /* it could not be reached, or did not know our token */
  HN_MEMBERSHIP_TIME_UP,   /* hn_membership_deadline() has passed */
} HnMembershipEvent;

typedef struct {
  HnMembershipState state;
  gint64 heard_us; /* monotonic time of the last heartbeat */
} HnMembership;

/**
 * hn_membership_handle:
 * @self: a lease; all zero is a worker never heard of
 * @event: what happened
 * @now_us: monotonic time
 *
 * Returns: whether the state changed
 */
gboolean hn_membership_handle (HnMembership *self, HnMembershipEvent event, gint64 now_us);

/**
 * hn_membership_deadline:
 * @self: a lease
 * @timeout_us: `workers.heartbeat_timeout`
 *
 * Returns: when to send %HN_MEMBERSHIP_TIME_UP, or %HN_NEVER
 */
gint64 hn_membership_deadline (const HnMembership *self, gint64 timeout_us);

/**
 * hn_membership_takes_sessions:
 * @self: a lease
 *
 * Returns: whether a new session may be sent there: healthy only
 */
gboolean hn_membership_takes_sessions (const HnMembership *self);

/**
 * hn_membership_to_text:
 * @state: a state
 *
 * Returns: its public name
 */
const char *hn_membership_to_text (HnMembershipState state);
