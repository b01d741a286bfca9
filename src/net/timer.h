/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The one timer of a shell: armed again after each event from the deadline that its pure part returns. */

typedef struct _HnTimer HnTimer;

/**
 * hn_timer_new:
 * @func: called from the loop when the deadline has passed; the timer is then unarmed
 * @user_data: for @func
 *
 * Returns: (transfer full): an unarmed timer on the thread's default context
 */
HnTimer *hn_timer_new (void (*func) (gpointer user_data), gpointer user_data);

/**
 * hn_timer_arm:
 * @self: a timer
 * @deadline_us: monotonic; HN_NEVER unarms; one in the past fires in the next turn
 */
void hn_timer_arm (HnTimer *self, gint64 deadline_us);

/**
 * hn_timer_free:
 * @self: (nullable): a timer; it is silent from now on
 */
void hn_timer_free (HnTimer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTimer, hn_timer_free)
