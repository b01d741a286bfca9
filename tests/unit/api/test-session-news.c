/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/session-news.h"

#include "tests/support/unit.h"

#include "base/json.h"

#define ID_A "00112233445566778899aabbccddeeff"
#define ID_B "ffeeddccbbaa99887766554433221100"

static void
put (GPtrArray *sessions, const char *id, HnSessionState state, const char *reason)
{
  HnSessionReport *report = g_new0 (HnSessionReport, 1);

  report->id = g_strdup (id);
  report->body_ip = g_strdup ("10.0.0.5");
  report->stream_url = g_strdup ("http://secret.example/");
  report->state = state;
  report->end_reason = g_strdup (reason);
  g_ptr_array_add (sessions, report);
}

static GPtrArray *
list_of (const char *id, HnSessionState state, const char *reason)
{
  GPtrArray *sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) hn_session_report_free);

  if (id != NULL)
    put (sessions, id, state, reason);
  return sessions;
}

static const char *
text_of (JsonObject *data, const char *name)
{
  const char *text = NULL;

  assert_true (hn_json_get_text (data, name, 1024, FALSE, &text, NULL));
  return text != NULL ? text : "-";
}

static void
note (const char *type, JsonObject *data, gpointer user_data)
{
  GString *told = user_data;
  JsonObject *session = NULL;

  assert_string_equal (text_of (data, "worker_id"), "w1");
  assert_string_equal (text_of (data, "body_ip"), "10.0.0.5");
  assert_true (hn_json_get_object (data, "session", FALSE, &session, NULL));
  if (session != NULL) {
    assert_string_equal (text_of (session, "id"), text_of (data, "session_id"));
    assert_string_equal (text_of (session, "stream_url"), "-");
  }
  g_string_append_printf (told, "%s %.2s %s<%s %s%s;", type, text_of (data, "session_id"), text_of (data, "status"), text_of (data, "from"),
                          text_of (data, "end_reason"), session != NULL ? "" : " short");
  json_object_unref (data);
}

static void
look (HnSessionNews *news, GPtrArray *sessions, gboolean known, const char *lost_reason, const char *expected)
{
  g_autoptr (GString) told = g_string_new (NULL);
  g_autoptr (GPtrArray) owned = sessions;

  hn_session_news_look (news, owned, known, lost_reason, note, told);
  assert_string_equal (told->str, expected);
}

static void
each_change_is_told_once (void **state)
{
  g_autoptr (HnSessionNews) news = hn_session_news_new ("w1");

  look (news, list_of (ID_A, HN_SESSION_STARTING, NULL), FALSE, NULL, "session.created 00 starting<- -;");
  look (news, list_of (ID_A, HN_SESSION_STARTING, NULL), FALSE, NULL, "");
  look (news, list_of (ID_A, HN_SESSION_READY, NULL), FALSE, NULL, "session.state 00 ready<starting -;");
  look (news, list_of (ID_A, HN_SESSION_STOPPING, "user_quit"), FALSE, NULL, "session.state 00 stopping<ready user_quit;");
  look (news, list_of (NULL, 0, NULL), FALSE, NULL, "session.ended 00 stopped<stopping user_quit short;");
  look (news, list_of (NULL, 0, NULL), FALSE, NULL, "");
}

static void
a_session_that_is_listed_as_stopped_has_ended (void **state)
{
  g_autoptr (HnSessionNews) news = hn_session_news_new ("w1");

  look (news, list_of (ID_A, HN_SESSION_ERROR, "process_exited"), FALSE, NULL, "session.created 00 error<- process_exited;");
  look (news, list_of (ID_A, HN_SESSION_STOPPED, "process_exited"), FALSE, NULL, "session.ended 00 stopped<error process_exited short;");
  look (news, list_of (ID_A, HN_SESSION_STOPPED, "process_exited"), FALSE, NULL, "");
}

static void
old_sessions_of_somebody_new_were_not_created_now (void **state)
{
  g_autoptr (HnSessionNews) news = hn_session_news_new ("w1");

  look (news, list_of (ID_A, HN_SESSION_ACTIVE, NULL), TRUE, NULL, "session.state 00 active<- -;");
  look (news, list_of (ID_B, HN_SESSION_READY, NULL), FALSE, "worker_lost",
        "session.created ff ready<- -;session.ended 00 stopped<active worker_lost short;");
}

static void
what_a_session_said_itself_is_believed_more (void **state)
{
  g_autoptr (HnSessionNews) news = hn_session_news_new ("w1");

  look (news, list_of (ID_A, HN_SESSION_STOPPING, "abandoned"), TRUE, NULL, "session.state 00 stopping<- abandoned;");
  look (news, list_of (NULL, 0, NULL), FALSE, "api_delete", "session.ended 00 stopped<stopping abandoned short;");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_change_is_told_once),
    cmocka_unit_test (a_session_that_is_listed_as_stopped_has_ended),
    cmocka_unit_test (old_sessions_of_somebody_new_were_not_created_now),
    cmocka_unit_test (what_a_session_said_itself_is_believed_more),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
