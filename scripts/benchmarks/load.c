/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sockets.h"

/* The load on every proxy of the benchmark, one thread, the same bytes for all:
 *
 *   bench-load HOST PORT requests PATH COUNT CONNECTIONS keep|close   GETs, answers checked for status and length
 *   bench-load HOST PORT upload PATH BYTES                            one POST
 *   bench-load HOST PORT down|up PATH BYTES CONNECTIONS               through upgraded connections, all together
 *   bench-load HOST PORT video PATH SECONDS CONNECTIONS               reads what comes
 *   bench-load HOST PORT ping PATH COUNT                              100 bytes there and back, one at a time
 *   bench-load HOST PORT hold PATH CONNECTIONS keep|tunnel            idle after one answer; says `ready`, ends with its input
 *
 * Prints one line of JSON. Whatever goes wrong ends it with status 1; so does its alarm after three minutes. */

#define ALARM_SECONDS 180
#define PING_BYTES 100
#define COUNT_MAX 1000000

typedef enum { REQUESTS, UPLOAD, DOWN, UP, VIDEO, PING, HOLD } Job;

typedef struct {
  int fd;
  bool writable;
  bool tunnel;      /* upgraded */
  bool in_body;
  bool chunked;
  int64_t left;     /* of the answer's body */
  int64_t to_send;  /* of an upload */
  char tail[5];     /* last bytes of a chunked body */
  size_t in_bytes;
  char *in;         /* an unfinished head */
  size_t sent;      /* of the request's head */
  int64_t since_ns;
  int64_t got;
} Conn;

static struct {
  Job job;
  struct sockaddr_in address;
  char request[4096];
  size_t request_bytes;
  int64_t count;     /* requests, bytes, ns or pings wanted */
  int connections;
  bool close;
  int64_t begun, ended, bytes;
  int open, ready;
  int64_t *times;
  int64_t until_ns;
} run;

static int epoll;
static char scratch[SCRATCH_BYTES];

static void start (Conn *self);

static void
make_request (const char *host, const char *port, const char *path)
{
  bool upgrade = run.job >= DOWN && run.job <= PING;
  char length[128] = "";

  if (run.job == UPLOAD)
    snprintf (length, sizeof length, "Content-Type: application/octet-stream\r\nContent-Length: %lld\r\n", (long long) run.count);
  run.request_bytes = (size_t) snprintf (
    run.request, sizeof run.request,
    "%s %s HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n"
    "Accept: */*\r\nAccept-Language: en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\nReferer: http://%s:%s/session/0/\r\n"
    "Cookie: mlSession=0123456789abcdef0123456789abcdef\r\n%s%s\r\n",
    run.job == UPLOAD ? "POST" : "GET", path, host, port, host, port, length,
    upgrade ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    : run.close ? "Connection: close\r\n" : "");
}

static void
connect_it (Conn *self)
{
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  self->writable = false;
  if (self->fd < 0)
    die ("socket");
  no_delay (self->fd);
  if (connect (self->fd, (struct sockaddr *) &run.address, sizeof run.address) != 0 && errno != EINPROGRESS)
    die ("connect");
  watch (epoll, self->fd, self);
}

static void
quit (Conn *self)
{
  close (self->fd);
  self->fd = -1;
  run.open--;
}

/* Sends what is left of the request; false when it must wait. */
static bool
push (Conn *self)
{
  while (self->writable && (self->sent < run.request_bytes || self->to_send > 0)) {
    bool head = self->sent < run.request_bytes;
    size_t size = head ? run.request_bytes - self->sent : (size_t) (self->to_send < SCRATCH_BYTES ? self->to_send : SCRATCH_BYTES);
    ssize_t n = send (self->fd, head ? run.request + self->sent : scratch, size, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN)
      die ("send");
    if (n < 0)
      self->writable = false;
    else if (head)
      self->sent += (size_t) n;
    else
      self->to_send -= n;
  }
  return self->sent == run.request_bytes && self->to_send == 0;
}

static void
answered (Conn *self)
{
  self->in_body = false;
  run.ended++;
  if (run.job == HOLD) {
    run.ready++;
    return;
  }
  if (run.close) {
    close (self->fd);
    self->fd = -1;
  }
  if (run.job == UPLOAD || run.begun >= run.count) {
    if (self->fd >= 0)
      close (self->fd);
    self->fd = -1;
    run.open--;
    return;
  }
  if (self->fd < 0)
    connect_it (self);
  start (self);
}

static void
start (Conn *self)
{
  run.begun++;
  self->sent = 0;
  self->to_send = run.job == UPLOAD ? run.count : 0;
  push (self);
}

static void
begin_tunnel (Conn *self)
{
  self->tunnel = true;
  run.ready++;
  if (run.job == UP)
    self->to_send = run.count / run.connections;
  if (run.job == PING)
    self->since_ns = now_ns ();
  if (run.job == PING && send (self->fd, scratch, PING_BYTES, MSG_NOSIGNAL) != PING_BYTES)
    die ("ping");
}

/* @bytes of the body have come; false when the connection now serves something else, or nothing. */
static bool
took (Conn *self, const char *bytes, size_t n)
{
  run.bytes += (int64_t) n;
  if (self->chunked) {
    size_t keep = n < sizeof self->tail ? n : sizeof self->tail;

    memmove (self->tail, self->tail + keep, sizeof self->tail - keep);
    memcpy (self->tail + sizeof self->tail - keep, bytes + n - keep, keep);
    if (memcmp (self->tail, "0\r\n\r\n", 5) != 0)
      return true;
  } else if ((self->left -= (int64_t) n) > 0) {
    return true;
  } else if (self->left < 0) {
    die ("an answer is too long");
  }
  answered (self);
  return false;
}

static bool
take_head (Conn *self, char *head, const char *rest, size_t n)
{
  const char *length = field (head, "content-length");
  const char *coding = field (head, "transfer-encoding");
  int status = strlen (head) > 12 ? atoi (head + 9) : 0;

  if (run.request_bytes > 0 && strstr (run.request, "Upgrade: websocket") != NULL) {
    if (status != 101)
      die ("no upgrade");
    begin_tunnel (self);
    self->got += (int64_t) n;
    run.bytes += (int64_t) n;
    return true;
  }
  if (status != 200 || (length == NULL && coding == NULL)) {
    fprintf (stderr, "%.200s\n", head);
    die ("answer");
  }
  self->in_body = true;
  self->chunked = coding != NULL;
  self->left = length != NULL ? strtoll (length, NULL, 10) : 0;
  return took (self, rest, n);
}

static bool
read_head (Conn *self)
{
  ssize_t n;
  char *end;

  memcpy (scratch, self->in, self->in_bytes);
  n = recv (self->fd, scratch + self->in_bytes, SCRATCH_BYTES - self->in_bytes, 0);
  if (n < 0 && errno == EAGAIN)
    return false;
  if (n <= 0)
    die ("lost before the answer");
  self->in_bytes += (size_t) n;
  end = memmem (scratch, self->in_bytes, "\r\n\r\n", 4);
  if (end == NULL) {
    self->in = realloc (self->in, SCRATCH_BYTES);
    memcpy (self->in, scratch, self->in_bytes);
    return true;
  }
  n = scratch + self->in_bytes - end - 4;
  end[2] = '\0';
  self->in_bytes = 0;
  return take_head (self, scratch, end + 4, (size_t) n);
}

static bool
read_body (Conn *self)
{
  ssize_t n = self->chunked ? recv (self->fd, scratch, SCRATCH_BYTES, 0) : recv (self->fd, NULL, 1 << 30, MSG_TRUNC);

  if (n < 0 && errno == EAGAIN)
    return false;
  if (n <= 0)
    die ("cut in the answer");
  return took (self, scratch, (size_t) n);
}

static bool
pong (Conn *self)
{
  ssize_t n = recv (self->fd, scratch, SCRATCH_BYTES, 0);

  if (n < 0 && errno == EAGAIN)
    return false;
  if (n <= 0)
    die ("ping");
  self->got += n;
  if (self->got < PING_BYTES)
    return true;
  self->got = 0;
  run.times[run.ended++] = now_ns () - self->since_ns;
  if (run.ended >= run.count) {
    quit (self);
    return false;
  }
  self->since_ns = now_ns ();
  return send (self->fd, scratch, PING_BYTES, MSG_NOSIGNAL) == PING_BYTES;
}

/* What happens on an upgraded connection; false when it must wait. */
static bool
step_tunnel (Conn *self)
{
  ssize_t n;

  if (run.job == PING)
    return pong (self);
  if (run.job == UP) {
    if (!push (self))
      return false;
    if (!self->in_body)
      shutdown (self->fd, SHUT_WR);
    self->in_body = true;
  }
  n = recv (self->fd, NULL, 1 << 30, MSG_TRUNC);
  if (n < 0 && errno == EAGAIN)
    return false;
  if (n < 0 || (n == 0 && run.job != UP))
    die ("tunnel");
  self->got += n;
  run.bytes += n;
  if (n == 0 || (run.job == DOWN && self->got >= run.count / run.connections)) {
    quit (self);
    return false;
  }
  return true;
}

static void
on_event (Conn *self, uint32_t events)
{
  if (events & EPOLLOUT)
    self->writable = true;
  push (self);
  for (;;) {
    bool more;

    if (self->fd < 0)
      return;
    if (self->tunnel)
      more = step_tunnel (self);
    else
      more = self->in_body ? read_body (self) : self->sent > 0 && read_head (self);
    if (!more)
      return;
  }
}

static int
compare (const void *a, const void *b)
{
  int64_t one = *(const int64_t *) a, other = *(const int64_t *) b;

  return (one > other) - (one < other);
}

static void
report (double seconds)
{
  printf ("{\"seconds\": %.6f, \"units\": %lld, \"bytes\": %lld", seconds, (long long) run.ended, (long long) run.bytes);
  if (run.job == PING) {
    qsort (run.times, (size_t) run.ended, sizeof *run.times, compare);
    printf (", \"p50_us\": %.1f, \"p99_us\": %.1f", (double) run.times[run.ended / 2] / 1e3, (double) run.times[run.ended * 99 / 100] / 1e3);
  }
  puts ("}");
}

static void
turn (int timeout_ms)
{
  struct epoll_event events[256];
  int n = epoll_wait (epoll, events, 256, timeout_ms);

  for (int i = 0; i < n; i++)
    on_event (events[i].data.ptr, events[i].events);
}

/* Opens them in small groups, so that no listen queue overflows. */
static void
hold (void)
{
  for (int i = 0; i < run.connections;) {
    for (int k = 0; k < 50 && i < run.connections; k++, i++) {
      Conn *conn = calloc (1, sizeof *conn);

      connect_it (conn);
      start (conn);
    }
    while (run.ready < i)
      turn (1000);
  }
  puts ("ready");
  fflush (stdout);
  while (read (0, scratch, 1) > 0)
    ;
}

static void
all (void)
{
  int64_t begun_ns = now_ns ();

  run.until_ns = run.job == VIDEO ? begun_ns + run.count * 1000000000 : INT64_MAX;
  for (int i = 0; i < run.connections; i++) {
    Conn *conn = calloc (1, sizeof *conn);

    run.open++;
    connect_it (conn);
    start (conn);
  }
  while (run.open > 0 && now_ns () < run.until_ns)
    turn (100);
  report ((double) (now_ns () - begun_ns) / 1e9);
}

int
main (int argc, char **argv)
{
  static const char *const jobs[] = { "requests", "upload", "down", "up", "video", "ping", "hold" };

  if (argc < 6)
    die ("usage: see the source");
  for (int i = 0; i < 7; i++)
    if (strcmp (argv[3], jobs[i]) == 0)
      run.job = (Job) i;
  alarm (ALARM_SECONDS);
  run.address = address_of (argv[1], argv[2]);
  run.count = parse_size (argv[5]);
  run.connections = argc > 6 && run.job != HOLD ? atoi (argv[6]) : run.job == HOLD ? (int) run.count : 1;
  run.close = argc > 7 && strcmp (argv[7], "close") == 0;
  make_request (argv[1], argv[2], argv[4]);
  if (run.job == HOLD && argc > 6 && strcmp (argv[6], "tunnel") == 0) {
    run.job = DOWN;
    make_request (argv[1], argv[2], argv[4]);
    run.job = HOLD;
  }
  if (run.job == PING)
    run.times = calloc (COUNT_MAX, sizeof *run.times);
  epoll = epoll_create1 (EPOLL_CLOEXEC);
  if (run.job == HOLD)
    hold ();
  else
    all ();
  return 0;
}
