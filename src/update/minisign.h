/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Signatures as minisign writes them: Ed25519 over the file (`Ed`) or over its BLAKE2b-512 (`ED`), and a second one over the first and the
 * trusted comment. */

#define HN_MINISIGN_KEY_BYTES 32
#define HN_MINISIGN_ID_BYTES 8

typedef struct {
  guint8 id[HN_MINISIGN_ID_BYTES];
  guint8 key[HN_MINISIGN_KEY_BYTES];
} HnMinisignKey;

/**
 * hn_minisign_parse_key:
 * @text: the line of base64 (`RW…`), or a whole `.pub` file
 * @ret_key: (out): the key
 * @error: INVALID
 *
 * Returns: whether it is a public key
 */
gboolean hn_minisign_parse_key (const char *text, HnMinisignKey *ret_key, GError **error);

/**
 * hn_minisign_verify:
 * @key: whose signature it must be
 * @data: (array length=length): what was signed
 * @length: bytes
 * @signature: text of the `.minisig` file
 * @error: PROTOCOL: no signature, another key's, not of these bytes, or its comment was changed
 *
 * Returns: (transfer full) (nullable): the trusted comment, once everything holds
 */
char *hn_minisign_verify (const HnMinisignKey *key, const void *data, gsize length, const char *signature, GError **error);
