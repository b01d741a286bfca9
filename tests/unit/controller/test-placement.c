/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller/placement.h"
#include "tests/support/unit.h"

static void
the_left_one_of_each_row_is_preferred (void **unused)
{
  static const struct {
    HnPlacementCandidate better, worse;
  } rows[] = {
    { { "b", 0, 10, FALSE, TRUE }, { "a", 1, 10, FALSE, TRUE } },
    { { "b", 2, 20, FALSE, TRUE }, { "a", 2, 10, FALSE, TRUE } },  /* share, not count */
    { { "b", 9, 100, FALSE, TRUE }, { "a", 1, 10, FALSE, TRUE } }, /* 9 % before 10 % */
    { { "b", 1, 3, FALSE, TRUE }, { "a", 2, 6, FALSE, TRUE } },    /* equal share: fewer */
    { { "a", 1, 3, FALSE, TRUE }, { "b", 1, 3, FALSE, TRUE } },    /* equal all: id */
    { { "b", 9, 10, FALSE, TRUE }, { "a", 0, 10, TRUE, TRUE } },   /* refused comes last */
    { { "a", 0, 10, TRUE, TRUE }, { "b", 1, 10, TRUE, TRUE } },
    { { "b", 4000000000u, 4100000000u, FALSE, TRUE }, { "a", 4000000001u, 4100000000u, FALSE, TRUE } }, /* no overflow */
    { { "b", 9, 10, TRUE, TRUE }, { "a", 0, 10, FALSE, FALSE } },                        /* closed comes last of all */
    { { "b", 9, 10, TRUE, TRUE }, { "a", 10, 10, FALSE, TRUE } },                        /* and so does full */
    { { "a", 9, 9, FALSE, FALSE }, { "b", 2, 0, FALSE, TRUE } },                         /* an order among these too */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    assert_true (hn_placement_prefers (&rows[i].better, &rows[i].worse));
    assert_false (hn_placement_prefers (&rows[i].worse, &rows[i].better));
  }
}

static void
nobody_is_preferred_to_itself (void **unused)
{
  HnPlacementCandidate a = { "a", 1, 2, FALSE, TRUE };

  assert_false (hn_placement_prefers (&a, &a));
}

static void
a_full_or_closed_worker_gets_nothing (void **unused)
{
  assert_true (hn_placement_may_get (&(HnPlacementCandidate){ "a", 9, 10, FALSE, TRUE }));
  assert_false (hn_placement_may_get (&(HnPlacementCandidate){ "a", 10, 10, FALSE, TRUE }));
  assert_false (hn_placement_may_get (&(HnPlacementCandidate){ "a", 11, 10, FALSE, TRUE }));
  assert_false (hn_placement_may_get (&(HnPlacementCandidate){ "a", 0, 0, FALSE, TRUE }));
  assert_false (hn_placement_may_get (&(HnPlacementCandidate){ "a", 0, 10, FALSE, FALSE }));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_left_one_of_each_row_is_preferred),
    cmocka_unit_test (nobody_is_preferred_to_itself),
    cmocka_unit_test (a_full_or_closed_worker_gets_nothing),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
