/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Packets that the network doubled. SRTP's replay protection ends the second one, as RFC 3711 (3.3.2) wants, but who forwards RTP hands on what a
 * network does. Pure; used by one thread at a time. */

typedef struct _HnRtpRepeat HnRtpRepeat;

/**
 * hn_rtp_repeat_new:
 *
 * Returns: (transfer full): remembers nothing yet
 */
HnRtpRepeat *hn_rtp_repeat_new (void);

/**
 * hn_rtp_repeat_came:
 * @self: what came lately
 * @data: (array length=n_bytes): an SRTP packet before it is looked at
 * @n_bytes: bytes of it
 * @ret_bytes: (out): bytes of what is returned
 *
 * Returns: (transfer none) (nullable): when the very same bytes were authentic lately and did not come again yet: their plain form, valid until
 *   the next call; the packet itself then need not be looked at
 */
const guint8 *hn_rtp_repeat_came (HnRtpRepeat *self, const guint8 *data, gsize n_bytes, gsize *ret_bytes);

/**
 * hn_rtp_repeat_passed:
 * @self: what came lately
 * @data: (array length=n_bytes): the plain form of the packet that came last: it was authentic
 * @n_bytes: bytes of it
 */
void hn_rtp_repeat_passed (HnRtpRepeat *self, const guint8 *data, gsize n_bytes);

/**
 * hn_rtp_repeat_free:
 * @self: (nullable): what to free
 */
void hn_rtp_repeat_free (HnRtpRepeat *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRtpRepeat, hn_rtp_repeat_free)
