/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What the load generator and its upstream share. Neither uses the product's code: they are the yardstick. */

#define HEAD_MAX 16384
#define SCRATCH_BYTES (256 * 1024)

static inline _Noreturn void
die (const char *what)
{
  fprintf (stderr, "%s: %s\n", what, errno != 0 ? strerror (errno) : "unexpected");
  exit (1);
}

static inline int64_t
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline struct sockaddr_in
address_of (const char *host, const char *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons ((uint16_t) atoi (port)) };

  if (inet_pton (AF_INET, host, &address.sin_addr) != 1 || (ntohl (address.sin_addr.s_addr) >> 24) != 127)
    die ("loopback only");
  return address;
}

static inline void
watch (int epoll, int fd, void *data)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = data };

  if (epoll_ctl (epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    die ("epoll_ctl");
}

static inline void
no_delay (int fd)
{
  int on = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* `64k`, `1g`, `300` */
static inline int64_t
parse_size (const char *text)
{
  char *end;
  int64_t size = strtoll (text, &end, 10);

  if (*end == 'k')
    size <<= 10;
  else if (*end == 'm')
    size <<= 20;
  else if (*end == 'g')
    size <<= 30;
  return size;
}

/* The value of a field in a NUL-terminated head, or NULL. */
static inline const char *
field (const char *head, const char *name)
{
  size_t length = strlen (name);

  for (const char *line = strstr (head, "\r\n"); line != NULL; line = strstr (line + 2, "\r\n")) {
    const char *value = line + 2 + length;

    if (strncasecmp (line + 2, name, length) == 0 && *value == ':')
      return value + 1 + strspn (value + 1, " ");
  }
  return NULL;
}
