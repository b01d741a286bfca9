/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/metrics.h"
#include "tests/support/unit.h"
#include "worker/session.h"
#include "worker/worker-gauges.h"

static void
add_session (HnWorkerReport *to, HnSessionState state, const char *mic)
{
  HnSessionReport *session = g_new0 (HnSessionReport, 1);

  session->state = state;
  if (mic != NULL) {
    session->mic = g_new0 (HnMicReport, 1);
    session->mic->state = g_strdup (mic);
  }
  g_ptr_array_add (to->sessions, session);
}

static void
sessions_capacity_microphones_and_wireguard_are_told (void **unused)
{
  g_autoptr (HnWorkerReport) report = hn_worker_report_new ();

  report->max_sessions = 15;
  report->wireguard = TRUE;
  add_session (report, HN_SESSION_ACTIVE, "live");
  add_session (report, HN_SESSION_ACTIVE, "off");
  add_session (report, HN_SESSION_ERROR, NULL);
  hn_worker_gauges_set (report);
  assert_int_equal (hn_metrics_get (HN_METRIC_SESSIONS, "active"), 2);
  assert_int_equal (hn_metrics_get (HN_METRIC_SESSIONS, "error"), 1);
  assert_int_equal (hn_metrics_get (HN_METRIC_CAPACITY, NULL), 15);
  assert_int_equal (hn_metrics_get (HN_METRIC_MICS, NULL), 1);
  assert_int_equal (hn_metrics_get (HN_METRIC_WIREGUARD, NULL), 1);
}

static void
a_state_that_nobody_is_in_any_more_goes_back_to_zero (void **unused)
{
  g_autoptr (HnWorkerReport) report = hn_worker_report_new ();

  hn_metrics_set (HN_METRIC_SESSIONS, "active", 2);
  hn_worker_gauges_set (report);
  assert_int_equal (hn_metrics_get (HN_METRIC_SESSIONS, "active"), 0);
}

static void
each_state_and_each_end_has_its_series (void **unused)
{
  for (guint state = 0; state <= HN_SESSION_ERROR; state++)
    assert_true (hn_metrics_knows (HN_METRIC_SESSIONS, hn_session_state_to_text (state)));
  for (guint reason = HN_END_NONE + 1; reason < HN_END_REASONS; reason++)
    assert_true (hn_metrics_knows (HN_METRIC_ENDS, hn_end_reason_to_text (reason)));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (sessions_capacity_microphones_and_wireguard_are_told),
    cmocka_unit_test (a_state_that_nobody_is_in_any_more_goes_back_to_zero),
    cmocka_unit_test (each_state_and_each_end_has_its_series),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
