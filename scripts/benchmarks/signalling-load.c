/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "histogram.h"
#include "websocket.h"

#include <sys/resource.h>

/* The load on every signalling server of the benchmark, one thread, the same for all:
 *
 *   bench-signalling-load TARGETS SENDERS BYTES AT_ONCE [echo]
 *
 * TARGETS has a line for each socket, tabs between: number of its room, host, port, path, what it says first (or -), `greeted` if a message from the server
 * ends its joining (or -), and its message with an @ where the generator writes who speaks, the number and the time. SENDERS members of each room speak
 * (0: all), messages come to the others with BYTES bytes, AT_ONCE sockets are joined at a time; `echo`: who speaks hears it too. Prints a line of JSON
 * when all have joined, then obeys its input, each with a line of JSON:
 *
 *   fan WINDOW MS     each speaker says WINDOW messages in one write, waits until its room has them, says the next
 *   pace RATE MS      RATE messages a second, rooms and speakers in turn, on time; counts what crosses from one host to another (if there are two) apart
 *   <end>             it ends
 *
 * Each socket must get each message of each speaker once and in order. Whatever goes wrong ends it with status 1; so does its alarm. */

#define ALARM_SECONDS 300
#define MARK "hnb:"
#define MARK_BYTES 41 /* hnb:SPEAKER:NUMBER:TIME: */
#define LOST_NS 10000000000
#define WINDOW_MAX 100
#define MESSAGE_MAX 4096

typedef enum { CONNECTING, UPGRADING, JOINING, JOINED } State;

typedef struct Room Room;

typedef struct {
  int fd;
  State state;
  Room *room;
  int room_number, number; /* of its room, and in it */
  struct sockaddr_in address;
  char *path, *hello, *before, *after; /* the two parts of its message */
  bool greeted;
  int64_t since_ns;
  uint8_t *in; /* an unfinished frame */
  size_t in_bytes, in_size;
  uint8_t *out; /* what the kernel did not take */
  size_t out_bytes;
  uint64_t said; /* messages */
  int64_t left;  /* deliveries of its window */
} Socket;

struct Room {
  Socket **members;
  uint64_t *heard; /* by member and speaker */
  int n, n_speakers;
};

static struct {
  int epoll;
  Socket *sockets;
  Room *rooms;
  int n_sockets, n_rooms, speakers, at_once;
  size_t padding, bytes, came_bytes;
  bool echo, speaking;
  int window, joined, joining;
  uint64_t said, came, other, bytes_in;
  int64_t left; /* deliveries of all */
  Histogram joins, all, across, late;
} run;

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

static void
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

static void
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

/* Waits for what comes, at most until @until_ns; true if the input has something. */
static bool
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

static void
wait_for_all (void)
{
  int64_t until_ns = now_ns () + LOST_NS;
  uint64_t before = run.came;

  while (run.left > 0) {
    turn (until_ns);
    if (run.came != before)
      until_ns = now_ns () + LOST_NS;
    before = run.came;
    if (now_ns () >= until_ns) {
      fprintf (stderr, "%lld deliveries did not come\n", (long long) run.left);
      errno = 0;
      die ("lost");
    }
  }
}

/* Everybody joins; the first speaker of each room is heard, and messages get the length that is asked for. */
static void
join_all (void)
{
  for (int next = 0; run.joined < run.n_sockets;) {
    int64_t until_ns = now_ns () + LOST_NS;
    int before = run.joined;

    while (next < run.n_sockets && run.joining < run.at_once)
      join (&run.sockets[next++]);
    while (run.joined == before && now_ns () < until_ns)
      turn (until_ns);
    errno = 0;
    if (run.joined == before)
      die ("joining took too long");
  }
  for (int i = 0; i < run.n_rooms; i++) {
    say (run.rooms[i].members[0], 1, now_ns ());
    wait_for_all ();
    if (run.came_bytes < run.bytes)
      run.padding += run.bytes - run.came_bytes;
  }
  printf ("{\"sockets\": %d, \"join_p50_us\": %.1f, \"join_p99_us\": %.1f, \"other\": %llu}\n", run.n_sockets, histogram_part_us (&run.joins, 0.5),
          histogram_part_us (&run.joins, 0.99), (unsigned long long) run.other);
  fflush (stdout);
}

/* --- work */

static void
begin (void)
{
  run.said = run.came = run.bytes_in = run.other = 0;
  memset (&run.all, 0, sizeof run.all);
  memset (&run.across, 0, sizeof run.across);
  memset (&run.late, 0, sizeof run.late);
}

static void
report (int64_t since_ns)
{
  printf ("{\"seconds\": %.6f, \"messages\": %llu, \"deliveries\": %llu, \"bytes\": %zu, \"bytes_in\": %llu, \"other\": %llu, \"p50_us\": %.1f, \"p99_us\": %.1f, "
          "\"across\": %llu, \"across_p50_us\": %.1f, \"across_p99_us\": %.1f, \"late_p99_us\": %.1f}\n",
          (double) (now_ns () - since_ns) / 1e9, (unsigned long long) run.said, (unsigned long long) run.came, run.came_bytes, (unsigned long long) run.bytes_in,
          (unsigned long long) run.other, histogram_part_us (&run.all, 0.5), histogram_part_us (&run.all, 0.99), (unsigned long long) run.across.n,
          histogram_part_us (&run.across, 0.5), histogram_part_us (&run.across, 0.99), histogram_part_us (&run.late, 0.99));
  fflush (stdout);
}

static void
fan (int window, int ms)
{
  int64_t since_ns = now_ns (), until_ns = since_ns + (int64_t) ms * 1000000;

  begin ();
  run.window = window;
  run.speaking = true;
  for (int i = 0; i < run.n_rooms; i++)
    for (int k = 0; k < run.rooms[i].n_speakers; k++)
      say (run.rooms[i].members[k], window, now_ns ());
  while (now_ns () < until_ns)
    turn (until_ns);
  run.speaking = false;
  wait_for_all ();
  report (since_ns);
}

static void
pace (int rate, int ms)
{
  int64_t since_ns = now_ns (), count = (int64_t) rate * ms / 1000;

  begin ();
  run.window = 0;
  for (int64_t i = 0; i < count; i++) {
    int64_t due_ns = since_ns + i * 1000000000 / rate;
    Room *room = &run.rooms[i % run.n_rooms];

    while (now_ns () < due_ns)
      turn (due_ns);
    histogram_add (&run.late, now_ns () - due_ns);
    say (room->members[i / run.n_rooms % room->n_speakers], 1, due_ns);
    if (i % 16 == 0)
      turn (0);
  }
  wait_for_all ();
  report (since_ns);
}

static void
obey (void)
{
  char line[128];
  int first, ms;

  for (;;) {
    while (!turn (now_ns () + 1000000000))
      ;
    if (fgets (line, sizeof line, stdin) == NULL)
      return;
    alarm (ALARM_SECONDS);
    if (sscanf (line, "fan %d %d", &first, &ms) == 2 && first <= WINDOW_MAX)
      fan (first, ms);
    else if (sscanf (line, "pace %d %d", &first, &ms) == 2)
      pace (first, ms);
    else
      die ("no such job");
  }
}

/* --- who is where */

static void
take_line (char *line, Socket *self)
{
  char *fields[7], *at;
  int n = 0, room;

  for (char *one = strtok (line, "\t\n"); one != NULL && n < 7; one = strtok (NULL, "\t\n"))
    fields[n++] = strdup (one);
  if (n != 7 || (at = strchr (fields[6], '@')) == NULL || strlen (fields[6]) + run.bytes > MESSAGE_MAX / 2)
    die ("a line of the targets");
  room = atoi (fields[0]);
  self->address = address_of (fields[1], fields[2]);
  self->path = fields[3];
  self->hello = strcmp (fields[4], "-") == 0 ? (char *) "" : fields[4];
  self->greeted = strcmp (fields[5], "greeted") == 0;
  self->before = fields[6];
  self->after = at + 1;
  *at = '\0';
  if (room >= run.n_rooms) {
    run.rooms = realloc (run.rooms, (size_t) (room + 1) * sizeof *run.rooms);
    memset (run.rooms + run.n_rooms, 0, (size_t) (room + 1 - run.n_rooms) * sizeof *run.rooms);
    run.n_rooms = room + 1;
  }
  self->number = run.rooms[room].n++;
  self->room_number = room;
}

static void
read_targets (const char *path)
{
  FILE *file = fopen (path, "r");
  char line[MESSAGE_MAX];

  if (file == NULL)
    die (path);
  while (fgets (line, sizeof line, file) != NULL)
    run.n_sockets++;
  run.sockets = calloc ((size_t) run.n_sockets, sizeof *run.sockets);
  rewind (file);
  for (int i = 0; i < run.n_sockets && fgets (line, sizeof line, file) != NULL; i++)
    take_line (line, &run.sockets[i]);
  fclose (file);
  for (int i = 0; i < run.n_rooms; i++) {
    Room *room = &run.rooms[i];

    room->n_speakers = run.speakers == 0 || run.speakers > room->n ? room->n : run.speakers;
    room->members = calloc ((size_t) room->n, sizeof *room->members);
    room->heard = calloc ((size_t) room->n * (size_t) room->n_speakers, sizeof *room->heard);
  }
  for (int i = 0; i < run.n_sockets; i++) {
    Socket *self = &run.sockets[i];

    self->room = &run.rooms[self->room_number];
    self->room->members[self->number] = self;
  }
}

int
main (int argc, char **argv)
{
  struct epoll_event input = { .events = EPOLLIN, .data.ptr = NULL };
  struct rlimit files;

  if (argc < 5)
    die ("usage: see the source");
  alarm (ALARM_SECONDS);
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  run.speakers = atoi (argv[2]);
  run.bytes = (size_t) atoi (argv[3]);
  run.at_once = atoi (argv[4]);
  run.echo = argc > 5 && strcmp (argv[5], "echo") == 0;
  read_targets (argv[1]);
  run.epoll = epoll_create1 (EPOLL_CLOEXEC);
  join_all ();
  setvbuf (stdin, NULL, _IONBF, 0);
  if (epoll_ctl (run.epoll, EPOLL_CTL_ADD, 0, &input) != 0)
    die ("input");
  obey ();
  return 0;
}
