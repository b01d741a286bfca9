/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One fake worker: its sessions, what it answers, what its heartbeat says. Encodes by itself what controller and worker say to each other: an
 * encoder that both sides shared would agree with its own mistakes. Pure: sockets, timers and heartbeats' rhythm are swarm-io's. */
#pragma once

#include "base/random.h"
#include "net/http-head.h"
#include "sim/fakes/body/faults.h"
#include "sim/fakes/swarm/pages.h"

enum {
#define FAULT(NAME, name, kind, what) SIM_SWARM_FAULT_##NAME,
#include "sim/fakes/swarm/faults-list.h"
#undef FAULT
  SIM_SWARM_FAULTS
};

extern const SimFaultRow sim_swarm_faults[SIM_SWARM_FAULTS];

typedef struct {
  char *id;
  char *body_ip;
  char *experience; /* (nullable) */
  gboolean ready;   /* else it is pairing */
  gboolean was_active;
  guint sockets;
  gint64 created_utc_us;
} SimSession;

typedef struct {
  guint number; /* from 1 */
  char *id;
  char *host;
  guint16 port;
  char *boot_id;
  gint64 boot_utc_us;
  char *api_token;
  guint slots;
  GHashTable *sessions; /* id to SimSession */
  guint faults[SIM_SWARM_FAULTS];
  HnRandom *random;      /* borrowed */
  const SimPages *pages; /* borrowed */
} SimWorker;

typedef enum {
  SIM_DO_ANSWER,  /* @status and @text or @page */
  SIM_DO_CREATE,  /* @session has begun: sim_worker_created() when it is ready, sim_worker_remove() if the caller leaves */
  SIM_DO_SOCKET,  /* @session gets a stream socket; @accept, @feed_kbit */
  SIM_DO_NOTHING, /* never answer */
  SIM_DO_CUT,     /* close without a word */
} SimDoKind;

typedef struct {
  SimDoKind kind;
  guint status;
  char *text; /* (nullable) JSON */
  const SimPage *page;
  SimSession *session;
  char *accept;
  guint feed_kbit;
  gboolean changed; /* the heartbeat has news */
  char *ended;      /* (nullable) id of a session that ended: cut its sockets */
} SimDo;

/**
 * sim_worker_new:
 * @number: from 1; the id is `fake-N`
 * @host: IPv4 literal it listens on
 * @port: port
 * @slots: `max_sessions`
 * @random: outlives it; ids and tokens come from it
 * @pages: outlives it
 * @utc_us: the time
 *
 * Returns: (transfer full): a worker that has just started
 */
SimWorker *sim_worker_new (guint number, const char *host, guint16 port, guint slots, HnRandom *random, const SimPages *pages,
                           gint64 utc_us);

/**
 * sim_worker_free:
 * @self: (nullable) (transfer full): a worker
 */
void sim_worker_free (SimWorker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimWorker, sim_worker_free)

/**
 * sim_worker_restart:
 * @self: a worker
 * @utc_us: the time
 *
 * A new process: new boot id and token, no sessions.
 */
void sim_worker_restart (SimWorker *self, gint64 utc_us);

/**
 * sim_worker_handle:
 * @self: a worker
 * @head: a request
 * @body: its body
 * @length: bytes of it
 * @utc_us: the time
 * @ret_do: (out): what must be done; clear it
 */
void sim_worker_handle (SimWorker *self, const HnHttpHead *head, const char *body, gsize length, gint64 utc_us, SimDo *ret_do);

/**
 * sim_do_clear:
 * @self: what was to be done
 */
void sim_do_clear (SimDo *self);

/**
 * sim_worker_find:
 * @self: a worker
 * @session_id: an id
 *
 * Returns: (transfer none) (nullable): the session
 */
SimSession *sim_worker_find (const SimWorker *self, const char *session_id);

/**
 * sim_worker_created:
 * @self: a worker
 * @session: a session that has begun: it is ready now
 *
 * Returns: (transfer full): the body of the 201
 */
char *sim_worker_created (SimWorker *self, SimSession *session);

/**
 * sim_worker_remove:
 * @self: a worker
 * @session_id: a session that ended
 *
 * Returns: whether it was there
 */
gboolean sim_worker_remove (SimWorker *self, const char *session_id);

/**
 * sim_worker_heartbeat:
 * @self: a worker
 * @id: the id to use: its own, or another's
 * @utc_us: the time
 *
 * Returns: (transfer full): the JSON; holds the token
 */
char *sim_worker_heartbeat (const SimWorker *self, const char *id, gint64 utc_us);

/**
 * sim_worker_json:
 * @self: a worker
 *
 * Returns: (transfer full): what the control address shows of it
 */
JsonObject *sim_worker_json (const SimWorker *self);
