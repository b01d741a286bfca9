/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sockets.h"

#include <sys/timerfd.h>
#include <sys/uio.h>

/* The web-server behind every proxy of the benchmark: `bench-upstream HOST PORT`, one thread, as cheap as possible. The last segment of a path
 * says what is wanted: `64k.bin` or `8k.html` a body of that size, `upload` takes a body. An upgrade is answered 101 and then speaks
 * plain bytes: `echo` returns them, `sink` throws them away, `source` sends without end, `video` sends 40,000 bytes each 16 ms (20 Mbit/s). */

#define FRAME_BYTES 40000
#define FRAME_MS 16
#define PAGE_BYTES (1024 * 1024)
#define VIDEOS_MAX 1024

typedef enum { HEAD, BODY, ANSWER, ECHO, SINK, SOURCE, VIDEO } Mode;

typedef struct {
  int fd;
  Mode mode;
  bool close;
  size_t in_bytes;
  char *in;          /* while a head is incomplete */
  int64_t left;      /* of the body that comes or goes */
  char *out;         /* head that goes, or bytes to echo */
  size_t out_bytes, out_sent;
  const char *filler;
  int slot;          /* among the videos, or -1 */
} Conn;

static int epoll;
static char scratch[SCRATCH_BYTES], plain[PAGE_BYTES], page[PAGE_BYTES];
static Conn *videos[VIDEOS_MAX];

static void
make_fillers (void)
{
  static const char start[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Stream</title>\n</head>\n<body>\n";
  static const char line[] = "<p class=\"a\">A <b>page</b> like any other, with <a href=\"/x?y=1&amp;z=2\">links</a> &mdash; and some text.</p>\n";

  memset (plain, 'x', sizeof plain);
  memcpy (page, start, sizeof start - 1);
  for (size_t at = sizeof start - 1; at < sizeof page; at += sizeof line - 1)
    memcpy (page + at, line, sizeof page - at < sizeof line - 1 ? sizeof page - at : sizeof line - 1);
}

static void
drop (Conn *self)
{
  close (self->fd);
  if (self->slot >= 0)
    videos[self->slot] = NULL;
  free (self->in);
  free (self->out);
  free (self);
}

/* false when the socket takes no more now; -1 in @broken when it is of no more use */
static bool
push (Conn *self, bool *broken)
{
  while (self->out_sent < self->out_bytes || self->left > 0) {
    struct iovec parts[2] = { { self->out + self->out_sent, self->out_bytes - self->out_sent },
                              { (char *) self->filler, (size_t) (self->left < PAGE_BYTES ? self->left : PAGE_BYTES) } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t n = sendmsg (self->fd, &message, MSG_NOSIGNAL);
    size_t from_head;

    if (n < 0) {
      *broken = errno != EAGAIN;
      return false;
    }
    from_head = (size_t) n < parts[0].iov_len ? (size_t) n : parts[0].iov_len;
    self->out_sent += from_head;
    self->left -= (int64_t) ((size_t) n - from_head);
  }
  return true;
}

static void
say (Conn *self, const char *head)
{
  free (self->out);
  self->out = strdup (head);
  self->out_bytes = strlen (head);
  self->out_sent = 0;
}

static void
answer (Conn *self, const char *path)
{
  const char *name = strrchr (path, '/') + 1;
  bool html = strstr (name, ".html") != NULL;
  char head[512];

  self->left = strncmp (name, "upload", 6) == 0 ? 3 : parse_size (name);
  self->filler = html ? page : plain;
  self->mode = ANSWER;
  snprintf (head, sizeof head,
            "HTTP/1.1 200 OK\r\nServer: upstream\r\nDate: Sat, 01 Jan 2022 00:00:00 GMT\r\nContent-Type: %s\r\nContent-Length: %lld\r\n"
            "Last-Modified: Sat, 01 Jan 2022 00:00:00 GMT\r\nETag: \"61cf9980\"\r\nCache-Control: no-cache\r\n%s\r\n",
            html ? "text/html; charset=utf-8" : "application/octet-stream", (long long) self->left, self->close ? "Connection: close\r\n" : "");
  say (self, head);
}

static void
upgrade (Conn *self, const char *path)
{
  const char *name = strrchr (path, '/') + 1;

  say (self, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  self->filler = plain;
  self->left = 0;
  self->mode = *name == 'e' ? ECHO : *name == 's' && name[1] == 'i' ? SINK : *name == 's' ? SOURCE : VIDEO;
  for (int i = 0; self->mode == VIDEO && i < VIDEOS_MAX && self->slot < 0; i++)
    if (videos[i] == NULL) {
      videos[i] = self;
      self->slot = i;
    }
}

/* @head is whole and NUL-terminated. */
static void
take_head (Conn *self, char *head)
{
  char *path = strchr (head, ' ');
  const char *length = field (head, "content-length");
  const char *connection = field (head, "connection");
  bool upgrades = field (head, "upgrade") != NULL;

  self->close = connection != NULL && strncasecmp (connection, "close", 5) == 0;
  if (path == NULL)
    die ("not a request");
  path++;
  *strchr (path, ' ') = '\0';
  self->left = length != NULL ? strtoll (length, NULL, 10) : 0;
  if (upgrades)
    upgrade (self, path);
  else if (self->left > 0)
    self->mode = BODY;
  else
    answer (self, path);
}

/* false when nothing more can be read now */
static bool
read_head (Conn *self, bool *broken)
{
  ssize_t n;
  char *end;

  memcpy (scratch, self->in, self->in_bytes);
  n = recv (self->fd, scratch + self->in_bytes, HEAD_MAX - self->in_bytes, 0);
  if (n <= 0) {
    *broken = n == 0 || errno != EAGAIN;
    return false;
  }
  self->in_bytes += (size_t) n;
  end = memmem (scratch, self->in_bytes, "\r\n\r\n", 4);
  if (end == NULL) {
    self->in = realloc (self->in, HEAD_MAX);
    memcpy (self->in, scratch, self->in_bytes);
    return true;
  }
  n = scratch + self->in_bytes - end - 4;
  self->in_bytes = 0;
  end[3] = '\0';
  take_head (self, scratch);
  if (n > 0 && self->mode == BODY && (self->left -= n) == 0)
    answer (self, "/upload");
  return true;
}

static bool
discard (Conn *self, int64_t most, bool *broken, int64_t *ret_n)
{
  ssize_t n = recv (self->fd, NULL, (size_t) (most < (1 << 30) ? most : (1 << 30)), MSG_TRUNC);

  if (n <= 0) {
    *broken = n == 0 || errno != EAGAIN;
    return false;
  }
  *ret_n = n;
  return true;
}

static bool
echo (Conn *self, bool *broken)
{
  ssize_t n = recv (self->fd, scratch, sizeof scratch, 0);

  if (n <= 0) {
    *broken = n == 0 || errno != EAGAIN;
    return false;
  }
  if (send (self->fd, scratch, (size_t) n, MSG_NOSIGNAL) != n)
    die ("echo");
  return true;
}

/* One step; false when this connection must wait. */
static bool
step (Conn *self, bool *broken)
{
  int64_t n = 0;

  switch (self->mode) {
  case HEAD:
    return read_head (self, broken);
  case BODY:
    if (!discard (self, self->left, broken, &n))
      return false;
    if ((self->left -= n) == 0)
      answer (self, "/upload");
    return true;
  case ANSWER:
    if (!push (self, broken))
      return false;
    *broken = self->close;
    self->mode = HEAD;
    return !self->close;
  case ECHO:
    return push (self, broken) && echo (self, broken);
  case SINK:
    return push (self, broken) && discard (self, 1 << 30, broken, &n);
  case SOURCE:
    self->left = PAGE_BYTES;
    return push (self, broken);
  case VIDEO:
    if (!push (self, broken) && *broken)
      return false;
    return discard (self, 1 << 30, broken, &n);
  }
  return false;
}

static void
run (Conn *self)
{
  bool broken = false;

  while (step (self, &broken))
    ;
  if (broken)
    drop (self);
}

static void
tick (int timer)
{
  static uint64_t now;
  uint64_t passed = 0;

  if (read (timer, &passed, sizeof passed) < 0)
    return;
  for (; passed > 0; passed--, now++)
    for (size_t i = now % FRAME_MS; i < VIDEOS_MAX; i += FRAME_MS)
      if (videos[i] != NULL) {
        bool broken = false;

        videos[i]->left += FRAME_BYTES;
        push (videos[i], &broken);
        if (broken) /* its own event ends it: it may be among those already fetched */
          shutdown (videos[i]->fd, SHUT_RDWR);
      }
}

static void
accept_all (int listener)
{
  int fd;

  while ((fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    Conn *conn = calloc (1, sizeof *conn);

    conn->fd = fd;
    conn->slot = -1;
    no_delay (fd);
    watch (epoll, fd, conn);
  }
}

static int
listen_on (const char *host, const char *port)
{
  struct sockaddr_in address = address_of (host, port);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind (fd, (struct sockaddr *) &address, sizeof address) != 0 || listen (fd, 16384) != 0)
    die ("listen");
  return fd;
}

int
main (int argc, char **argv)
{
  static char listening, ticking; /* marks, not connections */
  struct epoll_event events[256];
  struct itimerspec every_ms = { { 0, 1000000 }, { 0, 1000000 } };
  int listener, timer;

  if (argc != 3)
    die ("usage: bench-upstream HOST PORT");
  make_fillers ();
  epoll = epoll_create1 (EPOLL_CLOEXEC);
  listener = listen_on (argv[1], argv[2]);
  timer = timerfd_create (CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  timerfd_settime (timer, 0, &every_ms, NULL);
  watch (epoll, listener, &listening);
  watch (epoll, timer, &ticking);
  puts ("ready");
  fflush (stdout);
  for (;;) {
    int n = epoll_wait (epoll, events, 256, -1);

    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr == &listening)
        accept_all (listener);
      else if (events[i].data.ptr == &ticking)
        tick (timer);
      else
        run (events[i].data.ptr);
    }
  }
}
