/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: all values are whole numbers in one static array, so that nothing is allocated, looked up or locked where something is counted. A series is
 * there from the start with 0, or the first event would be no increase for Prometheus; only `other` waits until it is needed. Numbers are printed
 * without the C library, whose decimal point is the locale's. */
#include "base/metrics.h"

#include <string.h>

#define BUCKETS 14
#define HISTOGRAM_CELLS (BUCKETS + 2) /* one for what is longer than all buckets, one for the sum */
#define CELLS 128                     /* of one metric: all its series, `other` included */

typedef enum { COUNTER, GAUGE, INFO, QUICK, LONG } Kind;
typedef enum { NUMBER, BYTES, SECONDS } Unit;

typedef enum {
#define LABEL(id, name, values) LABEL_##id,
#include "base/metrics-list.h"
} LabelId;

typedef struct {
  const char *name;
  const char *values; /* separated by one space */
} Label;

typedef struct {
  HnMetricsRole role;
  Kind kind;
  const char *name;
  LabelId label;
  Unit unit;
  const char *help;
} Metric;

static const Label labels[] = {
#define LABEL(id, name, values) { name, values },
#include "base/metrics-list.h"
};

/* In the document, and in the label of HN_METRIC_BUILD_INFO. */
static const char *const role_names[] = { [HN_METRICS_CONTROLLER] = "controller", [HN_METRICS_WORKER] = "worker",         [HN_METRICS_ROOMS] = "rooms", [HN_METRICS_MESH] = "mesh",
                                          [HN_METRICS_BOTH] = "both",             [HN_METRICS_SIGNALLING] = "signalling", [HN_METRICS_ALL] = "all" };

static const Metric metrics[] = {
#define METRIC(id, role, kind, name, label, unit, help) { HN_METRICS_##role, kind, name, LABEL_##label, unit, help },
#include "base/metrics-list.h"
};

/* Upper ends, in microseconds. */
static const gint64 quick_us[BUCKETS] = { 500,    1000,   2500,   5000,    10000,   25000,   50000,
                                          100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 };
static const gint64 long_us[BUCKETS] = { 100000,  250000,   500000,   1000000,  2000000,  3000000,  5000000,
                                         8000000, 10000000, 15000000, 20000000, 30000000, 45000000, 60000000 };

static gint64 cells[HN_METRICS][CELLS];

/* ---- values ---- */

static gboolean
is_histogram (const Metric *metric)
{
  return metric->kind == QUICK || metric->kind == LONG;
}

/* Walks over the values of a label: the length of the one at *@at, which is moved behind it; 0 at the end. */
static gsize
next_value (const char **at, const char **ret_value)
{
  gsize length = strcspn (*at, " ");

  *ret_value = *at;
  *at += length + ((*at)[length] == ' ');
  return length;
}

/* Which series of @metric: that of `other` follows the known ones. */
static guint
series_of (const Metric *metric, const char *label, gboolean *ret_known)
{
  const char *at = labels[metric->label].values;
  const char *value;
  gsize length;
  guint i = 0;

  *ret_known = TRUE;
  if (metric->label == LABEL_NONE)
    return 0;
  while ((length = next_value (&at, &value)) > 0) {
    if (label != NULL && strncmp (label, value, length) == 0 && label[length] == '\0')
      return i;
    i++;
  }
  *ret_known = FALSE;
  return i;
}

static gint64 *
cells_of (HnMetric id, const char *label)
{
  const Metric *metric = &metrics[id];
  gboolean known;
  guint first = series_of (metric, label, &known) * (is_histogram (metric) ? HISTOGRAM_CELLS : 1);

  g_return_val_if_fail (first + (is_histogram (metric) ? HISTOGRAM_CELLS : 1) <= CELLS, cells[id]);
  return &cells[id][first];
}

static void
add_to (gint64 *cell, gint64 n)
{
  __atomic_fetch_add (cell, n, __ATOMIC_RELAXED);
}

static gint64
value_of (const gint64 *cell)
{
  return __atomic_load_n (cell, __ATOMIC_RELAXED);
}

void
hn_metrics_add (HnMetric metric, const char *label, gint64 n)
{
  g_return_if_fail (metrics[metric].kind == GAUGE || (metrics[metric].kind == COUNTER && n >= 0));
  add_to (cells_of (metric, label), n);
}

void
hn_metrics_set (HnMetric metric, const char *label, gint64 value)
{
  g_return_if_fail (metrics[metric].kind == GAUGE || metrics[metric].kind == COUNTER);
  __atomic_store_n (cells_of (metric, label), value, __ATOMIC_RELAXED);
}

void
hn_metrics_observe (HnMetric metric, const char *label, gint64 us)
{
  const gint64 *upper_us = metrics[metric].kind == QUICK ? quick_us : long_us;
  gint64 *own = cells_of (metric, label);
  guint i = 0;

  g_return_if_fail (is_histogram (&metrics[metric]));
  us = MAX (us, 0);
  while (i < BUCKETS && us > upper_us[i])
    i++;
  add_to (&own[i], 1);
  add_to (&own[BUCKETS + 1], us);
}

gint64
hn_metrics_get (HnMetric metric, const char *label)
{
  const gint64 *own = cells_of (metric, label);
  gint64 n = 0;

  if (!is_histogram (&metrics[metric]))
    return value_of (own);
  for (guint i = 0; i <= BUCKETS; i++)
    n += value_of (&own[i]);
  return n;
}

gboolean
hn_metrics_knows (HnMetric metric, const char *label)
{
  gboolean known;

  series_of (&metrics[metric], label, &known);
  return known && metrics[metric].label != LABEL_NONE;
}

const char *
hn_metrics_status_class (guint status)
{
  static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx", "5xx" };

  return status >= 100 && status < 600 ? classes[status / 100 - 1] : "other";
}

void
hn_metrics_reset (void)
{
  memset (cells, 0, sizeof cells);
}

/* ---- the page ---- */

/* Six decimals at most, without zeros at their end. */
static void
append_seconds (GString *out, gint64 us)
{
  gsize from;

  g_string_append_printf (out, "%s%" G_GINT64_FORMAT, us < 0 ? "-" : "", ABS (us) / 1000000);
  if (us % 1000000 == 0)
    return;
  from = out->len + 1;
  g_string_append_printf (out, ".%06d", (int) (ABS (us) % 1000000));
  while (out->len > from && out->str[out->len - 1] == '0')
    g_string_truncate (out, out->len - 1);
}

/* Within quotes if @quoted: a label's value; else a help text, where a quote needs no care. */
static void
append_escaped (GString *out, const char *text, gboolean quoted)
{
  for (; *text != '\0'; text++) {
    if (*text == '\n')
      g_string_append (out, "\\n");
    else if (*text == '\\' || (quoted && *text == '"'))
      g_string_append_printf (out, "\\%c", *text);
    else
      g_string_append_c (out, *text);
  }
}

static void
append_number (GString *out, const Metric *metric, gint64 value)
{
  g_string_append_c (out, ' ');
  if (metric->unit == SECONDS)
    append_seconds (out, value);
  else
    g_string_append_printf (out, "%" G_GINT64_FORMAT, value);
  g_string_append_c (out, '\n');
}

/* @pair: (nullable) `name="value"` of the label, which needs no escape: it stands in the table. */
static void
append_histogram (GString *out, const Metric *metric, const char *pair, const gint64 *own)
{
  const gint64 *upper_us = metric->kind == QUICK ? quick_us : long_us;
  const char *open = pair != NULL ? "{" : "";
  const char *close = pair != NULL ? "}" : "";
  const char *label = pair != NULL ? pair : "";
  gint64 n = 0;

  for (guint i = 0; i <= BUCKETS; i++) {
    n += value_of (&own[i]);
    g_string_append_printf (out, "%s_bucket{%s%sle=\"", metric->name, label, pair != NULL ? "," : "");
    if (i < BUCKETS)
      append_seconds (out, upper_us[i]);
    else
      g_string_append (out, "+Inf");
    g_string_append_printf (out, "\"} %" G_GINT64_FORMAT "\n", n);
  }
  g_string_append_printf (out, "%s_sum%s%s%s", metric->name, open, label, close);
  append_number (out, metric, value_of (&own[BUCKETS + 1]));
  g_string_append_printf (out, "%s_count%s%s%s %" G_GINT64_FORMAT "\n", metric->name, open, label, close, n);
}

static void
append_series (GString *out, const Metric *metric, const char *pair, const gint64 *own)
{
  if (is_histogram (metric)) {
    append_histogram (out, metric, pair, own);
    return;
  }
  g_string_append (out, metric->name);
  if (pair != NULL)
    g_string_append_printf (out, "{%s}", pair);
  append_number (out, metric, value_of (own));
}

static void
append_all_series (GString *out, HnMetric id)
{
  const Metric *metric = &metrics[id];
  const Label *label = &labels[metric->label];
  const char *at = label->values;
  const char *value;
  gsize length;

  if (metric->label == LABEL_NONE) {
    append_series (out, metric, NULL, cells[id]);
    return;
  }
  while ((length = next_value (&at, &value)) > 0) {
    g_autofree char *text = g_strndup (value, length);
    g_autofree char *pair = g_strdup_printf ("%s=\"%s\"", label->name, text);

    append_series (out, metric, pair, cells_of (id, text));
  }
  if (hn_metrics_get (id, NULL) != 0) {
    g_autofree char *pair = g_strdup_printf ("%s=\"other\"", label->name);

    append_series (out, metric, pair, cells_of (id, NULL));
  }
}

static void
append_info (GString *out, const Metric *metric, HnMetricsRole role, const char *version)
{
  g_string_append_printf (out, "%s{role=\"%s\",version=\"", metric->name, role_names[role]);
  append_escaped (out, version, TRUE);
  g_string_append (out, "\"} 1\n");
}

static const char *
type_of (const Metric *metric)
{
  switch (metric->kind) {
  case COUNTER:
    return "counter";
  case GAUGE:
  case INFO:
    return "gauge";
  case QUICK:
  case LONG:
    break;
  }
  return "histogram";
}

char *
hn_metrics_page (HnMetricsRole role, const char *version)
{
  GString *out = g_string_sized_new (16384);

  for (guint id = 0; id < HN_METRICS; id++) {
    const Metric *metric = &metrics[id];

    if ((metric->role & role) == 0)
      continue;
    g_string_append_printf (out, "# HELP %s ", metric->name);
    append_escaped (out, metric->help, FALSE);
    g_string_append_printf (out, "\n# TYPE %s %s\n", metric->name, type_of (metric));
    if (metric->kind == INFO)
      append_info (out, metric, role, version);
    else
      append_all_series (out, id);
  }
  return g_string_free (out, FALSE);
}

/* ---- the document ---- */

static void
append_doc_row (GString *out, const Metric *metric)
{
  static const char *const units[] = { "", "bytes", "seconds" };
  const Label *label = &labels[metric->label];
  g_auto (GStrv) values = g_strsplit (label->values, " ", -1);
  g_autofree char *list = g_strjoinv ("`, `", values);

  g_string_append_printf (out, "| `%s` | %s | %s | %s | ", metric->name, type_of (metric), role_names[metric->role], units[metric->unit]);
  if (metric->kind == INFO)
    g_string_append (out, "`role`, `version`");
  else if (metric->label != LABEL_NONE)
    g_string_append_printf (out, "`%s`: `%s`", label->name, list);
  g_string_append_printf (out, " | %s |\n", metric->help);
}

static void
append_doc_buckets (GString *out, const char *what, const gint64 *upper_us)
{
  g_string_append_printf (out, "* %s: ", what);
  for (guint i = 0; i < BUCKETS; i++) {
    append_seconds (out, upper_us[i]);
    g_string_append (out, i + 1 < BUCKETS ? ", " : " s\n");
  }
}

static void
append_doc_users (GString *out, Kind kind)
{
  const char *between = "";

  g_string_append (out, "  (");
  for (guint id = 0; id < HN_METRICS; id++)
    if (metrics[id].kind == kind) {
      g_string_append_printf (out, "%s`%s`", between, metrics[id].name);
      between = ", ";
    }
  g_string_append (out, ")\n");
}

char *
hn_metrics_doc (void)
{
  GString *out = g_string_new (
      "# Metrics\n\n"
      "Generated by `hydraneckwebrtc metrics-doc` from `src/base/metrics-list.h`; a test holds it current. `GET /metrics` of each role answers in the\n"
      "Prometheus text format 0.0.4, to the bearer of `server.admin_token` or to a loopback caller that no proxy has forwarded. Rules, a dashboard and a\n"
      "scrape configuration are in `scripts/monitoring/`.\n\n"
      "Roles: `both` is controller and worker, `signalling` is rooms and mesh, `all` are these four.\n\n"
      "Label values come from the closed sets below, never from a client; one that is in no set is counted as `other`. Every series is there from the\n"
      "start. All values begin with the process.\n\n"
      "| name | type | role | unit | label: values | what it is |\n|---|---|---|---|---|---|\n");

  for (guint id = 0; id < HN_METRICS; id++)
    append_doc_row (out, &metrics[id]);
  g_string_append (out, "\nUpper ends of buckets:\n\n");
  append_doc_buckets (out, "quick", quick_us);
  append_doc_users (out, QUICK);
  append_doc_buckets (out, "long", long_us);
  append_doc_users (out, LONG);
  return g_string_free (out, FALSE);
}
