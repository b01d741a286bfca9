/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/tunnel.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/frame-border.h"
#include "net/pace.h"

#define BYTES_PER_TURN (2 * 1024 * 1024)

typedef enum { OPEN, ENDED, PASSED_ON } Half; /* what this side says: goes on; has ended; and the other side was told */

struct _HnTunnel {
  HnPoller *poller;
  HnWire *wires[2];
  HnPace paces[2]; /* of what each side takes */
  Half halves[2];
  HnFrameBorder border; /* in what the server (1) sends */
  gint64 heard_us;      /* when it sent something last, or we did in its place */
  gboolean cut;
  gboolean done;
  void (*closed) (gpointer user_data);
  gpointer user_data;
};

typedef enum { IDLE, BUDGET_SPENT, BROKEN } Pumped;

/* Who has something to take is waited for. */
static void
note_pace (HnTunnel *self, int side)
{
  if (hn_wire_get_pending (self->wires[side]) == 0)
    hn_pace_rest (&self->paces[side]);
  else
    hn_pace_left (&self->paces[side], hn_wire_get_untaken (self->wires[side]), hn_poller_now_us (self->poller));
}

/* Moves bytes from one side to the other until one of them, or the budget, is at its end. */
static Pumped
pump_some (HnTunnel *self, int from, gsize *ret_moved)
{
  HnWire *source = self->wires[from];
  HnWire *sink = self->wires[!from];
  char *buffer = hn_poller_scratch (self->poller);

  if (!hn_wire_flush (sink))
    return BROKEN;
  while (hn_wire_get_pending (sink) == 0 && self->halves[from] == OPEN) {
    struct iovec part = { buffer, 0 };
    HnWireResult result;

    if (*ret_moved >= BYTES_PER_TURN)
      return BUDGET_SPENT;
    result = hn_wire_read (source, buffer, HN_LIMIT_TUNNEL_BUFFER_BYTES, &part.iov_len);
    if (result == HN_WIRE_BLOCKED)
      return IDLE;
    if (result == HN_WIRE_ERROR)
      return BROKEN;
    if (result == HN_WIRE_EOF)
      self->halves[from] = ENDED;
    else if (!hn_wire_send (sink, &part, 1))
      return BROKEN;
    if (from == 1 && result == HN_WIRE_OK) {
      hn_frame_border_feed (&self->border, (const guint8 *) buffer, part.iov_len);
      self->heard_us = hn_poller_now_us (self->poller);
    }
    *ret_moved += part.iov_len;
  }
  if (self->halves[from] == ENDED && hn_wire_get_pending (sink) == 0) {
    hn_wire_shutdown (sink);
    self->halves[from] = PASSED_ON;
  }
  return IDLE;
}

static Pumped
pump (HnTunnel *self, int from)
{
  gsize moved = 0;
  Pumped result = pump_some (self, from, &moved);

  if (moved > 0)
    hn_metrics_add (HN_METRIC_TUNNEL_BYTES, from == 0 ? "to_upstream" : "to_client", (gint64) moved);
  return result;
}

static void
on_ready (gpointer user_data)
{
  HnTunnel *self = user_data;
  Pumped there, back;

  if (self->done)
    return;
  there = self->cut ? BROKEN : pump (self, 0);
  back = there == BROKEN ? BROKEN : pump (self, 1);
  note_pace (self, 0);
  note_pace (self, 1);
  if (back == BROKEN || (self->halves[0] == PASSED_ON && self->halves[1] == PASSED_ON)) {
    self->done = TRUE;
    self->closed (self->user_data);
    return;
  }
  if (there == BUDGET_SPENT || back == BUDGET_SPENT)
    hn_wire_again (self->wires[0]);
}

gint64
hn_tunnel_get_deadline (HnTunnel *self, gint64 stall_us, gint64 pace_us)
{
  gint64 deadline = HN_NEVER;
  gint64 last = 0;

  for (int i = 0; i < 2; i++) {
    last = MAX (last, MAX (hn_wire_get_last_in_us (self->wires[i]), hn_wire_get_last_out_us (self->wires[i])));
    deadline = hn_clock_earliest (deadline, hn_pace_get_deadline (&self->paces[i], stall_us, pace_us));
  }
  if (self->halves[0] != OPEN || self->halves[1] != OPEN)
    deadline = hn_clock_earliest (deadline, last + stall_us);
  return deadline;
}

void
hn_tunnel_look_again (HnTunnel *self)
{
  note_pace (self, 0);
  note_pace (self, 1);
}

void
hn_tunnel_pulse (HnTunnel *self, gint64 idle_us)
{
  static const guint8 pong[] = { 0x8a, 0 };
  struct iovec part = { (void *) pong, sizeof pong };
  gint64 now_us = hn_poller_now_us (self->poller);

  if (self->done || self->cut || self->halves[1] != OPEN || now_us - self->heard_us < idle_us || !hn_frame_border_is_here (&self->border)
      || hn_wire_get_pending (self->wires[0]) > 0)
    return;
  self->heard_us = now_us;
  if (!hn_wire_send (self->wires[0], &part, 1))
    hn_tunnel_cut (self);
}

void
hn_tunnel_cut (HnTunnel *self)
{
  self->cut = TRUE;
  hn_wire_again (self->wires[0]);
}

HnTunnel *
hn_tunnel_new (HnPoller *poller, HnWire *a, HnWire *b, void (*closed) (gpointer user_data), gpointer user_data)
{
  HnTunnel *self = g_new0 (HnTunnel, 1);

  self->poller = poller;
  self->wires[0] = a;
  self->wires[1] = b;
  self->heard_us = hn_poller_now_us (poller);
  self->closed = closed;
  self->user_data = user_data;
  hn_wire_set_ready (a, on_ready, self);
  hn_wire_set_ready (b, on_ready, self);
  hn_wire_again (a);
  return self;
}

void
hn_tunnel_free (HnTunnel *self)
{
  if (self == NULL)
    return;
  for (int i = 0; i < 2; i++)
    if (hn_wire_get_pending (self->wires[i]) > 0)
      hn_wire_reset (self->wires[i]); /* it lacks something: that must not look like an orderly end */
    else
      hn_wire_free (self->wires[i]);
  g_free (self);
}
