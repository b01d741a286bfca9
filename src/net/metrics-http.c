/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/metrics-http.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/build.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/proc-stat.h"
#include "net/timer.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define LAG_SECONDS 1

struct _HnMetricsHttp {
  HnMetricsRole role;
  void (*collect) (gpointer user_data);
  gpointer user_data;
  HnTimer *lag_timer;
  gint64 lag_due_us;
};

/* ---- the loop ---- */

static void
arm (HnMetricsHttp *self)
{
  self->lag_due_us = hn_clock_now_us () + hn_seconds (LAG_SECONDS);
  hn_timer_arm (self->lag_timer, self->lag_due_us);
}

static void
on_lag_due (gpointer data)
{
  HnMetricsHttp *self = data;

  hn_metrics_observe (HN_METRIC_LOOP_LAG, NULL, hn_clock_now_us () - self->lag_due_us);
  arm (self);
}

/* ---- the process ---- */

static gint64
count_fds (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  gint64 n = 0;

  while (directory != NULL && g_dir_read_name (directory) != NULL)
    n++;
  return MAX (n - 1, 0); /* but for the one that reads them */
}

static gint64
ticks_to_us (guint64 ticks)
{
  return (gint64) (ticks * G_USEC_PER_SEC / (guint64) sysconf (_SC_CLK_TCK));
}

/* Of the same value each time: what the clocks differ by between two looks is rounded away. */
static gint64
start_utc_us (const HnProcStat *stat)
{
  struct timespec since_boot;
  gint64 now_us;

  clock_gettime (CLOCK_BOOTTIME, &since_boot);
  now_us = (gint64) since_boot.tv_sec * G_USEC_PER_SEC + since_boot.tv_nsec / 1000;
  return (hn_clock_utc_us () - now_us + ticks_to_us (stat->start_ticks)) / 10000 * 10000;
}

static void
look_at_process (void)
{
  g_autofree char *text = NULL;
  struct rlimit files;
  HnProcStat stat;

  hn_metrics_set (HN_METRIC_PROCESS_OPEN_FDS, NULL, count_fds ());
  if (getrlimit (RLIMIT_NOFILE, &files) == 0)
    hn_metrics_set (HN_METRIC_PROCESS_MAX_FDS, NULL, (gint64) files.rlim_cur);
  if (!g_file_get_contents ("/proc/self/stat", &text, NULL, NULL) || !hn_proc_stat_parse (text, &stat))
    return;
  hn_metrics_set (HN_METRIC_PROCESS_CPU, NULL, ticks_to_us (stat.cpu_ticks));
  hn_metrics_set (HN_METRIC_PROCESS_THREADS, NULL, (gint64) stat.threads);
  hn_metrics_set (HN_METRIC_PROCESS_VIRTUAL, NULL, (gint64) stat.virtual_bytes);
  hn_metrics_set (HN_METRIC_PROCESS_RESIDENT, NULL, (gint64) stat.resident_pages * sysconf (_SC_PAGESIZE));
  if (hn_metrics_get (HN_METRIC_PROCESS_START, NULL) == 0)
    hn_metrics_set (HN_METRIC_PROCESS_START, NULL, start_utc_us (&stat));
}

/* ---- the page ---- */

void
hn_metrics_http_reply (HnMetricsHttp *self, HnHttpRequest *request)
{
  g_autofree char *page = NULL;

  if (!hn_http_request_is_admin (request) && !hn_http_request_is_local (request)) {
    g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_UNAUTHENTICATED, "unauthorized");

    hn_error_set_detail (error, "send 'Authorization: Bearer <server.admin_token>', or ask from this machine without a proxy");
    hn_http_request_set_header (request, "WWW-Authenticate", "Bearer");
    hn_http_request_reply_error (request, error);
    return;
  }
  look_at_process ();
  if (self->collect != NULL)
    self->collect (self->user_data);
  page = hn_metrics_page (self->role, hn_build_version ());
  hn_http_request_reply_text (request, 200, CONTENT_TYPE, page);
}

HnMetricsHttp *
hn_metrics_http_new (HnMetricsRole role, void (*collect) (gpointer user_data), gpointer user_data)
{
  HnMetricsHttp *self = g_new0 (HnMetricsHttp, 1);

  self->role = role;
  self->collect = collect;
  self->user_data = user_data;
  self->lag_timer = hn_timer_new (on_lag_due, self);
  arm (self);
  return self;
}

void
hn_metrics_http_free (HnMetricsHttp *self)
{
  if (self == NULL)
    return;
  hn_timer_free (self->lag_timer);
  g_free (self);
}
