/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-group.h"

#include "tests/support/unit.h"

#include "base/random.h"

static gboolean
add (HnRosterGroup *group, const char *member, const char *connection, const char *process)
{
  const HnRosterSeat *seat = hn_roster_seat_new (&(HnRosterSeat){ .member = member, .connection = connection, .card = "{}" }, process, 1);
  gboolean added = hn_roster_group_add (group, seat);

  hn_roster_seat_unref (seat);
  return added;
}

static gboolean
take (HnRosterGroup *group, const char *connection)
{
  const HnRosterSeat *seat = hn_roster_group_take (group, connection);

  hn_roster_seat_unref (seat);
  return seat != NULL;
}

static void
append (const HnRosterSeat *seat, gpointer text)
{
  g_string_append_printf (text, "%s/%s ", seat->member, seat->connection);
}

static char *
members_of (HnRosterGroup *group)
{
  GString *text = g_string_new (NULL);

  hn_roster_group_for_each (group, append, text);
  return g_string_free (text, FALSE);
}

static void
assert_members (HnRosterGroup *group, const char *expected)
{
  g_autofree char *text = members_of (group);

  assert_string_equal (text, expected);
}

static void
members_stand_in_order_of_coming_with_their_first_seat (void **state)
{
  g_autoptr (HnRosterGroup) group = hn_roster_group_new ("r", "p1");

  assert_true (add (group, "ann", "a1", "p1"));
  assert_true (add (group, "bob", "b1", "p2"));
  assert_true (add (group, "ann", "a2", "p2"));
  assert_members (group, "ann/a1 bob/b1 ");
  assert_int_equal (hn_roster_group_get_members (group), 2);
  assert_int_equal (hn_roster_group_count_seats (group, "ann"), 2);
  assert_int_equal (hn_roster_group_count_seats (group, "eve"), 0);
  assert_int_equal (hn_roster_group_get_local (group), 1);
}

static void
a_member_keeps_its_place_until_its_last_seat_goes (void **state)
{
  g_autoptr (HnRosterGroup) group = hn_roster_group_new ("r", "p1");

  add (group, "ann", "a1", "p1");
  add (group, "bob", "b1", "p2");
  add (group, "ann", "a2", "p2");
  assert_true (take (group, "a1"));
  assert_members (group, "ann/a2 bob/b1 ");
  assert_string_equal (hn_roster_group_find_member (group, "ann")->connection, "a2");
  assert_int_equal (hn_roster_group_get_local (group), 0);
  assert_true (take (group, "a2"));
  assert_members (group, "bob/b1 ");
  assert_null (hn_roster_group_find_member (group, "ann"));
  assert_true (add (group, "ann", "a3", "p1"));
  assert_members (group, "bob/b1 ann/a3 ");
}

static void
a_connection_has_one_seat (void **state)
{
  g_autoptr (HnRosterGroup) group = hn_roster_group_new ("r", "p1");

  assert_true (add (group, "ann", "a1", "p1"));
  assert_false (add (group, "bob", "a1", "p1"));
  assert_members (group, "ann/a1 ");
  assert_false (take (group, "b1"));
  assert_null (hn_roster_group_find_seat (group, "b1"));
  assert_string_equal (hn_roster_group_find_seat (group, "a1")->member, "ann");
}

static void
a_mirror_is_made_anew (void **state)
{
  g_autoptr (HnRosterGroup) group = hn_roster_group_new ("r", "p1");

  assert_string_equal (hn_roster_group_get_name (group), "r");
  assert_string_equal (hn_roster_group_get_epoch (group), "");
  hn_roster_group_set_user_data (group, group);
  hn_roster_group_set_place (group, "e1", 7);
  add (group, "ann", "a1", "p1");
  add (group, "bob", "b1", "p2");
  hn_roster_group_clear (group);
  hn_roster_group_set_place (group, "e2", 3);
  assert_members (group, "");
  assert_int_equal (hn_roster_group_get_local (group), 0);
  assert_true (add (group, "bob", "b1", "p2"));
  assert_members (group, "bob/b1 ");
  assert_string_equal (hn_roster_group_get_epoch (group), "e2");
  assert_int_equal (hn_roster_group_get_offset (group), 3);
  assert_ptr_equal (hn_roster_group_get_user_data (group), group);
}

static void
all_seats_are_listed_by_member (void **state)
{
  g_autoptr (HnRosterGroup) group = hn_roster_group_new ("r", "p1");
  g_autoptr (GPtrArray) seats = NULL;
  const char *expected[] = { "a1", "a2", "b1" };

  add (group, "ann", "a1", "p1");
  add (group, "bob", "b1", "p2");
  add (group, "ann", "a2", "p2");
  seats = hn_roster_group_list_seats (group);
  hn_roster_group_clear (group); /* those listed live on */
  assert_int_equal (seats->len, 3);
  for (guint i = 0; i < 3; i++)
    assert_string_equal (((const HnRosterSeat *) seats->pdata[i])->connection, expected[i]);
}

/* The same doings on a plain list that is searched from its beginning each time. */
static void
a_mirror_is_what_a_plain_list_would_be (void **state)
{
  g_autoptr (HnRandom) random = hn_random_new_seeded (11);
  g_autoptr (HnRosterGroup) group = hn_roster_group_new ("r", "p1");
  char list[40][2] = { { 0 } }; /* member, connection; in order of seats' coming */
  guint n = 0;

  for (guint step = 0; step < 20000; step++) {
    guint connection = hn_random_below (random, 30), at = 0;
    char id[] = { (char) ('A' + connection), '\0' }, member[] = { (char) ('a' + connection % 7), '\0' };

    while (at < n && list[at][1] != id[0])
      at++;
    if (hn_random_below (random, 2) == 0) {
      assert_int_equal (take (group, id), at < n);
      if (at < n)
        memmove (list[at], list[at + 1], sizeof list[0] * (--n - at));
    } else {
      assert_int_equal (add (group, member, id, connection % 2 ? "p1" : "p2"), at == n);
      if (at == n) {
        list[n][0] = member[0];
        list[n++][1] = id[0];
      }
    }
    for (char m = 'a'; m <= 'g'; m++) {
      char name[] = { m, '\0' };
      guint seats = 0, first = n;

      for (guint i = n; i-- > 0;)
        if (list[i][0] == m)
          seats++, first = i;
      assert_int_equal (hn_roster_group_count_seats (group, name), seats);
      if (seats > 0)
        assert_int_equal (hn_roster_group_find_member (group, name)->connection[0], list[first][1]);
    }
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (members_stand_in_order_of_coming_with_their_first_seat),
    cmocka_unit_test (a_member_keeps_its_place_until_its_last_seat_goes),
    cmocka_unit_test (a_connection_has_one_seat),
    cmocka_unit_test (a_mirror_is_made_anew),
    cmocka_unit_test (all_seats_are_listed_by_member),
    cmocka_unit_test (a_mirror_is_what_a_plain_list_would_be),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
