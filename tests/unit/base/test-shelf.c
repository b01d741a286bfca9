/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/shelf.h"

#include "tests/support/unit.h"

static void
what_was_put_is_found (void **unused)
{
  g_autoptr (HnShelf) shelf = hn_shelf_new (3, 0);

  assert_null (hn_shelf_find (shelf, "a", 1));
  hn_shelf_put (shelf, "a", g_strdup ("one"), 1);
  hn_shelf_put (shelf, "b", g_strdup ("two"), 2);
  hn_shelf_put (shelf, "a", g_strdup ("three"), 3);
  assert_string_equal (hn_shelf_find (shelf, "a", 99999999), "three");
  assert_string_equal (hn_shelf_find (shelf, "b", 99999999), "two");
}

static void
the_oldest_makes_room (void **unused)
{
  g_autoptr (HnShelf) shelf = hn_shelf_new (2, 0);

  hn_shelf_put (shelf, "a", g_strdup ("one"), 1);
  hn_shelf_put (shelf, "b", g_strdup ("two"), 2);
  hn_shelf_put (shelf, "a", g_strdup ("again"), 3);
  hn_shelf_put (shelf, "c", g_strdup ("three"), 4);
  assert_null (hn_shelf_find (shelf, "b", 5));
  assert_string_equal (hn_shelf_find (shelf, "a", 5), "again");
  assert_string_equal (hn_shelf_find (shelf, "c", 5), "three");
}

static void
what_is_too_old_is_gone (void **unused)
{
  g_autoptr (HnShelf) shelf = hn_shelf_new (9, 100);

  hn_shelf_put (shelf, "a", g_strdup ("one"), 10);
  hn_shelf_put (shelf, "b", g_strdup ("two"), 60);
  assert_string_equal (hn_shelf_find (shelf, "a", 110), "one");
  assert_null (hn_shelf_find (shelf, "a", 111));
  assert_string_equal (hn_shelf_find (shelf, "b", 111), "two");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_was_put_is_found),
    cmocka_unit_test (the_oldest_makes_room),
    cmocka_unit_test (what_is_too_old_is_gone),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
