/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/create-outcome.h"
#include "base/metrics.h"
#include "tests/support/unit.h"

static void
each_status_has_an_outcome_of_the_closed_set (void **unused)
{
  static const struct {
    guint status;
    const char *outcome;
  } rows[] = {
    { 0, "cancelled" },   { 201, "created" },     { 400, "invalid" },     { 409, "conflict" }, { 413, "invalid" },
    { 422, "invalid" },   { 429, "invalid" },     { 500, "failed" },      { 502, "body_failed" },
    { 503, "no_capacity" }, { 504, "timeout" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    assert_string_equal (hn_create_outcome_of (rows[i].status), rows[i].outcome);
    assert_true (hn_metrics_knows (HN_METRIC_CREATES, rows[i].outcome));
  }
}

static void
only_what_was_created_has_a_duration (void **unused)
{
  hn_metrics_reset ();
  hn_create_outcome_count (502, 5000000);
  assert_int_equal (hn_metrics_get (HN_METRIC_CREATE_DURATION, NULL), 0);
  hn_create_outcome_count (201, 5000000);
  assert_int_equal (hn_metrics_get (HN_METRIC_CREATE_DURATION, NULL), 1);
  assert_int_equal (hn_metrics_get (HN_METRIC_CREATES, "created"), 1);
  assert_int_equal (hn_metrics_get (HN_METRIC_CREATES, "body_failed"), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_status_has_an_outcome_of_the_closed_set),
    cmocka_unit_test (only_what_was_created_has_a_duration),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
