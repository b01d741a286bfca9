/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The test picture and the tone, as RTP packets.
 *
 * They are made in a pipeline of their own that starts when the browser has answered, and cross over to the peer's pipeline
 * through appsink and appsrc. So nothing is encoded before somebody watches, and a blocked webrtcbin pad never holds a live
 * source. Both pipelines run on the same clock with the same base time: running time is the same number on both sides.
 */
#include "sim/fakes/streamer/media-rtc.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

struct _SimMedia {
  GstElement *pipeline;
  GstPad *requests_pad; /* where the browser's keyframe requests come back */
  gulong requests_probe;
};

/* ARGB; dark ground, bright ball; white text is legible on each ground */
static const struct {
  guint ground;
  guint ball;
} colours[] = {
  { 0xff14304f, 0xffffb347 }, { 0xff3b1f4a, 0xff7fe0c2 }, { 0xff143d33, 0xffffd166 }, { 0xff4a1f2a, 0xff8ecae6 },
  { 0xff2b2d42, 0xffef476f }, { 0xff3d2f14, 0xff9be564 }, { 0xff103c4a, 0xffff8fab }, { 0xff2f1f4a, 0xfff6e27a },
};

static GstCaps *
with_ssrc (const char *text, int payload, guint32 ssrc)
{
  GstCaps *caps = gst_caps_from_string (text);

  gst_caps_set_simple (caps, "payload", G_TYPE_INT, payload, NULL);
  if (ssrc != 0)
    gst_caps_set_simple (caps, "ssrc", G_TYPE_UINT, ssrc, NULL);
  return caps;
}

GstCaps *
sim_media_video_caps (int payload, guint32 ssrc)
{
  return with_ssrc ("application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,"
                    "packetization-mode=(string)1,profile-level-id=(string)42e01f,level-asymmetry-allowed=(string)1",
                    payload, ssrc);
}

GstCaps *
sim_media_audio_caps (int payload, guint32 ssrc)
{
  return with_ssrc ("application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,"
                    "stereo=(string)1,sprop-stereo=(string)1,maxaveragebitrate=(string)510000,useinbandfec=(string)1,"
                    "minptime=(string)10",
                    payload, ssrc);
}

static void
set_running_time (GstBuffer *buffer, const GstSegment *segment)
{
  GST_BUFFER_PTS (buffer) = gst_segment_to_running_time (segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
}

static gboolean
set_running_time_in_list (GstBuffer **buffer, guint index, gpointer segment)
{
  *buffer = gst_buffer_make_writable (*buffer);
  set_running_time (*buffer, segment);
  return TRUE;
}

static GstFlowReturn
cross_over (GstAppSink *sink, gpointer source)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  const GstSegment *segment;

  if (sample == NULL)
    return GST_FLOW_EOS;
  segment = gst_sample_get_segment (sample);
  if (gst_sample_get_buffer_list (sample) != NULL) {
    GstBufferList *list = gst_buffer_list_copy_deep (gst_sample_get_buffer_list (sample));

    gst_buffer_list_foreach (list, set_running_time_in_list, (gpointer)segment);
    gst_app_src_push_buffer_list (source, list);
  } else if (gst_sample_get_buffer (sample) != NULL) {
    GstBuffer *buffer = gst_buffer_copy (gst_sample_get_buffer (sample));

    set_running_time (buffer, segment);
    gst_app_src_push_buffer (source, buffer);
  }
  return GST_FLOW_OK; /* the peer may be closing: that is no error of the source */
}

/* Runs on one of webrtcbin's threads. */
static GstPadProbeReturn
on_request (GstPad *pad, GstPadProbeInfo *info, gpointer encoder)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_UPSTREAM && gst_event_has_name (event, "GstForceKeyUnit"))
    gst_element_send_event (encoder, gst_event_ref (event));
  return GST_PAD_PROBE_OK;
}

static void
connect_sink (SimMedia *self, const char *name, GstElement *source)
{
  GstAppSinkCallbacks callbacks = { .new_sample = cross_over };
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (self->pipeline), name);

  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, gst_object_ref (source), gst_object_unref);
}

static void
connect_requests (SimMedia *self, GstElement *video)
{
  GstElement *encoder = gst_bin_get_by_name (GST_BIN (self->pipeline), "encoder");

  self->requests_pad = gst_element_get_static_pad (video, "src");
  self->requests_probe =
      gst_pad_add_probe (self->requests_pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_request, encoder, gst_object_unref);
}

static int
payload_of (GstElement *source)
{
  g_autoptr (GstCaps) caps = gst_app_src_get_caps (GST_APP_SRC (source));
  int payload = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "payload", &payload);
  return payload;
}

static char *
description (guint hash, int video_payload, guint32 video_ssrc, int audio_payload, guint32 audio_ssrc)
{
  return g_strdup_printf (
      "videotestsrc is-live=true pattern=ball motion=%s foreground-color=%u background-color=%u"
      " ! video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1"
      " ! textoverlay name=title valignment=bottom halignment=center ypad=14 font-desc=\"Sans Bold 12\" draw-shadow=false"
      " ! clockoverlay time-format=\"%%H:%%M:%%S\" valignment=top halignment=right xpad=16 ypad=12 font-desc=\"Sans Bold 18\""
      " draw-shadow=false"
      " ! x264enc name=encoder tune=zerolatency speed-preset=ultrafast bitrate=1200 key-int-max=60 threads=1"
      " ! video/x-h264,profile=constrained-baseline"
      " ! rtph264pay pt=%d ssrc=%u mtu=1180 config-interval=-1 aggregate-mode=zero-latency"
      " ! appsink name=video sync=false async=false buffer-list=true max-buffers=60 drop=true"
      " audiotestsrc is-live=true wave=sine freq=%d volume=0.08 samplesperbuffer=480"
      " ! audio/x-raw,format=S16LE,rate=48000,channels=2"
      " ! opusenc frame-size=10 bitrate=64000 complexity=2"
      " ! rtpopuspay pt=%d ssrc=%u"
      " ! appsink name=audio sync=false async=false max-buffers=50 drop=true",
      hash % 2 ? "sweep" : "wavy", colours[hash % G_N_ELEMENTS (colours)].ball, colours[hash % G_N_ELEMENTS (colours)].ground,
      SIM_MEDIA_WIDTH, SIM_MEDIA_HEIGHT, SIM_MEDIA_FPS, video_payload, video_ssrc, 330 + (int)(hash % 8) * 55,
      audio_payload, audio_ssrc);
}

/* The same clock and base time as the peer's pipeline, to which the sources belong. */
static void
follow_clock (GstElement *pipeline, GstElement *source)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (source);

  if (clock != NULL)
    gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  gst_element_set_start_time (pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (pipeline, gst_element_get_base_time (source));
}

SimMedia *
sim_media_new (const char *title, GstElement *video, guint32 video_ssrc, GstElement *audio, guint32 audio_ssrc)
{
  g_autofree char *text = description (g_str_hash (title), payload_of (video), video_ssrc, payload_of (audio), audio_ssrc);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) overlay = NULL;
  SimMedia *self;
  GstElement *pipeline = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);

  if (pipeline == NULL) {
    g_printerr ("streamer: cannot make the test picture: %s\n", error->message);
    return NULL;
  }
  self = g_new0 (SimMedia, 1);
  self->pipeline = gst_object_ref_sink (pipeline);
  overlay = gst_bin_get_by_name (GST_BIN (pipeline), "title");
  g_object_set (overlay, "text", title, NULL);
  connect_sink (self, "video", video);
  connect_sink (self, "audio", audio);
  connect_requests (self, video);
  follow_clock (pipeline, video);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return self;
}

void
sim_media_free (SimMedia *self)
{
  if (self == NULL)
    return;
  gst_pad_remove_probe (self->requests_pad, self->requests_probe);
  gst_clear_object (&self->requests_pad);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->pipeline);
  g_free (self);
}
