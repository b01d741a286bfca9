/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/turn-credential.h"

#include <string.h>

#include "base/clock.h"
#include "tests/support/unit.h"

#define SECRET "north"
#define ID "0123456789abcdef0123456789abcdef"

static void
the_password_is_what_coturn_computes (void **unused)
{
  /* echo -n 1433895918:506 | openssl dgst -binary -sha1 -hmac north | base64 */
  g_autofree char *password = hn_turn_credential_password ("north", "1433895918:506");
  g_autofree char *of_long_key = NULL;
  g_autofree char *key = g_strnfill (80, 'k'); /* longer than SHA-1's block */

  assert_string_equal (password, "s5LmbE7ECRvNooJppntkCvoj0Kg=");
  of_long_key = hn_turn_credential_password (key, "1:x");
  assert_string_equal (of_long_key, "f3iY1KXVm+ynopodgCnSoyCY6B8=");
}

static void
the_username_says_when_it_ends (void **unused)
{
  g_autofree char *username = hn_turn_credential_username ("abc", 1700000000 * hn_seconds (1) + 999999, hn_seconds (300));

  assert_string_equal (username, "1700000300:abc");
}

static void
nothing_leads_back_to_the_session_id_or_the_secret (void **unused)
{
  g_autofree char *user = hn_turn_credential_user (SECRET, ID);
  g_autofree char *own = hn_turn_credential_own_secret (SECRET, "worker-1", ID);

  assert_int_equal (strlen (user), HN_TURN_USER_LENGTH);
  assert_int_equal (strspn (user, "0123456789abcdef"), HN_TURN_USER_LENGTH);
  for (gsize i = 0; i + 4 <= strlen (ID); i++) {
    g_autofree char *part = g_strndup (&ID[i], 4);

    assert_null (strstr (user, part));
  }
  assert_null (strstr (own, user));
  assert_null (strstr (own, SECRET));
  assert_true (strlen (own) < 256); /* coturn's column */
}

static void
each_session_worker_and_secret_has_its_own (void **unused)
{
  static const char *const rows[][3] = {
    { SECRET, "worker-1", ID },
    { SECRET, "worker-1", "1123456789abcdef0123456789abcdef" },
    { SECRET, "worker-2", ID },
    { "south", "worker-1", ID },
  };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *prefix = hn_turn_credential_worker_prefix (SECRET, "worker-1");
  g_autofree char *other = hn_turn_credential_worker_prefix (SECRET, "worker-2");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_true (g_hash_table_add (seen, hn_turn_credential_own_secret (rows[i][0], rows[i][1], rows[i][2])));
  for (gsize i = 0; i < 2; i++) {
    g_autofree char *own = hn_turn_credential_own_secret (rows[i][0], rows[i][1], rows[i][2]);

    assert_true (g_str_has_prefix (own, prefix));
    assert_false (g_str_has_prefix (own, other));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_password_is_what_coturn_computes),
    cmocka_unit_test (the_username_says_when_it_ends),
    cmocka_unit_test (nothing_leads_back_to_the_session_id_or_the_secret),
    cmocka_unit_test (each_session_worker_and_secret_has_its_own),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
