/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The first receiver of a process costs a few hundred milliseconds: plugins are loaded and a key is made. This makes a throw-away one, on a
 * thread of its own, so that neither the first user nor the main loop waits for it. */

typedef struct _HnWarmUp HnWarmUp;

/**
 * hn_warm_up_new:
 * @done: called once, from the loop of this thread's default context; with the reason when receivers cannot be made here
 * @user_data: for @done
 *
 * Returns: (transfer full): what warms up
 */
HnWarmUp *hn_warm_up_new (void (*done) (const GError *error, gpointer user_data), gpointer user_data);

/**
 * hn_warm_up_free:
 * @self: (nullable): waits for its thread; @done comes no more
 */
void hn_warm_up_free (HnWarmUp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWarmUp, hn_warm_up_free)
