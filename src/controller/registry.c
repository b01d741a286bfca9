/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules.
 * Load: what the last heartbeat says, plus what has come since. A creation takes its slot at once; when a heartbeat lists the new
 * session before the reply is there (recognised by its body), or after it (by its id), the heartbeat counts it from then on, so that
 * it is never counted twice and never not at all.
 * Bodies: Sunshine streams to one, and the rule for a second session is the worker's that has the first: so a create goes where its
 * body's session is, and elsewhere only when that worker is not healthy.
 * Sessions: what leaves a worker's list has ended.
 * Ids: of two processes with one worker id the one that started last wins, unless it is dead while the other one lives. */
#include "controller/registry.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "controller/placement.h"
#include "controller/session-index.h"

#define RETRY_AFTER_MAX 5 /* seconds: the workers' back-off is capped there */

typedef struct {
  HnRegistryWorker view; /* first: what others see of it */
  GPtrArray *creations;  /* of Creation, owned */
  guint64 round;         /* counts its heartbeats */
} Member;

/* A session from the choice of its worker until a heartbeat counts it. */
typedef struct {
  guint64 ticket;
  Member *member;
  HnAddress body;
  gboolean listed;          /* a heartbeat counts it already, the reply is still to come */
  HnSessionReport *session; /* (nullable) the reply came */
  gint64 confirmed_us;
} Creation;

struct _HnRegistry {
  gint64 heartbeat_timeout_us;
  gint64 started_us;
  guint64 last_ticket;
  GHashTable *members;   /* worker id → Member, owned */
  GHashTable *tickets;   /* &ticket → Creation that waits for its reply */
  HnSessionIndex *index; /* owner: Member */
};

static void
creation_free (gpointer data)
{
  Creation *self = data;

  hn_session_report_free (self->session);
  g_free (self);
}

static void
member_free (gpointer data)
{
  Member *self = data;

  g_ptr_array_unref (self->creations);
  hn_worker_report_free (self->view.report);
  hn_url_rules_target_clear (&self->view.target);
  g_free (self);
}

/* ---- creations ---- */

static void
drop_creation (HnRegistry *self, Creation *creation)
{
  Member *member = creation->member;

  if (!creation->listed)
    member->view.coming--;
  g_hash_table_remove (self->tickets, &creation->ticket);
  g_ptr_array_remove_fast (member->creations, creation);
}

/* A process that started anew has none of the sessions of the one before. */
static void
drop_creations (HnRegistry *self, Member *member)
{
  while (member->creations->len > 0) {
    Creation *creation = g_ptr_array_index (member->creations, 0);

    if (creation->session != NULL)
      hn_session_index_remove (self->index, member, creation->session->id);
    drop_creation (self, creation);
  }
}

/* The session of @creation in the heartbeat of this round: new in it, on the same body, alive. */
static HnSessionIndexPlace *
recognise (HnRegistry *self, const Creation *creation)
{
  const Member *member = creation->member;
  GPtrArray *sessions = member->view.report->sessions;

  for (guint i = 0; i < sessions->len; i++) {
    const HnSessionReport *session = g_ptr_array_index (sessions, i);
    HnSessionIndexPlace *place = hn_session_index_find (self->index, session->id);
    HnAddress body;

    if (place != NULL && place->owner == member && place->born_round == member->round && !place->recognised
        && hn_session_state_is_live (session->state) && hn_address_parse (session->body_ip, &body)
        && hn_address_equal (&body, &creation->body))
      return place;
  }
  return NULL;
}

static void
fold_creation (HnRegistry *self, Creation *creation, gint64 now_us)
{
  Member *member = creation->member;
  HnSessionIndexPlace *place;

  if (creation->session != NULL) {
    place = hn_session_index_find (self->index, creation->session->id);
    if (place != NULL && place->owner == member && place->seen_round == member->round) {
      drop_creation (self, creation);
    } else if (now_us - creation->confirmed_us >= hn_seconds (HN_REGISTRY_CONFIRM_SECONDS)) {
      hn_session_index_remove (self->index, member, creation->session->id);
      drop_creation (self, creation);
    }
    return;
  }
  place = creation->listed ? NULL : recognise (self, creation);
  if (place != NULL) {
    place->recognised = TRUE;
    creation->listed = TRUE;
    member->view.coming--;
  }
}

static gboolean
may_get (const Member *member, const char *excluded_id)
{
  return hn_membership_takes_sessions (&member->view.membership) && g_strcmp0 (member->view.report->id, excluded_id) != 0;
}

/* The worker that has a session on @body, or is creating one. */
static Member *
find_holder (HnRegistry *self, const HnAddress *body)
{
  const HnSessionIndexPlace *place = hn_session_index_find_body (self->index, body);
  GHashTableIter iter;
  gpointer value;

  if (place != NULL)
    return place->owner;
  g_hash_table_iter_init (&iter, self->tickets);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Creation *creation = value;

    if (hn_address_equal (&creation->body, body))
      return creation->member;
  }
  return NULL;
}

static Member *
find_least_loaded (HnRegistry *self, const char *excluded_id)
{
  GHashTableIter iter;
  gpointer value;
  Member *best = NULL;
  HnPlacementCandidate best_candidate = { NULL };

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Member *member = value;
    const HnWorkerReport *report = member->view.report;
    HnPlacementCandidate candidate = { .id = report->id,
                                       .load = report->active_sessions + member->view.coming,
                                       .max = report->max_sessions,
                                       .refused = member->view.refused };

    if (!may_get (member, excluded_id) || !hn_placement_has_room (&candidate)
        || (best != NULL && !hn_placement_prefers (&candidate, &best_candidate)))
      continue;
    best = member;
    best_candidate = candidate;
  }
  return best;
}

guint64
hn_registry_reserve (HnRegistry *self, const char *body_ip, const char *excluded_id, const HnRegistryWorker **ret_worker,
                     gboolean *ret_is_bound)
{
  HnAddress body = { { 0 } };
  Member *holder = hn_address_parse (body_ip, &body) ? find_holder (self, &body) : NULL;
  gboolean is_bound = holder != NULL && may_get (holder, excluded_id);
  Member *member = is_bound ? holder : find_least_loaded (self, excluded_id);
  Creation *creation;

  if (member == NULL)
    return 0;
  creation = g_new0 (Creation, 1);
  creation->ticket = ++self->last_ticket;
  creation->member = member;
  creation->body = body;
  g_ptr_array_add (member->creations, creation);
  g_hash_table_insert (self->tickets, &creation->ticket, creation);
  member->view.coming++;
  *ret_worker = &member->view;
  *ret_is_bound = is_bound;
  return creation->ticket;
}

void
hn_registry_release (HnRegistry *self, guint64 ticket)
{
  Creation *creation = g_hash_table_lookup (self->tickets, &ticket);

  if (creation != NULL)
    drop_creation (self, creation);
}

void
hn_registry_confirm (HnRegistry *self, guint64 ticket, HnSessionReport *session, gint64 now_us)
{
  g_autoptr (HnSessionReport) owned = session;
  Creation *creation = g_hash_table_lookup (self->tickets, &ticket);
  Member *member;

  if (creation == NULL)
    return;
  if (hn_session_index_find (self->index, session->id) != NULL) {
    drop_creation (self, creation);
    return;
  }
  member = creation->member;
  g_hash_table_remove (self->tickets, &ticket);
  if (creation->listed) {
    creation->listed = FALSE;
    member->view.coming++;
  }
  creation->session = g_steal_pointer (&owned);
  creation->session->age_us -= now_us - member->view.membership.heard_us; /* as of the last heartbeat, like all others */
  creation->confirmed_us = now_us;
  hn_session_index_put (self->index, member, creation->session, 0);
}

static void
release_ended_creation (HnRegistry *self, Member *member, const char *session_id)
{
  for (guint i = 0; i < member->creations->len; i++) {
    Creation *creation = g_ptr_array_index (member->creations, i);

    if (creation->session != NULL && g_str_equal (creation->session->id, session_id)) {
      drop_creation (self, creation);
      return;
    }
  }
}

void
hn_registry_session_ended (HnRegistry *self, const char *session_id)
{
  g_autofree char *id = g_strdup (session_id);
  HnSessionIndexPlace *place = hn_session_index_find (self->index, id);
  Member *member = place != NULL ? place->owner : NULL;

  if (member == NULL)
    return;
  hn_session_index_remove (self->index, member, id);
  release_ended_creation (self, member, id);
}

/* ---- heartbeats ---- */

/* Whether @report comes from a process that is older than the one we know under its id. */
static gboolean
is_outdated (const Member *member, const HnWorkerReport *report)
{
  const HnWorkerReport *known = member->view.report;
  HnMembershipState state = member->view.membership.state;

  if (g_str_equal (known->boot_id, report->boot_id) || (state != HN_MEMBERSHIP_HEALTHY && state != HN_MEMBERSHIP_SUSPECT))
    return FALSE;
  if (known->boot_utc_us != report->boot_utc_us)
    return report->boot_utc_us < known->boot_utc_us;
  return strcmp (report->boot_id, known->boot_id) < 0;
}

static void
take_sessions (HnRegistry *self, Member *member, HnWorkerReport *old)
{
  GPtrArray *sessions = member->view.report->sessions;

  for (guint i = 0; i < sessions->len; i++)
    hn_session_index_put (self->index, member, g_ptr_array_index (sessions, i), member->round);
  for (guint i = 0; old != NULL && i < old->sessions->len; i++) {
    const HnSessionReport *session = g_ptr_array_index (old->sessions, i);
    const HnSessionIndexPlace *place = hn_session_index_find (self->index, session->id);

    if (place != NULL && place->owner == member && place->seen_round != member->round)
      hn_session_index_remove (self->index, member, session->id);
  }
}

static void
take_report (HnRegistry *self, Member *member, HnWorkerReport *report, gint64 now_us)
{
  g_autoptr (HnWorkerReport) old = member->view.report;

  member->view.report = report;
  member->view.refused = FALSE;
  member->round++;
  if (old != NULL && !g_str_equal (old->boot_id, report->boot_id))
    drop_creations (self, member);
  take_sessions (self, member, old);
  for (guint i = member->creations->len; i > 0; i--)
    fold_creation (self, g_ptr_array_index (member->creations, i - 1), now_us);
}

static Member *
member_new (void)
{
  Member *member = g_new0 (Member, 1);

  member->creations = g_ptr_array_new_with_free_func (creation_free);
  return member;
}

static gboolean
may_speak (HnRegistry *self, const Member *member, const HnWorkerReport *report, GError **error)
{
  if (member == NULL && g_hash_table_size (self->members) >= HN_LIMIT_WORKERS) {
    g_set_error (error, HN_ERROR, HN_ERROR_LIMIT, "too many workers: %d are known", HN_LIMIT_WORKERS);
    return FALSE;
  }
  if (member != NULL && is_outdated (member, report)) {
    g_set_error (error, HN_ERROR, HN_ERROR_CONFLICT, "worker '%s' is run by a newer process", report->id);
    if (error != NULL)
      hn_error_set_detail (*error, "stop this one, or give it a 'worker.id' of its own");
    return FALSE;
  }
  return TRUE;
}

const HnRegistryWorker *
hn_registry_heartbeat (HnRegistry *self, HnWorkerReport *report, gint64 now_us, HnMembershipState *ret_from, GError **error)
{
  g_autoptr (HnWorkerReport) owned = report;
  g_auto (HnUrlRulesTarget) target = { 0 };
  Member *member = g_hash_table_lookup (self->members, report->id);
  HnMembershipState from = member != NULL ? member->view.membership.state : HN_MEMBERSHIP_UNKNOWN;

  if (!hn_url_rules_read_worker (report->url, &target, error) || !may_speak (self, member, report, error))
    return NULL;
  if (member == NULL) {
    member = member_new ();
    g_hash_table_insert (self->members, g_strdup (report->id), member);
  }
  take_report (self, member, g_steal_pointer (&owned), now_us);
  hn_url_rules_target_clear (&member->view.target);
  member->view.target = target;
  target = (HnUrlRulesTarget){ 0 };
  hn_membership_handle (&member->view.membership, HN_MEMBERSHIP_HEARTBEAT, now_us);
  if (ret_from != NULL)
    *ret_from = from;
  return &member->view;
}

gboolean
hn_registry_failed (HnRegistry *self, const char *worker_id, gint64 now_us)
{
  Member *member = g_hash_table_lookup (self->members, worker_id);

  return member != NULL && hn_membership_handle (&member->view.membership, HN_MEMBERSHIP_FAILED, now_us);
}

void
hn_registry_refused (HnRegistry *self, const char *worker_id)
{
  Member *member = g_hash_table_lookup (self->members, worker_id);

  if (member != NULL)
    member->view.refused = TRUE;
}

/* ---- time ---- */

gint64
hn_registry_deadline (const HnRegistry *self)
{
  GHashTableIter iter;
  gpointer value;
  gint64 deadline_us = HN_NEVER;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Member *member = value;

    deadline_us
      = hn_clock_earliest (deadline_us, hn_membership_deadline (&member->view.membership, self->heartbeat_timeout_us));
  }
  return deadline_us;
}

static void
change_free (gpointer data)
{
  HnRegistryChange *self = data;

  g_free (self->worker_id);
  g_free (self);
}

static void
forget_sessions (HnRegistry *self, Member *member)
{
  GPtrArray *sessions = member->view.report->sessions;

  drop_creations (self, member);
  for (guint i = 0; i < sessions->len; i++)
    hn_session_index_remove (self->index, member, ((HnSessionReport *) g_ptr_array_index (sessions, i))->id);
}

GPtrArray *
hn_registry_tick (HnRegistry *self, gint64 now_us)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (change_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Member *member = value;
    HnMembershipState from = member->view.membership.state;
    gint64 deadline_us = hn_membership_deadline (&member->view.membership, self->heartbeat_timeout_us);
    HnRegistryChange *change;

    if (deadline_us == HN_NEVER || now_us < deadline_us)
      continue;
    hn_membership_handle (&member->view.membership, HN_MEMBERSHIP_TIME_UP, now_us);
    change = g_new0 (HnRegistryChange, 1);
    change->worker_id = g_strdup (member->view.report->id);
    change->from = from;
    change->to = member->view.membership.state;
    g_ptr_array_add (changes, change);
    if (change->to != HN_MEMBERSHIP_GONE)
      continue;
    forget_sessions (self, member);
    g_hash_table_iter_remove (&iter);
  }
  return changes;
}

/* ---- questions ---- */

HnRegistryVerdict
hn_registry_find_session (const HnRegistry *self, const char *session_id, gint64 now_us, HnRegistrySession *ret_session,
                          guint *ret_retry_after_seconds)
{
  const HnSessionIndexPlace *place = hn_session_index_find (self->index, session_id);
  gint64 left_us = self->started_us + self->heartbeat_timeout_us - now_us;

  if (place != NULL) {
    *ret_session = (HnRegistrySession){ .report = place->report, .worker = &((const Member *) place->owner)->view };
    return HN_REGISTRY_FOUND;
  }
  if (!hn_id_is_valid (session_id) || hn_session_index_has_ended (self->index, session_id) || left_us <= 0)
    return HN_REGISTRY_UNKNOWN;
  if (ret_retry_after_seconds != NULL)
    *ret_retry_after_seconds = (guint) CLAMP ((left_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC, 1, RETRY_AFTER_MAX);
  return HN_REGISTRY_NOT_YET;
}

const HnRegistryWorker *
hn_registry_find_worker (const HnRegistry *self, const char *worker_id)
{
  const Member *member = g_hash_table_lookup (self->members, worker_id);

  return member != NULL ? &member->view : NULL;
}

static int
compare_workers (gconstpointer a, gconstpointer b)
{
  const HnRegistryWorker *const *left = a;
  const HnRegistryWorker *const *right = b;

  return strcmp ((*left)->report->id, (*right)->report->id);
}

GPtrArray *
hn_registry_list_workers (const HnRegistry *self)
{
  GPtrArray *workers = g_ptr_array_sized_new (g_hash_table_size (self->members));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (workers, value);
  g_ptr_array_sort (workers, compare_workers);
  return workers;
}

GPtrArray *
hn_registry_list_sessions (const HnRegistry *self, const HnRegistryWorker *worker)
{
  GPtrArray *sessions = g_ptr_array_new ();
  const Member *member = (const Member *) worker;

  for (guint i = 0; i < worker->report->sessions->len; i++) {
    HnSessionReport *session = g_ptr_array_index (worker->report->sessions, i);
    const HnSessionIndexPlace *place = hn_session_index_find (self->index, session->id);

    if (place != NULL && place->report == session)
      g_ptr_array_add (sessions, session);
  }
  for (guint i = 0; i < member->creations->len; i++) {
    const Creation *creation = g_ptr_array_index (member->creations, i);

    if (creation->session != NULL)
      g_ptr_array_add (sessions, creation->session);
  }
  return sessions;
}

HnRegistry *
hn_registry_new (gint64 heartbeat_timeout_us, gint64 now_us)
{
  HnRegistry *self = g_new0 (HnRegistry, 1);

  self->heartbeat_timeout_us = heartbeat_timeout_us;
  self->started_us = now_us;
  self->members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, member_free);
  self->tickets = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->index = hn_session_index_new ();
  return self;
}

void
hn_registry_free (HnRegistry *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->tickets, g_hash_table_unref);
  g_clear_pointer (&self->index, hn_session_index_free);
  g_clear_pointer (&self->members, g_hash_table_unref);
  g_free (self);
}
