/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/session-index.h"
#include "tests/support/unit.h"

#define ID_A "0000000000000000000000000000000a"
#define ID_B "0000000000000000000000000000000b"

static void
an_id_stays_with_its_first_owner (void **unused)
{
  HnSessionIndex *index = hn_session_index_new ();
  HnSessionReport mine = { .id = (char *) ID_A, .body_ip = (char *) "" }, theirs = { .id = (char *) ID_A, .body_ip = (char *) "" };
  int me, they;

  hn_session_index_put (index, &me, &mine, 1);
  hn_session_index_put (index, &they, &theirs, 5);
  hn_session_index_remove (index, &they, ID_A);
  assert_ptr_equal (hn_session_index_find (index, ID_A)->owner, &me);
  assert_ptr_equal (hn_session_index_find (index, ID_A)->report, &mine);
  hn_session_index_remove (index, &me, ID_A);
  hn_session_index_put (index, &they, &theirs, 6);
  assert_ptr_equal (hn_session_index_find (index, ID_A)->owner, &they);
  hn_session_index_free (index);
}

static void
a_place_remembers_when_it_was_first_and_last_listed (void **unused)
{
  HnSessionIndex *index = hn_session_index_new ();
  HnSessionReport report = { .id = (char *) ID_A, .body_ip = (char *) "" };
  int me;

  hn_session_index_put (index, &me, &report, 3);
  hn_session_index_put (index, &me, &report, 4);
  assert_int_equal (hn_session_index_find (index, ID_A)->born_round, 3);
  assert_int_equal (hn_session_index_find (index, ID_A)->seen_round, 4);
  hn_session_index_free (index);
}

static void
a_living_session_is_found_by_its_body (void **unused)
{
  HnSessionIndex *index = hn_session_index_new ();
  HnSessionReport report = { .id = (char *) ID_A, .body_ip = (char *) "10.0.0.1", .state = HN_SESSION_READY };
  HnSessionReport moved = { .id = (char *) ID_A, .body_ip = (char *) "10.0.0.2", .state = HN_SESSION_READY };
  HnSessionReport dead = { .id = (char *) ID_A, .body_ip = (char *) "10.0.0.2", .state = HN_SESSION_STOPPED };
  HnAddress first, second;
  int me;

  assert_true (hn_address_parse ("::ffff:10.0.0.1", &first));
  assert_true (hn_address_parse ("10.0.0.2", &second));
  hn_session_index_put (index, &me, &report, 1);
  assert_ptr_equal (hn_session_index_find_body (index, &first)->report, &report);
  hn_session_index_put (index, &me, &moved, 2);
  assert_null (hn_session_index_find_body (index, &first));
  assert_ptr_equal (hn_session_index_find_body (index, &second)->report, &moved);
  hn_session_index_put (index, &me, &dead, 3);
  assert_null (hn_session_index_find_body (index, &second));
  hn_session_index_put (index, &me, &moved, 4);
  hn_session_index_remove (index, &me, ID_A);
  assert_null (hn_session_index_find_body (index, &second));
  hn_session_index_free (index);
}

static void
of_two_sessions_on_a_body_the_one_that_stays_is_found (void **unused)
{
  HnSessionIndex *index = hn_session_index_new ();
  HnSessionReport one = { .id = (char *) ID_A, .body_ip = (char *) "10.0.0.1", .state = HN_SESSION_READY };
  HnSessionReport two = { .id = (char *) ID_B, .body_ip = (char *) "10.0.0.1", .state = HN_SESSION_READY };
  HnAddress body;
  int me, they;

  assert_true (hn_address_parse ("10.0.0.1", &body));
  hn_session_index_put (index, &me, &one, 1);
  hn_session_index_put (index, &they, &two, 1);
  assert_ptr_equal (hn_session_index_find_body (index, &body)->owner, &me);
  hn_session_index_remove (index, &they, ID_B);
  assert_ptr_equal (hn_session_index_find_body (index, &body)->owner, &me);
  hn_session_index_put (index, &they, &two, 2);
  hn_session_index_remove (index, &me, ID_A);
  hn_session_index_put (index, &they, &two, 3);
  assert_ptr_equal (hn_session_index_find_body (index, &body)->owner, &they);
  hn_session_index_free (index);
}

static void
ended_ids_are_remembered_up_to_a_limit (void **unused)
{
  HnSessionIndex *index = hn_session_index_new ();
  int me;

  assert_false (hn_session_index_has_ended (index, ID_A));
  for (guint i = 0; i <= 4096; i++) {
    g_autofree char *id = g_strdup_printf ("%032x", i);
    HnSessionReport report = { .id = id, .body_ip = (char *) "" };

    hn_session_index_put (index, &me, &report, 1);
    assert_false (hn_session_index_has_ended (index, id));
    hn_session_index_remove (index, &me, id);
    assert_true (hn_session_index_has_ended (index, id));
    assert_null (hn_session_index_find (index, id));
  }
  assert_false (hn_session_index_has_ended (index, "00000000000000000000000000000000"));
  assert_true (hn_session_index_has_ended (index, "00000000000000000000000000000001"));
  hn_session_index_free (index);
  hn_session_index_free (NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_id_stays_with_its_first_owner),
    cmocka_unit_test (a_place_remembers_when_it_was_first_and_last_listed),
    cmocka_unit_test (a_living_session_is_found_by_its_body),
    cmocka_unit_test (of_two_sessions_on_a_body_the_one_that_stays_is_found),
    cmocka_unit_test (ended_ids_are_remembered_up_to_a_limit),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
