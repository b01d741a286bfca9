/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sim/fakes/web-server/identity.h"
#include "sim/fakes/web-server/pairing-client.h"

#define CHALLENGE_RESPONSE                                                                                              \
  "9D88749146FF782EDE267E15FC5A04969EE0BF389C725D9D5D0C24AE9B0E28CA58F1C991A85A76C2526EB7CF9453B7E7"
#define SERVER_CHALLENGE_RESPONSE "40C613E48052FFD010C293A8EB989C98BBEEE3CED33DFF8EFFEE172DD13E8152"

static void
count_up (guint8 *bytes, guint8 first)
{
  for (guint i = 0; i < 16; i++)
    bytes[i] = first + i;
}

/* The known answers: every random value counts up, both certificate signatures are one byte repeated. */
static SimPairingClient *
known (const char *pin)
{
  SimPairingChance chance;
  guint8 signature[256];

  count_up (chance.salt, 0x00);
  count_up (chance.challenge, 0x10);
  count_up (chance.secret, 0x40);
  memset (signature, 0x5A, sizeof signature);
  return sim_pairing_client_new (&chance, pin, FALSE, signature, sizeof signature);
}

static gboolean
host_proves_itself (SimPairingClient *client, guint8 signature_byte)
{
  guint8 secret[16], signature[256];

  count_up (secret, 0x20);
  memset (signature, signature_byte, sizeof signature);
  return sim_pairing_client_check_secret (client, secret, signature, sizeof signature);
}

static void
the_challenge_is_the_known_one (void **unused)
{
  g_autoptr (SimPairingClient) client = known ("1234");
  g_autofree char *salt = sim_pairing_client_salt (client);
  g_autofree char *challenge = sim_pairing_client_challenge (client);

  assert_string_equal (salt, "000102030405060708090A0B0C0D0E0F");
  assert_string_equal (challenge, "5FEBCDC985B2BADDD65925DA162380EB");
}

static void
the_answer_to_the_host_is_the_known_one (void **unused)
{
  g_autoptr (SimPairingClient) client = known ("1234");
  g_autofree char *answer = sim_pairing_client_answer (client, CHALLENGE_RESPONSE, NULL);
  g_autofree char *lower = g_ascii_strdown (CHALLENGE_RESPONSE, -1);
  g_autofree char *again = sim_pairing_client_answer (client, lower, NULL);

  assert_string_equal (answer, SERVER_CHALLENGE_RESPONSE);
  assert_string_equal (again, SERVER_CHALLENGE_RESPONSE);
}

static void
a_host_that_knows_the_pin_is_believed (void **unused)
{
  g_autoptr (SimPairingClient) client = known ("1234");

  assert_false (host_proves_itself (client, 0xA5)); /* it has not answered yet */
  g_autofree char *answer = sim_pairing_client_answer (client, CHALLENGE_RESPONSE, NULL);
  assert_non_null (answer);
  assert_true (host_proves_itself (client, 0xA5));
  assert_false (host_proves_itself (client, 0xA6));
}

static void
a_host_with_another_pin_is_found_out (void **unused)
{
  g_autoptr (SimPairingClient) client = known ("1235");
  g_autofree char *answer = sim_pairing_client_answer (client, CHALLENGE_RESPONSE, NULL);

  assert_non_null (answer);
  assert_false (host_proves_itself (client, 0xA5));
}

static void
an_answer_of_the_wrong_length_is_a_crypto_failure (void **unused)
{
  static const char *const bad[] = { "", "00", "zz", "9D88749146FF782EDE267E15FC5A0496" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (SimPairingClient) client = known ("1234");
    g_autoptr (GError) error = NULL;
    assert_null (sim_pairing_client_answer (client, bad[i], &error));
    assert_true (g_error_matches (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_CRYPTO));
  }
}

/* Hex of 16 secret bytes and their signature by `key`, as a host and as we write it. */
static char *
signed_secret (SimIdentity *host)
{
  SimPairingChance chance = { 0 };
  g_autoptr (SimPairingClient) signer = NULL;

  count_up (chance.secret, 0x20);
  signer = sim_pairing_client_new (&chance, "0000", FALSE, (const guint8 *) "", 0);
  return sim_pairing_client_secret (signer, host->key, NULL);
}

static void
a_secret_that_the_host_did_not_sign_is_a_crypto_failure (void **unused)
{
  g_autoptr (SimIdentity) host = sim_identity_new (NULL), stranger = sim_identity_new (NULL);
  g_autoptr (SimPairingClient) client = known ("1234");
  g_autofree char *answer = sim_pairing_client_answer (client, CHALLENGE_RESPONSE, NULL);
  g_autofree char *forged = signed_secret (stranger), *good = signed_secret (host);
  g_autoptr (GError) error = NULL;

  assert_non_null (answer);
  assert_int_equal (strlen (good), 2 * (16 + 256));
  assert_false (sim_pairing_client_check (client, forged, host->certificate, &error));
  assert_true (g_error_matches (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_CRYPTO));
  g_clear_error (&error);
  /* Rightly signed, but the known answer was made with another certificate: that looks like a wrong PIN. */
  assert_false (sim_pairing_client_check (client, good, host->certificate, &error));
  assert_true (g_error_matches (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_PIN));
  g_clear_error (&error);
  assert_false (sim_pairing_client_check (client, "00", host->certificate, &error));
  assert_true (g_error_matches (error, SIM_PAIRING_ERROR, SIM_PAIRING_ERROR_CRYPTO));
}

static void
an_identity_is_a_version_3_certificate_for_a_year_with_crlf (void **unused)
{
  g_autoptr (SimIdentity) identity = sim_identity_new (NULL);
  X509 *again = sim_identity_read_certificate (identity->certificate_pem);
  char subject[256];
  int days = 0, seconds = 0;

  assert_non_null (again);
  assert_int_equal (X509_get_version (again), X509_VERSION_3);
  assert_int_equal (EVP_PKEY_get_bits (X509_get0_pubkey (again)), 2048);
  X509_NAME_oneline (X509_get_subject_name (again), subject, sizeof subject);
  assert_string_equal (subject, "/C=US/ST=CA/L=San Francisco/O=Example Corp/CN=example.com");
  ASN1_TIME_diff (&days, &seconds, X509_get0_notBefore (again), X509_get0_notAfter (again));
  assert_int_equal (days, 365);
  assert_int_equal (X509_verify (again, identity->key), 1);
  assert_true (g_str_has_prefix (identity->certificate_pem, "-----BEGIN CERTIFICATE-----\r\n"));
  assert_true (g_str_has_prefix (identity->key_pem, "-----BEGIN PRIVATE KEY-----\r\n"));
  X509_free (again);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_challenge_is_the_known_one),
    cmocka_unit_test (the_answer_to_the_host_is_the_known_one),
    cmocka_unit_test (a_host_that_knows_the_pin_is_believed),
    cmocka_unit_test (a_host_with_another_pin_is_found_out),
    cmocka_unit_test (an_answer_of_the_wrong_length_is_a_crypto_failure),
    cmocka_unit_test (a_secret_that_the_host_did_not_sign_is_a_crypto_failure),
    cmocka_unit_test (an_identity_is_a_version_3_certificate_for_a_year_with_crlf),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
