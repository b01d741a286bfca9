/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/warm-up.h"

#include <string.h>

#include "base/error.h"
#include "rtc/audio-receiver.h"

#define LONGEST_SECONDS 20
#define DISCARD_PORT 9

/* An offer of nobody: its answer is thrown away. */
#define OFFER                                                                                              \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"                                                    \
  "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:warm\r\na=ice-pwd:warmwarmwarmwarmwarmwarm\r\n" \
  "a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n" \
  "a=setup:actpass\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"

struct _HnWarmUp {
  GThread *thread;
  GSource *source; /* tells `done`; attached by the thread */
  GError *error;   /* written by the thread before that */
  void (*done) (const GError *error, gpointer user_data);
  gpointer user_data;
};

typedef struct {
  gboolean over;
  GError *error;
} Trial;

static void
on_answered (const char *sdp, gpointer data)
{
  Trial *trial = data;

  trial->over = TRUE;
}

static void
on_connected (gpointer data)
{
}

static void
on_closed (const GError *error, gpointer data)
{
  Trial *trial = data;

  trial->over = TRUE;
  trial->error = g_error_copy (error);
}

static gboolean
on_too_long (gpointer data)
{
  Trial *trial = data;

  trial->over = TRUE;
  trial->error = g_error_new_literal (HN_ERROR, HN_ERROR_TIMEOUT, "WebRTC did not come up in time");
  return G_SOURCE_REMOVE;
}

static void
attempt (GMainContext *context, GError **error)
{
  static const HnAudioReceiverEvents events = { on_answered, on_connected, on_closed };
  HnAudioReceiverOptions options
    = { .local_address = "127.0.0.1", .name = "warm-up", .forward = { "127.0.0.1", DISCARD_PORT, 0, 111, 48000, 1 } };
  g_autoptr (HnAudioReceiver) receiver = NULL;
  g_autoptr (GSource) patience = g_timeout_source_new_seconds (LONGEST_SECONDS);
  Trial trial = { FALSE, NULL };

  receiver = hn_audio_receiver_new (hn_sdp_offer_parse (OFFER, strlen (OFFER), NULL), &options, &events, &trial, error);
  if (receiver == NULL)
    return;
  g_source_set_callback (patience, on_too_long, &trial, NULL);
  g_source_attach (patience, context);
  while (!trial.over)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (patience);
  if (trial.error != NULL)
    g_propagate_error (error, trial.error);
}

static gpointer
run (gpointer data)
{
  HnWarmUp *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  attempt (context, &self->error);
  while (g_main_context_iteration (context, FALSE))
    ; /* notes of the closed receiver are freed */
  g_main_context_pop_thread_default (context);
  g_source_set_ready_time (self->source, 0);
  return NULL;
}

static gboolean
on_done (gpointer data)
{
  HnWarmUp *self = data;

  g_source_set_ready_time (self->source, -1);
  self->done (self->error, self->user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

HnWarmUp *
hn_warm_up_new (void (*done) (const GError *error, gpointer user_data), gpointer user_data)
{
  static GSourceFuncs funcs = { .dispatch = dispatch };
  HnWarmUp *self = g_new0 (HnWarmUp, 1);

  self->done = done;
  self->user_data = user_data;
  self->source = g_source_new (&funcs, sizeof (GSource));
  g_source_set_callback (self->source, on_done, self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  self->thread = g_thread_new ("warm-up", run, self);
  return self;
}

void
hn_warm_up_free (HnWarmUp *self)
{
  if (self == NULL)
    return;
  g_thread_join (self->thread);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_clear_error (&self->error);
  g_free (self);
}
