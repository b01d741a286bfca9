/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How long a relay keeps a packet, seen from the wire: `bench-mic-wire HOST PORT SECONDS`.
 *
 * Watches the loopback interface. An RTP packet to HOST:PORT has left the relay; one with the same SSRC and sequence number to anywhere else came
 * in before, encrypted: SRTP leaves the header readable. Both times are the kernel's, taken where the packet is handed to its receiver, so that
 * neither the sender's delays nor the reader's are in the difference. Holds HOST:PORT itself, unread: what cannot be delivered would be answered.
 *
 * Prints `ready`, begins at a line on its input, then prints one line of JSON. */

#define TABLE_SLOTS (1u << 20)
#define TIMES_MAX 1000000
#define RECEIVE_BYTES (64 << 20)
#define GRACE_MS 200 /* for what is under way at the end */
#define RTP_HEADER_BYTES 12

typedef struct {
  uint64_t key; /* SSRC, sequence number, 1 */
  int64_t came_ns;
} Slot;

static struct {
  uint32_t host;
  uint16_t port;
  int64_t begin_ns, end_ns;
  Slot slots[TABLE_SLOTS];
  int64_t times[TIMES_MAX];
  size_t in, out;
} wire;

static void
die (const char *what)
{
  perror (what);
  exit (1);
}

static int64_t
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static Slot *
find (uint64_t key)
{
  for (uint64_t i = key * 0x9e3779b97f4a7c15u >> 44;; i++) {
    Slot *slot = &wire.slots[i % TABLE_SLOTS];

    if (slot->key == key || slot->key == 0)
      return slot;
  }
}

static void
see (const uint8_t *ip, size_t n_bytes, int64_t at_ns)
{
  size_t head = (size_t) (ip[0] & 15) * 4 + 8;
  const uint8_t *rtp = ip + head;
  uint32_t ssrc, to;
  uint16_t sequence, port;
  Slot *slot;
  bool leaves;

  if (n_bytes < head + RTP_HEADER_BYTES || ip[9] != IPPROTO_UDP || rtp[0] >> 6 != 2 || (rtp[1] & 0x7f) < 96)
    return;
  memcpy (&to, ip + 16, sizeof to);
  memcpy (&port, rtp - 6, sizeof port);
  memcpy (&sequence, rtp + 2, sizeof sequence);
  memcpy (&ssrc, rtp + 8, sizeof ssrc);
  leaves = to == wire.host && port == wire.port;
  slot = find ((uint64_t) ssrc << 32 | (uint64_t) sequence << 1 | 1);
  if (!leaves && at_ns >= wire.begin_ns && at_ns < wire.end_ns && slot->key == 0) {
    *slot = (Slot){ (uint64_t) ssrc << 32 | (uint64_t) sequence << 1 | 1, at_ns };
    wire.in++;
  } else if (leaves && slot->key != 0 && slot->came_ns != 0 && wire.out < TIMES_MAX) {
    wire.times[wire.out++] = at_ns - slot->came_ns;
    slot->came_ns = 0;
  }
}

static void
receive (int fd)
{
  uint8_t bytes[2048];
  union {
    char space[CMSG_SPACE (sizeof (struct timespec))];
    struct cmsghdr align;
  } control;
  struct sockaddr_ll from;
  struct iovec part = { bytes, sizeof bytes };
  struct msghdr message = { &from, sizeof from, &part, 1, &control, sizeof control, 0 };
  ssize_t n_bytes = recvmsg (fd, &message, 0);
  struct timespec at = { 0 };

  if (n_bytes < 20 || from.sll_pkttype == PACKET_OUTGOING) /* loopback shows each packet twice */
    return;
  for (struct cmsghdr *each = CMSG_FIRSTHDR (&message); each != NULL; each = CMSG_NXTHDR (&message, each))
    if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SCM_TIMESTAMPNS)
      memcpy (&at, CMSG_DATA (each), sizeof at);
  see (bytes, (size_t) n_bytes, at.tv_sec * 1000000000LL + at.tv_nsec);
}

static int
open_wire (void)
{
  int fd = socket (AF_PACKET, SOCK_DGRAM, htons (ETH_P_IP));
  struct sockaddr_ll on = { .sll_family = AF_PACKET, .sll_protocol = htons (ETH_P_IP), .sll_ifindex = (int) if_nametoindex ("lo") };
  int yes = 1, bytes = RECEIVE_BYTES;

  if (fd < 0)
    die ("bench-mic-wire: a packet socket (needs root)");
  setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  if (setsockopt (fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) != 0 || bind (fd, (struct sockaddr *) &on, sizeof on) != 0)
    die ("bench-mic-wire");
  return fd;
}

static void
hold (void)
{
  int fd = socket (AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = wire.port, .sin_addr.s_addr = wire.host };
  int bytes = 1;

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0 || bind (fd, (struct sockaddr *) &at, sizeof at) != 0)
    die ("bench-mic-wire: bind");
}

static int
compare (const void *a, const void *b)
{
  int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

  return (x > y) - (x < y);
}

int
main (int argc, char **argv)
{
  char line[16];
  int fd;

  if (argc != 4)
    return 64;
  wire.host = inet_addr (argv[1]);
  wire.port = htons ((uint16_t) atoi (argv[2]));
  hold ();
  fd = open_wire ();
  printf ("ready\n");
  fflush (stdout);
  if (fgets (line, sizeof line, stdin) == NULL)
    return 0;
  wire.begin_ns = now_ns ();
  wire.end_ns = wire.begin_ns + (int64_t) (atof (argv[3]) * 1e9);
  while (now_ns () < wire.end_ns + GRACE_MS * 1000000LL) {
    struct pollfd ready = { fd, POLLIN, 0 };

    if (poll (&ready, 1, 50) > 0)
      receive (fd);
  }
  qsort (wire.times, wire.out, sizeof wire.times[0], compare);
  printf ("{\"in\": %zu, \"out\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f}\n", wire.in, wire.out,
          wire.out > 0 ? (double) wire.times[wire.out / 2] / 1000 : 0, wire.out > 0 ? (double) wire.times[wire.out * 99 / 100] / 1000 : 0,
          wire.out > 0 ? (double) wire.times[wire.out - 1] / 1000 : 0);
  return 0;
}
