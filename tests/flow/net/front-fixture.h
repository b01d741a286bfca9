/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/front.h"

/* A front door on a thread of its own, and plain blocking sockets for its clients and upstreams, so that a test reads like the
 * conversation it tests. Every wait has a limit of TIMEOUT_SECONDS; nothing sleeps. */

#define FIXTURE_HOST "127.0.24.1"
#define FIXTURE_TIMEOUT_SECONDS 8

typedef struct _Fixture Fixture;

struct _Fixture {
  guint16 port;          /* of the front door */
  int upstream_listener; /* of the upstream that `/up…` is routed to */
  HnFrontOptions options; /* may be changed before fixture_start() */
  const HnFilter *filter; /* likewise: for paths that begin with `/up/page` */
  GArray *trusted;
  gboolean narrow; /* clients have a small window and small segments */
  /* (nullable): on the front door's thread, before it opens and after it is gone; may put an API of its own into options.api */
  void (*prepare) (Fixture *self, gboolean up);

  /* What happened; read with fixture_wait_count(). */
  int tunnels_opened;
  int tunnels_closed;
  int upstream_failures;
  int handlers_begun;
  int handlers_cancelled;

  HnFront *front;
  struct _FixtureThread *thread;
};

Fixture *fixture_new (void);
void fixture_start (Fixture *self);
void fixture_free (Fixture *self);

/* Runs @func on the front door's thread and waits for it. */
void fixture_call (Fixture *self, void (*func) (Fixture *self, gpointer data), gpointer data);

/* Waits until the counter @count has reached @at_least; fails the test otherwise. */
void fixture_wait_count (Fixture *self, const int *count, int at_least);

/* Waits until the process has no more than @at_most descriptors: looks again after each turn of the front door's loop. */
void fixture_wait_fds (Fixture *self, guint at_most);

/* Sockets: each call fails the test when it cannot do what it says. */
int fixture_connect (Fixture *self);
int fixture_accept (Fixture *self);
void say (int fd, const char *text);
void say_bytes (int fd, const char *bytes, gsize length);
char *hear_head (int fd);                  /* up to and with the empty line */
char *hear_bytes (int fd, gsize length);   /* exactly so many, NUL added */
char *hear_all (int fd, gboolean *ret_reset); /* (out) (nullable): until the end */
void expect_head (int fd, const char *contains); /* reads a head and frees it */
void expect_end (int fd);                  /* end or reset, and nothing before it */
void expect_closed (int fd);               /* likewise, after whatever */
void wait_for_hang_up (int fd);            /* without taking what is there to read */
guint count_fds (void);
gsize resident_bytes (void);
