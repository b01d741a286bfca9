/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/connection-ws.h"

#include "base/clock.h"
#include "base/json-scan.h"
#include "base/log.h"
#include "base/metrics.h"
#include "rooms/envelope.h"

/* Rules: a message is counted before it is looked at, so that a flood costs nothing but its reading. Errors are answered one for one, within that count. */

#define ROUTER "WebRTC-Router"
#define MANAGER "WebRTC-Manager"
#define CLOSE_NORMAL 1000
#define CLOSE_NONE 1005
#define RETRY_US 2000

struct _HnConnectionWs {
  HnConnectionShared *shared;
  HnConnectionFacts facts;
  gpointer owner;
  HnWebSocket *socket;
  char *sender; /* the user as JSON */
  HnMessageRate rate;
  guint bad;
  char *kept; /* (nullable): a message that the roster had no room for */
  gsize kept_length;
  char *kept_to; /* (nullable) */
  GList link;    /* in the queue of those that wait */
};

/* ---- what is said to it ---- */

static void
count (HnRefusal refusal)
{
  g_autofree char *name = g_ascii_strdown (hn_refusal_get (refusal)->name, -1);

  hn_metrics_add (HN_METRIC_ROOM_REFUSALS, name, 1);
}

static void
send_error (HnConnectionWs *self, HnRefusal refusal, guint number, const char *why)
{
  g_autoptr (GString) text = g_string_new (NULL);

  hn_refusal_write_error (text, refusal, number, why);
  hn_websocket_send_text (self->socket, text->str, text->len);
}

void
hn_connection_ws_tell (HnConnectionWs *self, HnRefusal refusal, guint number, const char *why)
{
  count (refusal);
  send_error (self, refusal, number, why);
}

void
hn_connection_ws_end (HnConnectionWs *self, HnRefusal refusal, guint number)
{
  const HnRefusalRow *row = hn_refusal_get (refusal);

  count (refusal);
  if (row->error != NULL)
    send_error (self, refusal, number, NULL);
  hn_websocket_close (self->socket, row->close_code, row->reason);
}

/* ---- what it says ---- */

static gboolean
is_verbose (const HnConnectionWs *self)
{
  return self->shared->rules.debug || hn_log_wants (HN_LOG_DEBUG);
}

static HnLogLevel
level (const HnConnectionWs *self)
{
  return self->shared->rules.debug ? HN_LOG_INFO : HN_LOG_DEBUG;
}

/* Up to as many in a row as are borne. */
static void
refuse_message (HnConnectionWs *self, HnRefusal refusal, HnDialectType type, const char *why)
{
  if (is_verbose (self))
    hn_log (level (self), ROUTER, NULL, "message refused room=%s user=%s type=%s code=%s: %.200s", self->facts.room, self->facts.user,
            type < HN_DIALECT_TYPES ? hn_dialect_get_name (type, HN_DIALECT_UNDERSCORE) : "-", hn_refusal_get (refusal)->error,
            why != NULL ? why : "");
  hn_connection_ws_tell (self, refusal, 0, why);
  if (++self->bad >= self->shared->rules.bad_messages)
    hn_connection_ws_end (self, HN_REFUSAL_BAD_MESSAGES, 0);
}

static void
answer_ping (HnConnectionWs *self, const HnEnvelope *envelope)
{
  const HnEnvelope pong = { .type = HN_DIALECT_PONG, .payload = envelope->payload };
  g_autoptr (GString) text = g_string_new (NULL);

  hn_envelope_write (&pong, "null", self->facts.quoted_room, hn_clock_utc_us (), text);
  hn_websocket_send_text (self->socket, text->str, text->len);
}

static gboolean
is_there (HnConnectionWs *self, const char *user)
{
  HnRosterGroup *group = hn_roster_find (self->shared->roster, self->facts.room);

  return group != NULL && hn_roster_group_find_member (group, user) != NULL;
}

static gboolean
say (HnConnectionWs *self, const char *to, const char *text, gsize length)
{
  if (!hn_roster_say (self->shared->roster, self->facts.room, self->facts.id, to, text, length))
    return FALSE;
  hn_metrics_add (HN_METRIC_ROOM_MESSAGES, NULL, 1);
  return TRUE;
}

/* Nothing more is read before this is said. */
static void
keep (HnConnectionWs *self, const char *to, const GString *text)
{
  self->kept = g_memdup2 (text->str, text->len);
  self->kept_length = text->len;
  self->kept_to = g_strdup (to);
  hn_websocket_pause (self->socket);
  g_queue_push_tail_link (&self->shared->waiting, &self->link);
  hn_timer_arm (self->shared->retry, hn_clock_now_us () + RETRY_US);
  hn_metrics_add (HN_METRIC_ROOM_HELD_BACK, NULL, 1);
}

static void
stop_waiting (HnConnectionWs *self)
{
  if (self->kept == NULL)
    return;
  g_queue_unlink (&self->shared->waiting, &self->link);
  g_clear_pointer (&self->kept, g_free);
  g_clear_pointer (&self->kept_to, g_free);
}

void
hn_connection_ws_retry (gpointer data)
{
  HnConnectionShared *shared = data;

  while (shared->waiting.head != NULL) {
    HnConnectionWs *self = shared->waiting.head->data;

    if (!say (self, self->kept_to, self->kept, self->kept_length)) {
      hn_timer_arm (shared->retry, hn_clock_now_us () + RETRY_US);
      return;
    }
    stop_waiting (self);
    hn_websocket_resume (self->socket);
  }
}

static void
relay (HnConnectionWs *self, const HnEnvelope *envelope)
{
  const char *to = self->shared->rules.broadcast ? NULL : envelope->target;
  GString *text = self->shared->text;

  if (is_verbose (self)) {
    hn_log (level (self), ROUTER, NULL, "Received %s from %s in %s", hn_dialect_get_name (envelope->type, HN_DIALECT_UNDERSCORE), self->facts.user,
            self->facts.room);
    hn_log (level (self), MANAGER, NULL, "Publishing to room %s", self->facts.room);
  }
  if (to != NULL && !is_there (self, to)) {
    hn_connection_ws_tell (self, HN_REFUSAL_TARGET_NOT_FOUND, 0, NULL);
    return;
  }
  g_string_truncate (text, 0);
  hn_envelope_write (envelope, self->sender, self->facts.quoted_room, hn_clock_utc_us (), text);
  if (!say (self, to, text->str, text->len))
    keep (self, to, text);
}

static void
take (HnConnectionWs *self, const HnEnvelope *envelope)
{
  self->bad = 0;
  if (envelope->type == HN_DIALECT_PING)
    answer_ping (self, envelope);
  else if (envelope->type == HN_DIALECT_LEAVE)
    hn_connection_ws_end (self, HN_REFUSAL_LEFT, 0);
  else
    relay (self, envelope);
}

static void
read_message (HnConnectionWs *self, HnSlice message, gboolean binary)
{
  HnEnvelope envelope;
  g_autofree char *why = NULL;
  HnRefusal refusal;

  if (binary) {
    refuse_message (self, HN_REFUSAL_INVALID_MESSAGE, HN_DIALECT_TYPES, "a message must be text");
    return;
  }
  refusal = hn_envelope_read (message.text, message.length, &envelope, &why);
  if (refusal == HN_REFUSALS)
    take (self, &envelope);
  else
    refuse_message (self, refusal, envelope.type, why);
  hn_envelope_clear (&envelope);
}

static void
on_message (HnWebSocket *socket, HnSlice message, gboolean binary, gpointer data)
{
  HnConnectionWs *self = data;
  guint retry_seconds = 0;

  switch (hn_message_rate_take (&self->rate, &self->shared->rules.rate, message.length, hn_poller_now_us (self->shared->poller), &retry_seconds)) {
  case HN_MESSAGE_RATE_PASS:
    read_message (self, message, binary);
    break;
  case HN_MESSAGE_RATE_TELL:
    hn_connection_ws_tell (self, HN_REFUSAL_RATE, retry_seconds, NULL);
    break;
  case HN_MESSAGE_RATE_DROP:
    count (HN_REFUSAL_RATE);
    break;
  case HN_MESSAGE_RATE_END:
    hn_connection_ws_end (self, HN_REFUSAL_RATE_CLOSE, 0);
    break;
  }
}

/* ---- its end ---- */

static gboolean
is_clean (HnWebSocketEnd end, guint code)
{
  switch (end) {
  case HN_WEBSOCKET_BY_PEER:
    return code == CLOSE_NORMAL || code == CLOSE_NONE;
  case HN_WEBSOCKET_BY_US:
  case HN_WEBSOCKET_WRONG:
    return TRUE;
  case HN_WEBSOCKET_LOST:
  case HN_WEBSOCKET_SILENT:
  case HN_WEBSOCKET_SLOW:
  case HN_WEBSOCKET_REFUSED:
  case HN_WEBSOCKET_N_ENDS:
    break;
  }
  return FALSE;
}

static void
on_closed (HnWebSocket *socket, HnWebSocketEnd end, guint code, const char *reason, gpointer data)
{
  HnConnectionWs *self = data;

  if (self->facts.user != NULL)
    hn_info ("rooms", NULL, "WebSocket disconnected room=%s user=%s code=%u reason=%s", self->facts.room, self->facts.user, code, reason);
  else
    hn_info ("rooms", NULL, "WebSocket refused code=%u reason=%s", code, reason);
  self->shared->ended (self, is_clean (end, code), self->owner);
}

void
hn_connection_ws_open (HnConnectionWs *self)
{
  hn_websocket_resume (self->socket);
}

HnWebSocket *
hn_connection_ws_get_socket (HnConnectionWs *self)
{
  return self->socket;
}

HnConnectionWs *
hn_connection_ws_new (HnConnectionShared *shared, HnWire *wire, const HnConnectionFacts *facts, gpointer owner)
{
  static const HnWebSocketEvents events = { .message = on_message, .closed = on_closed };
  HnConnectionWs *self = g_new0 (HnConnectionWs, 1);

  self->shared = shared;
  self->facts = *facts;
  self->owner = owner;
  self->link.data = self;
  if (facts->user != NULL) {
    GString *sender = g_string_new (NULL);

    hn_json_append_string (sender, facts->user);
    self->sender = g_string_free (sender, FALSE);
  }
  self->socket = hn_websocket_new (shared->hub, wire, &events, self);
  hn_websocket_pause (self->socket);
  return self;
}

void
hn_connection_ws_free (HnConnectionWs *self)
{
  if (self == NULL)
    return;
  stop_waiting (self);
  hn_websocket_free (self->socket);
  g_free (self->sender);
  g_free (self);
}
