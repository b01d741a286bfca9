/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time starts at 1000 s, so that a zero somewhere is not taken for a time. */
#include "controller/worker-news.h"

#include "base/clock.h"
#include "base/json.h"
#include "tests/support/unit.h"

#define T0 (1000 * (gint64) G_USEC_PER_SEC)
#define AT(seconds) (T0 + (seconds) * (gint64) G_USEC_PER_SEC)
#define TIMEOUT (60 * (gint64) G_USEC_PER_SEC)

typedef struct {
  HnRegistry *registry;
  HnWorkerNews *news;
  GString *told;
} World;

static const char *
text_of (JsonObject *data, const char *name)
{
  const char *text = NULL;

  assert_true (hn_json_get_text (data, name, 1024, FALSE, &text, NULL));
  return text != NULL ? text : "-";
}

static void
note (const char *type, JsonObject *data, gpointer user_data)
{
  World *world = user_data;
  JsonObject *worker = NULL;

  assert_string_equal (text_of (data, "worker_id"), "w1");
  assert_true (hn_json_get_object (data, "worker", FALSE, &worker, NULL));
  if (worker != NULL) {
    assert_string_equal (text_of (worker, "id"), "w1");
    assert_false (json_object_has_member (worker, "sessions"));
    assert_false (json_object_has_member (worker, "api_token"));
  }
  g_string_append_printf (world->told, "%s %s<%s %s;", type, text_of (data, "status"), text_of (data, "from"), text_of (data, "end_reason"));
  json_object_unref (data);
}

static int
set_up (void **state)
{
  World *world = g_new0 (World, 1);

  world->registry = hn_registry_new (TIMEOUT, T0);
  world->told = g_string_new (NULL);
  world->news = hn_worker_news_new (note, world);
  *state = world;
  return 0;
}

static int
tear_down (void **state)
{
  World *world = *state;

  hn_worker_news_free (world->news);
  hn_registry_free (world->registry);
  g_string_free (world->told, TRUE);
  g_free (world);
  return 0;
}

static void
beat (World *world, guint sessions, gboolean leaving, gint64 now_us)
{
  HnWorkerReport *report = hn_worker_report_new ();

  report->id = g_strdup ("w1");
  report->url = g_strdup ("http://127.0.26.1:47990");
  report->boot_id = g_strdup ("boot");
  report->boot_utc_us = 5;
  report->api_token = g_strdup ("secret-of-the-worker");
  report->max_sessions = 9;
  report->active_sessions = sessions;
  report->leaving = leaving;
  for (guint i = 0; i < sessions; i++) {
    HnSessionReport *session = g_new0 (HnSessionReport, 1);

    session->id = g_strdup_printf ("%032x", i + 1);
    session->body_ip = g_strdup_printf ("10.0.0.%u", i + 1);
    session->state = HN_SESSION_READY;
    g_ptr_array_add (report->sessions, session);
  }
  assert_non_null (hn_registry_heartbeat (world->registry, report, now_us, NULL, NULL));
}

static void
expect (World *world, const char *lost_reason, gint64 now_us, const char *expected)
{
  g_string_set_size (world->told, 0);
  hn_worker_news_look (world->news, world->registry, "w1", lost_reason, now_us);
  assert_string_equal (world->told->str, expected);
}

static void
a_worker_joins_with_what_it_has (void **state)
{
  World *world = *state;

  expect (world, NULL, T0, "");
  beat (world, 1, FALSE, T0);
  expect (world, NULL, T0, "worker.joined healthy<- -;session.state ready<- -;");
  expect (world, NULL, T0, "");
  beat (world, 2, FALSE, AT (1));
  expect (world, NULL, AT (1), "session.created ready<- -;");
}

static void
each_change_of_its_status_is_told (void **state)
{
  World *world = *state;

  beat (world, 0, FALSE, T0);
  expect (world, NULL, T0, "worker.joined healthy<- -;");
  assert_true (hn_registry_failed (world->registry, "w1", AT (1)));
  expect (world, NULL, AT (1), "worker.state suspect<healthy -;");
  beat (world, 0, FALSE, AT (2));
  expect (world, NULL, AT (2), "worker.state healthy<suspect -;");
}

static void
a_worker_is_drained_once_when_its_last_session_has_ended (void **state)
{
  World *world = *state;

  beat (world, 1, FALSE, T0);
  expect (world, NULL, T0, "worker.joined healthy<- -;session.state ready<- -;");
  hn_registry_drain (world->registry, "w1", TRUE, HN_NEVER);
  expect (world, NULL, AT (1), "worker.state draining<healthy -;");
  beat (world, 0, FALSE, AT (2));
  expect (world, "drained", AT (2), "session.ended stopped<ready drained;worker.drained draining<- -;");
  beat (world, 0, FALSE, AT (3));
  expect (world, NULL, AT (3), "");
  hn_registry_drain (world->registry, "w1", FALSE, HN_NEVER);
  expect (world, NULL, AT (4), "worker.state healthy<draining -;");
  hn_registry_drain (world->registry, "w1", TRUE, HN_NEVER);
  expect (world, NULL, AT (5), "worker.state draining<healthy -;worker.drained draining<- -;");
}

static void
a_worker_that_is_forgotten_is_gone_and_its_sessions_are_lost (void **state)
{
  World *world = *state;
  gint64 now_us = T0;

  beat (world, 1, FALSE, T0);
  expect (world, NULL, T0, "worker.joined healthy<- -;session.state ready<- -;");
  for (int i = 0; i < 20 && hn_registry_find_worker (world->registry, "w1") != NULL; i++) {
    now_us = hn_registry_deadline (world->registry);
    g_ptr_array_unref (hn_registry_tick (world->registry, now_us));
    if (hn_registry_find_worker (world->registry, "w1") != NULL)
      expect (world, NULL, now_us, i == 0 ? "worker.state unhealthy<healthy -;" : "");
  }
  assert_null (hn_registry_find_worker (world->registry, "w1"));
  expect (world, NULL, now_us, "session.ended stopped<ready worker_lost;worker.state gone<unhealthy -;");
  expect (world, NULL, now_us, "");
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
    TEST (a_worker_joins_with_what_it_has),
    TEST (each_change_of_its_status_is_told),
    TEST (a_worker_is_drained_once_when_its_last_session_has_ended),
    TEST (a_worker_that_is_forgotten_is_gone_and_its_sessions_are_lost),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
