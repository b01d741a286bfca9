/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * SimTls:
 *
 * The client's end of a TLS connection with a client certificate and one pinned server certificate. By OpenSSL itself: GIO's
 * module keeps threads of its own alive after the last connection.
 */
typedef struct SimTls SimTls;

/**
 * sim_tls_new:
 * @socket: connected
 * @certificate: ours, PEM
 * @key: ours, PEM
 * @pinned: the only server certificate that is accepted, PEM
 * @cancellable: aborts the handshake
 * @error: #SIM_NV_ERROR or a GIO error
 *
 * Blocks until the handshake is over, like everything here.
 *
 * Returns: (transfer full) (nullable): the connection
 */
SimTls *sim_tls_new (GSocket *socket, const char *certificate, const char *key, const char *pinned,
                     GCancellable *cancellable, GError **error);

/** sim_tls_free: (nullable) @self: a close notification is tried; the socket stays open */
void sim_tls_free (SimTls *self);

/** sim_tls_read: bytes read, 0 at the end, -1 on failure */
gssize sim_tls_read (SimTls *self, void *buffer, gsize size_bytes, GCancellable *cancellable, GError **error);

/** sim_tls_write: whether all of @text (@length_bytes) was written */
gboolean sim_tls_write (SimTls *self, const char *text, gsize length_bytes, GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimTls, sim_tls_free)
