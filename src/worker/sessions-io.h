/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/random.h"
#include "worker/session-io.h"

/* All sessions of a worker: who may begin, on which slot, and who must be told what. */

typedef struct _HnSessionsIo HnSessionsIo;

/* `changed` and `ending` may come from inside a call that changes a session; they must not call back. `all_gone` comes from the
 * loop. */
typedef struct {
  void (*changed) (gpointer user_data);                                  /* a public state or count changed */
  void (*ending) (const char *session_id, gpointer user_data);           /* cut its browsers off */
  void (*record) (const char *record_id, const char *json, gpointer user_data); /* send its NPS record */
  void (*unpair_later) (const char *body_ip, const char *client, gpointer user_data); /* a body did not take it now */
  void (*all_gone) (gpointer user_data);                                 /* after hn_sessions_io_stop() */
} HnSessionsIoEvents;

/* Comes once, not from inside the hn_sessions_io_create() that it belongs to; one of @session_id and @error is set, both
 * borrowed. */
typedef void (*HnSessionCreated) (const char *session_id, const char *stream_path, const GError *error, gpointer user_data);
/* Comes once, when everything of the session is gone; for a session in `error` from inside hn_sessions_io_end(). */
typedef void (*HnSessionGone) (gpointer user_data);

/**
 * hn_sessions_io_new:
 * @world: texts and objects outlive this
 * @worker_id: ours, for records; outlives this
 * @own_port: our own HTTP port
 * @own_addresses: (element-type HnAddress): bodies cannot be here; outlives this
 * @random: chance; outlives this
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): no sessions
 */
HnSessionsIo *hn_sessions_io_new (const HnSessionIoWorld *world, const char *worker_id, guint16 own_port, GArray *own_addresses,
                                  HnRandom *random, const HnSessionsIoEvents *events, gpointer user_data);

/**
 * hn_sessions_io_free:
 * @self: (nullable): what to free
 */
void hn_sessions_io_free (HnSessionsIo *self);

/**
 * hn_sessions_io_create:
 * @self: sessions
 * @request: (transfer full): what is wanted
 * @created: told when it is ready, or failed; not when this call fails
 * @user_data: for @created
 * @error: INVALID naming `body_ip`, CONFLICT, LIMIT, CLOSED
 *
 * Returns: (transfer full) (nullable): id of the new session
 */
char *hn_sessions_io_create (HnSessionsIo *self, HnCreateRequest *request, HnSessionCreated created, gpointer user_data,
                             GError **error);

/**
 * hn_sessions_io_end:
 * @self: sessions
 * @session_id: a session
 * @reason: why
 * @gone: (nullable): told when everything of it is gone
 * @user_data: for @gone
 *
 * Returns: whether there is such a session
 */
gboolean hn_sessions_io_end (HnSessionsIo *self, const char *session_id, HnEndReason reason, HnSessionGone gone,
                             gpointer user_data);

/**
 * hn_sessions_io_find:
 * @self: sessions
 * @session_id: an id
 *
 * Returns: (transfer none) (nullable): the session
 */
HnSessionIo *hn_sessions_io_find (HnSessionsIo *self, const char *session_id);

/**
 * hn_sessions_io_drain:
 * @self: all sessions
 * @drain: whether this worker drains
 * @left_us: after so long what still runs is ended (reason `drained`); HN_NEVER: it runs to its end
 *
 * That no new one comes is its caller's matter.
 */
void hn_sessions_io_drain (HnSessionsIo *self, gboolean drain, gint64 left_us);

/**
 * hn_sessions_io_explain:
 * @self: all sessions
 * @session_id: one that lives, or has ended within the last HN_LIMIT_EXPLAINED_HOURS
 *
 * Returns: (transfer full) (nullable): its life, as JSON text
 */
char *hn_sessions_io_explain (HnSessionsIo *self, const char *session_id);

/**
 * hn_sessions_io_tunnel:
 * @self: sessions
 * @session_id: a session, perhaps gone
 * @opened: whether one of its stream sockets was opened, or closed
 */
void hn_sessions_io_tunnel (HnSessionsIo *self, const char *session_id, gboolean opened);

/**
 * hn_sessions_io_report:
 * @self: sessions
 * @into: its sessions and `active_sessions` are filled
 */
void hn_sessions_io_report (HnSessionsIo *self, HnWorkerReport *into);

/**
 * hn_sessions_io_get_ended:
 * @self: sessions
 *
 * Returns: (transfer none) (array fixed-size=HN_END_REASONS): how many ended for each reason
 */
const guint64 *hn_sessions_io_get_ended (HnSessionsIo *self);

/**
 * hn_sessions_io_check:
 * @self: sessions
 *
 * Looks after processes and data directories.
 */
void hn_sessions_io_check (HnSessionsIo *self);

/**
 * hn_sessions_io_hold:
 * @self: sessions
 * @held: whether new ones are refused with LIMIT: `worker is waiting for an update`
 */
void hn_sessions_io_hold (HnSessionsIo *self, gboolean held);

/**
 * hn_sessions_io_reload:
 * @self: sessions
 *
 * The configuration was read anew: how many there may be is taken from it.
 */
void hn_sessions_io_reload (HnSessionsIo *self);

/**
 * hn_sessions_io_stop:
 * @self: sessions
 *
 * Ends all, takes no more; `all_gone` follows from the loop.
 */
void hn_sessions_io_stop (HnSessionsIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnSessionsIo, hn_sessions_io_free)
