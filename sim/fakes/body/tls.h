/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TLS as Sunshine offers it: 1.2 or later, no session resumption, on 47984 any client certificate but not none. Pure. */
#pragma once

#include <openssl/ssl.h>

#include "sim/fakes/body/pairing-crypto.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SSL_CTX, SSL_CTX_free)

/**
 * sim_tls_context_new:
 * @identity: key and certificate to show
 * @ask_client: whether a client without a certificate is turned away
 *
 * Returns: (transfer full) (nullable): NULL when OpenSSL refuses
 */
SSL_CTX *sim_tls_context_new (const SimIdentity *identity, gboolean ask_client);

/**
 * sim_tls_peer_der:
 * @ssl: after the handshake
 *
 * Returns: (transfer full) (nullable): DER of the peer's certificate
 */
GBytes *sim_tls_peer_der (const SSL *ssl);
