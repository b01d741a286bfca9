/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/front-client-private.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/gate.h"
#include "net/http-server.h"
#include "net/pace.h"
#include "net/tunnel.h"

/* Rules: one request at a time; what is pipelined behind it waits. The next head is read only when the last answer has left. A refused head ends the
 * connection, because nobody knows where the next one begins; so does a refused body. Before such an end the client may finish what
 * it was sending (lingering), for a reset would take the answer away from it. */

#define STEPS_PER_TURN 256
#define LINGER_BYTES_MAX (1024 * 1024)

void
hn_front_client_enter (HnFrontClient *self, HnFrontClientState state)
{
  self->state = state;
  self->since_us = hn_poller_now_us (self->shared->poller);
}

/* ---- life ---- */

static void
release (HnFrontClient *self)
{
  if (self->state == HN_CLIENT_TUNNEL)
    hn_metrics_add (HN_METRIC_TUNNELS, NULL, -1);
  self->state = HN_CLIENT_GONE;
  hn_front_client_end_handshake (self);
  hn_gate_abort (g_steal_pointer (&self->gate));
  g_clear_pointer (&self->proxy, hn_proxy_free);
  g_clear_pointer (&self->tunnel, hn_tunnel_free);
  if (self->wire != NULL && hn_wire_get_pending (self->wire) > 0)
    hn_wire_reset (g_steal_pointer (&self->wire)); /* it lacks a part of an answer that may end with its connection */
  g_clear_pointer (&self->wire, hn_wire_free);
  g_clear_pointer (&self->api_request, g_byte_array_unref);
  g_clear_object (&self->local);
  g_clear_object (&self->remote);
  g_clear_pointer (&self->tag, g_free);
}

void
hn_front_client_free (HnFrontClient *self)
{
  release (self);
  hn_poller_defer (self->shared->poller, g_free, self);
}

void
hn_front_client_leave (HnFrontClient *self)
{
  const HnFrontShared *shared = self->shared;
  g_autofree char *tag = self->state == HN_CLIENT_TUNNEL ? g_steal_pointer (&self->tag) : NULL;
  gboolean was_tunnel = self->state == HN_CLIENT_TUNNEL;

  release (self);
  shared->gone (self, shared->user_data);
  hn_poller_defer (shared->poller, g_free, self);
  if (was_tunnel && shared->events->tunnel_closed != NULL)
    shared->events->tunnel_closed (tag, shared->events_data);
}

void
hn_front_client_cut_off (HnFrontClient *self)
{
  g_clear_pointer (&self->proxy, hn_proxy_free);
  hn_wire_reset (g_steal_pointer (&self->wire));
  hn_front_client_leave (self);
}

/* ---- answers of our own ---- */

void
hn_front_client_answer (HnFrontClient *self, HnHttpAnswer *answer)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  struct iovec part;

  answer->close = self->close;
  hn_http_edit_answer (answer, out);
  part = (struct iovec){ out->data, out->len };
  hn_wire_send (self->wire, &part, 1);
  hn_front_client_enter (self, HN_CLIENT_FLUSH);
}

void
hn_front_client_refuse (HnFrontClient *self, guint status, const char *error, const char *detail)
{
  g_autofree char *body = hn_http_error_body (status, error, detail);
  HnHttpAnswer answer = { .status = status, .body = body, .head_only = self->is_head };

  self->close = TRUE;
  hn_front_client_answer (self, &answer);
}

static void
answer_route (HnFrontClient *self, const HnHttpHead *head, HnRoute *route)
{
  g_autofree char *body = NULL;
  HnHttpAnswer answer = { .status = route->status, .head_only = self->is_head };

  if (route->kind == HN_ROUTE_REDIRECT)
    answer.location = route->location;
  else if (route->kind == HN_ROUTE_ANSWER)
    answer.body = route->answer, answer.content_type = "text/plain";
  else if (route->page != NULL)
    answer.body = route->page, answer.page_policy = route->page_policy;
  else
    answer.body = body = hn_http_error_body (route->status, route->error != NULL ? route->error : "refused", route->detail);
  answer.retry_after_seconds = route->kind == HN_ROUTE_REFUSE ? route->retry_after_seconds : 0;
  self->close = head->close || head->minor == 0 || head->body != HN_HTTP_BODY_NONE;
  hn_front_client_answer (self, &answer);
}

void
hn_front_client_say_continue (HnFrontClient *self)
{
  static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  struct iovec part = { (char *) text, sizeof text - 1 };

  hn_wire_send (self->wire, &part, 1);
}

void
hn_front_client_turn_away (HnFrontClient *self)
{
  g_autofree char *body = hn_http_error_body (503, "too many connections", NULL);
  HnHttpAnswer answer = { .status = 503, .body = body, .retry_after_seconds = 1 };

  self->turned_away = TRUE;
  if (self->state == HN_CLIENT_HANDSHAKE)
    return;
  self->close = TRUE;
  hn_front_client_answer (self, &answer);
}

/* ---- heads ---- */

static void
dispatch (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes)
{
  HnRoute route;

  hn_route_init (&route);
  self->shared->events->route (head, &self->peer, &route, self->shared->events_data);
  if (self->state == HN_CLIENT_GONE) {
    hn_route_clear (&route);
    return;
  }
  switch (route.kind) {
  case HN_ROUTE_API:
    hn_front_client_begin_api (self, head, head_bytes, &route);
    break;
  case HN_ROUTE_PROXY:
    hn_front_client_begin_proxy (self, head, head_bytes, &route);
    break;
  case HN_ROUTE_WEBSOCKET:
    hn_front_client_begin_websocket (self, head, head_bytes, &route);
    break;
  case HN_ROUTE_REFUSE:
  case HN_ROUTE_REDIRECT:
  case HN_ROUTE_ANSWER:
    answer_route (self, head, &route);
    hn_wire_consume (self->wire, head_bytes);
    break;
  }
  hn_route_clear (&route);
}

static void
take_head (HnFrontClient *self, HnSlice input, gsize head_bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpHead) head = NULL;
  guint status = 400;

  self->scanned = 0;
  self->in_head = FALSE;
  self->is_head = FALSE;
  head = hn_http_head_parse_request (input.text, head_bytes, &status, &error);
  if (head == NULL) {
    hn_front_client_refuse (self, status, "malformed request", error->message);
    return;
  }
  self->is_head = hn_slice_equal (head->method, "HEAD");
  dispatch (self, head, head_bytes);
}

/* What is wrong with a head that will never end, before it has ended; FALSE if nothing is. */
static gboolean
refuse_early (HnFrontClient *self, HnSlice input)
{
  if (input.length > 0 && !g_ascii_isalpha (input.text[0]) && !(input.length == 1 && input.text[0] == '\r'))
    hn_front_client_refuse (self, 400, "malformed request", "this is not HTTP");
  else if (input.length > HN_LIMIT_TARGET_BYTES + 64 && memchr (input.text, '\n', HN_LIMIT_TARGET_BYTES + 64) == NULL)
    hn_front_client_refuse (self, 414, "malformed request", "the request target is too long");
  else if (input.length >= HN_LIMIT_HEAD_BYTES)
    hn_front_client_refuse (self, 431, "malformed request", "the head is too long");
  else
    return FALSE;
  return TRUE;
}

/* Empty lines before a request are harmless (RFC 9112, 2.2); they do not make the wait for it any longer. */
static HnSlice
skip_empty_lines (HnFrontClient *self)
{
  HnSlice input = hn_wire_get_input (self->wire);
  gsize n = 0;

  while (input.length >= n + 2 && input.text[n] == '\r' && input.text[n + 1] == '\n')
    n += 2;
  if (n == 0)
    return input;
  hn_wire_consume (self->wire, n);
  self->scanned = 0;
  return hn_wire_get_input (self->wire);
}

static gboolean
step_head (HnFrontClient *self)
{
  HnSlice input = self->in_head ? hn_wire_get_input (self->wire) : skip_empty_lines (self);
  gsize from = self->scanned > 3 ? self->scanned - 3 : 0;
  gsize found = input.length > from ? hn_http_head_find_end (input.text + from, MIN (input.length, HN_LIMIT_HEAD_BYTES) - from) : 0;
  HnWireResult result;

  if (input.length > 0 && !self->in_head && input.text[0] != '\r') {
    self->in_head = TRUE;
    self->since_us = hn_poller_now_us (self->shared->poller);
  }
  if (found > 0) {
    take_head (self, input, from + found);
    return self->state != HN_CLIENT_GONE;
  }
  if (refuse_early (self, input))
    return TRUE;
  self->scanned = input.length;
  result = hn_wire_fill (self->wire, HN_LIMIT_HEAD_BYTES);
  if (result == HN_WIRE_EOF || result == HN_WIRE_ERROR)
    hn_front_client_leave (self);
  return result == HN_WIRE_OK;
}

/* ---- ends ---- */

/* Whether something waits for the client to take it. */
gboolean
hn_front_client_is_slow (HnFrontClient *self)
{
  if (hn_wire_get_pending (self->wire) == 0) {
    hn_pace_rest (&self->taking);
    return FALSE;
  }
  hn_pace_left (&self->taking, hn_wire_get_untaken (self->wire), hn_poller_now_us (self->shared->poller));
  return TRUE;
}

static gboolean
step_flush (HnFrontClient *self)
{
  if (!hn_wire_flush (self->wire)) {
    hn_front_client_leave (self);
    return FALSE;
  }
  if (hn_front_client_is_slow (self))
    return FALSE;
  if (self->close && self->said_last && hn_wire_is_quiet (self->wire)) {
    if (hn_wire_is_tls (self->wire))
      hn_wire_shutdown (self->wire);
    hn_front_client_leave (self); /* nothing is on its way that a reset could answer */
    return FALSE;
  }
  if (self->close) {
    hn_wire_shutdown (self->wire);
    hn_front_client_enter (self, HN_CLIENT_LINGER);
  } else {
    hn_front_client_enter (self, HN_CLIENT_HEAD);
  }
  return TRUE;
}

static gboolean
step_linger (HnFrontClient *self)
{
  gsize n = 0;
  HnWireResult result
    = hn_wire_read (self->wire, hn_poller_scratch (self->shared->poller), HN_LIMIT_PROXY_BUFFER_BYTES, &n);

  self->discarded += n;
  if (result == HN_WIRE_EOF || result == HN_WIRE_ERROR || self->discarded > LINGER_BYTES_MAX)
    hn_front_client_leave (self);
  return result == HN_WIRE_OK && self->state == HN_CLIENT_LINGER;
}

static gboolean
step (HnFrontClient *self)
{
  switch (self->state) {
  case HN_CLIENT_HANDSHAKE:
    return hn_front_client_step_handshake (self);
  case HN_CLIENT_HEAD:
    return step_head (self);
  case HN_CLIENT_BODY:
    return hn_front_client_step_body (self);
  case HN_CLIENT_API:
    return hn_front_client_step_api (self);
  case HN_CLIENT_PROXY:
    return hn_front_client_conclude_proxy (self, hn_proxy_run (self->proxy));
  case HN_CLIENT_FLUSH:
    return step_flush (self);
  case HN_CLIENT_LINGER:
    return step_linger (self);
  case HN_CLIENT_TUNNEL:
  case HN_CLIENT_GONE:
    break;
  }
  return FALSE;
}

void
hn_front_client_run (HnFrontClient *self)
{
  if (self->cut && self->state == HN_CLIENT_PROXY) {
    hn_front_client_cut_off (self);
    return;
  }
  self->cut = FALSE;
  for (int i = 0; i < STEPS_PER_TURN; i++)
    if (!step (self))
      return;
  if (self->wire != NULL)
    hn_wire_again (self->wire); /* whoever pipelines without end takes his turn like everyone */
}

static void
on_ready (gpointer user_data)
{
  hn_front_client_run (user_data);
}

/* ---- the rest ---- */

void
hn_front_client_cut (HnFrontClient *self)
{
  self->cut = TRUE;
  if (self->tunnel != NULL)
    hn_tunnel_cut (self->tunnel);
  else if (self->wire != NULL)
    hn_wire_again (self->wire);
}

const char *
hn_front_client_get_tag (HnFrontClient *self)
{
  return self->proxy != NULL ? hn_proxy_get_tag (self->proxy) : self->tag;
}

gboolean
hn_front_client_is_tunnel (HnFrontClient *self)
{
  return self->state == HN_CLIENT_TUNNEL;
}

GList *
hn_front_client_get_link (HnFrontClient *self)
{
  return &self->link;
}

HnFrontClient *
hn_front_client_new (const HnFrontShared *shared, int fd, const HnPeer *peer)
{
  HnFrontClient *self = g_new0 (HnFrontClient, 1);

  self->shared = shared;
  self->link.data = self;
  self->handshake_link.data = self;
  self->peer = *peer;
  self->peer.secure = shared->tls != NULL;
  self->wire = hn_wire_new (shared->poller, fd, on_ready, self);
  hn_front_client_enter (self, shared->tls != NULL ? HN_CLIENT_HANDSHAKE : HN_CLIENT_HEAD);
  return self;
}
