/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/rooms-reply.h"

#include <string.h>

#include "base/clock.h"
#include "base/json-scan.h"
#include "tests/support/unit.h"

static void
assert_body (char *taken, const char *expected)
{
  g_autofree char *text = taken;
  HnJsonValue value;

  assert_string_equal (text, expected);
  assert_true (hn_json_scan (text, strlen (text), 4, &value, NULL));
}

static void
errors_have_one_member_with_the_words_that_are_known (void **unused)
{
  assert_body (hn_rooms_reply_error (404, "not found", "no such path"), "{\"detail\":\"Not Found\"}\n");
  assert_body (hn_rooms_reply_error (404, "Nobody is in this room", NULL), "{\"detail\":\"Nobody is in this room\"}\n");
  assert_body (hn_rooms_reply_error (405, "method not allowed", NULL), "{\"detail\":\"Method Not Allowed\"}\n");
  assert_body (hn_rooms_reply_error (401, "unauthorized", "send …"), "{\"detail\":\"Not authenticated\"}\n");
  assert_body (hn_rooms_reply_error (401, "Token has expired", NULL), "{\"detail\":\"Token has expired\"}\n");
  assert_body (hn_rooms_reply_error (429, "too many requests", "…"), "{\"detail\":\"Too Many Requests\"}\n");
  assert_body (hn_rooms_reply_error (500, "internal error", "…"), "{\"detail\":\"Internal Server Error\"}\n");
  assert_body (hn_rooms_reply_error (400, "a \"b\"", NULL), "{\"detail\":\"a \\\"b\\\"\"}\n");
}

static void
a_bad_number_is_named_with_its_place (void **unused)
{
  assert_body (hn_rooms_reply_bad_number ("limit", "ten\"", 1, 10000),
               "{\"detail\":[{\"type\":\"int_parsing\",\"loc\":[\"query\",\"limit\"],\"msg\":\"Input should be a valid integer from 1 to 10000\",\"input\":\"ten\\\"\"}]}\n");
}

static void
health_says_how_redis_is (void **unused)
{
  const HnRoomsHealth alone = { .is_up = TRUE, .latency_us = -1, .uptime_us = hn_seconds (61), .utc_us = hn_seconds (1731142800), .version = "0.1.0" };
  const HnRoomsHealth up = { .has_redis = TRUE, .is_up = TRUE, .latency_us = 1234, .utc_us = hn_seconds (1731142800), .version = "0.1.0" };
  const HnRoomsHealth new = { .has_redis = TRUE, .is_up = TRUE, .latency_us = -1, .utc_us = hn_seconds (1731142800), .version = "0.1.0" };
  const HnRoomsHealth away = { .has_redis = TRUE, .latency_us = 1234, .utc_us = hn_seconds (1731142800), .version = "0.1.0" };

  assert_body (hn_rooms_reply_health (&alone),
               "{\"status\":\"healthy\",\"timestamp\":\"2024-11-09T09:00:00.000000+00:00\",\"version\":\"0.1.0\",\"uptime_seconds\":61,\"components\":[{\"name\":\"redis\","
               "\"status\":\"disabled\",\"latency_ms\":null,\"error\":null,\"details\":{\"instances\":\"this one alone\"}}]}\n");
  assert_body (hn_rooms_reply_health (&up),
               "{\"status\":\"healthy\",\"timestamp\":\"2024-11-09T09:00:00.000000+00:00\",\"version\":\"0.1.0\",\"uptime_seconds\":0,\"components\":[{\"name\":\"redis\","
               "\"status\":\"healthy\",\"latency_ms\":1.234,\"error\":null,\"details\":null}]}\n");
  assert_body (hn_rooms_reply_health (&new),
               "{\"status\":\"healthy\",\"timestamp\":\"2024-11-09T09:00:00.000000+00:00\",\"version\":\"0.1.0\",\"uptime_seconds\":0,\"components\":[{\"name\":\"redis\","
               "\"status\":\"healthy\",\"latency_ms\":null,\"error\":null,\"details\":null}]}\n");
  assert_body (hn_rooms_reply_health (&away),
               "{\"status\":\"unhealthy\",\"timestamp\":\"2024-11-09T09:00:00.000000+00:00\",\"version\":\"0.1.0\",\"uptime_seconds\":0,\"components\":[{\"name\":\"redis\","
               "\"status\":\"unhealthy\",\"latency_ms\":null,\"error\":\"not reached\",\"details\":null}]}\n");
}

static void
a_room_is_shown_to_users_and_to_operators (void **unused)
{
  const HnRosterSeat seats[] = { { .member = "u1", .connection = "c1", .since_utc_us = hn_seconds (1731142800), .card = "{\"user_id\":\"u1\",\"username\":\"Ann\"}" } };
  const HnRoomsFigures figures = { .connections = 2, .offset = 18446744073709551615u, .epoch = "e-1" }, elsewhere = { 0 };

  assert_body (hn_rooms_reply_room ("r1", seats, 1, NULL),
               "{\"room_id\":\"r1\",\"participants\":[{\"user_id\":\"u1\",\"username\":\"Ann\",\"joined_at\":\"2024-11-09T09:00:00.000000+00:00\"}],\"participant_count\":1}\n");
  assert_body (hn_rooms_reply_room ("r1", NULL, 0, NULL), "{\"room_id\":\"r1\",\"participants\":[],\"participant_count\":0}\n");
  assert_body (hn_rooms_reply_room ("r1", NULL, 0, &figures),
               "{\"room_id\":\"r1\",\"participants\":[],\"participant_count\":0,\"connections_here\":2,\"offset\":18446744073709551615,\"epoch\":\"e-1\"}\n");
  assert_body (hn_rooms_reply_room ("r1", NULL, 0, &elsewhere), "{\"room_id\":\"r1\",\"participants\":[],\"participant_count\":0,\"connections_here\":0}\n");
}

static void
a_list_of_rooms_is_by_name (void **unused)
{
  static const char *const rooms[] = { "b", "a", "c\"" };
  static const guint members[] = { 2, 1, 3 };

  assert_body (hn_rooms_reply_list (rooms, members, 3),
               "{\"rooms\":[{\"room_id\":\"a\",\"participant_count\":1},{\"room_id\":\"b\",\"participant_count\":2},{\"room_id\":\"c\\\"\",\"participant_count\":3}],\"count\":3}\n");
  assert_body (hn_rooms_reply_list (NULL, NULL, 0), "{\"rooms\":[],\"count\":0}\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (errors_have_one_member_with_the_words_that_are_known),
    cmocka_unit_test (a_bad_number_is_named_with_its_place),
    cmocka_unit_test (health_says_how_redis_is),
    cmocka_unit_test (a_room_is_shown_to_users_and_to_operators),
    cmocka_unit_test (a_list_of_rooms_is_by_name),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
