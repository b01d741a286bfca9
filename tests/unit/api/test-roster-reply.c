/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/roster-reply-redis.h"

#include "tests/support/unit.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* An answer written as words between bars: `:5` is a number, `-text` an error, all else a string. Alone, without a bar, it is no list. */
static redisReply *
reply_of (const char *text)
{
  redisReader *reader = redisReaderCreate ();
  g_autoptr (GString) bytes = g_string_new (NULL);
  g_auto (GStrv) words = g_strsplit (text, "|", -1);
  void *reply = NULL;

  if (words[1] != NULL)
    g_string_append_printf (bytes, "*%u\r\n", g_strv_length (words));
  for (guint i = 0; words[i] != NULL; i++) {
    if (*words[i] == ':' || *words[i] == '-')
      g_string_append_printf (bytes, "%s\r\n", words[i]);
    else
      g_string_append_printf (bytes, "$%u\r\n%s\r\n", (guint) strlen (words[i]), words[i]);
  }
  redisReaderFeed (reader, bytes->str, bytes->len);
  assert_int_equal (redisReaderGetReply (reader, &reply), REDIS_OK);
  assert_non_null (reply);
  redisReaderFree (reader);
  return reply;
}

typedef struct {
  redisReply *reply;
  HnRosterReply *read;
  char *why;
} Read;

static void
read_clear (Read *self)
{
  hn_roster_reply_redis_free (self->read);
  freeReplyObject (self->reply);
  g_free (self->why);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Read, read_clear)

static Read
read_as (HnRosterAskKind kind, const char *text)
{
  Read self = { .reply = reply_of (text) };

  self.read = hn_roster_reply_redis_read (kind, self.reply, &self.why);
  assert_int_equal (self.read == NULL, self.why != NULL);
  return self;
}

static void
a_join_is_answered (void **state)
{
  g_auto (Read) alone = read_as (HN_ROSTER_ASK_JOIN, "ok|7");
  g_auto (Read) first = read_as (HN_ROSTER_ASK_JOIN, "ok|7|e-1|7|c2|p ann 200 200 {}|c%201|q bob 100 100 {\"a\":1}");
  g_auto (Read) full = read_as (HN_ROSTER_ASK_JOIN, "full|");
  g_auto (Read) in_use = read_as (HN_ROSTER_ASK_JOIN, "in-use|");
  const HnRosterAnswer *answer = &first.read->answer;

  assert_int_equal (alone.read->answer.verdict, HN_ROSTER_VERDICT_OK);
  assert_int_equal (alone.read->answer.offset, 7);
  assert_null (alone.read->answer.seats);
  assert_string_equal (answer->epoch, "e-1");
  assert_int_equal (answer->seats->len, 2);
  assert_string_equal (((const HnRosterSeat *) answer->seats->pdata[0])->connection, "c 1");
  assert_string_equal (((const HnRosterSeat *) answer->seats->pdata[1])->member, "ann");
  assert_int_equal (full.read->answer.verdict, HN_ROSTER_VERDICT_FULL);
  assert_int_equal (in_use.read->answer.verdict, HN_ROSTER_VERDICT_IN_USE);
}

static void
a_registration_is_answered (void **state)
{
  g_auto (Read) read = read_as (HN_ROSTER_ASK_REGISTER, "ok|:2|c%201|c2|e|:9|c3|p ann 1 1 {}");
  const HnRosterAnswer *answer = &read.read->answer;

  assert_int_equal (answer->lost->len, 2);
  assert_string_equal (answer->lost->pdata[0], "c 1");
  assert_int_equal (answer->offset, 9);
  assert_int_equal (answer->seats->len, 1);
}

static void
what_was_said_lately_is_read (void **state)
{
  g_auto (Read) read = read_as (HN_ROSTER_ASK_HISTORY, "ok|4|e s p 1 c m -\"}|5|e l p c m 1 g\",\"card\":{}}");
  g_auto (Read) none = read_as (HN_ROSTER_ASK_HISTORY, "none|");
  const HnRosterBusMessage *message;

  assert_int_equal (read.read->answer.messages->len, 2);
  message = &g_array_index (read.read->answer.messages, HnRosterBusMessage, 1);
  assert_int_equal (message->offset, 5);
  assert_int_equal (message->kind, HN_ROSTER_LEFT);
  assert_int_equal (none.read->answer.verdict, HN_ROSTER_VERDICT_NONE);
}

static void
small_answers_are_read (void **state)
{
  g_auto (Read) begun = read_as (HN_ROSTER_ASK_BEGIN, "ok|data-1"), renewed = read_as (HN_ROSTER_ASK_RENEW, "ok|:3|:1|2500");
  g_auto (Read) late = read_as (HN_ROSTER_ASK_RENEW, "late|"), more = read_as (HN_ROSTER_ASK_FINISH, "ok|:1");
  g_auto (Read) said = read_as (HN_ROSTER_ASK_SAY, ":9"), gap = read_as (HN_ROSTER_ASK_SAY, ":-1"), other_gap = read_as (HN_ROSTER_ASK_LEAVE, "gap|");
  g_auto (Read) listed = read_as (HN_ROSTER_ASK_LIST, "ok|r 1|2|r 2|:3");

  assert_string_equal (begun.read->answer.data, "data-1");
  assert_int_equal (renewed.read->answer.taken, 3);
  assert_true (renewed.read->answer.more);
  assert_int_equal (renewed.read->answer.first_us, 2500000);
  assert_int_equal (late.read->answer.verdict, HN_ROSTER_VERDICT_LATE);
  assert_true (more.read->answer.more);
  assert_int_equal (said.read->answer.verdict, HN_ROSTER_VERDICT_OK);
  assert_int_equal (gap.read->answer.verdict, HN_ROSTER_VERDICT_GAP);
  assert_int_equal (other_gap.read->answer.verdict, HN_ROSTER_VERDICT_GAP);
  assert_string_equal (listed.read->answer.names->pdata[1], "r 2");
  assert_int_equal (g_array_index (listed.read->answer.members, guint, 1), 3);
}

static void
an_error_is_told_as_it_is (void **state)
{
  g_auto (Read) read = read_as (HN_ROSTER_ASK_SAY, "-OOM command not allowed");

  assert_null (read.read);
  assert_string_equal (read.why, "OOM command not allowed");
}

static void
what_no_script_of_ours_answers_is_refused (void **state)
{
  static const struct {
    HnRosterAskKind kind;
    const char *text;
  } rows[] = {
    { HN_ROSTER_ASK_SAY, "ok" },
    { HN_ROSTER_ASK_SAY, "ok|1" },
    { HN_ROSTER_ASK_LEAVE, ":1" },
    { HN_ROSTER_ASK_LEAVE, "yes|1" },
    { HN_ROSTER_ASK_JOIN, "ok|x" },
    { HN_ROSTER_ASK_JOIN, "ok|:-1" },
    { HN_ROSTER_ASK_JOIN, "ok|7|e" },
    { HN_ROSTER_ASK_JOIN, "ok|7|e|7|c1" },
    { HN_ROSTER_ASK_JOIN, "ok|7|e|7|c1|p ann 1" },
    { HN_ROSTER_ASK_JOIN, "ok|7|:1|7|c1|p ann 1 1 {}" },
    { HN_ROSTER_ASK_REGISTER, "ok|:9|c1|e|7" },
    { HN_ROSTER_ASK_REGISTER, "ok|:1|%zz|e|7" },
    { HN_ROSTER_ASK_REGISTER, "ok|:1|:5|e|7" },
    { HN_ROSTER_ASK_BEGIN, "ok|:1" },
    { HN_ROSTER_ASK_FINISH, "ok|x" },
    { HN_ROSTER_ASK_RENEW, "ok|:1|:1" },
    { HN_ROSTER_ASK_HISTORY, "ok|x|e s p 1 c m -\"}" },
    { HN_ROSTER_ASK_HISTORY, "ok|4|e s" },
    { HN_ROSTER_ASK_LIST, "ok|r|x" },
    { HN_ROSTER_ASK_LIST, "ok|:1|:1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_auto (Read) read = read_as (rows[i].kind, rows[i].text);

    if (read.read != NULL)
      fail_msg ("taken: %s", rows[i].text);
    assert_string_equal (read.why, "its answer is none of ours: who else uses these keys?");
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_join_is_answered),
    cmocka_unit_test (a_registration_is_answered),
    cmocka_unit_test (what_was_said_lately_is_read),
    cmocka_unit_test (small_answers_are_read),
    cmocka_unit_test (an_error_is_told_as_it_is),
    cmocka_unit_test (what_no_script_of_ours_answers_is_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
