/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vectors were made by minisign 0.11: keys `release` and `other`, SHA256SUMS signed prehashed, in the older way (-l), and by the other key. */
#include "update/minisign.h"

#include <string.h>

#include "tests/support/unit.h"

#define COMMENT "hydraneckwebrtc 1.4.0 production"

static char *
fixture (const char *name)
{
  g_autofree char *path = g_build_filename (FIXTURES, "minisign", name, NULL);
  g_autofree char *text = NULL;

  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_strdup (text); /* a release build takes &text for what is returned */
}

static HnMinisignKey
key_of (const char *name)
{
  g_autofree char *text = fixture (name);
  HnMinisignKey key;

  assert_true (hn_minisign_parse_key (text, &key, NULL));
  return key;
}

static void
signatures_of_minisign_hold_prehashed_or_not (void **unused)
{
  static const char *const names[] = { "SHA256SUMS.minisig", "SHA256SUMS.legacy.minisig" };
  HnMinisignKey key = key_of ("release.pub");
  g_autofree char *sums = fixture ("SHA256SUMS");

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *signature = fixture (names[i]);
    g_autofree char *comment = hn_minisign_verify (&key, sums, strlen (sums), signature, &error);

    assert_null (error);
    assert_string_equal (comment, COMMENT);
  }
}

static void
another_keys_signature_is_refused (void **unused)
{
  HnMinisignKey key = key_of ("release.pub");
  HnMinisignKey other = key_of ("other.pub");
  g_autofree char *sums = fixture ("SHA256SUMS");
  g_autofree char *signature = fixture ("SHA256SUMS.other.minisig");
  g_autoptr (GError) error = NULL;

  assert_null (hn_minisign_verify (&key, sums, strlen (sums), signature, &error));
  assert_hn_error (error, HN_ERROR_PROTOCOL, "the signature was made with another key");
  /* one that pretends to be ours */
  memcpy (other.id, key.id, sizeof other.id);
  g_free (signature);
  signature = fixture ("SHA256SUMS.minisig");
  assert_null (hn_minisign_verify (&other, sums, strlen (sums), signature, &error));
  assert_hn_error (error, HN_ERROR_PROTOCOL, "the signature does not belong to these bytes");
}

static void
each_changed_byte_of_the_file_is_noticed (void **unused)
{
  HnMinisignKey key = key_of ("release.pub");
  g_autofree char *sums = fixture ("SHA256SUMS");
  g_autofree char *signature = fixture ("SHA256SUMS.minisig");
  gsize length = strlen (sums);

  for (gsize i = 0; i < length; i++) {
    g_autoptr (GError) error = NULL;

    sums[i] ^= 1;
    assert_null (hn_minisign_verify (&key, sums, length, signature, &error));
    assert_hn_error (error, HN_ERROR_PROTOCOL, "the signature does not belong to these bytes");
    sums[i] ^= 1;
  }
  assert_null (hn_minisign_verify (&key, sums, length - 1, signature, NULL));
}

static void
a_changed_comment_is_noticed (void **unused)
{
  HnMinisignKey key = key_of ("release.pub");
  g_autofree char *sums = fixture ("SHA256SUMS");
  g_autofree char *signature = fixture ("SHA256SUMS.minisig");
  g_autoptr (GError) error = NULL;

  strstr (signature, "1.4.0")[2] = '5';
  assert_null (hn_minisign_verify (&key, sums, strlen (sums), signature, &error));
  assert_hn_error (error, HN_ERROR_PROTOCOL, "the signature's trusted comment was changed");
}

static void
no_changed_byte_of_the_signature_is_taken (void **unused)
{
  HnMinisignKey key = key_of ("release.pub");
  g_autofree char *sums = fixture ("SHA256SUMS");
  g_autofree char *signature = fixture ("SHA256SUMS.minisig");
  gsize end_of_first = strcspn (signature, "\n");

  for (gsize i = end_of_first; signature[i + 1] != '\0'; i++) {
    g_autofree char *comment = NULL;

    signature[i] ^= 1;
    comment = hn_minisign_verify (&key, sums, strlen (sums), signature, NULL);
    assert_null (comment);
    signature[i] ^= 1;
  }
}

static void
what_is_no_signature_is_refused (void **unused)
{
  static const char *const texts[] = { "", "\n\n\n\n", "hello", "untrusted comment: x\nRUQ=\ntrusted comment: y\nRUQ=\n", "untrusted comment: x\n\ntrusted comment: \n\n",
                                       "<html>404</html>\n" };
  HnMinisignKey key = key_of ("release.pub");
  g_autofree char *good = fixture ("SHA256SUMS.minisig");
  g_autofree char *longer = g_strconcat (good, "more\n", NULL);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    assert_null (hn_minisign_verify (&key, "", 0, texts[i], &error));
    assert_hn_error (error, HN_ERROR_PROTOCOL, "not a minisign signature");
  }
  assert_null (hn_minisign_verify (&key, "", 0, longer, &error));
  assert_hn_error (error, HN_ERROR_PROTOCOL, "not a minisign signature");
  for (gsize i = 0; good[i] != '\0'; i++) { /* cut anywhere */
    g_autofree char *cut = g_strndup (good, i);

    if (i + 1 < strlen (good)) {
      assert_null (hn_minisign_verify (&key, "", 0, cut, NULL));
    }
  }
}

static void
a_key_is_one_line_or_its_file (void **unused)
{
  static const char *const bad[] = { "", "untrusted comment: x", "untrusted comment: x\n", "RWSxRlOUH3tX92QDLifUTsIso4sXRCMWSoSmZJorqQjTRhfSLbqx0gt", "RUSxRlOUH3tX92QDLifUTsIso4sXRCMWSoSmZJorqQjTRhfSLbqx0gt8",
                                     "RWSxRlOUH3tX92QDLifUTsIso4sXRCMWSoSmZJorqQjTRhfSLbqx0gt8AAAA", "RWSxRlOUH3tX92QDLifUTsIso4sXRCMW SoSmZJorqQjTRhfSLbqx0gt8" };
  HnMinisignKey from_file = key_of ("release.pub");
  HnMinisignKey from_line;
  g_autoptr (GError) error = NULL;

  assert_true (hn_minisign_parse_key ("RWSxRlOUH3tX92QDLifUTsIso4sXRCMWSoSmZJorqQjTRhfSLbqx0gt8", &from_line, NULL));
  assert_memory_equal (&from_file, &from_line, sizeof from_line);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    assert_false (hn_minisign_parse_key (bad[i], &from_line, &error));
    assert_hn_error (error, HN_ERROR_INVALID, "not a minisign public key");
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (signatures_of_minisign_hold_prehashed_or_not),
    cmocka_unit_test (another_keys_signature_is_refused),
    cmocka_unit_test (each_changed_byte_of_the_file_is_noticed),
    cmocka_unit_test (a_changed_comment_is_noticed),
    cmocka_unit_test (no_changed_byte_of_the_signature_is_taken),
    cmocka_unit_test (what_is_no_signature_is_refused),
    cmocka_unit_test (a_key_is_one_line_or_its_file),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
