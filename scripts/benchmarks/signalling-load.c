/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signalling-sockets.h"

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

/* --- joining */

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
