/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "base/shelf.h"
#include "controller/registry.h"
#include "net/event-stream.h"
#include "net/http-client.h"

/* The registry with its one timer, and the calls to its workers: what the other shells of this folder share. */

typedef struct _HnClusterHttp HnClusterHttp;

/**
 * hn_cluster_http_new:
 * @config: outlives the cluster
 *
 * Returns: (transfer full): a cluster of nobody
 */
HnClusterHttp *hn_cluster_http_new (const HnConfig *config);

/**
 * hn_cluster_http_free:
 * @self: (nullable): what to free; calls under way are aborted
 */
void hn_cluster_http_free (HnClusterHttp *self);

/**
 * hn_cluster_http_reload:
 * @self: a cluster
 *
 * The configuration was read anew: what was copied from it is copied again.
 */
void hn_cluster_http_reload (HnClusterHttp *self);

/**
 * hn_cluster_http_get_config:
 * @self: a cluster
 *
 * Returns: the configuration
 */
const HnConfig *hn_cluster_http_get_config (const HnClusterHttp *self);

/**
 * hn_cluster_http_get_registry:
 * @self: a cluster
 *
 * Returns: the registry; heartbeats, failures, creations and ends are told to the cluster instead, which logs them and sets its timer
 */
HnRegistry *hn_cluster_http_get_registry (HnClusterHttp *self);

/**
 * hn_cluster_http_get_events:
 * @self: a cluster
 *
 * Returns: (transfer none): where it tells what happens to workers and sessions
 */
HnEventStream *hn_cluster_http_get_events (HnClusterHttp *self);

/**
 * hn_cluster_http_get_placements:
 * @self: a cluster
 *
 * Returns: (transfer none): session id → why it is where it is (controller/placement-json), of the last creations
 */
HnShelf *hn_cluster_http_get_placements (HnClusterHttp *self);

/**
 * hn_cluster_http_confirm:
 * @self: a cluster
 * @worker_id: who created it
 * @ticket: as [method@Hn.Registry.confirm]
 * @session: (transfer full): likewise
 */
void hn_cluster_http_confirm (HnClusterHttp *self, const char *worker_id, guint64 ticket, HnSessionReport *session);

/**
 * hn_cluster_http_session_ended:
 * @self: a cluster
 * @worker_id: who had it
 * @session_id: a session that its worker ended or does not know
 * @reason: (nullable): why it ended, for events; %NULL when nobody knows
 */
void hn_cluster_http_session_ended (HnClusterHttp *self, const char *worker_id, const char *session_id, const char *reason);

/**
 * hn_cluster_http_heartbeat:
 * @self: a cluster
 * @report: (transfer full): what a worker says
 * @error: as [method@Hn.Registry.heartbeat]
 *
 * Returns: whether it was taken
 */
gboolean hn_cluster_http_heartbeat (HnClusterHttp *self, HnWorkerReport *report, GError **error);

/**
 * hn_cluster_http_drain:
 * @self: a cluster
 * @worker_id: any text
 * @drain: whether new sessions go elsewhere from now on
 * @left_us: what still runs is ended after so long; HN_NEVER: it runs to its end
 *
 * The worker is asked to beat at once, so that it knows, and tells it to a controller that starts anew, before anything else happens.
 *
 * Returns: (transfer none) (nullable): the worker
 */
const HnRegistryWorker *hn_cluster_http_drain (HnClusterHttp *self, const char *worker_id, gboolean drain, gint64 left_us);

/**
 * hn_cluster_http_worker_failed:
 * @self: a cluster
 * @worker_id: who could not be reached
 * @boot_id: in which life of it; nothing happens when it has begun a new one since
 * @what: one line for the log
 */
void hn_cluster_http_worker_failed (HnClusterHttp *self, const char *worker_id, const char *boot_id, const char *what);

/**
 * hn_cluster_http_doubt:
 * @self: a cluster
 * @worker_id: whose connection broke or did not answer
 * @what: one line for the log
 *
 * Looks whether the worker is still there, and takes it for failed only if it is not: a cut answer may be the end of one session.
 */
void hn_cluster_http_doubt (HnClusterHttp *self, const char *worker_id, const char *what);

/**
 * hn_cluster_http_silent:
 * @self: a cluster
 * @worker_id: who has not answered a call of ours in its time
 * @what: one line for the log
 *
 * A doubt as above; besides, others come first for new sessions until its next heartbeat: a process that hangs still has its
 * connections accepted.
 */
void hn_cluster_http_silent (HnClusterHttp *self, const char *worker_id, const char *what);

/**
 * hn_cluster_http_call_async:
 * @self: a cluster
 * @worker: whom to call
 * @method: `GET`, `POST`, `DELETE`
 * @path: path at the worker
 * @body: (nullable): JSON text
 * @timeout_us: over all
 * @cancellable: (nullable): cancels the call
 * @done: called once, from the loop; [func@Hn.http_client_call_finish] reads it
 * @user_data: for @done
 */
void hn_cluster_http_call_async (HnClusterHttp *self, const HnRegistryWorker *worker, const char *method, const char *path,
                                 const char *body, gint64 timeout_us, GCancellable *cancellable, GAsyncReadyCallback done,
                                 gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnClusterHttp, hn_cluster_http_free)
