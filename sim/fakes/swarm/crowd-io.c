/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/swarm/crowd-io.h"

#include "base/clock.h"
#include "sim/fakes/swarm/place.h"

typedef struct {
  SimCrowd *crowd;
  SimCaller *caller;
  guint index;
  gint64 due_us;
} Lane;

struct SimCrowd {
  HnPoller *poller;
  SimAgenda *agenda;
  const SimTarget *target;
  SimCrowdPlan plan;
  GPtrArray *lanes; /* of Lane, owned */
  GQueue idle;      /* of Lane */
  guint begun, answered;
  SimTask *next;    /* (nullable) */
  SimStats *times;
  gint64 started_us, ended_us;
};

static void
lane_free (gpointer data)
{
  Lane *self = data;

  sim_caller_free (self->caller);
  g_free (self);
}

static Lane *
take_lane (SimCrowd *self)
{
  Lane *lane = g_queue_pop_tail (&self->idle);

  if (lane != NULL || self->lanes->len >= self->plan.lanes)
    return lane;
  lane = g_new0 (Lane, 1);
  lane->crowd = self;
  lane->caller = sim_caller_new (self->poller, self->target);
  g_ptr_array_add (self->lanes, lane);
  return lane;
}

static void pump (gpointer user);

static void
on_answered (guint status, const char *body, gsize length, gpointer user)
{
  Lane *lane = user;
  SimCrowd *self = lane->crowd;

  self->ended_us = hn_clock_now_us ();
  sim_stats_add (self->times, self->ended_us - lane->due_us);
  g_queue_push_tail (&self->idle, lane);
  self->plan.answered (lane->index, status, body, length, self->plan.user);
  if (++self->answered == self->plan.count)
    self->plan.finished (self->plan.user);
  else if (self->next == NULL)
    pump (self);
}

static void
begin (SimCrowd *self, Lane *lane, gint64 due_us)
{
  SimCrowdCall call;

  lane->index = self->begun++;
  lane->due_us = due_us;
  call = self->plan.call (lane->index, self->plan.user);
  sim_caller_call (lane->caller, call.method, call.path, self->plan.token, call.body, on_answered, lane);
  g_free (call.method);
  g_free (call.path);
  g_free (call.body);
}

/* When the next call should go out. */
static gint64
due (const SimCrowd *self, gint64 now_us)
{
  return self->plan.rate > 0 ? self->started_us + (gint64)(self->begun * (double)G_USEC_PER_SEC / self->plan.rate) : now_us;
}

static void
pump (gpointer user)
{
  SimCrowd *self = user;
  gint64 now_us = hn_clock_now_us ();

  self->next = NULL;
  while (self->begun < self->plan.count) {
    gint64 due_us = due (self, now_us);
    Lane *lane;

    if (due_us > now_us) {
      self->next = sim_agenda_at (self->agenda, due_us, pump, self);
      return;
    }
    lane = take_lane (self);
    if (lane == NULL)
      return;
    begin (self, lane, due_us);
  }
}

SimStats *
sim_crowd_times (SimCrowd *self)
{
  return self->times;
}

double
sim_crowd_seconds (const SimCrowd *self)
{
  return (double)(self->ended_us - self->started_us) / G_USEC_PER_SEC;
}

SimCrowdCall
sim_crowd_create_call (const char *first_body, guint index)
{
  g_autofree char *body_ip = sim_place_after (first_body, index);

  return (SimCrowdCall){
    .method = g_strdup ("POST"),
    .path = g_strdup ("/api/v1/sessions"),
    .body = g_strdup_printf ("{\"body_ip\":\"%s\",\"sunshine_user\":\"sunshine\",\"sunshine_pass\":\"sunshine\"}", body_ip),
  };
}

SimCrowdCall
sim_crowd_delete_call (const char *session_id)
{
  return (SimCrowdCall){ .method = g_strdup ("DELETE"), .path = g_strconcat ("/api/v1/sessions/", session_id, NULL) };
}

SimCrowd *
sim_crowd_new (HnPoller *poller, SimAgenda *agenda, const SimTarget *target, const SimCrowdPlan *plan)
{
  SimCrowd *self = g_new0 (SimCrowd, 1);

  self->poller = poller;
  self->agenda = agenda;
  self->target = target;
  self->plan = *plan;
  self->lanes = g_ptr_array_new_with_free_func (lane_free);
  g_queue_init (&self->idle);
  self->times = sim_stats_new ();
  self->started_us = hn_clock_now_us ();
  self->next = sim_agenda_in (agenda, 0, pump, self);
  return self;
}

void
sim_crowd_free (SimCrowd *self)
{
  if (self == NULL)
    return;
  sim_agenda_drop (self->agenda, &self->next);
  g_queue_clear (&self->idle);
  g_ptr_array_unref (self->lanes);
  sim_stats_free (self->times);
  g_free (self);
}
