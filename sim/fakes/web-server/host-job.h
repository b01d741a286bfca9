/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sim/fakes/web-server/nvhttp.h"
#include "sim/fakes/web-server/store.h"

typedef struct SimHostJob SimHostJob;

/** SimHostWork: blocks; runs in a thread of its own and touches nothing but the job */
typedef gboolean (*SimHostWork) (SimHostJob *job, GCancellable *cancellable, GError **error);

/**
 * SimHostJob:
 * @address: copy of the host's, like the next five
 * @http_port: of plain GameStream HTTP
 * @https_port: 0 = not asked yet
 * @unique_id: the user's `client_unique_id`
 * @app_id: in: for image and launch
 * @settings: (nullable): in: body of `StartStream`
 * @pin: in: for pairing
 * @info: out: newest `/serverinfo`
 * @apps: out: newest `/applist` (element-type SimNvApp)
 * @image: out: PNG
 *
 * Calls to one host, made apart from the store so that both may live their own lives.
 */
struct SimHostJob {
  char *address;
  guint16 http_port;
  guint16 https_port;
  char *key;
  char *certificate;
  char *server_certificate;
  char *unique_id;
  guint connect_seconds;
  guint32 app_id;
  JsonObject *settings;
  char pin[5];
  SimServerInfo *info;
  GPtrArray *apps;
  GBytes *image;
};

/**
 * sim_host_job_new:
 * @host: whom to call
 * @unique_id: for the query string
 *
 * Returns: (transfer full): a job that knows all that the calls need
 */
SimHostJob *sim_host_job_new (const SimHost *host, const char *unique_id);

/** sim_host_job_free: (nullable) @job: released */
void sim_host_job_free (SimHostJob *job);

/**
 * sim_host_job_run_async:
 * @job: (transfer full): what about
 * @work: one of the functions below
 * @cancellable: aborts the calls
 * @done: called in the main loop
 * @data: for @done
 */
void sim_host_job_run_async (SimHostJob *job, SimHostWork work, GCancellable *cancellable, GAsyncReadyCallback done,
                             gpointer data);

/** sim_host_job_run_finish: (transfer full) (nullable) the job with its answers */
SimHostJob *sim_host_job_run_finish (GAsyncResult *result, GError **error);

/** sim_host_work_info: `/serverinfo` over HTTP; for a paired host also `/serverinfo` and `/applist` over HTTPS */
gboolean sim_host_work_info (SimHostJob *job, GCancellable *cancellable, GError **error);

/** sim_host_work_apps: as info, but an unpaired host is an error */
gboolean sim_host_work_apps (SimHostJob *job, GCancellable *cancellable, GError **error);

/** sim_host_work_image: `/appasset` of @app_id */
gboolean sim_host_work_image (SimHostJob *job, GCancellable *cancellable, GError **error);

/** sim_host_work_cancel: `/cancel` */
gboolean sim_host_work_cancel (SimHostJob *job, GCancellable *cancellable, GError **error);

/** sim_host_work_launch: `/launch`, or `/resume` when a program runs already */
gboolean sim_host_work_launch (SimHostJob *job, GCancellable *cancellable, GError **error);

/** sim_host_work_pair: all of pairing with @pin; the job then holds the new key and certificates */
gboolean sim_host_work_pair (SimHostJob *job, GCancellable *cancellable, GError **error);

/** sim_host_call: (transfer full) (nullable) one request and its parsed answer; for the functions of work */
SimNvAnswer *sim_host_call (SimHostJob *job, gboolean secure, const char *path, const char *rest,
                            GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimHostJob, sim_host_job_free)
