/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Does a TURN server give relays? A real allocation, given back at once: over UDP, TCP (`?transport=tcp`) or TLS (`turns:`). */

typedef struct {
  gint64 rtt_us;   /* there and back, the shortest of the exchanges */
  char *relayed;   /* where the relay was, as a literal */
  guint16 port;    /* its port */
  gboolean is_open; /* it asked for no credentials: a relay for everyone */
} HnTurnProbeResult;

/**
 * hn_turn_probe_async:
 * @url: `turn:host[:port][?transport=udp|tcp]` or `turns:…`; a name is resolved
 * @username: (nullable): user
 * @credential: (nullable): password
 * @timeout_us: how long to wait, for all of it
 * @cancellable: (nullable): cancels it
 * @done: called once, from the loop
 * @user_data: for @done
 */
void hn_turn_probe_async (const char *url, const char *username, const char *credential, gint64 timeout_us, GCancellable *cancellable,
                          GAsyncReadyCallback done, gpointer user_data);

/**
 * hn_turn_probe_finish:
 * @result: given to `done`
 * @error: TIMEOUT (no answer), UPSTREAM (refused, no such host), UNAUTHENTICATED (401), LIMIT (486, 508), DENIED (403), PROTOCOL, INVALID (the
 *   URL), G_IO_ERROR_CANCELLED; its text begins with the URL and says what is wrong, never with a password in it
 *
 * Returns: (transfer full) (nullable): what the server gave
 */
HnTurnProbeResult *hn_turn_probe_finish (GAsyncResult *result, GError **error);

/**
 * hn_turn_probe_result_free:
 * @self: (nullable): what to free
 */
void hn_turn_probe_result_free (HnTurnProbeResult *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTurnProbeResult, hn_turn_probe_result_free)
