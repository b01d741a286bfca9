/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry in virtual time. Time starts at 1000 s, so that a zero somewhere is not taken for a time. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "controller/registry.h"
#include "tests/support/unit.h"

#define T0 (1000 * (gint64) G_USEC_PER_SEC)
#define AT(seconds) (T0 + (seconds) * (gint64) G_USEC_PER_SEC)
#define TIMEOUT (60 * (gint64) G_USEC_PER_SEC)

static HnSessionReport *
session (guint number, const char *body_ip, HnSessionState state)
{
  HnSessionReport *self = g_new0 (HnSessionReport, 1);

  self->id = g_strdup_printf ("%032x", number);
  self->body_ip = g_strdup (body_ip);
  self->state = state;
  return self;
}

static HnWorkerReport *
report (const char *id, guint max)
{
  HnWorkerReport *self = hn_worker_report_new ();

  self->id = g_strdup (id);
  self->url = g_strdup ("http://127.0.26.1:47990");
  self->boot_id = g_strdup ("boot");
  self->boot_utc_us = 5;
  self->api_token = g_strdup ("secret-of-the-worker");
  self->max_sessions = max;
  return self;
}

static void
add (HnWorkerReport *self, HnSessionReport *what)
{
  self->active_sessions += hn_session_state_is_live (what->state) ? 1 : 0;
  g_ptr_array_add (self->sessions, what);
}

static void
beat (HnRegistry *registry, HnWorkerReport *what, gint64 now_us)
{
  g_autoptr (GError) error = NULL;

  assert_non_null (hn_registry_heartbeat (registry, what, now_us, NULL, &error));
  assert_null (error);
}

static guint
load_of (HnRegistry *registry, const char *id)
{
  const HnRegistryWorker *worker = hn_registry_find_worker (registry, id);

  return worker->report->active_sessions + worker->coming;
}

static guint64
reserve (HnRegistry *registry, const char *body_ip, const char *excluded_id, const HnRegistryWorker **ret_worker)
{
  gboolean is_bound = FALSE;

  return hn_registry_reserve (registry, body_ip, excluded_id, ret_worker, &is_bound);
}

static HnRegistryVerdict
find (HnRegistry *registry, guint number, gint64 now_us)
{
  g_autofree char *id = g_strdup_printf ("%032x", number);
  HnRegistrySession where;

  return hn_registry_find_session (registry, id, now_us, &where, NULL);
}

static void
a_hundred_simultaneous_creates_do_not_see_the_same_stale_load (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  guint least = G_MAXUINT, most = 0;

  for (guint i = 0; i < 20; i++) {
    g_autofree char *id = g_strdup_printf ("w%02u", i);

    beat (registry, report (id, 10), T0);
  }
  for (guint i = 0; i < 100; i++) {
    g_autofree char *body = g_strdup_printf ("10.0.0.%u", i);

    assert_true (reserve (registry, body, NULL, &worker) != 0);
  }
  for (guint i = 0; i < 20; i++) {
    g_autofree char *id = g_strdup_printf ("w%02u", i);

    least = MIN (least, load_of (registry, id));
    most = MAX (most, load_of (registry, id));
  }
  assert_int_equal (least, 5);
  assert_int_equal (most, 5);
}

/* Creates with any interleaving of reserve, heartbeat and reply: loads stay within 1, none is lost and none counted twice. */
static void
exactly_two_hundred_creates_fit_on_twenty_workers_with_ten_slots (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  g_autoptr (HnRandom) random = hn_random_new_seeded (26);
  guint held[20] = { 0 };
  guint64 tickets[201];
  guint owner[201];
  gint64 now_us = T0;

  for (guint w = 0; w < 20; w++) {
    g_autofree char *id = g_strdup_printf ("w%02u", w);

    beat (registry, report (id, 10), now_us);
  }
  for (guint i = 0; i < 200; i++) {
    g_autofree char *body = g_strdup_printf ("10.0.0.%u", i);
    const HnRegistryWorker *worker = NULL;
    guint least = G_MAXUINT, most = 0;

    now_us += 1000;
    tickets[i] = reserve (registry, body, NULL, &worker);
    assert_true (tickets[i] != 0);
    owner[i] = (guint) g_ascii_strtoull (worker->report->id + 1, NULL, 10);
    held[owner[i]]++;
    if (hn_random_below (random, 2) == 0) {
      HnWorkerReport *told = report (worker->report->id, 10);

      for (guint k = 0; k <= i; k++) {
        g_autofree char *b = g_strdup_printf ("10.0.0.%u", k);

        if (owner[k] == owner[i])
          add (told, session (k + 1, b, HN_SESSION_PAIRING));
      }
      beat (registry, told, now_us);
    }
    if (hn_random_below (random, 2) == 0) {
      hn_registry_confirm (registry, tickets[i], session (i + 1, body, HN_SESSION_READY), now_us);
      assert_int_equal (find (registry, i + 1, now_us), HN_REGISTRY_FOUND);
    }
    for (guint w = 0; w < 20; w++) {
      g_autofree char *id = g_strdup_printf ("w%02u", w);

      assert_int_equal (load_of (registry, id), held[w]);
      least = MIN (least, held[w]);
      most = MAX (most, held[w]);
    }
    assert_true (most - least <= 1);
  }
  {
    const HnRegistryWorker *worker = NULL;

    assert_true (reserve (registry, "10.0.1.1", NULL, &worker) == 0);
    assert_null (worker);
  }
}

static void
a_failed_create_gives_its_slot_back (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  guint64 ticket;

  beat (registry, report ("w", 1), T0);
  ticket = reserve (registry, "10.0.0.1", NULL, &worker);
  assert_true (reserve (registry, "10.0.0.2", NULL, &worker) == 0);
  hn_registry_release (registry, ticket);
  hn_registry_release (registry, ticket);
  assert_int_equal (load_of (registry, "w"), 0);
  assert_true (reserve (registry, "10.0.0.2", NULL, &worker) != 0);
}

static void
a_session_that_a_heartbeat_lists_before_its_reply_is_counted_once (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnWorkerReport *told = report ("w", 10);
  guint64 ticket;

  beat (registry, report ("w", 10), T0);
  ticket = reserve (registry, "10.0.0.1", NULL, &worker);
  assert_int_equal (load_of (registry, "w"), 1);
  add (told, session (1, "::ffff:10.0.0.1", HN_SESSION_STARTING));
  beat (registry, told, AT (1));
  assert_int_equal (load_of (registry, "w"), 1);
  hn_registry_confirm (registry, ticket, session (1, "10.0.0.1", HN_SESSION_READY), AT (2));
  assert_int_equal (load_of (registry, "w"), 1);
  beat (registry, report ("w", 10), AT (3));
  assert_int_equal (load_of (registry, "w"), 0);
}

static void
a_listed_create_that_fails_leaves_the_count_to_the_next_heartbeat (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnWorkerReport *told = report ("w", 10), *after = report ("w", 10);
  guint64 ticket;

  beat (registry, report ("w", 10), T0);
  ticket = reserve (registry, "10.0.0.1", NULL, &worker);
  add (told, session (1, "10.0.0.1", HN_SESSION_PAIRING));
  beat (registry, told, AT (1));
  hn_registry_release (registry, ticket);
  assert_int_equal (load_of (registry, "w"), 1);
  add (after, session (1, "10.0.0.1", HN_SESSION_ERROR));
  beat (registry, after, AT (2));
  assert_int_equal (load_of (registry, "w"), 0);
  assert_int_equal (find (registry, 1, AT (2)), HN_REGISTRY_FOUND);
}

static void
sessions_of_other_bodies_and_old_ones_are_not_taken_for_the_new_one (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnWorkerReport *before = report ("w", 10), *told = report ("w", 10);

  add (before, session (1, "10.0.0.1", HN_SESSION_IDLE));
  beat (registry, before, T0);
  reserve (registry, "10.0.0.1", NULL, &worker);
  add (told, session (1, "10.0.0.1", HN_SESSION_IDLE));
  add (told, session (2, "10.0.0.2", HN_SESSION_STARTING));
  add (told, session (3, "10.0.0.1", HN_SESSION_ERROR));
  beat (registry, told, AT (1));
  assert_int_equal (load_of (registry, "w"), 3);
}

static void
a_confirmed_session_is_known_at_once_and_counted_until_listed (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnWorkerReport *told = report ("w", 10);
  guint64 ticket;

  beat (registry, report ("w", 10), T0);
  ticket = reserve (registry, "10.0.0.1", NULL, &worker);
  hn_registry_confirm (registry, ticket, session (1, "10.0.0.1", HN_SESSION_READY), AT (1));
  hn_registry_release (registry, ticket);
  assert_int_equal (find (registry, 1, AT (1)), HN_REGISTRY_FOUND);
  beat (registry, report ("w", 10), AT (1)); /* sent before the create arrived */
  assert_int_equal (load_of (registry, "w"), 1);
  assert_int_equal (find (registry, 1, AT (1)), HN_REGISTRY_FOUND);
  add (told, session (1, "10.0.0.1", HN_SESSION_READY));
  beat (registry, told, AT (2));
  assert_int_equal (load_of (registry, "w"), 1);
  beat (registry, report ("w", 10), AT (3));
  assert_int_equal (load_of (registry, "w"), 0);
  assert_int_equal (find (registry, 1, AT (3)), HN_REGISTRY_UNKNOWN);
}

static void
a_confirmed_session_that_no_heartbeat_lists_has_ended (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  guint64 ticket;

  beat (registry, report ("w", 10), T0);
  ticket = reserve (registry, "10.0.0.1", NULL, &worker);
  hn_registry_confirm (registry, ticket, session (1, "10.0.0.1", HN_SESSION_READY), AT (1));
  beat (registry, report ("w", 10), AT (6));
  assert_int_equal (load_of (registry, "w"), 0);
  assert_int_equal (find (registry, 1, AT (7)), HN_REGISTRY_UNKNOWN);
}

static void
a_deleted_session_gives_its_slot_back_before_any_heartbeat (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  g_autofree char *id = g_strdup_printf ("%032x", 1);
  guint64 ticket;

  beat (registry, report ("w", 10), T0);
  ticket = reserve (registry, "10.0.0.1", NULL, &worker);
  hn_registry_confirm (registry, ticket, session (1, "10.0.0.1", HN_SESSION_READY), AT (1));
  hn_registry_session_ended (registry, id);
  hn_registry_session_ended (registry, id);
  assert_int_equal (load_of (registry, "w"), 0);
  assert_int_equal (find (registry, 1, AT (1)), HN_REGISTRY_UNKNOWN);
}

static void
a_second_session_on_a_body_goes_where_the_first_is (void **unused)
{
  static const HnSessionState states[] = { HN_SESSION_STARTING, HN_SESSION_IDLE, HN_SESSION_ACTIVE, HN_SESSION_STOPPING };

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
    HnWorkerReport *told = report ("a", 1);
    const HnRegistryWorker *worker = NULL;
    gboolean is_bound = FALSE;

    add (told, session (1, "10.0.0.1", states[i]));
    beat (registry, told, T0);
    beat (registry, report ("b", 10), T0);
    assert_true (hn_registry_reserve (registry, "::ffff:10.0.0.1", NULL, &worker, &is_bound) != 0);
    assert_string_equal (worker->report->id, "a"); /* though it is full */
    assert_true (is_bound);
    assert_true (hn_registry_reserve (registry, "10.0.0.2", NULL, &worker, &is_bound) != 0);
    assert_string_equal (worker->report->id, "b");
    assert_false (is_bound);
  }
}

static void
two_creates_on_one_body_at_once_go_to_one_worker (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  gboolean is_bound = TRUE;
  guint64 first;

  beat (registry, report ("a", 10), T0);
  beat (registry, report ("b", 10), T0);
  first = hn_registry_reserve (registry, "10.0.0.1", NULL, &worker, &is_bound);
  assert_string_equal (worker->report->id, "a");
  assert_false (is_bound);
  hn_registry_release (registry, hn_registry_reserve (registry, "10.0.0.1", NULL, &worker, &is_bound));
  assert_string_equal (worker->report->id, "a");
  assert_true (is_bound);
  hn_registry_confirm (registry, first, session (1, "10.0.0.1", HN_SESSION_READY), AT (1));
  hn_registry_release (registry, hn_registry_reserve (registry, "10.0.0.1", NULL, &worker, &is_bound));
  assert_string_equal (worker->report->id, "a");
  assert_true (is_bound);
}

static void
a_body_is_free_when_its_session_or_its_worker_is_not_alive (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  HnWorkerReport *told = report ("a", 1), *ended = report ("a", 1);
  const HnRegistryWorker *worker = NULL;
  gboolean is_bound = TRUE;

  add (told, session (1, "10.0.0.1", HN_SESSION_IDLE));
  beat (registry, told, T0);
  beat (registry, report ("b", 10), T0);
  hn_registry_failed (registry, "a", AT (1));
  hn_registry_release (registry, hn_registry_reserve (registry, "10.0.0.1", NULL, &worker, &is_bound));
  assert_string_equal (worker->report->id, "b");
  assert_false (is_bound);
  add (ended, session (1, "10.0.0.1", HN_SESSION_ERROR));
  beat (registry, ended, AT (2));
  hn_registry_release (registry, hn_registry_reserve (registry, "10.0.0.1", NULL, &worker, &is_bound));
  assert_false (is_bound);
}

static void
of_two_creates_on_one_body_each_is_listed_for_itself (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  HnWorkerReport *one = report ("w", 10), *both = report ("w", 10);
  const HnRegistryWorker *worker = NULL;

  beat (registry, report ("w", 10), T0);
  reserve (registry, "10.0.0.1", NULL, &worker);
  reserve (registry, "10.0.0.1", NULL, &worker);
  add (one, session (1, "10.0.0.1", HN_SESSION_PAIRING));
  beat (registry, one, AT (1));
  assert_int_equal (load_of (registry, "w"), 2);
  add (both, session (1, "10.0.0.1", HN_SESSION_PAIRING));
  add (both, session (2, "10.0.0.1", HN_SESSION_STARTING));
  beat (registry, both, AT (2));
  assert_int_equal (load_of (registry, "w"), 2);
}

static void
a_confirmed_session_that_was_listed_and_vanished_is_counted_for_a_while (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  HnWorkerReport *told = report ("w", 10);
  const HnRegistryWorker *worker = NULL;
  guint64 ticket;

  beat (registry, report ("w", 10), T0);
  ticket = reserve (registry, "10.0.0.1", NULL, &worker);
  add (told, session (1, "10.0.0.1", HN_SESSION_PAIRING));
  beat (registry, told, AT (1));
  beat (registry, report ("w", 10), AT (2));
  assert_int_equal (load_of (registry, "w"), 0);
  hn_registry_confirm (registry, ticket, session (1, "10.0.0.1", HN_SESSION_READY), AT (3));
  assert_int_equal (load_of (registry, "w"), 1);
  assert_int_equal (find (registry, 1, AT (3)), HN_REGISTRY_FOUND);
  beat (registry, report ("w", 10), AT (9));
  assert_int_equal (load_of (registry, "w"), 0);
  assert_int_equal (find (registry, 1, AT (9)), HN_REGISTRY_UNKNOWN);
}

static void
a_session_that_another_worker_holds_is_not_taken_for_the_new_one (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  HnWorkerReport *holder = report ("b", 1), *claimer = report ("a", 10);
  const HnRegistryWorker *worker = NULL;
  guint64 ticket;

  add (holder, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  beat (registry, holder, T0);
  beat (registry, report ("a", 10), T0);
  ticket = reserve (registry, "10.0.0.1", "b", &worker);
  assert_string_equal (worker->report->id, "a");
  add (claimer, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  beat (registry, claimer, AT (1));
  assert_int_equal (load_of (registry, "a"), 2);
  hn_registry_confirm (registry, ticket, session (1, "10.0.0.1", HN_SESSION_READY), AT (1));
  assert_int_equal (load_of (registry, "a"), 1);
}

static void
an_ended_session_gives_back_its_own_slot_only (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  g_autoptr (GPtrArray) sessions = NULL;
  guint64 first, second;

  beat (registry, report ("w", 10), T0);
  reserve (registry, "10.0.0.1", NULL, &worker);
  first = reserve (registry, "10.0.0.2", NULL, &worker);
  second = reserve (registry, "10.0.0.3", NULL, &worker);
  hn_registry_confirm (registry, first, session (1, "10.0.0.2", HN_SESSION_READY), T0);
  hn_registry_confirm (registry, second, session (2, "10.0.0.3", HN_SESSION_READY), T0);
  hn_registry_session_ended (registry, "00000000000000000000000000000002");
  hn_registry_session_ended (registry, "unknown");
  assert_int_equal (load_of (registry, "w"), 2);
  assert_int_equal (find (registry, 1, T0), HN_REGISTRY_FOUND);
  sessions = hn_registry_list_sessions (registry, hn_registry_find_worker (registry, "w"));
  assert_int_equal (sessions->len, 1);
}

static void
the_worker_that_was_tried_is_not_chosen_again (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;

  beat (registry, report ("a", 10), T0);
  assert_true (reserve (registry, "10.0.0.1", "a", &worker) == 0);
  beat (registry, report ("b", 1), T0);
  assert_true (reserve (registry, "10.0.0.1", "a", &worker) != 0);
  assert_string_equal (worker->report->id, "b");
}

static void
a_worker_that_refused_comes_last_until_its_next_heartbeat (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;

  beat (registry, report ("a", 10), T0);
  beat (registry, report ("b", 2), T0);
  hn_registry_refused (registry, "a");
  hn_registry_refused (registry, "nobody");
  reserve (registry, "10.0.0.1", NULL, &worker);
  assert_string_equal (worker->report->id, "b");
  reserve (registry, "10.0.0.2", NULL, &worker);
  assert_string_equal (worker->report->id, "b");
  reserve (registry, "10.0.0.3", NULL, &worker);
  assert_string_equal (worker->report->id, "a");
  beat (registry, report ("b", 3), AT (1));
  beat (registry, report ("a", 10), AT (1));
  reserve (registry, "10.0.0.4", NULL, &worker);
  assert_string_equal (worker->report->id, "a");
}

static void
a_suspect_worker_gets_nothing_until_it_is_heard (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnMembershipState from = HN_MEMBERSHIP_GONE;

  assert_non_null (hn_registry_heartbeat (registry, report ("w", 10), T0, &from, NULL));
  assert_int_equal (from, HN_MEMBERSHIP_UNKNOWN);
  assert_true (hn_registry_failed (registry, "w", AT (1)));
  assert_false (hn_registry_failed (registry, "w", AT (1)));
  assert_false (hn_registry_failed (registry, "nobody", AT (1)));
  assert_true (reserve (registry, "10.0.0.1", NULL, &worker) == 0);
  assert_non_null (hn_registry_heartbeat (registry, report ("w", 10), AT (2), &from, NULL));
  assert_int_equal (from, HN_MEMBERSHIP_SUSPECT);
  assert_true (reserve (registry, "10.0.0.1", NULL, &worker) != 0);
}

static void
a_silent_worker_becomes_unhealthy_then_gone_with_its_sessions (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnWorkerReport *told = report ("w", 10);
  HnRegistryChange *change;
  GPtrArray *changes;
  guint64 ticket;

  assert_int_equal (hn_registry_deadline (registry), HN_NEVER);
  add (told, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  beat (registry, told, T0);
  beat (registry, report ("v", 10), AT (30));
  ticket = reserve (registry, "10.0.0.9", "v", &worker);
  assert_int_equal (hn_registry_deadline (registry), AT (60));
  changes = hn_registry_tick (registry, AT (60) - 1);
  assert_int_equal (changes->len, 0);
  g_ptr_array_unref (changes);
  changes = hn_registry_tick (registry, AT (60));
  assert_int_equal (changes->len, 1);
  change = g_ptr_array_index (changes, 0);
  assert_string_equal (change->worker_id, "w");
  assert_int_equal (change->from, HN_MEMBERSHIP_HEALTHY);
  assert_int_equal (change->to, HN_MEMBERSHIP_UNHEALTHY);
  g_ptr_array_unref (changes);
  assert_int_equal (find (registry, 1, AT (60)), HN_REGISTRY_FOUND);
  assert_true (reserve (registry, "10.0.0.1", "v", &worker) == 0);
  g_ptr_array_unref (hn_registry_tick (registry, AT (90)));
  changes = hn_registry_tick (registry, AT (11 * 60));
  assert_int_equal (changes->len, 1);
  g_ptr_array_unref (changes);
  assert_null (hn_registry_find_worker (registry, "w"));
  assert_int_equal (find (registry, 1, AT (11 * 60)), HN_REGISTRY_UNKNOWN);
  hn_registry_confirm (registry, ticket, session (7, "10.0.0.9", HN_SESSION_READY), AT (11 * 60));
  assert_int_equal (find (registry, 7, AT (11 * 60)), HN_REGISTRY_UNKNOWN);
}

static void
the_newest_process_of_an_id_wins_and_the_older_is_told (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnWorkerReport *old = report ("w", 10), *new_one = report ("w", 10), *again = report ("w", 10);
  g_autoptr (GError) error = NULL;
  guint64 ticket;

  add (old, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  beat (registry, old, T0);
  ticket = reserve (registry, "10.0.0.2", NULL, &worker);
  hn_registry_confirm (registry, ticket, session (2, "10.0.0.2", HN_SESSION_READY), T0);
  reserve (registry, "10.0.0.3", NULL, &worker);
  g_free (new_one->boot_id);
  new_one->boot_id = g_strdup ("later");
  new_one->boot_utc_us = 6;
  beat (registry, new_one, AT (1));
  assert_int_equal (find (registry, 1, AT (1)), HN_REGISTRY_UNKNOWN);
  assert_int_equal (find (registry, 2, AT (1)), HN_REGISTRY_UNKNOWN);
  assert_int_equal (load_of (registry, "w"), 0);
  assert_null (hn_registry_heartbeat (registry, again, AT (2), NULL, &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_CONFLICT));
  assert_string_equal (error->message, "worker 'w' is run by a newer process");
  assert_non_null (hn_error_detail (error));
}

static void
an_older_process_may_come_back_when_the_newer_one_is_dead (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  HnWorkerReport *older = report ("w", 10);

  beat (registry, report ("w", 10), T0);
  g_ptr_array_unref (hn_registry_tick (registry, AT (60)));
  g_free (older->boot_id);
  older->boot_id = g_strdup ("before the clock was set back");
  older->boot_utc_us = 1;
  beat (registry, older, AT (61));
}

static void
processes_that_started_at_the_same_time_do_not_take_turns (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  HnWorkerReport *twin = report ("w", 10), *smaller = report ("w", 10);

  beat (registry, report ("w", 10), T0);
  g_free (twin->boot_id);
  twin->boot_id = g_strdup ("boou");
  beat (registry, twin, T0);
  assert_null (hn_registry_heartbeat (registry, smaller, T0, NULL, NULL));
}

static void
a_worker_with_a_foreign_url_is_not_taken_in (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  HnWorkerReport *told = report ("w", 10);
  g_autoptr (GError) error = NULL;

  g_free (told->url);
  told->url = g_strdup ("http://203.0.113.1:80");
  assert_null (hn_registry_heartbeat (registry, told, T0, NULL, &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_INVALID));
  assert_null (hn_registry_find_worker (registry, "w"));
}

static void
the_number_of_workers_is_limited (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < HN_LIMIT_WORKERS; i++) {
    g_autofree char *id = g_strdup_printf ("w%u", i);

    beat (registry, report (id, 1), T0);
  }
  assert_null (hn_registry_heartbeat (registry, report ("one more", 1), T0, NULL, &error));
  assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_LIMIT));
  beat (registry, report ("w0", 1), T0);
}

static void
an_unknown_id_is_not_known_yet_while_the_controller_is_fresh (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  g_autofree char *id = g_strdup_printf ("%032x", 1);
  HnRegistrySession where;
  guint retry_after = 0;

  assert_int_equal (hn_registry_find_session (registry, id, T0, &where, &retry_after), HN_REGISTRY_NOT_YET);
  assert_int_equal (retry_after, 5);
  assert_int_equal (hn_registry_find_session (registry, id, AT (60) - 1, &where, &retry_after), HN_REGISTRY_NOT_YET);
  assert_int_equal (retry_after, 1);
  assert_int_equal (hn_registry_find_session (registry, id, AT (60), &where, &retry_after), HN_REGISTRY_UNKNOWN);
  assert_int_equal (hn_registry_find_session (registry, "no-id", T0, &where, &retry_after), HN_REGISTRY_UNKNOWN);
}

static void
a_session_is_listed_by_the_worker_that_had_it_first (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  HnWorkerReport *first = report ("a", 10), *second = report ("b", 10);
  const HnRegistryWorker *worker = NULL;
  g_autofree char *id = g_strdup_printf ("%032x", 1);
  HnRegistrySession where = { NULL };
  GPtrArray *sessions;
  guint64 ticket;

  add (first, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  add (second, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  beat (registry, first, T0);
  beat (registry, second, T0);
  assert_int_equal (hn_registry_find_session (registry, id, T0, &where, NULL), HN_REGISTRY_FOUND);
  assert_string_equal (where.worker->report->id, "a");
  sessions = hn_registry_list_sessions (registry, hn_registry_find_worker (registry, "b"));
  assert_int_equal (sessions->len, 0);
  g_ptr_array_unref (sessions);
  ticket = reserve (registry, "10.0.0.2", "b", &worker);
  hn_registry_confirm (registry, ticket, session (2, "10.0.0.2", HN_SESSION_READY), T0);
  sessions = hn_registry_list_sessions (registry, hn_registry_find_worker (registry, "a"));
  assert_int_equal (sessions->len, 2);
  g_ptr_array_unref (sessions);
}

static void
workers_are_listed_by_id (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  g_autoptr (GPtrArray) workers = NULL;

  beat (registry, report ("b", 1), T0);
  beat (registry, report ("c", 1), T0);
  beat (registry, report ("a", 1), T0);
  workers = hn_registry_list_workers (registry);
  assert_int_equal (workers->len, 3);
  for (guint i = 0; i < 3; i++)
    assert_int_equal (((HnRegistryWorker *) g_ptr_array_index (workers, i))->report->id[0], 'a' + i);
  hn_registry_free (NULL);
}

static void
a_draining_worker_gets_nothing_and_keeps_what_it_has (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnRegistrySession where = { NULL };
  HnWorkerReport *told = report ("w", 10), *again = report ("w", 10);

  add (told, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  beat (registry, told, T0);
  beat (registry, report ("v", 1), T0);
  worker = hn_registry_drain (registry, "w", TRUE, HN_NEVER);
  assert_true (worker->draining);
  assert_int_equal (worker->membership.state, HN_MEMBERSHIP_HEALTHY);
  assert_true (reserve (registry, "10.0.0.2", NULL, &worker) != 0);
  assert_string_equal (worker->report->id, "v");
  assert_true (reserve (registry, "10.0.0.3", NULL, &worker) == 0);
  assert_int_equal (find (registry, 1, T0), HN_REGISTRY_FOUND);
  assert_true (hn_registry_find_body (registry, "10.0.0.1", &where));
  assert_true (where.worker->draining);
  assert_false (hn_registry_find_body (registry, "10.0.0.9", &where));
  assert_false (hn_registry_find_body (registry, "nonsense", &where));
  add (again, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  beat (registry, again, AT (1)); /* it has not heard of it yet */
  assert_true (reserve (registry, "10.0.0.3", NULL, &worker) == 0);
  assert_null (hn_registry_drain (registry, "nobody", TRUE, HN_NEVER));
  assert_false (hn_registry_drain (registry, "w", FALSE, HN_NEVER)->draining);
  assert_true (reserve (registry, "10.0.0.3", NULL, &worker) != 0);
  assert_string_equal (worker->report->id, "w");
}

static void
draining_survives_the_restart_of_either_side (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  g_autoptr (HnRegistry) restarted = hn_registry_new (TIMEOUT, T0);
  const HnRegistryWorker *worker = NULL;
  HnWorkerReport *new_boot = report ("w", 10), *told = report ("w", 10), *late = report ("w", 10);

  beat (registry, report ("w", 10), T0);
  hn_registry_drain (registry, "w", TRUE, HN_NEVER);
  g_free (new_boot->boot_id);
  new_boot->boot_id = g_strdup ("next");
  new_boot->boot_utc_us = 6;
  beat (registry, new_boot, AT (1));
  assert_true (hn_registry_find_worker (registry, "w")->draining);
  assert_true (reserve (registry, "10.0.0.1", NULL, &worker) == 0);

  told->draining = TRUE;
  beat (restarted, told, T0);
  assert_true (hn_registry_find_worker (restarted, "w")->draining);
  assert_true (reserve (restarted, "10.0.0.1", NULL, &worker) == 0);
  hn_registry_drain (restarted, "w", FALSE, HN_NEVER);
  late->draining = TRUE; /* sent before it was told */
  beat (restarted, late, AT (1));
  assert_false (hn_registry_find_worker (restarted, "w")->draining);
}

/* What one operation may cost with a thousand workers: some multiple of log2 (1000) = 10, never of 1000. */
#define A_FEW 60

static guint64
comparisons_since (HnRegistry *registry, guint64 *last)
{
  guint64 now = hn_registry_get_comparisons (registry), since = now - *last;

  *last = now;
  return since;
}

static void
a_thousand_workers_cost_a_few_comparisons_for_each_operation (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  g_autoptr (HnRandom) random = hn_random_new_seeded (1000);
  const HnRegistryWorker *worker = NULL;
  guint64 last = 0;

  for (guint i = 0; i < 1000; i++) {
    g_autofree char *id = g_strdup_printf ("w%03u", i);

    beat (registry, report (id, 10), T0 + i);
    assert_true (comparisons_since (registry, &last) <= A_FEW);
  }
  for (guint i = 0; i < 5000; i++) {
    g_autofree char *id = g_strdup_printf ("w%03u", hn_random_below (random, 1000));
    g_autofree char *body = g_strdup_printf ("10.1.%u.%u", i / 250, i % 250);
    guint64 ticket = reserve (registry, body, NULL, &worker);

    assert_true (ticket != 0);
    assert_true (comparisons_since (registry, &last) <= A_FEW);
    if (i % 3 == 0)
      hn_registry_confirm (registry, ticket, session (i + 1, body, HN_SESSION_READY), T0 + 1000 + i);
    else if (i % 3 == 1)
      hn_registry_release (registry, ticket);
    assert_true (comparisons_since (registry, &last) <= A_FEW);
    beat (registry, report (id, 10), T0 + 1000 + i);
    assert_true (comparisons_since (registry, &last) <= A_FEW);
    hn_registry_deadline (registry);
    g_ptr_array_unref (hn_registry_tick (registry, T0 + 1000 + i));
    hn_registry_failed (registry, worker->report->id, T0 + 1000 + i);
    assert_true (comparisons_since (registry, &last) <= A_FEW);
  }
}

/* The order that is kept must be the order that a look at everybody finds, whatever has happened. */
static void
the_best_choice_is_the_same_as_by_looking_at_everybody (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  g_autoptr (HnRandom) random = hn_random_new_seeded (7);
  gint64 now_us = T0;

  for (guint i = 0; i < 3000; i++) {
    g_autofree char *id = g_strdup_printf ("w%02u", hn_random_below (random, 12));
    g_autoptr (GPtrArray) workers = NULL;
    const HnRegistryWorker *best = NULL, *chosen = NULL;
    HnWorkerReport *told = report (id, hn_random_below (random, 5));
    guint64 ticket;

    now_us += hn_random_below (random, 4) * (gint64) G_USEC_PER_SEC;
    told->active_sessions = hn_random_below (random, 4);
    beat (registry, told, now_us);
    switch (hn_random_below (random, 6)) {
    case 0:
      hn_registry_failed (registry, id, now_us);
      break;
    case 1:
      hn_registry_refused (registry, id);
      break;
    case 2:
      hn_registry_drain (registry, id, hn_random_below (random, 2) == 0, HN_NEVER);
      break;
    default:
      break;
    }
    g_ptr_array_unref (hn_registry_tick (registry, now_us));
    workers = hn_registry_list_workers (registry);
    for (guint k = 0; k < workers->len; k++) {
      const HnRegistryWorker *w = g_ptr_array_index (workers, k);
      guint load = w->report->active_sessions + w->coming, max = w->report->max_sessions;

      if (w->membership.state != HN_MEMBERSHIP_HEALTHY || w->draining || load >= max)
        continue;
      if (best == NULL || w->refused < best->refused
          || (w->refused == best->refused
              && load * best->report->max_sessions < (best->report->active_sessions + best->coming) * max))
        best = w;
    }
    ticket = reserve (registry, "10.0.0.1", NULL, &chosen);
    assert_int_equal (ticket != 0, best != NULL);
    if (best != NULL) {
      guint load = best->report->active_sessions + best->coming - (best == chosen ? 1 : 0);

      assert_int_equal (best->refused, chosen->refused);
      assert_int_equal (load * chosen->report->max_sessions,
                        (chosen->report->active_sessions + chosen->coming - 1) * best->report->max_sessions);
    }
    hn_registry_release (registry, ticket);
  }
}

static HnWorkerReport *
report_with_one (void)
{
  HnWorkerReport *told = report ("w", 1);

  add (told, session (1, "10.0.0.1", HN_SESSION_ACTIVE));
  return told;
}

static void
a_heartbeat_on_its_way_does_not_bring_a_deleted_session_back (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);
  g_autofree char *id = g_strdup_printf ("%032x", 1);
  const HnRegistryWorker *worker = NULL;
  guint64 ticket;

  beat (registry, report_with_one (), T0);
  assert_true (reserve (registry, "10.0.0.2", NULL, &worker) == 0);
  hn_registry_session_ended (registry, id);
  assert_int_equal (load_of (registry, "w"), 0);
  beat (registry, report_with_one (), AT (1));
  beat (registry, report_with_one (), AT (1));
  assert_int_equal (load_of (registry, "w"), 0);
  assert_int_equal (find (registry, 1, AT (100)), HN_REGISTRY_UNKNOWN);
  ticket = reserve (registry, "10.0.0.2", NULL, &worker);
  assert_true (ticket != 0);
  hn_registry_release (registry, ticket);
  beat (registry, report ("w", 1), AT (2));
  beat (registry, report_with_one (), AT (3)); /* after a list without it, it is taken at its word again */
  assert_int_equal (load_of (registry, "w"), 1);
}

static void
a_worker_that_leaves_is_unhealthy_at_once_and_its_sessions_have_ended (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (60 * G_USEC_PER_SEC, AT (0));
  const HnRegistryWorker *worker = NULL;
  HnWorkerReport *first = report ("w", 4), *last = report ("w", 0);

  add (first, session (1, "10.0.0.1", HN_SESSION_IDLE));
  beat (registry, first, AT (1));
  assert_true (reserve (registry, "10.0.0.2", NULL, &worker) != 0);
  hn_registry_drain (registry, "w", TRUE, HN_NEVER);
  last->leaving = TRUE;
  beat (registry, last, AT (2));
  worker = hn_registry_find_worker (registry, "w");
  assert_int_equal (worker->membership.state, HN_MEMBERSHIP_UNHEALTHY);
  assert_true (worker->draining); /* for its next process */
  assert_int_equal (load_of (registry, "w"), 0);
  assert_int_equal (find (registry, 1, AT (2)), HN_REGISTRY_UNKNOWN);
  beat (registry, report ("w", 4), AT (3));
  assert_int_equal (worker->membership.state, HN_MEMBERSHIP_HEALTHY);
}

/* Deadlines stand in an order of their own: each must be found again after all of them have moved. */
static void
a_new_heartbeat_timeout_counts_for_those_that_are_known_too (void **unused)
{
  g_autoptr (HnRegistry) registry = hn_registry_new (TIMEOUT, T0);

  for (guint i = 0; i < 20; i++) {
    g_autofree char *id = g_strdup_printf ("w%02u", i);

    beat (registry, report (id, 10), T0 + (i * 7 % 20) * 1000);
  }
  assert_int_equal (hn_registry_deadline (registry), T0 + TIMEOUT);
  hn_registry_set_timeout (registry, TIMEOUT / 4);
  assert_int_equal (hn_registry_deadline (registry), T0 + TIMEOUT / 4);
  for (guint i = 0; i < 20; i++) {
    g_autoptr (GPtrArray) changes = hn_registry_tick (registry, T0 + TIMEOUT / 4 + i * 1000);

    assert_int_equal (changes->len, 1);
    assert_int_equal (((HnRegistryChange *) g_ptr_array_index (changes, 0))->to, HN_MEMBERSHIP_UNHEALTHY);
  }
  hn_registry_set_timeout (registry, TIMEOUT);
  assert_true (hn_registry_deadline (registry) > T0 + 10 * TIMEOUT);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_hundred_simultaneous_creates_do_not_see_the_same_stale_load),
    cmocka_unit_test (exactly_two_hundred_creates_fit_on_twenty_workers_with_ten_slots),
    cmocka_unit_test (a_failed_create_gives_its_slot_back),
    cmocka_unit_test (a_session_that_a_heartbeat_lists_before_its_reply_is_counted_once),
    cmocka_unit_test (a_listed_create_that_fails_leaves_the_count_to_the_next_heartbeat),
    cmocka_unit_test (sessions_of_other_bodies_and_old_ones_are_not_taken_for_the_new_one),
    cmocka_unit_test (a_confirmed_session_is_known_at_once_and_counted_until_listed),
    cmocka_unit_test (a_confirmed_session_that_no_heartbeat_lists_has_ended),
    cmocka_unit_test (a_deleted_session_gives_its_slot_back_before_any_heartbeat),
    cmocka_unit_test (a_second_session_on_a_body_goes_where_the_first_is),
    cmocka_unit_test (two_creates_on_one_body_at_once_go_to_one_worker),
    cmocka_unit_test (a_body_is_free_when_its_session_or_its_worker_is_not_alive),
    cmocka_unit_test (of_two_creates_on_one_body_each_is_listed_for_itself),
    cmocka_unit_test (a_confirmed_session_that_was_listed_and_vanished_is_counted_for_a_while),
    cmocka_unit_test (a_session_that_another_worker_holds_is_not_taken_for_the_new_one),
    cmocka_unit_test (an_ended_session_gives_back_its_own_slot_only),
    cmocka_unit_test (the_worker_that_was_tried_is_not_chosen_again),
    cmocka_unit_test (a_worker_that_refused_comes_last_until_its_next_heartbeat),
    cmocka_unit_test (a_suspect_worker_gets_nothing_until_it_is_heard),
    cmocka_unit_test (a_silent_worker_becomes_unhealthy_then_gone_with_its_sessions),
    cmocka_unit_test (the_newest_process_of_an_id_wins_and_the_older_is_told),
    cmocka_unit_test (an_older_process_may_come_back_when_the_newer_one_is_dead),
    cmocka_unit_test (processes_that_started_at_the_same_time_do_not_take_turns),
    cmocka_unit_test (a_worker_with_a_foreign_url_is_not_taken_in),
    cmocka_unit_test (the_number_of_workers_is_limited),
    cmocka_unit_test (an_unknown_id_is_not_known_yet_while_the_controller_is_fresh),
    cmocka_unit_test (a_session_is_listed_by_the_worker_that_had_it_first),
    cmocka_unit_test (workers_are_listed_by_id),
    cmocka_unit_test (a_heartbeat_on_its_way_does_not_bring_a_deleted_session_back),
    cmocka_unit_test (a_draining_worker_gets_nothing_and_keeps_what_it_has),
    cmocka_unit_test (draining_survives_the_restart_of_either_side),
    cmocka_unit_test (a_thousand_workers_cost_a_few_comparisons_for_each_operation),
    cmocka_unit_test (the_best_choice_is_the_same_as_by_looking_at_everybody),
    cmocka_unit_test (a_new_heartbeat_timeout_counts_for_those_that_are_known_too),
    cmocka_unit_test (a_worker_that_leaves_is_unhealthy_at_once_and_its_sessions_have_ended),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
