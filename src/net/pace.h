/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Whether a peer that lets us wait does at least something, pure. A stall is easy to see; one byte now and then is a stall too, only that it
 * never ends. So: while it is the peer whom we wait for, HN_LIMIT_PACE_BYTES must move in each window. A window ends early when they have, and
 * the clock stands still while the wait is for somebody else: 240 bytes a second on average, what IIS and Kestrel ask for. The slowest honest
 * link does many times that; a download may last for days.
 *
 * What a peer takes is counted where it leaves the kernel's queue, not where it leaves ours: with a full queue of megabytes the kernel asks for more
 * only when a third of it is gone, which on a slow link is longer than any patience. A value type: zero is a peer whom nobody waits for. */

typedef struct {
  gint64 since_us; /* when this window began; 0: nobody waits */
  gint64 last_us;  /* when something moved last, or the wait began */
  guint64 bytes;   /* that moved in this window */
  gsize left_bytes; /* what a taker had not taken when it was looked at last */
} HnPace;

/**
 * hn_pace_gave:
 * @self: a peer that gives
 * @bytes: what it gave since the last call
 * @now_us: monotonic time
 *
 * It is this peer whom we wait for.
 */
void hn_pace_gave (HnPace *self, guint64 bytes, gint64 now_us);

/**
 * hn_pace_left:
 * @self: a peer that takes
 * @left_bytes: what it has not taken, our queue and the kernel's together
 * @now_us: monotonic time
 *
 * It is this peer whom we wait for. When there is more than before, somebody else added to it.
 */
void hn_pace_left (HnPace *self, gsize left_bytes, gint64 now_us);

/**
 * hn_pace_rest:
 * @self: a peer whom nobody waits for any more
 */
void hn_pace_rest (HnPace *self);

/**
 * hn_pace_get_deadline:
 * @self: a peer
 * @stall_us: how long nothing may move
 * @window_us: how long a window is
 *
 * Returns: when it is too slow, or %HN_NEVER
 */
gint64 hn_pace_get_deadline (const HnPace *self, gint64 stall_us, gint64 window_us);
