/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Whether a peer's certificate is the one that its SDP announced (RFC 8122). Pure. */

/**
 * hn_fingerprint_matches:
 * @pem: (nullable): a certificate, PEM
 * @fingerprint: `sha-256 AB:CD:…`, upper case
 *
 * Returns: whether @fingerprint is that of @pem
 */
gboolean hn_fingerprint_matches (const char *pem, const char *fingerprint);
