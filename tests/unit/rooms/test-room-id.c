/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/room-id.h"

#include "tests/support/unit.h"

static HnRoomIdVerdict
decide (const char *segment, gboolean strict, char **ret_id)
{
  gsize length = strlen (segment);
  g_autofree char *copy = g_memdup2 (segment, MAX (length, 1)); /* without a NUL behind it */

  return hn_room_id_decide ((HnSlice){ copy, length }, strict, ret_id);
}

static void
assert_verdict (const char *segment, gboolean strict, HnRoomIdVerdict expected)
{
  g_autofree char *id = NULL;
  HnRoomIdVerdict verdict = decide (segment, strict, &id);

  if (verdict != expected)
    fail_msg ("'%s' is %d, not %d", segment, (int) verdict, (int) expected);
  assert_true ((id != NULL) == (expected == HN_ROOM_ID_GOOD));
}

static void
assert_id (const char *segment, gboolean strict, const char *expected)
{
  g_autofree char *id = NULL;

  assert_int_equal (decide (segment, strict, &id), HN_ROOM_ID_GOOD);
  assert_string_equal (id, expected);
}

static void
what_an_id_may_hold_stays_and_the_rest_is_dropped (void **unused)
{
  assert_id ("room-123", FALSE, "room-123");
  assert_id ("club_a_event_B", FALSE, "club_a_event_B");
  assert_id ("my%20room!", FALSE, "myroom");
  assert_id ("a.b", FALSE, "ab");
  assert_id ("%72%31", FALSE, "r1");
  assert_id ("%7Broom%7D*%3F[x]{y}", FALSE, "roomxy");
  assert_id (" r1\t", FALSE, "r1");
  assert_id ("invalid@room!", FALSE, "invalidroom");
}

static void
blank_and_empty_names_are_told_apart (void **unused)
{
  assert_verdict ("%20%20", FALSE, HN_ROOM_ID_BLANK);
  assert_verdict ("%09", TRUE, HN_ROOM_ID_BLANK);
  assert_verdict ("!!!", FALSE, HN_ROOM_ID_WRONG);
  assert_verdict ("%2b", FALSE, HN_ROOM_ID_WRONG);
}

static void
an_id_has_at_most_a_hundred_characters (void **unused)
{
  g_autofree char *longest = g_strnfill (100, 'a');
  g_autofree char *longer = g_strnfill (101, 'a');
  g_autofree char *dropped = g_strconcat (longest, "!!!", NULL);

  assert_id (longest, FALSE, longest);
  assert_id (longest, TRUE, longest);
  assert_id (dropped, FALSE, longest);
  assert_verdict (longer, FALSE, HN_ROOM_ID_WRONG);
}

static void
what_decoding_would_make_another_path_is_nowhere (void **unused)
{
  static const char *const segments[] = { "a%2Fb", "a%2fb", "a/b", "a%5cb", "a\\b", "%00", "r1%00x", "..%2f..%2fconfig", "..", ".", "%2e%2E", "%", "a%", "a%2", "a%zz", "%g0", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (segments); i++) {
    assert_verdict (segments[i], FALSE, HN_ROOM_ID_NOWHERE);
    assert_verdict (segments[i], TRUE, HN_ROOM_ID_NOWHERE);
  }
}

static void
two_spellings_of_a_letter_are_not_two_rooms (void **unused)
{
  assert_verdict ("r%C3%A4um", FALSE, HN_ROOM_ID_WRONG);
  assert_verdict ("ra%CC%88um", FALSE, HN_ROOM_ID_WRONG);
  assert_verdict ("r\xc3\xa4um", TRUE, HN_ROOM_ID_WRONG);
}

static void
strict_names_are_taken_as_they_are_or_not (void **unused)
{
  assert_id ("my-room_1", TRUE, "my-room_1");
  assert_verdict ("my%20room!", TRUE, HN_ROOM_ID_WRONG);
  assert_verdict ("a.b", TRUE, HN_ROOM_ID_WRONG);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_an_id_may_hold_stays_and_the_rest_is_dropped),
    cmocka_unit_test (blank_and_empty_names_are_told_apart),
    cmocka_unit_test (an_id_has_at_most_a_hundred_characters),
    cmocka_unit_test (what_decoding_would_make_another_path_is_nowhere),
    cmocka_unit_test (two_spellings_of_a_letter_are_not_two_rooms),
    cmocka_unit_test (strict_names_are_taken_as_they_are_or_not),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
