/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/packet-lanes.h"

struct _HnPacketLane {
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  guint takers;
};

struct _HnPacketLanes {
  GPtrArray *lanes; /* of HnPacketLane: those that are taken */
};

typedef struct {
  void (*func) (gpointer data);
  gpointer data;
  GMutex lock;
  GCond done_cond;
  gboolean done;
} Call;

static gpointer
run (gpointer data)
{
  HnPacketLane *lane = data;

  g_main_context_push_thread_default (lane->context);
  g_main_loop_run (lane->loop);
  g_main_context_pop_thread_default (lane->context);
  return NULL;
}

static HnPacketLane *
lane_new (void)
{
  HnPacketLane *self = g_new0 (HnPacketLane, 1);

  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->thread = g_thread_new ("mic-packets", run, self);
  return self;
}

static void
quit (gpointer loop)
{
  g_main_loop_quit (loop);
}

static void
lane_free (HnPacketLane *self)
{
  hn_packet_lane_call (self, quit, self->loop);
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_free (self);
}

GMainContext *
hn_packet_lane_get_context (HnPacketLane *self)
{
  return self->context;
}

static gboolean
run_call (gpointer data)
{
  Call *call = data;

  call->func (call->data);
  g_mutex_lock (&call->lock);
  call->done = TRUE;
  g_cond_signal (&call->done_cond);
  g_mutex_unlock (&call->lock);
  return G_SOURCE_REMOVE;
}

void
hn_packet_lane_call (HnPacketLane *self, void (*func) (gpointer data), gpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Call call = { .func = func, .data = data };

  g_mutex_init (&call.lock);
  g_cond_init (&call.done_cond);
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, run_call, &call, NULL);
  g_source_attach (source, self->context);
  g_mutex_lock (&call.lock);
  while (!call.done)
    g_cond_wait (&call.done_cond, &call.lock);
  g_mutex_unlock (&call.lock);
  g_mutex_clear (&call.lock);
  g_cond_clear (&call.done_cond);
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
hn_packet_lanes_take (HnPacketLanes *self)
{
  HnPacketLane *lane = NULL;

  for (guint i = 0; lane == NULL && i < self->lanes->len; i++) {
    HnPacketLane *candidate = g_ptr_array_index (self->lanes, i);

    if (candidate->takers < HN_PACKET_LANE_SHARED)
      lane = candidate;
  }
  if (lane == NULL) {
    lane = lane_new ();
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
