/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/worker-api.h"
#include "controller/membership.h"
#include "controller/url-rules.h"

/* Who is alive, how loaded, and where each session is: all that a controller knows, rebuilt from one round of heartbeats. Pure: time
 * comes as an argument, what must be told comes as a return value. */

typedef struct _HnRegistry HnRegistry;

/* Read-only for everybody else; valid until the next call that is not a plain query. */
typedef struct {
  HnWorkerReport *report; /* the last heartbeat */
  HnUrlRulesTarget target;
  HnMembership membership;
  guint coming; /* creations on their way and sessions too new for the last heartbeat: on top of report->active_sessions */
  gboolean refused;  /* answered 503 since its last heartbeat */
  gint64 drain_deadline_us; /* when a draining worker ends what it still has; HN_NEVER: it waits */
  gboolean draining; /* the operator wants no new sessions there; apart from the lease, since it outlives whatever happens to that */
} HnRegistryWorker;

typedef struct {
  const HnSessionReport *report;
  const HnRegistryWorker *worker;
} HnRegistrySession;

/* A worker's state changed by itself. */
typedef struct {
  char *worker_id;
  HnMembershipState from;
  HnMembershipState to;
} HnRegistryChange;

typedef enum {
  HN_REGISTRY_FOUND,
  HN_REGISTRY_NOT_YET, /* a fresh controller: its worker may not have told us yet */
  HN_REGISTRY_UNKNOWN,
} HnRegistryVerdict;

/**
 * hn_registry_new:
 * @heartbeat_timeout_us: `workers.heartbeat_timeout`
 * @now_us: monotonic time of our own start
 *
 * Returns: (transfer full): a registry that knows nobody
 */
HnRegistry *hn_registry_new (gint64 heartbeat_timeout_us, gint64 now_us);

/**
 * hn_registry_free:
 * @self: (nullable): what to free
 */
void hn_registry_free (HnRegistry *self);

/**
 * hn_registry_set_timeout:
 * @self: a registry
 * @heartbeat_timeout_us: `workers.heartbeat_timeout` from now on, for those that are known too
 */
void hn_registry_set_timeout (HnRegistry *self, gint64 heartbeat_timeout_us);

/**
 * hn_registry_heartbeat:
 * @self: a registry
 * @report: (transfer full): what a worker says
 * @now_us: monotonic time
 * @ret_from: (out) (optional): state of that worker before
 * @error: INVALID naming the field; CONFLICT: a newer process has this id; LIMIT: HN_LIMIT_WORKERS
 *
 * Of two processes with one id the one that started last wins, as long as it is alive.
 *
 * Returns: (transfer none) (nullable): the worker
 */
const HnRegistryWorker *hn_registry_heartbeat (HnRegistry *self, HnWorkerReport *report, gint64 now_us, HnMembershipState *ret_from,
                                               GError **error);

/**
 * hn_registry_failed:
 * @self: a registry
 * @worker_id: a worker that could not be reached
 * @now_us: monotonic time
 *
 * Returns: whether that made it suspect
 */
gboolean hn_registry_failed (HnRegistry *self, const char *worker_id, gint64 now_us);

/**
 * hn_registry_refused:
 * @self: a registry
 * @worker_id: a worker that answered 503 to a create: others come first until its next heartbeat
 */
void hn_registry_refused (HnRegistry *self, const char *worker_id);

/**
 * hn_registry_drain:
 * @self: a registry
 * @worker_id: any text
 * @drain: whether new sessions go elsewhere from now on; the running ones go on
 * @deadline_us: until then, monotonic; HN_NEVER: to their own end
 *
 * Its heartbeats do not change that. A worker that this registry hears of for the first time may say itself that it is draining.
 *
 * Returns: (transfer none) (nullable): the worker
 */
const HnRegistryWorker *hn_registry_drain (HnRegistry *self, const char *worker_id, gboolean drain, gint64 deadline_us);

/**
 * hn_registry_deadline:
 * @self: a registry
 *
 * Returns: when to call hn_registry_tick(), or %HN_NEVER
 */
gint64 hn_registry_deadline (const HnRegistry *self);

/**
 * hn_registry_tick:
 * @self: a registry
 * @now_us: monotonic time
 *
 * Returns: (transfer full) (element-type HnRegistryChange): what time alone has changed
 */
GPtrArray *hn_registry_tick (HnRegistry *self, gint64 now_us);

/**
 * hn_registry_reserve:
 * @self: a registry
 * @body_ip: an IP literal: by it the new session is recognised in a heartbeat that comes before the reply
 * @excluded_id: (nullable): a worker that has been tried already
 * @ret_worker: (out): the healthy worker that has this body's session or is about to, room or not: its word decides whether that one
 *   is replaced; else the least-loaded healthy worker with room. None of them is draining
 * @ret_is_bound: (out): whether it is the body's, so that no other one may be tried if it refuses
 *
 * Takes a slot of it at once, until hn_registry_confirm() or hn_registry_release().
 *
 * Returns: a ticket, or 0 when nobody has room
 */
guint64 hn_registry_reserve (HnRegistry *self, const char *body_ip, const char *excluded_id, const HnRegistryWorker **ret_worker,
                             gboolean *ret_is_bound);

/**
 * hn_registry_release:
 * @self: a registry
 * @ticket: a creation that failed
 */
void hn_registry_release (HnRegistry *self, guint64 ticket);

/**
 * hn_registry_confirm:
 * @self: a registry
 * @ticket: a creation that succeeded
 * @session: (transfer full): the session, known from now on
 * @now_us: monotonic time
 *
 * Counts it until a heartbeat does. One that no heartbeat lists within five seconds has ended meanwhile.
 */
void hn_registry_confirm (HnRegistry *self, guint64 ticket, HnSessionReport *session, gint64 now_us);

/**
 * hn_registry_session_ended:
 * @self: a registry
 * @session_id: a session that its worker ended or does not know
 */
void hn_registry_session_ended (HnRegistry *self, const char *session_id);

/**
 * hn_registry_find_session:
 * @self: a registry
 * @session_id: any text
 * @now_us: monotonic time
 * @ret_session: (out): where it is, if FOUND
 * @ret_retry_after_seconds: (out) (optional): when to ask again, if NOT_YET
 *
 * Returns: what is known of it. An id that could be none, or that has ended, is UNKNOWN at once; every other unknown one is NOT_YET
 *   until each worker has had a heartbeat timeout to tell of it
 */
HnRegistryVerdict hn_registry_find_session (const HnRegistry *self, const char *session_id, gint64 now_us,
                                            HnRegistrySession *ret_session, guint *ret_retry_after_seconds);

/**
 * hn_registry_find_body:
 * @self: a registry
 * @body_ip: an IP literal
 * @ret_session: (out): the living session on it that a heartbeat or a reply told of
 *
 * Returns: whether there is one
 */
gboolean hn_registry_find_body (const HnRegistry *self, const char *body_ip, HnRegistrySession *ret_session);

/**
 * hn_registry_find_worker:
 * @self: a registry
 * @worker_id: any text
 *
 * Returns: (transfer none) (nullable): the worker
 */
const HnRegistryWorker *hn_registry_find_worker (const HnRegistry *self, const char *worker_id);

/**
 * hn_registry_list_workers:
 * @self: a registry
 *
 * Returns: (transfer container) (element-type HnRegistryWorker): all workers, by id
 */
GPtrArray *hn_registry_list_workers (const HnRegistry *self);

/**
 * hn_registry_list_standings:
 * @self: a registry
 * @max_count: how many at most
 * @ret_others: (out): how many more there are
 *
 * Returns: (transfer container) (element-type HnRegistryWorker): workers in the order in which they would get a session, the best choice first
 */
GPtrArray *hn_registry_list_standings (const HnRegistry *self, guint max_count, guint *ret_others);

/**
 * hn_registry_list_sessions:
 * @self: a registry
 * @worker: one of its workers
 *
 * Returns: (transfer container) (element-type HnSessionReport): what it is known to hold: its last heartbeat and what came since
 */
GPtrArray *hn_registry_list_sessions (const HnRegistry *self, const HnRegistryWorker *worker);

/**
 * hn_registry_get_comparisons:
 * @self: a registry
 *
 * Returns: how many times two workers were compared so far, to keep them in order: what a thousand of them cost, for tests
 */
guint64 hn_registry_get_comparisons (const HnRegistry *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnRegistry, hn_registry_free)
