/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/witness-event.h"

#include <string.h>

#include "tests/support/unit.h"

#define AT G_GINT64_CONSTANT (1762682400001999) /* 2025-11-09T10:00:00.001999Z */
#define TIME "\"timestamp\":\"2025-11-09T10:00:00.001Z\""

static void
assert_event (char *event, const char *expected)
{
  assert_string_equal (event, expected);
  g_free (event);
}

static void
assert_relayed (const char *text, gboolean whole, const char *expected)
{
  g_auto (HnMeshMessage) message = { 0 };

  hn_mesh_message_read (text, strlen (text), &message);
  assert_event (hn_witness_event_relayed (&message, whole, AT), expected);
}

static void
comings_and_goings_are_counted (void **unused)
{
  assert_event (hn_witness_event_started ("0.0.0.0", 8443, AT), "{\"event\":\"signaling_server_started\"," TIME ",\"metadata\":{\"host\":\"0.0.0.0\",\"port\":8443}}");
  assert_event (hn_witness_event_registered ("a\"", 2, AT), "{\"event\":\"agent_registered\"," TIME ",\"metadata\":{\"agent_id\":\"a\\\"\",\"total_agents\":2}}");
  assert_event (hn_witness_event_disconnected ("a", 0, AT), "{\"event\":\"agent_disconnected\"," TIME ",\"metadata\":{\"agent_id\":\"a\",\"total_agents\":0}}");
}

static void
of_a_description_a_hash_leaves (void **unused)
{
  /* printf 'v=0\r\n' | sha256sum */
  assert_relayed ("{\"type\":\"offer\",\"from\":\"a\",\"to\":\"b\",\"offer\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"}}", FALSE,
                  "{\"event\":\"sdp_offer_relayed\"," TIME ",\"metadata\":{\"from\":\"a\",\"to\":\"b\",\"sdp_hash\":\"4cf57627095fbc48\",\"sdp_type\":\"offer\"}}");
  assert_relayed ("{\"type\":\"answer\",\"from\":\"a\",\"to\":\"b\",\"answer\":{\"sdp\":7}}", FALSE,
                  "{\"event\":\"sdp_answer_relayed\"," TIME ",\"metadata\":{\"from\":\"a\",\"to\":\"b\",\"sdp_hash\":\"e3b0c44298fc1c14\"}}");
  assert_relayed ("{\"type\":\"answer\",\"from\":\"a\",\"to\":\"b\",\"answer\":\"x\"}", FALSE,
                  "{\"event\":\"sdp_answer_relayed\"," TIME ",\"metadata\":{\"from\":\"a\",\"to\":\"b\",\"sdp_hash\":\"e3b0c44298fc1c14\"}}");
}

static void
a_candidate_leaves_whole_only_if_it_may (void **unused)
{
  static const char text[] = "{\"type\":\"ice-candidate\",\"from\":\"a\",\"to\":\"b\",\"candidate\":{\"candidate\":\"candidate:1 1 udp 1 10.0.0.1 9 typ host\"}}";

  assert_relayed (text, TRUE, "{\"event\":\"ice_candidate_relayed\"," TIME ",\"metadata\":{\"from\":\"a\",\"to\":\"b\",\"candidate\":\"candidate:1 1 udp 1 10.0.0.1 9 typ host\"}}");
  assert_relayed (text, FALSE, "{\"event\":\"ice_candidate_relayed\"," TIME ",\"metadata\":{\"from\":\"a\",\"to\":\"b\",\"candidate\":\"sha256:286345a2c300b2dc\"}}");
  assert_relayed ("{\"type\":\"ice-candidate\",\"from\":\"a\",\"to\":\"b\",\"candidate\":{}}", TRUE,
                  "{\"event\":\"ice_candidate_relayed\"," TIME ",\"metadata\":{\"from\":\"a\",\"to\":\"b\",\"candidate\":\"sha256:e3b0c44298fc1c14\"}}");
}

static void
a_url_without_a_path_gets_the_usual_one (void **unused)
{
  static const char *const rows[][2] = {
    { "http://witness:9000", "http://witness:9000/api/log" },       { "http://witness:9000/", "http://witness:9000/api/log" },
    { "http://witness:9000/api/events", "http://witness:9000/api/events" }, { "https://w/x?y", "https://w/x?y" },
    { "http://w?key=1", "http://w/api/log?key=1" },                 { "http://w/?key=1", "http://w/api/log?key=1" },
    { "http://[::1]:9/", "http://[::1]:9/api/log" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_event (hn_witness_event_url (rows[i][0]), rows[i][1]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (comings_and_goings_are_counted),
    cmocka_unit_test (of_a_description_a_hash_leaves),
    cmocka_unit_test (a_candidate_leaves_whole_only_if_it_may),
    cmocka_unit_test (a_url_without_a_path_gets_the_usual_one),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
