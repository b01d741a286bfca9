/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/websocket-private.h"

#include "base/limits.h"

/* What the peer of a socket says. Rules: it is read into the poller's scratch, and frames are told where they lie; only a part of a frame is kept. So much is read in
 * a turn and so many messages are delivered; whoever says more has its next turn like everyone. What comes while we are closing is looked at only for the peer's close. */

typedef struct {
  guint messages;
  gsize bytes;
} Budget;

#define MESSAGES_PER_TURN 64
#define BYTES_PER_TURN 16384

static gboolean
may_read (HnWebSocket *self)
{
  switch ((HnWebSocketState) self->state) {
  case HN_WEBSOCKET_OPEN:
    return self->pauses == 0 && self->events != NULL;
  case HN_WEBSOCKET_CLOSING:
    return TRUE;
  case HN_WEBSOCKET_OPENING:
  case HN_WEBSOCKET_GONE:
    break;
  }
  return FALSE;
}

static void
take_message (HnWebSocket *self, const HnWsEvent *event, Budget *budget)
{
  HnWebSocketFigures *figures = &self->hub->figures;

  budget->messages--;
  figures->messages_in++;
  figures->bytes_in += event->payload.length;
  self->busy = TRUE;
  self->events->message (self, event->payload, event->kind == HN_WS_BINARY, self->user_data);
  self->busy = FALSE;
}

/* While it is open. */
static void
take_event (HnWebSocket *self, const HnWsEvent *event, Budget *budget)
{
  switch (event->kind) {
  case HN_WS_TEXT:
  case HN_WS_BINARY:
    take_message (self, event, budget);
    break;
  case HN_WS_PING:
    self->hub->figures.pings_in++;
    g_clear_pointer (&self->pong, hn_ws_message_unref);
    self->pong = hn_websocket_make_frame (self, HN_WS_PONG, event->payload);
    hn_websocket_hub_due (self->hub, self);
    break;
  case HN_WS_CLOSE:
    hn_websocket_end (self, HN_WEBSOCKET_BY_PEER, event->code, event->payload);
    break;
  case HN_WS_BROKEN:
    hn_websocket_end (self, HN_WEBSOCKET_WRONG, event->code, event->payload);
    break;
  case HN_WS_PONG:
  case HN_WS_NOTHING:
    break;
  }
}

typedef enum { WANTS_MORE, SPENT, STOPPED } Digested;

/* What is whole of @bytes. */
static Digested
digest (HnWebSocket *self, char *bytes, gsize length, Budget *budget, gsize *ret_used)
{
  const HnWsReaderRules *rules = self->client ? &self->hub->rules_for_servers : &self->hub->rules_for_clients;
  HnWsEvent event = { .kind = HN_WS_PONG };
  gsize used = 0;

  *ret_used = 0;
  while (event.kind != HN_WS_NOTHING) {
    if (budget->messages == 0)
      return SPENT;
    hn_ws_reader_next (&self->reader, rules, bytes + *ret_used, length - *ret_used, &used, &event);
    *ret_used += used;
    if (self->state == HN_WEBSOCKET_CLOSING)
      self->discarded += used;
    if (self->state == HN_WEBSOCKET_OPEN)
      take_event (self, &event, budget);
    else if (event.kind == HN_WS_CLOSE || event.kind == HN_WS_BROKEN)
      self->heard_close = TRUE;
    if (!may_read (self))
      return STOPPED;
    if (self->state == HN_WEBSOCKET_OPEN && !hn_ws_reader_is_waiting (&self->reader))
      hn_lane_leave (&self->wait);
  }
  return WANTS_MORE;
}

static Digested
take_waiting (HnWebSocket *self, Budget *budget)
{
  HnSlice input = hn_wire_get_input (self->wire);
  gsize used = 0;
  Digested result = digest (self, (char *) input.text, input.length, budget, &used);

  hn_wire_consume (self->wire, used);
  return result;
}

static HnWireResult
read_fresh (HnWebSocket *self, Budget *budget, Digested *ret_digested)
{
  char *scratch = hn_poller_scratch (self->hub->poller);
  gsize length = 0, used = 0;
  HnWireResult result = hn_wire_read (self->wire, scratch, budget->bytes, &length);

  if (result != HN_WIRE_OK)
    return result;
  budget->bytes -= length;
  *ret_digested = digest (self, scratch, length, budget, &used);
  hn_wire_unread (self->wire, scratch + used, length - used);
  return result;
}

/* A part of a frame waits: more of it. */
static HnWireResult
read_more (HnWebSocket *self, Budget *budget, Digested *ret_digested)
{
  gsize have;
  HnWireResult result;

  *ret_digested = take_waiting (self, budget);
  have = hn_wire_get_input (self->wire).length;
  if (*ret_digested != WANTS_MORE || have == 0)
    return HN_WIRE_OK;
  result = hn_wire_fill (self->wire, have + budget->bytes);
  if (result != HN_WIRE_OK)
    return result;
  budget->bytes -= hn_wire_get_input (self->wire).length - have;
  *ret_digested = take_waiting (self, budget);
  return result;
}

/* A message that has begun has a deadline. */
static void
watch_message (HnWebSocket *self)
{
  if (self->state != HN_WEBSOCKET_OPEN || self->pauses > 0 || self->wait.lane != NULL)
    return;
  if (hn_ws_reader_is_waiting (&self->reader) || hn_wire_get_input (self->wire).length > 0)
    hn_websocket_hub_wait (self->hub, &self->hub->messages, &self->wait, self);
}

/* Once; FALSE when nothing more is to be had, or done with. */
static gboolean
read_once (HnWebSocket *self, Budget *budget, HnWireResult *ret_result)
{
  Digested digested = WANTS_MORE;

  if (hn_wire_get_input (self->wire).length > 0)
    *ret_result = read_more (self, budget, &digested);
  else
    *ret_result = read_fresh (self, budget, &digested);
  if (digested == SPENT)
    hn_wire_again (self->wire);
  else if (digested == WANTS_MORE)
    watch_message (self);
  if (*ret_result == HN_WIRE_OK && self->state == HN_WEBSOCKET_OPEN && self->pauses == 0)
    hn_websocket_hub_wait (self->hub, &self->hub->quiet, &self->liveness, self);
  return *ret_result == HN_WIRE_OK && digested == WANTS_MORE;
}

gboolean
hn_websocket_input_read (HnWebSocket *self)
{
  Budget budget = { MESSAGES_PER_TURN, BYTES_PER_TURN };
  HnWireResult result = HN_WIRE_OK;

  while (may_read (self) && budget.bytes > 0 && read_once (self, &budget, &result))
    ;
  if (budget.bytes == 0)
    hn_wire_again (self->wire);
  return result != HN_WIRE_EOF && result != HN_WIRE_ERROR && self->discarded <= HN_LIMIT_WS_DISCARDED_BYTES;
}
