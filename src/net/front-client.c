/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/front-client.h"

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
#define TLS_HANDSHAKE_RECORD 0x16
#define LINGER_SECONDS 2
#define LINGER_BYTES_MAX (1024 * 1024)

typedef enum {
  HANDSHAKE, /* of TLS, or waiting for its first word */
  HEAD,   /* between two requests, or in a head */
  BODY,   /* collecting the body of an API request */
  API,    /* the gate has the connection */
  PROXY,
  FLUSH,  /* an answer leaves */
  LINGER, /* it has left; the rest of what the client sends is thrown away */
  TUNNEL,
  GONE,
} State;

struct _HnFrontClient {
  const HnFrontShared *shared;
  GList link;
  GList handshake_link;
  HnWire *wire;
  HnPeer peer;
  State state;
  gint64 since_us; /* when this state began, or this head */
  gboolean in_head; /* the first byte of a head has come */
  gboolean close;  /* after this answer */
  gboolean said_last; /* the client announced that this request is its last, and it is whole */
  gboolean is_head; /* the request under way is a HEAD */
  gboolean cut;
  gboolean turned_away;
  gboolean in_handshakes; /* `handshake_link` is in the queue */
  gsize scanned;   /* bytes of the head without an empty line */
  gsize discarded; /* while lingering */

  GByteArray *api_request; /* head for the API server, and its body so far */
  gsize api_body_left;
  HnGate *gate;
  GSocketAddress *local;
  GSocketAddress *remote;
  HnProxy *proxy;
  HnTunnel *tunnel;
  char *tag; /* of the tunnel */
  HnPace taking; /* what is left of an answer */
};

static void run (HnFrontClient *self);

static void
enter (HnFrontClient *self, State state)
{
  self->state = state;
  self->since_us = hn_poller_now_us (self->shared->poller);
}

/* ---- life ---- */

static void
end_handshake (HnFrontClient *self)
{
  if (self->in_handshakes)
    g_queue_unlink (self->shared->handshakes, &self->handshake_link);
  self->in_handshakes = FALSE;
}

static void
release (HnFrontClient *self)
{
  if (self->state == TUNNEL)
    hn_metrics_add (HN_METRIC_TUNNELS, NULL, -1);
  self->state = GONE;
  end_handshake (self);
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

static void
leave (HnFrontClient *self)
{
  const HnFrontShared *shared = self->shared;
  g_autofree char *tag = self->state == TUNNEL ? g_steal_pointer (&self->tag) : NULL;
  gboolean was_tunnel = self->state == TUNNEL;

  release (self);
  shared->gone (self, shared->user_data);
  hn_poller_defer (shared->poller, g_free, self);
  if (was_tunnel && shared->events->tunnel_closed != NULL)
    shared->events->tunnel_closed (tag, shared->events_data);
}

/* ---- answers of our own ---- */

static void
send_answer (HnFrontClient *self, HnHttpAnswer *answer)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  struct iovec part;

  answer->close = self->close;
  hn_http_edit_answer (answer, out);
  part = (struct iovec){ out->data, out->len };
  hn_wire_send (self->wire, &part, 1);
  enter (self, FLUSH);
}

static void
answer_error (HnFrontClient *self, guint status, const char *error, const char *detail)
{
  g_autofree char *body = hn_http_error_body (status, error, detail);
  HnHttpAnswer answer = { .status = status, .body = body, .head_only = self->is_head };

  self->close = TRUE;
  send_answer (self, &answer);
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
  send_answer (self, &answer);
}

void
hn_front_client_turn_away (HnFrontClient *self)
{
  g_autofree char *body = hn_http_error_body (503, "too many connections", NULL);
  HnHttpAnswer answer = { .status = 503, .body = body, .retry_after_seconds = 1 };

  self->turned_away = TRUE;
  if (self->state == HANDSHAKE)
    return;
  self->close = TRUE;
  send_answer (self, &answer);
}

/* ---- TLS ---- */

/* Whoever spoke plain HTTP can be told; whatever else it was would not understand us. */
static gboolean
refuse_plain (HnFrontClient *self, HnSlice input)
{
  if (!g_ascii_isupper (input.text[0])) {
    leave (self);
    return FALSE;
  }
  answer_error (self, 400, "plain HTTP on a port for HTTPS", "use https://");
  return TRUE;
}

/* From the first bytes on a handshake costs memory; before them a client costs what a silent plain one does. */
static gboolean
await_hello (HnFrontClient *self)
{
  const HnFrontShared *shared = self->shared;
  HnWireResult result = hn_wire_fill (self->wire, HN_LIMIT_HELLO_BYTES);

  if (result == HN_WIRE_EOF || result == HN_WIRE_ERROR)
    leave (self);
  if (result != HN_WIRE_OK)
    return FALSE;
  if (hn_wire_get_input (self->wire).text[0] != TLS_HANDSHAKE_RECORD)
    return refuse_plain (self, hn_wire_get_input (self->wire));
  hn_wire_start_tls (self->wire, shared->tls);
  self->in_handshakes = TRUE;
  g_queue_push_tail_link (shared->handshakes, &self->handshake_link);
  if (shared->handshakes->length > HN_LIMIT_HANDSHAKES)
    leave (shared->handshakes->head->data);
  return TRUE;
}

/* A turn has room for some only. */
static gboolean
take_share (HnFrontClient *self)
{
  HnTurnShare *share = self->shared->share;
  gint64 turn_us = hn_poller_now_us (self->shared->poller);

  if (share->turn_us != turn_us)
    *share = (HnTurnShare){ .turn_us = turn_us };
  if (share->done < HN_LIMIT_HANDSHAKES_PER_TURN) {
    share->done++;
    return TRUE;
  }
  hn_wire_again (self->wire);
  return FALSE;
}

static gboolean
step_handshake (HnFrontClient *self)
{
  HnWireResult result;

  if (!hn_wire_is_tls (self->wire))
    return await_hello (self);
  if (!take_share (self))
    return FALSE;
  result = hn_wire_handshake (self->wire);
  if (result == HN_WIRE_BLOCKED)
    return FALSE;
  if (result != HN_WIRE_OK) {
    leave (self);
    return FALSE;
  }
  end_handshake (self);
  enter (self, HEAD);
  if (self->turned_away)
    hn_front_client_turn_away (self);
  return TRUE;
}

/* ---- the API ---- */

static void
on_answered (gboolean keep_alive, gpointer user_data)
{
  HnFrontClient *self = user_data;

  g_clear_pointer (&self->gate, hn_gate_free);
  self->close = !keep_alive;
  enter (self, FLUSH);
  run (self);
}

static const HnGateEvents gate_events = { on_answered };

static GSocketAddress *
socket_address (int fd, gboolean remote)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  int result = remote ? getpeername (fd, (struct sockaddr *) &address, &length) : getsockname (fd, (struct sockaddr *) &address, &length);

  return result == 0 ? g_socket_address_new_from_native (&address, length) : g_inet_socket_address_new_from_string ("127.0.0.1", 1);
}

static void
open_gate (HnFrontClient *self)
{
  const HnFrontShared *shared = self->shared;
  int fd = hn_wire_get_fd (self->wire);

  if (self->remote == NULL) {
    self->local = socket_address (fd, FALSE);
    self->remote = socket_address (fd, TRUE);
  }
  enter (self, API);
  self->gate = hn_gate_open (shared->poller, shared->options.api, self->wire, g_steal_pointer (&self->api_request), !self->close, self->local,
                             self->remote, &gate_events, self);
}

static gboolean
step_body (HnFrontClient *self)
{
  HnSlice input = hn_wire_get_input (self->wire);
  gsize n = MIN (input.length, self->api_body_left);
  HnWireResult result;

  g_byte_array_append (self->api_request, (const guint8 *) input.text, (guint) n);
  hn_wire_consume (self->wire, n);
  self->api_body_left -= n;
  if (self->api_body_left == 0) {
    open_gate (self);
    return TRUE;
  }
  result = hn_wire_fill (self->wire, HN_LIMIT_API_BODY_BYTES);
  if (result == HN_WIRE_EOF || result == HN_WIRE_ERROR)
    leave (self);
  return result == HN_WIRE_OK;
}

static void
say_continue (HnFrontClient *self)
{
  static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  struct iovec part = { (char *) text, sizeof text - 1 };

  hn_wire_send (self->wire, &part, 1);
}

static void
begin_api (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes, const HnRoute *route)
{
  gsize longest = route->body_limit_bytes != 0 ? route->body_limit_bytes : HN_LIMIT_API_BODY_BYTES;
  gsize length = (gsize) MAX (head->content_length, 0);
  HnHttpRefusal refusal;

  if (!hn_http_edit_check_api_request (head, longest, &refusal)) {
    answer_error (self, refusal.status, refusal.error, refusal.detail);
    return;
  }
  self->close = head->close || head->minor == 0;
  self->api_request = g_byte_array_sized_new ((guint) head_bytes + 32);
  hn_http_edit_api_request (head, self->close, self->api_request);
  self->api_body_left = length;
  if (head->expect_continue && length > 0 && hn_wire_get_input (self->wire).length == head_bytes)
    say_continue (self);
  hn_wire_consume (self->wire, head_bytes);
  enter (self, BODY);
}

static gboolean
step_api (HnFrontClient *self)
{
  if (self->gate != NULL && hn_wire_is_gone (self->wire))
    leave (self);
  return FALSE;
}

/* ---- the proxy ---- */

static void
on_wake (gpointer user_data)
{
  run (user_data);
}

static void
begin_proxy (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes, HnRoute *route)
{
  const HnFrontShared *shared = self->shared;
  const char *odd = hn_route_check_path (head->path);

  if (odd != NULL) {
    answer_error (self, 400, "malformed path", odd);
    return;
  }
  if (head->expect_continue && head->body != HN_HTTP_BODY_NONE && hn_wire_get_input (self->wire).length == head_bytes)
    say_continue (self);
  self->said_last = head->close && head->body == HN_HTTP_BODY_NONE;
  self->proxy = hn_proxy_new (shared->poller, shared->pool, self->wire, head, head_bytes, route, &shared->timeouts, on_wake, self);
  enter (self, PROXY);
}

static void
on_tunnel_closed (gpointer user_data)
{
  leave (user_data);
}

static void
begin_tunnel (HnFrontClient *self)
{
  const HnFrontShared *shared = self->shared;

  self->tag = g_strdup (hn_proxy_get_tag (self->proxy));
  self->tunnel = hn_tunnel_new (shared->poller, g_steal_pointer (&self->wire), hn_proxy_steal_upstream (self->proxy), on_tunnel_closed, self);
  g_clear_pointer (&self->proxy, hn_proxy_free);
  enter (self, TUNNEL);
  hn_metrics_add (HN_METRIC_TUNNELS, NULL, 1);
  hn_metrics_add (HN_METRIC_TUNNELS_OPENED, NULL, 1);
  if (shared->events->tunnel_opened != NULL)
    shared->events->tunnel_opened (self->tag, shared->events_data);
}

static void
report_upstream (HnFrontClient *self, const HnProxyFailure *failure)
{
  const HnFrontShared *shared = self->shared;

  if (failure->what != NULL && shared->events->upstream_failed != NULL)
    shared->events->upstream_failed (hn_proxy_get_tag (self->proxy), failure->what, shared->events_data);
}

static void
cut_client (HnFrontClient *self)
{
  g_clear_pointer (&self->proxy, hn_proxy_free);
  hn_wire_reset (g_steal_pointer (&self->wire));
  leave (self);
}

static gboolean
conclude_proxy (HnFrontClient *self, HnProxyResult result)
{
  const HnProxyFailure failure = *hn_proxy_get_failure (self->proxy);

  switch (result) {
  case HN_PROXY_RUNNING:
    return FALSE;
  case HN_PROXY_DONE_KEEP:
  case HN_PROXY_DONE_CLOSE:
    self->close = result == HN_PROXY_DONE_CLOSE;
    g_clear_pointer (&self->proxy, hn_proxy_free);
    enter (self, FLUSH);
    return TRUE;
  case HN_PROXY_UPGRADED:
    begin_tunnel (self);
    return FALSE;
  case HN_PROXY_FAILED:
  case HN_PROXY_CUT:
    break;
  }
  report_upstream (self, &failure);
  if (self->state == GONE)
    return FALSE;
  if (result == HN_PROXY_CUT) {
    cut_client (self);
    return FALSE;
  }
  g_clear_pointer (&self->proxy, hn_proxy_free);
  answer_error (self, failure.status, failure.error, failure.what);
  return TRUE;
}

/* ---- heads ---- */

static void
dispatch (HnFrontClient *self, const HnHttpHead *head, gsize head_bytes)
{
  HnRoute route;

  hn_route_init (&route);
  self->shared->events->route (head, &self->peer, &route, self->shared->events_data);
  if (self->state == GONE) {
    hn_route_clear (&route);
    return;
  }
  switch (route.kind) {
  case HN_ROUTE_API:
    begin_api (self, head, head_bytes, &route);
    break;
  case HN_ROUTE_PROXY:
    begin_proxy (self, head, head_bytes, &route);
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
    answer_error (self, status, "malformed request", error->message);
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
    answer_error (self, 400, "malformed request", "this is not HTTP");
  else if (input.length > HN_LIMIT_TARGET_BYTES + 64 && memchr (input.text, '\n', HN_LIMIT_TARGET_BYTES + 64) == NULL)
    answer_error (self, 414, "malformed request", "the request target is too long");
  else if (input.length >= HN_LIMIT_HEAD_BYTES)
    answer_error (self, 431, "malformed request", "the head is too long");
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
    return self->state != GONE;
  }
  if (refuse_early (self, input))
    return TRUE;
  self->scanned = input.length;
  result = hn_wire_fill (self->wire, HN_LIMIT_HEAD_BYTES);
  if (result == HN_WIRE_EOF || result == HN_WIRE_ERROR)
    leave (self);
  return result == HN_WIRE_OK;
}

/* ---- ends ---- */

/* Whether something waits for the client to take it. */
static gboolean
client_is_slow (HnFrontClient *self)
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
    leave (self);
    return FALSE;
  }
  if (client_is_slow (self))
    return FALSE;
  if (self->close && self->said_last && hn_wire_is_quiet (self->wire)) {
    if (hn_wire_is_tls (self->wire))
      hn_wire_shutdown (self->wire);
    leave (self); /* nothing is on its way that a reset could answer */
    return FALSE;
  }
  if (self->close) {
    hn_wire_shutdown (self->wire);
    enter (self, LINGER);
  } else {
    enter (self, HEAD);
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
    leave (self);
  return result == HN_WIRE_OK && self->state == LINGER;
}

static gboolean
step (HnFrontClient *self)
{
  switch (self->state) {
  case HANDSHAKE:
    return step_handshake (self);
  case HEAD:
    return step_head (self);
  case BODY:
    return step_body (self);
  case API:
    return step_api (self);
  case PROXY:
    return conclude_proxy (self, hn_proxy_run (self->proxy));
  case FLUSH:
    return step_flush (self);
  case LINGER:
    return step_linger (self);
  case TUNNEL:
  case GONE:
    break;
  }
  return FALSE;
}

static void
run (HnFrontClient *self)
{
  if (self->cut && self->state == PROXY) {
    cut_client (self);
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
  run (user_data);
}

/* ---- deadlines ---- */

static gint64
get_deadline (HnFrontClient *self)
{
  const HnFrontOptions *options = &self->shared->options;

  switch (self->state) {
  case HANDSHAKE:
    return self->since_us + options->handshake_timeout_us;
  case HEAD:
    return self->since_us + (self->in_head ? options->head_timeout_us : options->keepalive_timeout_us);
  case BODY:
    return MIN (hn_wire_get_last_in_us (self->wire) + options->body_timeout_us, self->since_us + options->api_timeout_us);
  case API:
    return self->gate != NULL ? hn_gate_get_deadline (self->gate, options->api_timeout_us, options->send_timeout_us, options->pace_us)
                              : HN_NEVER;
  case PROXY:
    return hn_proxy_get_deadline (self->proxy);
  case FLUSH:
    return hn_pace_get_deadline (&self->taking, options->send_timeout_us, options->pace_us);
  case LINGER:
    return self->since_us + hn_seconds (LINGER_SECONDS);
  case TUNNEL:
    return hn_tunnel_get_deadline (self->tunnel, options->send_timeout_us, options->pace_us);
  case GONE:
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
    cut_client (self);
  else
    answer_error (self, 504, "request timed out", "the handler took too long");
}

static void
leave_if_overdue (HnFrontClient *self)
{
  if (is_overdue (self, hn_poller_now_us (self->shared->poller)))
    leave (self);
}

/* Between two requests: nothing is cut. */
static void
leave_idle (HnFrontClient *self)
{
  if (hn_wire_is_tls (self->wire))
    hn_wire_shutdown (self->wire);
  leave (self);
}

static void
expire (HnFrontClient *self)
{
  switch (self->state) {
  case HANDSHAKE:
    leave (self);
    break;
  case HEAD:
    self->is_head = FALSE;
    if (self->in_head)
      answer_error (self, 408, "request timed out", "the head did not come in time");
    else
      leave_idle (self);
    break;
  case BODY:
    answer_error (self, 408, "request timed out", "the body did not come in time");
    break;
  case API:
    expire_api (self);
    break;
  case PROXY:
    conclude_proxy (self, hn_proxy_expire (self->proxy));
    break;
  case FLUSH:
    client_is_slow (self); /* a second look: the kernel tells late what was taken */
    leave_if_overdue (self);
    break;
  case TUNNEL:
    hn_tunnel_look_again (self->tunnel);
    leave_if_overdue (self);
    break;
  case LINGER:
    leave (self);
    break;
  case GONE:
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
  if (self->state == FLUSH)
    run (self);
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
  return self->state == TUNNEL;
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
  enter (self, shared->tls != NULL ? HANDSHAKE : HEAD);
  return self;
}
