/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Is something listening there, and how far away is it? A TCP connect, nothing sent. */

/**
 * hn_probe_async:
 * @host: IP literal
 * @port: TCP port
 * @timeout_us: how long to wait
 * @cancellable: (nullable): cancels it
 * @done: called once, from the loop
 * @user_data: for @done
 */
void hn_probe_async (const char *host, guint16 port, gint64 timeout_us, GCancellable *cancellable, GAsyncReadyCallback done,
                     gpointer user_data);

/**
 * hn_probe_finish:
 * @result: given to `done`
 * @error: UPSTREAM (refused, unreachable), TIMEOUT, G_IO_ERROR_CANCELLED
 *
 * Returns: time that the connect took, in microseconds, or -1
 */
gint64 hn_probe_finish (GAsyncResult *result, GError **error);

/**
 * hn_probe_bindable:
 * @host: IP literal
 * @port: TCP port
 *
 * Returns: whether a listening socket could be bound to it now
 */
gboolean hn_probe_bindable (const char *host, guint16 port);

/**
 * hn_probe_udp_free:
 * @port: UDP port
 *
 * Returns: whether nobody on this machine has it, on whatever IPv4 address
 */
gboolean hn_probe_udp_free (guint16 port);
