/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: only what was found authentic is remembered, the last of each of 64 sequence numbers (1.3 s of speech), encrypted and plain. Nothing but the
 * very same bytes counts as the same packet, and each packet is repeated once at most: who plays all of it back without end gets every packet
 * heard twice, which the numbers in it tell its receiver, and nothing more. */
#include "rtc/rtp-repeat.h"

#include <string.h>

#include "rtc/rtp.h"

#define SLOTS 64
#define PACKET_BYTES 1500 /* longer ones are not remembered */

typedef struct {
  GByteArray *locked; /* as it came; empty: not used */
  GByteArray *plain;
  gboolean repeated;
} Slot;

struct _HnRtpRepeat {
  Slot slots[SLOTS];
  GByteArray *last; /* the packet that is being looked at; empty: none, or too long */
};

static void
keep (GByteArray *array, const guint8 *data, gsize n_bytes)
{
  g_byte_array_set_size (array, 0);
  g_byte_array_append (array, data, (guint) n_bytes);
}

static Slot *
slot_of (HnRtpRepeat *self, const guint8 *data)
{
  return &self->slots[data[3] % SLOTS]; /* the low byte of the sequence number */
}

const guint8 *
hn_rtp_repeat_came (HnRtpRepeat *self, const guint8 *data, gsize n_bytes, gsize *ret_bytes)
{
  Slot *slot;

  g_byte_array_set_size (self->last, 0);
  if (n_bytes < HN_RTP_HEADER_BYTES || n_bytes > PACKET_BYTES)
    return NULL;
  slot = slot_of (self, data);
  if (slot->locked->len == n_bytes && !slot->repeated && memcmp (slot->locked->data, data, n_bytes) == 0) {
    slot->repeated = TRUE;
    *ret_bytes = slot->plain->len;
    return slot->plain->data;
  }
  keep (self->last, data, n_bytes);
  return NULL;
}

void
hn_rtp_repeat_passed (HnRtpRepeat *self, const guint8 *data, gsize n_bytes)
{
  Slot *slot;

  /* SRTP leaves the header as it was: another one is not the packet that came last */
  if (self->last->len == 0 || n_bytes < HN_RTP_HEADER_BYTES || n_bytes > self->last->len
      || memcmp (self->last->data, data, HN_RTP_HEADER_BYTES) != 0)
    return;
  slot = slot_of (self, data);
  keep (slot->locked, self->last->data, self->last->len);
  keep (slot->plain, data, n_bytes);
  slot->repeated = FALSE;
  g_byte_array_set_size (self->last, 0);
}

HnRtpRepeat *
hn_rtp_repeat_new (void)
{
  HnRtpRepeat *self = g_new0 (HnRtpRepeat, 1);

  self->last = g_byte_array_new ();
  for (gsize i = 0; i < SLOTS; i++)
    self->slots[i] = (Slot){ g_byte_array_new (), g_byte_array_new (), FALSE };
  return self;
}

void
hn_rtp_repeat_free (HnRtpRepeat *self)
{
  if (self == NULL)
    return;
  g_byte_array_unref (self->last);
  for (gsize i = 0; i < SLOTS; i++) {
    g_byte_array_unref (self->slots[i].locked);
    g_byte_array_unref (self->slots[i].plain);
  }
  g_free (self);
}
