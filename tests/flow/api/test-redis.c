/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection to a real redis-server: by name and by path, with a password, through pauses, restarts and forgotten scripts. */
#include "redis-fixture.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/redis.h"

#define MS ((gint64) 1000)

typedef struct {
  HnRedis *redis;
  guint ready, lost, unanswered;
  char *why, *run;
  GString *answers, *messages;
} Talk;

static void
on_ready (const char *run_id, gpointer data)
{
  Talk *talk = data;

  talk->ready++;
  g_free (talk->run);
  talk->run = g_strdup (run_id);
}

static void
on_lost (const GError *why, gpointer data)
{
  Talk *talk = data;

  talk->lost++;
  g_free (talk->why);
  talk->why = g_strdup (why->message);
}

static void
on_message (const char *channel, char *text, gsize length, gpointer data)
{
  g_string_append_printf (((Talk *) data)->messages, "%s=%.*s ", channel, (int) length, text);
}

static Talk *
talk_new (const HnRedisUrl *url, gboolean listens)
{
  static const HnRedisEvents asks = { on_ready, on_lost, NULL }, hears = { on_ready, on_lost, on_message };
  const HnRedisTimes times = { 500 * MS, 500 * MS, 200 * MS, 200 * MS };
  Talk *talk = g_new0 (Talk, 1);

  talk->answers = g_string_new (NULL);
  talk->messages = g_string_new (NULL);
  talk->redis = hn_redis_new (loop_poller (), url, &times, listens ? &hears : &asks, talk);
  return talk;
}

static void
talk_free (Talk *talk)
{
  hn_redis_free (talk->redis);
  g_string_free (talk->answers, TRUE);
  g_string_free (talk->messages, TRUE);
  g_free (talk->why);
  g_free (talk->run);
  g_free (talk);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Talk, talk_free)

static void
on_answered (struct redisReply *reply, gpointer data)
{
  Talk *talk = data;

  if (reply == NULL)
    talk->unanswered++;
  else if (reply->type == REDIS_REPLY_INTEGER)
    g_string_append_printf (talk->answers, "%lld ", reply->integer);
  else
    g_string_append_printf (talk->answers, "%s ", reply->str != NULL ? reply->str : "*");
}

static gboolean
send_words (Talk *talk, const char *first, const char *second, const char *third)
{
  const char *texts[] = { first, second, third };
  HnRedisWord words[3];
  guint n = 0;
  gboolean sent;

  for (; n < 3 && texts[n] != NULL; n++)
    words[n] = (HnRedisWord){ texts[n], strlen (texts[n]) };
  sent = hn_redis_send (talk->redis, words, n, on_answered, talk);
  hn_redis_flush (talk->redis);
  return sent;
}

static void
commands_are_answered_in_order (void **state)
{
  g_autoptr (Talk) talk = talk_new (((RedisServer *) *state)->url, FALSE);

  assert_false (send_words (talk, "PING", NULL, NULL)); /* not yet */
  WAIT_FOR (talk->ready == 1, 2000);
  assert_int_equal (strlen (talk->run), 40);
  send_words (talk, "ECHO", "a b", NULL);
  send_words (talk, "ECHO", "", NULL);
  send_words (talk, "INCR", "n", NULL);
  send_words (talk, "NONSENSE", NULL, NULL);
  WAIT_FOR (strstr (talk->answers->str, "NONSENSE") != NULL, 2000);
  assert_true (g_str_has_prefix (talk->answers->str, "a b  1 ERR unknown command"));
  assert_in_range (hn_redis_get_round_us (talk->redis), 1, 2 * G_USEC_PER_SEC);
}

static void
a_quiet_connection_is_asked_whether_it_lives (void **state)
{
  RedisServer *server = *state;
  g_autoptr (Talk) talk = talk_new (server->url, FALSE);

  WAIT_FOR (talk->ready == 1, 2000);
  STAYS (talk->lost == 0, 600);
  redis_server_signal (server, SIGSTOP);
  WAIT_FOR (talk->lost == 1, 2000); /* though nothing was asked of it */
  assert_string_equal (talk->why, "no answer in time");
  redis_server_signal (server, SIGCONT);
  WAIT_FOR (talk->ready == 2, 2000);
}

static void
what_a_silent_server_was_asked_is_answered_with_nothing (void **state)
{
  RedisServer *server = *state;
  g_autoptr (Talk) talk = talk_new (server->url, FALSE);

  WAIT_FOR (talk->ready == 1, 2000);
  redis_server_signal (server, SIGSTOP);
  for (guint i = 0; i < 10; i++)
    assert_true (send_words (talk, "PING", NULL, NULL));
  WAIT_FOR (talk->unanswered == 10 && talk->lost >= 1, 2000);
  assert_false (send_words (talk, "PING", NULL, NULL));
  WAIT_FOR (talk->lost >= 2, 3000); /* connected to, and silent */
  redis_server_signal (server, SIGCONT);
  WAIT_FOR (talk->ready == 2, 2000);
  assert_true (send_words (talk, "ECHO", "again", NULL));
  WAIT_FOR (strstr (talk->answers->str, "again") != NULL, 2000);
}

static void
a_server_that_ends_is_found_again (void **state)
{
  RedisServer *server = *state;
  g_autoptr (Talk) talk = talk_new (server->url, FALSE);
  g_autofree char *run = NULL;
  guint tries;

  WAIT_FOR (talk->ready == 1, 2000);
  run = g_strdup (talk->run);
  redis_server_kill (server);
  WAIT_FOR (talk->lost == 1, 1000);
  STAYS (talk->ready == 1, 1500);
  tries = talk->lost;
  assert_in_range (tries, 7, 25); /* 50 ms at first, then each 100 to 200 ms */
  redis_server_start (server);
  WAIT_FOR (talk->ready == 2, 1000);
  assert_string_not_equal (talk->run, run);
}

static void
channels_are_heard_and_left_and_heard_again (void **state)
{
  RedisServer *server = *state;
  g_autoptr (Talk) talk = talk_new (server->url, TRUE);

  WAIT_FOR (talk->ready == 1, 2000);
  send_words (talk, "SUBSCRIBE", "a", NULL);
  send_words (talk, "SUBSCRIBE", "b", NULL);
  send_words (talk, "UNSUBSCRIBE", "a", NULL);
  send_words (talk, "SUBSCRIBE", "a", NULL); /* at once */
  WAIT_FOR (talk->answers->len == 8, 2000);
  redis_server_run (server, "PUBLISH a %s", "{\"x\":1}");
  redis_server_run (server, "PUBLISH b %s", "");
  send_words (talk, "UNSUBSCRIBE", "a", NULL);
  send_words (talk, "UNSUBSCRIBE", "b", NULL);
  WAIT_FOR (talk->answers->len == 12, 2000);
  assert_string_equal (talk->messages->str, "a={\"x\":1} b= ");
  assert_int_equal (redis_server_count (server, "PUBLISH a late"), 0);
  STAYS (talk->lost == 0, 500); /* pings go on though nothing is subscribed */
}

static void
scripts_that_are_forgotten_keep_their_order (void **state)
{
  RedisServer *server = *state;
  Talk *talk = talk_new (server->url, FALSE);
  guint script = hn_redis_add_script (talk->redis, "return redis.call('RPUSH', 'list', ARGV[1])");
  redisReply *list;

  WAIT_FOR (talk->ready == 1, 2000);
  for (guint i = 0; i < 300; i++) {
    g_autofree char *text = g_strdup_printf ("%u", i);
    HnRedisWord word = { text, strlen (text) };

    if (i % 60 == 30)
      redis_server_run (server, "SCRIPT FLUSH");
    assert_true (hn_redis_run (talk->redis, script, &word, 1, on_answered, talk));
    hn_redis_flush (talk->redis);
    if (i % 7 == 0)
      g_main_context_iteration (NULL, FALSE);
  }
  WAIT_FOR (strstr (talk->answers->str, " 300 ") != NULL, 2000);
  list = redis_server_do (server, "LRANGE list 0 -1");
  assert_int_equal (list->elements, 300);
  for (guint i = 0; i < 300; i++)
    assert_int_equal (g_ascii_strtoull (list->element[i]->str, NULL, 10), i);
  freeReplyObject (list);
  assert_int_equal (talk->lost, 0);
  talk_free (talk);
}

/* A port of the kernel's choice, free a moment ago, on an address that is this process's alone. */
static guint16
find_port (char *address, gsize size)
{
  struct sockaddr_in at = { .sin_family = AF_INET };
  socklen_t length = sizeof at;
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  g_snprintf (address, (gulong) size, "127.%d.%d.1", 60 + getpid () / 250 % 60, 1 + getpid () % 250);
  inet_pton (AF_INET, address, &at.sin_addr);
  assert_int_equal (bind (fd, (struct sockaddr *) &at, sizeof at), 0);
  getsockname (fd, (struct sockaddr *) &at, &length);
  close (fd);
  return ntohs (at.sin_port);
}

static Talk *
talk_to (const char *format, ...)
{
  g_autoptr (HnRedisUrl) url = NULL;
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  url = hn_redis_url_parse (text, NULL);
  assert_non_null (url);
  return talk_new (url, FALSE);
}

static void
a_password_and_a_database_are_used_and_their_refusal_is_told (void **state)
{
  char address[32];
  guint16 number = find_port (address, sizeof address);
  g_autofree char *port = g_strdup_printf ("%u", number);
  const char *words[] = { "--port", port, "--bind", address, "--requirepass", "a b", "--databases", "4", NULL };
  RedisServer *server = redis_server_new (words);
  Talk *good = talk_to ("redis://:a%%20b@%s:%u/3", address, number), *full = talk_to ("redis://default:a%%20b@%s:%u", address, number);
  Talk *wrong = talk_to ("redis://:x@%s:%u", address, number), *none = talk_to ("redis://%s:%u", address, number);
  Talk *no_db = talk_to ("redis://:a%%20b@%s:%u/9", address, number), *nobody = talk_to ("redis://eve:a@%s:%u", address, number);

  WAIT_FOR (good->ready == 1 && full->ready == 1, 3000);
  WAIT_FOR (wrong->lost >= 2 && none->lost >= 2 && no_db->lost >= 2 && nobody->lost >= 2, 3000); /* and it is tried again */
  assert_non_null (strstr (wrong->why, "its password or user was refused: WRONGPASS"));
  assert_non_null (strstr (nobody->why, "its password or user was refused: WRONGPASS"));
  assert_non_null (strstr (none->why, "NOAUTH"));
  assert_non_null (strstr (no_db->why, "its database was refused"));
  assert_int_equal (wrong->ready + none->ready + no_db->ready + nobody->ready, 0);
  send_words (good, "CLIENT", "LIST", NULL);
  WAIT_FOR (strstr (good->answers->str, " db=3 ") != NULL, 2000);
  assert_non_null (strstr (good->answers->str, "name=hydraneckwebrtc"));
  talk_free (good);
  talk_free (full);
  talk_free (wrong);
  talk_free (none);
  talk_free (no_db);
  talk_free (nobody);
  redis_server_free (server);
}

/* Accepts and says something else, or nothing. */
static void
who_is_no_redis_is_given_up (void **state)
{
  struct sockaddr_in at = { .sin_family = AF_INET };
  socklen_t length = sizeof at;
  int door = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), guest = -1;
  Talk *talk;

  inet_pton (AF_INET, "127.60.0.1", &at.sin_addr);
  assert_int_equal (bind (door, (struct sockaddr *) &at, sizeof at), 0);
  assert_int_equal (listen (door, 8), 0);
  getsockname (door, (struct sockaddr *) &at, &length);
  talk = talk_to ("redis://127.60.0.1:%u", ntohs (at.sin_port));
  WAIT_FOR (talk->lost == 1, 2000);
  assert_string_equal (talk->why, "no connection in time");
  guest = accept (door, NULL, NULL); /* the first one, which is gone */
  assert_true (guest >= 0);
  close (guest);
  WAIT_FOR ((guest = accept (door, NULL, NULL)) >= 0, 2000);
  assert_int_equal (send (guest, "HTTP/1.1 400 Bad Request\r\n", 26, 0), 26);
  WAIT_FOR (talk->lost == 2, 2000);
  assert_string_equal (talk->why, "what came is not Redis");
  close (guest);
  close (door);
  WAIT_FOR (talk->lost >= 3, 2000);
  talk_free (talk);
}

static void
names_are_looked_up_and_missing_ones_told (void **state)
{
  Talk *talk = talk_to ("redis://no-such-host.invalid:6379");

  WAIT_FOR (talk->lost == 1, 3000);
  assert_non_null (talk->why);
  talk_free (talk);
  talk = talk_to ("redis://no-such-host.invalid:6379");
  g_main_context_iteration (NULL, FALSE);
  talk_free (talk); /* while the name is looked up */
  STAYS (TRUE, 50);
}

static void
too_much_that_waits_is_refused (void **state)
{
  RedisServer *server = *state;
  g_autoptr (Talk) talk = talk_new (server->url, FALSE);
  g_autofree char *text = g_strnfill (1024 * 1024, 'x');
  guint sent = 0;

  WAIT_FOR (talk->ready == 1, 2000);
  while (sent < 1000 && send_words (talk, "ECHO", text, NULL))
    sent++;
  assert_in_range (sent, 60, 64);
  WAIT_FOR (talk->answers->len == sent * (1024 * 1024 + 1), 10000);
  assert_true (send_words (talk, "ECHO", "x", NULL));
}

/* What was sent could not leave while the loop stood still: that is not the server's silence. */
static void
a_server_is_not_blamed_for_our_own_pause (void **state)
{
  RedisServer *server = *state;
  g_autoptr (Talk) talk = talk_new (server->url, FALSE);
  g_autofree char *text = g_strnfill (4 * 1024 * 1024, 'x');
  gint64 pause_us;

  WAIT_FOR (talk->ready == 1, 2000);
  assert_true (send_words (talk, "ECHO", text, NULL));
  pause_us = g_get_monotonic_time () + 700 * MS;
  while (g_get_monotonic_time () < pause_us)
    ;
  WAIT_FOR (talk->answers->len > 4 * 1024 * 1024, 2000);
  assert_int_equal (talk->lost, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (commands_are_answered_in_order, redis_clear),
    cmocka_unit_test_setup (a_quiet_connection_is_asked_whether_it_lives, redis_clear),
    cmocka_unit_test_setup (what_a_silent_server_was_asked_is_answered_with_nothing, redis_clear),
    cmocka_unit_test_setup (a_server_that_ends_is_found_again, redis_clear),
    cmocka_unit_test_setup (channels_are_heard_and_left_and_heard_again, redis_clear),
    cmocka_unit_test_setup (scripts_that_are_forgotten_keep_their_order, redis_clear),
    cmocka_unit_test_setup (a_password_and_a_database_are_used_and_their_refusal_is_told, redis_clear),
    cmocka_unit_test_setup (who_is_no_redis_is_given_up, redis_clear),
    cmocka_unit_test_setup (names_are_looked_up_and_missing_ones_told, redis_clear),
    cmocka_unit_test_setup (a_server_is_not_blamed_for_our_own_pause, redis_clear),
    cmocka_unit_test_setup (too_much_that_waits_is_refused, redis_clear),
  };

  return cmocka_run_group_tests (tests, redis_start, redis_stop);
}
