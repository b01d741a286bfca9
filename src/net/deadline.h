/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* One cancellable for an operation of GIO that ends by the caller's wish or when its time is up, and the answer which it was. */

typedef struct _HnDeadline HnDeadline;

/**
 * hn_deadline_new:
 * @timeout_us: from now; at least a millisecond
 * @outer: (nullable): the caller's own cancellable
 *
 * Returns: (transfer full): a deadline that runs on the thread's default context
 */
HnDeadline *hn_deadline_new (gint64 timeout_us, GCancellable *outer);

/**
 * hn_deadline_get_cancellable:
 * @self: a deadline
 *
 * Returns: (transfer none): what the operation is given
 */
GCancellable *hn_deadline_get_cancellable (HnDeadline *self);

/**
 * hn_deadline_has_passed:
 * @self: a deadline
 *
 * Returns: whether time was up (and not the caller's wish)
 */
gboolean hn_deadline_has_passed (HnDeadline *self);

/**
 * hn_deadline_cancel:
 * @self: a deadline
 *
 * Cancels the operation without its time being up.
 */
void hn_deadline_cancel (HnDeadline *self);

/**
 * hn_deadline_free:
 * @self: (nullable): a deadline; not from inside a `cancelled` handler of the outer cancellable
 */
void hn_deadline_free (HnDeadline *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnDeadline, hn_deadline_free)
