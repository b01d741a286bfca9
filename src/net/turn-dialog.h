/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "base/random.h"

/* What a TURN server is told to show that it gives a relay, and gives it back at once: Allocate, the answer to its challenge, Refresh 0. Pure:
 * messages in, messages out; who sends them again and gives up is somebody else. */

typedef struct _HnTurnDialog HnTurnDialog;

typedef enum {
  HN_TURN_DIALOG_WAIT, /* nothing for us: go on waiting */
  HN_TURN_DIALOG_SEND, /* the request has changed: send it */
  HN_TURN_DIALOG_DONE, /* the relay was given, and given back */
  HN_TURN_DIALOG_FAILED,
} HnTurnDialogStep;

/**
 * hn_turn_dialog_new:
 * @username: (nullable): user; %NULL when there are no credentials
 * @credential: (nullable): password
 * @random: chance, for transactions; must outlive the dialog
 *
 * Returns: (transfer full): a dialog whose first request is to be sent
 */
HnTurnDialog *hn_turn_dialog_new (const char *username, const char *credential, HnRandom *random);

/**
 * hn_turn_dialog_get_request:
 * @self: a dialog that is neither done nor failed
 *
 * Returns: (transfer none): what is to be sent, until an answer comes
 */
const GByteArray *hn_turn_dialog_get_request (HnTurnDialog *self);

/**
 * hn_turn_dialog_handle:
 * @self: a dialog
 * @bytes: (array length=length): what came: one datagram, or one message of a stream
 * @length: bytes
 * @error: UNAUTHENTICATED, DENIED, LIMIT, PROTOCOL, UPSTREAM, saying what the server objects to
 *
 * Returns: what follows
 */
HnTurnDialogStep hn_turn_dialog_handle (HnTurnDialog *self, const guint8 *bytes, gsize length, GError **error);

/**
 * hn_turn_dialog_get_odd:
 * @self: a dialog
 *
 * Returns: (nullable): what came and could not be used, in words: a reason to give up that is better than silence
 */
const char *hn_turn_dialog_get_odd (const HnTurnDialog *self);

/**
 * hn_turn_dialog_has_relay:
 * @self: a dialog
 *
 * Returns: whether the relay was given, be it that its return is not confirmed yet
 */
gboolean hn_turn_dialog_has_relay (const HnTurnDialog *self);

/**
 * hn_turn_dialog_get_relayed:
 * @self: a dialog that has a relay
 * @ret_port: (out): its port
 *
 * Returns: (transfer none): the relayed address
 */
const char *hn_turn_dialog_get_relayed (const HnTurnDialog *self, guint16 *ret_port);

/**
 * hn_turn_dialog_get_realm:
 * @self: a dialog
 *
 * Returns: (transfer none) (nullable): the server's realm; %NULL when it has not asked for credentials
 */
const char *hn_turn_dialog_get_realm (const HnTurnDialog *self);

/**
 * hn_turn_dialog_free:
 * @self: (nullable): what to free
 */
void hn_turn_dialog_free (HnTurnDialog *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTurnDialog, hn_turn_dialog_free)
