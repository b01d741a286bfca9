/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `hydraneckmicsink`, an element for gst-launch-1.0: sends Opus into a session's microphone relay, by the way that a browser's takes (docs/mic.md).
 *
 *   … ! rtpopuspay ! hydraneckmicsink session='http://HOST/session/ID/stream.html'
 *
 * A module of its own: the product's program neither links nor loads it. One webrtcbin inside, made anew each time it leaves NULL:
 *
 *   negotiation needed → (thread) GET ice → offer → gathering complete → POST mic/offer → answer → connected → packets pass
 *
 * Until it is connected packets are dropped, not held: a live source's would arrive late, all at once. What another thread may see is guarded by the
 * lock; the negotiation is given up by the cancellable.
 */
#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <nice/agent.h>

#include "rtc/mic-sink-http.h"

#define GATHER_US (4 * G_USEC_PER_SEC)
#define CLOSE_MS 1000

typedef struct {
  GstBin parent;
  GstPad *sink;
  GstElement *webrtc; /* (nullable) owned by the bin */
  GMutex lock;
  GCond changed; /* gathered or stopped */
  GCancellable *cancellable;
  char *session;  /* (nullable) as it was set */
  char *location; /* (nullable) of the microphone, from the answer on */
  gboolean direct;
  gboolean strict;
  gboolean negotiating;
  gboolean gathered;
  gboolean stopped;
  int connected; /* atomic */
} MicSink;

typedef struct {
  GstBinClass parent_class;
} MicSinkClass;

enum { PROPERTY_SESSION = 1, PROPERTY_DIRECT, PROPERTY_SSL_STRICT };

static GType mic_sink_get_type (void);
G_DEFINE_TYPE (MicSink, mic_sink, GST_TYPE_BIN)

#define CAPS "application/x-rtp, media=(string)audio, encoding-name=(string)OPUS, clock-rate=(int)48000"

/* ---- what pads let through ---- */

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  MicSink *self = user_data;

  return g_atomic_int_get (&self->connected) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

/* The sinks inside webrtcbin never see an end: its RTCP has none. */
static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  MicSink *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_eos (GST_OBJECT (self)));
  return GST_PAD_PROBE_OK;
}

/* ---- the negotiation, on a thread of its own ---- */

/* Returns: (transfer full): what webrtcbin replied to @name; NULL: error */
static GstStructure *
ask_webrtc (GstElement *webrtc, const char *name, gpointer argument, GError **error)
{
  GstPromise *promise = gst_promise_new ();
  GstStructure *reply = NULL;
  const GError *refused;

  if (g_str_equal (name, "create-offer"))
    g_signal_emit_by_name (webrtc, name, NULL, promise);
  else
    g_signal_emit_by_name (webrtc, name, argument, promise);
  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED)
    reply = gst_promise_get_reply (promise) != NULL ? gst_structure_copy (gst_promise_get_reply (promise)) : gst_structure_new_empty ("done");
  gst_promise_unref (promise);
  if (reply == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: given up", name);
    return NULL;
  }
  if (gst_structure_has_field_typed (reply, "error", G_TYPE_ERROR)) {
    refused = g_value_get_boxed (gst_structure_get_value (reply, "error"));
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", name, refused->message);
    g_clear_pointer (&reply, gst_structure_free);
  }
  return reply;
}

static gboolean
set_description (GstElement *webrtc, const char *name, GstWebRTCSessionDescription *description, GError **error)
{
  GstStructure *reply = ask_webrtc (webrtc, name, description, error);

  if (reply == NULL)
    return FALSE;
  gst_structure_free (reply);
  return TRUE;
}

/* Returns: (transfer full): webrtcbin's NiceAgent */
static GObject *
agent_of (GstElement *webrtc)
{
  g_autoptr (GObject) ice = NULL;
  GObject *agent;

  g_object_get (webrtc, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &agent, NULL);
  return agent;
}

/* By itself libnice leaves the loopback out. */
static void
use_loopback (GstElement *webrtc)
{
  g_autoptr (GObject) agent = agent_of (webrtc);
  NiceAddress address;

  nice_address_init (&address);
  nice_address_set_from_string (&address, "127.0.0.1");
  nice_agent_add_local_address (NICE_AGENT (agent), &address);
}

static gboolean
choose_way (MicSink *self, GstElement *webrtc, const char *base, GError **error)
{
  HnMicSinkIce ice = { 0 };
  gboolean local = FALSE;
  gboolean added;

  if (!hn_mic_sink_ask_ice (base, self->strict, self->cancellable, &ice, &local, error))
    return FALSE;
  for (guint i = 0; !self->direct && ice.turn_servers[i] != NULL; i++)
    g_signal_emit_by_name (webrtc, "add-turn-server", ice.turn_servers[i], &added);
  if (!self->direct && ice.relay)
    g_object_set (webrtc, "ice-transport-policy", GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY, NULL);
  else if (local)
    use_loopback (webrtc);
  hn_mic_sink_ice_clear (&ice);
  return TRUE;
}

static gboolean
wait_gathered (MicSink *self, GError **error)
{
  gint64 end = g_get_monotonic_time () + GATHER_US;
  gboolean in_time = TRUE; /* else what was found so far may do, as in a browser */

  g_mutex_lock (&self->lock);
  while (!self->gathered && !self->stopped && in_time)
    in_time = g_cond_wait_until (&self->changed, &self->lock, end);
  g_mutex_unlock (&self->lock);
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

/* Returns: (transfer full): an offer with its candidates; NULL: error */
static char *
make_offer (MicSink *self, GstElement *webrtc, GError **error)
{
  GstWebRTCSessionDescription *offer = NULL;
  GstStructure *reply = ask_webrtc (webrtc, "create-offer", NULL, error);
  gboolean done;
  char *text;

  if (reply == NULL)
    return NULL;
  gst_structure_get (reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL);
  gst_structure_free (reply);
  done = set_description (webrtc, "set-local-description", offer, error) && wait_gathered (self, error);
  g_clear_pointer (&offer, gst_webrtc_session_description_free);
  if (!done)
    return NULL;
  g_object_get (webrtc, "local-description", &offer, NULL);
  text = gst_sdp_message_as_text (offer->sdp);
  gst_webrtc_session_description_free (offer);
  return text;
}

static gboolean
take_answer (GstElement *webrtc, const char *sdp, GError **error)
{
  GstWebRTCSessionDescription *answer;
  GstSDPMessage *message = NULL;
  gboolean done;

  if (gst_sdp_message_new_from_text (sdp, &message) != GST_SDP_OK) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the answer is not SDP");
    return FALSE;
  }
  answer = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_ANSWER, message);
  done = set_description (webrtc, "set-remote-description", answer, error);
  gst_webrtc_session_description_free (answer);
  return done;
}

/* Returns: whether the microphone is wanted still; else it has been ended */
static gboolean
keep_location (MicSink *self, char *location)
{
  g_mutex_lock (&self->lock);
  if (!self->stopped)
    self->location = g_steal_pointer (&location);
  g_mutex_unlock (&self->lock);
  if (location == NULL)
    return TRUE;
  hn_mic_sink_end (location, self->strict, NULL);
  g_free (location);
  return FALSE;
}

static gboolean
exchange (MicSink *self, GstElement *webrtc, const char *base, GError **error)
{
  g_autofree char *offer = make_offer (self, webrtc, error);
  g_autofree char *answer = NULL;
  char *location = NULL;

  if (offer == NULL)
    return FALSE;
  answer = hn_mic_sink_offer (base, self->strict, offer, self->cancellable, &location, error);
  if (answer == NULL)
    return FALSE;
  return !keep_location (self, location) || take_answer (webrtc, answer, error);
}

static void
negotiate (GstElement *element, gpointer user_data)
{
  MicSink *self = (MicSink *) element;
  GstElement *webrtc = user_data;
  g_autofree char *base = hn_mic_sink_base (self->session);
  g_autoptr (GError) error = NULL;

  if (choose_way (self, webrtc, base, &error) && exchange (self, webrtc, base, &error))
    return;
  if (!g_cancellable_is_cancelled (self->cancellable))
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE, ("%s", error->message), (NULL));
}

/* ---- what webrtcbin tells, on threads of its own ---- */

static void
on_negotiation_needed (GstElement *webrtc, gpointer user_data)
{
  MicSink *self = user_data;
  gboolean first;

  g_mutex_lock (&self->lock);
  first = !self->negotiating && !self->stopped;
  self->negotiating = TRUE;
  g_mutex_unlock (&self->lock);
  if (first)
    gst_element_call_async (GST_ELEMENT (self), negotiate, gst_object_ref (webrtc), gst_object_unref);
}

static void
on_gathering (GstElement *webrtc, GParamSpec *property, gpointer user_data)
{
  MicSink *self = user_data;
  GstWebRTCICEGatheringState state;

  g_object_get (webrtc, "ice-gathering-state", &state, NULL);
  g_mutex_lock (&self->lock);
  self->gathered = state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* gst-launch-1.0 shows the second text only. */
static void
tell_connected (MicSink *self)
{
  g_autoptr (GError) words = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE, "connected");

  gst_element_post_message (GST_ELEMENT (self), gst_message_new_info (GST_OBJECT (self), words, "connected: what comes from here on is sent"));
}

static void
on_connection (GstElement *webrtc, GParamSpec *property, gpointer user_data)
{
  MicSink *self = user_data;
  GstWebRTCPeerConnectionState state;
  gboolean stopped;

  g_object_get (webrtc, "connection-state", &state, NULL);
  g_mutex_lock (&self->lock);
  stopped = self->stopped;
  g_mutex_unlock (&self->lock);
  if (stopped)
    return;
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED && g_atomic_int_compare_and_exchange (&self->connected, FALSE, TRUE))
    tell_connected (self);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED || state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("%s", g_atomic_int_get (&self->connected) ? "the relay ended the microphone" : "no connection to the relay"),
                       (NULL));
}

/* ---- states ---- */

static gboolean
open_webrtc (MicSink *self)
{
  g_autofree char *base = self->session != NULL ? hn_mic_sink_base (self->session) : NULL;
  g_autoptr (GObject) agent = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstWebRTCRTPTransceiver *transceiver = NULL;

  if (base == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
                       ("property 'session' must be a stream URL (http://HOST/session/ID/stream.html), not '%s'", self->session != NULL ? self->session : ""),
                       (NULL));
    return FALSE;
  }
  self->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  if (self->webrtc == NULL) {
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN, ("no webrtcbin: apt install gstreamer1.0-plugins-bad gstreamer1.0-nice"), (NULL));
    return FALSE;
  }
  gst_bin_add (GST_BIN (self), self->webrtc);
  g_object_set (self->webrtc, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  agent = agent_of (self->webrtc);
  g_object_set (agent, "upnp", FALSE, "ice-tcp", FALSE, NULL);
  pad = gst_element_request_pad_simple (self->webrtc, "sink_%u");
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->sink), pad);
  g_signal_emit_by_name (self->webrtc, "get-transceiver", 0, &transceiver);
  g_object_set (transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, NULL);
  gst_object_unref (transceiver);
  g_signal_connect (self->webrtc, "on-negotiation-needed", G_CALLBACK (on_negotiation_needed), self);
  g_signal_connect (self->webrtc, "notify::ice-gathering-state", G_CALLBACK (on_gathering), self);
  g_signal_connect (self->webrtc, "notify::connection-state", G_CALLBACK (on_connection), self);
  g_cancellable_reset (self->cancellable);
  self->negotiating = self->gathered = self->stopped = FALSE;
  g_atomic_int_set (&self->connected, FALSE);
  return TRUE;
}

static void
on_agent_closed (GObject *agent, GAsyncResult *result, gpointer user_data)
{
  g_atomic_int_set ((int *) user_data, TRUE);
  g_atomic_rc_box_release (user_data);
}

static gboolean
on_too_long (gpointer user_data)
{
  g_atomic_int_set ((int *) user_data, TRUE);
  return G_SOURCE_REMOVE;
}

/* TURN servers hold an allocation for ten minutes unless it is given back. The answer comes on a context of its own: the default one may be the caller's. */
static void
close_agent (MicSink *self)
{
  g_autoptr (GObject) agent = agent_of (self->webrtc);
  GMainContext *context = g_main_context_new ();
  GSource *timeout = g_timeout_source_new (CLOSE_MS);
  int *done = g_atomic_rc_box_new0 (int);

  g_main_context_push_thread_default (context);
  g_source_set_callback (timeout, on_too_long, done, NULL);
  g_source_attach (timeout, context);
  nice_agent_close_async (NICE_AGENT (agent), on_agent_closed, g_atomic_rc_box_acquire (done));
  while (!g_atomic_int_get (done))
    g_main_context_iteration (context, TRUE);
  g_source_destroy (timeout);
  g_source_unref (timeout);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  g_atomic_rc_box_release (done);
}

/* The relay is told, so that the microphone is over at once and not silent for ten seconds. */
static void
hang_up (MicSink *self)
{
  g_autofree char *location = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&self->lock);
  self->stopped = TRUE;
  location = g_steal_pointer (&self->location);
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  g_cancellable_cancel (self->cancellable);
  g_atomic_int_set (&self->connected, FALSE);
  if (location != NULL && !hn_mic_sink_end (location, self->strict, &error))
    GST_ELEMENT_WARNING (self, RESOURCE, CLOSE, ("%s", error->message), (NULL));
  close_agent (self);
}

static void
close_webrtc (MicSink *self)
{
  if (self->webrtc == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->webrtc, self);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->sink), NULL);
  gst_element_set_state (self->webrtc, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), self->webrtc);
  self->webrtc = NULL;
}

static GstStateChangeReturn
mic_sink_change_state (GstElement *element, GstStateChange transition)
{
  MicSink *self = (MicSink *) element;
  GstStateChangeReturn done;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !open_webrtc (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    hang_up (self);
  done = GST_ELEMENT_CLASS (mic_sink_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL || (transition == GST_STATE_CHANGE_NULL_TO_READY && done == GST_STATE_CHANGE_FAILURE))
    close_webrtc (self);
  return done;
}

/* ---- the class ---- */

static void
mic_sink_set_property (GObject *object, guint id, const GValue *value, GParamSpec *property)
{
  MicSink *self = (MicSink *) object;

  switch (id) {
  case PROPERTY_SESSION:
    g_free (self->session);
    self->session = g_value_dup_string (value);
    break;
  case PROPERTY_DIRECT:
    self->direct = g_value_get_boolean (value);
    break;
  case PROPERTY_SSL_STRICT:
    self->strict = g_value_get_boolean (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, property);
  }
}

static void
mic_sink_get_property (GObject *object, guint id, GValue *value, GParamSpec *property)
{
  MicSink *self = (MicSink *) object;

  switch (id) {
  case PROPERTY_SESSION:
    g_value_set_string (value, self->session);
    break;
  case PROPERTY_DIRECT:
    g_value_set_boolean (value, self->direct);
    break;
  case PROPERTY_SSL_STRICT:
    g_value_set_boolean (value, self->strict);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, property);
  }
}

static void
mic_sink_finalize (GObject *object)
{
  MicSink *self = (MicSink *) object;

  g_object_unref (self->cancellable);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self->session);
  g_free (self->location);
  G_OBJECT_CLASS (mic_sink_parent_class)->finalize (object);
}

static void
mic_sink_class_init (MicSinkClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);
  GstElementClass *element = GST_ELEMENT_CLASS (class);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);

  object->set_property = mic_sink_set_property;
  object->get_property = mic_sink_get_property;
  object->finalize = mic_sink_finalize;
  element->change_state = mic_sink_change_state;
#define PROPERTY(id, kind, name, words, ...) \
  g_object_class_install_property (       \
      object, id, g_param_spec_##kind (name, name, words, __VA_ARGS__, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY))
  PROPERTY (PROPERTY_SESSION, string, "session", "The session's stream URL: http(s)://HOST/session/ID/stream.html", NULL);
  PROPERTY (PROPERTY_DIRECT, boolean, "direct", "Send to the worker itself, not through the session's TURN server", FALSE);
  PROPERTY (PROPERTY_SSL_STRICT, boolean, "ssl-strict", "Take only a certificate that is to be trusted", TRUE);
#undef PROPERTY
  gst_element_class_set_static_metadata (element, "Microphone of a hydraneckwebrtc session", "Sink/Network/WebRTC",
                                         "Sends Opus into a session's microphone relay, as a browser does", "HydraNeckWebRTC maintainers");
  gst_element_class_add_pad_template (element, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
}

static void
mic_sink_init (MicSink *self)
{
  GstPadTemplate *template = gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), "sink");

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->cancellable = g_cancellable_new ();
  self->strict = TRUE;
  /* what webrtcbin makes inside must not make a source of it, nor have its end waited for */
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  self->sink = gst_ghost_pad_new_no_target_from_template ("sink", template);
  gst_pad_add_probe (self->sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packet, self, NULL);
  gst_pad_add_probe (self->sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
}

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_element_register (plugin, "hydraneckmicsink", GST_RANK_NONE, mic_sink_get_type ());
}

#define PACKAGE "hydraneckwebrtc"
GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, hydraneckmic, "Sends into the microphone relay of hydraneckwebrtc", plugin_init, HN_VERSION, "LGPL",
                   "hydraneckwebrtc", "https://releases.experiencenet.com/hydraneckwebrtc/")
