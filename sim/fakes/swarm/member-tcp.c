/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A death closes every socket of the worker at once, as the end of its process would. */
#include "sim/fakes/swarm/member-tcp.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "sim/fakes/swarm/beat.h"
#include "sim/fakes/swarm/visit-tcp.h"

#define BEAT_PATH "/api/v1/workers/heartbeat"
#define BEAT_SECONDS 10
#define ACCEPTS_PER_TURN 64
#define FAULT(self, NAME) ((self)->worker->faults[SIM_SWARM_FAULT_##NAME])

struct SimMember {
  HnPollerWatch watch; /* first: of the listening socket */
  const SimMemberShared *shared;
  SimVisitShared visiting;
  SimWorker *worker;
  int fd; /* -1 while it is dead */
  GHashTable *visits; /* set of SimVisit */
  SimCaller *caller;
  SimBeat beat;
  SimTask *next;   /* (nullable) its next heartbeat */
  SimTask *patience; /* (nullable) for the answer to the one under way */
};

/* ---- heartbeats ---- */

static void send_beat (gpointer user);

static void
plan_beat (SimMember *self, gint64 after_us)
{
  sim_agenda_drop (self->shared->agenda, &self->next);
  self->next = sim_agenda_in (self->shared->agenda, after_us, send_beat, self);
}

static void
say (SimMember *self, const char *type, const char *session_id, const char *detail)
{
  if (self->shared->log != NULL)
    sim_events_add (self->shared->log, type, NULL, "worker", self->worker->id, "session", session_id, "detail", detail, NULL);
}

static void
on_beat_answered (guint status, const char *body, gsize length, gpointer user)
{
  SimMember *self = user;

  sim_agenda_drop (self->shared->agenda, &self->patience);
  if (status != 200) {
    g_autofree char *text = g_strdup_printf ("%u", status);

    say (self, "heartbeat-refused", NULL, text);
  }
  plan_beat (self, sim_beat_answered (&self->beat, status == 200));
}

static void
on_impatient (gpointer user)
{
  SimMember *self = user;

  self->patience = NULL;
  sim_caller_give_up (self->caller);
}

static void
send_beat (gpointer user)
{
  SimMember *self = user;
  g_autofree char *other = g_strdup_printf ("fake-%u", FAULT (self, TAKE_ID));
  g_autofree char *text = NULL;

  self->next = NULL;
  if (FAULT (self, NO_HEARTBEAT) || self->beat.under_way || self->fd < 0)
    return;
  text = sim_worker_heartbeat (self->worker, FAULT (self, TAKE_ID) ? other : self->worker->id, hn_clock_utc_us ());
  sim_beat_sent (&self->beat);
  self->patience = sim_agenda_in (self->shared->agenda, hn_seconds (BEAT_SECONDS), on_impatient, self);
  sim_caller_call (self->caller, "POST", BEAT_PATH, self->shared->token, text, on_beat_answered, self);
}

/* From the next turn of the schedule on, so that several changes of one moment make one heartbeat. */
static void
news (SimMember *self)
{
  if (sim_beat_changed (&self->beat))
    plan_beat (self, 0);
}

/* ---- visits ---- */

static guint
on_create_ms (gpointer user)
{
  const SimMemberShared *shared = ((SimMember *)user)->shared;

  return shared->create_ms_min + hn_random_below (shared->random, shared->create_ms_max - shared->create_ms_min + 1);
}

static void
on_changed (gpointer user, const char *what, const char *session_id, const char *detail)
{
  SimMember *self = user;

  say (self, what, session_id, detail);
  if (session_id != NULL)
    news (self);
}

static void
on_ended (gpointer user, const char *session_id)
{
  SimMember *self = user;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->visits);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    if (g_strcmp0 (sim_visit_session (key), session_id) != 0)
      continue;
    g_hash_table_iter_remove (&iter);
    sim_visit_free (key);
  }
}

static void
on_gone (gpointer user, SimVisit *visit)
{
  g_hash_table_remove (((SimMember *)user)->visits, visit);
}

static void
on_listen_ready (HnPollerWatch *watch, uint32_t events)
{
  SimMember *self = (SimMember *)watch;

  for (int i = 0; i < ACCEPTS_PER_TURN && self->fd >= 0; i++) {
    int fd = accept4 (self->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0 && errno != ECONNABORTED)
      return;
    if (fd >= 0)
      g_hash_table_add (self->visits, sim_visit_new (&self->visiting, self, self->worker, fd));
  }
  hn_poller_again (self->shared->poller, &self->watch);
}

/* ---- life and death ---- */

static gboolean
come_up (SimMember *self, GError **error)
{
  guint16 port = 0;

  if (self->fd >= 0)
    return TRUE;
  self->fd = sim_link_listen (self->worker->host, self->worker->port, &port, error);
  if (self->fd < 0)
    return FALSE;
  self->worker->port = port;
  hn_poller_add (self->shared->poller, self->fd, &self->watch);
  return TRUE;
}

static void
go_down (SimMember *self)
{
  g_autoptr (GList) visits = g_hash_table_get_keys (self->visits);

  g_hash_table_remove_all (self->visits);
  for (GList *l = visits; l != NULL; l = l->next)
    sim_visit_free (l->data);
  sim_agenda_drop (self->shared->agenda, &self->next);
  sim_agenda_drop (self->shared->agenda, &self->patience);
  sim_caller_free (self->caller);
  self->caller = sim_caller_new (self->shared->poller, self->shared->controller);
  self->beat = (SimBeat){ .period_us = self->beat.period_us };
  if (self->fd < 0)
    return;
  hn_poller_remove (self->shared->poller, self->fd);
  hn_poller_forget (self->shared->poller, &self->watch);
  close (self->fd);
  self->fd = -1;
}

static gboolean
start_anew (SimMember *self, GError **error)
{
  go_down (self);
  sim_worker_restart (self->worker, hn_clock_utc_us ());
  if (!come_up (self, error))
    return FALSE;
  plan_beat (self, 0);
  return TRUE;
}

gboolean
sim_member_set_fault (SimMember *self, guint fault, guint value, GError **error)
{
  gboolean was_dead = FAULT (self, DIE) != 0;

  self->worker->faults[fault] = value;
  say (self, "fault", NULL, sim_swarm_faults[fault].name);
  if (fault == SIM_SWARM_FAULT_DIE && value != 0) {
    go_down (self);
    return TRUE;
  }
  if (fault == SIM_SWARM_FAULT_DIE)
    return !was_dead || start_anew (self, error);
  if (self->fd >= 0 && !self->beat.under_way)
    plan_beat (self, 0);
  return TRUE;
}

gboolean
sim_member_reset (SimMember *self, GError **error)
{
  for (guint i = 0; i < SIM_SWARM_FAULTS; i++)
    self->worker->faults[i] = 0;
  return start_anew (self, error);
}

const SimWorker *
sim_member_get_worker (const SimMember *self)
{
  return self->worker;
}

SimMember *
sim_member_new (const SimMemberShared *shared, guint number, const char *host, guint16 port, guint slots, gint64 first_beat_us,
                GError **error)
{
  g_autoptr (SimMember) self = g_new0 (SimMember, 1);

  self->watch.ready = on_listen_ready;
  self->shared = shared;
  self->fd = -1;
  self->visiting = (SimVisitShared){ shared->poller, shared->agenda, on_create_ms, on_changed, on_ended, on_gone };
  self->worker = sim_worker_new (number, host, port, slots, shared->random, shared->pages, hn_clock_utc_us ());
  self->visits = g_hash_table_new (NULL, NULL);
  self->caller = sim_caller_new (shared->poller, shared->controller);
  self->beat.period_us = shared->heartbeat_ms * G_GINT64_CONSTANT (1000);
  if (!come_up (self, error))
    return NULL;
  plan_beat (self, first_beat_us);
  return g_steal_pointer (&self);
}

void
sim_member_free (SimMember *self)
{
  if (self == NULL)
    return;
  go_down (self);
  sim_caller_free (self->caller);
  g_hash_table_unref (self->visits);
  sim_worker_free (self->worker);
  hn_poller_defer (self->shared->poller, g_free, self);
}
