/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/web-server/host-job.h"

#include <openssl/rand.h>

#include "sim/fakes/web-server/nvhttp-tcp.h"

#define CONNECT_SECONDS 10

/* GTask's own pool would keep its threads for a while; ours are gone when the answer is there. */
typedef struct {
  SimHostJob *job;
  SimHostWork work;
  GThread *thread;
} Run;

static GBytes *
fetch (SimHostJob *job, gboolean secure, const char *path, const char *rest, GCancellable *cancellable, GError **error)
{
  SimNvEndpoint endpoint = { .address = job->address, .port = job->http_port, .connect_seconds = job->connect_seconds };
  g_autofree char *target = sim_nv_query (path, job->unique_id, rest);

  if (secure && !job->key) {
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_UNAUTHENTICATED, "unauthenticated");
    return NULL;
  }
  if (secure) {
    endpoint.port = job->https_port;
    endpoint.key = job->key;
    endpoint.certificate = job->certificate;
    endpoint.pinned = job->server_certificate;
  }
  return sim_nvhttp_get (&endpoint, target, cancellable, error);
}

SimNvAnswer *
sim_host_call (SimHostJob *job, gboolean secure, const char *path, const char *rest, GCancellable *cancellable,
               GError **error)
{
  g_autoptr (GBytes) body = fetch (job, secure, path, rest, cancellable, error);

  return body ? sim_nv_answer_new (g_bytes_get_data (body, NULL), g_bytes_get_size (body), error) : NULL;
}

static gboolean
ask_info (SimHostJob *job, gboolean secure, GCancellable *cancellable, GError **error)
{
  g_autoptr (SimNvAnswer) answer = sim_host_call (job, secure, "/serverinfo", NULL, cancellable, error);
  g_autoptr (SimServerInfo) info = answer ? sim_server_info_new (answer, error) : NULL;

  if (!info)
    return FALSE;
  sim_server_info_free (job->info);
  job->info = g_steal_pointer (&info);
  job->https_port = job->info->https_port;
  return TRUE;
}

static gboolean
ask_apps (SimHostJob *job, GCancellable *cancellable, GError **error)
{
  g_autoptr (SimNvAnswer) answer = sim_host_call (job, TRUE, "/applist", NULL, cancellable, error);

  if (!answer)
    return FALSE;
  g_clear_pointer (&job->apps, g_ptr_array_unref);
  job->apps = g_ptr_array_ref (answer->apps);
  return TRUE;
}

gboolean
sim_host_work_info (SimHostJob *job, GCancellable *cancellable, GError **error)
{
  if (!ask_info (job, FALSE, cancellable, error))
    return FALSE;
  return !job->key || (ask_info (job, TRUE, cancellable, error) && ask_apps (job, cancellable, error));
}

gboolean
sim_host_work_apps (SimHostJob *job, GCancellable *cancellable, GError **error)
{
  return ask_info (job, FALSE, cancellable, error) && ask_info (job, TRUE, cancellable, error) &&
         ask_apps (job, cancellable, error);
}

gboolean
sim_host_work_image (SimHostJob *job, GCancellable *cancellable, GError **error)
{
  g_autofree char *rest = g_strdup_printf ("appid=%u&AssetType=2&AssetIdx=0", job->app_id);

  if (!sim_host_work_apps (job, cancellable, error))
    return FALSE;
  job->image = fetch (job, TRUE, "/appasset", rest, cancellable, error);
  return job->image != NULL;
}

gboolean
sim_host_work_cancel (SimHostJob *job, GCancellable *cancellable, GError **error)
{
  if (!sim_host_work_apps (job, cancellable, error))
    return FALSE;
  g_autoptr (SimNvAnswer) answer = sim_host_call (job, TRUE, "/cancel", NULL, cancellable, error);
  return answer != NULL;
}

gboolean
sim_host_work_launch (SimHostJob *job, GCancellable *cancellable, GError **error)
{
  guint8 rikey[16];
  gint32 rikeyid;

  RAND_bytes (rikey, sizeof rikey);
  RAND_bytes ((guint8 *) &rikeyid, sizeof rikeyid);
  if (!ask_info (job, FALSE, cancellable, error) || !ask_info (job, TRUE, cancellable, error))
    return FALSE;
  gboolean running = job->info->current_game != 0;
  g_autofree char *rest = sim_nv_launch_query (job->app_id, job->settings, rikey, rikeyid);
  g_autoptr (SimNvAnswer) answer =
      sim_host_call (job, TRUE, running ? "/resume" : "/launch", rest, cancellable, error);
  if (!answer)
    return FALSE;
  if (!g_hash_table_contains (answer->fields, "sessionUrl0")) {
    g_set_error (error, SIM_NV_ERROR, SIM_NV_ERROR_PROTOCOL, "detail not found: `sessionUrl0`");
    return FALSE;
  }
  return TRUE;
}

static void
run_free (gpointer data)
{
  Run *run = data;

  sim_host_job_free (run->job);
  g_free (run);
}

static gpointer
in_thread (gpointer data)
{
  g_autoptr (GTask) task = data;
  Run *run = g_task_get_task_data (task);
  GError *error = NULL;

  if (run->work (run->job, g_task_get_cancellable (task), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  return NULL;
}

void
sim_host_job_run_async (SimHostJob *job, SimHostWork work, GCancellable *cancellable, GAsyncReadyCallback done,
                        gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, done, data);
  Run *run = g_new0 (Run, 1);

  run->job = job;
  run->work = work;
  g_task_set_source_tag (task, sim_host_job_run_async);
  g_task_set_task_data (task, run, run_free);
  run->thread = g_thread_new ("host", in_thread, g_object_ref (task));
}

SimHostJob *
sim_host_job_run_finish (GAsyncResult *result, GError **error)
{
  Run *run = g_task_get_task_data (G_TASK (result));

  g_thread_join (g_steal_pointer (&run->thread));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  return g_steal_pointer (&run->job);
}

SimHostJob *
sim_host_job_new (const SimHost *host, const char *unique_id)
{
  SimHostJob *job = g_new0 (SimHostJob, 1);

  job->address = g_strdup (host->address);
  job->http_port = host->http_port;
  job->key = g_strdup (host->key);
  job->certificate = g_strdup (host->certificate);
  job->server_certificate = g_strdup (host->server_certificate);
  job->unique_id = g_strdup (unique_id);
  job->connect_seconds = CONNECT_SECONDS;
  return job;
}

void
sim_host_job_free (SimHostJob *job)
{
  if (!job)
    return;
  g_free (job->address);
  g_free (job->key);
  g_free (job->certificate);
  g_free (job->server_certificate);
  g_free (job->unique_id);
  g_clear_pointer (&job->settings, json_object_unref);
  sim_server_info_free (job->info);
  g_clear_pointer (&job->apps, g_ptr_array_unref);
  g_clear_pointer (&job->image, g_bytes_unref);
  g_free (job);
}
