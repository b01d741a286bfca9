/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/proxy-private.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"

/* Rules:
 *  - a request that may be repeated (safe method, no body) may use a waiting connection, and is sent once more on a fresh one when that
 *    turns out to have died; every other request opens its own, so that nothing is ever done twice;
 *  - until the first byte of the response the client can be answered (FAILED); after it, it can only be cut;
 *  - a response that the upstream did not finish is never finished for it;
 *  - an answer that comes before the request's end is passed on and ends the client's connection;
 *  - a client that hangs up after its request has left: its upstream is closed at once;
 *  - a client that gives its body, or takes its answer, a byte at a time is ended (net/pace). An upstream must finish its head in one go; its body
 *    may trickle as long as it moves: a stream of events does, and the client can leave. */

#define BYTES_PER_TURN (1024 * 1024)

HnProxyResult
hn_proxy_fail (HnProxy *self, guint status, const char *error, const char *what)
{
  self->failure = (HnProxyFailure){ status, error, what };
  return self->state < HN_PROXY_ANSWERING ? HN_PROXY_FAILED : HN_PROXY_CUT;
}

HnProxyResult
hn_proxy_client_left (HnProxy *self)
{
  self->failure = (HnProxyFailure){ 0, "client left", NULL };
  return HN_PROXY_CUT;
}

gboolean
hn_proxy_request_is_done (HnProxy *self)
{
  return hn_http_body_is_done (&self->request_body);
}

void
hn_proxy_note_time (HnProxy *self)
{
  self->since_us = hn_poller_now_us (self->poller);
}

static void
add_part (struct iovec *parts, guint *n_parts, gconstpointer bytes, gsize length)
{
  if (length > 0)
    parts[(*n_parts)++] = (struct iovec){ (gpointer) bytes, length };
}

gboolean
hn_proxy_send (HnWire *wire, const HnProxyOutgoing *out, gboolean chunked, gboolean last)
{
  gsize edited = out->edited != NULL ? out->edited->len : 0;
  gsize payload = edited + out->length;
  struct iovec parts[5];
  char size[24];
  guint n = 0;

  if (out->lead != NULL)
    add_part (parts, &n, out->lead->data, out->lead->len);
  if (chunked && payload > 0)
    add_part (parts, &n, size, (gsize) g_snprintf (size, sizeof size, "%" G_GSIZE_MODIFIER "x\r\n", payload));
  if (edited > 0)
    add_part (parts, &n, out->edited->data, edited);
  add_part (parts, &n, out->bytes, out->length);
  if (chunked && payload > 0)
    add_part (parts, &n, "\r\n0\r\n\r\n", last ? 7 : 2);
  else if (chunked && last)
    add_part (parts, &n, "0\r\n\r\n", 5);
  return hn_wire_send (wire, parts, n);
}

static HnProxyResult
step (HnProxy *self, gboolean *ret_moved)
{
  HnProxyResult result = HN_PROXY_RUNNING;

  if (hn_wire_is_gone (self->client) && hn_proxy_request_is_done (self))
    return hn_proxy_client_left (self);
  if (self->state == HN_PROXY_UNCONNECTED)
    result = hn_proxy_request_open (self);
  if (result == HN_PROXY_RUNNING && self->state == HN_PROXY_CONNECTING)
    result = hn_proxy_request_connected (self);
  if (result == HN_PROXY_RUNNING)
    result = hn_proxy_request_pump (self, ret_moved);
  if (result == HN_PROXY_RUNNING)
    result = hn_proxy_response_pump (self, ret_moved);
  return result;
}

static HnProxyResult
run (HnProxy *self)
{
  self->moved = 0;
  for (;;) {
    gboolean moved = FALSE;
    HnProxyResult result = step (self, &moved);

    if (result != HN_PROXY_RUNNING || !moved)
      return result;
    if (self->moved >= BYTES_PER_TURN) {
      hn_wire_again (self->client);
      return result;
    }
  }
}

/* Each request is counted once, at its end. */
static HnProxyResult
count (const HnProxy *self, HnProxyResult result)
{
  if (result == HN_PROXY_FAILED || result == HN_PROXY_CUT)
    hn_metrics_add (HN_METRIC_PROXY_REQUESTS, result == HN_PROXY_CUT ? "cut" : "failed", 1);
  else if (result != HN_PROXY_RUNNING)
    hn_metrics_add (HN_METRIC_PROXY_REQUESTS, hn_metrics_status_class (self->status), 1);
  return result;
}

HnProxyResult
hn_proxy_run (HnProxy *self)
{
  return count (self, run (self));
}

/* ---- deadlines ---- */

/* Progress of a direction is that of its later end, so that a wait for one end is not counted against the other. */
static gint64
request_deadline (HnProxy *self)
{
  gint64 last_us = MAX (self->since_us, hn_wire_get_last_out_us (self->upstream));

  if (self->deaf)
    return last_us + self->timeouts->upstream_us;
  if (hn_proxy_request_is_done (self))
    return last_us + self->timeouts->upstream_us;
  if (hn_wire_get_pending (self->upstream) > 0)
    return last_us + self->timeouts->upstream_us;
  return hn_clock_earliest (MAX (last_us, hn_wire_get_last_in_us (self->client)) + self->timeouts->body_us,
                            hn_pace_get_deadline (&self->giving, self->timeouts->body_us, self->timeouts->pace_us));
}

static gint64
response_deadline (HnProxy *self)
{
  if (hn_wire_get_pending (self->client) > 0)
    return hn_pace_get_deadline (&self->taking, self->timeouts->send_us, self->timeouts->pace_us);
  return MAX (hn_wire_get_last_in_us (self->upstream), hn_wire_get_last_out_us (self->client)) + self->timeouts->upstream_us;
}

gint64
hn_proxy_get_deadline (HnProxy *self)
{
  switch (self->state) {
  case HN_PROXY_UNCONNECTED:
  case HN_PROXY_ANSWERED:
  case HN_PROXY_WITH_TUNNEL:
    return HN_NEVER;
  case HN_PROXY_CONNECTING:
    return self->since_us + self->timeouts->connect_us;
  case HN_PROXY_WAITING:
    return request_deadline (self);
  case HN_PROXY_ANSWERING:
    return response_deadline (self);
  }
  return HN_NEVER;
}

static HnProxyResult
expire (HnProxy *self)
{
  if (self->state == HN_PROXY_CONNECTING)
    return hn_proxy_fail (self, 504, "upstream timed out", "did not accept the connection in time");
  if (self->state == HN_PROXY_WAITING && !self->deaf && !hn_proxy_request_is_done (self) && hn_wire_get_pending (self->upstream) == 0)
    return hn_proxy_fail (self, 408, "request body stalled", NULL);
  if (self->state == HN_PROXY_ANSWERING && hn_proxy_response_waits (self))
    return response_deadline (self) > hn_poller_now_us (self->poller) ? HN_PROXY_RUNNING : hn_proxy_client_left (self);
  return hn_proxy_fail (self, 504, "upstream timed out", "did not answer in time");
}

HnProxyResult
hn_proxy_expire (HnProxy *self)
{
  return count (self, expire (self));
}

/* ---- life ---- */

const HnProxyFailure *
hn_proxy_get_failure (HnProxy *self)
{
  return &self->failure;
}

const char *
hn_proxy_get_tag (HnProxy *self)
{
  return self->route.tag;
}

HnWire *
hn_proxy_steal_upstream (HnProxy *self)
{
  return g_steal_pointer (&self->upstream);
}

static gboolean
is_safe (HnSlice method)
{
  return hn_slice_equal (method, "GET") || hn_slice_equal (method, "HEAD") || hn_slice_equal (method, "OPTIONS");
}

/* The same bytes at another place. */
static void
move_slice (HnSlice *slice, HnSlice from, const char *to)
{
  if (slice->text >= from.text && slice->text <= from.text + from.length)
    slice->text = to + (slice->text - from.text);
}

/* The wire forgets the head as soon as it is used. */
static void
keep_request_for_filter (HnProxy *self, const HnHttpHead *request, const char *text, gsize head_bytes)
{
  HnSlice from = { text, head_bytes };

  self->request_text = g_memdup2 (text, head_bytes);
  self->request = g_memdup2 (request, sizeof *request);
  self->request->fields = g_array_copy (request->fields);
  move_slice (&self->request->method, from, self->request_text);
  move_slice (&self->request->target, from, self->request_text);
  move_slice (&self->request->path, from, self->request_text);
  for (guint i = 0; i < self->request->fields->len; i++) {
    HnHttpField *field = &g_array_index (self->request->fields, HnHttpField, i);

    move_slice (&field->name, from, self->request_text);
    move_slice (&field->value, from, self->request_text);
  }
}

HnProxy *
hn_proxy_new (HnPoller *poller, HnUpstreamPool *pool, HnWire *client, const HnHttpHead *request, gsize head_bytes, HnRoute *route,
              const HnProxyTimeouts *timeouts, void (*wake) (gpointer user_data), gpointer user_data)
{
  HnProxy *self = g_new0 (HnProxy, 1);

  self->poller = poller;
  self->begun_us = hn_poller_now_us (poller);
  self->pool = pool;
  self->client = client;
  self->route = *route;
  hn_route_init (route);
  self->timeouts = timeouts;
  self->wake = wake;
  self->user_data = user_data;
  self->request_head = g_byte_array_sized_new ((guint) head_bytes + 256);
  hn_http_edit_request (request, &self->route, self->request_head);
  hn_http_body_init (&self->request_body, request->body, request->content_length);
  self->request_chunked = request->body == HN_HTTP_BODY_CHUNKED;
  self->repeatable = request->body == HN_HTTP_BODY_NONE && is_safe (request->method);
  self->is_head = hn_slice_equal (request->method, "HEAD");
  self->is_old = request->minor == 0;
  self->close_client = request->close || self->is_old;
  self->wants_upgrade = request->upgrade_websocket;
  if (self->route.filter != NULL)
    keep_request_for_filter (self, request, hn_wire_get_input (client).text, head_bytes);
  hn_wire_consume (client, head_bytes);
  return self;
}

void
hn_proxy_free (HnProxy *self)
{
  if (self == NULL)
    return;
  hn_wire_free (self->upstream);
  if (self->filter_state != NULL)
    self->route.filter->close (self->filter_state);
  hn_unpack_free (self->unpack);
  hn_route_clear (&self->route);
  g_clear_pointer (&self->request_head, g_byte_array_unref);
  g_clear_pointer (&self->lead, g_byte_array_unref);
  g_clear_pointer (&self->request, hn_http_head_free);
  g_free (self->request_text);
  g_free (self);
}
