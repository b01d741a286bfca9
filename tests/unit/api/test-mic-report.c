/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/mic-report.h"

#include <string.h>

#include "api/worker-api.h"
#include "base/json.h"
#include "tests/support/unit.h"

#define SESSION "{\"id\":\"0123456789abcdef0123456789abcdef\",\"body_ip\":\"10.0.0.1\",\"status\":\"active\",\"mic\":"
#define MIC                                                                                                               \
  "{\"state\":\"live\",\"end_reason\":\"replaced\",\"packets\":50,\"bytes\":4000,\"lost\":1,\"late\":2,\"duplicates\":5,\"refused\":3," \
  "\"unreachable\":4,\"jitter_us\":1500,\"last_packet_age_ms\":20}"

static HnSessionReport *
read_session (const char *mic, GError **error)
{
  g_autofree char *text = g_strconcat (SESSION, mic, "}", NULL);
  g_autoptr (JsonObject) object = hn_json_parse_object (text, strlen (text), NULL);

  return hn_session_report_from_json (object, error);
}

static void
a_session_carries_its_microphone_over_the_wire (void **unused)
{
  HnSessionReport *first = read_session (MIC, NULL);
  HnSessionReport *copy = hn_session_report_copy (first);
  g_autoptr (JsonObject) object = hn_session_report_to_json (copy);
  g_autofree char *text = NULL;

  hn_session_report_free (first);
  assert_string_equal (copy->mic->state, "live");
  assert_int_equal (copy->mic->last_packet_age_us, 20000);
  text = hn_json_to_text (object);
  assert_non_null (strstr (text, "\"mic\":" MIC));
  hn_session_report_free (copy);
}

static void
a_session_without_a_microphone_has_no_such_member (void **unused)
{
  HnSessionReport *report = read_session ("null", NULL);
  g_autoptr (JsonObject) object = hn_session_report_to_json (report);

  assert_null (report->mic);
  assert_false (json_object_has_member (object, "mic"));
  hn_session_report_free (report);
}

static void
a_microphone_that_sent_nothing_has_no_age (void **unused)
{
  HnSessionReport *report = read_session ("{\"state\":\"connecting\"}", NULL);
  g_autoptr (JsonObject) object = hn_mic_report_to_json (report->mic);

  assert_int_equal (report->mic->last_packet_age_us, -1);
  assert_false (json_object_has_member (object, "last_packet_age_ms"));
  hn_session_report_free (report);
}

static void
odd_figures_are_refused_by_name (void **unused)
{
  GError *error = NULL;

  assert_null (read_session ("{}", &error));
  assert_hn_error (error, HN_ERROR_INVALID, "mic: field 'state' is required");
  assert_null (read_session ("{\"state\":\"live\",\"lost\":-1}", &error));
  assert_true (g_str_has_prefix (error->message, "mic: field 'lost'"));
  g_clear_error (&error);
  assert_null (read_session ("7", &error));
  assert_true (g_str_has_prefix (error->message, "field 'mic'"));
  g_clear_error (&error);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_session_carries_its_microphone_over_the_wire),
    cmocka_unit_test (a_session_without_a_microphone_has_no_such_member),
    cmocka_unit_test (a_microphone_that_sent_nothing_has_no_age),
    cmocka_unit_test (odd_figures_are_refused_by_name),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
