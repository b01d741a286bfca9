/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry of metrics, and the rules that every row of its table keeps. */
#include <string.h>

#include "base/metrics.h"
#include "tests/support/unit.h"

static const char *const names[] = {
#define METRIC(id, role, kind, name, label, unit, help) name,
#include "base/metrics-list.h"
};
static const char *const kinds[] = {
#define METRIC(id, role, kind, name, label, unit, help) #kind,
#include "base/metrics-list.h"
};
static const char *const units[] = {
#define METRIC(id, role, kind, name, label, unit, help) #unit,
#include "base/metrics-list.h"
};
static const char *const helps[] = {
#define METRIC(id, role, kind, name, label, unit, help) help,
#include "base/metrics-list.h"
};
static const char *const label_values[] = {
#define LABEL(id, name, values) values,
#include "base/metrics-list.h"
};

static char *
page (HnMetricsRole role)
{
  return hn_metrics_page (role, "1.2");
}

static int
begin (void **unused)
{
  hn_metrics_reset ();
  return 0;
}

static void
a_counter_is_there_with_zero_and_counts (void **unused)
{
  g_autofree char *fresh = page (HN_METRICS_WORKER);
  g_autofree char *later = NULL;

  assert_non_null (strstr (fresh, "# HELP hydraneck_tunnels_opened_total Stream sockets opened.\n"
                                  "# TYPE hydraneck_tunnels_opened_total counter\nhydraneck_tunnels_opened_total 0\n"));
  hn_metrics_add (HN_METRIC_TUNNELS_OPENED, NULL, 1);
  hn_metrics_add (HN_METRIC_TUNNELS_OPENED, NULL, 2);
  later = page (HN_METRICS_WORKER);
  assert_non_null (strstr (later, "\nhydraneck_tunnels_opened_total 3\n"));
}

static void
every_series_of_a_label_is_there_from_the_start (void **unused)
{
  g_autofree char *fresh = page (HN_METRICS_WORKER);

  assert_non_null (strstr (fresh, "\nhydraneck_session_ends_total{reason=\"user_quit\"} 0\n"));
  assert_non_null (strstr (fresh, "\nhydraneck_session_ends_total{reason=\"worker_shutdown\"} 0\n"));
}

static void
a_value_outside_its_set_counts_as_other (void **unused)
{
  g_autofree char *before = page (HN_METRICS_WORKER);
  g_autofree char *after = NULL;

  assert_null (strstr (before, "other\""));
  hn_metrics_add (HN_METRIC_ENDS, "user_quit", 1);
  hn_metrics_add (HN_METRIC_ENDS, "user_qui", 1);
  hn_metrics_add (HN_METRIC_ENDS, "user_quit x", 1);
  hn_metrics_add (HN_METRIC_ENDS, "\"} 1\nevil", 1);
  hn_metrics_add (HN_METRIC_ENDS, NULL, 1);
  after = page (HN_METRICS_WORKER);
  assert_non_null (strstr (after, "reason=\"user_quit\"} 1\n"));
  assert_non_null (strstr (after, "\nhydraneck_session_ends_total{reason=\"other\"} 4\n"));
  assert_null (strstr (after, "evil"));
}

static void
a_gauge_goes_up_and_down_and_is_set (void **unused)
{
  hn_metrics_add (HN_METRIC_CONNECTIONS, NULL, 3);
  hn_metrics_add (HN_METRIC_CONNECTIONS, NULL, -1);
  assert_int_equal (hn_metrics_get (HN_METRIC_CONNECTIONS, NULL), 2);
  hn_metrics_set (HN_METRIC_CONNECTIONS, NULL, 7);
  assert_int_equal (hn_metrics_get (HN_METRIC_CONNECTIONS, NULL), 7);
}

static void
seconds_are_printed_exactly (void **unused)
{
  static const struct {
    gint64 us;
    const char *line;
  } rows[] = {
    { 0, "\nprocess_cpu_seconds_total 0\n" },
    { 1, "\nprocess_cpu_seconds_total 0.000001\n" },
    { 1500000, "\nprocess_cpu_seconds_total 1.5\n" },
    { 1000000, "\nprocess_cpu_seconds_total 1\n" },
    { G_GINT64_CONSTANT (1764110000123456), "\nprocess_cpu_seconds_total 1764110000.123456\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = NULL;

    hn_metrics_set (HN_METRIC_PROCESS_CPU, NULL, rows[i].us);
    text = page (HN_METRICS_CONTROLLER);
    assert_non_null (strstr (text, rows[i].line));
  }
}

static void
a_histogram_counts_what_is_not_longer_than_each_bucket (void **unused)
{
  g_autofree char *text = NULL;

  hn_metrics_observe (HN_METRIC_PROXY_DURATION, NULL, 500);      /* just within the first */
  hn_metrics_observe (HN_METRIC_PROXY_DURATION, NULL, 501);      /* just beyond it */
  hn_metrics_observe (HN_METRIC_PROXY_DURATION, NULL, -5);       /* a clock may be odd */
  hn_metrics_observe (HN_METRIC_PROXY_DURATION, NULL, 99000000); /* longer than all */
  text = page (HN_METRICS_CONTROLLER);
  assert_non_null (strstr (text, "# TYPE hydraneck_proxy_duration_seconds histogram\nhydraneck_proxy_duration_seconds_bucket{le=\"0.0005\"} 2\n"
                                 "hydraneck_proxy_duration_seconds_bucket{le=\"0.001\"} 3\n"));
  assert_non_null (strstr (text, "{le=\"10\"} 3\nhydraneck_proxy_duration_seconds_bucket{le=\"+Inf\"} 4\n"
                                 "hydraneck_proxy_duration_seconds_sum 99.001001\nhydraneck_proxy_duration_seconds_count 4\n"));
  assert_int_equal (hn_metrics_get (HN_METRIC_PROXY_DURATION, NULL), 4);
}

static void
a_role_shows_its_own_metrics_and_those_of_both (void **unused)
{
  g_autofree char *controller = page (HN_METRICS_CONTROLLER);
  g_autofree char *worker = page (HN_METRICS_WORKER);

  assert_non_null (strstr (controller, "\nhydraneck_build_info{role=\"controller\",version=\"1.2\"} 1\n"));
  assert_non_null (strstr (worker, "\nhydraneck_build_info{role=\"worker\",version=\"1.2\"} 1\n"));
  assert_non_null (strstr (controller, "\nhydraneck_workers{state=\"healthy\"} 0\n"));
  assert_null (strstr (worker, "hydraneck_workers{"));
  assert_null (strstr (controller, "hydraneck_mics"));
}

static void
signalling_has_its_own_metrics_and_those_of_all (void **unused)
{
  g_autofree char *rooms = page (HN_METRICS_ROOMS);
  g_autofree char *mesh = page (HN_METRICS_MESH);

  assert_non_null (strstr (rooms, "\nhydraneck_build_info{role=\"rooms\",version=\"1.2\"} 1\n"));
  assert_non_null (strstr (mesh, "\nhydraneck_build_info{role=\"mesh\",version=\"1.2\"} 1\n"));
  assert_non_null (strstr (rooms, "\nhydraneck_websockets 0\n"));
  assert_non_null (strstr (mesh, "\nhydraneck_websockets 0\n"));
  assert_non_null (strstr (mesh, "\nhydraneck_mesh_relayed_total{type=\"offer\"} 0\n"));
  assert_null (strstr (rooms, "hydraneck_mesh_"));
  assert_null (strstr (mesh, "hydraneck_proxy_"));
}

static void
an_odd_version_cannot_break_the_page (void **unused)
{
  g_autofree char *text = hn_metrics_page (HN_METRICS_WORKER, "1\"\\\n2");

  assert_non_null (strstr (text, "version=\"1\\\"\\\\\\n2\"} 1\n"));
}

static void
statuses_have_classes (void **unused)
{
  assert_string_equal (hn_metrics_status_class (101), "1xx");
  assert_string_equal (hn_metrics_status_class (599), "5xx");
  assert_string_equal (hn_metrics_status_class (99), "other");
  assert_string_equal (hn_metrics_status_class (600), "other");
  assert_true (hn_metrics_knows (HN_METRIC_API_ANSWERS, "4xx"));
  assert_false (hn_metrics_knows (HN_METRIC_API_ANSWERS, "other"));
  assert_false (hn_metrics_knows (HN_METRIC_TUNNELS, "4xx"));
}

static void
each_row_has_a_good_name_and_help (void **unused)
{
  for (guint i = 0; i < HN_METRICS; i++) {
    const char *name = names[i];
    gboolean histogram = g_str_equal (kinds[i], "QUICK") || g_str_equal (kinds[i], "LONG");
    g_autofree char *stem = g_str_has_suffix (name, "_total") ? g_strndup (name, strlen (name) - 6) : g_strdup (name);

    assert_int_equal (strspn (name, "abcdefghijklmnopqrstuvwxyz_"), strlen (name));
    assert_true (g_str_has_prefix (name, "hydraneck_") || g_str_has_prefix (name, "process_"));
    assert_int_equal (g_str_has_suffix (name, "_total"), g_str_equal (kinds[i], "COUNTER"));
    assert_int_equal (g_str_has_suffix (stem, "_seconds"), g_str_equal (units[i], "SECONDS"));
    assert_int_equal (g_str_has_suffix (stem, "_bytes"), g_str_equal (units[i], "BYTES"));
    assert_true (!histogram || g_str_equal (units[i], "SECONDS"));
    assert_true (g_str_has_suffix (helps[i], ".") && strpbrk (helps[i], "|\n\\") == NULL);
    for (guint other = 0; other < i; other++)
      assert_string_not_equal (names[other], name);
  }
}

static void
each_set_of_label_values_is_closed_and_plain (void **unused)
{
  for (guint i = 1; i < G_N_ELEMENTS (label_values); i++) {
    g_auto (GStrv) values = g_strsplit (label_values[i], " ", -1);

    for (guint at = 0; values[at] != NULL; at++) {
      assert_true (*values[at] != '\0' && strspn (values[at], "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen (values[at]));
      assert_string_not_equal (values[at], "other");
      for (guint other = 0; other < at; other++)
        assert_string_not_equal (values[other], values[at]);
    }
  }
}

/* A row with more series than the array has room for would be found here, before it counts for a neighbour. */
static void
each_row_has_room_for_all_its_series (void **unused)
{
  for (guint i = 0; i < HN_METRICS; i++)
    if (g_str_equal (kinds[i], "QUICK") || g_str_equal (kinds[i], "LONG"))
      hn_metrics_observe (i, "no such value", 1);
    else if (!g_str_equal (kinds[i], "INFO"))
      hn_metrics_add (i, "no such value", 1);
  for (guint i = 0; i < HN_METRICS; i++)
    if (!g_str_equal (kinds[i], "INFO"))
      assert_int_equal (hn_metrics_get (i, "no such value"), 1);
}

static void
the_document_names_each_metric (void **unused)
{
  g_autofree char *doc = hn_metrics_doc ();

  for (guint i = 0; i < HN_METRICS; i++) {
    g_autofree char *cell = g_strdup_printf ("| `%s` |", names[i]);

    assert_non_null (strstr (doc, cell));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (a_counter_is_there_with_zero_and_counts, begin),
    cmocka_unit_test_setup (every_series_of_a_label_is_there_from_the_start, begin),
    cmocka_unit_test_setup (a_value_outside_its_set_counts_as_other, begin),
    cmocka_unit_test_setup (a_gauge_goes_up_and_down_and_is_set, begin),
    cmocka_unit_test_setup (seconds_are_printed_exactly, begin),
    cmocka_unit_test_setup (a_histogram_counts_what_is_not_longer_than_each_bucket, begin),
    cmocka_unit_test_setup (a_role_shows_its_own_metrics_and_those_of_both, begin),
    cmocka_unit_test_setup (signalling_has_its_own_metrics_and_those_of_all, begin),
    cmocka_unit_test_setup (an_odd_version_cannot_break_the_page, begin),
    cmocka_unit_test_setup (statuses_have_classes, begin),
    cmocka_unit_test_setup (each_row_has_a_good_name_and_help, begin),
    cmocka_unit_test_setup (each_set_of_label_values_is_closed_and_plain, begin),
    cmocka_unit_test_setup (each_row_has_room_for_all_its_series, begin),
    cmocka_unit_test_setup (the_document_names_each_metric, begin),
  };

  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
