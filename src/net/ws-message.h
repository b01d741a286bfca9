/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/ws-frame.h"

/* One encoded frame, shared and counted: what goes to a hundred sockets is one piece of memory. Unchangeable; of one thread. Pure. */

typedef struct _HnWsMessage HnWsMessage;

/**
 * hn_ws_message_new:
 * @text: (array length=length): UTF-8, copied once
 * @length: bytes
 *
 * Returns: (transfer full): one text frame, as a server sends it
 */
HnWsMessage *hn_ws_message_new (const char *text, gsize length);

/**
 * hn_ws_message_new_parts:
 * @parts: (array length=n_parts): pieces of the text, in order
 * @n_parts: how many
 *
 * Returns: (transfer full): one text frame, as a server sends it
 */
HnWsMessage *hn_ws_message_new_parts (const HnSlice *parts, guint n_parts);

/**
 * hn_ws_message_new_frame:
 * @kind: any that can be written
 * @payload: copied
 * @mask: (nullable) (array fixed-size=4): a client's
 *
 * Returns: (transfer full): one frame
 */
HnWsMessage *hn_ws_message_new_frame (HnWsKind kind, HnSlice payload, const guint8 *mask);

/**
 * hn_ws_message_ref:
 * @self: a message
 *
 * Returns: (transfer full): the same
 */
HnWsMessage *hn_ws_message_ref (HnWsMessage *self);

/**
 * hn_ws_message_unref:
 * @self: (nullable): a message
 */
void hn_ws_message_unref (HnWsMessage *self);

/**
 * hn_ws_message_get_text:
 * @self: a message without a mask
 *
 * Returns: (transfer none): its payload
 */
HnSlice hn_ws_message_get_text (const HnWsMessage *self);

/**
 * hn_ws_message_get_frame:
 * @self: a message
 *
 * Returns: (transfer none): what goes over the wire, header included
 */
HnSlice hn_ws_message_get_frame (const HnWsMessage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWsMessage, hn_ws_message_unref)
