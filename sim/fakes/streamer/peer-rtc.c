/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's half of one peer connection: webrtcbin, answering the browser's data-channel offer and later offering the media.
 *
 * What makes late audio and video on a live data-channel bundle work (webrtcbin 1.22):
 *  - both send pads are requested and linked, with caps, before the first answer is made; nothing flows through them yet;
 *  - the media comes from appsrcs, so that a blocked pad holds no live source, and the first packet is pushed only when the
 *    browser's answer to the second offer is in force;
 *  - one negotiation at a time: descriptions that come meanwhile wait in a short queue;
 *  - the pipeline's LATENCY message is handled.
 *
 * webrtcbin, libnice and SCTP call back on threads of their own. Everything is handed to the main loop as a Happening by an idle
 * source (not g_main_context_invoke, which may run in the caller). Each callback holds a reference to the peer; `events` is
 * cleared by close () and is only read on the main loop.
 */
#include "sim/fakes/streamer/peer-rtc.h"

#include <gst/app/gstappsrc.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <string.h>

#include "sim/fakes/streamer/candidate.h"
#include "sim/fakes/streamer/exchange-rtc.h"
#include "sim/fakes/streamer/ice-agent-rtc.h"
#include "sim/fakes/streamer/media-rtc.h"

#define MAX_CHANNELS 32
#define MAX_WAITING_OFFERS 4
#define MAX_CANDIDATES 64
#define DTLS_ALERT 21
#define BYE_US (500 * 1000) /* at most, until the goodbye has left */
#define CHANNEL_BUFFER_BYTES (256 * 1024)

typedef enum {
  STABLE,
  ANSWERING, /* the browser's offer is being answered */
  OFFERING,  /* our offer is made or out */
} Negotiation;

struct _SimPeer {
  const SimPeerEvents *events; /* NULL: closed */
  gpointer owner;
  const SimInit *init;
  GstElement *pipeline;
  GstElement *webrtc;
  GstElement *video;
  GstElement *audio;
  guint32 video_ssrc;
  guint32 audio_ssrc;
  guint bus_watch;
  Negotiation negotiation;
  gboolean media_wanted; /* offer audio and video at the next STABLE */
  GQueue offers;         /* of char *: the browser's, that wait */
  GPtrArray *candidates; /* ours, until the first description is out; then NULL */
  int remote_candidates; /* how many of the browser's have been taken */
  char *local_sdp;       /* the last that was told */
  GPtrArray *channels;   /* of GstWebRTCDataChannel */
  gint heard_seconds;    /* atomic: last RTCP of the browser, monotonic seconds */
};

typedef enum {
  HAPPENED_DESCRIPTION, /* text = sdp, number = OFFERING or ANSWERING */
  HAPPENED_NO_DESCRIPTION,
  HAPPENED_ANSWERED,  /* number = whether it was good */
  HAPPENED_CANDIDATE, /* text, number = m-line */
  HAPPENED_STATE,     /* number = GstWebRTCPeerConnectionState */
  HAPPENED_GATHERED,
  HAPPENED_CHANNEL,   /* channel */
  HAPPENED_MESSAGE,   /* channel, bytes */
} HappeningKind;

typedef struct {
  SimPeer *peer;
  HappeningKind kind;
  int number;
  char *text;
  GBytes *bytes;
  GstWebRTCDataChannel *channel;
} Happening;

static void next_negotiation (SimPeer *self);
static void on_happening (SimPeer *self, Happening *happening);

static SimPeer *
peer_ref (SimPeer *self)
{
  return g_atomic_rc_box_acquire (self);
}

/* The last reference may go on any thread; close () has taken everything that belongs to the main thread by then. */
static void
peer_clear (gpointer data)
{
  SimPeer *self = data;

  gst_clear_object (&self->pipeline);
  g_clear_pointer (&self->channels, g_ptr_array_unref);
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
  g_queue_clear_full (&self->offers, g_free);
  g_free (self->local_sdp);
}

static void
peer_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, peer_clear);
}

static void
closure_unref (gpointer self, GClosure *closure)
{
  peer_unref (self);
}

/* Happenings */

static void
happening_free (gpointer data)
{
  Happening *happening = data;

  g_free (happening->text);
  g_clear_pointer (&happening->bytes, g_bytes_unref);
  g_clear_object (&happening->channel);
  peer_unref (happening->peer);
  g_free (happening);
}

static gboolean
dispatch (gpointer data)
{
  Happening *happening = data;

  if (happening->peer->events != NULL)
    on_happening (happening->peer, happening);
  return G_SOURCE_REMOVE;
}

static Happening *
happening_new (SimPeer *self, HappeningKind kind, int number)
{
  Happening *happening = g_new0 (Happening, 1);

  happening->peer = peer_ref (self);
  happening->kind = kind;
  happening->number = number;
  return happening;
}

static void
post (Happening *happening)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, dispatch, happening, happening_free);
}

/* Outcomes of exchanges, on webrtcbin's thread */

static void
post_description (SimPeer *self, Negotiation kind, const char *sdp)
{
  Happening *happening = happening_new (self, sdp != NULL ? HAPPENED_DESCRIPTION : HAPPENED_NO_DESCRIPTION, kind);

  happening->text = g_strdup (sdp);
  post (happening);
}

static void
on_answer_made (gpointer data, const char *sdp)
{
  post_description (data, ANSWERING, sdp);
}

static void
on_offer_made (gpointer data, const char *sdp)
{
  post_description (data, OFFERING, sdp);
}

static void
on_answer_accepted (gpointer data, const char *sdp)
{
  post (happening_new (data, HAPPENED_ANSWERED, sdp != NULL));
}

/* webrtcbin's signals, on its threads */

static void
on_ice_candidate (GstElement *webrtc, guint mline, const char *candidate, gpointer data)
{
  Happening *happening = happening_new (data, HAPPENED_CANDIDATE, (int)mline);

  happening->text = g_strdup (candidate);
  post (happening);
}

static void
on_connection_state (GstElement *webrtc, GParamSpec *pspec, gpointer data)
{
  GstWebRTCPeerConnectionState state = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;

  g_object_get (webrtc, "connection-state", &state, NULL);
  post (happening_new (data, HAPPENED_STATE, (int)state));
}

static void
on_gathering_state (GstElement *webrtc, GParamSpec *pspec, gpointer data)
{
  GstWebRTCICEGatheringState state = GST_WEBRTC_ICE_GATHERING_STATE_NEW;

  g_object_get (webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    post (happening_new (data, HAPPENED_GATHERED, 0));
}

static void
post_message (SimPeer *self, GstWebRTCDataChannel *channel, GBytes *bytes)
{
  Happening *happening = happening_new (self, HAPPENED_MESSAGE, 0);

  happening->channel = g_object_ref (channel);
  happening->bytes = bytes;
  post (happening);
}

static void
on_message_data (GstWebRTCDataChannel *channel, GBytes *bytes, gpointer data)
{
  if (bytes != NULL)
    post_message (data, channel, g_bytes_ref (bytes));
}

static void
on_message_string (GstWebRTCDataChannel *channel, const char *text, gpointer data)
{
  if (text != NULL)
    post_message (data, channel, g_bytes_new (text, strlen (text)));
}

static void
watch_channel (SimPeer *self, GstWebRTCDataChannel *channel)
{
  g_signal_connect_data (channel, "on-message-data", G_CALLBACK (on_message_data), peer_ref (self), closure_unref, 0);
  g_signal_connect_data (channel, "on-message-string", G_CALLBACK (on_message_string), peer_ref (self), closure_unref, 0);
}

/* Runs under a lock of webrtcbin: connect, and do the rest on the main loop. */
static void
on_data_channel (GstElement *webrtc, GstWebRTCDataChannel *channel, gpointer data)
{
  Happening *happening = happening_new (data, HAPPENED_CHANNEL, 0);

  watch_channel (data, channel);
  happening->channel = g_object_ref (channel);
  post (happening);
}

static GstPadProbeReturn
on_rtcp (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  SimPeer *self = data;

  g_atomic_int_set (&self->heard_seconds, (gint)(g_get_monotonic_time () / G_USEC_PER_SEC));
  return GST_PAD_PROBE_OK;
}

static void
on_rtpbin_pad (GstElement *rtpbin, GstPad *pad, gpointer data)
{
  if (g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtcp_sink"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_rtcp, peer_ref (data), peer_unref);
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer data)
{
  SimPeer *self = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY) {
    gst_bin_recalculate_latency (GST_BIN (self->pipeline));
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;
    g_autofree char *debug = NULL;

    gst_message_parse_error (message, &error, &debug);
    g_printerr ("streamer: %s: %s\n", GST_OBJECT_NAME (message->src), error->message);
  }
  return G_SOURCE_CONTINUE;
}

/* The main loop's side */

static void
tell_candidate (SimPeer *self, const char *candidate, int mline)
{
  g_auto (GStrv) told = NULL;
  g_autofree char *mid = sim_sdp_mid (self->local_sdp, mline);

  told = sim_candidate_map (candidate, (const char *const *)self->init->nat_ips, self->init->nat_is_host);
  for (char **each = told; *each != NULL; each++)
    self->events->candidate (self->owner, *each, mid, mline);
}

/* A candidate that came before its description would be refused by the browser. */
static void
take_local_candidate (SimPeer *self, Happening *happening)
{
  if (self->candidates == NULL)
    tell_candidate (self, happening->text, happening->number);
  else
    g_ptr_array_add (self->candidates, g_steal_pointer (&happening->text));
}

/* webrtcbin numbers its tracks and cannot be told otherwise. */
static char *
with_track_ids (const char *sdp)
{
  GString *text = g_string_new (sdp);

  g_string_replace (text, "msid:moonlight webrtctransceiver0", "msid:moonlight video", 0);
  g_string_replace (text, "msid:moonlight webrtctransceiver1", "msid:moonlight audio", 0);
  return g_string_free (text, FALSE);
}

static void
tell_description (SimPeer *self, Negotiation kind, const char *sdp)
{
  g_autoptr (GPtrArray) candidates = g_steal_pointer (&self->candidates);

  g_free (self->local_sdp);
  self->local_sdp = with_track_ids (sdp);
  self->events->description (self->owner, kind == OFFERING ? "offer" : "answer", self->local_sdp);
  for (guint i = 0; candidates != NULL && i < candidates->len; i++)
    tell_candidate (self, g_ptr_array_index (candidates, i), 0);
  if (kind == ANSWERING) {
    self->negotiation = STABLE;
    next_negotiation (self);
  }
}

static void
take_state (SimPeer *self, GstWebRTCPeerConnectionState state)
{
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    self->events->up (self->owner);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED || state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED
           || state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    self->events->lost (self->owner);
}

static void
take_channel (SimPeer *self, GstWebRTCDataChannel *channel)
{
  if (self->channels->len < MAX_CHANNELS)
    g_ptr_array_add (self->channels, g_object_ref (channel));
}

static void
take_message (SimPeer *self, GstWebRTCDataChannel *channel, GBytes *bytes)
{
  g_autofree char *label = NULL;

  g_object_get (channel, "label", &label, NULL);
  self->events->message (self->owner, label != NULL ? label : "", bytes);
}

static void
on_happening (SimPeer *self, Happening *happening)
{
  switch (happening->kind) {
  case HAPPENED_DESCRIPTION:
    tell_description (self, (Negotiation)happening->number, happening->text);
    break;
  case HAPPENED_NO_DESCRIPTION:
    self->negotiation = STABLE;
    next_negotiation (self);
    break;
  case HAPPENED_ANSWERED:
    self->negotiation = STABLE;
    if (happening->number)
      self->events->answered (self->owner);
    if (self->events != NULL)
      next_negotiation (self);
    break;
  case HAPPENED_CANDIDATE:
    take_local_candidate (self, happening);
    break;
  case HAPPENED_STATE:
    take_state (self, (GstWebRTCPeerConnectionState)happening->number);
    break;
  case HAPPENED_GATHERED:
    if (self->events->gathered != NULL)
      self->events->gathered (self->owner);
    break;
  case HAPPENED_CHANNEL:
    take_channel (self, happening->channel);
    break;
  case HAPPENED_MESSAGE:
    take_message (self, happening->channel, happening->bytes);
    break;
  }
}

static void
next_negotiation (SimPeer *self)
{
  g_autofree char *sdp = NULL;

  if (self->negotiation != STABLE)
    return;
  sdp = g_queue_pop_head (&self->offers);
  if (sdp != NULL) {
    if (sim_exchange_answer (self->webrtc, sdp, on_answer_made, peer_ref (self), peer_unref))
      self->negotiation = ANSWERING;
  } else if (self->media_wanted) {
    self->media_wanted = FALSE;
    self->negotiation = OFFERING;
    sim_exchange_offer (self->webrtc, on_offer_made, peer_ref (self), peer_unref);
  }
}

void
sim_peer_take_description (SimPeer *self, const char *type, const char *sdp)
{
  if (strcmp (type, "offer") == 0 && g_queue_get_length (&self->offers) < MAX_WAITING_OFFERS) {
    g_queue_push_tail (&self->offers, g_strdup (sdp));
    next_negotiation (self);
  } else if (strcmp (type, "answer") == 0 && self->negotiation == OFFERING) {
    sim_exchange_accept (self->webrtc, sdp, on_answer_accepted, peer_ref (self), peer_unref);
  } else {
    g_printerr ("streamer: ignoring a stale or unknown description\n");
  }
}

void
sim_peer_take_candidate (SimPeer *self, const char *candidate, int mline)
{
  if (strlen (candidate) > SIM_CANDIDATE_MAX_BYTES || !sim_candidate_is_wanted (candidate))
    return;
  if (self->remote_candidates >= MAX_CANDIDATES)
    return;
  self->remote_candidates++;
  g_signal_emit_by_name (self->webrtc, "add-ice-candidate", (guint)mline, candidate);
}

void
sim_peer_offer_media (SimPeer *self)
{
  self->media_wanted = TRUE;
  next_negotiation (self);
}

static GstWebRTCDataChannel *
open_channel (SimPeer *self, const char *wanted)
{
  for (guint i = 0; i < self->channels->len; i++) {
    GstWebRTCDataChannel *channel = g_ptr_array_index (self->channels, i);
    GstWebRTCDataChannelState state = GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED;
    guint64 buffered = 0;
    g_autofree char *label = NULL;

    g_object_get (channel, "label", &label, "ready-state", &state, "buffered-amount", &buffered, NULL);
    if (g_strcmp0 (label, wanted) == 0 && state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN && buffered < CHANNEL_BUFFER_BYTES)
      return channel;
  }
  return NULL;
}

gboolean
sim_peer_send (SimPeer *self, const char *label, const char *json)
{
  GstWebRTCDataChannel *channel = open_channel (self, label);
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  guint16 length = GUINT16_TO_BE ((guint16)strlen (json));

  if (channel == NULL)
    return FALSE;
  g_byte_array_append (frame, (const guint8 *)&length, sizeof length);
  g_byte_array_append (frame, (const guint8 *)json, (guint)strlen (json));
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&frame));
  gst_webrtc_data_channel_send_data (channel, bytes);
  return TRUE;
}

GstElement *
sim_peer_video (SimPeer *self, guint32 *ret_ssrc)
{
  *ret_ssrc = self->video_ssrc;
  return self->video;
}

GstElement *
sim_peer_audio (SimPeer *self, guint32 *ret_ssrc)
{
  *ret_ssrc = self->audio_ssrc;
  return self->audio;
}

gint64
sim_peer_heard_us (SimPeer *self)
{
  return (gint64)g_atomic_int_get (&self->heard_seconds) * G_USEC_PER_SEC;
}

/* One send-only m-line to be: an appsrc on a request pad, whose transceiver knows its codec before any packet. Takes the caps. */
static GstElement *
add_source (SimPeer *self, GstCaps *caps, GstCaps *preferences)
{
  GstElement *source = gst_element_factory_make ("appsrc", NULL);
  g_autoptr (GstPad) from = gst_element_get_static_pad (source, "src");
  g_autoptr (GstPad) to = NULL;
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

  g_object_set (source, "caps", caps, "is-live", TRUE, "format", GST_FORMAT_TIME, "max-bytes", (guint64)256 * 1024, "leaky-type",
                GST_APP_LEAKY_TYPE_DOWNSTREAM, NULL);
  gst_bin_add (GST_BIN (self->pipeline), source);
  to = gst_element_request_pad_simple (self->webrtc, "sink_%u");
  g_object_set (to, "msid", "moonlight", NULL);
  g_object_get (to, "transceiver", &transceiver, NULL);
  g_object_set (transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, "codec-preferences", preferences, NULL);
  gst_pad_link (from, to);
  gst_caps_unref (caps);
  gst_caps_unref (preferences);
  return source;
}

static void
connect_webrtc (SimPeer *self)
{
  static const struct {
    const char *signal;
    GCallback callback;
  } signals[] = {
    { "on-ice-candidate", G_CALLBACK (on_ice_candidate) },
    { "notify::connection-state", G_CALLBACK (on_connection_state) },
    { "notify::ice-gathering-state", G_CALLBACK (on_gathering_state) },
    { "on-data-channel", G_CALLBACK (on_data_channel) },
  };
  g_autoptr (GstElement) rtpbin = gst_bin_get_by_name (GST_BIN (self->webrtc), "rtpbin");

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_connect_data (self->webrtc, signals[i].signal, signals[i].callback, peer_ref (self), closure_unref, 0);
  g_signal_connect_data (rtpbin, "pad-added", G_CALLBACK (on_rtpbin_pad), peer_ref (self), closure_unref, 0);
}

static void
create_general (SimPeer *self)
{
  GstWebRTCDataChannel *channel = NULL;

  g_signal_emit_by_name (self->webrtc, "create-data-channel", "general", NULL, &channel);
  if (channel == NULL)
    return;
  watch_channel (self, channel);
  g_ptr_array_add (self->channels, channel);
}

static gboolean
build (SimPeer *self)
{
  const SimInit *init = self->init;
  g_autoptr (GstBus) bus = NULL;

  self->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  if (self->webrtc == NULL) {
    g_printerr ("streamer: webrtcbin is missing (gstreamer1.0-plugins-bad, gstreamer1.0-nice)\n");
    return FALSE;
  }
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  g_object_set (self->webrtc, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  gst_bin_add (GST_BIN (self->pipeline), self->webrtc);
  sim_ice_agent_configure (self->webrtc, self->init);
  connect_webrtc (self);
  bus = gst_element_get_bus (self->pipeline);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  self->video = add_source (self, sim_media_video_caps (init->video_payload, self->video_ssrc), sim_media_video_caps (init->video_payload, 0));
  self->audio = add_source (self, sim_media_audio_caps (init->audio_payload, self->audio_ssrc), sim_media_audio_caps (init->audio_payload, 0));
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  create_general (self);
  return TRUE;
}

SimPeer *
sim_peer_new (const SimInit *init, const SimPeerEvents *events, gpointer owner)
{
  SimPeer *self = g_atomic_rc_box_new0 (SimPeer);

  self->events = events;
  self->owner = owner;
  self->init = init;
  self->video_ssrc = g_random_int_range (1, G_MAXINT32);
  self->audio_ssrc = g_random_int_range (1, G_MAXINT32);
  self->channels = g_ptr_array_new_with_free_func (g_object_unref);
  self->candidates = g_ptr_array_new_with_free_func (g_free);
  g_queue_init (&self->offers);
  if (!build (self)) {
    peer_unref (self);
    return NULL;
  }
  return self;
}

/* An encoder sends its goodbye from a thread of its own. */
typedef struct {
  GMutex mutex;
  GCond said;
  guint to_say;
  GPtrArray *pads; /* of GstPad: what stands behind the encoders; only on the main thread */
} Goodbye;

static void
goodbye_clear (gpointer data)
{
  Goodbye *self = data;

  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->said);
  g_ptr_array_unref (self->pads);
}

static void
goodbye_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, goodbye_clear);
}

static Goodbye *
goodbye_new (void)
{
  Goodbye *self = g_atomic_rc_box_new0 (Goodbye);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->said);
  self->pads = g_ptr_array_new_with_free_func (gst_object_unref);
  return self;
}

/* Data channels go the same way; an alert is told by its record's first byte (RFC 6347, 4.1). */
static GstPadProbeReturn
on_encoded (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Goodbye *self = data;
  guint8 type = 0;

  if (gst_buffer_extract (GST_PAD_PROBE_INFO_BUFFER (info), 0, &type, 1) != 1 || type != DTLS_ALERT)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->mutex);
  self->to_say--;
  g_cond_signal (&self->said);
  g_mutex_unlock (&self->mutex);
  return GST_PAD_PROBE_REMOVE;
}

static void
end_dtls (const GValue *value, gpointer data)
{
  GstElement *encoder = g_value_get_object (value);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (encoder, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (encoder, "src");
  GstPad *behind = src != NULL ? gst_pad_get_peer (src) : NULL;
  Goodbye *goodbye = data;

  if (sink == NULL || behind == NULL)
    return;
  g_ptr_array_add (goodbye->pads, behind);
  g_mutex_lock (&goodbye->mutex);
  goodbye->to_say++;
  g_mutex_unlock (&goodbye->mutex);
  gst_pad_add_probe (behind, GST_PAD_PROBE_TYPE_BUFFER, on_encoded, g_atomic_rc_box_acquire (goodbye), goodbye_unref);
  gst_pad_send_event (sink, gst_event_new_eos ());
}

void
sim_peer_say_bye (SimPeer *self)
{
  g_autoptr (GstIterator) encoders = gst_bin_iterate_all_by_element_factory_name (GST_BIN (self->webrtc), "dtlsenc");
  Goodbye *goodbye = goodbye_new ();
  gint64 until_us = g_get_monotonic_time () + BYE_US;

  while (gst_iterator_foreach (encoders, end_dtls, goodbye) == GST_ITERATOR_RESYNC)
    gst_iterator_resync (encoders);
  g_mutex_lock (&goodbye->mutex);
  while (goodbye->to_say > 0 && g_cond_wait_until (&goodbye->said, &goodbye->mutex, until_us))
    continue;
  g_mutex_unlock (&goodbye->mutex);
  /* what was seen there is on its way with this lock held, down to the socket */
  for (guint i = 0; i < goodbye->pads->len; i++) {
    GST_PAD_STREAM_LOCK (g_ptr_array_index (goodbye->pads, i));
    GST_PAD_STREAM_UNLOCK (g_ptr_array_index (goodbye->pads, i));
  }
  goodbye_unref (goodbye);
}

void
sim_peer_close (SimPeer *self)
{
  if (self == NULL)
    return;
  self->events = NULL;
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  for (guint i = 0; i < self->channels->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->channels, i), self);
  g_signal_handlers_disconnect_by_data (self->webrtc, self);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  peer_unref (self);
}
