/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the registry's tests do not reach by themselves: owners here are nobody but addresses of variables. */
#include "controller/reservations.h"
#include "tests/support/unit.h"

#define ID_A "0000000000000000000000000000000a"
#define S ((gint64) G_USEC_PER_SEC)

typedef struct {
  HnSessionIndex *index;
  HnReservations *self;
  HnAddress body, other_body;
  int me, they;
} Fixture;

static int
set_up (void **state)
{
  Fixture *f = g_new0 (Fixture, 1);

  f->index = hn_session_index_new ();
  f->self = hn_reservations_new (f->index);
  assert_true (hn_address_parse ("10.0.0.1", &f->body));
  assert_true (hn_address_parse ("10.0.0.2", &f->other_body));
  *state = f;
  return 0;
}

static int
tear_down (void **state)
{
  Fixture *f = *state;

  hn_reservations_free (f->self);
  hn_session_index_free (f->index);
  g_free (f);
  return 0;
}

static HnSessionReport *
session (const char *id, const char *body_ip)
{
  HnSessionReport *report = g_new0 (HnSessionReport, 1);

  report->id = g_strdup (id);
  report->body_ip = g_strdup (body_ip);
  report->state = HN_SESSION_READY;
  return report;
}

static void
a_ticket_is_good_until_it_is_used (void **state)
{
  Fixture *f = *state;
  guint64 ticket = hn_reservations_take (f->self, &f->me, &f->body);

  assert_ptr_equal (hn_reservations_find_owner (f->self, ticket), &f->me);
  assert_int_equal (hn_reservations_count (f->self, &f->me), 1);
  assert_int_equal (hn_reservations_count (f->self, &f->they), 0);
  hn_reservations_release (f->self, ticket);
  hn_reservations_release (f->self, ticket);
  hn_reservations_confirm (f->self, ticket, session (ID_A, "10.0.0.1"), 0);
  assert_null (hn_reservations_find_owner (f->self, ticket));
  assert_null (hn_reservations_find_owner (f->self, 0));
  assert_int_equal (hn_reservations_count (f->self, &f->me), 0);
  assert_null (hn_session_index_find (f->index, ID_A));
}

static void
a_body_is_found_while_a_creation_on_it_waits (void **state)
{
  Fixture *f = *state;
  guint64 first = hn_reservations_take (f->self, &f->me, &f->body);
  guint64 second = hn_reservations_take (f->self, &f->me, &f->body);

  assert_ptr_equal (hn_reservations_find_body (f->self, &f->body), &f->me);
  assert_null (hn_reservations_find_body (f->self, &f->other_body));
  hn_reservations_release (f->self, second);
  assert_ptr_equal (hn_reservations_find_body (f->self, &f->body), &f->me);
  hn_reservations_confirm (f->self, first, session (ID_A, "10.0.0.1"), 0);
  assert_null (hn_reservations_find_body (f->self, &f->body)); /* the index has it from now on */
}

static void
of_two_owners_on_one_body_the_latest_is_found (void **state)
{
  Fixture *f = *state;
  guint64 first = hn_reservations_take (f->self, &f->me, &f->body);
  guint64 second = hn_reservations_take (f->self, &f->they, &f->body);

  assert_ptr_equal (hn_reservations_find_body (f->self, &f->body), &f->they);
  hn_reservations_release (f->self, first);
  assert_ptr_equal (hn_reservations_find_body (f->self, &f->body), &f->they);
  hn_reservations_release (f->self, second);
  assert_null (hn_reservations_find_body (f->self, &f->body));
}

static void
a_confirmed_session_counts_until_a_list_has_it (void **state)
{
  Fixture *f = *state;
  guint64 ticket = hn_reservations_take (f->self, &f->me, &f->body);
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autoptr (GPtrArray) shown = g_ptr_array_new ();
  g_autoptr (HnSessionReport) listed = session (ID_A, "10.0.0.1");

  hn_reservations_confirm (f->self, ticket, session (ID_A, "10.0.0.1"), 0);
  hn_reservations_fold (f->self, &f->me, list, 1, 5 * S - 1);
  assert_int_equal (hn_reservations_count (f->self, &f->me), 1);
  hn_reservations_list_sessions (f->self, &f->me, shown);
  hn_reservations_list_sessions (f->self, &f->they, shown);
  assert_int_equal (shown->len, 1);
  g_ptr_array_add (list, listed);
  hn_session_index_put (f->index, &f->me, listed, 2);
  hn_reservations_fold (f->self, &f->me, list, 2, 5 * S - 1);
  assert_int_equal (hn_reservations_count (f->self, &f->me), 0);
  hn_session_index_remove (f->index, &f->me, ID_A);
}

static void
an_owner_that_is_forgotten_takes_its_sessions_along (void **state)
{
  Fixture *f = *state;
  guint64 ticket = hn_reservations_take (f->self, &f->me, &f->body);
  guint64 waiting = hn_reservations_take (f->self, &f->me, &f->other_body);

  hn_reservations_confirm (f->self, ticket, session (ID_A, "10.0.0.1"), 0);
  hn_reservations_session_ended (f->self, &f->me, "another");
  hn_reservations_session_ended (f->self, &f->they, ID_A);
  assert_int_equal (hn_reservations_count (f->self, &f->me), 2);
  hn_reservations_forget (f->self, &f->me);
  hn_reservations_forget (f->self, &f->me);
  assert_null (hn_session_index_find (f->index, ID_A));
  assert_null (hn_reservations_find_owner (f->self, waiting));
  assert_null (hn_reservations_find_body (f->self, &f->other_body));
  assert_int_equal (hn_reservations_count (f->self, &f->me), 0);
  hn_reservations_free (NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (a_ticket_is_good_until_it_is_used),
    TEST (a_body_is_found_while_a_creation_on_it_waits),
    TEST (of_two_owners_on_one_body_the_latest_is_found),
    TEST (a_confirmed_session_counts_until_a_list_has_it),
    TEST (an_owner_that_is_forgotten_takes_its_sessions_along),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
