/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/proxy-private.h"

#include "base/limits.h"
#include "base/metrics.h"

/* Towards the client: what the upstream answers, edited on its way if there is a filter. The rules stand in proxy.c. */

#define INTERIM_ANSWERS_MAX 16
#define FILTER_PIECE_BYTES 2048 /* as much of a page is fed at once: of what lies behind the piece in which a filter ends nothing is copied */
#define FILTER_HELD_BYTES 64 /* what a filter held back comes on top: more than this only costs a growing buffer */

static gboolean
has_no_body (HnProxy *self, const HnHttpHead *head)
{
  return self->is_head || head->status == 204 || head->status == 304 || head->status == 101;
}

/* What Content-Length the client is told, -1 for none. */
static gint64
length_to_tell (HnProxy *self, const HnHttpHead *head)
{
  if (head->status == 204 || head->content_length < 0 || self->unpack != NULL)
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
  if (ret_framing->body == HN_HTTP_BODY_UNTIL_CLOSE || !hn_proxy_request_is_done (self))
    self->close_client = TRUE;
  ret_framing->close = self->close_client;
}

static void
open_filter (HnProxy *self, const HnHttpHead *head)
{
  if (self->route.filter != NULL)
    self->filter_state = self->route.filter->open (self->request, head, self->route.filter_data);
  if (self->filter_state != NULL && hn_unpack_is_known (head))
    self->unpack = hn_unpack_new ();
}

static void
begin_answer (HnProxy *self, const HnHttpHead *head)
{
  HnHttpFraming framing;

  self->status = head->status;
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
  self->state = HN_PROXY_ANSWERING;
}

static void
note_duration (HnProxy *self)
{
  hn_metrics_observe (HN_METRIC_PROXY_DURATION, NULL, hn_poller_now_us (self->poller) - self->begun_us);
}

static HnProxyResult
begin_upgrade (HnProxy *self, const HnHttpHead *head)
{
  HnHttpFraming framing = { .body = HN_HTTP_BODY_NONE, .content_length = -1, .upgrade = TRUE };
  g_autoptr (GByteArray) out = g_byte_array_new ();
  struct iovec part;

  if (!self->wants_upgrade || !head->upgrade_websocket)
    return hn_proxy_fail (self, 502, "upstream failed", "switched protocols without being asked");
  hn_http_edit_response (head, &self->route, &framing, out);
  part = (struct iovec){ out->data, out->len };
  if (!hn_wire_send (self->client, &part, 1))
    return hn_proxy_client_left (self);
  self->status = head->status;
  note_duration (self);
  self->state = HN_PROXY_WITH_TUNNEL;
  return HN_PROXY_UPGRADED;
}

/* An interim answer goes on (RFC 9110, 15.2), but for 100: that one the front door gives. An old client knows none. */
static void
pass_hint (HnProxy *self, const HnHttpHead *head)
{
  HnHttpFraming framing = { .body = HN_HTTP_BODY_NONE, .content_length = -1 };
  g_autoptr (GByteArray) out = NULL;
  struct iovec part;

  hn_proxy_note_time (self);
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
    return hn_proxy_fail (self, 502, "upstream failed", "answered something that is not HTTP");
  if (head->status == 101)
    result = begin_upgrade (self, head);
  else if (head->status >= 200)
    begin_answer (self, head);
  else if (++self->interims > INTERIM_ANSWERS_MAX)
    return hn_proxy_fail (self, 502, "upstream failed", "sent too many interim answers");
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
    filter->feed (self->filter_state, n > 0 ? bytes + fed - n : NULL, n, last && fed == length, out);
  } while (fed < length && !is_through (self));
  *ret_fed = fed;
  return out;
}

static HnProxyResult
not_passed_on (HnProxy *self)
{
  if (!self->torn)
    return hn_proxy_client_left (self);
  if (self->lead != NULL)
    self->state = HN_PROXY_WAITING; /* nothing of the answer is out: it can still be another one */
  return hn_proxy_fail (self, 502, "upstream failed", "sent a packed page that is broken or too large");
}

/* Sends payload on, edited if there is a filter, together with the head if that still waits. */
static gboolean
pass_on_plain (HnProxy *self, const char *bytes, gsize length, gboolean last)
{
  g_autoptr (GByteArray) lead = g_steal_pointer (&self->lead);
  g_autoptr (GByteArray) edited = NULL;
  gsize fed = 0;

  if (lead != NULL)
    note_duration (self);
  if (self->filter_state != NULL && self->framing != HN_HTTP_BODY_NONE && !is_through (self))
    edited = edit (self, bytes, length, last, &fed);
  return hn_proxy_send (self->client, &(HnProxyOutgoing){ lead, edited, fed < length ? bytes + fed : NULL, length - fed },
                   self->framing == HN_HTTP_BODY_CHUNKED, last);
}

static gboolean
pass_on (HnProxy *self, const char *bytes, gsize length, gboolean last)
{
  g_autoptr (GByteArray) plain = NULL;

  if (self->unpack == NULL || self->framing == HN_HTTP_BODY_NONE)
    return pass_on_plain (self, bytes, length, last);
  plain = hn_unpack_feed (self->unpack, bytes, length, last);
  self->torn = plain == NULL;
  return plain != NULL && pass_on_plain (self, (const char *) plain->data, plain->len, last);
}

static void
release_upstream (HnProxy *self)
{
  /* an upstream that sends a body to HEAD all the same would answer the next request with it */
  gboolean reusable = !self->upstream_closes && !self->deaf && !self->is_head && hn_proxy_request_is_done (self);

  if (reusable)
    hn_upstream_pool_give (self->pool, g_steal_pointer (&self->upstream), self->route.upstream_host, self->route.upstream_port,
                           self->route.tag);
  g_clear_pointer (&self->upstream, hn_wire_free);
}

static HnProxyResult
finish_answer (HnProxy *self)
{
  self->state = HN_PROXY_ANSWERED;
  if (!hn_proxy_request_is_done (self))
    self->close_client = TRUE;
  release_upstream (self);
  return self->close_client ? HN_PROXY_DONE_CLOSE : HN_PROXY_DONE_KEEP;
}

static HnProxyResult
end_of_answer (HnProxy *self, HnWireResult how)
{
  if (how != HN_WIRE_EOF || self->response_body.kind != HN_HTTP_BODY_UNTIL_CLOSE)
    return hn_proxy_fail (self, 502, "upstream failed", "was cut in the middle of an answer");
  if (!pass_on (self, NULL, 0, TRUE))
    return not_passed_on (self);
  return finish_answer (self);
}

static HnProxyResult
take_body (HnProxy *self, char *bytes, gsize length)
{
  gsize used = 0, payload = 0;
  gboolean done;

  if (!hn_http_body_is_done (&self->response_body)
      && !hn_http_body_feed (&self->response_body, bytes, length, &used, &payload, NULL))
    return hn_proxy_fail (self, 502, "upstream failed", "sent malformed chunks");
  hn_wire_unread (self->upstream, bytes + used, length - used);
  done = hn_http_body_is_done (&self->response_body);
  self->moved += length;
  hn_metrics_add (HN_METRIC_PROXY_BYTES, "to_client", (gint64) payload);
  if (!pass_on (self, bytes, payload, done))
    return not_passed_on (self);
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
    return self->lead != NULL && !pass_on (self, NULL, 0, FALSE) ? not_passed_on (self) : HN_PROXY_RUNNING;
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
    return hn_proxy_fail (self, 502, "upstream failed", "sent a head that is too long");
  if (result != HN_WIRE_OK && result != HN_WIRE_BLOCKED)
    return hn_proxy_fail (self, 502, "upstream failed", "closed the connection in the middle of a head");
  *ret_moved = result == HN_WIRE_OK;
  return HN_PROXY_RUNNING;
}

static HnProxyResult
take_answer (HnProxy *self, char *bytes, gsize head_bytes, gsize length)
{
  HnProxyResult result = take_head (self, bytes, head_bytes);

  if (result == HN_PROXY_RUNNING && self->state == HN_PROXY_ANSWERING) {
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
    return hn_proxy_request_lost (self);
  *ret_moved = TRUE;
  head_bytes = hn_http_head_find_end (buffer, MIN (length, HN_LIMIT_HEAD_BYTES));
  if (head_bytes > 0)
    return take_answer (self, buffer, head_bytes, length);
  hn_wire_unread (self->upstream, buffer, length);
  return HN_PROXY_RUNNING;
}

gboolean
hn_proxy_response_waits (HnProxy *self)
{
  if (hn_wire_get_pending (self->client) == 0) {
    hn_pace_rest (&self->taking);
    return FALSE;
  }
  hn_pace_left (&self->taking, hn_wire_get_untaken (self->client), hn_poller_now_us (self->poller));
  return TRUE;
}

HnProxyResult
hn_proxy_response_pump (HnProxy *self, gboolean *ret_moved)
{
  if (!hn_wire_flush (self->client))
    return hn_proxy_client_left (self);
  if (hn_proxy_response_waits (self))
    return HN_PROXY_RUNNING;
  if (self->state == HN_PROXY_WAITING)
    return pump_head (self, ret_moved);
  if (self->state == HN_PROXY_ANSWERING)
    return pump_body (self, ret_moved);
  return HN_PROXY_RUNNING;
}
