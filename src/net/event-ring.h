/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The last events in the form in which they are sent (text/event-stream), each reader's place among them, and who has missed some. Pure. */

typedef struct _HnEventRing HnEventRing;

/**
 * hn_event_ring_new:
 * @first_id: number of the first event; greater than any that a predecessor gave, so that a reader's place outlives a restart
 *
 * Returns: (transfer full): a ring without events, which keeps HN_LIMIT_EVENTS of them and HN_LIMIT_EVENTS_BYTES
 */
HnEventRing *hn_event_ring_new (guint64 first_id);

/**
 * hn_event_ring_free:
 * @self: (nullable): what to free
 */
void hn_event_ring_free (HnEventRing *self);

/**
 * hn_event_ring_add:
 * @self: a ring
 * @type: what happened; letters, digits, `.` and `_`
 * @json: one line of JSON, with or without its newline
 *
 * The oldest go to make room.
 */
void hn_event_ring_add (HnEventRing *self, const char *type, const char *json);

/**
 * hn_event_ring_get_last_id:
 * @self: a ring
 *
 * Returns: number of the last event: where a reader stands who wants only what comes from now on
 */
guint64 hn_event_ring_get_last_id (const HnEventRing *self);

/**
 * hn_event_ring_seek:
 * @self: a ring
 * @last_id: (nullable): what a reader says it had last (`Last-Event-ID`); %NULL or no number: it wants what comes from now on
 * @ret_missed: (out): whether events between that one and the ring's first are lost to it
 *
 * Returns: its place
 */
guint64 hn_event_ring_seek (const HnEventRing *self, const char *last_id, gboolean *ret_missed);

/**
 * hn_event_ring_read:
 * @self: a ring
 * @place: (inout): a reader's place: number of the last event that it has
 * @max_bytes: stop at so many; the first event is read whatever its length
 * @out: what it has not had is appended
 *
 * Returns: %FALSE when the event behind its place is not kept any more: the reader is too slow
 */
gboolean hn_event_ring_read (const HnEventRing *self, guint64 *place, gsize max_bytes, GString *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnEventRing, hn_event_ring_free)
