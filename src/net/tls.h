/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A certificate with its key, and how we speak TLS with it: 1.2 and 1.3, forward secrecy and AEAD only, our order of preference, http/1.1 by ALPN,
 * resumption by tickets whose key lives in memory and dies with this object; no renegotiation, no compression, no early data. The server name that a
 * client asks for is not looked at: there is one certificate. Shared by all connections that began with it. */

typedef struct _HnTls HnTls;

/**
 * hn_tls_new:
 * @cert_path: PEM file: the certificate, then what leads to its root
 * @key_path: PEM file: its private key, not encrypted
 * @error: CONFIG, naming the file: it cannot be read, is no such thing, or the two do not belong together
 *
 * Returns: (transfer full) (nullable): what a front door serves with
 */
HnTls *hn_tls_new (const char *cert_path, const char *key_path, GError **error);

/**
 * hn_tls_new_stand_in:
 * @name: host name
 *
 * A fresh key and a certificate signed with itself, so that a port can answer until the real one comes. Nobody should trust it.
 *
 * Returns: (transfer full): what a front door serves with
 */
HnTls *hn_tls_new_stand_in (const char *name);

/**
 * hn_tls_ref:
 * @self: a certificate in use
 *
 * Returns: (transfer full): @self
 */
HnTls *hn_tls_ref (HnTls *self);

/**
 * hn_tls_unref:
 * @self: (nullable): a certificate in use
 */
void hn_tls_unref (HnTls *self);

/**
 * hn_tls_get_fingerprint:
 * @self: a certificate in use
 *
 * Returns: the SHA-256 of the certificate, in hex
 */
const char *hn_tls_get_fingerprint (const HnTls *self);

/**
 * hn_tls_get_expiry_us:
 * @self: a certificate in use
 *
 * Returns: when the certificate ceases to be valid, in UTC
 */
gint64 hn_tls_get_expiry_us (const HnTls *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTls, hn_tls_unref)
