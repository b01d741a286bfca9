/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/refusal.h"

#include "base/metrics.h"
#include "tests/support/unit.h"

static void
assert_error (HnRefusal id, guint number, const char *why, const char *payload)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *expected = g_strdup_printf ("{\"type\":\"error\",\"payload\":%s,\"sender_id\":null,\"room_id\":null,\"timestamp\":null}", payload);

  hn_refusal_write_error (out, id, number, why);
  assert_string_equal (out->str, expected);
}

static void
an_error_says_its_number_and_why (void **unused)
{
  assert_error (HN_REFUSAL_ROOM_FULL, 50, NULL, "{\"code\":\"ROOM_FULL\",\"message\":\"Room has reached maximum capacity of 50 participants\",\"details\":null}");
  assert_error (HN_REFUSAL_RATE, 3, NULL,
                "{\"code\":\"RATE_LIMIT_EXCEEDED\",\"message\":\"Rate limit exceeded for websocket_message. Retry after 3s\",\"details\":null}");
  assert_error (HN_REFUSAL_INVALID_MESSAGE, 0, "'a\"b' {}", "{\"code\":\"INVALID_MESSAGE\",\"message\":\"'a\\\"b' {}\",\"details\":null}");
  assert_error (HN_REFUSAL_INVALID_JSON, 0, NULL, "{\"code\":\"INVALID_JSON\",\"message\":\"A message is \",\"details\":null}");
}

static void
each_row_can_be_carried_out (void **unused)
{
  for (guint id = 0; id < HN_REFUSALS; id++) {
    const HnRefusalRow *row = hn_refusal_get (id);

    assert_true ((row->error != NULL) == (row->message != NULL));
    assert_true ((row->close_code != 0) == (row->reason != NULL));
    assert_true ((row->close_code == 0) == (row->reconnect == HN_REFUSAL_STAYS));
    assert_true (row->close_code != 0 || row->error != NULL);
    assert_true (row->reason == NULL || strlen (row->reason) <= 123);
    assert_true (row->close_code == 0 || (row->close_code >= 1000 && row->close_code <= 1013) || (row->close_code >= 4000 && row->close_code < 4200));
    assert_true (row->close_code < 4000 || (row->close_code < 4100) == (row->reconnect == HN_REFUSAL_YES));
  }
}

static void
each_row_that_rooms_carry_out_is_counted (void **unused)
{
  for (guint id = 0; id < HN_REFUSAL_PROTOCOL; id++) {
    g_autofree char *name = g_ascii_strdown (hn_refusal_get (id)->name, -1);

    if (!hn_metrics_knows (HN_METRIC_ROOM_REFUSALS, name))
      fail_msg ("no metric counts '%s'", name);
  }
}

static void
the_docs_show_the_table (void **unused)
{
  g_autofree char *doc = hn_refusal_doc ();
  g_autofree char *shown = NULL;

  assert_true (g_file_get_contents (DOCS "/signalling.md", &shown, NULL, NULL));
  if (strstr (shown, doc) == NULL)
    g_printerr ("docs/signalling.md must show:\n%s", doc); /* cmocka's messages are too short for it */
  assert_non_null (strstr (shown, doc));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_error_says_its_number_and_why),
    cmocka_unit_test (each_row_can_be_carried_out),
    cmocka_unit_test (each_row_that_rooms_carry_out_is_counted),
    cmocka_unit_test (the_docs_show_the_table),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
