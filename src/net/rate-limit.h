/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/address.h"

/* How often somebody may come: token buckets under a key, HN_LIMIT_BUCKETS of them at most. Pure. */

typedef struct _HnRateLimit HnRateLimit;

typedef struct {
  guint per_minute; /* 0: no limit */
  guint burst;      /* how many at once, at least 1 */
} HnRate;

/**
 * hn_rate_limit_new:
 *
 * Returns: (transfer full): nobody has come yet
 */
HnRateLimit *hn_rate_limit_new (void);

/**
 * hn_rate_limit_free:
 * @self: (nullable): what to free
 */
void hn_rate_limit_free (HnRateLimit *self);

/**
 * hn_rate_limit_take:
 * @self: the limits
 * @key: who comes, and for what
 * @rate: how often that is allowed
 * @now_us: monotonic time
 *
 * Returns: 0 when it is allowed, which counts; else in how many seconds it will be
 */
guint hn_rate_limit_take (HnRateLimit *self, const char *key, const HnRate *rate, gint64 now_us);

/**
 * hn_rate_limit_look:
 * @self: the limits
 * @key: likewise
 * @rate: likewise
 * @now_us: monotonic time
 *
 * Returns: the same, without counting
 */
guint hn_rate_limit_look (HnRateLimit *self, const char *key, const HnRate *rate, gint64 now_us);

/**
 * hn_rate_limit_get_count:
 * @self: the limits
 *
 * Returns: how many buckets there are
 */
guint hn_rate_limit_get_count (const HnRateLimit *self);

/**
 * hn_rate_limit_client:
 * @peer: who is connected to us
 * @forwarded: (nullable): its `X-Forwarded-For`, all of them joined by commas
 * @trusted: (nullable) (element-type HnNetwork): whose word counts
 *
 * Returns: whom a request is from: the rightmost address that no trusted proxy has
 */
HnAddress hn_rate_limit_client (const HnAddress *peer, const char *forwarded, GArray *trusted);

/**
 * hn_rate_limit_key:
 * @what: what is counted
 * @client: who comes; of IPv6 the first 64 bits count, for one customer has them all
 *
 * Returns: (transfer full): a key
 */
char *hn_rate_limit_key (const char *what, const HnAddress *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRateLimit, hn_rate_limit_free)
