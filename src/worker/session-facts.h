/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api/worker-api.h"
#include "base/config.h"
#include "net/process.h"
#include "worker/place.h"
#include "worker/ports.h"
#include "worker/turn-io.h"

typedef struct _HnHttpClient HnHttpClient; /* net/http-client, for the jobs */

/* What is known about one session. Owned by session-io; the jobs that start, ready and clean up a session read it, and note here
 * what they made, so that the clean-up finds it. */
typedef struct {
  const HnConfig *config;
  const HnWorkerPlace *place;
  const char *loopback;    /* address on which web-server listens */
  HnHttpClient *client;
  HnTurnIo *turn;
  char *id;
  HnCreateRequest *request;
  char *user;              /* X-Forwarded-User and the client's name in Sunshine: fresh for each session */
  HnSlot slot;
  gboolean has_slot;
  gint64 rtt_us;           /* to the body */
  char *directory;         /* (nullable) */
  HnProcess *process;      /* (nullable) until it has ended */
  gboolean has_host;
  guint32 host_id;
  gboolean may_be_paired;  /* a pairing was begun */
  gboolean launched;       /* hydrabody was told to launch */
  char *stream_path;       /* (nullable) */
} HnSessionFacts;
