/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "base/config.h"
#include "worker/place.h"

/* A worker: constructed, connected, torn down. Runs on the thread's default main context. */

typedef struct _HnWorker HnWorker;

typedef struct {
  /* Comes once, from the loop, after hn_worker_stop(): all sessions are ended and cleaned up. The worker may be freed in it. */
  void (*stopped) (gpointer user_data);
} HnWorkerEvents;

/**
 * hn_worker_new:
 * @config: outlives the worker
 * @place: copied; its texts outlive the worker
 * @events: static
 * @user_data: for @events
 * @error: CONFLICT `cannot bind — is another hydraneckwebrtc already running?`, INVALID, CONFIG
 *
 * Binds its port first; only then touches session directories that an earlier worker left.
 *
 * Returns: (transfer full) (nullable): a worker that serves
 */
HnWorker *hn_worker_new (const HnConfig *config, const HnWorkerPlace *place, const HnWorkerEvents *events, gpointer user_data,
                         GError **error);

/**
 * hn_worker_get_sessions:
 * @self: a worker
 *
 * Returns: how many sessions a restart would cut
 */
guint hn_worker_get_sessions (HnWorker *self);

/**
 * hn_worker_hold:
 * @self: a worker
 * @held: whether it takes no new sessions from now on; those that run go on, and the controller is told that there is no room
 */
void hn_worker_hold (HnWorker *self, gboolean held);

/**
 * hn_worker_publish:
 * @self: a worker
 * @type: of an event
 * @data: (transfer full): its particulars
 *
 * For whoever reads its events.
 */
void hn_worker_publish (HnWorker *self, const char *type, JsonObject *data);

/**
 * hn_worker_reload:
 * @self: a worker
 *
 * The configuration given at construction was read anew: what is derived from its live options is made anew, for sessions that are there too where
 * that is possible; none is cut, not even when there are more than `sessions.max` now.
 */
void hn_worker_reload (HnWorker *self);

/**
 * hn_worker_stop:
 * @self: a worker
 *
 * Takes no more clients, ends all sessions with reason `worker_shutdown`; `stopped` follows within about 20 s. May be called
 * again.
 */
void hn_worker_stop (HnWorker *self);

/**
 * hn_worker_get_port:
 * @self: a worker
 *
 * Returns: the port it listens on
 */
guint16 hn_worker_get_port (HnWorker *self);

/**
 * hn_worker_free:
 * @self: (nullable): a worker; sessions that still run are ended by their supervisors
 */
void hn_worker_free (HnWorker *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWorker, hn_worker_free)
