/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "histogram.h"
#include "websocket.h"

/* The sockets of bench-signalling-load: how they join, speak and hear. Each must get each message of each speaker once and in order; whatever goes wrong ends
 * the program. */

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

typedef struct {
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
} Run;

extern Run run;

void join (Socket *self);

/* Writes @count messages at once, said to be of the time @at_ns. */
void say (Socket *self, int count, int64_t at_ns);

/* Waits for what comes, at most until @until_ns; true if the input has something. */
bool turn (int64_t until_ns);
