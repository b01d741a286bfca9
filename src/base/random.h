/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Chance, given as an argument where a decision needs it: the system's (unpredictable) or a seeded one (tests, simulated world). */

typedef struct _HnRandom HnRandom;

/**
 * hn_random_new_system:
 *
 * Returns: (transfer full): chance from the kernel (getrandom); fit for keys and ids
 */
HnRandom *hn_random_new_system (void);

/**
 * hn_random_new_seeded:
 * @seed: start value
 *
 * Returns: (transfer full): the same sequence for the same @seed; never for keys
 */
HnRandom *hn_random_new_seeded (guint32 seed);

/**
 * hn_random_free:
 * @self: (nullable): what to free
 */
void hn_random_free (HnRandom *self);

/**
 * hn_random_bytes:
 * @self: chance
 * @out: (out): where to write
 * @n_bytes: how many
 */
void hn_random_bytes (HnRandom *self, guint8 *out, gsize n_bytes);

/**
 * hn_random_hex:
 * @self: chance
 * @n_bytes: bytes of entropy
 *
 * Returns: (transfer full): 2 x @n_bytes lower-case hex digits
 */
char *hn_random_hex (HnRandom *self, gsize n_bytes);

/**
 * hn_random_below:
 * @self: chance
 * @limit: exclusive upper bound, > 0
 *
 * Returns: a number in 0 … @limit - 1
 */
guint32 hn_random_below (HnRandom *self, guint32 limit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRandom, hn_random_free)
