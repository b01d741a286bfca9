/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How much one connection may say: a bucket that a large mesh's negotiation does not empty, a word when it is empty, an end when nobody listens to that. Pure. */

typedef struct {
  guint per_second; /* at least 1 */
  guint burst;      /* how many at once, at least 1 */
  gint64 patience_us; /* how long a spell of dropping may last */
} HnMessageRateRules;

typedef struct {
  double tokens;
  gint64 filled_us; /* 0: full, nothing was said yet */
  gint64 told_us;   /* when the last error was said; 0: never */
  gint64 since_us;  /* when the spell began; 0: there is none */
} HnMessageRate;

typedef enum {
  HN_MESSAGE_RATE_PASS,
  HN_MESSAGE_RATE_TELL, /* dropped, and it is time to say so */
  HN_MESSAGE_RATE_DROP, /* dropped; it was said less than a second ago */
  HN_MESSAGE_RATE_END,  /* the spell lasts too long */
} HnMessageRateVerdict;

/**
 * hn_message_rate_take:
 * @self: a connection's; zeros at first
 * @rules: how much is allowed
 * @n_bytes: of a message that came; it counts as one, and as one more for each whole 16 KiB
 * @now_us: monotonic time
 * @ret_retry_seconds: (out): with TELL: when the next one will pass
 *
 * A spell of dropping ends when the bucket has filled for a second.
 *
 * Returns: what becomes of it
 */
HnMessageRateVerdict hn_message_rate_take (HnMessageRate *self, const HnMessageRateRules *rules, gsize n_bytes, gint64 now_us,
                                           guint *ret_retry_seconds);
