/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/rooms-ws.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/handshake.h"
#include "rooms/envelope.h"

#define PROTOCOL "webrtc-rooms" /* what a browser offers that brings its token beside it */

struct _HnRoomsWs {
  HnRoomsRules rules;
  HnPoller *poller;
  HnRateLimit *rates;
  HnVisitsWs *visits;
  char *process;
};

/* ---- what the roster says ---- */

static gboolean
is_verbose (const HnRoomsWs *self)
{
  return self->rules.visits.connection.debug || hn_log_wants (HN_LOG_DEBUG);
}

static void
log_recipients (const HnRoomsWs *self, const HnRoom *room, const HnRosterEvent *event)
{
  HnDialectType type;
  HnSlice rest;
  guint count;
  HnRoomSeat *const *seats = hn_room_get_seats (room, &count);

  if (!hn_envelope_look ((HnSlice){ event->text, event->length }, &type, &rest))
    return;
  for (guint i = 0; i < count; i++)
    if (hn_room_is_meant (seats[i], event))
      hn_log (self->rules.visits.connection.debug ? HN_LOG_INFO : HN_LOG_DEBUG, "WebRTC-Router", NULL, "Forwarded %s to %s in %s",
              hn_dialect_get_name (type, HN_DIALECT_UNDERSCORE), seats[i]->member, hn_room_get_id (room));
}

/* What another process says that somebody said is looked at: whoever reaches the store could have put it there. */
static void
on_said (HnRoomsWs *self, HnRoom *room, HnRosterGroup *group, const HnRosterEvent *event)
{
  if (!g_str_equal (event->seat.process, self->process) && !hn_envelope_is_relayed ((HnSlice){ event->text, event->length })) {
    hn_metrics_add (HN_METRIC_ROOM_GARBAGE, NULL, 1);
    return;
  }
  hn_room_tell (room, group, event, hn_clock_utc_us ());
  if (is_verbose (self))
    log_recipients (self, room, event);
}

static void
on_event (HnRosterGroup *group, const HnRosterEvent *event, gpointer data)
{
  HnRoomsWs *self = data;
  HnRoom *room = hn_visits_ws_find_room (self->visits, hn_roster_group_get_name (group));

  if (room == NULL)
    return;
  switch (event->kind) {
  case HN_ROSTER_SAID:
    on_said (self, room, group, event);
    break;
  case HN_ROSTER_CAME:
    hn_visits_ws_came (self->visits, group, event->seat.connection);
    hn_room_tell (room, group, event, hn_clock_utc_us ());
    break;
  case HN_ROSTER_LEFT:
    hn_room_tell (room, group, event, hn_clock_utc_us ());
    hn_visits_ws_left (self->visits, event->seat.connection, event->cause);
    break;
  case HN_ROSTER_RESET:
  case HN_ROSTER_REPLACED:
    hn_room_tell (room, group, event, hn_clock_utc_us ());
    break;
  }
}

static gboolean
on_foreign (HnRosterGroup *group, const char *text, gsize length, gpointer data)
{
  HnRoomsWs *self = data;
  const char *name = hn_roster_group_get_name (group);
  HnRoom *room = hn_visits_ws_find_room (self->visits, name);
  g_autoptr (GString) message = g_string_new (NULL);
  g_autofree char *sender = NULL;

  if (!hn_envelope_translate ((HnSlice){ text, length }, hn_clock_utc_us (), message, &sender))
    return FALSE;
  if (room != NULL)
    hn_room_tell_foreign (room, (HnSlice){ message->str, message->len }, sender);
  return TRUE;
}

const HnRosterEvents *
hn_rooms_ws_get_roster_events (void)
{
  static const HnRosterEvents events = { .event = on_event, .foreign = on_foreign };

  return &events;
}

/* ---- the door ---- */

static void
free_admission (gpointer data)
{
  hn_admission_free (data);
}

static void
let_in (const HnHttpHead *head, HnAdmission *admission, HnRoute *ret_route)
{
  ret_route->kind = HN_ROUTE_WEBSOCKET;
  if (hn_handshake_offers (head, PROTOCOL))
    ret_route->protocol = g_strdup (PROTOCOL);
  ret_route->websocket_data = admission;
  ret_route->websocket_data_free = free_admission;
}

gboolean
hn_rooms_ws_route (HnRoomsWs *self, const HnHttpHead *head, const HnPeer *peer, HnRoute *ret_route)
{
  g_autoptr (HnAdmission) admission = NULL;
  HnSlice segment;
  const HnRefusalRow *row;
  guint open;

  if (!hn_admission_find_room (head->path, &segment))
    return FALSE;
  open = hn_websocket_hub_get_figures (hn_visits_ws_get_hub (self->visits))->open;
  if (!hn_socket_door_admit (&self->rules.door, self->rates, head, peer, open, hn_poller_now_us (self->poller), ret_route))
    return TRUE;
  admission = hn_admission_decide (&self->rules.admission, head, segment, hn_clock_utc_us ());
  if (admission == NULL) {
    hn_route_refuse (ret_route, 404, "no such room", "its name would be another path once it is decoded");
    return TRUE;
  }
  row = admission->refusal != HN_REFUSALS ? hn_refusal_get (admission->refusal) : NULL;
  if (row != NULL && self->rules.deny && head->upgrade_websocket)
    hn_route_refuse (ret_route, row->http_status, row->reason, NULL);
  else
    let_in (head, g_steal_pointer (&admission), ret_route);
  return TRUE;
}

void
hn_rooms_ws_welcome (HnRoomsWs *self, HnWire *wire, gpointer websocket_data)
{
  hn_visits_ws_welcome (self->visits, wire, websocket_data);
}

/* ---- all of it ---- */

HnVisitsWs *
hn_rooms_ws_get_visits (HnRoomsWs *self)
{
  return self->visits;
}

void
hn_rooms_ws_set_roster (HnRoomsWs *self, HnRoster *roster, const char *process)
{
  hn_visits_ws_set_roster (self->visits, roster);
  self->process = g_strdup (process);
}

void
hn_rooms_ws_set_jwt_rules (HnRoomsWs *self, const HnJwtRules *rules)
{
  self->rules.admission.jwt = *rules;
}

HnRoomsWs *
hn_rooms_ws_new (HnPoller *poller, const HnRoomsRules *rules)
{
  HnRoomsWs *self = g_new0 (HnRoomsWs, 1);

  self->rules = *rules;
  self->poller = poller;
  self->rates = hn_rate_limit_new ();
  self->visits = hn_visits_ws_new (poller, &rules->visits);
  return self;
}

void
hn_rooms_ws_free (HnRoomsWs *self)
{
  if (self == NULL)
    return;
  hn_visits_ws_free (self->visits);
  hn_rate_limit_free (self->rates);
  g_free (self->process);
  g_free (self);
}
