/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/mend.h"

#include "tests/support/unit.h"

static void
a_known_error_text_has_its_own_mend_whatever_it_names (void **unused)
{
  assert_string_equal (hn_mend_find ("body 10.0.0.9 unreachable on port 47990", "create_failed"),
                       "`wg show`, then Sunshine on the body; `detail` says refused or silent");
  assert_string_equal (hn_mend_find ("body 10.0.0.9 already in use by session 3f9c2a11", NULL), "delete that session, or `\"replace\": true`");
}

static void
otherwise_the_reason_of_the_end_has_one (void **unused)
{
  assert_string_equal (hn_mend_find ("something that nobody foresaw", "data_directory_lost"), "find who cleans `/tmp`");
  assert_string_equal (hn_mend_find (NULL, "api_delete"), "nothing: it was wanted");
}

static void
what_is_unknown_has_none (void **unused)
{
  assert_null (hn_mend_find ("something that nobody foresaw", "no_such_reason"));
  assert_null (hn_mend_find (NULL, NULL));
  assert_null (hn_mend_find ("a body 1 unreachable on port 2", NULL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_known_error_text_has_its_own_mend_whatever_it_names),
    cmocka_unit_test (otherwise_the_reason_of_the_end_has_one),
    cmocka_unit_test (what_is_unknown_has_none),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
