/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One exchange of descriptions with webrtcbin, as a chain of promises:
 *
 *   answer:  set-remote-description → create-answer → set-local-description → done
 *   offer:   create-offer → set-local-description → done
 *   accept:  set-remote-description → done
 *
 * The promises answer on webrtcbin's thread, or are interrupted when it is closed. The exchange is the data of each promise in
 * turn and lives as long as the last of them.
 */
#include "sim/fakes/streamer/exchange-rtc.h"

#include <gst/sdp/sdp.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <string.h>

#include "sim/fakes/streamer/messages.h"

typedef struct {
  GstElement *webrtc;
  const char *made; /* `answer` or `offer`: the field of the reply */
  char *sdp;
  SimExchangeDone done;
  gpointer data;
  GDestroyNotify destroy;
} Exchange;

static void
exchange_clear (gpointer data)
{
  Exchange *self = data;

  self->destroy (self->data);
  gst_object_unref (self->webrtc);
  g_free (self->sdp);
}

static void
exchange_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, exchange_clear);
}

static Exchange *
exchange_new (GstElement *webrtc, const char *made, SimExchangeDone done, gpointer data, GDestroyNotify destroy)
{
  Exchange *self = g_atomic_rc_box_new0 (Exchange);

  self->webrtc = gst_object_ref (webrtc);
  self->made = made;
  self->done = done;
  self->data = data;
  self->destroy = destroy;
  return self;
}

static GstPromise *
promise_new (Exchange *self, GstPromiseChangeFunc then)
{
  return gst_promise_new_with_change_func (then, g_atomic_rc_box_acquire (self), exchange_unref);
}

static gboolean
has_failed (GstPromise *promise, const char *what)
{
  const GstStructure *reply;
  g_autoptr (GError) error = NULL;

  if (gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED)
    return TRUE; /* closing */
  reply = gst_promise_get_reply (promise);
  if (reply == NULL || !gst_structure_has_field (reply, "error"))
    return FALSE;
  gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL);
  g_printerr ("streamer: cannot %s: %s\n", what, error != NULL ? error->message : "no reason given");
  return TRUE;
}

static void
on_local_set (GstPromise *promise, gpointer data)
{
  Exchange *self = data;

  self->done (self->data, has_failed (promise, "set the local description") ? NULL : self->sdp);
  gst_promise_unref (promise);
}

static void
on_created (GstPromise *promise, gpointer data)
{
  Exchange *self = data;
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (!has_failed (promise, "create a description") && gst_promise_get_reply (promise) != NULL)
    gst_structure_get (gst_promise_get_reply (promise), self->made, GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  gst_promise_unref (promise);
  if (description == NULL) {
    self->done (self->data, NULL);
    return;
  }
  self->sdp = gst_sdp_message_as_text (description->sdp);
  g_signal_emit_by_name (self->webrtc, "set-local-description", description, promise_new (self, on_local_set));
}

static void
on_offer_set (GstPromise *promise, gpointer data)
{
  Exchange *self = data;

  if (has_failed (promise, "take the browser's offer"))
    self->done (self->data, NULL);
  else
    g_signal_emit_by_name (self->webrtc, "create-answer", NULL, promise_new (self, on_created));
  gst_promise_unref (promise);
}

static void
on_answer_set (GstPromise *promise, gpointer data)
{
  Exchange *self = data;

  self->done (self->data, has_failed (promise, "take the browser's answer") ? NULL : "");
  gst_promise_unref (promise);
}

static gboolean
set_remote (Exchange *self, GstWebRTCSDPType type, const char *sdp, GstPromiseChangeFunc then)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GstSDPMessage *message = NULL;

  if (strlen (sdp) > SIM_SDP_MAX_BYTES || gst_sdp_message_new_from_text (sdp, &message) != GST_SDP_OK) {
    g_clear_pointer (&message, gst_sdp_message_free);
    g_printerr ("streamer: ignoring a description that is not SDP\n");
    return FALSE;
  }
  description = gst_webrtc_session_description_new (type, message);
  g_signal_emit_by_name (self->webrtc, "set-remote-description", description, promise_new (self, then));
  return TRUE;
}

gboolean
sim_exchange_answer (GstElement *webrtc, const char *offer, SimExchangeDone done, gpointer data, GDestroyNotify destroy)
{
  Exchange *self = exchange_new (webrtc, "answer", done, data, destroy);
  gboolean begun = set_remote (self, GST_WEBRTC_SDP_TYPE_OFFER, offer, on_offer_set);

  exchange_unref (self);
  return begun;
}

void
sim_exchange_offer (GstElement *webrtc, SimExchangeDone done, gpointer data, GDestroyNotify destroy)
{
  Exchange *self = exchange_new (webrtc, "offer", done, data, destroy);

  g_signal_emit_by_name (webrtc, "create-offer", NULL, promise_new (self, on_created));
  exchange_unref (self);
}

gboolean
sim_exchange_accept (GstElement *webrtc, const char *answer, SimExchangeDone done, gpointer data, GDestroyNotify destroy)
{
  Exchange *self = exchange_new (webrtc, "answer", done, data, destroy);
  gboolean begun = set_remote (self, GST_WEBRTC_SDP_TYPE_ANSWER, answer, on_answer_set);

  exchange_unref (self);
  return begun;
}
