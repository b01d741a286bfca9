/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A datagram's first byte says whose it is (RFC 7983): RTP and RTCP are read here and go straight to SRTP; STUN and DTLS are left where they are, and libnice is let
 * run once: it takes all that is there, and gives back what is not its own. Its sources hang on a context that nobody else runs.
 *
 * libnice calls back on the thread that owns the context a component was attached to, with its own lock released, so that what runs on a lane is never concurrent with
 * another callback of the same lane: taking a reader out there is enough to know that none comes any more. */
#include "rtc/packet-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <nice/agent.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"

#define SETTLE_MS 20
#define HELD_MAX 64
#define DATAGRAM_BYTES 65536

struct _HnPacketReader {
  HnPacketLanes *lanes;
  HnPacketLane *lane;
  NiceAgent *agent;
  guint stream;
  guint component;
  int fd;                /* the one socket, by a number of our own: libnice may close its */
  GstPad *into;          /* what stands behind nicesrc */
  GstPad *srtp;          /* where RTP and RTCP come to from there */
  GMainContext *context; /* of libnice's sources; from here on only on the lane */
  HnPacketWatch *watch;  /* (nullable) it could not be had */
  GError *error;         /* … for this reason */
  HnPacketWatch *settle; /* (nullable) the timer, until it has fired */
  int settle_fd;
  gboolean holding;      /* packets do not go on yet */
  GQueue held;           /* of Held */
};

typedef struct {
  GstPad *into;
  GstBuffer *buffer;
} Held;

/* ---- on the lane ---- */

static gboolean
is_media (guint8 first)
{
  return first >= 128 && first <= 191;
}

/* Only from its own callback or from a call, for else the lane may have it in hand. */
static void
stop_settling (HnPacketReader *self)
{
  if (self->settle == NULL)
    return;
  hn_packet_lane_unwatch (self->lane, g_steal_pointer (&self->settle));
  close (self->settle_fd);
}

static void
let_go (HnPacketReader *self)
{
  Held *held;

  self->holding = FALSE;
  while ((held = g_queue_pop_head (&self->held)) != NULL) {
    gst_pad_chain (held->into, held->buffer);
    g_free (held);
  }
}

static void
on_settled (gpointer data)
{
  stop_settling (data);
  let_go (data);
}

static void
pass (HnPacketReader *self, const guint8 *bytes, gsize n_bytes)
{
  GstBuffer *buffer = gst_buffer_new_memdup (bytes, n_bytes);
  GstPad *into = is_media (bytes[0]) ? self->srtp : self->into;
  Held *held;

  if (!self->holding) {
    gst_pad_chain (into, buffer);
    return;
  }
  held = g_new (Held, 1);
  *held = (Held){ into, buffer };
  g_queue_push_tail (&self->held, held);
  if (self->held.length >= HELD_MAX)
    let_go (self);
}

static void
on_received (NiceAgent *agent, guint stream, guint component, guint length, gchar *bytes, gpointer self)
{
  if (length > 0)
    pass (self, (const guint8 *) bytes, length);
}

/* One datagram a call: what else is there calls again. What libnice does not want, for it has ended, is thrown away. */
static void
on_readable (gpointer data)
{
  HnPacketReader *self = data;
  guint8 bytes[DATAGRAM_BYTES];
  gssize n = recv (self->fd, bytes, 1, MSG_PEEK | MSG_DONTWAIT);

  if (n < 0)
    return; /* nothing, or an error, which is taken by this */
  if (n > 0 && !is_media (bytes[0]) && g_main_context_iteration (self->context, FALSE))
    return;
  n = recv (self->fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (n > 0 && is_media (bytes[0]))
    pass (self, bytes, (gsize) n);
}

/* Without a timer the first packets may overtake one that nicesrc still has in hand: no more than a network does. */
static void
begin_settling (HnPacketReader *self)
{
  struct itimerspec once = { .it_value.tv_nsec = SETTLE_MS * 1000000L };

  self->settle_fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->settle_fd < 0)
    return;
  timerfd_settime (self->settle_fd, 0, &once, NULL);
  self->settle = hn_packet_lane_watch (self->lane, self->settle_fd, on_settled, self, NULL);
  self->holding = self->settle != NULL;
  if (self->settle == NULL)
    close (self->settle_fd);
}

static void
begin (gpointer data)
{
  HnPacketReader *self = data;

  self->watch = hn_packet_lane_watch (self->lane, self->fd, on_readable, self, &self->error);
  if (self->watch == NULL)
    return;
  begin_settling (self);
  nice_agent_attach_recv (self->agent, self->stream, self->component, self->context, on_received, self);
}

/* What comes from now on is left where it is until the pipeline ends. */
static void
end (gpointer data)
{
  HnPacketReader *self = data;
  Held *held;

  if (self->watch == NULL)
    return;
  nice_agent_attach_recv (self->agent, self->stream, self->component, self->context, NULL, NULL);
  hn_packet_lane_unwatch (self->lane, self->watch);
  stop_settling (self);
  while ((held = g_queue_pop_head (&self->held)) != NULL) {
    gst_buffer_unref (held->buffer);
    g_free (held);
  }
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

static GstPad *
find_pad (GstElement *webrtc, const char *factory, const char *name)
{
  g_autoptr (GstElement) element = find_only (webrtc, factory);

  return element != NULL ? gst_element_get_static_pad (element, name) : NULL;
}

static GstPad *
find_behind_nicesrc (GstElement *webrtc)
{
  g_autoptr (GstPad) pad = find_pad (webrtc, "nicesrc", "src");

  return pad != NULL ? gst_pad_get_peer (pad) : NULL;
}

static gboolean
open_only_socket (HnPacketReader *self, GError **error)
{
  g_autoptr (GPtrArray) sockets = nice_agent_get_sockets (self->agent, self->stream, self->component);

  if (sockets == NULL || sockets->len != 1 || g_socket_get_socket_type (g_ptr_array_index (sockets, 0)) != G_SOCKET_TYPE_DATAGRAM) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INTERNAL, "its transport has not one UDP socket");
    return FALSE;
  }
  self->fd = fcntl (g_socket_get_fd (g_ptr_array_index (sockets, 0)), F_DUPFD_CLOEXEC, 0);
  if (self->fd < 0)
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "no second number for its socket: %s", g_strerror (errno));
  return self->fd >= 0;
}

static gboolean
find_all (HnPacketReader *self, GstElement *webrtc, GError **error)
{
  g_autoptr (GstElement) nicesrc = find_only (webrtc, "nicesrc");

  self->into = find_behind_nicesrc (webrtc);
  self->srtp = find_pad (webrtc, "srtpdec", "rtp_sink");
  if (self->into == NULL || self->srtp == NULL) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INTERNAL, "webrtcbin has not one nicesrc and one srtpdec");
    return FALSE;
  }
  g_object_get (nicesrc, "agent", &self->agent, "stream", &self->stream, "component", &self->component, NULL);
  return open_only_socket (self, error);
}

HnPacketReader *
hn_packet_reader_new (HnPacketLanes *lanes, GstElement *webrtc, GError **error)
{
  g_autoptr (HnPacketReader) self = g_new0 (HnPacketReader, 1);

  self->fd = -1;
  self->lanes = lanes;
  self->context = g_main_context_new ();
  g_queue_init (&self->held);
  if (find_all (self, webrtc, error))
    self->lane = hn_packet_lanes_take (lanes, error);
  if (self->lane == NULL)
    return NULL;
  hn_packet_lane_call (self->lane, begin, self);
  if (self->watch != NULL)
    return g_steal_pointer (&self);
  g_propagate_error (error, g_steal_pointer (&self->error));
  return NULL;
}

void
hn_packet_reader_free (HnPacketReader *self)
{
  if (self == NULL)
    return;
  if (self->lane != NULL) {
    hn_packet_lane_call (self->lane, end, self);
    hn_packet_lanes_give_back (self->lanes, self->lane);
  }
  if (self->fd >= 0)
    close (self->fd);
  g_main_context_unref (self->context);
  g_clear_object (&self->agent);
  gst_clear_object (&self->into);
  gst_clear_object (&self->srtp);
  g_free (self);
}
