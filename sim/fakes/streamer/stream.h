/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How long a lost peer may take to come back. */
#define SIM_STREAM_LOST_US (G_GINT64_CONSTANT (20200000))

typedef enum {
  SIM_STREAM_NEGOTIATING, /* no peer connection yet */
  SIM_STREAM_CONNECTED,   /* the peer is up, Sunshine has not launched yet */
  SIM_STREAM_LAUNCHED,    /* Sunshine has launched, the peer is not up yet */
  SIM_STREAM_OFFERING,    /* audio and video are offered */
  SIM_STREAM_STREAMING,
  SIM_STREAM_ENDED,
} SimStreamState;

typedef enum {
  SIM_STREAM_PEER_UP,
  SIM_STREAM_PEER_LOST,
  SIM_STREAM_LAUNCH_OK,
  SIM_STREAM_ANSWERED,
  SIM_STREAM_STOP,    /* Exit, the parent, or a failed launch */
  SIM_STREAM_TIME_UP, /* the deadline has come */
} SimStreamEvent;

typedef enum {
  SIM_STREAM_DO_NOTHING = 0,
  SIM_STREAM_DO_OFFER = 1 << 0,    /* tell the stages and offer audio and video */
  SIM_STREAM_DO_COMPLETE = 1 << 1, /* start the media and tell ConnectionComplete */
  SIM_STREAM_DO_STOP = 1 << 2,     /* close the peer and tell Stop */
} SimStreamDo;

typedef struct _SimStream SimStream;

/**
 * sim_stream_new:
 *
 * Returns: (transfer full): a stream whose peer is not connected
 */
SimStream *sim_stream_new (void);

/**
 * sim_stream_free:
 * @self: (nullable) (transfer full): a stream
 */
void sim_stream_free (SimStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimStream, sim_stream_free)

/**
 * sim_stream_handle:
 * @self: a stream
 * @event: what has happened
 * @now_us: monotonic time
 *
 * Returns: what must be done now
 */
SimStreamDo sim_stream_handle (SimStream *self, SimStreamEvent event, gint64 now_us);

/**
 * sim_stream_deadline:
 * @self: a stream
 *
 * Returns: when TIME_UP is due in monotonic µs, or -1
 */
gint64 sim_stream_deadline (const SimStream *self);

/**
 * sim_stream_state:
 * @self: a stream
 *
 * Returns: where it is
 */
SimStreamState sim_stream_state (const SimStream *self);
