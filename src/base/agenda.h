/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Many things, each with a date, and one timer for all of them: what falls due is taken out, what comes next is what the timer is armed with. Pure. */

typedef struct _HnAgenda HnAgenda;

/**
 * hn_agenda_new:
 *
 * Returns: (transfer full): nothing is to come
 */
HnAgenda *hn_agenda_new (void);

/**
 * hn_agenda_free:
 * @self: (nullable): what to free; the things are their owner's
 */
void hn_agenda_free (HnAgenda *self);

/**
 * hn_agenda_put:
 * @self: an agenda
 * @thing: told from others by its address; what it had before is replaced
 * @when_us: its date; HN_NEVER takes it out
 */
void hn_agenda_put (HnAgenda *self, gpointer thing, gint64 when_us);

/**
 * hn_agenda_take:
 * @self: an agenda
 * @now_us: time
 *
 * Returns: (nullable): the thing that is longest due, no longer in the agenda; %NULL when none is
 */
gpointer hn_agenda_take (HnAgenda *self, gint64 now_us);

/**
 * hn_agenda_get_next:
 * @self: an agenda
 *
 * Returns: the earliest date, or HN_NEVER
 */
gint64 hn_agenda_get_next (const HnAgenda *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnAgenda, hn_agenda_free)
