/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#define SIM_MEDIA_WIDTH 640
#define SIM_MEDIA_HEIGHT 360
#define SIM_MEDIA_FPS 30

typedef struct _SimMedia SimMedia;

/**
 * sim_media_video_caps:
 * @payload: the RTP payload type
 * @ssrc: of the RTP stream, 0 for none
 *
 * Returns: (transfer full): RTP caps of the H264 stream
 */
GstCaps *sim_media_video_caps (int payload, guint32 ssrc);

/**
 * sim_media_audio_caps:
 * @payload: the RTP payload type
 * @ssrc: of the RTP stream, 0 for none
 *
 * Returns: (transfer full): RTP caps of the Opus stream
 */
GstCaps *sim_media_audio_caps (int payload, guint32 ssrc);

/**
 * sim_media_new:
 * @title: what is written into the picture; its hash chooses the colours
 * @video: an appsrc that takes RTP packets, with the caps of [func@sim_media_video_caps]
 * @video_ssrc: their SSRC
 * @audio: an appsrc that takes RTP packets, with the caps of [func@sim_media_audio_caps]
 * @audio_ssrc: their SSRC
 *
 * A moving ball, a clock, @title and a quiet tone. A keyframe request that comes back through @video is answered. Main thread
 * only.
 *
 * Returns: (transfer full) (nullable): the media, playing; %NULL if an element is missing (logged)
 */
SimMedia *sim_media_new (const char *title, GstElement *video, guint32 video_ssrc, GstElement *audio, guint32 audio_ssrc);

/**
 * sim_media_free:
 * @self: (nullable) (transfer full): the media; no packet leaves it afterwards
 */
void sim_media_free (SimMedia *self);
