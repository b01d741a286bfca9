/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/random.h"

/* Which of the requests that must not be lost is sent when. Pure: what they say and where they are kept is the shells' matter. */

typedef struct _HnOutbox HnOutbox;

typedef struct {
  guint max_count;
  gsize max_bytes;
  gint64 first_pause_us; /* after the first failure; doubled with each further one */
  gint64 last_pause_us;
} HnOutboxLimits;

typedef enum {
  HN_OUTBOX_DELIVERED,
  HN_OUTBOX_REFUSED, /* it will never be taken */
  HN_OUTBOX_AGAIN,   /* not now */
} HnOutboxVerdict;

/**
 * hn_outbox_new:
 * @limits: copied
 * @random: chance, for pauses; outlives this
 *
 * Returns: (transfer full): nothing waits
 */
HnOutbox *hn_outbox_new (const HnOutboxLimits *limits, HnRandom *random);

/**
 * hn_outbox_free:
 * @self: (nullable): what to free
 */
void hn_outbox_free (HnOutbox *self);

/**
 * hn_outbox_add:
 * @self: an outbox
 * @name: its name: unique, and a later one sorts behind an earlier one
 * @group: who takes it: one at a time for each, and its failures hold up nobody else
 * @bytes: its length
 */
void hn_outbox_add (HnOutbox *self, const char *name, const char *group, gsize bytes);

/**
 * hn_outbox_drop_oldest:
 * @self: an outbox
 *
 * Takes out the oldest that is not under way while there are too many; to be called until it returns %NULL.
 *
 * Returns: (transfer full) (nullable): its name
 */
char *hn_outbox_drop_oldest (HnOutbox *self);

/**
 * hn_outbox_take:
 * @self: an outbox
 * @now_us: monotonic time
 *
 * Returns: (transfer full) (nullable): the next that may be sent now: it is under way until hn_outbox_told(). To be called until
 * it returns %NULL.
 */
char *hn_outbox_take (HnOutbox *self, gint64 now_us);

/**
 * hn_outbox_told:
 * @self: an outbox
 * @name: one that was under way
 * @verdict: what became of it; it stays for %HN_OUTBOX_AGAIN only
 * @now_us: monotonic time
 *
 * Returns: how often its group failed in a row, this time included
 */
guint hn_outbox_told (HnOutbox *self, const char *name, HnOutboxVerdict verdict, gint64 now_us);

/**
 * hn_outbox_deadline:
 * @self: an outbox
 *
 * Returns: when hn_outbox_take() is to be called, or %HN_NEVER while nothing waits or all are under way
 */
gint64 hn_outbox_deadline (const HnOutbox *self);

/**
 * hn_outbox_count:
 * @self: an outbox
 *
 * Returns: how many wait or are under way
 */
guint hn_outbox_count (const HnOutbox *self);

/**
 * hn_outbox_verdict:
 * @status: HTTP status of the answer, 0 for none
 *
 * A request that is refused for what it says is refused for ever; one refused for who we are, for its moment or by a server in
 * trouble is tried again.
 *
 * Returns: what it means
 */
HnOutboxVerdict hn_outbox_verdict (guint status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnOutbox, hn_outbox_free)
