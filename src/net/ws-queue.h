/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/uio.h>

#include "net/ws-message.h"

/* Frames that wait for one peer, in order, the first perhaps half sent. Embedded; an empty one holds no memory. It knows no bound: its owner looks at `bytes`. Pure. */

typedef struct {
  HnWsMessage **slots; /* NULL while empty */
  guint first;
  guint end;
  guint size;
  gsize sent;  /* of the first */
  gsize bytes; /* that wait, of all */
} HnWsQueue;

/**
 * hn_ws_queue_push:
 * @self: a queue
 * @message: (transfer none): goes behind all others
 */
void hn_ws_queue_push (HnWsQueue *self, HnWsMessage *message);

/**
 * hn_ws_queue_push_first:
 * @self: a queue
 * @message: (transfer none): goes before all that has not begun to leave
 */
void hn_ws_queue_push_first (HnWsQueue *self, HnWsMessage *message);

/**
 * hn_ws_queue_peek:
 * @self: a queue
 * @parts: (out caller-allocates) (array length=n_max): the first that wait, where they lie
 * @n_max: room in @parts
 *
 * Returns: how many parts were filled in
 */
guint hn_ws_queue_peek (const HnWsQueue *self, struct iovec *parts, guint n_max);

/**
 * hn_ws_queue_take:
 * @self: a queue
 * @n_bytes: so many left, from the first on
 */
void hn_ws_queue_take (HnWsQueue *self, gsize n_bytes);

/**
 * hn_ws_queue_drop:
 * @self: a queue; only what has begun to leave stays, for a peer could not tell what follows a part of a frame
 */
void hn_ws_queue_drop (HnWsQueue *self);

/**
 * hn_ws_queue_clear:
 * @self: a queue; it is empty afterwards
 */
void hn_ws_queue_clear (HnWsQueue *self);
