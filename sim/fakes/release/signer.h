/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A key pair, made anew each time, and signatures in minisign's format. */
#pragma once

#include <glib.h>

typedef struct SimSigner SimSigner;

/**
 * sim_signer_new:
 *
 * Returns: (transfer full): a fresh key pair
 */
SimSigner *sim_signer_new (void);

/**
 * sim_signer_free:
 * @self: (nullable) (transfer full): a key pair
 */
void sim_signer_free (SimSigner *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimSigner, sim_signer_free)

/**
 * sim_signer_public_text:
 * @self: a key pair
 *
 * Returns: (transfer full): the public key, one line of base64
 */
char *sim_signer_public_text (const SimSigner *self);

/**
 * sim_signer_sign:
 * @self: a key pair
 * @as: whose key id it bears, usually @self
 * @data: what to sign
 * @comment: the trusted comment
 *
 * Returns: (transfer full): a `.minisig` file
 */
char *sim_signer_sign (const SimSigner *self, const SimSigner *as, GBytes *data, const char *comment);
