/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One webrtcbin in a pipeline of its own answers one offer.
 *
 *   set-remote-description → create-answer → set-local-description → gathering complete → `answered` → connected → `connected`
 *
 * webrtcbin, libnice and DTLS call back on threads of their own. Each such call holds the link, never the receiver, and hands over what it saw
 * by an idle source on the owner's context (g_main_context_invoke() may run in the caller). The owner is read there only, and is NULL once it
 * was freed. Packets do not take that way, but rtc/packet-path. They are read by nicesrc until the peers are connected, and by
 * rtc/packet-reader from then on.
 *
 * webrtcbin does not compare the peer's certificate with the offer's fingerprint; here nothing passes before that has been done.
 */
#include "rtc/audio-receiver.h"

#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>

#include "base/error.h"
#include "base/log.h"
#include "rtc/fingerprint.h"
#include "rtc/gstreamer.h"
#include "rtc/ice-settings.h"
#include "rtc/packet-path.h"
#include "rtc/packet-reader.h"

typedef struct {
  GMainContext *context;
  HnAudioReceiver *owner; /* NULL: freed; only from `context` */
  HnPacketPath *path;
  guint8 payload_type; /* of Opus */
} Link;

typedef enum { REMOTE_SET, ANSWER_MADE, LOCAL_SET, GATHERED, STATE_CHANGED, BROKEN } Kind;

typedef struct {
  Link *link;
  Kind kind;
  int number;                           /* GstWebRTCPeerConnectionState */
  GstWebRTCSessionDescription *answer;  /* ANSWER_MADE */
  GError *error;                        /* (nullable) the step failed */
} Note;

struct _HnAudioReceiver {
  HnSdpOffer *offer;
  Link *link;
  GstElement *pipeline;
  GstElement *webrtc; /* owned by the pipeline */
  HnPacketLanes *lanes;
  HnPacketReader *reader; /* (nullable) once connected */
  GstPromise *promise; /* (nullable) of what was asked last */
  HnAudioState state;
  gboolean local_set;
  gboolean gathered;
  gboolean closed;
  char *public_address;
  char *dot_prefix; /* (nullable) */
  guint dots;
  const HnAudioReceiverEvents *events;
  gpointer user_data;
};

static const char *const state_texts[] = {
#define STATE_TEXT(state, text) [HN_AUDIO_##state] = text,
  HN_AUDIO_STATE_TABLE (STATE_TEXT)
#undef STATE_TEXT
};

const char *
hn_audio_state_to_text (HnAudioState state)
{
  return state_texts[state];
}

/* ---- the link ---- */

static Link *
link_ref (Link *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
link_clear (gpointer data)
{
  Link *self = data;

  g_main_context_unref (self->context);
  hn_packet_path_unref (self->path);
}

static void
link_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, link_clear);
}

static void
link_unref_closure (gpointer data, GClosure *closure)
{
  link_unref (data);
}

/* ---- notes from other threads ---- */

static void on_note (HnAudioReceiver *self, Note *note);

static void
note_free (gpointer data)
{
  Note *note = data;

  g_clear_pointer (&note->answer, gst_webrtc_session_description_free);
  g_clear_error (&note->error);
  link_unref (note->link);
  g_free (note);
}

static gboolean
deliver (gpointer data)
{
  Note *note = data;

  if (note->link->owner != NULL && !note->link->owner->closed)
    on_note (note->link->owner, note);
  return G_SOURCE_REMOVE;
}

static Note *
note_new (Link *link, Kind kind)
{
  Note *note = g_new0 (Note, 1);

  note->link = link_ref (link);
  note->kind = kind;
  return note;
}

static void
post (Note *note)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver, note, note_free);
  g_source_attach (source, note->link->context);
}

static void
post_answer (Link *link, const GstStructure *reply, GError *error)
{
  Note *note = note_new (link, ANSWER_MADE);

  note->error = error;
  if (error == NULL && reply != NULL)
    gst_structure_get (reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &note->answer, NULL);
  post (note);
}

/* On webrtcbin's thread. A promise is interrupted or empty when the pipeline is torn down under it. */
static void
on_promise (GstPromise *promise, Link *link, Kind kind)
{
  const GstStructure *reply = gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED ? gst_promise_get_reply (promise) : NULL;
  GError *error = NULL;
  Note *note;

  if (reply != NULL)
    gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL);
  if (kind == ANSWER_MADE) {
    post_answer (link, reply, error);
  } else {
    note = note_new (link, kind);
    note->error = error;
    post (note);
  }
}

static void
on_remote_set (GstPromise *promise, gpointer link)
{
  on_promise (promise, link, REMOTE_SET);
}

static void
on_answer_made (GstPromise *promise, gpointer link)
{
  on_promise (promise, link, ANSWER_MADE);
}

static void
on_local_set (GstPromise *promise, gpointer link)
{
  on_promise (promise, link, LOCAL_SET);
}

static void
drop_promise (HnAudioReceiver *self)
{
  if (self->promise != NULL)
    gst_promise_unref (self->promise);
  self->promise = NULL;
}

/* webrtcbin holds what it queues. One that it drops in a tear-down it never answers: hn_audio_receiver_free() does then, or it would be warned of. */
static void
ask (HnAudioReceiver *self, const char *action, gpointer argument, GstPromiseChangeFunc func)
{
  GstPromise *promise = gst_promise_new_with_change_func (func, link_ref (self->link), link_unref);

  g_signal_emit_by_name (self->webrtc, action, argument, promise);
  drop_promise (self);
  self->promise = promise;
}

/* ---- webrtcbin's signals, on its threads ---- */

static void
on_gathering_state (GstElement *webrtc, GParamSpec *pspec, gpointer link)
{
  GstWebRTCICEGatheringState state = GST_WEBRTC_ICE_GATHERING_STATE_NEW;

  g_object_get (webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    post (note_new (link, GATHERED));
}

static void
on_connection_state (GstElement *webrtc, GParamSpec *pspec, gpointer link)
{
  GstWebRTCPeerConnectionState state = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;
  Note *note = note_new (link, STATE_CHANGED);

  g_object_get (webrtc, "connection-state", &state, NULL);
  note->number = (int) state;
  post (note);
}

/* The peer's goodbye (close_notify), which webrtcbin's own state does not tell. */
static void
on_transport_state (GObject *transport, GParamSpec *pspec, gpointer link)
{
  GstWebRTCDTLSTransportState state = GST_WEBRTC_DTLS_TRANSPORT_STATE_NEW;
  Note *note;

  g_object_get (transport, "state", &state, NULL);
  if (state != GST_WEBRTC_DTLS_TRANSPORT_STATE_CLOSED)
    return;
  note = note_new (link, STATE_CHANGED);
  note->number = GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED;
  post (note);
}

static void
on_transceiver (GstElement *webrtc, GstWebRTCRTPTransceiver *transceiver, gpointer data)
{
  Link *link = data;
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("application/x-rtp", "media", G_TYPE_STRING, "audio", "encoding-name", G_TYPE_STRING, "OPUS",
                                                  "clock-rate", G_TYPE_INT, 48000, "payload", G_TYPE_INT, (int) link->payload_type, NULL);

  g_object_set (transceiver, "codec-preferences", caps, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, NULL);
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer link)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    Note *note = note_new (link, BROKEN);

    gst_message_parse_error (message, &note->error, NULL);
    post (note);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* ---- on the owner's thread ---- */

/* For people: `dot -Tsvg`. Without the elements' properties: a private key is among them. */
static void
draw (HnAudioReceiver *self, const char *what)
{
  g_autofree char *path = NULL;
  g_autofree char *dot = NULL;

  if (self->dot_prefix == NULL)
    return;
  path = g_strdup_printf ("%s-%02u-%s.dot", self->dot_prefix, self->dots++, what);
  dot = gst_debug_bin_to_dot_data (GST_BIN (self->pipeline), GST_DEBUG_GRAPH_SHOW_MEDIA_TYPE | GST_DEBUG_GRAPH_SHOW_CAPS_DETAILS
                                                                | GST_DEBUG_GRAPH_SHOW_STATES);
  g_file_set_contents_full (path, dot, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
}

static void
set_state (HnAudioReceiver *self, HnAudioState state)
{
  self->state = state;
  draw (self, state_texts[state]);
}

/* @error: (nullable): the peer said goodbye */
static void
close_with (HnAudioReceiver *self, GError *error)
{
  g_autoptr (GError) owned = error;

  self->closed = TRUE;
  set_state (self, HN_AUDIO_FAILED);
  self->events->closed (owned, self->user_data);
}

static void
tell_answer (HnAudioReceiver *self)
{
  GstWebRTCSessionDescription *local = NULL;
  g_autofree char *made = NULL;
  g_autofree char *answer = NULL;
  GError *error = NULL;

  g_object_get (self->webrtc, "local-description", &local, NULL);
  if (local != NULL) {
    made = gst_sdp_message_as_text (local->sdp);
    gst_webrtc_session_description_free (local);
    answer = hn_sdp_offer_answer (self->offer, made, self->public_address, &error);
  } else {
    error = g_error_new_literal (HN_ERROR, HN_ERROR_INTERNAL, "no answer was kept");
  }
  if (answer == NULL) {
    close_with (self, error);
    return;
  }
  hn_packet_path_attach (self->link->path, self->webrtc);
  set_state (self, HN_AUDIO_CONNECTING);
  self->events->answered (answer, self->user_data);
}

static void
apply_answer (HnAudioReceiver *self, GstWebRTCSessionDescription *answer)
{
  if (answer == NULL) {
    close_with (self, g_error_new_literal (HN_ERROR, HN_ERROR_INTERNAL, "no answer could be made"));
    return;
  }
  ask (self, "set-local-description", answer, on_local_set);
}

static GObject *
find_transport (HnAudioReceiver *self)
{
  g_autoptr (GObject) transceiver = NULL;
  g_autoptr (GObject) receiver = NULL;
  GObject *transport = NULL;

  g_signal_emit_by_name (self->webrtc, "get-transceiver", 0, &transceiver);
  if (transceiver != NULL)
    g_object_get (transceiver, "receiver", &receiver, NULL);
  if (receiver != NULL)
    g_object_get (receiver, "transport", &transport, NULL);
  return transport;
}

static void
on_connected (HnAudioReceiver *self)
{
  g_autoptr (GObject) transport = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = NULL;

  if (self->state == HN_AUDIO_CONNECTED)
    return;
  transport = find_transport (self);
  if (transport != NULL)
    g_object_get (transport, "remote-certificate", &pem, NULL);
  if (!hn_fingerprint_matches (pem, self->offer->fingerprint)) {
    close_with (self, g_error_new_literal (HN_ERROR, HN_ERROR_DENIED, "the peer's certificate is not the one of its offer"));
    return;
  }
  hn_rtp_forward_open (hn_packet_path_get_forward (self->link->path));
  g_signal_connect_data (transport, "notify::state", G_CALLBACK (on_transport_state), link_ref (self->link), link_unref_closure, 0);
  self->reader = hn_packet_reader_new (self->lanes, self->webrtc, &error);
  if (self->reader == NULL)
    hn_warning ("mic", NULL, "read by nicesrc, which costs twice as much: %s", error->message);
  set_state (self, HN_AUDIO_CONNECTED);
  self->events->connected (self->user_data);
}

static void
on_peer_state (HnAudioReceiver *self, GstWebRTCPeerConnectionState state)
{
  gboolean was_connected = self->state == HN_AUDIO_CONNECTED;

  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    on_connected (self);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED && was_connected)
    close_with (self, NULL);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED || state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    close_with (self, g_error_new_literal (HN_ERROR, HN_ERROR_CLOSED, was_connected ? "the connection was lost" : "no connection came about"));
}

static void
on_note (HnAudioReceiver *self, Note *note)
{
  if (note->error != NULL) {
    close_with (self, g_error_new (HN_ERROR, HN_ERROR_INTERNAL, "webrtc: %s", note->error->message));
    return;
  }
  switch (note->kind) {
  case REMOTE_SET:
    ask (self, "create-answer", NULL, on_answer_made);
    break;
  case ANSWER_MADE:
    apply_answer (self, note->answer);
    break;
  case LOCAL_SET:
  case GATHERED:
    self->local_set |= note->kind == LOCAL_SET;
    self->gathered |= note->kind == GATHERED;
    if (self->local_set && self->gathered && self->state == HN_AUDIO_NEGOTIATING)
      tell_answer (self);
    break;
  case STATE_CHANGED:
    on_peer_state (self, (GstWebRTCPeerConnectionState) note->number);
    break;
  case BROKEN:
    break; /* has an error */
  }
}

/* ---- construction ---- */

static void
connect_signals (HnAudioReceiver *self)
{
  static const struct {
    const char *name;
    GCallback func;
  } signals[] = {
    { "notify::ice-gathering-state", G_CALLBACK (on_gathering_state) },
    { "notify::connection-state", G_CALLBACK (on_connection_state) },
    { "on-new-transceiver", G_CALLBACK (on_transceiver) },
  };
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_connect_data (self->webrtc, signals[i].name, signals[i].func, link_ref (self->link), link_unref_closure, 0);
  gst_bus_set_sync_handler (bus, on_message, link_ref (self->link), link_unref);
}

static gboolean
begin (HnAudioReceiver *self, GError **error)
{
  g_autofree char *text = hn_sdp_offer_to_text (self->offer);
  GstWebRTCSessionDescription *description;
  GstSDPMessage *message = NULL;

  if (gst_sdp_message_new_from_text (text, &message) != GST_SDP_OK) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "offer refused: it cannot be read");
    return FALSE;
  }
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  draw (self, state_texts[self->state]);
  description = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER, message);
  ask (self, "set-remote-description", description, on_remote_set);
  gst_webrtc_session_description_free (description);
  return TRUE;
}

static Link *
link_new (HnAudioReceiver *owner, const HnAudioReceiverOptions *options, GError **error)
{
  HnRtpForwardOptions wanted = options->forward;
  HnRtpForward *forward;
  Link *self;

  wanted.payload_type_in = owner->offer->payload_type;
  forward = hn_rtp_forward_new (&wanted, error);
  if (forward == NULL)
    return NULL;
  self = g_atomic_rc_box_new0 (Link);
  self->context = g_main_context_ref_thread_default ();
  self->owner = owner;
  self->path = hn_packet_path_new (forward);
  self->payload_type = owner->offer->payload_type;
  return self;
}

HnAudioReceiver *
hn_audio_receiver_new (HnSdpOffer *offer, const HnAudioReceiverOptions *options, const HnAudioReceiverEvents *events, gpointer user_data,
                       GError **error)
{
  g_autoptr (HnAudioReceiver) self = g_new0 (HnAudioReceiver, 1);

  self->offer = offer;
  self->events = events;
  self->user_data = user_data;
  self->lanes = options->lanes;
  self->public_address = g_strdup (options->public_address);
  if (options->dot_directory != NULL)
    self->dot_prefix = g_build_filename (options->dot_directory, options->name, NULL);
  if (!hn_gstreamer_load (error))
    return NULL;
  self->link = link_new (self, options, error);
  if (self->link == NULL)
    return NULL;
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  g_object_set (self->webrtc, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency", 0u, NULL);
  gst_bin_add (GST_BIN (self->pipeline), self->webrtc);
  if (!hn_ice_settings_apply (self->webrtc, options, error))
    return NULL;
  connect_signals (self);
  if (!begin (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* ---- the rest ---- */

gboolean
hn_audio_receiver_add_fragment (HnAudioReceiver *self, const char *text, gsize length, GError **error)
{
  guint first = 0;

  if (!hn_sdp_offer_add_fragment (self->offer, text, length, &first, error))
    return FALSE;
  for (guint i = first; i < self->offer->candidates->len; i++)
    g_signal_emit_by_name (self->webrtc, "add-ice-candidate", 0u, g_ptr_array_index (self->offer->candidates, i));
  return TRUE;
}

HnAudioState
hn_audio_receiver_get_state (const HnAudioReceiver *self)
{
  return self->state;
}

void
hn_audio_receiver_get_stats (HnAudioReceiver *self, HnRtpForwardStats *ret_stats)
{
  hn_rtp_forward_get_stats (hn_packet_path_get_forward (self->link->path), ret_stats);
}

void
hn_audio_receiver_free (HnAudioReceiver *self)
{
  if (self == NULL)
    return;
  if (self->link != NULL)
    self->link->owner = NULL;
  hn_packet_reader_free (self->reader);
  if (self->pipeline != NULL) {
    g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

    gst_element_set_state (self->pipeline, GST_STATE_NULL);
    gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  }
  if (self->promise != NULL)
    gst_promise_interrupt (self->promise);
  drop_promise (self);
  gst_clear_object (&self->pipeline);
  g_clear_pointer (&self->link, link_unref);
  hn_sdp_offer_free (self->offer);
  g_free (self->public_address);
  g_free (self->dot_prefix);
  g_free (self);
}
