/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/explain-json.h"

#include "base/json.h"
#include "tests/support/unit.h"

static HnLifeline *
short_life (void)
{
  HnLifeline *history = hn_lifeline_new (1000000);

  hn_lifeline_note (history, HN_SESSION_STARTING, 1000000, 0);
  hn_lifeline_note (history, HN_SESSION_PAIRING, 1700000, 700000);
  return history;
}

static void
a_life_that_goes_on_has_its_states_and_no_end (void **unused)
{
  g_autoptr (HnLifeline) history = short_life ();
  const HnExplain explain = { .session_id = "3f9c", .worker_id = "w", .body_ip = "10.0.0.1", .state = HN_SESSION_PAIRING, .history = history, .disconnects = 2 };
  g_autoptr (JsonObject) object = hn_explain_json (&explain);
  g_autofree char *text = hn_json_to_text (object);

  assert_string_equal (text, "{\"session_id\":\"3f9c\",\"worker_id\":\"w\",\"body_ip\":\"10.0.0.1\",\"status\":\"pairing\",\"created\":\"1970-01-01T00:00:00Z\","
                             "\"active_connections\":0,\"disconnects\":2,\"history\":[{\"state\":\"starting\",\"at\":\"1970-01-01T00:00:00Z\",\"after_ms\":0},"
                             "{\"state\":\"pairing\",\"at\":\"1970-01-01T00:00:00Z\",\"after_ms\":700}]}\n");
}

static void
an_end_has_what_is_known_of_it_and_its_mend (void **unused)
{
  g_autoptr (HnLifeline) history = short_life ();
  const HnExplain explain = { .session_id = "3f9c", .body_ip = "10.0.0.1", .state = HN_SESSION_ERROR, .history = history, .reason = "process_exited",
                              .message = "web-server ended", .process_end = "exit status 101", .last_words = "panic" };
  g_autoptr (JsonObject) object = hn_explain_json (&explain);
  JsonObject *end = NULL;
  g_autofree char *text = NULL;

  assert_true (hn_json_get_object (object, "end", TRUE, &end, NULL));
  text = hn_json_to_text (end);
  assert_string_equal (text, "{\"reason\":\"process_exited\",\"message\":\"web-server ended\",\"process\":\"exit status 101\",\"last_words\":\"panic\","
                             "\"mend\":\"the session's log says why it ended: `/api/v1/sessions/{id}/logs`\"}\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_life_that_goes_on_has_its_states_and_no_end),
    cmocka_unit_test (an_end_has_what_is_known_of_it_and_its_mend),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
