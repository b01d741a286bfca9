/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-bus.h"

#include "tests/support/unit.h"

#include <string.h>

#include "base/random.h"

static HnRosterBusSort
read_text (char **text, HnRosterBusMessage *message, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* @text holds what the message points into. */
static HnRosterBusSort
read_text (char **text, HnRosterBusMessage *message, const char *format, ...)
{
  va_list args;

  g_free (*text);
  va_start (args, format);
  *text = g_strdup_vprintf (format, args);
  va_end (args);
  return hn_roster_bus_read (*text, strlen (*text), message);
}

static void
what_was_said_is_read_as_it_was_written (void **state)
{
  GString *tail = hn_roster_bus_write_said ("p 1", 42, "c\"1", "ann", "b%b", "{\"a\":[1,\"}\"]}", 13);
  g_autofree char *text = NULL;
  HnRosterBusMessage message;

  assert_string_equal (tail->str, "s p%201 42 c%221 ann b%25b\",\"a\":[1,\"}\"]}");
  assert_int_equal (read_text (&text, &message, "{\"roster\":\"1 7 e-1 %s", tail->str), HN_ROSTER_BUS_OURS);
  g_string_free (tail, TRUE);
  assert_int_equal (message.kind, HN_ROSTER_SAID);
  assert_int_equal (message.offset, 7);
  assert_string_equal (message.epoch, "e-1");
  assert_string_equal (message.process, "p 1");
  assert_int_equal (message.number, 42);
  assert_string_equal (message.connection, "c\"1");
  assert_string_equal (message.member, "ann");
  assert_string_equal (message.to, "b%b");
  assert_string_equal (message.text, "{\"a\":[1,\"}\"]}");
  assert_int_equal (message.length, 13);
}

static void
nothing_to_nobody_is_something (void **state)
{
  GString *tail = hn_roster_bus_write_said ("-", 0, "", "%", NULL, "{}", 2);
  g_autofree char *text = NULL;
  HnRosterBusMessage message;

  assert_string_equal (tail->str, "s %2D 0 % %25 -\"}");
  assert_int_equal (read_text (&text, &message, "{\"roster\":\"1 7 e %s", tail->str), HN_ROSTER_BUS_OURS);
  g_string_free (tail, TRUE);
  assert_string_equal (message.process, "-");
  assert_string_equal (message.connection, "");
  assert_string_equal (message.member, "%");
  assert_null (message.to);
  assert_string_equal (message.text, "{}");
  assert_int_equal (message.length, 2);
}

static void
who_comes_brings_a_card_behind_what_others_read (void **state)
{
  g_autofree char *text = NULL;
  HnRosterBusMessage message;
  HnRosterEvent event;

  assert_int_equal (read_text (&text, &message, "{\"roster\":\"1 8 e c p c1 ann 100 200 c0 10\",\"payload\":{\"a\":{}}}"), HN_ROSTER_BUS_OURS);
  assert_int_equal (message.kind, HN_ROSTER_CAME);
  assert_int_equal (message.since_utc_us, 100);
  assert_int_equal (message.came_utc_us, 200);
  assert_string_equal (message.replaces, "c0");
  assert_string_equal (message.text, "{\"a\":{}}");
  assert_int_equal (message.length, 8);
  event = hn_roster_bus_to_event (&message);
  assert_string_equal (event.seat.card, "{\"a\":{}}");
  assert_null (event.text);
  assert_int_equal (read_text (&text, &message, "{\"roster\":\"1 8 e c p c1 ann 100 200 - 7\",\"card\":{}}"), HN_ROSTER_BUS_OURS);
  assert_null (message.replaces);
  assert_string_equal (message.text, "{}");
}

static void
who_leaves_says_why (void **state)
{
  static const char *const causes = "glr";
  g_autofree char *text = NULL;
  HnRosterBusMessage message;
  HnRosterEvent event;

  for (guint i = 0; causes[i] != '\0'; i++) {
    assert_int_equal (read_text (&text, &message, "{\"roster\":\"1 9 e l p c1 ann 100 %c\",\"card\":{}}", causes[i]), HN_ROSTER_BUS_OURS);
    assert_int_equal (message.kind, HN_ROSTER_LEFT);
    assert_int_equal (message.cause, i);
  }
  event = hn_roster_bus_to_event (&message);
  assert_int_equal (event.kind, HN_ROSTER_LEFT);
  assert_string_equal (event.seat.card, "{}");
  assert_string_equal (event.seat.member, "ann");
}

static void
what_does_not_begin_as_ours_is_foreign (void **state)
{
  static const char *const texts[] = { "", "{", "{}", "null", "{\"roster\":1}", "{\"roster\":\"2 8 e l p c1 ann 100 g\"}", " {\"roster\":\"1 8 e l p c m 1 g\"}" };
  HnRosterBusMessage message;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *text = g_strdup (texts[i]);
    guint64 offset = 9;

    assert_false (hn_roster_bus_peek (text, &offset));
    assert_int_equal (offset, 0);
    assert_int_equal (hn_roster_bus_read (text, strlen (text), &message), HN_ROSTER_BUS_FOREIGN);
    assert_string_equal (text, texts[i]);
  }
}

static void
what_is_not_whole_is_broken (void **state)
{
  static const char *const tails[] = {
    "", "x", "0 e s p 1 c m -\",\"a\":1}", "-1 e s p 1 c m -\"}", "18446744073709551617 e s p 1 c m -\"}", "8", "8 ", "8 e", "8 e s", "8 e x p c m\"}",
    "8 e ss p 1 c m -\"}", "8  s p 1 c m -\"}", "8 e s p 1 c m -", "8 e s p 1 c m -\"", "8 e s p 1 c m -\"x}", "8 e s p 1 c m -\"}}", "8 e s p 1 c m -\",", "8 e s p 1 c m -\",}", "8 e s p 1 c m -\",\"a\":1", "8 e s p x c m -\"}",
    "8 e s p 1 c m\",\"a\":1}", "8 e s p 1 c m - more\",\"a\":1}", "8 e s p 1 c %4 -\"}", "8 e s p 1 c %00 -\"}", "8 e s p 1 c %zz -\"}", "8 e s p%00 1 c m -\"}",
    "8 e c p c m 1 1 - 7\",\"card\":{}", "8 e c p c m 1 1 - 7\",\"card\":{", "8 e c p c m 1 1 - 8\",\"card\":{}}", "8 e c p c m 1 1 - 99\",\"card\":{}}",
    "8 e c p c m 1 1 - 18446744073709551615\",\"card\":{}}", "8 e c p c m 1 1 7\",\"card\":{}}", "8 e c p c m -1 1 - 7\",\"card\":{}}",
    "8 e c p c m 1 1 - 7\"", "8 e c p c m 1 1 - 0\",}}", "8 e l p c m 1 x\"}", "8 e l p c m 1 gl\"}", "8 e l p c m 1 %\"}", "8 e l p c m 1\"}", "8 e l p c m 1 g\"",
  };
  g_autofree char *text = NULL;
  HnRosterBusMessage message;

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++)
    if (read_text (&text, &message, "{\"roster\":\"1 %s", tails[i]) != HN_ROSTER_BUS_BROKEN)
      fail_msg ("taken: %s", tails[i]);
}

static void
a_nul_inside_is_broken (void **state)
{
  char text[] = "{\"roster\":\"1 8 e s p 1 c m -\",\"a\":\"x\"}";
  HnRosterBusMessage message;
  gsize length = strlen (text);

  text[length - 4] = '\0';
  assert_int_equal (hn_roster_bus_read (text, length, &message), HN_ROSTER_BUS_BROKEN);
}

/* Messages that are good but for some bytes: read or refused, never beyond their end (the sanitizers watch). */
static void
bytes_that_are_wrong_do_no_harm (void **state)
{
  static const char *const good[] = {
    "{\"roster\":\"1 7 e s p 42 c1 ann bob\",\"a\":1}",
    "{\"roster\":\"1 8 e c p c1 ann 100 200 c0 7\",\"card\":{\"a\":{}}}",
    "{\"roster\":\"1 9 e l p c1 ann 100 g\",\"card\":{}}",
  };
  static const char bytes[] = " \"%{}-,0129az\n\\\377";
  g_autoptr (HnRandom) random = hn_random_new_seeded (5);

  for (guint i = 0; i < 60000; i++) {
    const char *from = good[i % G_N_ELEMENTS (good)];
    gsize length = strlen (from) - hn_random_below (random, 3) * hn_random_below (random, 10);
    char *text = g_malloc (length + 1); /* exactly as long as it is */
    HnRosterBusMessage message;

    memcpy (text, from, length);
    text[length] = '\0';
    for (guint n = hn_random_below (random, 3); n > 0; n--)
      text[12 + hn_random_below (random, (guint32) length - 12)] = bytes[hn_random_below (random, sizeof bytes)];
    if (hn_roster_bus_read (text, length, &message) == HN_ROSTER_BUS_OURS && message.kind != HN_ROSTER_LEFT) {
      assert_int_equal (message.text[0], '{');
      assert_true (message.length >= 2 && strlen (message.text) == message.length);
    }
    g_free (text);
  }
}

static const HnRosterSeat *
read_seat (const char *connection, const char *record)
{
  g_autofree char *word = g_strdup (connection), *text = g_strdup (record);

  return hn_roster_bus_read_seat (word, text);
}

static void
a_record_is_a_seat (void **state)
{
  static const char *const wrong[] = { "", "p", "p m", "p m 1", "p m 1 2", "p m 1 2 ", "p m 1 2 x", "p m x 2 {}", "p m 1 x {}", "p %z 1 2 {}", " m 1 2 {}" };
  const HnRosterSeat *seat = read_seat ("c%201", "p %C3%A4nn 100 200 {\"a\":\"b c\"}");

  assert_string_equal (seat->connection, "c 1");
  assert_string_equal (seat->process, "p");
  assert_string_equal (seat->member, "änn");
  assert_int_equal (seat->since_utc_us, 100);
  assert_int_equal (hn_roster_seat_get_came (seat), 200);
  assert_string_equal (seat->card, "{\"a\":\"b c\"}");
  hn_roster_seat_unref (seat);
  assert_null (read_seat ("%", "p m 1 2 3"));
  assert_null (read_seat ("%zz", "p m 1 2 {}"));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_null (read_seat ("c", wrong[i]));
}

static void
unref_seat (gpointer seat)
{
  hn_roster_seat_unref (seat);
}

static void
all_processes_sort_alike (void **state)
{
  static const char *const records[][2] = { /* in order */
                                            { "z9", "p bob 1 1 {}" },
                                            { "a9", "p ann 2 2 {}" },
                                            { "b1", "p ann 2 5 {}" },
                                            { "b2", "p ann 2 5 {}" },
                                            { "a1", "p cat 2 2 {}" } };
  g_autoptr (HnRandom) random = hn_random_new_seeded (1);

  for (guint round = 0; round < 50; round++) {
    g_autoptr (GPtrArray) seats = g_ptr_array_new_with_free_func (unref_seat);

    for (guint i = 0; i < G_N_ELEMENTS (records); i++)
      g_ptr_array_insert (seats, (int) hn_random_below (random, i + 1), (gpointer) read_seat (records[i][0], records[i][1]));
    hn_roster_bus_sort_seats (seats);
    for (guint i = 0; i < G_N_ELEMENTS (records); i++)
      assert_string_equal (((const HnRosterSeat *) seats->pdata[i])->connection, records[i][0]);
  }
}

static void
any_bytes_make_one_word_and_come_back (void **state)
{
  static const char *const texts[] = { "", "-", "%", "a b", "\"\\{}\n\t\x7f", "änn", "\xff\x01", "a-b", "._:~@+-" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *word = hn_roster_bus_word (texts[i]);

    assert_true (*word != '\0' && strpbrk (word, " \"\\\n") == NULL && g_str_is_ascii (word));
    assert_string_not_equal (word, "-");
    assert_true (hn_roster_bus_decode (word));
    assert_string_equal (word, texts[i]);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_was_said_is_read_as_it_was_written),
    cmocka_unit_test (nothing_to_nobody_is_something),
    cmocka_unit_test (who_comes_brings_a_card_behind_what_others_read),
    cmocka_unit_test (who_leaves_says_why),
    cmocka_unit_test (what_does_not_begin_as_ours_is_foreign),
    cmocka_unit_test (what_is_not_whole_is_broken),
    cmocka_unit_test (a_nul_inside_is_broken),
    cmocka_unit_test (bytes_that_are_wrong_do_no_harm),
    cmocka_unit_test (a_record_is_a_seat),
    cmocka_unit_test (all_processes_sort_alike),
    cmocka_unit_test (any_bytes_make_one_word_and_come_back),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
