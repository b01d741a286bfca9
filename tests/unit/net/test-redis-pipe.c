/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/redis-pipe.h"

#include "tests/support/unit.h"

#include <hiredis/hiredis.h>
#include <string.h>

#include "base/limits.h"

static const char forgotten[] = "NOSCRIPT No matching script. Please use EVAL.";

typedef struct {
  HnRedisPipe *pipe;
  GString *log; /* answers: `text=reply` */
} World;

static void
on_answered (struct redisReply *reply, gpointer data)
{
  g_string_append_printf (data, "%s ", reply == NULL ? "nothing" : reply->str);
}

static World *
world_new (void)
{
  World *world = g_new0 (World, 1);

  world->pipe = hn_redis_pipe_new ();
  world->log = g_string_new (NULL);
  return world;
}

static void
world_free (World *world)
{
  hn_redis_pipe_free (world->pipe);
  g_string_free (world->log, TRUE);
  g_free (world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

static gboolean
push (World *world, guint script, const char *text, gint64 now_us)
{
  HnRedisWord word = { text, strlen (text) };

  return hn_redis_pipe_push (world->pipe, &word, 1, script, on_answered, world->log, now_us);
}

static gboolean
take (World *world, int type, const char *text, gint64 now_us)
{
  redisReply reply = { .type = type, .str = (char *) text, .len = strlen (text) };

  return hn_redis_pipe_take (world->pipe, &reply, now_us);
}

static void
assert_log (World *world, const char *expected)
{
  assert_string_equal (world->log->str, expected);
  g_string_truncate (world->log, 0);
}

/* What is to be sent, and is then: the last word of each command. */
static void
assert_out (World *world, const char *expected)
{
  GByteArray *out = hn_redis_pipe_get_out (world->pipe);
  g_autofree char *text = g_strndup ((const char *) out->data, out->len);
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    if (lines[i][0] == '*' || lines[i][0] == '\0')
      g_string_append_printf (found, "%s ", lines[i - 1]);
  assert_string_equal (found->str, expected);
  g_byte_array_set_size (out, 0);
}

static void
a_command_is_written_as_redis_wants_it (void **state)
{
  g_autoptr (World) world = world_new ();
  HnRedisWord words[] = { { "SET", 3 }, { "a\0b", 3 }, { "", 0 } };
  GByteArray *out = hn_redis_pipe_get_out (world->pipe);
  static const char expected[] = "*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n";
  guint script = hn_redis_pipe_add_script (world->pipe, "return 1");
  static const char expected_script[] = "*4\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n$1\r\n0\r\n$1\r\nx\r\n";

  assert_true (hn_redis_pipe_push (world->pipe, words, 3, HN_REDIS_PIPE_NO_SCRIPT, NULL, NULL, 0));
  assert_int_equal (out->len, sizeof expected - 1);
  assert_memory_equal (out->data, expected, out->len);
  g_byte_array_set_size (out, 0);
  assert_true (push (world, script, "x", 0));
  assert_int_equal (out->len, sizeof expected_script - 1);
  assert_memory_equal (out->data, expected_script, out->len);
}

static void
answers_come_in_order (void **state)
{
  g_autoptr (World) world = world_new ();

  assert_int_equal (hn_redis_pipe_get_oldest_us (world->pipe), -1);
  assert_int_equal (hn_redis_pipe_get_round_us (world->pipe), -1);
  push (world, HN_REDIS_PIPE_NO_SCRIPT, "a", 10);
  push (world, HN_REDIS_PIPE_NO_SCRIPT, "b", 20);
  assert_int_equal (hn_redis_pipe_get_oldest_us (world->pipe), 10);
  assert_true (take (world, REDIS_REPLY_STRING, "1", 15));
  assert_int_equal (hn_redis_pipe_get_round_us (world->pipe), 5);
  assert_int_equal (hn_redis_pipe_get_oldest_us (world->pipe), 20);
  assert_true (take (world, REDIS_REPLY_ERROR, forgotten, 20)); /* of a command that is no script */
  assert_log (world, "1 NOSCRIPT No matching script. Please use EVAL. ");
  assert_false (take (world, REDIS_REPLY_STRING, "3", 30));
}

static void
nothing_overtakes_a_script_that_was_forgotten (void **state)
{
  g_autoptr (World) world = world_new ();
  guint script = hn_redis_pipe_add_script (world->pipe, "one"), other = hn_redis_pipe_add_script (world->pipe, "two");

  push (world, script, "a", 0);
  push (world, HN_REDIS_PIPE_NO_SCRIPT, "b", 0);
  push (world, other, "c", 0);
  assert_out (world, "a b c ");
  take (world, REDIS_REPLY_ERROR, forgotten, 1); /* a */
  push (world, HN_REDIS_PIPE_NO_SCRIPT, "d", 1);
  assert_out (world, "");
  take (world, REDIS_REPLY_STRING, "B", 2);
  push (world, script, "e", 2);
  assert_out (world, "");
  take (world, REDIS_REPLY_ERROR, forgotten, 3); /* c */
  assert_log (world, "B ");
  assert_out (world, "one two a c d e ");
  push (world, script, "f", 3);
  assert_out (world, "f ");
  assert_int_equal (hn_redis_pipe_get_oldest_us (world->pipe), 3);
  for (guint i = 0; i < 7; i++)
    take (world, REDIS_REPLY_STRING, (const char *[]){ "x", "y", "A", "C", "D", "E", "F" }[i], 4);
  assert_log (world, "A C D E F ");
  assert_int_equal (hn_redis_pipe_get_oldest_us (world->pipe), -1);
}

static void
a_script_that_is_forgotten_twice_is_loaded_twice (void **state)
{
  g_autoptr (World) world = world_new ();
  guint script = hn_redis_pipe_add_script (world->pipe, "one");

  push (world, script, "a", 0);
  take (world, REDIS_REPLY_ERROR, forgotten, 1);
  take (world, REDIS_REPLY_STRING, "loaded", 2);
  take (world, REDIS_REPLY_ERROR, forgotten, 3);
  assert_out (world, "a one a one a ");
  take (world, REDIS_REPLY_STRING, "loaded", 4);
  take (world, REDIS_REPLY_STRING, "A", 5);
  assert_log (world, "A ");
}

static void
who_waits_when_it_ends_is_answered_with_nothing (void **state)
{
  g_autoptr (World) world = world_new ();
  guint script = hn_redis_pipe_add_script (world->pipe, "one");

  push (world, script, "a", 0);
  push (world, script, "b", 0);
  take (world, REDIS_REPLY_ERROR, forgotten, 1);
  push (world, script, "c", 0);
  hn_redis_pipe_end (world->pipe);
  assert_log (world, "nothing nothing nothing ");
  assert_out (world, "");
  assert_int_equal (hn_redis_pipe_get_oldest_us (world->pipe), -1);
  push (world, script, "d", 0); /* and it goes on */
  assert_out (world, "d ");
}

static void
so_many_wait_and_not_more (void **state)
{
  g_autoptr (World) world = world_new ();
  g_autofree char *text = g_strnfill (HN_LIMIT_REDIS_WAITING_BYTES - 300, 'x');
  guint n = 0;

  assert_true (push (world, HN_REDIS_PIPE_NO_SCRIPT, text, 0));
  assert_false (push (world, HN_REDIS_PIPE_NO_SCRIPT, text, 0));
  take (world, REDIS_REPLY_STRING, "", 0);
  while (n < 100000 && push (world, HN_REDIS_PIPE_NO_SCRIPT, "", 0))
    n++;
  assert_int_equal (n, HN_LIMIT_REDIS_WAITING);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_command_is_written_as_redis_wants_it),
    cmocka_unit_test (answers_come_in_order),
    cmocka_unit_test (nothing_overtakes_a_script_that_was_forgotten),
    cmocka_unit_test (a_script_that_is_forgotten_twice_is_loaded_twice),
    cmocka_unit_test (who_waits_when_it_ends_is_answered_with_nothing),
    cmocka_unit_test (so_many_wait_and_not_more),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
