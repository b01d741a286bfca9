/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/session-facts.h"
#include "worker/session.h"

/* One session: its rules, its process and what is under way for it. Carries out what the rules say. */

typedef struct _HnSessionIo HnSessionIo;

/* Called from the loop or from inside a call that ends the session; `gone` is the last one and the session is to be freed in it.
 */
typedef struct {
  void (*changed) (HnSessionIo *session, gpointer user_data);
  void (*ready) (HnSessionIo *session, gpointer user_data);                       /* the creator may be told */
  void (*failed) (HnSessionIo *session, const GError *error, gpointer user_data); /* before it was ready; borrowed */
  void (*ending) (HnSessionIo *session, gpointer user_data);  /* browsers must be cut off now */
  void (*unpair_later) (HnSessionIo *session, gpointer user_data); /* its body did not take the unpairing of its client */
  void (*cleaned) (HnSessionIo *session, gpointer user_data); /* slot and body are free */
  void (*gone) (HnSessionIo *session, gpointer user_data);
} HnSessionIoEvents;

typedef struct {
  const HnConfig *config;
  const HnWorkerPlace *place;
  const char *loopback; /* address on which web-servers listen: ours if it is one, so that two workers do not meet there */
  HnHttpClient *client;
  HnTurnIo *turn;
  gint64 leave_us;      /* how long the next page is waited for when one was left */
  gint64 keep_error_us; /* how long an error is shown */
} HnSessionIoWorld;

/**
 * hn_session_io_new:
 * @world: texts and objects outlive the session
 * @id: (transfer full): its id
 * @user: (transfer full): its user name
 * @request: (transfer full): what is wanted
 * @events: static
 * @user_data: for @events
 *
 * Returns: (transfer full): a session that waits for hn_session_io_begin()
 */
HnSessionIo *hn_session_io_new (const HnSessionIoWorld *world, char *id, char *user, HnCreateRequest *request,
                                const HnSessionIoEvents *events, gpointer user_data);

/**
 * hn_session_io_free:
 * @self: (nullable): a session; its process is ended by its supervisor
 */
void hn_session_io_free (HnSessionIo *self);

/**
 * hn_session_io_begin:
 * @self: a session whose turn on its body came
 * @slot: its ports
 */
void hn_session_io_begin (HnSessionIo *self, const HnSlot *slot);

/**
 * hn_session_io_fail:
 * @self: a session that cannot begin
 * @error: (transfer none): why
 */
void hn_session_io_fail (HnSessionIo *self, const GError *error);

/**
 * hn_session_io_end:
 * @self: a session
 * @reason: why
 */
void hn_session_io_end (HnSessionIo *self, HnEndReason reason);

/**
 * hn_session_io_page_seen:
 * @self: a session of which a browser loads a page
 */
void hn_session_io_page_seen (HnSessionIo *self);

/**
 * hn_session_io_page_opens:
 * @self: a session whose stream a page is going to show
 * @page: what it calls itself, see hn_session_page_opens()
 */
void hn_session_io_page_opens (HnSessionIo *self, const char *page);

/**
 * hn_session_io_page_left:
 * @self: a session whose page said that it is being left
 * @played: whether it is the page that plays
 */
void hn_session_io_page_left (HnSessionIo *self, gboolean played);

/**
 * hn_session_io_plays:
 * @self: a session whose page, without a stream socket, said what it does
 * @plays: whether the stream plays there
 */
void hn_session_io_plays (HnSessionIo *self, gboolean plays);

/**
 * hn_session_io_tunnel:
 * @self: a session
 * @opened: whether a stream socket was opened, or closed
 */
void hn_session_io_tunnel (HnSessionIo *self, gboolean opened);

typedef enum {
  HN_RATED_FIRST,
  HN_RATED_ANEW,
  HN_RATED_AGAIN, /* the same as before */
  HN_RATED_TOO_OFTEN,
} HnRated;

/**
 * hn_session_io_rate:
 * @self: a session
 * @rating: 1 … 5; the last one counts
 *
 * Returns: what became of it
 */
HnRated hn_session_io_rate (HnSessionIo *self, guint rating);

/**
 * hn_session_io_check:
 * @self: a session
 *
 * Looks after process and data directory.
 */
void hn_session_io_check (HnSessionIo *self);

/**
 * hn_session_io_get_facts:
 * @self: a session
 *
 * Returns: (transfer none): what is known
 */
const HnSessionFacts *hn_session_io_get_facts (HnSessionIo *self);

/**
 * hn_session_io_get_rules:
 * @self: a session
 *
 * Returns: (transfer none): its state
 */
const HnSession *hn_session_io_get_rules (HnSessionIo *self);

/**
 * hn_session_io_is_streaming:
 * @self: a session
 *
 * Returns: whether it has a stream socket, or a page that plays without one
 */
gboolean hn_session_io_is_streaming (HnSessionIo *self);

/**
 * hn_session_io_release_slot:
 * @self: a session that is cleaned up
 * @ret_slot: (out): its slot
 *
 * Returns: whether it had one
 */
gboolean hn_session_io_release_slot (HnSessionIo *self, HnSlot *ret_slot);

/**
 * hn_session_io_report:
 * @self: a session
 *
 * Returns: (transfer full): its description
 */
HnSessionReport *hn_session_io_report (HnSessionIo *self);

/**
 * hn_session_io_explain:
 * @self: a session
 * @worker_id: ours
 *
 * Returns: (transfer full): its life so far, as JSON text (worker/explain-json)
 */
char *hn_session_io_explain (HnSessionIo *self, const char *worker_id);

/**
 * hn_session_io_record:
 * @self: a session that ended
 * @worker_id: ours
 * @record_id: of the record
 *
 * Returns: (transfer full): its NPS record
 */
char *hn_session_io_record (HnSessionIo *self, const char *worker_id, const char *record_id);
