/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/**
 * SimPairingError:
 * @SIM_PAIRING_ERROR_PIN: the host does not know the PIN that we know
 * @SIM_PAIRING_ERROR_CRYPTO: something does not decode, or a signature is wrong
 *
 * Why the client side of a pairing gave up.
 */
typedef enum {
  SIM_PAIRING_ERROR_PIN,
  SIM_PAIRING_ERROR_CRYPTO,
} SimPairingError;

#define SIM_PAIRING_ERROR (sim_pairing_error_quark ())
GQuark sim_pairing_error_quark (void);

typedef struct SimPairingClient SimPairingClient;

/**
 * SimPairingChance:
 * @salt: goes to the host in the clear
 * @challenge: what the host must prove to know the PIN with
 * @secret: signed by us in the last step
 *
 * All randomness of one pairing, so that a test can choose it.
 */
typedef struct {
  guint8 salt[16];
  guint8 challenge[16];
  guint8 secret[16];
} SimPairingChance;

/**
 * sim_pairing_client_new:
 * @chance: the random bytes of this attempt
 * @pin: four ASCII digits
 * @sha1: whether the host is older than generation 7
 * @signature: signature bits of our certificate
 * @signature_bytes: their length
 *
 * One attempt to pair. Pure; one thread at a time.
 *
 * Returns: (transfer full): the client side
 */
SimPairingClient *sim_pairing_client_new (const SimPairingChance *chance, const char *pin, gboolean sha1,
                                          const guint8 *signature, gsize signature_bytes);

/** sim_pairing_client_free: (nullable) @self: wiped and released */
void sim_pairing_client_free (SimPairingClient *self);

/**
 * sim_pairing_client_salt:
 * @self: the attempt
 *
 * Returns: (transfer full): the salt of phase 1, upper-case hex
 */
char *sim_pairing_client_salt (const SimPairingClient *self);

/**
 * sim_pairing_client_challenge:
 * @self: the attempt
 *
 * Returns: (transfer full): `clientchallenge` of phase 2, upper-case hex
 */
char *sim_pairing_client_challenge (const SimPairingClient *self);

/**
 * sim_pairing_client_answer:
 * @self: the attempt
 * @challengeresponse: what the host answered in phase 2, hex
 * @error: #SIM_PAIRING_ERROR
 *
 * Returns: (transfer full) (nullable): `serverchallengeresp` of phase 3, upper-case hex
 */
char *sim_pairing_client_answer (SimPairingClient *self, const char *challengeresponse, GError **error);

/**
 * sim_pairing_client_check:
 * @self: the attempt, after [func@sim_pairing_client_answer]
 * @pairingsecret: what the host answered in phase 3, hex
 * @server: the certificate of phase 1
 * @error: #SIM_PAIRING_ERROR
 *
 * Is the host's secret signed by its certificate, and did it know the PIN? In this order.
 *
 * Returns: whether pairing may go on
 */
gboolean sim_pairing_client_check (SimPairingClient *self, const char *pairingsecret, X509 *server, GError **error);

/**
 * sim_pairing_client_check_secret:
 * @self: the attempt, after [func@sim_pairing_client_answer]
 * @secret: the host's 16 secret bytes
 * @signature: signature bits of the host's certificate
 * @signature_bytes: their length
 *
 * The second half of [func@sim_pairing_client_check].
 *
 * Returns: whether the host's first hash fits, that is, whether it used our PIN
 */
gboolean sim_pairing_client_check_secret (const SimPairingClient *self, const guint8 *secret, const guint8 *signature,
                                          gsize signature_bytes);

/**
 * sim_pairing_client_secret:
 * @self: the attempt
 * @key: our private key
 * @error: #SIM_PAIRING_ERROR
 *
 * Returns: (transfer full) (nullable): `clientpairingsecret` of phase 4, upper-case hex
 */
char *sim_pairing_client_secret (const SimPairingClient *self, EVP_PKEY *key, GError **error);

/**
 * sim_pairing_hex:
 * @bytes: what to write
 * @length_bytes: how many
 *
 * Returns: (transfer full): upper-case hex
 */
char *sim_pairing_hex (const guint8 *bytes, gsize length_bytes);

/**
 * sim_pairing_unhex:
 * @hex: either case
 *
 * Returns: (transfer full) (nullable): the bytes, or %NULL when @hex is odd or has another character
 */
GByteArray *sim_pairing_unhex (const char *hex);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimPairingClient, sim_pairing_client_free)
