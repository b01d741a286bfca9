/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Texts that are kept for a while under a key: the youngest ones, up to a number and an age. Pure. */

typedef struct _HnShelf HnShelf;

/**
 * hn_shelf_new:
 * @max_count: how many
 * @max_age_us: how long each; 0: as long as there is room
 *
 * Returns: (transfer full): an empty shelf
 */
HnShelf *hn_shelf_new (guint max_count, gint64 max_age_us);

/**
 * hn_shelf_free:
 * @self: (nullable): what to free
 */
void hn_shelf_free (HnShelf *self);

/**
 * hn_shelf_put:
 * @self: a shelf
 * @key: any text; what stood there goes
 * @text: (transfer full): what to keep
 * @now_us: monotonic time
 */
void hn_shelf_put (HnShelf *self, const char *key, char *text, gint64 now_us);

/**
 * hn_shelf_find:
 * @self: a shelf
 * @key: any text
 * @now_us: monotonic time
 *
 * Returns: (transfer none) (nullable): what is kept there
 */
const char *hn_shelf_find (HnShelf *self, const char *key, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnShelf, hn_shelf_free)
