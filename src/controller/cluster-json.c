/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: field names are those of the runbook's jq commands. A session's `stream_url` is never the worker's own word: it depends on how
 * this caller reached us. Load counts creations on their way, as the choice of a worker does. */
#include "controller/cluster-json.h"

#include "base/clock.h"
#include "base/json.h"
#include "controller/url-rules.h"

static guint
load_of (const HnRegistryWorker *worker)
{
  return worker->report->active_sessions + worker->coming;
}

/* What an operator should see first: a draining worker that is not healthy has the greater problem. */
const char *
hn_cluster_json_status (const HnRegistryWorker *worker)
{
  return worker->draining && worker->membership.state == HN_MEMBERSHIP_HEALTHY ? "draining"
                                                                               : hn_membership_to_text (worker->membership.state);
}

static HnSessionReport *
aged_copy (const HnSessionReport *report, const HnRegistryWorker *worker, gint64 now_us)
{
  HnSessionReport *copy = hn_session_report_copy (report);

  copy->age_us += MAX (now_us - worker->membership.heard_us, 0);
  return copy;
}

JsonObject *
hn_cluster_json_session (const HnSessionReport *report, const HnRegistryWorker *worker, const char *domain, const char *base_url)
{
  g_autoptr (HnSessionReport) copy = hn_session_report_copy (report);
  g_autofree char *path = hn_url_rules_stream_path (report->id, report->stream_path, report->stream_url);

  g_free (copy->worker_id);
  copy->worker_id = g_strdup (worker->report->id);
  g_clear_pointer (&copy->stream_url, g_free);
  if (path != NULL && base_url != NULL)
    copy->stream_url = hn_url_rules_stream_url (domain, base_url, worker->report->public_url, path);
  return hn_session_report_to_json (copy);
}

JsonObject *
hn_cluster_json_stale_session (const HnSessionReport *report, const HnRegistryWorker *worker, const char *domain,
                               const char *base_url, gint64 now_us)
{
  g_autoptr (HnSessionReport) aged = aged_copy (report, worker, now_us);
  JsonObject *object = hn_cluster_json_session (aged, worker, domain, base_url);

  json_object_set_boolean_member (object, "stale", TRUE);
  return object;
}

static void
add_sessions (JsonArray *array, const HnRegistry *registry, const HnRegistryWorker *worker, gint64 now_us)
{
  g_autoptr (GPtrArray) sessions = hn_registry_list_sessions (registry, worker);

  for (guint i = 0; i < sessions->len; i++) {
    g_autoptr (HnSessionReport) aged = aged_copy (g_ptr_array_index (sessions, i), worker, now_us);

    json_array_add_object_element (array, hn_cluster_json_session (aged, worker, NULL, NULL));
  }
}

JsonObject *
hn_cluster_json_worker (const HnRegistry *registry, const HnRegistryWorker *worker, gint64 now_us)
{
  const HnWorkerReport *report = worker->report;
  JsonObject *object = json_object_new ();
  JsonArray *sessions = json_array_new ();
  g_autofree char *age = hn_clock_span (now_us - worker->membership.heard_us);

  add_sessions (sessions, registry, worker, now_us);
  json_object_set_string_member (object, "id", report->id);
  json_object_set_string_member (object, "status", hn_cluster_json_status (worker));
  json_object_set_boolean_member (object, "healthy", worker->membership.state == HN_MEMBERSHIP_HEALTHY);
  json_object_set_boolean_member (object, "draining", worker->draining);
  if (worker->draining && worker->drain_deadline_us != HN_NEVER)
    json_object_set_int_member (object, "drain_seconds_left", MAX (worker->drain_deadline_us - now_us, 0) / G_USEC_PER_SEC);
  json_object_set_string_member (object, "url", report->url);
  hn_json_set_text (object, "public_url", report->public_url);
  hn_json_set_text (object, "version", report->version);
  json_object_set_int_member (object, "active_sessions", load_of (worker));
  json_object_set_int_member (object, "max_sessions", report->max_sessions);
  json_object_set_boolean_member (object, "wireguard", report->wireguard);
  json_object_set_string_member (object, "heartbeat_age", age);
  json_object_set_int_member (object, "heartbeat_age_seconds",
                              MAX (now_us - worker->membership.heard_us, 0) / G_USEC_PER_SEC);
  json_object_set_array_member (object, "sessions", sessions);
  return object;
}

JsonObject *
hn_cluster_json_workers (const HnRegistry *registry, gint64 now_us)
{
  g_autoptr (GPtrArray) workers = hn_registry_list_workers (registry);
  JsonObject *object = json_object_new ();
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < workers->len; i++)
    json_array_add_object_element (array, hn_cluster_json_worker (registry, g_ptr_array_index (workers, i), now_us));
  json_object_set_array_member (object, "workers", array);
  return object;
}

typedef struct {
  guint active, max, healthy, total;
  gboolean wireguard;
} Sums;

static Sums
sum_up (GPtrArray *workers)
{
  Sums sums = { .total = workers->len, .wireguard = TRUE };

  for (guint i = 0; i < workers->len; i++) {
    const HnRegistryWorker *worker = g_ptr_array_index (workers, i);

    if (worker->membership.state != HN_MEMBERSHIP_HEALTHY)
      continue;
    sums.healthy++;
    sums.active += load_of (worker);
    sums.max += worker->report->max_sessions;
    sums.wireguard = sums.wireguard && worker->report->wireguard;
  }
  sums.wireguard = sums.wireguard && sums.healthy > 0;
  return sums;
}

static JsonObject *
health_extra (const HnRegistry *registry, GPtrArray *workers, const Sums *sums, const HnClusterJsonProcess *process,
              gboolean with_sessions, gint64 now_us)
{
  JsonObject *extra = json_object_new ();
  g_autofree char *uptime = hn_clock_span (now_us - process->started_us);

  json_object_set_int_member (extra, "process_id", process->process_id);
  json_object_set_string_member (extra, "uptime", uptime);
  json_object_set_boolean_member (extra, "wireguard", sums->wireguard);
  json_object_set_int_member (extra, "active_sessions", sums->active);
  json_object_set_int_member (extra, "max_sessions", sums->max);
  json_object_set_int_member (extra, "workers_healthy", sums->healthy);
  json_object_set_int_member (extra, "workers_total", sums->total);
  if (with_sessions) {
    JsonArray *sessions = json_array_new ();

    for (guint i = 0; i < workers->len; i++)
      add_sessions (sessions, registry, g_ptr_array_index (workers, i), now_us);
    json_object_set_array_member (extra, "sessions", sessions);
  }
  return extra;
}

JsonObject *
hn_cluster_json_health (const HnRegistry *registry, const HnClusterJsonProcess *process, gboolean with_sessions, gint64 now_us)
{
  g_autoptr (GPtrArray) workers = hn_registry_list_workers (registry);
  Sums sums = sum_up (workers);
  gboolean ok = sums.wireguard && sums.healthy == sums.total;
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "service", "hydraneckwebrtc");
  json_object_set_string_member (object, "version", process->version);
  json_object_set_int_member (object, "uptime_seconds", (now_us - process->started_us + G_USEC_PER_SEC / 2) / G_USEC_PER_SEC);
  json_object_set_string_member (object, "status", ok ? "ok" : "degraded");
  json_object_set_object_member (object, "extra", health_extra (registry, workers, &sums, process, with_sessions, now_us));
  return object;
}
