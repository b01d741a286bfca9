/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/participant.h"

#include "tests/support/unit.h"

#define UTC_US G_GINT64_CONSTANT (1762682400000001) /* 2025-11-09T10:00:00.000001 */

static void
a_card_and_a_time_are_one_object (void **unused)
{
  g_autofree char *card = hn_participant_card ("u1", "Änn \"x\"");
  HnRosterSeat seat = { .member = "u1", .card = card };
  g_autoptr (GString) out = g_string_new (NULL);

  assert_string_equal (card, "{\"user_id\":\"u1\",\"username\":\"Änn \\\"x\\\"\"}");
  hn_participant_append (out, &seat, "joined_at", UTC_US);
  assert_string_equal (out->str, "{\"user_id\":\"u1\",\"username\":\"Änn \\\"x\\\"\",\"joined_at\":\"2025-11-09T10:00:00.000001+00:00\"}");
}

static void
a_card_of_another_make_is_not_shown (void **unused)
{
  static const char *const cards[] = { NULL, "", "{}", "{", "[1]", "{\"a\":1", "{\"a\":1}}", " {\"a\":1}", "{\"a\":{\"b\":{}}}", "x" };

  for (gsize i = 0; i < G_N_ELEMENTS (cards); i++) {
    HnRosterSeat seat = { .member = "u\"1", .card = cards[i] };
    g_autoptr (GString) out = g_string_new (NULL);

    hn_participant_append (out, &seat, "timestamp", UTC_US);
    assert_string_equal (out->str, "{\"user_id\":\"u\\\"1\",\"username\":\"u\\\"1\",\"timestamp\":\"2025-11-09T10:00:00.000001+00:00\"}");
  }
}

static void
a_list_counts_whom_it_shows (void **unused)
{
  const HnRosterSeat seats[] = { { .member = "a", .card = "{\"user_id\":\"a\",\"username\":\"A\"}", .since_utc_us = UTC_US },
                                 { .member = "b", .card = "{\"user_id\":\"b\",\"username\":\"B\"}", .since_utc_us = UTC_US + 1 } };
  g_autoptr (GString) two = g_string_new (NULL), none = g_string_new (NULL);

  hn_participant_append_list (two, "r1", seats, 2);
  assert_string_equal (two->str, "\"room_id\":\"r1\",\"participants\":[{\"user_id\":\"a\",\"username\":\"A\",\"joined_at\":\"2025-11-09T10:00:00.000001+00:00\"},"
                                 "{\"user_id\":\"b\",\"username\":\"B\",\"joined_at\":\"2025-11-09T10:00:00.000002+00:00\"}],\"participant_count\":2");
  hn_participant_append_list (none, "r1", NULL, 0);
  assert_string_equal (none->str, "\"room_id\":\"r1\",\"participants\":[],\"participant_count\":0");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_card_and_a_time_are_one_object),
    cmocka_unit_test (a_card_of_another_make_is_not_shown),
    cmocka_unit_test (a_list_counts_whom_it_shows),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
