/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/message-rate.h"

#include <math.h>

#define BYTES_PER_TOKEN 16384
#define TELL_US 1000000

static void
fill (HnMessageRate *self, const HnMessageRateRules *rules, gint64 now_us)
{
  double more = (double) (now_us - self->filled_us) * rules->per_second / 1e6;

  if (self->filled_us == 0)
    self->tokens = rules->burst;
  else
    self->tokens = MIN (self->tokens + MAX (more, 0), rules->burst);
  self->filled_us = now_us;
  if (self->tokens >= MIN (rules->per_second, rules->burst))
    self->since_us = 0;
}

HnMessageRateVerdict
hn_message_rate_take (HnMessageRate *self, const HnMessageRateRules *rules, gsize n_bytes, gint64 now_us, guint *ret_retry_seconds)
{
  double cost = MIN (1 + (double) (n_bytes / BYTES_PER_TOKEN), rules->burst);

  fill (self, rules, now_us);
  if (self->tokens >= cost) {
    self->tokens -= cost;
    return HN_MESSAGE_RATE_PASS;
  }
  if (self->since_us == 0)
    self->since_us = now_us;
  if (now_us - self->since_us >= rules->patience_us)
    return HN_MESSAGE_RATE_END;
  if (self->told_us != 0 && now_us - self->told_us < TELL_US)
    return HN_MESSAGE_RATE_DROP;
  self->told_us = now_us;
  *ret_retry_seconds = (guint) ceil (MAX ((cost - self->tokens) / rules->per_second, 1));
  return HN_MESSAGE_RATE_TELL;
}
