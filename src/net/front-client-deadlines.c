/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/front-client-private.h"

#include "base/clock.h"

/* Rules: what is overdue is looked at once more before it is ended, where the kernel or a handler may have gone on unnoticed. */

#define LINGER_SECONDS 2

static gint64
get_deadline (HnFrontClient *self)
{
  const HnFrontOptions *options = &self->shared->options;

  switch (self->state) {
  case HN_CLIENT_HANDSHAKE:
    return self->since_us + options->handshake_timeout_us;
  case HN_CLIENT_HEAD:
    return self->since_us + (self->in_head ? options->head_timeout_us : options->keepalive_timeout_us);
  case HN_CLIENT_BODY:
    return MIN (hn_wire_get_last_in_us (self->wire) + options->body_timeout_us, self->since_us + options->api_timeout_us);
  case HN_CLIENT_API:
    return self->gate != NULL ? hn_gate_get_deadline (self->gate, options->api_timeout_us, options->send_timeout_us, options->pace_us)
                              : HN_NEVER;
  case HN_CLIENT_PROXY:
    return hn_proxy_get_deadline (self->proxy);
  case HN_CLIENT_FLUSH:
    return hn_pace_get_deadline (&self->taking, options->send_timeout_us, options->pace_us);
  case HN_CLIENT_LINGER:
    return self->since_us + hn_seconds (LINGER_SECONDS);
  case HN_CLIENT_TUNNEL:
    return hn_tunnel_get_deadline (self->tunnel, options->send_timeout_us, options->pace_us);
  case HN_CLIENT_GONE:
    break;
  }
  return HN_NEVER;
}

static gboolean
is_overdue (HnFrontClient *self, gint64 now_us)
{
  gint64 deadline = get_deadline (self);

  return deadline != HN_NEVER && now_us >= deadline;
}

static void
expire_api (HnFrontClient *self)
{
  gboolean begun = hn_gate_has_begun (self->gate);

  if (hn_gate_look_again (self->gate) && !is_overdue (self, hn_poller_now_us (self->shared->poller)))
    return;
  hn_gate_abort (g_steal_pointer (&self->gate));
  if (begun)
    hn_front_client_cut_off (self);
  else
    hn_front_client_refuse (self, 504, "request timed out", "the handler took too long");
}

static void
leave_if_overdue (HnFrontClient *self)
{
  if (is_overdue (self, hn_poller_now_us (self->shared->poller)))
    hn_front_client_leave (self);
}

/* Between two requests: nothing is cut. */
static void
leave_idle (HnFrontClient *self)
{
  if (hn_wire_is_tls (self->wire))
    hn_wire_shutdown (self->wire);
  hn_front_client_leave (self);
}

static void
expire (HnFrontClient *self)
{
  switch (self->state) {
  case HN_CLIENT_HANDSHAKE:
    hn_front_client_leave (self);
    break;
  case HN_CLIENT_HEAD:
    self->is_head = FALSE;
    if (self->in_head)
      hn_front_client_refuse (self, 408, "request timed out", "the head did not come in time");
    else
      leave_idle (self);
    break;
  case HN_CLIENT_BODY:
    hn_front_client_refuse (self, 408, "request timed out", "the body did not come in time");
    break;
  case HN_CLIENT_API:
    expire_api (self);
    break;
  case HN_CLIENT_PROXY:
    hn_front_client_conclude_proxy (self, hn_proxy_expire (self->proxy));
    break;
  case HN_CLIENT_FLUSH:
    hn_front_client_is_slow (self); /* a second look: the kernel tells late what was taken */
    leave_if_overdue (self);
    break;
  case HN_CLIENT_TUNNEL:
    hn_tunnel_look_again (self->tunnel);
    leave_if_overdue (self);
    break;
  case HN_CLIENT_LINGER:
    hn_front_client_leave (self);
    break;
  case HN_CLIENT_GONE:
    break;
  }
}

void
hn_front_client_check (HnFrontClient *self, gint64 now_us)
{
  if (self->tunnel != NULL && self->shared->options.pulse_us > 0)
    hn_tunnel_pulse (self->tunnel, self->shared->options.pulse_us);
  if (!is_overdue (self, now_us))
    return;
  expire (self);
  if (self->state == HN_CLIENT_FLUSH)
    hn_front_client_run (self);
}
