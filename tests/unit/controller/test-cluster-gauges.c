/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"
#include "base/metrics.h"
#include "controller/cluster-gauges.h"
#include "tests/support/unit.h"

#define TIMEOUT (60 * (gint64) G_USEC_PER_SEC)

static HnWorkerReport *
report (const char *id, guint n_sessions)
{
  HnWorkerReport *self = hn_worker_report_new ();

  self->id = g_strdup (id);
  self->url = g_strdup ("http://127.0.26.1:47990");
  self->boot_id = g_strdup ("boot");
  self->api_token = g_strdup ("secret-of-the-worker");
  self->version = g_strdup ("0.9");
  self->active_sessions = n_sessions;
  self->max_sessions = 10;
  for (guint i = 0; i < n_sessions; i++) {
    HnSessionReport *session = g_new0 (HnSessionReport, 1);

    session->id = g_strdup_printf ("%030x%02x", g_str_hash (id), i);
    session->body_ip = g_strdup_printf ("10.0.0.%u", i + 1);
    session->state = HN_SESSION_ACTIVE;
    g_ptr_array_add (self->sessions, session);
  }
  return self;
}

static void
workers_and_sessions_are_counted_by_state (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, 0);

  assert_non_null (hn_registry_heartbeat (registry, report ("w1", 2), 0, NULL, NULL));
  assert_non_null (hn_registry_heartbeat (registry, report ("w2", 1), 0, NULL, NULL));
  assert_non_null (hn_registry_heartbeat (registry, report ("w3", 0), 0, NULL, NULL));
  hn_registry_drain (registry, "w2", TRUE, HN_NEVER);
  hn_registry_failed (registry, "w3", 1);
  hn_cluster_gauges_set (registry);
  assert_int_equal (hn_metrics_get (HN_METRIC_WORKERS, "healthy"), 2);
  assert_int_equal (hn_metrics_get (HN_METRIC_WORKERS, "suspect"), 1);
  assert_int_equal (hn_metrics_get (HN_METRIC_WORKERS_DRAINING, NULL), 1);
  assert_int_equal (hn_metrics_get (HN_METRIC_SESSIONS, "active"), 3);
  assert_int_equal (hn_metrics_get (HN_METRIC_CAPACITY, NULL), 10);
}

static void
each_state_has_its_series (void **unused)
{
  for (guint state = HN_MEMBERSHIP_HEALTHY; state <= HN_MEMBERSHIP_GONE; state++)
    assert_true (hn_metrics_knows (HN_METRIC_WORKERS, hn_membership_to_text (state)));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (workers_and_sessions_are_counted_by_state),
    cmocka_unit_test (each_state_has_its_series),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
