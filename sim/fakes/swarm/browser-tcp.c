/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Round trips are measured with WebSocket pings, which mean the same to every server; moonlight-web-stream's answers them only once a stream
 * runs, so a socket counts without them unless they are asked for. */
#include "sim/fakes/swarm/browser-tcp.h"

#include <string.h>

#include "base/clock.h"
#include "sim/fakes/swarm/pages.h"

#define SOCKET "api/host/stream"
#define KEY "aHlkcmFuZWNrLXNpbS13cw=="
#define UP_EVERY_US 50000
#define CLOSE_US 2000000

struct SimBrowser {
  const SimBrowserShared *shared;
  SimTarget target;
  char *page; /* path and query */
  SimCaller *caller;
  SimLink *link; /* (nullable) the stream socket */
  GStrv assets;
  guint next_asset;
  gboolean is_open;  /* 101 came */
  gboolean is_live;  /* told so */
  gboolean closing;
  gboolean is_over;
  SimTask *patience; /* (nullable) */
  SimTask *ping;     /* (nullable) */
  SimTask *up;       /* (nullable) */
  const char *failure;
  gint64 started_us;
  SimBrowserCounts counts;
};

static void
stop_tasks (SimBrowser *self)
{
  sim_agenda_drop (self->shared->agenda, &self->patience);
  sim_agenda_drop (self->shared->agenda, &self->ping);
  sim_agenda_drop (self->shared->agenda, &self->up);
}

static void
end (SimBrowser *self, const char *failure)
{
  if (self->is_over)
    return;
  self->is_over = TRUE;
  self->failure = failure;
  stop_tasks (self);
  g_clear_pointer (&self->link, sim_link_free);
  self->shared->ended (self, self->shared->user);
}

static void
on_impatient (gpointer user)
{
  SimBrowser *self = user;

  self->patience = NULL;
  end (self, self->closing ? NULL : self->is_open ? "no pong in time" : self->link != NULL ? "no socket in time" : "no page in time");
}

static void
be_patient (SimBrowser *self, gint64 us)
{
  sim_agenda_drop (self->shared->agenda, &self->patience);
  self->patience = sim_agenda_in (self->shared->agenda, us, on_impatient, self);
}

/* ---- the stream socket ---- */

static void
send_ping (gpointer user)
{
  SimBrowser *self = user;
  gint64 now_us = hn_clock_now_us ();

  sim_link_send_frame (self->link, SIM_FRAME_PING, &now_us, sizeof now_us);
  self->ping = sim_agenda_in (self->shared->agenda, self->shared->ping_ms * G_GINT64_CONSTANT (1000), send_ping, self);
}

static void
send_up (gpointer user)
{
  SimBrowser *self = user;
  gsize bytes = (gsize)self->shared->up_kbit * 1000 / 8 * UP_EVERY_US / G_USEC_PER_SEC;
  g_autofree char *frame = g_malloc0 (bytes);

  if (sim_link_pending (self->link) == 0) {
    sim_link_send_frame (self->link, SIM_FRAME_BINARY, frame, bytes);
    self->counts.bytes_up += bytes;
  }
  self->up = sim_agenda_in (self->shared->agenda, UP_EVERY_US, send_up, self);
}

static void
be_live (SimBrowser *self)
{
  if (self->is_live || self->closing)
    return;
  self->is_live = TRUE;
  sim_agenda_drop (self->shared->agenda, &self->patience);
  self->shared->live (self, self->shared->user);
}

static gboolean
is_accepted (const HnHttpHead *head)
{
  const HnHttpField *field = hn_http_head_find (head, "Sec-WebSocket-Accept");
  g_autofree char *wanted = sim_frame_accept (KEY);

  return field != NULL && hn_slice_equal (field->value, wanted);
}

static void
on_upgraded (SimLink *link, const HnHttpHead *head, const char *body, gsize length, gpointer user)
{
  SimBrowser *self = user;

  if (head->status != 101 || !is_accepted (head)) {
    end (self, head->status != 101 ? "socket refused" : "socket accepted with a wrong key");
    return;
  }
  self->is_open = TRUE;
  sim_stats_add (self->shared->opening, hn_clock_now_us () - self->started_us);
  sim_link_upgrade (link);
  be_patient (self, self->shared->timeout_us);
  send_ping (self);
  if (self->shared->up_kbit > 0)
    send_up (self);
  if (!self->shared->need_pong)
    be_live (self);
}

static void
take_pong (SimBrowser *self, const SimFrame *frame)
{
  gint64 sent_us = 0;

  if (frame->length != sizeof sent_us)
    return;
  memcpy (&sent_us, frame->payload, sizeof sent_us);
  sim_stats_add (self->shared->rtt, hn_clock_now_us () - sent_us);
  be_live (self);
}

static void
on_frame (SimLink *link, const SimFrame *frame, gpointer user)
{
  SimBrowser *self = user;

  self->counts.bytes_down += frame->length;
  if (frame->kind == SIM_FRAME_PONG) {
    take_pong (self, frame);
  } else if (frame->kind == SIM_FRAME_PING) {
    sim_link_send_frame (link, SIM_FRAME_PONG, frame->payload, frame->length);
  } else if (frame->kind == SIM_FRAME_CLOSE) {
    end (self, self->closing ? NULL : "socket closed by the other side");
  } else {
    self->counts.messages++;
  }
}

static void
on_socket_closed (SimLink *link, gpointer user)
{
  SimBrowser *self = user;

  g_clear_pointer (&self->link, sim_link_free);
  end (self, self->closing ? NULL : self->is_open ? "socket cut" : "socket could not be opened");
}

static void
open_socket (SimBrowser *self)
{
  static const SimLinkEvents events = { .message = on_upgraded, .frame = on_frame, .closed = on_socket_closed };
  g_autofree char *path = sim_pages_resolve (self->page, SOCKET);
  g_autofree char *query = self->shared->down_kbit > 0 ? g_strdup_printf ("?feed_kbit=%u", self->shared->down_kbit) : g_strdup ("");
  g_autofree char *request = NULL;

  self->link = sim_link_connect (self->shared->poller, self->target.host, self->target.port, &events, self);
  if (self->link == NULL) {
    end (self, "socket could not be opened");
    return;
  }
  request = g_strdup_printf ("GET %s%s HTTP/1.1\r\nHost: %s:%u\r\nOrigin: http://%s:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n",
                             path, query, self->target.host, self->target.port, self->target.host, self->target.port);
  be_patient (self, self->shared->timeout_us);
  sim_link_send (self->link, request, strlen (request));
}

/* ---- the page ---- */

static void fetch_next (SimBrowser *self);

static void
on_asset (guint status, const char *body, gsize length, gpointer user)
{
  SimBrowser *self = user;

  if (self->is_over)
    return;
  self->counts.bytes_down += length;
  if (status != 200)
    end (self, status == 0 ? "asset cut" : "asset refused");
  else
    fetch_next (self);
}

static void
fetch_next (SimBrowser *self)
{
  const char *link = self->assets[self->next_asset];
  g_autofree char *path = link != NULL ? sim_pages_resolve (self->page, link) : NULL;

  if (link == NULL) {
    open_socket (self);
    return;
  }
  self->next_asset++;
  self->counts.requests++;
  be_patient (self, self->shared->timeout_us);
  sim_caller_call (self->caller, "GET", path, NULL, NULL, on_asset, self);
}

static void
on_page (guint status, const char *body, gsize length, gpointer user)
{
  SimBrowser *self = user;

  if (self->is_over)
    return;
  self->counts.bytes_down += length;
  if (status != 200) {
    end (self, status == 0 ? "page cut" : "page refused");
    return;
  }
  self->assets = sim_pages_assets (body, length);
  fetch_next (self);
}

/* ---- life ---- */

void
sim_browser_close (SimBrowser *self)
{
  self->closing = TRUE;
  stop_tasks (self);
  sim_link_send_frame (self->link, SIM_FRAME_CLOSE, NULL, 0);
  be_patient (self, CLOSE_US);
}

const char *
sim_browser_failure (const SimBrowser *self)
{
  return self->failure;
}

SimBrowserCounts
sim_browser_counts (const SimBrowser *self)
{
  return self->counts;
}

SimBrowser *
sim_browser_new (const SimBrowserShared *shared, const char *url, GError **error)
{
  g_autoptr (SimBrowser) self = g_new0 (SimBrowser, 1);

  self->shared = shared;
  if (!sim_target_parse (url, &self->target, &self->page, error))
    return NULL;
  self->caller = sim_caller_new (shared->poller, &self->target);
  self->started_us = hn_clock_now_us ();
  self->counts.requests++;
  be_patient (self, shared->timeout_us);
  sim_caller_call (self->caller, "GET", self->page, NULL, NULL, on_page, self);
  return g_steal_pointer (&self);
}

void
sim_browser_free (SimBrowser *self)
{
  if (self == NULL)
    return;
  stop_tasks (self);
  sim_link_free (self->link);
  sim_caller_free (self->caller);
  sim_target_clear (&self->target);
  g_strfreev (self->assets);
  g_free (self->page);
  g_free (self);
}
