/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/worker-api.h"

/* The life of one session: which happening leads where, what must then be done, and until when each state may last. Pure. */

/* X (reason, text, sentence): why a session ended; the text goes into records and answers. */
#define HN_END_TABLE(X)                                                                                    \
  X (NONE, "", "")                                                                                         \
  X (USER_QUIT, "user_quit", "the user left by the exit button")                                           \
  X (API_DELETE, "api_delete", "the session was deleted")                                                  \
  X (CLIENT_LEFT, "client_left", "the caller left before the session was ready")                           \
  X (REPLACED, "replaced", "a newer session took the body")                                                \
  X (ABANDONED, "abandoned", "nobody opened the stream")                                                   \
  X (PAGE_LEFT, "page_left", "the page was closed")                                                        \
  X (CREATE_FAILED, "create_failed", "the session could not be started")                                   \
  X (CREATE_TIMEOUT, "create_timeout", "the session was not ready in time")                                \
  X (PAIRING_FAILED, "pairing_failed", "pairing with Sunshine failed")                                     \
  X (PROCESS_EXITED, "process_exited", "the moonlight-web-stream process ended")                           \
  X (DATA_DIRECTORY_LOST, "data_directory_lost", "the session's data directory was deleted")               \
  X (DRAINED, "drained", "the worker's deadline for draining has passed")                                  \
  X (WORKER_SHUTDOWN, "worker_shutdown", "the worker was stopped")

typedef enum {
#define HN_END_ENUM(reason, text, sentence) HN_END_##reason,
  HN_END_TABLE (HN_END_ENUM)
#undef HN_END_ENUM
} HnEndReason;

#define HN_END_COUNT_ONE(reason, text, sentence) +1
enum { HN_END_REASONS = 0 HN_END_TABLE (HN_END_COUNT_ONE) }; /* how many, NONE included */
#undef HN_END_COUNT_ONE

/**
 * hn_end_reason_to_text:
 * @reason: a reason
 *
 * Returns: its text in records, "" for none
 */
const char *hn_end_reason_to_text (HnEndReason reason);

/**
 * hn_end_reason_to_sentence:
 * @reason: a reason
 *
 * Returns: what a person reads
 */
const char *hn_end_reason_to_sentence (HnEndReason reason);

/* The states, finer than the public ones: a session that failed is shown as `error` while it is cleaned up and after. */
typedef enum {
  HN_LIFE_WAITING,  /* for its body; public: starting */
  HN_LIFE_STARTING, /* probe, directory, process, first answer */
  HN_LIFE_PAIRING,  /* host, pairing, experience, app choice */
  HN_LIFE_READY,    /* never had a stream socket */
  HN_LIFE_ACTIVE,
  HN_LIFE_PLAYING,  /* no stream socket, but its page says that it plays; public: active */
  HN_LIFE_IDLE,
  HN_LIFE_STOPPING, /* being cleaned up; it is forgotten after that */
  HN_LIFE_STOPPED,
  HN_LIFE_FAILING, /* being cleaned up; public: error */
  HN_LIFE_ERROR,   /* cleaned up, still shown */
} HnLife;

typedef enum {
  HN_SESSION_TURN_CAME,     /* the body is free */
  HN_SESSION_ANSWERS,       /* web-server answered */
  HN_SESSION_CHOSEN,        /* paired, application chosen */
  HN_SESSION_CREATE_FAILED, /* a step before ready failed */
  HN_SESSION_PAGE_SEEN,     /* a browser loads a page */
  HN_SESSION_PAGE_LEFT,     /* a page is being left, or loaded anew: that cannot be told apart */
  HN_SESSION_PLAYS,         /* a page without a stream socket says that it plays; it does so again within hn_session_alive_us() */
  HN_SESSION_PLAY_STOPPED,  /* ... that it does not any more */
  HN_SESSION_PLAYER_LEFT,   /* PAGE_LEFT, of a page that played */
  HN_SESSION_TUNNEL_OPENED,
  HN_SESSION_LAST_TUNNEL_CLOSED,
  HN_SESSION_END_ASKED,     /* quit, delete, replaced, shut-down, client left */
  HN_SESSION_PROCESS_ENDED,
  HN_SESSION_DIRECTORY_LOST,
  HN_SESSION_CLEANED,       /* all of the clean-up is done */
  HN_SESSION_TIME_UP,
} HnSessionHappening;

typedef enum {
  HN_SESSION_DO_NOTHING = 0,
  HN_SESSION_DO_START = 1 << 0,      /* take a slot, probe, directory, process, poll */
  HN_SESSION_DO_PAIR = 1 << 1,       /* host, pairing, experience, apps */
  HN_SESSION_DO_REPLY = 1 << 2,      /* the creator is told: it is ready */
  HN_SESSION_DO_REPLY_ERROR = 1 << 3, /* the creator is told: it failed */
  HN_SESSION_DO_CLEAN_UP = 1 << 4,   /* cut clients, stop everything, unpair, remove, release; CLEANED follows */
  HN_SESSION_DO_FORCE = 1 << 5,      /* the clean-up takes too long: kill */
  HN_SESSION_DO_FORGET = 1 << 6,     /* drop the session */
  HN_SESSION_DO_REPORT = 1 << 7,     /* its public state changed */
} HnSessionDo;

typedef struct {
  gint64 abandon_us;    /* how long it may be without a page or stream */
  gint64 leave_us;      /* how long it waits for the next page when one was left: the end is PAGE_LEFT */
  gint64 keep_error_us; /* how long an error is shown */
} HnSessionTimes;

typedef struct _HnSession HnSession;

/**
 * hn_session_new:
 * @now_us: monotonic time
 * @times: copied
 *
 * Returns: (transfer full): a session that waits for its body
 */
HnSession *hn_session_new (gint64 now_us, const HnSessionTimes *times);

/**
 * hn_session_free:
 * @self: (nullable): what to free
 */
void hn_session_free (HnSession *self);

/**
 * hn_session_handle:
 * @self: a session
 * @happening: what happened
 * @reason: why, for happenings that end it; %HN_END_NONE otherwise. The first reason stays.
 * @now_us: monotonic time
 *
 * Returns: what must now be done; a happening without a row in this state is ignored
 */
HnSessionDo hn_session_handle (HnSession *self, HnSessionHappening happening, HnEndReason reason, gint64 now_us);

/**
 * hn_session_deadline:
 * @self: a session
 *
 * Returns: when to send %HN_SESSION_TIME_UP, or %HN_NEVER
 */
gint64 hn_session_deadline (const HnSession *self);

/**
 * hn_session_get_life:
 * @self: a session
 *
 * Returns: its state
 */
HnLife hn_session_get_life (const HnSession *self);

/**
 * hn_session_get_state:
 * @self: a session
 *
 * Returns: its public state
 */
HnSessionState hn_session_get_state (const HnSession *self);

/**
 * hn_session_get_reason:
 * @self: a session
 *
 * Returns: why it ended, or %HN_END_NONE
 */
HnEndReason hn_session_get_reason (const HnSession *self);

/**
 * hn_session_get_created:
 * @self: a session
 *
 * Returns: when it was created, monotonic
 */
gint64 hn_session_get_created (const HnSession *self);

/**
 * hn_session_was_ready:
 * @self: a session
 *
 * Returns: whether its creator was ever told that it is ready
 */
gboolean hn_session_was_ready (const HnSession *self);

/**
 * hn_session_is_streaming:
 * @self: a session
 *
 * Returns: whether somebody streams, by a socket or by what its page says: such a session is not taken by another
 */
gboolean hn_session_is_streaming (const HnSession *self);

/**
 * hn_session_page_opens:
 * @self: a session
 * @page: what a page that shows the stream calls itself, at random: as an id (hn_id_is_valid())
 *
 * The newest page has the stream.
 */
void hn_session_page_opens (HnSession *self, const char *page);

/**
 * hn_session_is_taken_from:
 * @self: a session
 * @page: of hn_session_page_opens()
 *
 * Returns: whether another page has been opened since
 */
gboolean hn_session_is_taken_from (const HnSession *self, const char *page);

/**
 * hn_session_alive_us:
 * @abandon_us: how long a session may be without a page or stream
 *
 * Returns: how often a page without a stream socket says that it plays
 */
gint64 hn_session_alive_us (gint64 abandon_us);

/**
 * hn_session_serves:
 * @self: a session
 *
 * Returns: whether browsers are let in: an ended id is dead for them
 */
gboolean hn_session_serves (const HnSession *self);

/**
 * hn_session_table_rows:
 *
 * Returns: how many rows the table has, so that a test can say that it went through all
 */
gsize hn_session_table_rows (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnSession, hn_session_free)
