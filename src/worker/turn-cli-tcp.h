/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Ends all relays of one user through coturn's command line. */

/**
 * hn_turn_cli_tcp_async:
 * @listen: address and port of the command line
 * @password: its password
 * @user: whose relays, without an expiry
 * @cancellable: (nullable): cancels it
 * @done: called once, from the loop
 * @user_data: for @done
 */
void hn_turn_cli_tcp_async (const char *listen, const char *password, const char *user, GCancellable *cancellable, GAsyncReadyCallback done,
                            gpointer user_data);

/**
 * hn_turn_cli_tcp_finish:
 * @result: given to `done`
 * @error: UPSTREAM, TIMEOUT, UNAUTHENTICATED, LIMIT, G_IO_ERROR_CANCELLED
 *
 * Returns: how many were ended, or -1
 */
gssize hn_turn_cli_tcp_finish (GAsyncResult *result, GError **error);
