/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/wire.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"

/* Rules: `readable` and `writable` say that the next call may succeed; the kernel tells only of changes (edge triggered), so they fall
 * on EAGAIN and on a short read or write, and rise on an event. A short read proves nothing once the peer has hung up: then read to the end.
 * Buffers exist only while they hold something: an idle wire costs its struct. */

#define PARTS_MAX 8

struct _HnWire {
  HnPollerWatch watch;
  HnPoller *poller;
  int fd;
  HnWireReady ready;
  gpointer user_data;
  gboolean readable;
  gboolean writable;
  gboolean hung_up;
  gboolean deaf; /* sending failed; what the peer said before may still be read */
  gboolean dumb; /* receiving failed */
  GByteArray *in;
  gsize in_start;
  GByteArray *out;
  gsize out_start;
  gint64 last_in_us;
  gint64 last_out_us;
};

static void
on_events (HnPollerWatch *watch, uint32_t events)
{
  HnWire *self = (HnWire *) watch;

  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
    self->readable = TRUE;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
    self->writable = TRUE;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
    self->hung_up = TRUE;
  self->ready (self->user_data);
}

static HnWireResult
receive (HnWire *self, char *buffer, gsize size, gsize *ret_bytes)
{
  ssize_t n;

  if (self->dumb)
    return HN_WIRE_ERROR;
  if (!self->readable)
    return HN_WIRE_BLOCKED;
  do
    n = recv (self->fd, buffer, size, 0);
  while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    self->readable = FALSE;
    return HN_WIRE_BLOCKED;
  }
  if (n <= 0) {
    self->hung_up = TRUE;
    self->dumb = n < 0;
    return n < 0 ? HN_WIRE_ERROR : HN_WIRE_EOF;
  }
  if ((gsize) n < size && !self->hung_up)
    self->readable = FALSE;
  self->last_in_us = hn_poller_now_us (self->poller);
  *ret_bytes = (gsize) n;
  return HN_WIRE_OK;
}

HnSlice
hn_wire_get_input (HnWire *self)
{
  if (self->in == NULL)
    return (HnSlice){ NULL, 0 };
  return (HnSlice){ (const char *) self->in->data + self->in_start, self->in->len - self->in_start };
}

void
hn_wire_consume (HnWire *self, gsize n_bytes)
{
  if (n_bytes == 0)
    return;
  g_return_if_fail (self->in != NULL && self->in_start + n_bytes <= self->in->len);
  self->in_start += n_bytes;
  if (self->in_start == self->in->len) {
    g_clear_pointer (&self->in, g_byte_array_unref);
    self->in_start = 0;
  }
}

void
hn_wire_unread (HnWire *self, const char *bytes, gsize n_bytes)
{
  if (n_bytes == 0)
    return;
  if (self->in == NULL) {
    self->in = g_byte_array_sized_new ((guint) n_bytes);
    self->in_start = 0;
    g_byte_array_append (self->in, (const guint8 *) bytes, (guint) n_bytes);
    return;
  }
  if (self->in_start >= n_bytes) {
    self->in_start -= n_bytes;
    memcpy (self->in->data + self->in_start, bytes, n_bytes);
    return;
  }
  g_byte_array_remove_range (self->in, 0, (guint) self->in_start);
  self->in_start = 0;
  g_byte_array_prepend (self->in, (const guint8 *) bytes, (guint) n_bytes);
}

HnWireResult
hn_wire_fill (HnWire *self, gsize limit_bytes)
{
  gsize have = hn_wire_get_input (self).length;
  char *scratch = hn_poller_scratch (self->poller);
  HnWireResult result;
  gsize n = 0;

  if (have >= limit_bytes)
    return HN_WIRE_FULL;
  result = receive (self, scratch, MIN (limit_bytes - have, HN_LIMIT_TUNNEL_BUFFER_BYTES), &n);
  if (result != HN_WIRE_OK)
    return result;
  if (self->in == NULL)
    self->in = g_byte_array_sized_new ((guint) n);
  if (self->in_start > 0) {
    g_byte_array_remove_range (self->in, 0, (guint) self->in_start);
    self->in_start = 0;
  }
  g_byte_array_append (self->in, (const guint8 *) scratch, (guint) n);
  return HN_WIRE_OK;
}

HnWireResult
hn_wire_read (HnWire *self, char *buffer, gsize size, gsize *ret_bytes)
{
  HnSlice waiting = hn_wire_get_input (self);
  gsize n = MIN (waiting.length, size);

  if (n == 0)
    return receive (self, buffer, size, ret_bytes);
  memcpy (buffer, waiting.text, n);
  hn_wire_consume (self, n);
  *ret_bytes = n;
  return HN_WIRE_OK;
}

/* Keeps what @parts hold beyond the first @sent bytes. */
static void
keep_rest (HnWire *self, const struct iovec *parts, guint n_parts, gsize sent)
{
  for (guint i = 0; i < n_parts; i++) {
    gsize skip = MIN (sent, parts[i].iov_len);

    sent -= skip;
    if (skip == parts[i].iov_len)
      continue;
    if (self->out == NULL) {
      self->out = g_byte_array_new ();
      self->out_start = 0;
      self->last_out_us = hn_poller_now_us (self->poller);
    }
    g_byte_array_append (self->out, (const guint8 *) parts[i].iov_base + skip, (guint) (parts[i].iov_len - skip));
  }
}

/* One sendmsg(); @ret_sent is 0 when the socket takes nothing. */
static gboolean
transmit (HnWire *self, struct iovec *parts, guint n_parts, gsize total, gsize *ret_sent)
{
  struct msghdr message = { .msg_iov = parts, .msg_iovlen = n_parts };
  ssize_t n;

  *ret_sent = 0;
  do
    n = sendmsg (self->fd, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
    self->deaf = TRUE;
    self->readable = TRUE;
    return FALSE;
  }
  if (n > 0) {
    *ret_sent = (gsize) n;
    self->last_out_us = hn_poller_now_us (self->poller);
  }
  if (*ret_sent < total)
    self->writable = FALSE;
  return TRUE;
}

gboolean
hn_wire_send (HnWire *self, const struct iovec *parts, guint n_parts)
{
  struct iovec copy[PARTS_MAX];
  gsize total = 0;
  gsize sent = 0;

  g_return_val_if_fail (n_parts <= PARTS_MAX, FALSE);
  if (self->deaf)
    return FALSE;
  for (guint i = 0; i < n_parts; i++) {
    copy[i] = parts[i];
    total += parts[i].iov_len;
  }
  if (total == 0)
    return TRUE;
  if (self->out == NULL && self->writable && !transmit (self, copy, n_parts, total, &sent))
    return FALSE;
  if (sent < total)
    keep_rest (self, parts, n_parts, sent);
  return TRUE;
}

gboolean
hn_wire_flush (HnWire *self)
{
  if (self->deaf)
    return FALSE;
  while (self->out != NULL && self->writable) {
    struct iovec part = { self->out->data + self->out_start, self->out->len - self->out_start };
    gsize sent = 0;

    if (!transmit (self, &part, 1, part.iov_len, &sent))
      return FALSE;
    self->out_start += sent;
    if (self->out_start == self->out->len)
      g_clear_pointer (&self->out, g_byte_array_unref);
  }
  return TRUE;
}

void
hn_wire_shutdown (HnWire *self)
{
  shutdown (self->fd, SHUT_WR);
}

gboolean
hn_wire_check_connect (HnWire *self, int *ret_errno)
{
  int code = 0;
  socklen_t length = sizeof code;

  if (!self->writable)
    return FALSE;
  if (getsockopt (self->fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0)
    code = errno;
  *ret_errno = code;
  return TRUE;
}

gboolean
hn_wire_is_quiet (HnWire *self)
{
  char byte;

  if (hn_wire_is_gone (self) || self->in != NULL || self->out != NULL)
    return FALSE;
  if (recv (self->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
    return FALSE;
  self->readable = FALSE;
  return TRUE;
}

gboolean
hn_wire_seems_quiet (HnWire *self)
{
  if (self->readable || hn_poller_has_news (self->poller, &self->watch))
    return hn_wire_is_quiet (self);
  return !hn_wire_is_gone (self) && self->in == NULL && self->out == NULL;
}

gboolean
hn_wire_is_gone (HnWire *self)
{
  return self->hung_up || self->deaf || self->dumb;
}

int
hn_wire_get_fd (HnWire *self)
{
  return self->fd;
}

gsize
hn_wire_get_pending (HnWire *self)
{
  return self->out == NULL ? 0 : self->out->len - self->out_start;
}

gsize
hn_wire_get_untaken (HnWire *self)
{
  int queued = 0;

  if (ioctl (self->fd, SIOCOUTQ, &queued) != 0)
    queued = 0;
  return hn_wire_get_pending (self) + (gsize) queued;
}

gint64
hn_wire_get_last_in_us (HnWire *self)
{
  return self->last_in_us;
}

gint64
hn_wire_get_last_out_us (HnWire *self)
{
  return self->last_out_us;
}

void
hn_wire_set_ready (HnWire *self, HnWireReady ready, gpointer user_data)
{
  self->ready = ready;
  self->user_data = user_data;
}

void
hn_wire_again (HnWire *self)
{
  hn_poller_again (self->poller, &self->watch);
}

HnWire *
hn_wire_new (HnPoller *poller, int fd, HnWireReady ready, gpointer user_data)
{
  HnWire *self = g_new0 (HnWire, 1);

  self->watch.ready = on_events;
  self->poller = poller;
  self->fd = fd;
  self->ready = ready;
  self->user_data = user_data;
  self->last_in_us = self->last_out_us = hn_poller_now_us (poller);
  hn_poller_add (poller, fd, &self->watch);
  return self;
}

void
hn_wire_free (HnWire *self)
{
  if (self == NULL)
    return;
  hn_poller_remove (self->poller, self->fd);
  hn_poller_forget (self->poller, &self->watch);
  close (self->fd);
  g_clear_pointer (&self->in, g_byte_array_unref);
  g_clear_pointer (&self->out, g_byte_array_unref);
  hn_poller_defer (self->poller, g_free, self);
}

void
hn_wire_reset (HnWire *self)
{
  struct linger now = { .l_onoff = 1, .l_linger = 0 };

  if (self == NULL)
    return;
  setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  hn_wire_free (self);
}
