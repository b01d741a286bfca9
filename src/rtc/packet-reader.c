/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libnice calls back on the thread that owns the context a component was attached to, with its own lock released, so that what runs on a lane is never concurrent with another
 * callback of the same lane: taking a reader out there is enough to know that none comes any more. */
#include "rtc/packet-reader.h"

#include <nice/agent.h>

#define SETTLE_MS 20
#define HELD_MAX 64

struct _HnPacketReader {
  HnPacketLanes *lanes;
  HnPacketLane *lane;
  NiceAgent *agent;
  guint stream;
  guint component;
  GstPad *into;     /* what stands behind nicesrc */
  GSource *settle;  /* (nullable) until packets go on at once; from here on only on the lane */
  GQueue held;      /* of GstBuffer */
};

/* ---- on the lane ---- */

static void
let_go (HnPacketReader *self)
{
  GstBuffer *buffer;

  g_clear_pointer (&self->settle, g_source_unref);
  while ((buffer = g_queue_pop_head (&self->held)) != NULL)
    gst_pad_chain (self->into, buffer);
}

static gboolean
on_settled (gpointer data)
{
  let_go (data);
  return G_SOURCE_REMOVE;
}

static void
on_received (NiceAgent *agent, guint stream, guint component, guint length, gchar *bytes, gpointer data)
{
  HnPacketReader *self = data;
  GstBuffer *buffer = gst_buffer_new_memdup (bytes, length);

  if (self->settle == NULL) {
    gst_pad_chain (self->into, buffer);
    return;
  }
  g_queue_push_tail (&self->held, buffer);
  if (self->held.length >= HELD_MAX) {
    g_source_destroy (self->settle);
    let_go (self);
  }
}

static void
begin (gpointer data)
{
  HnPacketReader *self = data;
  GMainContext *context = hn_packet_lane_get_context (self->lane);

  self->settle = g_timeout_source_new (SETTLE_MS);
  g_source_set_callback (self->settle, on_settled, self, NULL);
  g_source_attach (self->settle, context);
  nice_agent_attach_recv (self->agent, self->stream, self->component, context, on_received, self);
}

/* The sockets go to a context that nobody runs: what comes is left there until the pipeline ends. */
static void
end (gpointer data)
{
  HnPacketReader *self = data;
  g_autoptr (GMainContext) nobody = g_main_context_new ();
  GstBuffer *buffer;

  nice_agent_attach_recv (self->agent, self->stream, self->component, nobody, NULL, NULL);
  if (self->settle != NULL)
    g_source_destroy (self->settle);
  g_clear_pointer (&self->settle, g_source_unref);
  while ((buffer = g_queue_pop_head (&self->held)) != NULL)
    gst_buffer_unref (buffer);
}

/* ---- on the owner's ---- */

static GstElement *
find_only (GstElement *webrtc, const char *factory)
{
  g_autoptr (GstIterator) elements = gst_bin_iterate_all_by_element_factory_name (GST_BIN (webrtc), factory);
  g_auto (GValue) item = G_VALUE_INIT;
  GstElement *found = NULL;
  guint n_found = 0;

  while (gst_iterator_next (elements, &item) == GST_ITERATOR_OK) {
    if (n_found++ == 0)
      found = g_value_dup_object (&item);
    g_value_reset (&item);
  }
  if (n_found > 1)
    g_clear_object (&found);
  return found;
}

HnPacketReader *
hn_packet_reader_new (HnPacketLanes *lanes, GstElement *webrtc)
{
  g_autoptr (GstElement) nicesrc = find_only (webrtc, "nicesrc");
  g_autoptr (GstPad) pad = nicesrc != NULL ? gst_element_get_static_pad (nicesrc, "src") : NULL;
  g_autoptr (GstPad) into = pad != NULL ? gst_pad_get_peer (pad) : NULL;
  HnPacketReader *self;

  if (into == NULL)
    return NULL;
  self = g_new0 (HnPacketReader, 1);
  g_queue_init (&self->held);
  g_object_get (nicesrc, "agent", &self->agent, "stream", &self->stream, "component", &self->component, NULL);
  self->into = g_steal_pointer (&into);
  self->lanes = lanes;
  self->lane = hn_packet_lanes_take (lanes);
  hn_packet_lane_call (self->lane, begin, self);
  return self;
}

void
hn_packet_reader_free (HnPacketReader *self)
{
  if (self == NULL)
    return;
  hn_packet_lane_call (self->lane, end, self);
  hn_packet_lanes_give_back (self->lanes, self->lane);
  g_object_unref (self->agent);
  gst_object_unref (self->into);
  g_free (self);
}
