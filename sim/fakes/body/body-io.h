/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets of one fake body: 47989, 47984, 47990 and 47991 over TCP, 47995 over UDP. Main thread only. */
#pragma once

#include "sim/fakes/body/body.h"
#include "sim/fakes/body/listen-http.h"

typedef struct SimBodyIo SimBodyIo;

/**
 * sim_body_io_new:
 * @body: (transfer full): what to serve
 * @tls: for 47990
 * @tls_asking: for 47984: asks for a client certificate
 *
 * Returns: (transfer full): sockets not yet open
 */
SimBodyIo *sim_body_io_new (SimBody *body, SSL_CTX *tls, SSL_CTX *tls_asking);

/**
 * sim_body_io_free:
 * @self: (nullable) (transfer full): the sockets
 */
void sim_body_io_free (SimBodyIo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimBodyIo, sim_body_io_free)

/**
 * sim_body_io_open:
 * @self: the sockets
 * @error: names address:port
 *
 * Returns: whether all ports of the body listen, now or already
 */
gboolean sim_body_io_open (SimBodyIo *self, GError **error);

/**
 * sim_body_io_close:
 * @self: the sockets
 *
 * Closes every port and every connection.
 */
void sim_body_io_close (SimBodyIo *self);

/**
 * sim_body_io_body:
 * @self: the sockets
 *
 * Returns: (transfer none): what they serve
 */
SimBody *sim_body_io_body (SimBodyIo *self);

/**
 * sim_body_io_set_fault:
 * @self: the sockets
 * @fault: which knob
 * @value: what it is to be
 * @error: names address:port when a body cannot come up again
 *
 * Returns: FALSE when it could not be done
 */
gboolean sim_body_io_set_fault (SimBodyIo *self, guint fault, guint value, GError **error);

/**
 * sim_body_io_reset:
 * @self: the sockets
 * @error: names address:port
 *
 * Drops what is held, forgets everything, listens again.
 *
 * Returns: whether the body is up
 */
gboolean sim_body_io_reset (SimBodyIo *self, GError **error);
