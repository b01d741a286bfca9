/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"

/* Rules: a turn delivers the fetched events, then what asked to go on (hn_poller_again), then runs what was deferred; only then may
 * memory of this turn's watches be gone. A watch that was forgotten is struck from all three lists, so nobody is called after his end.
 * A loop run from within a turn does not enter another: the source says so itself, because GLib's own way (blocking it for the
 * time) takes its fd out and in again, and wakes the loop twice a turn for that. */

#define EVENTS_PER_TURN 256

/* The kernel copies into it with `rep movsb`, which is up to half slower when the target lies a few bytes behind a cache line: malloc's
 * 16 bytes cost 0.2 CPU s per GB. */
#define SCRATCH_ALIGNMENT 4096
#define SEALING_BYTES 16384 /* records of 16 KB, each a few dozen bytes longer when sealed, and one to spare */

typedef struct {
  GDestroyNotify func;
  gpointer data;
} Deferred;

typedef struct {
  GSource base;
  HnPoller *poller;
  gpointer tag;
} PollerSource;

struct _HnPoller {
  int fd;
  GMainContext *context;
  GSource *source;
  struct epoll_event events[EVENTS_PER_TURN];
  int n_events;
  int next_event; /* the first that is not delivered yet */
  GPtrArray *again;
  GPtrArray *running; /* the part of `again` that this turn delivers */
  GArray *deferred;
  char *scratch;
  char *second_scratch; /* NULL until somebody wants it */
  gboolean in_turn;
  gint64 now_us;
};

static void
deliver_events (HnPoller *self)
{
  self->n_events = epoll_wait (self->fd, self->events, EVENTS_PER_TURN, 0);
  for (int i = 0; i < self->n_events; i++) {
    HnPollerWatch *watch = self->events[i].data.ptr;

    self->next_event = i + 1;
    if (watch != NULL)
      watch->ready (watch, self->events[i].events);
  }
  self->n_events = 0;
}

static void
deliver_again (HnPoller *self)
{
  GPtrArray *mine = self->again;

  if (mine->len == 0)
    return;
  self->again = self->running;
  self->running = mine;
  for (guint i = 0; i < mine->len; i++) {
    HnPollerWatch *watch = g_ptr_array_index (mine, i);

    if (watch == NULL)
      continue;
    watch->queued = FALSE;
    watch->ready (watch, 0);
  }
  g_ptr_array_set_size (mine, 0);
}

static void
run_deferred (HnPoller *self)
{
  for (guint i = 0; i < self->deferred->len; i++) {
    Deferred one = g_array_index (self->deferred, Deferred, i);

    one.func (one.data);
  }
  g_array_set_size (self->deferred, 0);
}

static gboolean
has_work (HnPoller *self)
{
  return self->again->len > 0 || self->deferred->len > 0;
}

static gboolean
source_prepare (GSource *source, int *timeout_ms)
{
  *timeout_ms = -1;
  return has_work (((PollerSource *) source)->poller);
}

static gboolean
source_check (GSource *source)
{
  PollerSource *self = (PollerSource *) source;

  return has_work (self->poller) || g_source_query_unix_fd (source, self->tag) != 0;
}

static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  HnPoller *self = ((PollerSource *) source)->poller;

  if (self->in_turn)
    return G_SOURCE_CONTINUE;
  self->in_turn = TRUE;
  self->now_us = hn_clock_now_us ();
  deliver_events (self);
  deliver_again (self);
  run_deferred (self);
  self->in_turn = FALSE;
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { source_prepare, source_check, source_dispatch, NULL, NULL, NULL };

void
hn_poller_add (HnPoller *self, int fd, HnPollerWatch *watch)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = watch };

  /* Out of memory or of the user's watches is all that can go wrong: nothing happens on it then, until its owner's deadline ends it. */
  epoll_ctl (self->fd, EPOLL_CTL_ADD, fd, &event);
}

void
hn_poller_remove (HnPoller *self, int fd)
{
  epoll_ctl (self->fd, EPOLL_CTL_DEL, fd, NULL);
}

void
hn_poller_defer (HnPoller *self, GDestroyNotify func, gpointer data)
{
  Deferred one = { func, data };

  g_array_append_val (self->deferred, one);
}

void
hn_poller_again (HnPoller *self, HnPollerWatch *watch)
{
  if (watch->queued)
    return;
  watch->queued = TRUE;
  g_ptr_array_add (self->again, watch);
}

static void
strike (GPtrArray *array, HnPollerWatch *watch)
{
  for (guint i = 0; i < array->len; i++)
    if (g_ptr_array_index (array, i) == watch)
      g_ptr_array_index (array, i) = NULL;
}

void
hn_poller_forget (HnPoller *self, HnPollerWatch *watch)
{
  for (int i = 0; i < self->n_events; i++)
    if (self->events[i].data.ptr == watch)
      self->events[i].data.ptr = NULL;
  if (!watch->queued)
    return;
  watch->queued = FALSE;
  strike (self->again, watch);
  strike (self->running, watch);
}

gboolean
hn_poller_has_news (HnPoller *self, HnPollerWatch *watch)
{
  for (int i = self->next_event; i < self->n_events; i++)
    if (self->events[i].data.ptr == watch)
      return TRUE;
  return FALSE;
}

gint64
hn_poller_now_us (HnPoller *self)
{
  return self->in_turn ? self->now_us : hn_clock_now_us ();
}

char *
hn_poller_scratch (HnPoller *self)
{
  return self->scratch;
}

char *
hn_poller_second_scratch (HnPoller *self)
{
  if (self->second_scratch == NULL)
    self->second_scratch = g_aligned_alloc (1, HN_LIMIT_TUNNEL_BUFFER_BYTES + SEALING_BYTES, SCRATCH_ALIGNMENT);
  return self->second_scratch;
}

GMainContext *
hn_poller_get_context (HnPoller *self)
{
  return self->context;
}

HnPoller *
hn_poller_new (GMainContext *context)
{
  HnPoller *self = g_new0 (HnPoller, 1);

  self->fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->fd < 0)
    g_error ("no epoll: %s", g_strerror (errno));
  self->context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  self->again = g_ptr_array_new ();
  self->running = g_ptr_array_new ();
  self->deferred = g_array_new (FALSE, FALSE, sizeof (Deferred));
  self->scratch = g_aligned_alloc (1, HN_LIMIT_TUNNEL_BUFFER_BYTES, SCRATCH_ALIGNMENT);
  self->source = g_source_new (&source_funcs, sizeof (PollerSource));
  g_source_set_can_recurse (self->source, TRUE);
  ((PollerSource *) self->source)->poller = self;
  ((PollerSource *) self->source)->tag = g_source_add_unix_fd (self->source, self->fd, G_IO_IN);
  g_source_attach (self->source, self->context);
  return self;
}

void
hn_poller_free (HnPoller *self)
{
  if (self == NULL)
    return;
  run_deferred (self);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  close (self->fd);
  g_ptr_array_unref (self->again);
  g_ptr_array_unref (self->running);
  g_array_unref (self->deferred);
  g_aligned_free (self->scratch);
  g_aligned_free (self->second_scratch);
  g_main_context_unref (self->context);
  g_free (self);
}
