/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/evp.h>

/**
 * sim_spare_key:
 *
 * One of a few keys that were made when the fakes were built: making one takes 0.3 s of CPU, and a cluster wants one for each session. Who must be told apart
 * from another by the key makes a fresh one instead. Thread-safe.
 *
 * Returns: (transfer full): RSA-2048; a fresh one where `spare-keys.pem` is neither beside this program nor one or two folders above
 */
EVP_PKEY *sim_spare_key (void);
