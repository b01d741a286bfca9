/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/rate-limit.h"
#include "net/route.h"

/* Who may open a WebSocket of ours at all, before anybody looks at names and tokens. Pure. */

typedef struct {
  const char *const *origins; /* (nullable): whose pages may; %NULL or empty: all */
  guint per_minute;           /* from one address; HN_LIMIT_RATE_LOCAL_FACTOR times as many from this machine */
  guint sockets_max;          /* at once, from everywhere */
  GArray *trusted;            /* (nullable) (element-type HnNetwork): whose X-Forwarded-For counts */
} HnSocketDoorRules;

/**
 * hn_socket_door_admit:
 * @rules: what is asked of everybody
 * @rates: who came how often
 * @head: the request; one that is no upgrade is admitted: it opens nothing
 * @peer: who sends it
 * @open: sockets there are now
 * @now_us: monotonic time
 * @ret_route: (inout): an initialised route; refuses when it may not
 *
 * Returns: whether it may
 */
gboolean hn_socket_door_admit (const HnSocketDoorRules *rules, HnRateLimit *rates, const HnHttpHead *head, const HnPeer *peer, guint open, gint64 now_us,
                               HnRoute *ret_route);
