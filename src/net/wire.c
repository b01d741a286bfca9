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
#include "base/metrics.h"
#include "net/tls-stream.h"

/* Rules: `readable` and `writable` say that the next call may succeed; the kernel tells only of changes (edge triggered), so they fall
 * on EAGAIN and on a short read or write, and rise on an event. A short read proves nothing once the peer has hung up: then read to the end.
 * Buffers exist only while they hold something: an idle wire costs its struct.
 *
 * With TLS, what is to be sent is sealed at once and whole, and waits sealed: OpenSSL never has to be asked the same thing twice, and many records leave in
 * one call of the system. Bytes that it has pulled and not opened yet count as readable. */

#define RECORD_BYTES 16384
#define OFFERED_BYTES_MAX 65536
#define PULLED_BYTES_MAX 524288 /* in one read: more than its buffer could be filled with */

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

  HnTlsStream *tls; /* NULL: bytes go as they are */
  GByteArray *hello; /* sealed bytes that were read before there was TLS */
  char *sealed;      /* where the bytes of the present send are collected, the poller's; NULL: at the end of `out` */
  gsize n_sealed;
  gsize pulled;   /* sealed bytes, by the present read */
  gsize provoked; /* what TLS said on its own since the peer took everything */
  gboolean sending;
  gboolean fin; /* the socket is to be shut down when all is sent */
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
  if (self->tls != NULL && self->out != NULL)
    hn_wire_flush (self); /* TLS speaks on its own, and nobody else may be waiting for that */
  self->ready (self->user_data);
}

static HnWireResult
receive_plain (HnWire *self, char *buffer, gsize size, gsize *ret_bytes)
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

/* ---- TLS ---- */

static gssize
on_pull (char *buffer, gsize size, gpointer user_data)
{
  HnWire *self = user_data;
  gsize n = 0;

  if (self->hello != NULL) {
    n = MIN (size, self->hello->len);
    memcpy (buffer, self->hello->data, n);
    g_byte_array_remove_range (self->hello, 0, (guint) n);
    if (self->hello->len == 0)
      g_clear_pointer (&self->hello, g_byte_array_unref);
    return (gssize) n;
  }
  if (self->pulled > PULLED_BYTES_MAX) {
    hn_wire_again (self); /* records that carry nothing (key updates) come without end: others have their turn, too */
    return HN_TLS_PULL_BLOCKED;
  }
  switch (receive_plain (self, buffer, size, &n)) {
  case HN_WIRE_OK:
    self->pulled += n;
    return (gssize) n;
  case HN_WIRE_BLOCKED:
    return HN_TLS_PULL_BLOCKED;
  case HN_WIRE_FULL:
  case HN_WIRE_EOF:
  case HN_WIRE_ERROR:
    break;
  }
  return HN_TLS_PULL_ENDED;
}

/* To the end of what waits to be sent. */
static void
keep (HnWire *self, const char *bytes, gsize n_bytes)
{
  if (self->out == NULL) {
    self->out = g_byte_array_new ();
    self->out_start = 0;
    self->last_out_us = hn_poller_now_us (self->poller);
  }
  g_byte_array_append (self->out, (const guint8 *) bytes, (guint) n_bytes);
}

static void
on_push (const char *bytes, gsize n_bytes, gpointer user_data)
{
  HnWire *self = user_data;

  if (!self->sending)
    self->provoked += n_bytes;
  if (self->sealed == NULL) {
    keep (self, bytes, n_bytes);
    return;
  }
  memcpy (self->sealed + self->n_sealed, bytes, n_bytes);
  self->n_sealed += n_bytes;
}

static const HnTlsPipe pipe_of_wire = { on_pull, on_push };

/* As many records as there are, up to @size: what is behind them must not be told apart from the socket having nothing. */
static HnWireResult
receive_sealed (HnWire *self, char *buffer, gsize size, gsize *ret_bytes)
{
  HnTlsResult result = HN_TLS_BLOCKED;
  gsize n = 0, got;

  if (self->dumb && !hn_tls_stream_has_more (self->tls))
    return HN_WIRE_ERROR;
  if (!self->readable && self->hello == NULL && !hn_tls_stream_has_more (self->tls))
    return HN_WIRE_BLOCKED;
  self->pulled = 0;
  while (n < size && (result = hn_tls_stream_read (self->tls, buffer + n, size - n, &got)) == HN_TLS_OK)
    n += got;
  if (self->provoked > 0)
    hn_wire_flush (self);
  if (self->provoked > HN_LIMIT_TLS_PROVOKED_BYTES)
    self->dumb = TRUE;
  if (n > 0) {
    *ret_bytes = n;
    return HN_WIRE_OK; /* what else there is to say comes out at the next call */
  }
  switch (result) {
  case HN_TLS_OK:
  case HN_TLS_BLOCKED:
    return self->dumb ? HN_WIRE_ERROR : HN_WIRE_BLOCKED;
  case HN_TLS_END:
    self->hung_up = TRUE;
    return HN_WIRE_EOF;
  case HN_TLS_BROKEN:
    break;
  }
  self->hung_up = self->dumb = TRUE;
  return HN_WIRE_ERROR;
}

HnWireResult
hn_wire_handshake (HnWire *self)
{
  HnTlsResult result;
  gboolean sent;

  self->pulled = 0;
  result = hn_tls_stream_handshake (self->tls);
  sent = hn_wire_flush (self);
  if (result == HN_TLS_BLOCKED && sent)
    return HN_WIRE_BLOCKED;
  if (result != HN_TLS_OK || !sent) {
    hn_metrics_add (HN_METRIC_TLS_HANDSHAKES, "failed", 1);
    return HN_WIRE_ERROR;
  }
  hn_metrics_add (HN_METRIC_TLS_HANDSHAKES, hn_tls_stream_is_resumed (self->tls) ? "resumed" : "full", 1);
  return HN_WIRE_OK;
}

void
hn_wire_start_tls (HnWire *self, HnTls *tls)
{
  g_return_if_fail (self->tls == NULL && self->out == NULL);
  self->tls = hn_tls_stream_new (tls, &pipe_of_wire, self);
  self->hello = g_steal_pointer (&self->in);
  if (self->hello != NULL && self->in_start > 0)
    g_byte_array_remove_range (self->hello, 0, (guint) self->in_start);
  self->in_start = 0;
}

gboolean
hn_wire_is_tls (HnWire *self)
{
  return self->tls != NULL;
}

/* ---- reading ---- */

static HnWireResult
receive (HnWire *self, char *buffer, gsize size, gsize *ret_bytes)
{
  return self->tls != NULL ? receive_sealed (self, buffer, size, ret_bytes) : receive_plain (self, buffer, size, ret_bytes);
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

/* ---- sending ---- */

/* Keeps what @parts hold beyond the first @sent bytes. */
static void
keep_rest (HnWire *self, const struct iovec *parts, guint n_parts, gsize sent)
{
  for (guint i = 0; i < n_parts; i++) {
    gsize skip = MIN (sent, parts[i].iov_len);

    sent -= skip;
    if (skip < parts[i].iov_len)
      keep (self, (const char *) parts[i].iov_base + skip, parts[i].iov_len - skip);
  }
}

/* One sendmsg(); @ret_sent is 0 when the socket takes nothing. */
static gboolean
transmit (HnWire *self, const struct iovec *parts, guint n_parts, gsize total, gsize *ret_sent)
{
  struct msghdr message = { .msg_iov = (struct iovec *) parts, .msg_iovlen = n_parts };
  ssize_t n;

  *ret_sent = 0;
  do
    n = n_parts == 1 ? send (self->fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL) : sendmsg (self->fd, &message, MSG_NOSIGNAL);
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

/* Small parts share a record, whole records are sealed where they lie. */
static gboolean
seal (HnWire *self, const struct iovec *parts, guint n_parts)
{
  char record[RECORD_BYTES];
  gsize n = 0;

  for (guint i = 0; i < n_parts; i++) {
    const char *bytes = parts[i].iov_base;
    gsize left = parts[i].iov_len;

    while (left > 0) {
      gsize whole = n == 0 ? left - left % RECORD_BYTES : 0;
      gsize some = MIN (left, RECORD_BYTES - n);

      if (whole > 0) {
        if (hn_tls_stream_write (self->tls, bytes, whole) != HN_TLS_OK)
          return FALSE;
        some = whole;
      } else {
        memcpy (record + n, bytes, some);
        n += some;
      }
      bytes += some;
      left -= some;
      if (n == RECORD_BYTES && hn_tls_stream_write (self->tls, record, n) != HN_TLS_OK)
        return FALSE;
      n %= RECORD_BYTES;
    }
  }
  return hn_tls_stream_write (self->tls, record, n) == HN_TLS_OK;
}

/* Collects all records and sends them at once; behind bytes that wait already they only wait, too. */
static gboolean
send_sealed (HnWire *self, const struct iovec *parts, guint n_parts, gsize total)
{
  gboolean collect = self->out == NULL && total <= HN_LIMIT_TUNNEL_BUFFER_BYTES;
  struct iovec all;
  gboolean ok;
  gsize sent = 0;

  self->sealed = collect ? hn_poller_second_scratch (self->poller) : NULL;
  self->n_sealed = 0;
  self->sending = TRUE;
  ok = seal (self, parts, n_parts);
  self->sending = FALSE;
  all = (struct iovec){ self->sealed, self->n_sealed };
  self->sealed = NULL;
  if (!ok)
    self->deaf = self->readable = TRUE;
  if (!ok || !collect)
    return ok;
  if (self->writable && !transmit (self, &all, 1, all.iov_len, &sent))
    return FALSE;
  keep_rest (self, &all, 1, sent);
  return TRUE;
}

gboolean
hn_wire_send (HnWire *self, const struct iovec *parts, guint n_parts)
{
  gsize total = 0;
  gsize sent = 0;

  if (self->deaf)
    return FALSE;
  for (guint i = 0; i < n_parts; i++)
    total += parts[i].iov_len;
  if (total == 0)
    return TRUE;
  if (self->tls != NULL)
    return send_sealed (self, parts, n_parts, total);
  if (self->out == NULL && self->writable && !transmit (self, parts, n_parts, total, &sent))
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
  if (self->out == NULL) {
    self->provoked = 0;
    if (self->fin)
      shutdown (self->fd, SHUT_WR);
    self->fin = FALSE;
  }
  return TRUE;
}

/* One piece at a time waits, so that a fast sender notices a slow receiver. */
static gboolean
offer_sealed (HnWire *self, const char *bytes, gsize n_bytes, gsize *ret_taken)
{
  struct iovec part = { (char *) bytes, MIN (n_bytes, OFFERED_BYTES_MAX) };

  if (!hn_wire_flush (self))
    return FALSE;
  if (self->out != NULL) {
    *ret_taken = 0;
    return TRUE;
  }
  if (!hn_wire_send (self, &part, 1))
    return FALSE;
  *ret_taken = part.iov_len;
  return TRUE;
}

gboolean
hn_wire_offer (HnWire *self, const char *bytes, gsize n_bytes, gsize *ret_taken)
{
  ssize_t n;

  if (self->tls != NULL)
    return offer_sealed (self, bytes, n_bytes, ret_taken);
  n = send (self->fd, bytes, n_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
    return FALSE;
  *ret_taken = n < 0 ? 0 : (gsize) n;
  return TRUE;
}

/* As many whole and broken parts as may wait sealed at a time. */
static gboolean
offer_parts_sealed (HnWire *self, const struct iovec *parts, guint n_parts, gsize *ret_taken)
{
  struct iovec copy[HN_WIRE_OFFERED_PARTS];
  gsize total = 0;
  guint n = 0;

  if (!hn_wire_flush (self))
    return FALSE;
  for (; n < n_parts && total < OFFERED_BYTES_MAX && self->out == NULL; n++) {
    copy[n] = parts[n];
    copy[n].iov_len = MIN (parts[n].iov_len, OFFERED_BYTES_MAX - total);
    total += copy[n].iov_len;
  }
  if (total > 0 && !send_sealed (self, copy, n, total))
    return FALSE;
  *ret_taken = total;
  return TRUE;
}

gboolean
hn_wire_offer_parts (HnWire *self, const struct iovec *parts, guint n_parts, gsize *ret_taken)
{
  gsize total = 0;
  gsize sent = 0;

  g_return_val_if_fail (n_parts <= HN_WIRE_OFFERED_PARTS, FALSE);
  if (self->tls != NULL)
    return offer_parts_sealed (self, parts, n_parts, ret_taken);
  for (guint i = 0; i < n_parts; i++)
    total += parts[i].iov_len;
  if (!hn_wire_flush (self))
    return FALSE;
  if (self->out == NULL && self->writable && !transmit (self, parts, n_parts, total, &sent))
    return FALSE;
  *ret_taken = sent;
  return TRUE;
}

void
hn_wire_shutdown (HnWire *self)
{
  if (self->tls != NULL) {
    self->sending = TRUE;
    hn_tls_stream_end (self->tls);
    self->sending = FALSE;
    self->fin = TRUE;
    hn_wire_flush (self);
    return;
  }
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
  if (self->tls != NULL && hn_tls_stream_has_more (self->tls))
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

gboolean
hn_wire_is_blocked (HnWire *self)
{
  return self->out != NULL || !self->writable;
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
  g_clear_pointer (&self->tls, hn_tls_stream_free);
  g_clear_pointer (&self->hello, g_byte_array_unref);
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
