/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "api/mic-report.h"

/* What controller and worker say to each other, and both to callers: create request and reply, the description of a session, and
 * the heartbeat that carries all sessions of a worker. Plain structs that own their texts, and their JSON. Pure. */

/* X (state, text): the public states of a session. */
#define HN_SESSION_STATE_TABLE(X) \
  X (STARTING, "starting")        \
  X (PAIRING, "pairing")          \
  X (READY, "ready")              \
  X (ACTIVE, "active")            \
  X (IDLE, "idle")                \
  X (STOPPING, "stopping")        \
  X (STOPPED, "stopped")          \
  X (ERROR, "error")

typedef enum {
#define HN_SESSION_STATE_ENUM(state, text) HN_SESSION_##state,
  HN_SESSION_STATE_TABLE (HN_SESSION_STATE_ENUM)
#undef HN_SESSION_STATE_ENUM
} HnSessionState;

/**
 * hn_session_state_to_text:
 * @state: a state
 *
 * Returns: its public name
 */
const char *hn_session_state_to_text (HnSessionState state);

/**
 * hn_session_state_from_text:
 * @text: a public name
 * @ret_state: (out): the state
 *
 * Returns: whether @text names a state
 */
gboolean hn_session_state_from_text (const char *text, HnSessionState *ret_state);

/**
 * hn_session_state_is_live:
 * @state: a state
 *
 * Returns: whether a session in @state holds a slot: neither stopped nor error
 */
gboolean hn_session_state_is_live (HnSessionState state);

/* POST /api/v1/sessions, at the controller and at the worker. */
typedef struct {
  char *body_ip;       /* an IP literal */
  char *sunshine_user; /* (nullable) the worker's configuration otherwise */
  char *sunshine_pass; /* (nullable) likewise; never in a log or an answer */
  char *experience;    /* (nullable), like all that follow */
  char *exe_path;
  char *district;
  char *body;
  char *head;
  char *session_id;    /* (nullable) from a controller only, which has named it already, so that a creation that fails can be explained */
  gboolean replace;
} HnCreateRequest;

/**
 * hn_create_request_free:
 * @self: (nullable): what to free
 */
void hn_create_request_free (HnCreateRequest *self);

/**
 * hn_create_request_from_json:
 * @object: a request body
 * @error: INVALID naming the field; `field 'body_ip' must be an IP address`
 *
 * Returns: (transfer full) (nullable): the request
 */
HnCreateRequest *hn_create_request_from_json (JsonObject *object, GError **error);

/**
 * hn_create_request_take_id:
 * @self: a request that comes from a controller
 * @object: its body
 * @error: INVALID: `session_id` is none
 *
 * Returns: whether it names no session, or one by a good id, which is then in @self
 */
gboolean hn_create_request_take_id (HnCreateRequest *self, JsonObject *object, GError **error);

/**
 * hn_create_request_to_json:
 * @self: a request
 *
 * Returns: (transfer full): the body that carries it on; holds the password
 */
JsonObject *hn_create_request_to_json (const HnCreateRequest *self);

/* 201 to a create. */
typedef struct {
  char *session_id;
  char *stream_url;  /* whole URL, as the answering role is reached by browsers */
  char *stream_path; /* `/session/{id}/stream.html?hostId=H&appId=A` */
  char *worker_id;
} HnCreateReply;

/**
 * hn_create_reply_free:
 * @self: (nullable): what to free
 */
void hn_create_reply_free (HnCreateReply *self);

/**
 * hn_create_reply_from_json:
 * @object: a worker's answer
 * @error: INVALID naming the field
 *
 * Returns: (transfer full) (nullable): the reply
 */
HnCreateReply *hn_create_reply_from_json (JsonObject *object, GError **error);

/**
 * hn_create_reply_to_json:
 * @self: a reply
 *
 * Returns: (transfer full): the body
 */
JsonObject *hn_create_reply_to_json (const HnCreateReply *self);

/* One session, as lists, health and heartbeats show it. No secret is in it. */
typedef struct {
  char *id;
  char *worker_id; /* (nullable): a worker says it, a controller may fill it in */
  char *body_ip;
  HnSessionState state;
  char *stream_path; /* (nullable) until it is ready */
  char *stream_url;  /* (nullable) */
  char *experience;  /* (nullable), like the three that follow */
  char *district;
  char *body;
  char *head;
  gboolean process_alive;
  gboolean data_directory_ok;
  guint active_connections; /* open stream sockets */
  gint64 created_utc_us;
  gint64 age_us; /* when it was described; the describer's clock */
  char *end_reason; /* (nullable) */
  char *error;      /* (nullable) one sentence, in state error */
  HnMicReport *mic; /* (nullable) until a microphone was offered */
} HnSessionReport;

/**
 * hn_session_report_copy:
 * @self: a description
 *
 * Returns: (transfer full): a deep copy
 */
HnSessionReport *hn_session_report_copy (const HnSessionReport *self);

/**
 * hn_session_report_free:
 * @self: (nullable): what to free
 */
void hn_session_report_free (HnSessionReport *self);

/**
 * hn_session_report_from_json:
 * @object: a description
 * @error: INVALID naming the field
 *
 * Returns: (transfer full) (nullable): the description
 */
HnSessionReport *hn_session_report_from_json (JsonObject *object, GError **error);

/**
 * hn_session_report_to_json:
 * @self: a description
 *
 * Returns: (transfer full): `{"id","worker_id","body_ip","status","stream_path","stream_url","experience",…,"age":"1h2m3s"}`
 */
JsonObject *hn_session_report_to_json (const HnSessionReport *self);

/* An answer to a create names its session also when it failed: what became of it can be asked for. */
#define HN_WORKER_API_SESSION_FIELD "X-Hydraneck-Session"

/* A controller says so in each call to a worker: whoever is a controller himself refuses, or a `url` that leads back would loop. */
#define HN_WORKER_API_FROM_FIELD "X-Hydraneck-From"

#define HN_WORKER_API_HEARTBEAT_PATH "/api/v1/workers/heartbeat"

/* POST here, at a worker: beat now, for there is news in the reply. A worker that does not know the path learns it with its next heartbeat. */
#define HN_WORKER_API_BEAT_PATH "/api/v1/heartbeat"

/* POST to that path. */
typedef struct {
  char *id;         /* default host:port */
  char *url;        /* where the controller reaches the worker, without a final slash */
  char *public_url; /* (nullable) where browsers reach it */
  char *boot_id;    /* random, one for each start of the worker */
  gint64 boot_utc_us; /* when it started: the newest boot of an id wins */
  char *api_token;  /* random, one for each start: with it the controller calls the worker; kept in memory only */
  char *version;
  guint active_sessions; /* that hold a slot */
  guint max_sessions;
  gboolean wireguard;
  gboolean draining;     /* what the worker was last told by HnHeartbeatReply.drain */
  gint64 drain_left_us;  /* and how much of its deadline is left, HN_NEVER without one */
  gboolean leaving;      /* its last heartbeat: it ends in order and has no sessions any more */
  GPtrArray *sessions; /* of HnSessionReport, never NULL */
} HnWorkerReport;

/* 200 to a heartbeat.
 *
 * Draining is kept at both ends, so that it survives the restart of either: the controller tells it in each reply, the worker tells it back
 * in each heartbeat. A controller believes `draining` of a worker that it has never heard of, and its own operator from then on; so it
 * is forgotten only when both restart at once. */
typedef struct {
  gboolean drain; /* no new sessions are sent there */
  gint64 drain_left_us; /* when its sessions are to be ended, from now; HN_NEVER: when they end by themselves */
} HnHeartbeatReply;

/**
 * hn_heartbeat_reply_from_json:
 * @object: a controller's answer
 *
 * Returns: what it says; an older controller's says nothing
 */
HnHeartbeatReply hn_heartbeat_reply_from_json (JsonObject *object);

/**
 * hn_heartbeat_reply_to_json:
 * @self: a reply
 *
 * Returns: (transfer full): `{"status":"ok","drain":false}`, with `drain_seconds_left` where there is a deadline
 */
JsonObject *hn_heartbeat_reply_to_json (const HnHeartbeatReply *self);

/**
 * hn_worker_report_new:
 *
 * Returns: (transfer full): an empty report without sessions
 */
HnWorkerReport *hn_worker_report_new (void);

/**
 * hn_worker_report_free:
 * @self: (nullable): what to free
 */
void hn_worker_report_free (HnWorkerReport *self);

/**
 * hn_worker_report_from_json:
 * @object: a heartbeat
 * @error: INVALID naming the field: missing, odd URL, more than HN_LIMIT_SESSIONS_PER_WORKER sessions
 *
 * Returns: (transfer full) (nullable): the report; `url` has been checked for its form only, not for where it leads
 */
HnWorkerReport *hn_worker_report_from_json (JsonObject *object, GError **error);

/**
 * hn_worker_report_to_json:
 * @self: a report
 *
 * Returns: (transfer full): the heartbeat; holds the token
 */
JsonObject *hn_worker_report_to_json (const HnWorkerReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnCreateRequest, hn_create_request_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnCreateReply, hn_create_reply_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnSessionReport, hn_session_report_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnWorkerReport, hn_worker_report_free)
