/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/proxy.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/http-body.h"
#include "net/pace.h"

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
#define INTERIM_ANSWERS_MAX 16
#define FILTER_PIECE_BYTES 2048 /* as much of a page is fed at once: of what lies behind the piece in which a filter ends nothing is copied */
#define FILTER_HELD_BYTES 64 /* what a filter held back comes on top: more than this only costs a growing buffer */

typedef enum { UNCONNECTED, CONNECTING, WAITING, ANSWERING, ANSWERED, UPGRADED } State;

struct _HnProxy {
  HnPoller *poller;
  HnUpstreamPool *pool;
  HnWire *client;
  HnWire *upstream;
  HnRoute route;
  const HnProxyTimeouts *timeouts;
  void (*wake) (gpointer user_data);
  gpointer user_data;
  State state;
  HnProxyFailure failure;
  gint64 since_us; /* when the present wait began */
  gsize moved;     /* bytes in this turn */

  GByteArray *request_head; /* as sent, while it may have to be sent again */
  char *request_text;       /* the client's, for a filter */
  HnHttpHead *request;      /* that stands in it */
  HnHttpBody request_body;
  HnPace giving; /* the client, of the request's body */
  HnPace taking; /* the client, of the response */
  gboolean request_chunked;
  gboolean deaf; /* the upstream takes no more of the body */
  gboolean repeatable;
  gboolean pooled; /* this connection served another request before */

  gboolean is_head;
  gboolean is_old; /* HTTP/1.0 */
  gboolean wants_upgrade;
  gboolean close_client;
  guint interims;
  GByteArray *lead; /* response head that waits for the first of its body */
  HnHttpBody response_body;
  HnHttpBodyKind framing; /* towards the client */
  gboolean upstream_closes;
  gpointer filter_state;
};

static HnProxyResult
fail (HnProxy *self, guint status, const char *error, const char *what)
{
  self->failure = (HnProxyFailure){ status, error, what };
  return self->state < ANSWERING ? HN_PROXY_FAILED : HN_PROXY_CUT;
}

static HnProxyResult
client_left (HnProxy *self)
{
  self->failure = (HnProxyFailure){ 0, "client left", NULL };
  return HN_PROXY_CUT;
}

static gboolean
request_is_done (HnProxy *self)
{
  return hn_http_body_is_done (&self->request_body);
}

static void
on_upstream_ready (gpointer user_data)
{
  HnProxy *self = user_data;

  self->wake (self->user_data);
}

static void
note_time (HnProxy *self)
{
  self->since_us = hn_poller_now_us (self->poller);
}

/* ---- towards the upstream ---- */

static HnProxyResult
send_request_head (HnProxy *self)
{
  struct iovec part = { self->request_head->data, self->request_head->len };

  self->state = WAITING;
  note_time (self);
  if (!hn_wire_send (self->upstream, &part, 1))
    self->deaf = TRUE;
  if (!self->pooled)
    g_clear_pointer (&self->request_head, g_byte_array_unref);
  return HN_PROXY_RUNNING;
}

static HnProxyResult
open_fresh (HnProxy *self)
{
  g_autoptr (GError) error = NULL;

  self->pooled = FALSE;
  self->upstream = hn_upstream_pool_connect (self->pool, self->route.upstream_host, self->route.upstream_port, &error);
  if (self->upstream == NULL)
    return fail (self, 502, "upstream unreachable", "cannot be connected to");
  hn_wire_set_ready (self->upstream, on_upstream_ready, self);
  self->state = CONNECTING;
  note_time (self);
  return HN_PROXY_RUNNING;
}

static HnProxyResult
open_upstream (HnProxy *self)
{
  if (self->repeatable)
    self->upstream = hn_upstream_pool_take (self->pool, self->route.upstream_host, self->route.upstream_port);
  if (self->upstream == NULL)
    return open_fresh (self);
  self->pooled = TRUE;
  hn_wire_set_ready (self->upstream, on_upstream_ready, self);
  return send_request_head (self);
}

static HnProxyResult
finish_connect (HnProxy *self)
{
  int code = 0;

  if (!hn_wire_check_connect (self->upstream, &code))
    return HN_PROXY_RUNNING;
  if (code != 0)
    return fail (self, 502, "upstream unreachable", "refused the connection");
  return send_request_head (self);
}

/* The upstream closed or broke before its answer. */
static HnProxyResult
lost_before_answer (HnProxy *self)
{
  if (!self->pooled)
    return fail (self, 502, "upstream failed", "closed the connection without an answer");
  g_clear_pointer (&self->upstream, hn_wire_free);
  self->deaf = FALSE;
  return open_fresh (self);
}

/* What goes out together: a head that waited, and payload in two pieces, the first of which may be edited. */
typedef struct {
  GByteArray *lead;   /* (nullable) */
  GByteArray *edited; /* (nullable) */
  const char *bytes;
  gsize length;
} Outgoing;

static void
add_part (struct iovec *parts, guint *n_parts, gconstpointer bytes, gsize length)
{
  if (length > 0)
    parts[(*n_parts)++] = (struct iovec){ (gpointer) bytes, length };
}

static gboolean
send_out (HnWire *wire, const Outgoing *out, gboolean chunked, gboolean last)
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

/* One read of the client's body; @ret_moved tells whether there was something. */
static HnProxyResult
pump_request_once (HnProxy *self, gboolean *ret_moved)
{
  char *buffer = hn_poller_scratch (self->poller);
  gsize length = 0, used = 0, payload = 0;
  HnWireResult result = hn_wire_read (self->client, buffer, HN_LIMIT_PROXY_BUFFER_BYTES, &length);
  gboolean sent;

  if (result == HN_WIRE_BLOCKED || result == HN_WIRE_OK)
    hn_pace_gave (&self->giving, length, hn_poller_now_us (self->poller));
  if (result == HN_WIRE_BLOCKED)
    return HN_PROXY_RUNNING;
  if (result != HN_WIRE_OK)
    return client_left (self);
  if (!hn_http_body_feed (&self->request_body, buffer, length, &used, &payload, NULL))
    return fail (self, 400, "malformed request body", NULL);
  hn_wire_unread (self->client, buffer + used, length - used);
  sent = send_out (self->upstream, &(Outgoing){ .bytes = buffer, .length = payload }, self->request_chunked, request_is_done (self));
  self->deaf = !sent;
  self->moved += length;
  *ret_moved = TRUE;
  return HN_PROXY_RUNNING;
}

static HnProxyResult
pump_request (HnProxy *self, gboolean *ret_moved)
{
  if (self->state < WAITING || self->state > ANSWERING || self->deaf)
    return HN_PROXY_RUNNING;
  if (!hn_wire_flush (self->upstream))
    self->deaf = TRUE;
  if (request_is_done (self) || self->deaf || hn_wire_get_pending (self->upstream) > 0) {
    hn_pace_rest (&self->giving);
    return HN_PROXY_RUNNING;
  }
  return pump_request_once (self, ret_moved);
}

/* ---- towards the client ---- */

static gboolean
has_no_body (HnProxy *self, const HnHttpHead *head)
{
  return self->is_head || head->status == 204 || head->status == 304 || head->status == 101;
}

/* What Content-Length the client is told, -1 for none. */
static gint64
length_to_tell (HnProxy *self, const HnHttpHead *head)
{
  if (head->status == 204 || head->content_length < 0)
    return -1;
  if (self->filter_state == NULL)
    return head->content_length;
  return head->content_length + (gint64) self->route.filter->added_bytes (self->filter_state);
}

static void
choose_framing (HnProxy *self, const HnHttpHead *head, HnHttpFraming *ret_framing)
{
  gint64 length = length_to_tell (self, head);

  *ret_framing = (HnHttpFraming){ .content_length = length, .filtered = self->filter_state != NULL };
  if (has_no_body (self, head))
    ret_framing->body = HN_HTTP_BODY_NONE;
  else if (length >= 0)
    ret_framing->body = length > 0 ? HN_HTTP_BODY_LENGTH : HN_HTTP_BODY_NONE;
  else
    ret_framing->body = self->is_old ? HN_HTTP_BODY_UNTIL_CLOSE : HN_HTTP_BODY_CHUNKED;
  if (ret_framing->body == HN_HTTP_BODY_UNTIL_CLOSE || !request_is_done (self))
    self->close_client = TRUE;
  ret_framing->close = self->close_client;
}

static void
open_filter (HnProxy *self, const HnHttpHead *head)
{
  if (self->route.filter != NULL)
    self->filter_state = self->route.filter->open (self->request, head, self->route.filter_data);
}

static void
begin_answer (HnProxy *self, const HnHttpHead *head)
{
  HnHttpFraming framing;

  open_filter (self, head);
  choose_framing (self, head, &framing);
  self->lead = g_byte_array_sized_new (1024);
  hn_http_edit_response (head, &self->route, &framing, self->lead);
  self->framing = framing.body;
  self->upstream_closes = head->close || head->body == HN_HTTP_BODY_UNTIL_CLOSE;
  hn_http_body_init (&self->response_body, has_no_body (self, head) ? HN_HTTP_BODY_NONE : head->body, head->content_length);
  if (has_no_body (self, head) && head->body == HN_HTTP_BODY_UNTIL_CLOSE)
    self->upstream_closes = head->close;
  g_clear_pointer (&self->request_head, g_byte_array_unref);
  self->state = ANSWERING;
}

static HnProxyResult
begin_upgrade (HnProxy *self, const HnHttpHead *head)
{
  HnHttpFraming framing = { .body = HN_HTTP_BODY_NONE, .content_length = -1, .upgrade = TRUE };
  g_autoptr (GByteArray) out = g_byte_array_new ();
  struct iovec part;

  if (!self->wants_upgrade || !head->upgrade_websocket)
    return fail (self, 502, "upstream failed", "switched protocols without being asked");
  hn_http_edit_response (head, &self->route, &framing, out);
  part = (struct iovec){ out->data, out->len };
  if (!hn_wire_send (self->client, &part, 1))
    return client_left (self);
  self->state = UPGRADED;
  return HN_PROXY_UPGRADED;
}

/* An interim answer goes on (RFC 9110, 15.2), but for 100: that one the front door gives. An old client knows none. */
static void
pass_hint (HnProxy *self, const HnHttpHead *head)
{
  HnHttpFraming framing = { .body = HN_HTTP_BODY_NONE, .content_length = -1 };
  g_autoptr (GByteArray) out = NULL;
  struct iovec part;

  note_time (self);
  if (self->is_old || head->status == 100)
    return;
  out = g_byte_array_new ();
  hn_http_edit_response (head, &self->route, &framing, out);
  part = (struct iovec){ out->data, out->len };
  hn_wire_send (self->client, &part, 1); /* a broken connection shows itself at the next step */
}

/* @bytes are a whole head, and no longer among the unread. */
static HnProxyResult
take_head (HnProxy *self, const char *bytes, gsize length)
{
  g_autoptr (HnHttpHead) head = hn_http_head_parse_response (bytes, length, NULL);
  HnProxyResult result = HN_PROXY_RUNNING;

  if (head == NULL)
    return fail (self, 502, "upstream failed", "answered something that is not HTTP");
  if (head->status == 101)
    result = begin_upgrade (self, head);
  else if (head->status >= 200)
    begin_answer (self, head);
  else if (++self->interims > INTERIM_ANSWERS_MAX)
    return fail (self, 502, "upstream failed", "sent too many interim answers");
  else
    pass_hint (self, head);
  return result;
}

static gboolean
is_through (HnProxy *self)
{
  return self->route.filter->is_through != NULL && self->route.filter->is_through (self->filter_state);
}

/* What the filter makes of a beginning of @bytes; the rest, from @ret_fed on, goes on as it is. */
static GByteArray *
edit (HnProxy *self, const char *bytes, gsize length, gboolean last, gsize *ret_fed)
{
  const HnFilter *filter = self->route.filter;
  gsize piece = filter->is_through != NULL ? FILTER_PIECE_BYTES : MAX (length, 1);
  GByteArray *out = g_byte_array_sized_new ((guint) (MIN (length, piece) + filter->added_bytes (self->filter_state) + FILTER_HELD_BYTES));
  gsize fed = 0;

  do {
    gsize n = MIN (length - fed, piece);

    fed += n;
    filter->feed (self->filter_state, bytes + fed - n, n, last && fed == length, out);
  } while (fed < length && !is_through (self));
  *ret_fed = fed;
  return out;
}

/* Sends payload on, edited if there is a filter, together with the head if that still waits. */
static gboolean
pass_on (HnProxy *self, const char *bytes, gsize length, gboolean last)
{
  g_autoptr (GByteArray) lead = g_steal_pointer (&self->lead);
  g_autoptr (GByteArray) edited = NULL;
  gsize fed = 0;

  if (self->filter_state != NULL && self->framing != HN_HTTP_BODY_NONE && !is_through (self))
    edited = edit (self, bytes, length, last, &fed);
  return send_out (self->client, &(Outgoing){ lead, edited, fed < length ? bytes + fed : NULL, length - fed },
                   self->framing == HN_HTTP_BODY_CHUNKED, last);
}

static void
release_upstream (HnProxy *self)
{
  /* an upstream that sends a body to HEAD all the same would answer the next request with it */
  gboolean reusable = !self->upstream_closes && !self->deaf && !self->is_head && request_is_done (self);

  if (reusable)
    hn_upstream_pool_give (self->pool, g_steal_pointer (&self->upstream), self->route.upstream_host, self->route.upstream_port,
                           self->route.tag);
  g_clear_pointer (&self->upstream, hn_wire_free);
}

static HnProxyResult
finish_answer (HnProxy *self)
{
  self->state = ANSWERED;
  if (!request_is_done (self))
    self->close_client = TRUE;
  release_upstream (self);
  return self->close_client ? HN_PROXY_DONE_CLOSE : HN_PROXY_DONE_KEEP;
}

static HnProxyResult
end_of_answer (HnProxy *self, HnWireResult how)
{
  if (how != HN_WIRE_EOF || self->response_body.kind != HN_HTTP_BODY_UNTIL_CLOSE)
    return fail (self, 502, "upstream failed", "was cut in the middle of an answer");
  if (!pass_on (self, NULL, 0, TRUE))
    return client_left (self);
  return finish_answer (self);
}

static HnProxyResult
take_body (HnProxy *self, char *bytes, gsize length)
{
  gsize used = 0, payload = 0;
  gboolean done;

  if (!hn_http_body_is_done (&self->response_body)
      && !hn_http_body_feed (&self->response_body, bytes, length, &used, &payload, NULL))
    return fail (self, 502, "upstream failed", "sent malformed chunks");
  hn_wire_unread (self->upstream, bytes + used, length - used);
  done = hn_http_body_is_done (&self->response_body);
  self->moved += length;
  if (!pass_on (self, bytes, payload, done))
    return client_left (self);
  return done ? finish_answer (self) : HN_PROXY_RUNNING;
}

static HnProxyResult
pump_body (HnProxy *self, gboolean *ret_moved)
{
  char *buffer = hn_poller_scratch (self->poller);
  gsize length = 0;
  HnWireResult result;

  if (hn_http_body_is_done (&self->response_body))
    return take_body (self, NULL, 0);
  result = hn_wire_read (self->upstream, buffer, HN_LIMIT_PROXY_BUFFER_BYTES, &length);
  if (result == HN_WIRE_BLOCKED)
    return self->lead != NULL && !pass_on (self, NULL, 0, FALSE) ? client_left (self) : HN_PROXY_RUNNING;
  if (result != HN_WIRE_OK)
    return end_of_answer (self, result);
  *ret_moved = TRUE;
  return take_body (self, buffer, length);
}

/* A head that came in pieces. */
static HnProxyResult
fill_head (HnProxy *self, gboolean *ret_moved)
{
  HnWireResult result = hn_wire_fill (self->upstream, HN_LIMIT_HEAD_BYTES);

  if (result == HN_WIRE_FULL)
    return fail (self, 502, "upstream failed", "sent a head that is too long");
  if (result != HN_WIRE_OK && result != HN_WIRE_BLOCKED)
    return fail (self, 502, "upstream failed", "closed the connection in the middle of a head");
  *ret_moved = result == HN_WIRE_OK;
  return HN_PROXY_RUNNING;
}

static HnProxyResult
take_answer (HnProxy *self, char *bytes, gsize head_bytes, gsize length)
{
  HnProxyResult result = take_head (self, bytes, head_bytes);

  if (result == HN_PROXY_RUNNING && self->state == ANSWERING) {
    if (length > head_bytes || hn_http_body_is_done (&self->response_body))
      return take_body (self, bytes + head_bytes, length - head_bytes);
  } else if (result == HN_PROXY_RUNNING || result == HN_PROXY_UPGRADED) {
    hn_wire_unread (self->upstream, bytes + head_bytes, length - head_bytes);
  }
  return result;
}

/* Most often the first read brings the whole head and the beginning of the body, or all of it: both are used where they lie. */
static HnProxyResult
pump_head (HnProxy *self, gboolean *ret_moved)
{
  HnSlice input = hn_wire_get_input (self->upstream);
  char *buffer = hn_poller_scratch (self->poller);
  gsize length = 0, head_bytes;
  HnWireResult result;

  if (input.length > 0 && hn_http_head_find_end (input.text, MIN (input.length, HN_LIMIT_HEAD_BYTES)) == 0)
    return fill_head (self, ret_moved);
  result = hn_wire_read (self->upstream, buffer, HN_LIMIT_PROXY_BUFFER_BYTES, &length);
  if (result == HN_WIRE_BLOCKED)
    return HN_PROXY_RUNNING;
  if (result != HN_WIRE_OK)
    return lost_before_answer (self);
  *ret_moved = TRUE;
  head_bytes = hn_http_head_find_end (buffer, MIN (length, HN_LIMIT_HEAD_BYTES));
  if (head_bytes > 0)
    return take_answer (self, buffer, head_bytes, length);
  hn_wire_unread (self->upstream, buffer, length);
  return HN_PROXY_RUNNING;
}

/* Whether something waits for the client to take it. */
static gboolean
client_is_slow (HnProxy *self)
{
  if (hn_wire_get_pending (self->client) == 0) {
    hn_pace_rest (&self->taking);
    return FALSE;
  }
  hn_pace_left (&self->taking, hn_wire_get_untaken (self->client), hn_poller_now_us (self->poller));
  return TRUE;
}

static HnProxyResult
pump_response (HnProxy *self, gboolean *ret_moved)
{
  if (!hn_wire_flush (self->client))
    return client_left (self);
  if (client_is_slow (self))
    return HN_PROXY_RUNNING;
  if (self->state == WAITING)
    return pump_head (self, ret_moved);
  if (self->state == ANSWERING)
    return pump_body (self, ret_moved);
  return HN_PROXY_RUNNING;
}

static HnProxyResult
step (HnProxy *self, gboolean *ret_moved)
{
  HnProxyResult result = HN_PROXY_RUNNING;

  if (hn_wire_is_gone (self->client) && request_is_done (self))
    return client_left (self);
  if (self->state == UNCONNECTED)
    result = open_upstream (self);
  if (result == HN_PROXY_RUNNING && self->state == CONNECTING)
    result = finish_connect (self);
  if (result == HN_PROXY_RUNNING)
    result = pump_request (self, ret_moved);
  if (result == HN_PROXY_RUNNING)
    result = pump_response (self, ret_moved);
  return result;
}

HnProxyResult
hn_proxy_run (HnProxy *self)
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

/* ---- deadlines ---- */

/* Progress of a direction is that of its later end, so that a wait for one end is not counted against the other. */
static gint64
request_deadline (HnProxy *self)
{
  gint64 last_us = MAX (self->since_us, hn_wire_get_last_out_us (self->upstream));

  if (self->deaf)
    return last_us + self->timeouts->upstream_us;
  if (request_is_done (self))
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
  case UNCONNECTED:
  case ANSWERED:
  case UPGRADED:
    return HN_NEVER;
  case CONNECTING:
    return self->since_us + self->timeouts->connect_us;
  case WAITING:
    return request_deadline (self);
  case ANSWERING:
    return response_deadline (self);
  }
  return HN_NEVER;
}

HnProxyResult
hn_proxy_expire (HnProxy *self)
{
  if (self->state == CONNECTING)
    return fail (self, 504, "upstream timed out", "did not accept the connection in time");
  if (self->state == WAITING && !self->deaf && !request_is_done (self) && hn_wire_get_pending (self->upstream) == 0)
    return fail (self, 408, "request body stalled", NULL);
  if (self->state == ANSWERING && client_is_slow (self))
    return response_deadline (self) > hn_poller_now_us (self->poller) ? HN_PROXY_RUNNING : client_left (self);
  return fail (self, 504, "upstream timed out", "did not answer in time");
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
  hn_route_clear (&self->route);
  g_clear_pointer (&self->request_head, g_byte_array_unref);
  g_clear_pointer (&self->lead, g_byte_array_unref);
  g_clear_pointer (&self->request, hn_http_head_free);
  g_free (self->request_text);
  g_free (self);
}
