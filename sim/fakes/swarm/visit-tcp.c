/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A caller that leaves before his session is ready has not created one. A socket takes what it is sent only as fast as its echo leaves. */
#include "sim/fakes/swarm/visit-tcp.h"

#include <string.h>

#include "base/clock.h"
#include "sim/fakes/swarm/feed.h"

struct SimVisit {
  const SimVisitShared *shared;
  gpointer user;
  SimWorker *worker;
  SimLink *link;
  SimTask *task;      /* (nullable) a creation that gets ready, an answer that is held back, or the next frame of a feed */
  char *session_id;   /* (nullable) of the creation under way or of the stream socket */
  gboolean is_socket;
  gboolean closes;    /* the client asked to close behind the answer */
  GString *answer;    /* (nullable) held back */
  guint feed_kbit;
  guint64 fed;        /* frames */
  gint64 feed_start_us;
};

static void
let_go (SimVisit *self)
{
  sim_agenda_drop (self->shared->agenda, &self->task);
  if (self->session_id != NULL && !self->is_socket)
    sim_worker_remove (self->worker, self->session_id);
  g_clear_pointer (&self->session_id, g_free);
}

/* The worker's view of a socket that is there, or not any more. */
static void
count_socket (SimVisit *self, int change)
{
  SimSession *session = self->session_id != NULL ? sim_worker_find (self->worker, self->session_id) : NULL;

  if (session == NULL)
    return;
  session->sockets = (guint)((int)session->sockets + change);
  session->was_active = TRUE;
}

void
sim_visit_free (SimVisit *self)
{
  if (self->is_socket)
    count_socket (self, -1);
  let_go (self);
  sim_link_free (self->link);
  if (self->answer != NULL)
    g_string_free (self->answer, TRUE);
  hn_poller_defer (self->shared->poller, g_free, self);
}

/* Tells the owner, once; the owner has no pointer to it afterwards. */
static void
leave (SimVisit *self)
{
  self->shared->gone (self->user, self);
  sim_visit_free (self);
}

/* ---- answers ---- */

static void
send_answer (SimVisit *self)
{
  g_autoptr (GString) answer = g_steal_pointer (&self->answer);

  sim_link_send (self->link, answer->str, answer->len);
  if (self->closes && sim_link_pending (self->link) == 0)
    leave (self);
  else
    sim_link_next (self->link);
}

static void
on_held_back (gpointer user)
{
  SimVisit *self = user;

  self->task = NULL;
  send_answer (self);
}

static void
answer (SimVisit *self, guint status, const char *type, const char *bytes, gsize length)
{
  guint slow_ms = self->worker->faults[SIM_SWARM_FAULT_SLOW_MS];

  self->answer = g_string_sized_new (256 + length);
  g_string_append_printf (self->answer,
                          "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nReferrer-Policy: no-referrer\r\nContent-Length: %" G_GSIZE_FORMAT
                          "\r\n%s\r\n",
                          status, status < 400 ? "OK" : "Error", type, length, self->closes ? "Connection: close\r\n" : "");
  g_string_append_len (self->answer, bytes, (gssize)length);
  if (slow_ms > 0)
    self->task = sim_agenda_in (self->shared->agenda, slow_ms * G_GINT64_CONSTANT (1000), on_held_back, self);
  else
    send_answer (self);
}

static void
answer_json (SimVisit *self, guint status, const char *text)
{
  answer (self, status, "application/json", text, strlen (text));
}

/* ---- creations ---- */

static void
on_ready (gpointer user)
{
  SimVisit *self = user;
  g_autofree char *session_id = g_steal_pointer (&self->session_id);
  SimSession *session = sim_worker_find (self->worker, session_id);
  g_autofree char *text = NULL;

  self->task = NULL;
  if (session == NULL) {
    answer_json (self, 503, "{\"error\":\"session ended while it was created\",\"code\":503}");
    return;
  }
  text = sim_worker_created (self->worker, session);
  self->shared->changed (self->user, "create", session_id, NULL);
  answer_json (self, 201, text);
}

static void
begin_creation (SimVisit *self, const SimSession *session)
{
  guint ms = self->shared->create_ms (self->user);

  self->session_id = g_strdup (session->id);
  if (ms == 0)
    on_ready (self);
  else
    self->task = sim_agenda_in (self->shared->agenda, ms * G_GINT64_CONSTANT (1000), on_ready, self);
}

/* ---- stream sockets ---- */

static void
feed (gpointer user)
{
  SimVisit *self = user;
  gint64 next_us = self->feed_start_us + (gint64)(self->fed + 1) * SIM_FEED_PERIOD_US;
  gsize bytes = sim_feed_bytes (self->feed_kbit, self->fed++);

  self->task = NULL;
  if (sim_link_pending (self->link) == 0) {
    g_autofree char *frame = g_malloc0 (bytes);

    sim_link_send_frame (self->link, SIM_FRAME_BINARY, frame, bytes);
  }
  self->task = sim_agenda_at (self->shared->agenda, next_us, feed, self);
}

static void
open_socket (SimVisit *self, const SimDo *act)
{
  g_autofree char *head = g_strdup_printf (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", act->accept);

  self->session_id = g_strdup (act->session->id);
  self->is_socket = TRUE;
  count_socket (self, 1);
  sim_link_send (self->link, head, strlen (head));
  sim_link_upgrade (self->link);
  self->feed_kbit = act->feed_kbit;
  self->feed_start_us = hn_clock_now_us ();
  if (self->feed_kbit > 0)
    self->task = sim_agenda_at (self->shared->agenda, self->feed_start_us, feed, self);
  self->shared->changed (self->user, "socket-open", self->session_id, NULL);
}

static void
on_frame (SimLink *link, const SimFrame *frame, gpointer user)
{
  SimVisit *self = user;
  g_autoptr (GBytes) payload = NULL;
  gsize length = 0;
  const void *bytes;

  /* who does not read his echo is not listened to for ever */
  if (frame->kind == SIM_FRAME_CLOSE || sim_link_pending (link) > SIM_LINK_MAX_BYTES) {
    g_autofree char *session_id = g_strdup (self->session_id);

    sim_link_send_frame (link, SIM_FRAME_CLOSE, NULL, 0);
    count_socket (self, -1);
    self->is_socket = FALSE;
    g_clear_pointer (&self->session_id, g_free);
    self->shared->changed (self->user, "socket-closed", session_id, NULL);
    leave (self);
    return;
  }
  if (frame->kind == SIM_FRAME_PONG)
    return;
  payload = sim_frame_payload (frame);
  bytes = g_bytes_get_data (payload, &length);
  sim_link_send_frame (link, frame->kind == SIM_FRAME_PING ? SIM_FRAME_PONG : (SimFrameKind)frame->kind, bytes, length);
}

/* ---- the connection ---- */

static void
carry_out (SimVisit *self, const SimDo *act)
{
  switch (act->kind) {
  case SIM_DO_NOTHING:
    break;
  case SIM_DO_CUT:
    leave (self);
    break;
  case SIM_DO_CREATE:
    begin_creation (self, act->session);
    break;
  case SIM_DO_SOCKET:
    open_socket (self, act);
    break;
  case SIM_DO_ANSWER:
    if (act->page != NULL)
      answer (self, act->status, act->page->type, g_bytes_get_data (act->page->body, NULL), g_bytes_get_size (act->page->body));
    else
      answer_json (self, act->status, act->text);
    break;
  }
}

static void
on_message (SimLink *link, const HnHttpHead *head, const char *body, gsize length, gpointer user)
{
  SimVisit *self = user;
  SimDo act;

  sim_worker_handle (self->worker, head, body, length, hn_clock_utc_us (), &act);
  self->closes = head->close;
  if (act.ended != NULL) {
    self->shared->changed (self->user, "delete", act.ended, NULL);
    self->shared->ended (self->user, act.ended);
  }
  if (act.status >= 400) {
    g_autofree char *status = g_strdup_printf ("%u", act.status);

    self->shared->changed (self->user, "refused", NULL, status);
  }
  if (act.kind == SIM_DO_CUT && act.session != NULL)
    sim_worker_remove (self->worker, act.session->id);
  if (act.kind == SIM_DO_CREATE && act.changed)
    self->shared->changed (self->user, "begin", act.session->id, act.session->body_ip);
  carry_out (self, &act);
  sim_do_clear (&act);
}

static void
on_drained (SimLink *link, gpointer user)
{
  SimVisit *self = user;

  if (self->closes && self->answer == NULL && self->task == NULL)
    leave (self);
}

static void
on_closed (SimLink *link, gpointer user)
{
  SimVisit *self = user;
  g_autofree char *session_id = g_strdup (self->session_id);
  gboolean was_socket = self->is_socket;

  if (was_socket)
    count_socket (self, -1);
  else if (session_id != NULL)
    sim_worker_remove (self->worker, session_id);
  self->is_socket = FALSE;
  g_clear_pointer (&self->session_id, g_free);
  if (session_id != NULL)
    self->shared->changed (self->user, was_socket ? "socket-closed" : "cancelled", session_id, NULL);
  leave (self);
}

const char *
sim_visit_session (const SimVisit *self)
{
  return self->is_socket ? self->session_id : NULL;
}

SimVisit *
sim_visit_new (const SimVisitShared *shared, gpointer user, SimWorker *worker, int fd)
{
  static const SimLinkEvents events = { on_message, on_frame, on_drained, on_closed };
  SimVisit *self = g_new0 (SimVisit, 1);

  self->shared = shared;
  self->user = user;
  self->worker = worker;
  self->link = sim_link_accept (shared->poller, fd, &events, self);
  return self;
}
