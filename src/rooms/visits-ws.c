/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/visits-ws.h"

#include "base/agenda.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/timer.h"
#include "rooms/attendance.h"
#include "rooms/visit.h"
#include "rooms/participant.h"
#include "rooms/places.h"

#define REPLACE_SECONDS 10 /* a connection that is being replaced keeps its seat so long for the next one to be in */
#define DRAIN_LOOK_SECONDS 0.02
#define DRAIN_MORE_SECONDS 2 /* for the last closes to be answered */

typedef struct {
  HnRoomSeat seat;
  HnVisitsWs *owner;
  HnAdmission *admission;
  HnConnectionWs *connection; /* (nullable) */
  HnRoom *room;               /* (nullable): while it has a seat or asks for one */
  HnVisitState state;
  gboolean counted;      /* in the attendance */
  gboolean was_in;       /* the roster gave it a seat */
  gint64 expires_us;     /* monotonic; HN_NEVER */
  gint64 kept_until_us;  /* its seat, without a socket */
  gint64 closes_us;      /* when we drain; HN_NEVER */
  char id[HN_ID_LENGTH + 1];
} Visit;

/* What somebody missed is on its way; the visit may be gone by then. */
typedef struct {
  HnVisitsWs *owner;
  char id[HN_ID_LENGTH + 1];
} Catch;

/* What a step needs besides its event. */
typedef struct {
  HnRefusal refusal; /* ENDED */
  guint number;
  gint64 keep_us;       /* BROKE, SUCCEEDED */
  HnRosterGroup *group; /* CAME, CAUGHT_UP */
  gboolean recovered;   /* CAUGHT_UP */
} Facts;

struct _HnVisitsWs {
  HnVisitsRules rules;
  HnConnectionShared shared;
  HnRandom *random;
  HnAttendance *attendance;
  HnAgenda *agenda; /* of Visit */
  HnTimer *timer;
  GHashTable *visits;  /* id → Visit: all */
  HnPlaces *places;
  GHashTable *catches; /* of Catch */
  gboolean draining;
  gint64 drain_until_us;
  HnTimer *drain_timer;
  void (*drained) (gpointer user_data);
  gpointer drained_data;
};

static void handle (Visit *visit, HnVisitEvent event, const Facts *facts);

/* ---- dates ---- */

static void
rearm (HnVisitsWs *self)
{
  hn_timer_arm (self->timer, hn_agenda_get_next (self->agenda));
}

static void
set_date (Visit *visit)
{
  gint64 date = HN_NEVER;

  if (visit->state == HN_VISIT_LOST || visit->state == HN_VISIT_REPLACED)
    date = visit->kept_until_us;
  else if (hn_visit_has_seat (visit->state))
    date = hn_clock_earliest (visit->expires_us, visit->closes_us);
  hn_agenda_put (visit->owner->agenda, visit, date);
  rearm (visit->owner);
}

/* ---- what is to be done about a visit ---- */

static void
uncount (Visit *visit)
{
  if (visit->counted)
    hn_attendance_leave (visit->owner->attendance, visit->seat.member, visit->admission->room);
  visit->counted = FALSE;
}

static void
on_caught (gboolean complete, const HnRosterEvent *events, guint n_events, gpointer data)
{
  Catch *catch = data;
  HnVisitsWs *self = catch->owner;
  Visit *visit = g_hash_table_lookup (self->visits, catch->id);
  Facts facts = { .recovered = complete };

  g_hash_table_remove (self->catches, catch);
  if (visit == NULL || visit->state != HN_VISIT_CATCHING)
    return;
  hn_metrics_add (HN_METRIC_ROOM_RETURNS, complete ? "recovered" : "fresh", 1);
  facts.group = hn_roster_find (self->shared.roster, visit->admission->room);
  handle (visit, HN_VISIT_CAUGHT_UP, &facts);
  hn_room_replay (visit->room, &visit->seat, visit->admission->connection, events, n_events);
}

static void
catch_up (Visit *visit)
{
  HnVisitsWs *self = visit->owner;
  Catch *catch = g_new0 (Catch, 1);

  catch->owner = self;
  memcpy (catch->id, visit->id, sizeof catch->id);
  g_hash_table_add (self->catches, catch);
  hn_roster_catch_up (self->shared.roster, visit->admission->room, visit->admission->epoch, visit->admission->offset, on_caught, catch);
}

/* The one that it was before, if that is still here. */
static Visit *
find_before (const Visit *visit)
{
  const char *id = visit->admission->connection;
  Visit *before = id != NULL ? g_hash_table_lookup (visit->owner->visits, id) : NULL;

  if (before == NULL || before == visit || before->room == NULL || !g_str_equal (before->seat.member, visit->seat.member)
      || !g_str_equal (before->admission->room, visit->admission->room))
    return NULL;
  return before;
}

/* That one's seat at another instance, which may have died. Another user's is left alone. */
static void
take_back_elsewhere (Visit *visit)
{
  if (visit->admission->connection != NULL)
    hn_roster_take_back (visit->owner->shared.roster, visit->admission->room, visit->seat.member, visit->admission->connection);
}

static void
stand (Visit *visit, const Facts *facts)
{
  Visit *before = find_before (visit);
  Facts none = { 0 };

  hn_room_add (visit->room, &visit->seat);
  hn_room_welcome (visit->room, &visit->seat, facts->group, facts->recovered, hn_clock_utc_us ());
  hn_connection_ws_open (visit->connection);
  if (before != NULL)
    handle (before, HN_VISIT_SUCCESSOR_IN, &none);
  else
    take_back_elsewhere (visit);
}

static void
forget (Visit *visit)
{
  HnVisitsWs *self = visit->owner;

  g_hash_table_remove (self->visits, visit->id);
  hn_agenda_put (self->agenda, visit, HN_NEVER);
  hn_connection_ws_free (visit->connection);
  hn_admission_free (visit->admission);
  g_free (visit);
}

static void
carry_out (Visit *visit, HnVisitDo what, const Facts *facts)
{
  HnVisitsWs *self = visit->owner;

  if (what & HN_VISIT_DO_CATCH_UP)
    catch_up (visit);
  if (what & HN_VISIT_DO_STAND)
    stand (visit, facts);
  if (what & HN_VISIT_DO_STEP_OUT) {
    hn_room_remove (visit->room, &visit->seat);
    uncount (visit);
  }
  if (what & HN_VISIT_DO_KEEP)
    visit->kept_until_us = hn_clock_now_us () + facts->keep_us;
  if (what & HN_VISIT_DO_LEAVE) {
    hn_metrics_add (HN_METRIC_ROOM_LEAVES, NULL, visit->was_in ? 1 : 0);
    uncount (visit);
    hn_roster_leave (self->shared.roster, visit->admission->room, visit->id);
    hn_places_give_back (self->places, g_steal_pointer (&visit->room));
  }
  if (what & HN_VISIT_DO_CLOSE)
    hn_connection_ws_end (visit->connection, facts->refusal, facts->number);
  set_date (visit);
  if (what & HN_VISIT_DO_FORGET)
    forget (visit);
}

static void
handle (Visit *visit, HnVisitEvent event, const Facts *facts)
{
  carry_out (visit, hn_visit_handle (&visit->state, event), facts);
}

static void
end (Visit *visit, HnRefusal refusal, guint number)
{
  const Facts facts = { .refusal = refusal, .number = number };

  handle (visit, HN_VISIT_ENDED, &facts);
}

/* ---- coming ---- */

static void
on_joined (HnRosterOutcome outcome, HnRosterGroup *group, gpointer data)
{
  Visit *visit = data;

  switch (outcome) {
  case HN_ROSTER_JOINED:
    break; /* its own coming is the next event */
  case HN_ROSTER_FULL:
    end (visit, HN_REFUSAL_ROOM_FULL, visit->owner->rules.participants_max);
    break;
  case HN_ROSTER_IN_USE: /* not where a user may have many seats */
  case HN_ROSTER_BUSY:
    end (visit, HN_REFUSAL_OVERLOADED, 0);
    break;
  }
}

static void
join (Visit *visit)
{
  HnVisitsWs *self = visit->owner;
  const HnJwtClaims *claims = visit->admission->claims;
  const HnRosterJoinRules rules = { HN_ROSTER_SHARED, self->rules.participants_max };
  g_autofree char *card = hn_participant_card (claims->user_id, claims->user_name);
  const HnRosterSeat seat = { .member = claims->user_id, .connection = visit->id, .card = card };

  visit->state = HN_VISIT_JOINING;
  set_date (visit);
  hn_roster_join (self->shared.roster, visit->admission->room, &seat, &rules, on_joined, visit);
}

static HnRefusal
check_in (Visit *visit)
{
  HnVisitsWs *self = visit->owner;
  Facts facts = { .refusal = HN_REFUSAL_REPLACED, .keep_us = hn_seconds (REPLACE_SECONDS) };
  Visit *before;
  HnRefusal refusal = visit->admission->refusal;

  if (refusal == HN_REFUSALS && self->draining)
    refusal = HN_REFUSAL_SHUTDOWN;
  if (refusal != HN_REFUSALS)
    return refusal;
  before = find_before (visit);
  if (before != NULL)
    handle (before, HN_VISIT_SUCCEEDED, &facts);
  refusal = hn_attendance_enter (self->attendance, visit->seat.member, visit->admission->room);
  visit->counted = refusal == HN_REFUSALS;
  return refusal;
}

static gint64
monotonic (HnVisitsWs *self, gint64 utc_us)
{
  if (!self->rules.enforce_expiry || utc_us == G_MAXINT64)
    return HN_NEVER;
  return hn_clock_now_us () + MAX (utc_us - hn_clock_utc_us (), 0);
}

static Visit *
visit_new (HnVisitsWs *self, HnAdmission *admission)
{
  Visit *visit = g_new0 (Visit, 1);
  g_autofree char *id = hn_id_new (self->random);

  memcpy (visit->id, id, sizeof visit->id);
  visit->owner = self;
  visit->admission = admission;
  visit->state = HN_VISIT_REFUSED;
  visit->expires_us = HN_NEVER;
  visit->closes_us = HN_NEVER;
  visit->seat.connection = visit->id;
  visit->seat.member = admission->claims != NULL ? admission->claims->user_id : NULL;
  visit->seat.dialect = admission->dialect;
  g_hash_table_insert (self->visits, visit->id, visit);
  return visit;
}

void
hn_visits_ws_welcome (HnVisitsWs *self, HnWire *wire, HnAdmission *admission)
{
  Visit *visit = visit_new (self, admission);
  HnRefusal refusal = check_in (visit);
  HnConnectionFacts facts = { .id = visit->id };

  if (refusal == HN_REFUSALS) {
    visit->room = hn_places_take (self->places, admission->room);
    visit->expires_us = monotonic (self, admission->claims->expires_us);
    facts.room = admission->room;
    facts.quoted_room = hn_room_get_quoted_id (visit->room);
    facts.user = visit->seat.member;
    hn_info ("rooms", NULL, "WebSocket connected room=%s user=%s", facts.room, facts.user);
  }
  visit->connection = hn_connection_ws_new (&self->shared, wire, &facts, visit);
  visit->seat.socket = hn_connection_ws_get_socket (visit->connection);
  if (refusal == HN_REFUSALS)
    join (visit);
  else
    hn_connection_ws_end (visit->connection, refusal,
                          refusal == HN_REFUSAL_TOO_MANY_ROOMS ? self->rules.rooms_user : self->rules.connections_user);
}

void
hn_visits_ws_came (HnVisitsWs *self, HnRosterGroup *group, const char *connection)
{
  Visit *visit = g_hash_table_lookup (self->visits, connection);
  const Facts facts = { .group = group };

  if (visit == NULL || visit->state != HN_VISIT_JOINING)
    return;
  hn_metrics_add (HN_METRIC_ROOM_JOINS, NULL, 1);
  visit->was_in = TRUE;
  handle (visit, visit->admission->comes_back ? HN_VISIT_CAME_BACK : HN_VISIT_CAME, &facts);
}

/* ---- going ---- */

static void
on_ended (HnConnectionWs *connection, gboolean clean, gpointer data)
{
  Visit *visit = data;
  const Facts facts = { .keep_us = visit->owner->rules.grace_us };

  g_clear_pointer (&visit->connection, hn_connection_ws_free);
  handle (visit, clean || facts.keep_us == 0 ? HN_VISIT_CLOSED : HN_VISIT_BROKE, &facts);
}

void
hn_visits_ws_left (HnVisitsWs *self, const char *connection, HnRosterCause cause)
{
  Visit *visit = g_hash_table_lookup (self->visits, connection);

  if (visit != NULL && hn_visit_has_seat (visit->state))
    end (visit, cause == HN_ROSTER_GONE ? HN_REFUSAL_REPLACED : HN_REFUSAL_REMOVED, 0);
}

static void
on_time (gpointer data)
{
  HnVisitsWs *self = data;
  const Facts none = { 0 };
  gint64 now_us = hn_clock_now_us ();
  Visit *visit;

  while ((visit = hn_agenda_take (self->agenda, now_us)) != NULL) {
    if (visit->state == HN_VISIT_LOST || visit->state == HN_VISIT_REPLACED)
      handle (visit, HN_VISIT_TIME_UP, &none);
    else
      end (visit, visit->closes_us != HN_NEVER && visit->closes_us <= now_us ? HN_REFUSAL_SHUTDOWN : HN_REFUSAL_TOKEN_RAN_OUT, 0);
  }
  rearm (self);
}

/* ---- draining ---- */

static void
on_drain_look (gpointer data)
{
  HnVisitsWs *self = data;
  gint64 now_us = hn_clock_now_us ();

  if ((g_hash_table_size (self->visits) == 0 && hn_websocket_hub_get_closing (self->shared.hub) == 0) || now_us >= self->drain_until_us)
    self->drained (self->drained_data);
  else
    hn_timer_arm (self->drain_timer, now_us + hn_seconds (DRAIN_LOOK_SECONDS));
}

static void
drain_one (Visit *visit, gint64 now_us)
{
  HnVisitsWs *self = visit->owner;
  guint32 span_ms = (guint32) (self->rules.drain_us / 1000);

  visit->closes_us = now_us + hn_random_below (self->random, span_ms + 1) * (gint64) 1000;
  visit->kept_until_us = now_us;
  if (visit->state == HN_VISIT_IN)
    hn_connection_ws_tell (visit->connection, HN_REFUSAL_RESTARTING, 0, NULL);
  set_date (visit);
}

void
hn_visits_ws_drain (HnVisitsWs *self, void (*drained) (gpointer user_data), gpointer user_data)
{
  gint64 now_us = hn_clock_now_us ();
  GHashTableIter iter;
  gpointer visit;

  self->draining = TRUE;
  self->drained = drained;
  self->drained_data = user_data;
  self->drain_until_us = now_us + self->rules.drain_us + self->rules.bounds.close_us + hn_seconds (DRAIN_MORE_SECONDS);
  g_hash_table_iter_init (&iter, self->visits);
  while (g_hash_table_iter_next (&iter, NULL, &visit))
    drain_one (visit, now_us);
  hn_timer_arm (self->drain_timer, now_us);
}

/* ---- all of them ---- */

static void
send_frame (gpointer socket, HnWsMessage *message)
{
  hn_websocket_send (socket, message);
}

HnRoom *
hn_visits_ws_find_room (HnVisitsWs *self, const char *room)
{
  return hn_places_find (self->places, room);
}

HnWebSocketHub *
hn_visits_ws_get_hub (HnVisitsWs *self)
{
  return self->shared.hub;
}

void
hn_visits_ws_get_figures (HnVisitsWs *self, HnVisitsFigures *ret_figures)
{
  ret_figures->connections = g_hash_table_size (self->visits);
  ret_figures->rooms = hn_places_get_rooms (self->places);
  ret_figures->users = hn_attendance_get_users (self->attendance);
}

void
hn_visits_ws_set_roster (HnVisitsWs *self, HnRoster *roster)
{
  self->shared.roster = roster;
}

HnVisitsWs *
hn_visits_ws_new (HnPoller *poller, const HnVisitsRules *rules)
{
  HnVisitsWs *self = g_new0 (HnVisitsWs, 1);

  self->rules = *rules;
  self->shared = (HnConnectionShared){ .poller = poller, .hub = hn_websocket_hub_new (poller, &rules->bounds), .rules = rules->connection,
                                       .text = g_string_new (NULL), .ended = on_ended };
  g_queue_init (&self->shared.waiting);
  self->shared.retry = hn_timer_new (hn_connection_ws_retry, &self->shared);
  self->random = hn_random_new_system ();
  self->attendance = hn_attendance_new (rules->connections_user, rules->rooms_user);
  self->agenda = hn_agenda_new ();
  self->timer = hn_timer_new (on_time, self);
  self->drain_timer = hn_timer_new (on_drain_look, self);
  self->visits = g_hash_table_new (g_str_hash, g_str_equal);
  self->places = hn_places_new (send_frame, rules->server_sender ? "\"server\"" : "null");
  self->catches = g_hash_table_new_full (NULL, NULL, g_free, NULL);
  return self;
}

static void
free_all (HnVisitsWs *self)
{
  g_autoptr (GList) all = g_hash_table_get_values (self->visits);

  for (GList *at = all; at != NULL; at = at->next)
    forget (at->data);
}

void
hn_visits_ws_free (HnVisitsWs *self)
{
  if (self == NULL)
    return;
  free_all (self);
  g_hash_table_unref (self->visits);
  hn_places_free (self->places);
  g_hash_table_unref (self->catches);
  hn_timer_free (self->drain_timer);
  hn_timer_free (self->timer);
  hn_agenda_free (self->agenda);
  hn_attendance_free (self->attendance);
  hn_random_free (self->random);
  hn_websocket_hub_free (self->shared.hub);
  hn_timer_free (self->shared.retry);
  g_string_free (self->shared.text, TRUE);
  g_free (self);
}
