/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * streamer: stands in for moonlight-web-stream's streamer child. One process per open stream page, no arguments.
 *
 * stdin and stdout carry one JSON value per line (see messages.c), stderr the log. In order: Init comes; we tell "Waiting for
 * Transport to negotiate" and Setup; the browser offers data channels, we answer; it sends StartStream, web-server launches the
 * app on the host and tells the outcome (Launch); the eleven stages are told, one offer adds audio and video, and
 * ConnectionComplete follows the browser's answer. The end is told by "Stop", once; the process ends 8.5 s later with status 0,
 * or at once when stdin closes.
 *
 * Faults, as arguments, which the real one has not: --deaf (data channels are dead), --orphan (it leaves its parent's session, outlives
 * it, and keeps the first UDP port of its range; it ends by SIGKILL or after a minute).
 */
#include <glib-unix.h>
#include <gst/gst.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/fakes/streamer/ipc-io.h"
#include "sim/fakes/streamer/media-rtc.h"
#include "sim/fakes/streamer/messages.h"
#include "sim/fakes/streamer/peer-rtc.h"
#include "sim/fakes/streamer/stream.h"
#include "sim/fakes/streamer/whep.h"

/* After the end: less than the 10 s that are allowed, and time left for a teardown that hangs. */
#define LINGER_MS 8500
#define LINGER_ALARM_SECONDS 10
#define ORPHAN_SECONDS 60

typedef struct {
  GMainLoop *loop;
  SimIpc *ipc;
  SimStream *stream;
  SimMessage *init; /* keeps SimInit alive */
  SimPeer *peer;
  SimMedia *media;
  char *answer;          /* over HTTP: waits for its candidates */
  GPtrArray *candidates; /* of char *; over HTTP: ours */
  gboolean has_gathered;
  int supported_formats;
  guint tick;
  gboolean is_deaf;
  gboolean is_orphan;
} Streamer;

static const char *const stages[] = {
  "platform initialization",       "name resolution",
  "audio stream initialization",   "RTSP handshake",
  "control stream initialization", "video stream initialization",
  "input stream initialization",   "control stream establishment",
  "video stream establishment",    "audio stream establishment",
  "input stream establishment",
};

static void handle (Streamer *self, SimStreamEvent event);

static void
say (Streamer *self, char *line)
{
  sim_ipc_write (self->ipc, line);
  g_free (line);
}

static gboolean
on_linger_over (gpointer data)
{
  Streamer *self = data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/* Tearing webrtcbin down blocks on its threads: should one of them hang, SIGALRM ends the process in time. */
static void
stop (Streamer *self)
{
  alarm (LINGER_ALARM_SECONDS);
  g_clear_handle_id (&self->tick, g_source_remove);
  g_clear_pointer (&self->media, sim_media_free);
  if (self->peer != NULL && self->init->init->offer != NULL)
    sim_peer_say_bye (self->peer); /* there is no other word for it */
  g_clear_pointer (&self->peer, sim_peer_close);
  sim_ipc_write (self->ipc, "\"Stop\"");
  g_timeout_add (LINGER_MS, on_linger_over, self);
}

static void
offer (Streamer *self)
{
  say (self, sim_message_debug_log ("Moonlight Stream", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (stages); i++) {
    g_autofree char *starting = g_strconcat ("Starting Stage: ", stages[i], NULL);
    g_autofree char *completed = g_strconcat ("Completed Stage: ", stages[i], NULL);

    say (self, sim_message_debug_log (starting, NULL));
    say (self, sim_message_debug_log (completed, NULL));
  }
  if (self->init->init->offer != NULL)
    handle (self, SIM_STREAM_ANSWERED); /* they were in the browser's own offer */
  else
    sim_peer_offer_media (self->peer);
}

static void
complete (Streamer *self)
{
  const SimInit *init = self->init->init;
  g_autofree char *title =
      g_strdup_printf ("session %.8s   host %s   %s", init->session != NULL ? init->session : "-",
                       init->host_address != NULL ? init->host_address : "-", init->app_title != NULL ? init->app_title : "");
  guint32 video_ssrc, audio_ssrc;
  GstElement *video = sim_peer_video (self->peer, &video_ssrc);
  GstElement *audio = sim_peer_audio (self->peer, &audio_ssrc);

  self->media = sim_media_new (title, video, video_ssrc, audio, audio_ssrc);
  if (self->media == NULL)
    handle (self, SIM_STREAM_STOP);
  else
    say (self, sim_message_complete (SIM_MEDIA_WIDTH, SIM_MEDIA_HEIGHT, SIM_MEDIA_FPS));
}

static void
handle (Streamer *self, SimStreamEvent event)
{
  SimStreamDo todo = sim_stream_handle (self->stream, event, g_get_monotonic_time ());

  if (todo & SIM_STREAM_DO_OFFER)
    offer (self);
  if (todo & SIM_STREAM_DO_COMPLETE)
    complete (self);
  if (todo & SIM_STREAM_DO_STOP)
    stop (self);
}

/* Once a second: is the browser still heard, is a deadline over, and the stats that the page may show. */
static gboolean
on_tick (gpointer data)
{
  Streamer *self = data;
  gint64 now_us = g_get_monotonic_time ();
  gint64 deadline_us = sim_stream_deadline (self->stream);
  gint64 heard_us = sim_peer_heard_us (self->peer);
  gint64 patience_us = (gint64)self->init->init->disconnected_seconds * G_USEC_PER_SEC;

  if (heard_us > 0)
    handle (self, now_us - heard_us > patience_us ? SIM_STREAM_PEER_LOST : SIM_STREAM_PEER_UP);
  if (deadline_us >= 0 && now_us >= deadline_us)
    handle (self, SIM_STREAM_TIME_UP);
  if (sim_stream_state (self->stream) == SIM_STREAM_ENDED)
    return G_SOURCE_REMOVE; /* stop () has cleared the id */
  if (sim_stream_state (self->stream) == SIM_STREAM_STREAMING && !self->is_deaf)
    sim_peer_send (self->peer, "stats",
                   "{\"Video\":{\"host_processing_latency\":null,\"min_streamer_processing_time_ms\":0.1,"
                   "\"max_streamer_processing_time_ms\":0.3,\"avg_streamer_processing_time_ms\":0.2}}");
  return G_SOURCE_CONTINUE;
}

/* The peer's events */

/* Over HTTP there is one answer, and it is whole. */
static void
answer_when_whole (Streamer *self)
{
  g_autofree char *sdp = NULL;

  if (self->answer == NULL || !self->has_gathered)
    return;
  g_ptr_array_add (self->candidates, NULL);
  sdp = sim_whep_answer (self->answer, (const char *const *)self->candidates->pdata);
  g_clear_pointer (&self->answer, g_free);
  say (self, sim_message_description ("answer", sdp));
}

static gboolean
on_settled (gpointer owner)
{
  answer_when_whole (owner);
  return G_SOURCE_REMOVE;
}

static void
on_description (gpointer owner, const char *type, const char *sdp)
{
  Streamer *self = owner;

  if (self->init->init->offer == NULL) {
    say (self, sim_message_description (type, sdp));
    return;
  }
  g_free (self->answer);
  self->answer = g_strdup (sdp);
  g_idle_add_full (G_PRIORITY_LOW, on_settled, self, NULL); /* its candidates come next */
}

static void
on_candidate (gpointer owner, const char *candidate, const char *mid, int mline)
{
  Streamer *self = owner;

  if (self->init->init->offer == NULL)
    say (self, sim_message_candidate (candidate, mid, mline));
  else
    g_ptr_array_add (self->candidates, g_strdup (candidate));
}

/* It may come before the answer that it belongs to. */
static void
on_gathered (gpointer owner)
{
  Streamer *self = owner;

  self->has_gathered = TRUE;
  g_idle_add_full (G_PRIORITY_LOW, on_settled, self, NULL);
}

static void
on_up (gpointer owner)
{
  handle (owner, SIM_STREAM_PEER_UP);
}

static void
on_lost (gpointer owner)
{
  handle (owner, SIM_STREAM_PEER_LOST);
}

static void
on_answered (gpointer owner)
{
  handle (owner, SIM_STREAM_ANSWERED);
}

static void
on_message (gpointer owner, const char *label, GBytes *bytes)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);
  g_autofree char *text = NULL;

  if (strcmp (label, "general") != 0 || ((Streamer *)owner)->is_deaf)
    return;
  text = sim_message_channel_json (data, len);
  if (g_strcmp0 (text, "\"Stop\"") == 0)
    handle (owner, SIM_STREAM_STOP);
}

static const SimPeerEvents peer_events = {
  .description = on_description,
  .candidate = on_candidate,
  .gathered = on_gathered,
  .up = on_up,
  .lost = on_lost,
  .answered = on_answered,
  .message = on_message,
};

/* web-server's lines */

/* Stays open until the process ends. On loopback alone: no firewall is asked, and no stranger is in the way. */
static void
hold_port (int port)
{
  struct sockaddr_in where = { .sin_family = AF_INET, .sin_port = htons ((guint16)port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *)&where, sizeof where) != 0)
    g_printerr ("streamer: cannot hold port %d\n", port);
}

static void
begin (Streamer *self, SimMessage *message)
{
  self->init = message;
  if (self->is_orphan)
    hold_port (message->init->port_min);
  say (self, sim_message_debug_log ("Waiting for Transport to negotiate", NULL));
  say (self, sim_message_setup (message->init->ice_servers));
  gst_init (NULL, NULL);
  self->peer = sim_peer_new (message->init, &peer_events, self);
  if (self->peer == NULL)
    handle (self, SIM_STREAM_STOP);
  else
    self->tick = g_timeout_add_seconds (1, on_tick, self);
  if (self->peer != NULL && message->init->offer != NULL) {
    self->supported_formats = 1; /* it is in the offer, or there is no answer */
    sim_peer_take_description (self->peer, "offer", message->init->offer);
  }
}

static void
launch (Streamer *self, const SimMessage *message)
{
  if (message->ok && (self->supported_formats & 1) != 0) {
    handle (self, SIM_STREAM_LAUNCH_OK);
    return;
  }
  say (self, sim_message_debug_log (message->ok     ? "the browser cannot decode H264"
                                    : message->text ? message->text
                                                    : "launch failed",
                                    "fatalDescription"));
  say (self, sim_message_terminated (message->ok ? -1 : message->error_code));
  handle (self, SIM_STREAM_STOP);
}

static void
take_transport (Streamer *self, const char *transport)
{
  if (strcmp (transport, "WebRTC") == 0)
    return;
  say (self, sim_message_debug_log ("this simulated streamer speaks WebRTC only", "fatal"));
  handle (self, SIM_STREAM_STOP);
}

static void
take (Streamer *self, const SimMessage *message)
{
  switch (message->kind) {
  case SIM_MESSAGE_DESCRIPTION:
    sim_peer_take_description (self->peer, message->type, message->text);
    break;
  case SIM_MESSAGE_CANDIDATE:
    sim_peer_take_candidate (self->peer, message->text, message->mline);
    break;
  case SIM_MESSAGE_TRANSPORT:
    take_transport (self, message->text);
    break;
  case SIM_MESSAGE_START_STREAM:
    self->supported_formats = message->supported_formats;
    break;
  case SIM_MESSAGE_LAUNCH:
    launch (self, message);
    break;
  case SIM_MESSAGE_TERMINATE:
    say (self, sim_message_terminated (message->error_code));
    handle (self, SIM_STREAM_STOP);
    break;
  case SIM_MESSAGE_STOP:
    handle (self, SIM_STREAM_STOP);
    break;
  case SIM_MESSAGE_INIT:
  case SIM_MESSAGE_OTHER:
    break;
  }
}

static void
on_line (gpointer owner, const char *line, gsize len)
{
  Streamer *self = owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (SimMessage) message = sim_message_parse (line, len, &error);

  if (message == NULL)
    g_printerr ("streamer: ignoring a line: %s\n", error->message);
  else if (message->kind == SIM_MESSAGE_INIT && self->init == NULL)
    begin (self, g_steal_pointer (&message));
  else if (self->peer != NULL)
    take (self, message);
}

static void
on_closed (gpointer owner)
{
  Streamer *self = owner;

  if (self->is_orphan)
    alarm (ORPHAN_SECONDS);
  else
    g_main_loop_quit (self->loop);
}

static const SimIpcEvents ipc_events = { .line = on_line, .closed = on_closed };

static void
on_alarm (int number)
{
  _exit (0);
}

int
main (int argc, char **argv)
{
  Streamer self = { .loop = g_main_loop_new (NULL, FALSE), .stream = sim_stream_new (), .candidates = g_ptr_array_new_with_free_func (g_free) };

  signal (SIGPIPE, SIG_IGN);
  signal (SIGALRM, on_alarm);
  for (int i = 1; i < argc; i++) {
    self.is_deaf = self.is_deaf || strcmp (argv[i], "--deaf") == 0;
    self.is_orphan = self.is_orphan || strcmp (argv[i], "--orphan") == 0;
  }
  if (self.is_orphan) {
    signal (SIGTERM, SIG_IGN);
    setsid ();
  }
  self.ipc = sim_ipc_new (&ipc_events, &self);
  g_main_loop_run (self.loop);
  alarm (3);
  g_clear_handle_id (&self.tick, g_source_remove);
  g_clear_pointer (&self.media, sim_media_free);
  g_clear_pointer (&self.peer, sim_peer_close);
  g_clear_pointer (&self.ipc, sim_ipc_free);
  g_clear_pointer (&self.stream, sim_stream_free);
  g_clear_pointer (&self.init, sim_message_free);
  g_clear_pointer (&self.answer, g_free);
  g_clear_pointer (&self.candidates, g_ptr_array_unref);
  g_main_loop_unref (self.loop);
  return 0;
}
