/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/version.h"

#include "tests/support/unit.h"

static void
versions_are_three_numbers_and_what_semver_allows (void **unused)
{
  static const char *const good[] = { "0.1.0", "v1.4.0", "10.20.30", "1.0.0-alpha", "1.0.0-rc.1", "1.0.0-0.3.7", "1.0.0-x-y", "1.0.0+20130313144700", "v1.0.0-b.2+exp.5114f85" };
  static const char *const bad[] = { "", "v", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.03", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3 ", " 1.2.3", "V1.2.3", "vv1.2.3",
                                     "1.2.-3", "1.2.3/..", "latest", "1.2.3\n", "1234567890.0.0",
                                     "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    assert_true (hn_version_is_valid (good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_false (hn_version_is_valid (bad[i]));
}

static void
each_of_these_is_newer_than_the_one_before (void **unused)
{
  static const char *const rising[] = { "0.0.9", "0.1.0-alpha", "v0.1.0", "0.2.0", "0.10.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                        "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "v1.0.1", "2.0.0", "999999999.0.0" };

  for (gsize i = 0; i < G_N_ELEMENTS (rising); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (rising); k++) {
      int order = hn_version_compare (rising[i], rising[k]);

      assert_int_equal ((order > 0) - (order < 0), (i > k) - (i < k));
    }
}

static void
what_follows_a_plus_does_not_count (void **unused)
{
  assert_int_equal (hn_version_compare ("1.0.0+a", "v1.0.0+b"), 0);
  assert_int_equal (hn_version_compare ("1.0.0-rc.1+a", "1.0.0-rc.1"), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (versions_are_three_numbers_and_what_semver_allows),
    cmocka_unit_test (each_of_these_is_newer_than_the_one_before),
    cmocka_unit_test (what_follows_a_plus_does_not_count),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
