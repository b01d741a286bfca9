/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signalling-sockets.h"

#define MARK "hnb:"
#define MARK_BYTES 41 /* hnb:SPEAKER:NUMBER:TIME: */

Run run;

static char scratch[SCRATCH_BYTES];

/* --- what is said */

static size_t
put_message (uint8_t *out, Socket *self, int64_t at_ns)
{
  uint8_t key[4] = { 0x5a, 0x11, 0xc3, 0x7e };
  size_t before = strlen (self->before), after = strlen (self->after);
  size_t n_bytes = before + MARK_BYTES + run.padding + after, head = ws_head (out, WS_TEXT, n_bytes, key);
  char mark[MARK_BYTES + 1];
  uint8_t *text = out + head;

  snprintf (mark, sizeof mark, MARK "%05d:%010llu:%019lld:", self->number, (unsigned long long) ++self->said, (long long) at_ns);
  memcpy (text, self->before, before);
  memcpy (text + before, mark, MARK_BYTES);
  memset (text + before + MARK_BYTES, 'x', run.padding);
  memcpy (text + before + MARK_BYTES + run.padding, self->after, after);
  ws_mask (text, n_bytes, key);
  return head + n_bytes;
}

static void
watch_for (Socket *self, uint32_t events, int how)
{
  struct epoll_event event = { .events = events, .data.ptr = self };

  if (epoll_ctl (run.epoll, how, self->fd, &event) != 0)
    die ("epoll_ctl");
}

static void
put (Socket *self, const uint8_t *bytes, size_t n_bytes)
{
  ssize_t n = self->out_bytes > 0 ? 0 : send (self->fd, bytes, n_bytes, MSG_NOSIGNAL);

  if (n < 0 && errno != EAGAIN)
    die ("send");
  n = n < 0 ? 0 : n;
  if ((size_t) n == n_bytes)
    return;
  if (self->out_bytes == 0)
    watch_for (self, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  self->out = realloc (self->out, self->out_bytes + n_bytes - (size_t) n);
  memcpy (self->out + self->out_bytes, bytes + n, n_bytes - (size_t) n);
  self->out_bytes += n_bytes - (size_t) n;
}

static void
flush (Socket *self)
{
  ssize_t n = send (self->fd, self->out, self->out_bytes, MSG_NOSIGNAL);

  if (n < 0 && errno != EAGAIN)
    die ("send");
  n = n < 0 ? 0 : n;
  self->out_bytes -= (size_t) n;
  memmove (self->out, self->out + n, self->out_bytes);
  if (self->out_bytes == 0)
    watch_for (self, EPOLLIN, EPOLL_CTL_MOD);
}

void
say (Socket *self, int count, int64_t at_ns)
{
  static uint8_t out[WINDOW_MAX * MESSAGE_MAX];
  size_t n_bytes = 0;

  for (int i = 0; i < count; i++)
    n_bytes += put_message (out + n_bytes, self, at_ns);
  self->left += (int64_t) count * (self->room->n - (run.echo ? 0 : 1));
  run.left += (int64_t) count * (self->room->n - (run.echo ? 0 : 1));
  run.said += (uint64_t) count;
  put (self, out, n_bytes);
}

/* --- what is heard */

static void
heard (Socket *self, const char *mark, size_t n_bytes)
{
  int speaker = atoi (mark + 4);
  uint64_t number = strtoull (mark + 10, NULL, 10);
  int64_t took_ns = now_ns () - strtoll (mark + 21, NULL, 10);
  Room *room = self->room;
  uint64_t *last;
  Socket *from;

  errno = 0;
  if (speaker < 0 || speaker >= room->n_speakers)
    die ("a message of nobody");
  from = room->members[speaker];
  last = &room->heard[self->number * room->n_speakers + speaker];
  if (from == self && !run.echo)
    die ("an echo");
  if (number != *last + 1) {
    fprintf (stderr, "member %d has %llu of %d after %llu\n", self->number, (unsigned long long) number, speaker, (unsigned long long) *last);
    die ("a message is lost, doubled or out of order");
  }
  *last = number;
  run.came++;
  run.left--;
  run.came_bytes = n_bytes;
  histogram_add (&run.all, took_ns);
  if (from->address.sin_addr.s_addr != self->address.sin_addr.s_addr)
    histogram_add (&run.across, took_ns);
  if (--from->left == 0 && run.speaking && run.window > 0)
    say (from, run.window, now_ns ());
}

static void
joined (Socket *self)
{
  self->state = JOINED;
  run.joined++;
  run.joining--;
  histogram_add (&run.joins, now_ns () - self->since_ns);
}

static void
on_text (Socket *self, const char *text, size_t n_bytes)
{
  const char *mark = memmem (text, n_bytes, MARK, strlen (MARK));

  if (self->state == JOINING)
    joined (self);
  if (mark != NULL && (size_t) (text + n_bytes - mark) >= MARK_BYTES) {
    heard (self, mark, n_bytes);
    return;
  }
  run.other++;
  if (memmem (text, n_bytes, "\"type\":\"error\"", 14) != NULL) {
    fprintf (stderr, "%.*s\n", (int) n_bytes, text);
    die ("an error came");
  }
}

static void
pong (Socket *self, const uint8_t *bytes, size_t n_bytes)
{
  uint8_t key[4] = { 1, 2, 3, 4 }, out[WS_HEAD_MAX + 125];
  size_t head = ws_head (out, WS_PONG, n_bytes, key);

  memcpy (out + head, bytes, n_bytes);
  ws_mask (out + head, n_bytes, key);
  put (self, out, head + n_bytes);
}

static void
on_frame (Socket *self, const WsHead *head, const uint8_t *bytes)
{
  if (head->key != NULL || !head->last)
    die ("a server's frame is masked or a fragment");
  switch (head->opcode) {
  case WS_TEXT:
    on_text (self, (const char *) bytes, head->bytes);
    break;
  case WS_PING:
    pong (self, bytes, head->bytes);
    break;
  case WS_CLOSE:
    fprintf (stderr, "code %d, %.*s\n", head->bytes > 1 ? bytes[0] << 8 | bytes[1] : 1005, (int) (head->bytes > 2 ? head->bytes - 2 : 0), (const char *) bytes + 2);
    die ("the server closed");
    break;
  default:
    break;
  }
}

/* The answer to the upgrade; returns the bytes that were its, 0 if there is not all of it. */
static size_t
upgraded (Socket *self, size_t n_bytes)
{
  char *end = memmem (scratch, n_bytes, "\r\n\r\n", 4);
  uint8_t key[4] = { 9, 8, 7, 6 }, out[MESSAGE_MAX];
  size_t head, hello = strlen (self->hello);

  if (end == NULL)
    return 0;
  if (strncmp (scratch, "HTTP/1.1 101", 12) != 0) {
    fprintf (stderr, "%.*s\n", (int) n_bytes, scratch);
    die ("no upgrade");
  }
  self->state = JOINING;
  if (hello > 0) {
    head = ws_head (out, WS_TEXT, hello, key);
    memcpy (out + head, self->hello, hello);
    ws_mask (out + head, hello, key);
    put (self, out, head + hello);
  }
  if (!self->greeted)
    joined (self);
  return (size_t) (end + 4 - scratch);
}

static void
receive (Socket *self)
{
  size_t done = 0, n_bytes = self->in_bytes;
  ssize_t n;
  WsHead head;

  memcpy (scratch, self->in, n_bytes);
  n = recv (self->fd, scratch + n_bytes, SCRATCH_BYTES - n_bytes, 0);
  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0)
    die ("a connection was lost");
  n_bytes += (size_t) n;
  run.bytes_in += (uint64_t) n;
  if (self->state == UPGRADING)
    done = upgraded (self, n_bytes);
  for (; self->state != UPGRADING && ws_parse ((uint8_t *) scratch + done, n_bytes - done, &head); done += head.head_bytes + head.bytes)
    on_frame (self, &head, (uint8_t *) scratch + done + head.head_bytes);
  self->in_bytes = n_bytes - done;
  if (self->in_bytes == SCRATCH_BYTES)
    die ("too long a message");
  if (self->in_bytes > self->in_size)
    self->in = realloc (self->in, self->in_size = self->in_bytes);
  if (self->in_bytes > 0)
    memcpy (self->in, scratch + done, self->in_bytes);
}

/* --- joining */

void
join (Socket *self)
{
  self->since_ns = now_ns ();
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (self->fd < 0)
    die ("socket");
  no_delay (self->fd);
  if (connect (self->fd, (struct sockaddr *) &self->address, sizeof self->address) != 0 && errno != EINPROGRESS)
    die ("connect");
  watch_for (self, EPOLLOUT, EPOLL_CTL_ADD);
  run.joining++;
}

static void
ask (Socket *self)
{
  char out[MESSAGE_MAX];
  int n = snprintf (out, sizeof out,
                    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Sec-WebSocket-Version: 13\r\n\r\n",
                    self->path);
  int error = 0;
  socklen_t size = sizeof error;

  if (getsockopt (self->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    errno = error;
    die ("connect");
  }
  self->state = UPGRADING;
  watch_for (self, EPOLLIN, EPOLL_CTL_MOD);
  put (self, (uint8_t *) out, (size_t) n);
}

bool
turn (int64_t until_ns)
{
  struct epoll_event events[256];
  int64_t left_ns = until_ns - now_ns ();
  struct timespec wait = { left_ns > 0 ? left_ns / 1000000000 : 0, left_ns > 0 ? left_ns % 1000000000 : 0 };
  int n = epoll_pwait2 (run.epoll, events, 256, &wait, NULL);
  bool asked = false;

  for (int i = 0; i < n; i++) {
    Socket *self = events[i].data.ptr;

    if (self == NULL) {
      asked = true;
      continue;
    }
    if (self->state == CONNECTING) {
      ask (self);
      continue;
    }
    if (events[i].events & EPOLLOUT && self->out_bytes > 0)
      flush (self);
    if (events[i].events & ~(uint32_t) EPOLLOUT)
      receive (self);
  }
  return asked;
}
