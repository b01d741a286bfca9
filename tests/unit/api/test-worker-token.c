/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The expected tokens were computed by another program (Python's hmac). */
#include "api/worker-token.h"

#include <string.h>

#include "tests/support/unit.h"

#define SECRET "tok-5f1d3c"
#define OF_WORKER_1 "hnw1.d29ya2VyLTE.c7yXfpC-eYRBbBHjRnZMz7Cif869v9IyrUBw9yZ0RNM"
#define OF_HAUS "hnw1.aMOkdXNjaGVuOjQ3OTkw.wiqIdGfK_B2F2MfipriKoEuTVRCA4EMm63IEHijwI2A"

static void
a_token_is_what_the_format_says (void **unused)
{
  g_autofree char *first = hn_worker_token_new (SECRET, "worker-1");
  g_autofree char *second = hn_worker_token_new (SECRET, "häuschen:47990");

  assert_string_equal (first, OF_WORKER_1);
  assert_string_equal (second, OF_HAUS);
}

static void
a_token_names_its_worker (void **unused)
{
  static const char *const ids[] = { "a", "ab", "abc", "host.example.com:47990", "häuschen", "?>~" };

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autofree char *token = hn_worker_token_new (SECRET, ids[i]);
    g_autofree char *id = hn_worker_token_verify (token, SECRET);

    assert_string_equal (id, ids[i]);
    assert_null (strpbrk (token, "+/="));
  }
}

static void
a_token_of_another_controller_is_none (void **unused)
{
  assert_null (hn_worker_token_verify (OF_WORKER_1, "another"));
  assert_null (hn_worker_token_verify (OF_WORKER_1, ""));
  assert_null (hn_worker_token_verify (OF_WORKER_1, NULL));
}

static void
a_changed_token_is_none (void **unused)
{
  for (gsize i = 0; i < strlen (OF_WORKER_1); i++) {
    g_autofree char *changed = g_strdup (OF_WORKER_1);

    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    assert_null (hn_worker_token_verify (changed, SECRET));
  }
}

static void
what_is_no_token_is_none (void **unused)
{
  static const char *const texts[] = { "", "hnw1", "hnw1.", "hnw1..", "hnw1.d29ya2VyLTE", "hnw1.d29ya2VyLTE.", OF_WORKER_1 "=", OF_WORKER_1 ".x",
                                       "hnw1.d29ya2VyLTE=.c7yXfpC-eYRBbBHjRnZMz7Cif869v9IyrUBw9yZ0RNM", "HNW1.d29ya2VyLTE.x", "hnw1./w.x",
                                       "hnw1.AA.x" };
  g_autofree char *endless = g_strnfill (100000, 'A');
  g_autofree char *long_one = g_strconcat ("hnw1.", endless, ".x", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_null (hn_worker_token_verify (texts[i], SECRET));
  assert_null (hn_worker_token_verify (long_one, SECRET));
}

static void
a_token_of_the_previous_admin_token_is_good_until_that_is_gone (void **unused)
{
  char current[] = "new", previous[] = "old";
  HnConfig config = { .server_admin_token = current, .server_admin_token_previous = previous };
  g_autofree char *of_current = hn_worker_token_new ("new", "w1");
  g_autofree char *of_previous = hn_worker_token_new ("old", "w2");
  g_autofree char *first = hn_worker_token_admit (of_current, &config);
  g_autofree char *second = hn_worker_token_admit (of_previous, &config);

  assert_string_equal (first, "w1");
  assert_string_equal (second, "w2");
  config.server_admin_token_previous = NULL;
  assert_null (hn_worker_token_admit (of_previous, &config));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_token_is_what_the_format_says),
    cmocka_unit_test (a_token_names_its_worker),
    cmocka_unit_test (a_token_of_another_controller_is_none),
    cmocka_unit_test (a_changed_token_is_none),
    cmocka_unit_test (what_is_no_token_is_none),
    cmocka_unit_test (a_token_of_the_previous_admin_token_is_good_until_that_is_gone),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
