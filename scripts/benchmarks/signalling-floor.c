/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "websocket.h"

/* The least that a relay can do: `bench-signalling-floor HOST PORT`. Path /N is room N; each message goes to all others of the room as it came, by one bare
 * send() each. No rules, no names, no queue: what does not fit into a socket's buffer ends the program. */

#define ROOMS_MAX 10000
#define MEMBERS_MAX 1024
#define BACKLOG 4096

typedef struct {
  int *fds;
  int n;
} Room;

typedef struct {
  int fd;
  Room *room;
  uint8_t in[HEAD_MAX];
  size_t in_bytes;
} Member;

static Room rooms[ROOMS_MAX];
static int epoll;

static void
spread (const Room *room, int from, uint8_t *text, const WsHead *head)
{
  uint8_t *frame = text - head->head_bytes;
  size_t n = ws_head (frame, WS_TEXT, head->bytes, NULL);

  /* the head is shorter without its key: moved up against the text */
  memmove (text - n, frame, n);
  for (int i = 0; i < room->n; i++)
    if (room->fds[i] != from && send (room->fds[i], text - n, n + head->bytes, MSG_NOSIGNAL) != (ssize_t) (n + head->bytes))
      die ("a member does not read");
}

/* Returns the bytes of the request, 0 if there is not all of it. */
static size_t
enter (Member *self)
{
  static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  char *end = memmem (self->in, self->in_bytes, "\r\n\r\n", 4);
  int number = self->in_bytes > 5 ? atoi ((char *) self->in + 5) : 0;

  if (end == NULL)
    return 0;
  if (number < 0 || number >= ROOMS_MAX || rooms[number].n == MEMBERS_MAX)
    die ("no such room");
  self->room = &rooms[number];
  if (self->room->fds == NULL)
    self->room->fds = calloc (MEMBERS_MAX, sizeof (int));
  self->room->fds[self->room->n++] = self->fd;
  if (send (self->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
    die ("send");
  return (size_t) (end + 4 - (char *) self->in);
}

static void
quit (Member *self)
{
  Room *room = self->room;

  for (int i = 0; room != NULL && i < room->n; i++)
    if (room->fds[i] == self->fd)
      room->fds[i--] = room->fds[--room->n];
  close (self->fd);
  free (self);
}

static void
receive (Member *self)
{
  ssize_t n = recv (self->fd, self->in + self->in_bytes, sizeof self->in - self->in_bytes, 0);
  size_t done = 0;
  WsHead head;

  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0) {
    quit (self);
    return;
  }
  self->in_bytes += (size_t) n;
  if (self->room == NULL)
    done = enter (self);
  for (; self->room != NULL && ws_parse (self->in + done, self->in_bytes - done, &head); done += head.head_bytes + head.bytes) {
    uint8_t *text = self->in + done + head.head_bytes;

    if (head.key != NULL)
      ws_mask (text, head.bytes, head.key);
    if (head.opcode == WS_TEXT)
      spread (self->room, self->fd, text, &head);
  }
  self->in_bytes -= done;
  memmove (self->in, self->in + done, self->in_bytes);
}

static void
take (int listener)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  Member *self = calloc (1, sizeof *self);
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = self };

  if (fd < 0)
    die ("accept");
  no_delay (fd);
  self->fd = fd;
  if (epoll_ctl (epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    die ("epoll_ctl");
}

int
main (int argc, char **argv)
{
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address;
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

  if (argc != 3)
    return 64;
  address = address_of (argv[1], argv[2]);
  setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind (listener, (struct sockaddr *) &address, sizeof address) != 0 || listen (listener, BACKLOG) != 0)
    die ("bind");
  epoll = epoll_create1 (EPOLL_CLOEXEC);
  if (epoll_ctl (epoll, EPOLL_CTL_ADD, listener, &event) != 0)
    die ("epoll_ctl");
  puts ("ready");
  fflush (stdout);
  for (;;) {
    struct epoll_event events[256];
    int n = epoll_wait (epoll, events, 256, -1);

    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr == NULL)
        take (listener);
      else
        receive (events[i].data.ptr);
    }
  }
}
