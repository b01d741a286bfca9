/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-words.h"

#include "tests/support/unit.h"

#include <string.h>

static const HnRosterWordsPlace place = { "test", "chan:", "p1", "\"came\":", "\"left\":", 30 * (gint64) G_USEC_PER_SEC };

static void
assert_words (HnRosterAsk *ask, const char *expected)
{
  g_autoptr (HnRosterWords) words = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  const HnRedisWord *array;
  guint n = 0;

  ask->registration = "7";
  words = hn_roster_words_new (ask, &place);
  array = hn_roster_words_get (words, &n);
  for (guint i = 0; i < n; i++) {
    assert_int_equal (strlen (array[i].bytes), array[i].length);
    g_string_append_printf (text, "%s|", array[i].bytes);
  }
  assert_string_equal (text->str, expected);
}

static const HnRosterSeat *
new_seat (const char *connection, const char *process)
{
  return hn_roster_seat_new_at (&(HnRosterSeat){ .member = "a nn", .connection = connection, .card = "{\"c\":1}" }, process, 100, 200);
}

static void
unref_seat (gpointer seat)
{
  hn_roster_seat_unref (seat);
}

#define BEFORE "|test|chan:|p1|7|\"came\":|\"left\":|"

static void
a_join_says_all_that_is_judged (void **state)
{
  static const char *const rules[] = { "shared", "keep", "replace", "own" };
  const HnRosterSeat *seat = new_seat ("c1", "");

  for (guint rule = 0; rule < G_N_ELEMENTS (rules); rule++) {
    g_autofree char *expected = g_strdup_printf ("join" BEFORE "r 1|e-1|c1|a%%20nn|{\"c\":1}|%s|%u|%u|", rules[rule], rule * 5, rule % 2);
    HnRosterAsk ask = { .kind = HN_ROSTER_ASK_JOIN, .group = "r 1", .seat = seat, .rules = { (HnRosterRule) rule, rule * 5 }, .fresh = "e-1", .wanted = rule % 2 };

    assert_words (&ask, expected);
  }
  hn_roster_seat_unref (seat);
}

static void
a_registration_lists_seats (void **state)
{
  g_autoptr (GPtrArray) own = g_ptr_array_new_with_free_func (unref_seat), others = g_ptr_array_new_with_free_func (unref_seat);
  HnRosterAsk ask = { .kind = HN_ROSTER_ASK_REGISTER, .group = "r", .rules = { HN_ROSTER_KEEP, 0 }, .fresh = "e-2", .epoch = "e-1", .offset = 9, .run = "x", .own = own };

  assert_words (&ask, "register" BEFORE "r|e-2|e-1|9|keep|30000|x|0|");
  g_ptr_array_add (own, (gpointer) new_seat ("c1", "p1"));
  g_ptr_array_add (own, (gpointer) new_seat ("c2", "p1"));
  g_ptr_array_add (others, (gpointer) new_seat ("c3", "p 2"));
  ask.others = others;
  assert_words (&ask, "register" BEFORE "r|e-2|e-1|9|keep|30000|x|2|c1|a%20nn|100|200|{\"c\":1}|c2|a%20nn|100|200|{\"c\":1}|"
                      "p%202|c3|a%20nn|100|200|{\"c\":1}|");
}

static void
what_is_said_goes_to_its_channel (void **state)
{
  HnRosterAsk ask = { .kind = HN_ROSTER_ASK_SAY, .group = "r", .connection = "c1", .member = "ann", .to = "bob", .number = 3, .text = "{\"a\":1}", .length = 7 };

  assert_words (&ask, "test|chan:r|r|p1|7|s p1 3 c1 ann bob\",\"a\":1}|");
}

static void
each_verb_has_its_words (void **state)
{
  g_autoptr (GPtrArray) groups = g_ptr_array_new ();
  HnRosterAsk ask = { .group = "r", .connection = "c 1", .member = "a nn", .epoch = "e", .offset = 4, .until = 9, .fresh = "f", .run = "x", .groups = groups, .most = 5 };
  const struct {
    HnRosterAskKind kind;
    const char *words;
  } rows[] = {
    { HN_ROSTER_ASK_BEGIN, "begin" BEFORE "30000|f|" },      { HN_ROSTER_ASK_FINISH, "finish" BEFORE "x|5|" },
    { HN_ROSTER_ASK_RENEW, "renew" BEFORE "30000|0|5|a|b|" }, { HN_ROSTER_ASK_LEAVE, "leave" BEFORE "r|c%201|" },
    { HN_ROSTER_ASK_REMOVE, "remove" BEFORE "r|a%20nn|c%201|" }, { HN_ROSTER_ASK_LOOK, "look" BEFORE "r|" },
    { HN_ROSTER_ASK_LIST, "list" BEFORE "5|" },              { HN_ROSTER_ASK_HISTORY, "history" BEFORE "r|e|4|9|" },
    { HN_ROSTER_ASK_CLOSE, "close" BEFORE "5|" },
  };

  g_ptr_array_add (groups, (gpointer) "a");
  g_ptr_array_add (groups, (gpointer) "b");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    ask.kind = rows[i].kind;
    assert_words (&ask, rows[i].words);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_join_says_all_that_is_judged),
    cmocka_unit_test (a_registration_lists_seats),
    cmocka_unit_test (what_is_said_goes_to_its_channel),
    cmocka_unit_test (each_verb_has_its_words),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
