/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which creates have been asked for under an Idempotency-Key, and what was answered. Pure. */

typedef struct _HnIdempotency HnIdempotency;

typedef enum {
  HN_IDEMPOTENCY_FRESH,   /* nobody has used the key lately: begin */
  HN_IDEMPOTENCY_RUNNING, /* the same is under way: wait for it */
  HN_IDEMPOTENCY_DONE,    /* the same was answered */
  HN_IDEMPOTENCY_OTHER,   /* the key was used for something else: 422 */
  HN_IDEMPOTENCY_FULL,    /* too many are under way: 503 */
} HnIdempotencyVerdict;

typedef struct {
  gpointer running;   /* RUNNING: what was given to hn_idempotency_begin() */
  guint status;       /* DONE: the answer */
  const char *answer; /* DONE: valid until the next call */
} HnIdempotencyFound;

/**
 * hn_idempotency_new:
 *
 * Returns: (transfer full): no keys
 */
HnIdempotency *hn_idempotency_new (void);

/**
 * hn_idempotency_free:
 * @self: (nullable): what to free
 */
void hn_idempotency_free (HnIdempotency *self);

/**
 * hn_idempotency_check_key:
 * @key: what a caller sent
 * @error: INVALID: empty, too long, or with other than visible ASCII
 *
 * Returns: whether it may be used
 */
gboolean hn_idempotency_check_key (const char *key, GError **error);

/**
 * hn_idempotency_look:
 * @self: the keys
 * @key: one
 * @body: what is asked for, as text in which equal requests are equal
 * @now_us: monotonic time
 * @ret_found: (out): what there is
 *
 * Returns: what to do
 */
HnIdempotencyVerdict hn_idempotency_look (HnIdempotency *self, const char *key, const char *body, gint64 now_us,
                                          HnIdempotencyFound *ret_found);

/**
 * hn_idempotency_begin:
 * @self: the keys
 * @key: a FRESH one
 * @body: as before; only its hash is kept
 * @running: the operation
 */
void hn_idempotency_begin (HnIdempotency *self, const char *key, const char *body, gpointer running);

/**
 * hn_idempotency_finish:
 * @self: the keys
 * @key: one under way
 * @status: HTTP status of the answer; a failure (5xx) is not kept, so that the next attempt is one
 * @answer: its body
 * @now_us: monotonic time
 */
void hn_idempotency_finish (HnIdempotency *self, const char *key, guint status, const char *answer, gint64 now_us);

/**
 * hn_idempotency_forget:
 * @self: the keys
 * @key: one under way that was cancelled
 */
void hn_idempotency_forget (HnIdempotency *self, const char *key);

/**
 * hn_idempotency_get_count:
 * @self: the keys
 *
 * Returns: how many are kept
 */
guint hn_idempotency_get_count (const HnIdempotency *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnIdempotency, hn_idempotency_free)
