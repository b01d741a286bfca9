/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls are carried out behind the sockets of the same turn: what a call takes away is then in no list of what is ready. */
#include "rtc/packet-lanes.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

struct _HnPacketWatch {
  int fd;
  HnPacketLaneFunc func;
  gpointer data;
};

struct _HnPacketLane {
  GThread *thread;
  int epoll_fd;
  int call_fd; /* an eventfd: there are calls */
  GMutex lock; /* what follows, and each call's `done` */
  GCond done_cond;
  GQueue calls; /* of Call: the caller's, who waits */
  guint takers;
  gboolean quit; /* only on the thread */
};

struct _HnPacketLanes {
  GPtrArray *lanes; /* of HnPacketLane: those that are taken */
};

typedef struct {
  HnPacketLaneFunc func;
  gpointer data;
  gboolean done;
} Call;

/* ---- on the lane ---- */

static void
carry_out_calls (HnPacketLane *self)
{
  Call *call;
  eventfd_t count;

  eventfd_read (self->call_fd, &count);
  g_mutex_lock (&self->lock);
  while ((call = g_queue_pop_head (&self->calls)) != NULL) {
    g_mutex_unlock (&self->lock);
    call->func (call->data);
    g_mutex_lock (&self->lock);
    call->done = TRUE;
    g_cond_broadcast (&self->done_cond);
  }
  g_mutex_unlock (&self->lock);
}

static gpointer
run (gpointer data)
{
  HnPacketLane *self = data;
  struct epoll_event events[HN_PACKET_LANE_SHARED + 1];

  while (!self->quit) {
    int n = epoll_wait (self->epoll_fd, events, G_N_ELEMENTS (events), -1);
    gboolean called = FALSE;

    for (int i = 0; i < n; i++) {
      HnPacketWatch *watch = events[i].data.ptr;

      if (watch == NULL)
        called = TRUE;
      else
        watch->func (watch->data);
    }
    if (called)
      carry_out_calls (self);
  }
  return NULL;
}

static gboolean
add (HnPacketLane *self, int fd, HnPacketWatch *watch, GError **error)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
    return TRUE;
  g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "a microphone's socket cannot be watched: %s", g_strerror (errno));
  return FALSE;
}

HnPacketWatch *
hn_packet_lane_watch (HnPacketLane *self, int fd, HnPacketLaneFunc func, gpointer data, GError **error)
{
  HnPacketWatch *watch = g_new0 (HnPacketWatch, 1);

  watch->fd = fd;
  watch->func = func;
  watch->data = data;
  if (!add (self, fd, watch, error))
    g_clear_pointer (&watch, g_free);
  return watch;
}

void
hn_packet_lane_unwatch (HnPacketLane *self, HnPacketWatch *watch)
{
  epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  g_free (watch);
}

static void
quit (gpointer lane)
{
  ((HnPacketLane *) lane)->quit = TRUE;
}

/* ---- on the owner's ---- */

void
hn_packet_lane_call (HnPacketLane *self, HnPacketLaneFunc func, gpointer data)
{
  Call call = { .func = func, .data = data };

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->calls, &call);
  eventfd_write (self->call_fd, 1);
  while (!call.done)
    g_cond_wait (&self->done_cond, &self->lock);
  g_mutex_unlock (&self->lock);
}

static void
lane_free (HnPacketLane *self)
{
  if (self->thread != NULL) {
    hn_packet_lane_call (self, quit, self);
    g_thread_join (self->thread);
  }
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  if (self->call_fd >= 0)
    close (self->call_fd);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->done_cond);
  g_free (self);
}

static HnPacketLane *
lane_new (GError **error)
{
  HnPacketLane *self = g_new0 (HnPacketLane, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->done_cond);
  g_queue_init (&self->calls);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  self->call_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->epoll_fd < 0 || self->call_fd < 0)
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "no thread for microphones: %s", g_strerror (errno));
  else if (add (self, self->call_fd, NULL, error))
    self->thread = g_thread_new ("mic-packets", run, self);
  if (self->thread == NULL)
    g_clear_pointer (&self, lane_free);
  return self;
}

HnPacketLanes *
hn_packet_lanes_new (void)
{
  HnPacketLanes *self = g_new0 (HnPacketLanes, 1);

  self->lanes = g_ptr_array_new ();
  return self;
}

void
hn_packet_lanes_free (HnPacketLanes *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->lanes);
  g_free (self);
}

HnPacketLane *
hn_packet_lanes_take (HnPacketLanes *self, GError **error)
{
  HnPacketLane *lane = NULL;

  for (guint i = 0; lane == NULL && i < self->lanes->len; i++) {
    HnPacketLane *candidate = g_ptr_array_index (self->lanes, i);

    if (candidate->takers < HN_PACKET_LANE_SHARED)
      lane = candidate;
  }
  if (lane == NULL) {
    lane = lane_new (error);
    if (lane == NULL)
      return NULL;
    g_ptr_array_add (self->lanes, lane);
  }
  lane->takers++;
  return lane;
}

void
hn_packet_lanes_give_back (HnPacketLanes *self, HnPacketLane *lane)
{
  if (--lane->takers > 0)
    return;
  g_ptr_array_remove_fast (self->lanes, lane);
  lane_free (lane);
}
