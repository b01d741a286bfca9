/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/sessions-io.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/shelf.h"
#include "base/metrics.h"
#include "net/probe.h"
#include "net/timer.h"
#include "worker/body-queue.h"
#include "worker/note-json.h"
#include "worker/ports.h"

#define USER_RANDOM_BYTES 8
#define RECORD_RANDOM_BYTES 16

typedef struct {
  HnSessionGone gone;
  gpointer user_data;
} Waiter;

typedef struct {
  HnSessionsIo *owner;
  HnSessionIo *session;
  HnSessionCreated created; /* NULL once it was told */
  gpointer created_data;
  GArray *waiters; /* of Waiter */
} Entry;

struct _HnSessionsIo {
  HnSessionIoWorld world;
  const char *worker_id;
  GArray *own_addresses;
  HnRandom *random;
  GHashTable *entries; /* id → Entry */
  HnShelf *explained;  /* id → life of a session that is gone */
  HnPorts *ports;
  HnBodyQueue *bodies;
  HnTimer *stop_timer; /* tells `all_gone` from the loop */
  HnTimer *drain_timer; /* the deadline of a drain */
  gboolean stopping;
  gboolean held;
  guint64 ended[HN_END_REASONS];
  const HnSessionsIoEvents *events;
  gpointer user_data;
};

static void
tell_waiters (GArray *waiters)
{
  for (guint i = 0; i < waiters->len; i++) {
    Waiter *waiter = &g_array_index (waiters, Waiter, i);

    waiter->gone (waiter->user_data);
  }
}

/* Whoever still waits is told: it holds something that only the answer frees. */
static void
entry_drop (gpointer data)
{
  Entry *entry = data;
  HnSessionCreated created = g_steal_pointer (&entry->created);

  if (created != NULL) {
    g_autoptr (GError) error = g_error_new_literal (HN_ERROR, HN_ERROR_CLOSED, "worker is shutting down");

    created (NULL, NULL, error, entry->created_data);
  }
  tell_waiters (entry->waiters);
  g_array_set_size (entry->waiters, 0);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  hn_session_io_free (entry->session);
  g_array_unref (entry->waiters);
  g_free (entry);
}

static const char *
id_of (HnSessionIo *session)
{
  return hn_session_io_get_facts (session)->id;
}

static Entry *
find_entry (HnSessionsIo *self, const char *session_id)
{
  return g_hash_table_lookup (self->entries, session_id);
}

static gboolean
is_free (HnPortKind kind, guint16 port, gpointer user_data)
{
  return kind == HN_PORT_UDP ? hn_probe_udp_free (port) : hn_probe_bindable (user_data, port);
}

static gboolean
begin (HnSessionsIo *self, Entry *entry, GError **error)
{
  HnSlot slot;

  if (!hn_ports_take (self->ports, is_free, (gpointer) self->world.loopback, &slot, error))
    return FALSE;
  hn_session_io_begin (entry->session, &slot);
  return TRUE;
}

static void
give_turn (HnSessionsIo *self, const char *session_id)
{
  Entry *entry = find_entry (self, session_id);
  g_autoptr (GError) error = NULL;

  if (entry != NULL && !begin (self, entry, &error))
    hn_session_io_fail (entry->session, error);
}

/* ---- what a session tells ---- */

static void
on_changed (HnSessionIo *session, gpointer data)
{
  Entry *entry = data;

  hn_body_queue_set_streaming (entry->owner->bodies, id_of (session), hn_session_io_is_streaming (session));
  entry->owner->events->changed (entry->owner->user_data);
}

static void
on_ready (HnSessionIo *session, gpointer data)
{
  Entry *entry = data;
  const HnSessionFacts *facts = hn_session_io_get_facts (session);
  HnSessionCreated created = g_steal_pointer (&entry->created);

  if (created != NULL)
    created (facts->id, facts->stream_path, NULL, entry->created_data);
}

static void
on_failed (HnSessionIo *session, const GError *error, gpointer data)
{
  Entry *entry = data;
  HnSessionCreated created = g_steal_pointer (&entry->created);

  if (created != NULL)
    created (NULL, NULL, error, entry->created_data);
}

static void
on_ending (HnSessionIo *session, gpointer data)
{
  Entry *entry = data;
  HnSessionsIo *self = entry->owner;
  HnEndReason reason = hn_session_get_reason (hn_session_io_get_rules (session));
  g_autofree char *record_id = hn_random_hex (self->random, RECORD_RANDOM_BYTES);
  g_autofree char *record = NULL;

  hn_body_queue_set_streaming (self->bodies, id_of (session), FALSE);
  self->events->ending (id_of (session), self->user_data);
  record = hn_session_io_record (session, self->worker_id, record_id);
  self->ended[reason]++;
  hn_metrics_add (HN_METRIC_ENDS, hn_end_reason_to_text (reason), 1);
  self->events->record (record_id, record, self->user_data);
}

static void
on_unpair_later (HnSessionIo *session, gpointer data)
{
  Entry *entry = data;
  const HnSessionFacts *facts = hn_session_io_get_facts (session);

  entry->owner->events->unpair_later (facts->request->body_ip, facts->user, entry->owner->user_data);
}

static void
on_cleaned (HnSessionIo *session, gpointer data)
{
  Entry *entry = data;
  HnSessionsIo *self = entry->owner;
  g_autofree char *next = NULL;
  HnSlot slot;

  if (hn_session_io_release_slot (session, &slot))
    hn_ports_release (self->ports, &slot);
  next = hn_body_queue_leave (self->bodies, id_of (session));
  if (next != NULL)
    give_turn (self, next);
}

static void
on_gone (HnSessionIo *session, gpointer data)
{
  Entry *entry = data;
  HnSessionsIo *self = entry->owner;
  g_autoptr (GArray) waiters = g_array_ref (entry->waiters);

  hn_info ("cleanup", id_of (session), "session removed");
  hn_shelf_put (self->explained, id_of (session), hn_session_io_explain (session, self->worker_id), hn_clock_now_us ());
  g_hash_table_remove (self->entries, id_of (session));
  tell_waiters (waiters);
  if (self->stopping && g_hash_table_size (self->entries) == 0)
    hn_timer_arm (self->stop_timer, 0);
}

static void
on_all_gone (gpointer data)
{
  HnSessionsIo *self = data;

  self->events->all_gone (self->user_data);
}

/* ---- creating ---- */

static gboolean
check_body (HnSessionsIo *self, const char *body_ip, HnAddress *ret_address, GError **error)
{
  if (!hn_address_parse (body_ip, ret_address)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "field 'body_ip' must be an IP address");
    return FALSE;
  }
  for (guint i = 0; i < self->own_addresses->len; i++) {
    if (hn_address_equal (&g_array_index (self->own_addresses, HnAddress, i), ret_address)) {
      g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "field 'body_ip' must not be the worker itself");
      return FALSE;
    }
  }
  if (!hn_networks_contain (self->world.config->sunshine_allowed_networks, ret_address)) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_INVALID, "field 'body_ip' must be within sunshine.allowed_networks");
    hn_error_set_detail (error != NULL ? *error : NULL, "the networks are named in the worker's configuration");
    return FALSE;
  }
  return TRUE;
}

static Entry *
entry_new (HnSessionsIo *self, HnCreateRequest *request, HnSessionCreated created, gpointer user_data)
{
  static const HnSessionIoEvents events = { on_changed, on_ready, on_failed, on_ending, on_unpair_later, on_cleaned, on_gone };
  Entry *entry = g_new0 (Entry, 1);
  g_autofree char *chance = hn_random_hex (self->random, USER_RANDOM_BYTES);

  entry->owner = self;
  entry->created = created;
  entry->created_data = user_data;
  entry->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  entry->session
      = hn_session_io_new (&self->world, request->session_id != NULL ? g_strdup (request->session_id) : hn_id_new (self->random), g_strconcat (HN_NOTE_CLIENT_PREFIX, chance, NULL), request, &events, entry);
  return entry;
}

/* Nobody can wait behind a session that has only just entered. */
static void
forget_entry (HnSessionsIo *self, Entry *entry)
{
  g_free (hn_body_queue_leave (self->bodies, id_of (entry->session)));
  g_hash_table_remove (self->entries, id_of (entry->session));
}

char *
hn_sessions_io_create (HnSessionsIo *self, HnCreateRequest *request, HnSessionCreated created, gpointer user_data, GError **error)
{
  g_autoptr (HnCreateRequest) owned = request;
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func (g_free);
  gboolean replace = request->replace;
  HnAddress address;
  HnBodyTurn turn;
  Entry *entry;

  if (self->stopping) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_CLOSED, "worker is shutting down");
    return NULL;
  }
  if (self->held) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_LIMIT, "worker is waiting for an update");
    return NULL;
  }
  if (!check_body (self, request->body_ip, &address, error))
    return NULL;
  if (request->session_id != NULL && find_entry (self, request->session_id) != NULL) {
    g_set_error_literal (error, HN_ERROR, HN_ERROR_CONFLICT, "there is a session with this id");
    return NULL;
  }
  entry = entry_new (self, g_steal_pointer (&owned), created, user_data);
  g_hash_table_insert (self->entries, g_strdup (id_of (entry->session)), entry);
  turn = hn_body_queue_enter (self->bodies, &address, request->body_ip, id_of (entry->session), replace, replaced, error);
  if (turn == HN_BODY_REFUSED || (turn == HN_BODY_FREE && !begin (self, entry, error))) {
    forget_entry (self, entry);
    return NULL;
  }
  for (guint i = 0; i < replaced->len; i++)
    hn_sessions_io_end (self, g_ptr_array_index (replaced, i), HN_END_REPLACED, NULL, NULL);
  return g_strdup (id_of (entry->session));
}

/* ---- the rest ---- */

void
hn_sessions_io_hold (HnSessionsIo *self, gboolean held)
{
  self->held = held;
}

gboolean
hn_sessions_io_end (HnSessionsIo *self, const char *session_id, HnEndReason reason, HnSessionGone gone, gpointer user_data)
{
  Entry *entry = find_entry (self, session_id);

  if (entry == NULL)
    return FALSE;
  if (gone != NULL) {
    Waiter waiter = { gone, user_data };

    g_array_append_val (entry->waiters, waiter);
  }
  hn_session_io_end (entry->session, reason);
  return TRUE;
}

HnSessionIo *
hn_sessions_io_find (HnSessionsIo *self, const char *session_id)
{
  Entry *entry = find_entry (self, session_id);

  return entry != NULL ? entry->session : NULL;
}

char *
hn_sessions_io_explain (HnSessionsIo *self, const char *session_id)
{
  Entry *entry = find_entry (self, session_id);

  return entry != NULL ? hn_session_io_explain (entry->session, self->worker_id)
                       : g_strdup (hn_shelf_find (self->explained, session_id, hn_clock_now_us ()));
}

void
hn_sessions_io_tunnel (HnSessionsIo *self, const char *session_id, gboolean opened)
{
  Entry *entry = find_entry (self, session_id);

  if (entry != NULL)
    hn_session_io_tunnel (entry->session, opened);
}

void
hn_sessions_io_report (HnSessionsIo *self, HnWorkerReport *into)
{
  GHashTableIter iter;
  gpointer value;

  into->active_sessions = hn_ports_count (self->ports);
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    HnSessionReport *report = hn_session_io_report (((Entry *) value)->session);

    report->worker_id = g_strdup (self->worker_id);
    g_ptr_array_add (into->sessions, report);
  }
}

/* What is done to a session may remove it or others: the ids are fetched first. */
static GPtrArray *
list_ids (HnSessionsIo *self)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (ids, g_strdup (key));
  return ids;
}

const guint64 *
hn_sessions_io_get_ended (HnSessionsIo *self)
{
  return self->ended;
}

void
hn_sessions_io_check (HnSessionsIo *self)
{
  g_autoptr (GPtrArray) ids = list_ids (self);

  for (guint i = 0; i < ids->len; i++) {
    HnSessionIo *session = hn_sessions_io_find (self, g_ptr_array_index (ids, i));

    if (session != NULL)
      hn_session_io_check (session);
  }
}

static void
on_drain_due (gpointer data)
{
  HnSessionsIo *self = data;
  g_autoptr (GPtrArray) ids = list_ids (self);

  if (ids->len > 0)
    hn_info ("worker", NULL, "the deadline for draining has passed: ending what still runs sessions=%u", ids->len);
  for (guint i = 0; i < ids->len; i++)
    hn_sessions_io_end (self, g_ptr_array_index (ids, i), HN_END_DRAINED, NULL, NULL);
}

void
hn_sessions_io_drain (HnSessionsIo *self, gboolean drain, gint64 left_us)
{
  hn_timer_arm (self->drain_timer, drain && left_us != HN_NEVER ? hn_clock_now_us () + left_us : HN_NEVER);
}

void
hn_sessions_io_stop (HnSessionsIo *self)
{
  g_autoptr (GPtrArray) ids = list_ids (self);

  self->stopping = TRUE;
  for (guint i = 0; i < ids->len; i++)
    hn_sessions_io_end (self, g_ptr_array_index (ids, i), HN_END_WORKER_SHUTDOWN, NULL, NULL);
  if (g_hash_table_size (self->entries) == 0)
    hn_timer_arm (self->stop_timer, 0);
}

void
hn_sessions_io_reload (HnSessionsIo *self)
{
  hn_ports_set_max (self->ports, self->world.config->sessions_max);
}

HnSessionsIo *
hn_sessions_io_new (const HnSessionIoWorld *world, const char *worker_id, guint16 own_port, GArray *own_addresses,
                    HnRandom *random, const HnSessionsIoEvents *events, gpointer user_data)
{
  HnSessionsIo *self = g_new0 (HnSessionsIo, 1);

  self->world = *world;
  self->worker_id = worker_id;
  self->own_addresses = own_addresses;
  self->random = random;
  self->events = events;
  self->user_data = user_data;
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  self->ports = hn_ports_new (world->config->sessions_port_range_start, world->config->sessions_max,
                              world->config->sessions_udp_port_start, own_port);
  self->bodies = hn_body_queue_new ();
  self->explained = hn_shelf_new (HN_LIMIT_EXPLAINED, hn_seconds (HN_LIMIT_EXPLAINED_HOURS * 3600.0));
  self->stop_timer = hn_timer_new (on_all_gone, self);
  self->drain_timer = hn_timer_new (on_drain_due, self);
  return self;
}

void
hn_sessions_io_free (HnSessionsIo *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self == NULL)
    return;
  hn_timer_free (self->stop_timer);
  hn_timer_free (self->drain_timer);
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    entry_drop (value);
  g_hash_table_unref (self->entries);
  hn_ports_free (self->ports);
  hn_body_queue_free (self->bodies);
  hn_shelf_free (self->explained);
  g_free (self);
}
