/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/poller.h"

/* Something that is to be done at the end of this turn of the loop, once, however often it was asked for. A timer for now would do the same a turn later, for a write and a read of
 * the context's eventfd and a poll more. */

typedef struct _HnLater HnLater;

/**
 * hn_later_new:
 * @poller: outlives it
 * @func: what is done
 * @user_data: for @func
 *
 * Returns: (transfer full): nothing is to be done yet
 */
HnLater *hn_later_new (HnPoller *poller, void (*func) (gpointer user_data), gpointer user_data);

/**
 * hn_later_wake:
 * @self: whose function is to be called: at the end of this turn, also while others that were put off are done; outside of one in the next
 */
void hn_later_wake (HnLater *self);

/**
 * hn_later_free:
 * @self: (nullable): what is not called from now on; its own function may do this
 */
void hn_later_free (HnLater *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnLater, hn_later_free)
