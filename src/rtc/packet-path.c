/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A probe behind SRTP sends packets on from where they were read, and drops them: no jitter buffer adds to their way or loses the reordered ones. */
#include "rtc/packet-path.h"

#include "rtc/rtp-repeat.h"

struct _HnPacketPath {
  HnRtpForward *forward;
  HnRtpRepeat *repeat; /* only from where packets stream: one thread at a time, by the pad's lock */
};

static void
path_clear (gpointer data)
{
  HnPacketPath *self = data;

  hn_rtp_forward_free (self->forward);
  hn_rtp_repeat_free (self->repeat);
}

static gpointer
path_ref (HnPacketPath *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
path_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, path_clear);
}

/* ---- where packets stream ---- */

static void
forward_buffer (HnPacketPath *self, GstBuffer *buffer)
{
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  hn_rtp_repeat_passed (self->repeat, map.data, map.size);
  hn_rtp_forward_packet (self->forward, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

static GstPadProbeReturn
on_packets (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HnPacketPath *self = data;
  GstBufferList *list = NULL;

  if ((GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) != 0)
    forward_buffer (self, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
  for (guint i = 0; list != NULL && i < gst_buffer_list_length (list); i++)
    forward_buffer (self, gst_buffer_list_get (list, i));
  return GST_PAD_PROBE_DROP;
}

/* In front of SRTP, whose replay protection ends what comes twice. */
static GstPadProbeReturn
on_locked_packet (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HnPacketPath *self = data;
  GstMapInfo map;
  const guint8 *plain;
  gsize n_bytes = 0;

  if (!gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  plain = hn_rtp_repeat_came (self->repeat, map.data, map.size, &n_bytes);
  gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);
  if (plain == NULL)
    return GST_PAD_PROBE_OK;
  hn_rtp_forward_duplicate (self->forward, plain, n_bytes);
  return GST_PAD_PROBE_DROP;
}

/* ---- on the owner's thread ---- */

/* Takes the queue behind nicesrc out of the way of packets: nothing here ever blocks, so that a second thread, woken for each packet, only costs.
 * Nothing flows yet: the answer is not out. */
static void
bypass_queue (GstElement *queue)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (queue, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (queue, "src");
  g_autoptr (GstPad) before = gst_pad_get_peer (sink);
  g_autoptr (GstPad) after = gst_pad_get_peer (src);

  if (before == NULL || after == NULL || !gst_pad_unlink (before, sink))
    return;
  if (!gst_pad_unlink (src, after) || gst_pad_link_full (before, after, GST_PAD_LINK_CHECK_NOTHING) != GST_PAD_LINK_OK) {
    gst_pad_link (before, sink);
    gst_pad_link (src, after);
  }
}

static void
bypass_queues (GstElement *webrtc)
{
  g_autoptr (GstIterator) queues = gst_bin_iterate_all_by_element_factory_name (GST_BIN (webrtc), "queue");
  g_auto (GValue) item = G_VALUE_INIT;

  while (gst_iterator_next (queues, &item) == GST_ITERATOR_OK) {
    g_autoptr (GstObject) parent = gst_object_get_parent (g_value_get_object (&item));

    if (g_str_has_prefix (G_OBJECT_TYPE_NAME (parent), "TransportReceiveBin"))
      bypass_queue (g_value_get_object (&item));
    g_value_reset (&item);
  }
}

static void
add_probe (HnPacketPath *self, GstElement *element, const char *name, GstPadProbeType type, GstPadProbeCallback func)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  if (pad != NULL)
    gst_pad_add_probe (pad, type, func, path_ref (self), path_unref);
}

/* Before and behind SRTP. */
static void
watch_packets (HnPacketPath *self, GstElement *webrtc)
{
  g_autoptr (GstIterator) decoders = gst_bin_iterate_all_by_element_factory_name (GST_BIN (webrtc), "srtpdec");
  g_auto (GValue) item = G_VALUE_INIT;

  while (gst_iterator_next (decoders, &item) == GST_ITERATOR_OK) {
    add_probe (self, g_value_get_object (&item), "rtp_sink", GST_PAD_PROBE_TYPE_BUFFER, on_locked_packet);
    add_probe (self, g_value_get_object (&item), "rtp_src", GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packets);
    g_value_reset (&item);
  }
}

HnPacketPath *
hn_packet_path_new (HnRtpForward *forward)
{
  HnPacketPath *self = g_atomic_rc_box_new0 (HnPacketPath);

  self->forward = forward;
  self->repeat = hn_rtp_repeat_new ();
  return self;
}

void
hn_packet_path_unref (HnPacketPath *self)
{
  if (self != NULL)
    path_unref (self);
}

void
hn_packet_path_attach (HnPacketPath *self, GstElement *webrtc)
{
  bypass_queues (webrtc);
  watch_packets (self, webrtc);
}

HnRtpForward *
hn_packet_path_get_forward (HnPacketPath *self)
{
  return self->forward;
}
