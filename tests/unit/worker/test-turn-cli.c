/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/turn-cli.h"

#include <string.h>

#include "base/limits.h"
#include "tests/support/unit.h"

#define USER "48f1d8275925fa83"
#define GREETING "TURN Server\r\nCoturn-4.6.1 'Gorst'\r\n\r\nType '?' for help\r\nEnter password: \r\n"

static HnTurnCliStep
feed (HnTurnCli *cli, const char *text)
{
  g_autoptr (GError) error = NULL;

  return hn_turn_cli_feed (cli, text, strlen (text), &error);
}

static HnTurnCli *
logged_in (void)
{
  HnTurnCli *cli = hn_turn_cli_new ("word", USER);

  assert_int_equal (feed (cli, GREETING), HN_TURN_CLI_SEND);
  assert_string_equal (hn_turn_cli_get_line (cli), "word\r\n");
  assert_int_equal (feed (cli, "> "), HN_TURN_CLI_SEND);
  assert_string_equal (hn_turn_cli_get_line (cli), "psp " USER "\r\n");
  return cli;
}

static char *
relay (const char *id, const char *user)
{
  return g_strdup_printf ("\n    1) id=%s, user <%s>:\n      realm: r\n      started 1 secs ago\n      peers:\n          127.0.0.1\n", id, user);
}

static void
each_relay_of_the_user_is_ended_and_no_other (void **unused)
{
  g_autoptr (HnTurnCli) cli = logged_in ();
  g_autofree char *one = relay ("000000000000000002", "1795648555:" USER);
  g_autofree char *longer = relay ("000000000000000003", "1795648555:" USER "0");
  g_autofree char *other = relay ("000000000000000004", "1795648555:x" USER);
  g_autofree char *bare = relay ("000000000000000005", USER);
  g_autofree char *odd = relay ("7;stop", "1:" USER);
  g_autofree char *two = relay ("001000000000000006", "1795648999:" USER);
  g_autofree char *all = g_strconcat (one, longer, other, bare, odd, two, "\n  Total sessions: 6\n\n> ", NULL);

  assert_int_equal (feed (cli, all), HN_TURN_CLI_SEND);
  assert_string_equal (hn_turn_cli_get_line (cli), "cs 001000000000000006\r\n");
  assert_int_equal (feed (cli, "> "), HN_TURN_CLI_SEND);
  assert_string_equal (hn_turn_cli_get_line (cli), "cs 000000000000000002\r\n");
  assert_int_equal (feed (cli, "> "), HN_TURN_CLI_DONE);
  assert_int_equal (hn_turn_cli_get_ended (cli), 2);
}

static void
an_answer_may_come_in_any_pieces (void **unused)
{
  g_autoptr (HnTurnCli) cli = hn_turn_cli_new ("word", USER);
  g_autofree char *one = relay ("000000000000000002", "1795648555:" USER);

  HnTurnCliStep step = HN_TURN_CLI_WAIT;

  for (const char *at = GREETING; *at != '\0' && step == HN_TURN_CLI_WAIT; at++) {
    char text[2] = { *at, '\0' };

    step = feed (cli, text);
  }
  assert_int_equal (step, HN_TURN_CLI_SEND); /* with the blank; its line end comes late */
  assert_int_equal (feed (cli, "\r\n"), HN_TURN_CLI_WAIT);
  assert_int_equal (feed (cli, ">"), HN_TURN_CLI_WAIT);
  assert_int_equal (feed (cli, " "), HN_TURN_CLI_SEND);
  for (const char *at = one; *at != '\0'; at++) {
    char text[2] = { *at, '\0' };

    assert_int_equal (feed (cli, text), HN_TURN_CLI_WAIT);
  }
  assert_int_equal (feed (cli, "\n> "), HN_TURN_CLI_SEND);
  assert_string_equal (hn_turn_cli_get_line (cli), "cs 000000000000000002\r\n");
}

static void
without_a_relay_there_is_nothing_to_do (void **unused)
{
  g_autoptr (HnTurnCli) cli = logged_in ();

  assert_int_equal (feed (cli, "\n  Total sessions: 0\n\n> "), HN_TURN_CLI_DONE);
  assert_int_equal (hn_turn_cli_get_ended (cli), 0);
}

static void
a_wrong_password_is_said (void **unused)
{
  g_autoptr (HnTurnCli) cli = hn_turn_cli_new ("wrong", USER);
  g_autoptr (GError) error = NULL;

  assert_int_equal (feed (cli, GREETING), HN_TURN_CLI_SEND);
  assert_int_equal (hn_turn_cli_feed (cli, "Enter password: \r\n", 18, &error), HN_TURN_CLI_FAILED);
  assert_hn_error (error, HN_ERROR_UNAUTHENTICATED, "coturn's command line refuses turn.cli_password");
}

static void
a_flood_is_left (void **unused)
{
  g_autoptr (HnTurnCli) cli = logged_in ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (HN_LIMIT_TURN_CLI_BYTES, 'x');

  assert_int_equal (hn_turn_cli_feed (cli, text, HN_LIMIT_TURN_CLI_BYTES, &error), HN_TURN_CLI_WAIT);
  assert_int_equal (hn_turn_cli_feed (cli, text, 1, &error), HN_TURN_CLI_FAILED);
  assert_hn_error (error, HN_ERROR_LIMIT, "coturn's command line says too much");
}

static void
so_many_relays_and_no_more_are_ended (void **unused)
{
  g_autoptr (HnTurnCli) cli = logged_in ();
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < HN_LIMIT_TURN_RELAYS + 2; i++)
    g_string_append_printf (text, "id=%u, user <1:%s>:\n", i, USER);
  g_string_append (text, "> ");
  assert_int_equal (feed (cli, text->str), HN_TURN_CLI_SEND);
  while (feed (cli, "> ") == HN_TURN_CLI_SEND)
    ;
  assert_int_equal (hn_turn_cli_get_ended (cli), HN_LIMIT_TURN_RELAYS);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_relay_of_the_user_is_ended_and_no_other),
    cmocka_unit_test (an_answer_may_come_in_any_pieces),
    cmocka_unit_test (without_a_relay_there_is_nothing_to_do),
    cmocka_unit_test (a_wrong_password_is_said),
    cmocka_unit_test (a_flood_is_left),
    cmocka_unit_test (so_many_relays_and_no_more_are_ended),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
