/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/ws-queue.h"

#define SLOTS_AT_FIRST 4

/* Room for one more at the end. */
static void
make_room (HnWsQueue *self)
{
  guint n = self->end - self->first;

  if (self->end < self->size)
    return;
  if (self->first < self->size / 2 || self->size == 0) {
    self->size = MAX (SLOTS_AT_FIRST, 2 * self->size);
    self->slots = g_renew (HnWsMessage *, self->slots, self->size);
    return;
  }
  memmove (self->slots, self->slots + self->first, n * sizeof *self->slots);
  self->first = 0;
  self->end = n;
}

void
hn_ws_queue_push (HnWsQueue *self, HnWsMessage *message)
{
  make_room (self);
  self->slots[self->end++] = hn_ws_message_ref (message);
  self->bytes += hn_ws_message_get_frame (message).length;
}

void
hn_ws_queue_push_first (HnWsQueue *self, HnWsMessage *message)
{
  guint at;

  hn_ws_queue_push (self, message);
  at = self->first + (self->sent > 0 ? 1 : 0);
  memmove (self->slots + at + 1, self->slots + at, (self->end - 1 - at) * sizeof *self->slots);
  self->slots[at] = message;
}

guint
hn_ws_queue_peek (const HnWsQueue *self, struct iovec *parts, guint n_max)
{
  gsize skip = self->sent;
  guint n = 0;

  for (guint at = self->first; at < self->end && n < n_max; at++) {
    HnSlice frame = hn_ws_message_get_frame (self->slots[at]);

    parts[n++] = (struct iovec){ (char *) frame.text + skip, frame.length - skip };
    skip = 0;
  }
  return n;
}

void
hn_ws_queue_take (HnWsQueue *self, gsize n_bytes)
{
  self->bytes -= n_bytes;
  while (self->first < self->end) {
    gsize left = hn_ws_message_get_frame (self->slots[self->first]).length - self->sent;

    if (n_bytes < left) {
      self->sent += n_bytes;
      return;
    }
    n_bytes -= left;
    self->sent = 0;
    hn_ws_message_unref (self->slots[self->first++]);
  }
  hn_ws_queue_clear (self);
}

void
hn_ws_queue_drop (HnWsQueue *self)
{
  guint keep = self->sent > 0 ? 1 : 0;

  while (self->end > self->first + keep) {
    HnWsMessage *message = self->slots[--self->end];

    self->bytes -= hn_ws_message_get_frame (message).length;
    hn_ws_message_unref (message);
  }
  if (keep == 0)
    hn_ws_queue_clear (self);
}

void
hn_ws_queue_clear (HnWsQueue *self)
{
  for (guint at = self->first; at < self->end; at++)
    hn_ws_message_unref (self->slots[at]);
  g_free (self->slots);
  *self = (HnWsQueue){ 0 };
}
