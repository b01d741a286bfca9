/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket is connected, so that an ICMP "port unreachable" comes back as an error of the next send: that one is counted, takes the packet
 * with it, and the packet is sent once more. A body whose voice port is closed today may open it tomorrow: nothing ends here. */
#include "rtc/rtp-forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

/* A packet that came before it was known whose it is. */
typedef struct {
  GBytes *bytes;
  gboolean again;
} Held;

struct _HnRtpForward {
  HnRtpForwardOptions options;
  int fd;
  GMutex mutex; /* what follows */
  gboolean open;
  GArray *held; /* of Held */
  HnRtpForwardStats stats;
};

static void
held_clear (gpointer data)
{
  g_bytes_unref (((Held *) data)->bytes);
}

static gboolean
fill_address (const char *text, guint16 port, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *) ret_address;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) ret_address;

  memset (ret_address, 0, sizeof *ret_address);
  if (inet_pton (AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons (port);
    *ret_length = sizeof *v4;
    return TRUE;
  }
  if (inet_pton (AF_INET6, text, &v6->sin6_addr) != 1)
    return FALSE;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons (port);
  *ret_length = sizeof *v6;
  return TRUE;
}

static gboolean
open_socket (HnRtpForward *self, const char *text, GError **error)
{
  struct sockaddr_storage address;
  socklen_t length = 0;

  if (!fill_address (text, self->options.port, &address, &length)) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "'%s' is no IP address", text);
    return FALSE;
  }
  self->fd = socket (address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->fd < 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_INTERNAL, "no socket for the microphone: %s", g_strerror (errno));
    return FALSE;
  }
  if (connect (self->fd, (struct sockaddr *) &address, length) != 0) {
    g_set_error (error, HN_ERROR, HN_ERROR_INVALID, "no way to '%s': %s", text, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

static gboolean
send_once (HnRtpForward *self, const HnRtpPacket *packet)
{
  guint8 header[HN_RTP_HEADER_BYTES];
  struct iovec parts[2] = { { header, sizeof header }, { (void *) packet->payload, packet->payload_bytes } };
  struct msghdr message = { .msg_iov = parts, .msg_iovlen = G_N_ELEMENTS (parts) };

  hn_rtp_write_header (packet, self->options.payload_type_out, header);
  return sendmsg (self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static gboolean
send_on (HnRtpForward *self, const HnRtpPacket *packet)
{
  if (send_once (self, packet))
    return TRUE;
  if (errno != ECONNREFUSED)
    return FALSE;
  self->stats.unreachable++;
  return send_once (self, packet);
}

/* With the mutex held, as what follows. */
static void
send_packet (HnRtpForward *self, const guint8 *data, gsize n_bytes, gboolean again)
{
  HnRtpPacket packet;

  if (!hn_rtp_parse (data, n_bytes, &packet) || packet.payload_type != self->options.payload_type_in || packet.payload_bytes == 0) {
    self->stats.malformed++;
    return;
  }
  if (!again
      && !hn_rtp_meter_packet (&self->stats.meter, &packet, self->options.clock_rate, self->options.packets_per_second,
                               hn_clock_now_us ()))
    return;
  if (!send_on (self, &packet))
    return;
  self->stats.forwarded++;
  self->stats.duplicates += again ? 1 : 0;
}

static void
hold (HnRtpForward *self, const guint8 *data, gsize n_bytes, gboolean again)
{
  Held held = { g_bytes_new (data, n_bytes), again };

  if (self->held->len < HN_RTP_FORWARD_HELD)
    g_array_append_val (self->held, held);
  else
    g_bytes_unref (held.bytes);
}

static void
take_packet (HnRtpForward *self, const guint8 *data, gsize n_bytes, gboolean again)
{
  g_mutex_lock (&self->mutex);
  if (self->open)
    send_packet (self, data, n_bytes, again);
  else
    hold (self, data, n_bytes, again);
  g_mutex_unlock (&self->mutex);
}

void
hn_rtp_forward_open (HnRtpForward *self)
{
  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < self->held->len; i++) {
    const Held *held = &g_array_index (self->held, Held, i);

    send_packet (self, g_bytes_get_data (held->bytes, NULL), g_bytes_get_size (held->bytes), held->again);
  }
  g_array_set_size (self->held, 0);
  self->open = TRUE;
  g_mutex_unlock (&self->mutex);
}

void
hn_rtp_forward_packet (HnRtpForward *self, const guint8 *data, gsize n_bytes)
{
  take_packet (self, data, n_bytes, FALSE);
}

void
hn_rtp_forward_duplicate (HnRtpForward *self, const guint8 *data, gsize n_bytes)
{
  take_packet (self, data, n_bytes, TRUE);
}

void
hn_rtp_forward_get_stats (HnRtpForward *self, HnRtpForwardStats *ret_stats)
{
  g_mutex_lock (&self->mutex);
  *ret_stats = self->stats;
  g_mutex_unlock (&self->mutex);
}

HnRtpForward *
hn_rtp_forward_new (const HnRtpForwardOptions *options, GError **error)
{
  g_autoptr (HnRtpForward) self = g_new0 (HnRtpForward, 1);

  self->options = *options;
  self->options.address = NULL;
  self->fd = -1;
  self->held = g_array_new (FALSE, FALSE, sizeof (Held));
  g_array_set_clear_func (self->held, held_clear);
  g_mutex_init (&self->mutex);
  if (!open_socket (self, options->address, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
hn_rtp_forward_free (HnRtpForward *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_array_unref (self->held);
  g_mutex_clear (&self->mutex);
  g_free (self);
}
