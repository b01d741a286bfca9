/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of one stream. The peer connects with data channels only; audio and video are offered when the peer is up and Sunshine
 * has launched, in whichever order these come. A lost peer may come back within 20 s, else the stream ends. The end is final.
 */
#include "sim/fakes/streamer/stream.h"

struct _SimStream {
  SimStreamState state;
  gint64 lost_until_us; /* -1: the peer is not lost */
};

typedef struct {
  SimStreamState from;
  SimStreamEvent event;
  SimStreamState to;
  SimStreamDo todo;
} Row;

/* clang-format off */
static const Row table[] = {
  /* from                   event                 to                     do                     */
  { SIM_STREAM_NEGOTIATING, SIM_STREAM_PEER_UP,   SIM_STREAM_CONNECTED,  SIM_STREAM_DO_NOTHING  },
  { SIM_STREAM_NEGOTIATING, SIM_STREAM_LAUNCH_OK, SIM_STREAM_LAUNCHED,   SIM_STREAM_DO_NOTHING  },
  { SIM_STREAM_CONNECTED,   SIM_STREAM_LAUNCH_OK, SIM_STREAM_OFFERING,   SIM_STREAM_DO_OFFER    },
  { SIM_STREAM_LAUNCHED,    SIM_STREAM_PEER_UP,   SIM_STREAM_OFFERING,   SIM_STREAM_DO_OFFER    },
  { SIM_STREAM_OFFERING,    SIM_STREAM_ANSWERED,  SIM_STREAM_STREAMING,  SIM_STREAM_DO_COMPLETE },
};
/* clang-format on */

static SimStreamDo
end (SimStream *self)
{
  self->state = SIM_STREAM_ENDED;
  self->lost_until_us = -1;
  return SIM_STREAM_DO_STOP;
}

SimStreamDo
sim_stream_handle (SimStream *self, SimStreamEvent event, gint64 now_us)
{
  if (self->state == SIM_STREAM_ENDED)
    return SIM_STREAM_DO_NOTHING;
  if (event == SIM_STREAM_STOP)
    return end (self);
  if (event == SIM_STREAM_TIME_UP)
    return self->lost_until_us >= 0 && now_us >= self->lost_until_us ? end (self) : SIM_STREAM_DO_NOTHING;
  if (event == SIM_STREAM_PEER_LOST && self->lost_until_us < 0)
    self->lost_until_us = now_us + SIM_STREAM_LOST_US;
  if (event == SIM_STREAM_PEER_UP)
    self->lost_until_us = -1;
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    if (table[i].from == self->state && table[i].event == event) {
      self->state = table[i].to;
      return table[i].todo;
    }
  }
  return SIM_STREAM_DO_NOTHING;
}

gint64
sim_stream_deadline (const SimStream *self)
{
  return self->lost_until_us;
}

SimStreamState
sim_stream_state (const SimStream *self)
{
  return self->state;
}

SimStream *
sim_stream_new (void)
{
  SimStream *self = g_new0 (SimStream, 1);

  self->state = SIM_STREAM_NEGOTIATING;
  self->lost_until_us = -1;
  return self;
}

void
sim_stream_free (SimStream *self)
{
  g_free (self);
}
