/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The known-answer vectors of GameStream pairing: salt 00..0f, PIN 1234, client challenge 10..1f, server certificate signature
 * 256 x a5, server secret 20..2f, server challenge 30..3f, client certificate signature 256 x 5a, client secret 40..4f. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/fakes/body/pairing-crypto.h"

static const char key_hex[] = "BAD0B4F7CAE08EB7C1B5ACC763A8ED25";
static const char h1_hex[] = "8B9EA1CE148196B7092B8A5BE9B2B35077D63376FFDB5CFFB17A85A2A4C73338";
static const char h2_hex[] = "5C12C400ED0F21D3FA00B2E5B72BBC6642C51EF1EBB07CBEB3726ECC699A7D15";

static void
count_up (guint8 *bytes, guint8 from, gsize length)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8)(from + i);
}

static GBytes *
filled (guint8 value)
{
  guint8 bytes[256];

  memset (bytes, value, sizeof bytes);
  return g_bytes_new (bytes, sizeof bytes);
}

static void
assert_hex (const guint8 *bytes, gsize length, const char *expected)
{
  g_autofree char *hex = sim_pairing_hex (bytes, length);

  assert_string_equal (hex, expected);
}

static void
assert_aes (const char *plain_hex, const char *hidden_hex)
{
  g_autoptr (GBytes) key = sim_pairing_unhex (key_hex);
  g_autoptr (GBytes) plain = sim_pairing_unhex (plain_hex);
  g_autoptr (GBytes) hidden = sim_pairing_aes (g_bytes_get_data (key, NULL), TRUE, plain);
  g_autoptr (GBytes) back = sim_pairing_aes (g_bytes_get_data (key, NULL), FALSE, hidden);

  assert_hex (g_bytes_get_data (hidden, NULL), g_bytes_get_size (hidden), hidden_hex);
  assert_true (g_bytes_equal (plain, back));
}

static void
the_key_is_half_the_hash_of_salt_and_pin (void **unused)
{
  guint8 salt[16];
  guint8 key[16];

  count_up (salt, 0x00, sizeof salt);
  sim_pairing_key (salt, "1234", key);
  assert_hex (key, sizeof key, key_hex);
}

static void
the_client_challenge_is_hidden_as_the_vector_says (void **unused)
{
  assert_aes ("101112131415161718191A1B1C1D1E1F", "5FEBCDC985B2BADDD65925DA162380EB");
}

static void
the_server_hash_is_that_of_the_vector (void **unused)
{
  guint8 challenge[16];
  guint8 secret[16];
  guint8 hash[32];
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) signature = filled (0xa5);

  count_up (challenge, 0x10, 16);
  count_up (secret, 0x20, 16);
  first = g_bytes_new (challenge, 16);
  sim_pairing_hash (first, signature, secret, 16, hash);
  assert_hex (hash, 32, h1_hex);
}

static void
the_challenge_response_is_that_of_the_vector (void **unused)
{
  g_autofree char *plain = g_strconcat (h1_hex, "303132333435363738393A3B3C3D3E3F", NULL);

  assert_aes (plain, "9D88749146FF782EDE267E15FC5A04969EE0BF389C725D9D5D0C24AE9B0E28CA58F1C991A85A76C2526EB7CF9453B7E7");
}

static void
the_client_hash_and_its_hidden_form_are_those_of_the_vector (void **unused)
{
  guint8 challenge[16];
  guint8 secret[16];
  guint8 hash[32];
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) signature = filled (0x5a);

  count_up (challenge, 0x30, 16);
  count_up (secret, 0x40, 16);
  first = g_bytes_new (challenge, 16);
  sim_pairing_hash (first, signature, secret, 16, hash);
  assert_hex (hash, 32, h2_hex);
  assert_aes (h2_hex, "40C613E48052FFD010C293A8EB989C98BBEEE3CED33DFF8EFFEE172DD13E8152");
}

static void
hex_is_upper_case_and_read_in_either (void **unused)
{
  g_autoptr (GBytes) lower = sim_pairing_unhex ("00ff1a");
  g_autoptr (GBytes) odd = sim_pairing_unhex ("00f");
  g_autoptr (GBytes) bad = sim_pairing_unhex ("0g");
  g_autoptr (GBytes) none = sim_pairing_unhex (NULL);

  assert_hex (g_bytes_get_data (lower, NULL), g_bytes_get_size (lower), "00FF1A");
  assert_int_equal (g_bytes_get_size (odd), 0);
  assert_int_equal (g_bytes_get_size (bad), 0);
  assert_int_equal (g_bytes_get_size (none), 0);
}

static void
a_length_that_is_no_whole_block_is_not_decrypted (void **unused)
{
  guint8 key[16] = { 0 };
  g_autoptr (GBytes) odd = sim_pairing_unhex ("0011");
  g_autoptr (GBytes) nothing = sim_pairing_aes (key, FALSE, odd);

  assert_int_equal (g_bytes_get_size (nothing), 0);
}

static void
an_identity_signs_what_its_certificate_verifies (void **unused)
{
  g_autoptr (SimIdentity) identity = sim_identity_new (NULL);
  g_autoptr (GBytes) signature = sim_pairing_sign (identity->key_pem, (const guint8 *)"secret", 6);
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (signature, &length);

  assert_int_equal (length, 256);
  assert_int_equal (g_bytes_get_size (identity->cert_signature), 256);
  assert_true (sim_pairing_verify (identity->cert_pem, (const guint8 *)"secret", 6, data, length));
  assert_false (sim_pairing_verify (identity->cert_pem, (const guint8 *)"sEcret", 6, data, length));
  assert_false (sim_pairing_verify ("no certificate", (const guint8 *)"secret", 6, data, length));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_key_is_half_the_hash_of_salt_and_pin),
    cmocka_unit_test (the_client_challenge_is_hidden_as_the_vector_says),
    cmocka_unit_test (the_server_hash_is_that_of_the_vector),
    cmocka_unit_test (the_challenge_response_is_that_of_the_vector),
    cmocka_unit_test (the_client_hash_and_its_hidden_form_are_those_of_the_vector),
    cmocka_unit_test (hex_is_upper_case_and_read_in_either),
    cmocka_unit_test (a_length_that_is_no_whole_block_is_not_decrypted),
    cmocka_unit_test (an_identity_signs_what_its_certificate_verifies),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
