/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/placement.h"
#include "tests/support/unit.h"

static void
the_left_one_of_each_row_is_preferred (void **unused)
{
  static const struct {
    HnPlacementCandidate better, worse;
  } rows[] = {
    { { "b", 0, 10, FALSE }, { "a", 1, 10, FALSE } },
    { { "b", 2, 20, FALSE }, { "a", 2, 10, FALSE } },  /* share, not count */
    { { "b", 9, 100, FALSE }, { "a", 1, 10, FALSE } }, /* 9 % before 10 % */
    { { "b", 1, 3, FALSE }, { "a", 2, 6, FALSE } },    /* equal share: fewer */
    { { "a", 1, 3, FALSE }, { "b", 1, 3, FALSE } },    /* equal all: id */
    { { "b", 9, 10, FALSE }, { "a", 0, 10, TRUE } },   /* refused comes last */
    { { "a", 0, 10, TRUE }, { "b", 1, 10, TRUE } },
    { { "b", 4000000000u, 4100000000u, FALSE }, { "a", 4000000001u, 4100000000u, FALSE } }, /* no overflow */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    assert_true (hn_placement_prefers (&rows[i].better, &rows[i].worse));
    assert_false (hn_placement_prefers (&rows[i].worse, &rows[i].better));
  }
}

static void
nobody_is_preferred_to_itself (void **unused)
{
  HnPlacementCandidate a = { "a", 1, 2, FALSE };

  assert_false (hn_placement_prefers (&a, &a));
}

static void
a_full_worker_has_no_room (void **unused)
{
  assert_true (hn_placement_has_room (&(HnPlacementCandidate){ "a", 9, 10, FALSE }));
  assert_false (hn_placement_has_room (&(HnPlacementCandidate){ "a", 10, 10, FALSE }));
  assert_false (hn_placement_has_room (&(HnPlacementCandidate){ "a", 11, 10, FALSE }));
  assert_false (hn_placement_has_room (&(HnPlacementCandidate){ "a", 0, 0, FALSE }));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_left_one_of_each_row_is_preferred),
    cmocka_unit_test (nobody_is_preferred_to_itself),
    cmocka_unit_test (a_full_worker_has_no_room),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
