/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules.
 * Load: what the last heartbeat says, plus what has come since (reservations).
 * Order: workers are kept sorted by who is the best choice, and by whose lease ends first, so that choosing, hearing and time cost a
 * few comparisons however many there are.
 * Bodies: Sunshine streams to one, and the rule for a second session is the worker's that has the first: so a create goes where its
 * body's session is, and elsewhere only when that worker is not healthy, or draining.
 * Draining: the operator's word holds, heartbeats do not change it; only a worker that we have never heard of is believed, for a controller
 * that started anew has forgotten what its workers have not.
 * Sessions: what leaves a worker's list has ended; so has what the worker says it has deleted, whatever heartbeats on their way still list.
 * Ids: of two processes with one worker id the one that started last wins, unless it is dead while the other one lives. */
#include "controller/registry.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "controller/placement.h"
#include "controller/reservations.h"
#include "controller/session-index.h"

#define RETRY_AFTER_MAX 5 /* seconds: the workers' back-off is capped there */

typedef struct {
  HnRegistryWorker view; /* first: what others see of it */
  guint64 round;         /* counts its heartbeats */
  gint64 deadline_us;    /* of its lease */
  GSequenceIter *standing;
  GSequenceIter *expiry;
  GHashTable *deleted;   /* set of ids that it said have ended, until a heartbeat lists them no more */
} Member;

struct _HnRegistry {
  gint64 heartbeat_timeout_us;
  gint64 started_us;
  guint64 comparisons;
  GHashTable *members;  /* worker id → Member, owned */
  GSequence *standings; /* of Member, the best choice first */
  GSequence *expiries;  /* of Member, the first to be silent for too long first */
  HnSessionIndex *index;        /* owner: Member */
  HnReservations *reservations; /* owner: Member */
};

static void
member_free (gpointer data)
{
  Member *self = data;

  hn_worker_report_free (self->view.report);
  hn_url_rules_target_clear (&self->view.target);
  g_hash_table_unref (self->deleted);
  g_free (self);
}

/* ---- order ---- */

static HnPlacementCandidate
candidate_of (const Member *member)
{
  const HnRegistryWorker *view = &member->view;

  return (HnPlacementCandidate){ .id = view->report->id,
                                 .load = view->report->active_sessions + view->coming,
                                 .max = view->report->max_sessions,
                                 .refused = view->refused,
                                 .open = hn_membership_takes_sessions (&view->membership) && !view->draining };
}

static int
compare_standings (gconstpointer a, gconstpointer b, gpointer data)
{
  HnPlacementCandidate left = candidate_of (a), right = candidate_of (b);

  ((HnRegistry *) data)->comparisons++;
  return hn_placement_prefers (&left, &right) ? -1 : hn_placement_prefers (&right, &left);
}

static int
compare_expiries (gconstpointer a, gconstpointer b, gpointer data)
{
  const Member *left = a, *right = b;

  ((HnRegistry *) data)->comparisons++;
  return left->deadline_us < right->deadline_us ? -1 : left->deadline_us > right->deadline_us;
}

/* To be called after whatever may change the place of a member in either order; one member at a time. */
static void
reorder (HnRegistry *self, Member *member)
{
  gint64 deadline_us = hn_membership_deadline (&member->view.membership, self->heartbeat_timeout_us);

  member->view.coming = hn_reservations_count (self->reservations, member);
  if (member->standing == NULL)
    member->standing = g_sequence_insert_sorted (self->standings, member, compare_standings, self);
  else
    g_sequence_sort_changed (member->standing, compare_standings, self);
  if (member->expiry != NULL && deadline_us == member->deadline_us)
    return;
  member->deadline_us = deadline_us;
  if (member->expiry == NULL)
    member->expiry = g_sequence_insert_sorted (self->expiries, member, compare_expiries, self);
  else
    g_sequence_sort_changed (member->expiry, compare_expiries, self);
}

/* ---- creations ---- */

static gboolean
may_get (const Member *member, const char *excluded_id)
{
  return candidate_of (member).open && g_strcmp0 (member->view.report->id, excluded_id) != 0;
}

/* The worker that has a session on @body, or is creating one. */
static Member *
find_holder (HnRegistry *self, const HnAddress *body)
{
  const HnSessionIndexPlace *place = hn_session_index_find_body (self->index, body);

  return place != NULL ? place->owner : hn_reservations_find_body (self->reservations, body);
}

static Member *
find_best (HnRegistry *self, const char *excluded_id)
{
  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->standings); !g_sequence_iter_is_end (iter);
       iter = g_sequence_iter_next (iter)) {
    Member *member = g_sequence_get (iter);
    HnPlacementCandidate candidate = candidate_of (member);

    if (!hn_placement_may_get (&candidate))
      break;
    if (g_strcmp0 (candidate.id, excluded_id) != 0)
      return member;
  }
  return NULL;
}

GPtrArray *
hn_registry_list_standings (const HnRegistry *self, guint max_count, guint *ret_others)
{
  GPtrArray *standings = g_ptr_array_new ();
  GSequenceIter *iter = g_sequence_get_begin_iter (self->standings);

  for (; standings->len < max_count && !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    g_ptr_array_add (standings, g_sequence_get (iter));
  *ret_others = (guint) g_hash_table_size (self->members) - standings->len;
  return standings;
}

guint64
hn_registry_reserve (HnRegistry *self, const char *body_ip, const char *excluded_id, const HnRegistryWorker **ret_worker,
                     gboolean *ret_is_bound)
{
  HnAddress body = { { 0 } };
  Member *holder = hn_address_parse (body_ip, &body) ? find_holder (self, &body) : NULL;
  gboolean is_bound = holder != NULL && may_get (holder, excluded_id);
  Member *member = is_bound ? holder : find_best (self, excluded_id);
  guint64 ticket;

  if (member == NULL)
    return 0;
  ticket = hn_reservations_take (self->reservations, member, &body);
  reorder (self, member);
  *ret_worker = &member->view;
  *ret_is_bound = is_bound;
  return ticket;
}

void
hn_registry_release (HnRegistry *self, guint64 ticket)
{
  Member *member = hn_reservations_find_owner (self->reservations, ticket);

  if (member == NULL)
    return;
  hn_reservations_release (self->reservations, ticket);
  reorder (self, member);
}

void
hn_registry_confirm (HnRegistry *self, guint64 ticket, HnSessionReport *session, gint64 now_us)
{
  Member *member = hn_reservations_find_owner (self->reservations, ticket);

  if (member == NULL) {
    hn_session_report_free (session);
    return;
  }
  session->age_us -= now_us - member->view.membership.heard_us; /* as of the last heartbeat, like all others */
  hn_reservations_confirm (self->reservations, ticket, session, now_us);
  reorder (self, member);
}

/* A session that the last heartbeat counts has ended. */
static void
leave_load (Member *member, const HnSessionReport *session)
{
  if (hn_session_state_is_live (session->state) && member->view.report->active_sessions > 0)
    member->view.report->active_sessions--;
}

void
hn_registry_session_ended (HnRegistry *self, const char *session_id)
{
  g_autofree char *id = g_strdup (session_id);
  const HnSessionIndexPlace *place = hn_session_index_find (self->index, id);
  Member *member = place != NULL ? place->owner : NULL;

  if (member == NULL)
    return;
  if (place->seen_round == member->round)
    leave_load (member, place->report);
  g_hash_table_add (member->deleted, g_strdup (id));
  hn_session_index_remove (self->index, member, id);
  hn_reservations_session_ended (self->reservations, member, id);
  reorder (self, member);
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

/* A heartbeat that was on its way when a session was deleted does not bring it back. */
static void
drop_deleted (Member *member)
{
  g_autoptr (GHashTable) before = member->deleted;
  GPtrArray *sessions = member->view.report->sessions;

  member->deleted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = g_hash_table_size (before) > 0 ? sessions->len : 0; i > 0; i--) {
    const HnSessionReport *session = g_ptr_array_index (sessions, i - 1);

    if (!g_hash_table_contains (before, session->id))
      continue;
    g_hash_table_add (member->deleted, g_strdup (session->id));
    leave_load (member, session);
    g_ptr_array_remove_index (sessions, i - 1);
  }
}

static void
take_report (HnRegistry *self, Member *member, HnWorkerReport *report, gint64 now_us)
{
  g_autoptr (HnWorkerReport) old = member->view.report;

  member->view.report = report;
  member->view.refused = FALSE;
  member->round++;
  if (old == NULL) {
    member->view.draining = report->draining;
    member->view.drain_deadline_us = report->draining && report->drain_left_us != HN_NEVER ? now_us + report->drain_left_us : HN_NEVER;
  } else if (report->leaving || !g_str_equal (old->boot_id, report->boot_id))
    hn_reservations_forget (self->reservations, member);
  drop_deleted (member);
  take_sessions (self, member, old);
  hn_reservations_fold (self->reservations, member, report->sessions, member->round, now_us);
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
  HnMembershipEvent event = report->leaving ? HN_MEMBERSHIP_LEAVING : HN_MEMBERSHIP_HEARTBEAT;
  HnMembershipState from = member != NULL ? member->view.membership.state : HN_MEMBERSHIP_UNKNOWN;

  if (!hn_url_rules_read_worker (report->url, &target, error)
      || !hn_url_rules_check_pages (&target, report->public_url, error) || !may_speak (self, member, report, error))
    return NULL;
  if (member == NULL) {
    member = g_new0 (Member, 1);
    member->deleted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_insert (self->members, g_strdup (report->id), member);
  }
  take_report (self, member, g_steal_pointer (&owned), now_us);
  hn_url_rules_target_clear (&member->view.target);
  member->view.target = target;
  target = (HnUrlRulesTarget){ 0 };
  hn_membership_handle (&member->view.membership, event, now_us);
  reorder (self, member);
  if (ret_from != NULL)
    *ret_from = from;
  return &member->view;
}

gboolean
hn_registry_failed (HnRegistry *self, const char *worker_id, gint64 now_us)
{
  Member *member = g_hash_table_lookup (self->members, worker_id);

  if (member == NULL || !hn_membership_handle (&member->view.membership, HN_MEMBERSHIP_FAILED, now_us))
    return FALSE;
  reorder (self, member);
  return TRUE;
}

void
hn_registry_refused (HnRegistry *self, const char *worker_id)
{
  Member *member = g_hash_table_lookup (self->members, worker_id);

  if (member == NULL)
    return;
  member->view.refused = TRUE;
  reorder (self, member);
}

const HnRegistryWorker *
hn_registry_drain (HnRegistry *self, const char *worker_id, gboolean drain, gint64 deadline_us)
{
  Member *member = g_hash_table_lookup (self->members, worker_id);

  if (member == NULL)
    return NULL;
  member->view.draining = drain;
  member->view.drain_deadline_us = drain ? deadline_us : HN_NEVER;
  reorder (self, member);
  return &member->view;
}

/* ---- time ---- */

static Member *
first_to_expire (const HnRegistry *self)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->expiries);

  return g_sequence_iter_is_end (first) ? NULL : g_sequence_get (first);
}

gint64
hn_registry_deadline (const HnRegistry *self)
{
  const Member *member = first_to_expire (self);

  return member != NULL ? member->deadline_us : HN_NEVER;
}

static void
change_free (gpointer data)
{
  HnRegistryChange *self = data;

  g_free (self->worker_id);
  g_free (self);
}

static void
forget (HnRegistry *self, Member *member)
{
  GPtrArray *sessions = member->view.report->sessions;

  hn_reservations_forget (self->reservations, member);
  for (guint i = 0; i < sessions->len; i++)
    hn_session_index_remove (self->index, member, ((HnSessionReport *) g_ptr_array_index (sessions, i))->id);
  g_sequence_remove (member->standing);
  g_sequence_remove (member->expiry);
  g_hash_table_remove (self->members, member->view.report->id);
}

GPtrArray *
hn_registry_tick (HnRegistry *self, gint64 now_us)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (change_free);
  Member *member;

  while ((member = first_to_expire (self)) != NULL && now_us >= member->deadline_us) {
    HnRegistryChange *change = g_new0 (HnRegistryChange, 1);

    change->worker_id = g_strdup (member->view.report->id);
    change->from = member->view.membership.state;
    hn_membership_handle (&member->view.membership, HN_MEMBERSHIP_TIME_UP, now_us);
    change->to = member->view.membership.state;
    g_ptr_array_add (changes, change);
    if (change->to == HN_MEMBERSHIP_GONE)
      forget (self, member);
    else
      reorder (self, member);
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

gboolean
hn_registry_find_body (const HnRegistry *self, const char *body_ip, HnRegistrySession *ret_session)
{
  HnAddress body;
  const HnSessionIndexPlace *place = hn_address_parse (body_ip, &body) ? hn_session_index_find_body (self->index, &body) : NULL;

  if (place == NULL)
    return FALSE;
  *ret_session = (HnRegistrySession){ .report = place->report, .worker = &((const Member *) place->owner)->view };
  return TRUE;
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

  for (guint i = 0; i < worker->report->sessions->len; i++) {
    HnSessionReport *session = g_ptr_array_index (worker->report->sessions, i);
    const HnSessionIndexPlace *place = hn_session_index_find (self->index, session->id);

    if (place != NULL && place->report == session)
      g_ptr_array_add (sessions, session);
  }
  hn_reservations_list_sessions (self->reservations, worker, sessions);
  return sessions;
}

guint64
hn_registry_get_comparisons (const HnRegistry *self)
{
  return self->comparisons;
}

void
hn_registry_set_timeout (HnRegistry *self, gint64 heartbeat_timeout_us)
{
  GHashTableIter iter;
  gpointer member;

  self->heartbeat_timeout_us = heartbeat_timeout_us;
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member))
    reorder (self, member);
}

HnRegistry *
hn_registry_new (gint64 heartbeat_timeout_us, gint64 now_us)
{
  HnRegistry *self = g_new0 (HnRegistry, 1);

  self->heartbeat_timeout_us = heartbeat_timeout_us;
  self->started_us = now_us;
  self->members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, member_free);
  self->standings = g_sequence_new (NULL);
  self->expiries = g_sequence_new (NULL);
  self->index = hn_session_index_new ();
  self->reservations = hn_reservations_new (self->index);
  return self;
}

void
hn_registry_free (HnRegistry *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->reservations, hn_reservations_free);
  g_clear_pointer (&self->standings, g_sequence_free);
  g_clear_pointer (&self->expiries, g_sequence_free);
  g_clear_pointer (&self->index, hn_session_index_free);
  g_clear_pointer (&self->members, g_hash_table_unref);
  g_free (self);
}
