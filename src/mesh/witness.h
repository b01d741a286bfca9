/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/random.h"

/* Events on their way to a witness: which are sent when, and which are given up. Pure: what takes them may be slow, wrong or gone, and nobody else notices. */

typedef struct _HnWitness HnWitness;

typedef struct {
  guint events_max;      /* that wait; the oldest goes beyond */
  gsize bytes_max;       /* the same, all together */
  guint batch;           /* sent at once; at most events_max */
  gint64 first_pause_us; /* after the first failure; doubled with each further one */
  gint64 last_pause_us;
} HnWitnessRules;

typedef enum {
  HN_WITNESS_TAKEN,
  HN_WITNESS_REFUSED, /* it will never take these */
  HN_WITNESS_AGAIN,   /* not now */
} HnWitnessVerdict;

typedef struct {
  guint waiting; /* those under way included */
  gsize bytes;
  guint64 sent, dropped, refused, failures; /* events, events without room, events, tries */
} HnWitnessFigures;

/**
 * hn_witness_new:
 * @rules: copied
 * @random: chance, for pauses; outlives this
 *
 * Returns: (transfer full): nothing waits
 */
HnWitness *hn_witness_new (const HnWitnessRules *rules, HnRandom *random);

/**
 * hn_witness_free:
 * @self: (nullable): what to free
 */
void hn_witness_free (HnWitness *self);

/**
 * hn_witness_add:
 * @self: a queue
 * @event: (transfer full): a JSON object
 */
void hn_witness_add (HnWitness *self, char *event);

/**
 * hn_witness_take:
 * @self: a queue
 * @now_us: monotonic time
 * @ret_events: (out): how many
 *
 * Returns: (transfer full) (nullable): the oldest ones, a line each if they are several; under way until hn_witness_told(). %NULL: nothing is to be sent now
 */
char *hn_witness_take (HnWitness *self, gint64 now_us, guint *ret_events);

/**
 * hn_witness_told:
 * @self: a queue of which something is under way
 * @verdict: what became of it
 * @now_us: monotonic time
 *
 * Returns: how often it failed in a row, this time included
 */
guint hn_witness_told (HnWitness *self, HnWitnessVerdict verdict, gint64 now_us);

/**
 * hn_witness_deadline:
 * @self: a queue
 *
 * Returns: when hn_witness_take() is to be called, or HN_NEVER while nothing waits or something is under way
 */
gint64 hn_witness_deadline (const HnWitness *self);

/**
 * hn_witness_get_figures:
 * @self: a queue
 *
 * Returns: its figures
 */
HnWitnessFigures hn_witness_get_figures (const HnWitness *self);

/**
 * hn_witness_verdict:
 * @status: HTTP status of the answer, 0 for none
 *
 * Returns: what it means: refused for what was said is refused for ever; for who we are, for the moment or elsewhere (a redirect is not followed) is for now
 */
HnWitnessVerdict hn_witness_verdict (guint status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWitness, hn_witness_free)
