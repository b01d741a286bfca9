/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mesh/directory.h"

#include "tests/support/unit.h"

typedef struct {
  HnDirectory *directory;
  GString *news;
} Told;

static void
on_joined (const char *agent_id, gpointer data)
{
  g_string_append_printf (((Told *) data)->news, "+%s ", agent_id);
}

static void
on_left (const char *agent_id, gpointer data)
{
  g_string_append_printf (((Told *) data)->news, "-%s ", agent_id);
}

static int
open_directory (void **state)
{
  static const HnDirectoryEvents events = { on_joined, on_left };
  Told *told = g_new0 (Told, 1);

  told->news = g_string_new (NULL);
  told->directory = hn_directory_new (&events, told);
  *state = told;
  return 0;
}

static int
close_directory (void **state)
{
  Told *told = *state;

  hn_directory_free (told->directory);
  g_string_free (told->news, TRUE);
  g_free (told);
  return 0;
}

static void
assert_news (Told *told, const char *expected)
{
  assert_string_equal (told->news->str, expected);
  g_string_truncate (told->news, 0);
}

static void
assert_list (Told *told, const char *but, const char *expected)
{
  g_autoptr (GPtrArray) ids = hn_directory_list (told->directory, but);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (text, "%s ", (const char *) g_ptr_array_index (ids, i));
  assert_string_equal (text->str, expected);
}

static void
who_comes_is_news_once_and_stands_in_order (void **state)
{
  Told *told = *state;

  hn_directory_come (told->directory, "b", "1");
  hn_directory_come (told->directory, "a", "2");
  hn_directory_come (told->directory, "b", "1");
  assert_news (told, "+b +a ");
  assert_list (told, NULL, "b a ");
  assert_list (told, "b", "a ");
  assert_int_equal (hn_directory_count (told->directory), 2);
}

static void
who_leaves_is_news_once (void **state)
{
  Told *told = *state;

  hn_directory_come (told->directory, "a", "1");
  assert_true (hn_directory_leave (told->directory, "a", "1"));
  assert_false (hn_directory_leave (told->directory, "a", "1"));
  assert_news (told, "+a -a ");
  assert_int_equal (hn_directory_count (told->directory), 0);
}

static void
an_id_that_is_taken_over_keeps_its_place_and_its_old_end_takes_nothing (void **state)
{
  Told *told = *state;

  hn_directory_come (told->directory, "a", "1");
  hn_directory_come (told->directory, "b", "2");
  hn_directory_come (told->directory, "a", "3");
  assert_false (hn_directory_leave (told->directory, "a", "1"));
  assert_news (told, "+a +b +a ");
  assert_list (told, NULL, "a b ");
  assert_true (hn_directory_leave (told->directory, "a", "3"));
}

static void
a_sync_tells_the_difference (void **state)
{
  Told *told = *state;

  for (const char *id = "abcd"; *id != '\0'; id++)
    hn_directory_come (told->directory, (char[]){ *id, '\0' }, "1");
  g_string_truncate (told->news, 0);
  hn_directory_begin_sync (told->directory);
  hn_directory_come (told->directory, "b", "1");
  hn_directory_come (told->directory, "d", "2");
  hn_directory_come (told->directory, "e", "1");
  hn_directory_end_sync (told->directory);
  assert_news (told, "+d +e -a -c ");
  assert_list (told, NULL, "b d e ");
  hn_directory_begin_sync (told->directory);
  hn_directory_end_sync (told->directory);
  assert_news (told, "-b -d -e ");
}

static void
a_directory_that_is_cleared_tells_nobody (void **state)
{
  Told *told = *state;

  hn_directory_come (told->directory, "a", "1");
  g_string_truncate (told->news, 0);
  hn_directory_clear (told->directory);
  assert_news (told, "");
  assert_list (told, NULL, "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (who_comes_is_news_once_and_stands_in_order, open_directory, close_directory),
    cmocka_unit_test_setup_teardown (who_leaves_is_news_once, open_directory, close_directory),
    cmocka_unit_test_setup_teardown (an_id_that_is_taken_over_keeps_its_place_and_its_old_end_takes_nothing, open_directory, close_directory),
    cmocka_unit_test_setup_teardown (a_sync_tells_the_difference, open_directory, close_directory),
    cmocka_unit_test_setup_teardown (a_directory_that_is_cleared_tells_nobody, open_directory, close_directory),
  };

  hn_directory_free (NULL);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
