/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/browser-rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ENDED "fedcba9876543210fedcba9876543210"
#define ID "0123456789abcdef0123456789abcdef"
#define DEAD "ffffffffffffffffffffffffffffffff"
#define S "/session/" ID

typedef struct {
  HnRoute route;
  char *session_id;
} Answer;

static gboolean
find (const char *session_id, HnBrowserTarget *ret_target, gpointer user_data)
{
  if (strcmp (session_id, ID) != 0 && strcmp (session_id, ENDED) != 0)
    return FALSE;
  *ret_target = (HnBrowserTarget){ ID, "127.0.0.5", 8083, "hydra-77", .ended = strcmp (session_id, ENDED) == 0 };
  return TRUE;
}

/* @more: further fields, each with its CRLF */
static void
ask (Answer *answer, const char *method, const char *target, const char *more)
{
  g_autofree char *bytes = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: hydra.test\r\n%s\r\n", method, target, more);
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (bytes, strlen (bytes), &(guint){ 0 }, NULL);
  HnBrowserWorld world = { find, NULL, NULL, "https://back.test" };
  HnPeer peer = { .port = 5 };

  assert_non_null (head);
  hn_address_parse ("192.0.2.9", &peer.address);
  hn_route_init (&answer->route);
  hn_browser_rules_route (head, &peer, &world, &answer->route, &answer->session_id);
}

static void
answer_clear (Answer *answer)
{
  hn_route_clear (&answer->route);
  g_free (answer->session_id);
}

static const char *
set_field (const HnRoute *route, const char *name)
{
  for (guint i = 0; route->request_set != NULL && i < route->request_set->len; i++) {
    HnRouteField *field = &g_array_index (route->request_set, HnRouteField, i);

    if (g_ascii_strcasecmp (field->name, name) == 0)
      return field->value;
  }
  return NULL;
}

static gboolean
is_dropped (const HnRoute *route, const char *name)
{
  for (guint i = 0; route->request_drop != NULL && i < route->request_drop->len; i++)
    if (g_ascii_strcasecmp (g_ptr_array_index (route->request_drop, i), name) == 0)
      return TRUE;
  return FALSE;
}

static void
each_request_goes_where_the_list_says (void **unused)
{
  static const struct {
    const char *method;
    const char *target;
    guint kind;
    guint status;
  } rows[] = {
    { "GET", S "/", HN_ROUTE_PROXY, 0 },
    { "GET", S "/stream.html?hostId=1&appId=2", HN_ROUTE_PROXY, 0 },
    { "HEAD", S "/index.html", HN_ROUTE_PROXY, 0 },
    { "GET", S "/config.js", HN_ROUTE_PROXY, 0 },
    { "GET", S "/styles/standard.css", HN_ROUTE_PROXY, 0 },
    { "POST", S "/stream.html", HN_ROUTE_REFUSE, 403 },
    { "PUT", S "/index.html", HN_ROUTE_REFUSE, 403 },
    { "GET", S "/api/authenticate", HN_ROUTE_PROXY, 0 },
    { "GET", S "/api/user", HN_ROUTE_PROXY, 0 },
    { "GET", S "/api/hosts", HN_ROUTE_PROXY, 0 },
    { "GET", S "/api/host?host_id=1", HN_ROUTE_PROXY, 0 },
    { "GET", S "/api/apps?host_id=1", HN_ROUTE_PROXY, 0 },
    { "GET", S "/api/app/image?host_id=1", HN_ROUTE_PROXY, 0 },
    { "POST", S "/api/host/cancel", HN_ROUTE_PROXY, 0 },
    { "GET", S "/api/host/cancel", HN_ROUTE_REFUSE, 403 },
    { "GET", S "/api/host/stream", HN_ROUTE_PROXY, 0 },
    { "POST", S "/api/host/stream", HN_ROUTE_REFUSE, 403 },
    { "POST", S "/api/host/stream/webrtc", HN_ROUTE_PROXY, 0 },
    { "PATCH", S "/api/host/stream/webrtc/7", HN_ROUTE_PROXY, 0 },
    { "DELETE", S "/api/host/stream/webrtc/7", HN_ROUTE_PROXY, 0 },
    { "OPTIONS", S "/api/host/stream/webrtc", HN_ROUTE_PROXY, 0 },
    { "GET", S "/api/settings/default", HN_ROUTE_PROXY, 0 },
    { "POST", S "/api/settings/default", HN_ROUTE_REFUSE, 403 },
    { "PUT", S "/api/host/stream/webrtc", HN_ROUTE_REFUSE, 403 },
    { "POST", S "/api/host", HN_ROUTE_REFUSE, 403 },
    { "PATCH", S "/api/host", HN_ROUTE_REFUSE, 403 },
    { "DELETE", S "/api/host?host_id=1", HN_ROUTE_REFUSE, 403 },
    { "POST", S "/api/host/wake", HN_ROUTE_REFUSE, 403 },
    { "POST", S "/api/pair", HN_ROUTE_REFUSE, 403 },
    { "GET", S "/api/pair", HN_ROUTE_REFUSE, 403 },
    { "POST", S "/api/login", HN_ROUTE_REFUSE, 403 },
    { "POST", S "/api/logout", HN_ROUTE_REFUSE, 403 },
    { "POST", S "/api/user", HN_ROUTE_REFUSE, 403 },
    { "GET", S "/api/users", HN_ROUTE_REFUSE, 403 },
    { "GET", S "/api", HN_ROUTE_REFUSE, 403 },
    { "GET", S "/api/", HN_ROUTE_REFUSE, 403 },
    { "GET", S "/%61pi/users", HN_ROUTE_REFUSE, 403 },
    { "POST", S "/%61%70%69/pair", HN_ROUTE_REFUSE, 403 },
    { "GET", S "/a%70i/hosts", HN_ROUTE_PROXY, 0 },
    { "GET", S "/../" DEAD "/", HN_ROUTE_REFUSE, 400 },
    { "GET", S "/%2e%2e/x", HN_ROUTE_REFUSE, 400 },
    { "GET", S "/x%2fy", HN_ROUTE_REFUSE, 400 },
    { "GET", S "/x%00", HN_ROUTE_REFUSE, 400 },
    { "GET", S "//x", HN_ROUTE_REFUSE, 400 },
    { "GET", S "/%ff", HN_ROUTE_REFUSE, 400 },
    { "POST", S "/quit", HN_ROUTE_API, 0 },
    { "GET", S "/quit", HN_ROUTE_API, 0 },
    { "POST", S "/rating", HN_ROUTE_API, 0 },
    { "POST", S "/mic/offer", HN_ROUTE_API, 0 },
    { "DELETE", S "/mic", HN_ROUTE_API, 0 },
    { "GET", S "/ice", HN_ROUTE_API, 0 },
    { "GET", S "/_hydraneck/overlay.js", HN_ROUTE_API, 0 },
    { "GET", S "/quit2", HN_ROUTE_PROXY, 0 },
    { "GET", S, HN_ROUTE_REDIRECT, 308 },
    { "GET", "/session/" DEAD "/", HN_ROUTE_REFUSE, 404 },
    { "POST", "/session/" DEAD "/quit", HN_ROUTE_REFUSE, 404 },
    { "GET", "/session/" DEAD, HN_ROUTE_REFUSE, 404 },
    { "GET", "/session/0123/", HN_ROUTE_REFUSE, 404 },
    { "GET", "/session/", HN_ROUTE_REFUSE, 404 },
    { "GET", "/session", HN_ROUTE_REFUSE, 404 },
    { "GET", "/sessions", HN_ROUTE_API, 0 },
    { "GET", "/", HN_ROUTE_API, 0 },
    { "GET", "/api/v1/health", HN_ROUTE_API, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    Answer answer = { 0 };

    ask (&answer, rows[i].method, rows[i].target, "");
    if (answer.route.kind != rows[i].kind)
      print_error ("%s %s\n", rows[i].method, rows[i].target);
    assert_int_equal (answer.route.kind, rows[i].kind);
    if (rows[i].status != 0)
      assert_int_equal (answer.route.status, rows[i].status);
    answer_clear (&answer);
  }
}

static void
an_ended_session_is_told_in_the_contracts_words (void **unused)
{
  Answer answer = { 0 };

  ask (&answer, "GET", "/session/" DEAD "/stream.html", "");
  assert_string_equal (answer.route.error, "session not found");
  assert_null (answer.session_id);
  answer_clear (&answer);
}

static void
the_child_is_reached_on_loopback_under_the_sessions_tag (void **unused)
{
  Answer answer = { 0 };

  ask (&answer, "GET", S "/stream.html", "");
  assert_string_equal (answer.route.upstream_host, "127.0.0.5");
  assert_int_equal (answer.route.upstream_port, 8083);
  assert_string_equal (answer.route.tag, ID);
  assert_string_equal (answer.session_id, ID);
  answer_clear (&answer);
}

static void
every_spelling_of_the_user_is_replaced_by_ours (void **unused)
{
  Answer answer = { 0 };

  ask (&answer, "GET", S "/api/user",
       "x-forwarded-USER: admin\r\nX_Forwarded_User: admin\r\nX-Forwarded_User: a\r\nAuthorization: Bearer 7\r\nX-Hydraneck-From: controller\r\n");
  assert_string_equal (set_field (&answer.route, "X-Forwarded-User"), "hydra-77");
  assert_true (is_dropped (&answer.route, "X_Forwarded_User"));
  assert_true (is_dropped (&answer.route, "X-Forwarded_User"));
  assert_true (is_dropped (&answer.route, "Authorization"));
  assert_true (is_dropped (&answer.route, "X-Hydraneck-From"));
  answer_clear (&answer);
}

static void
of_all_cookies_only_the_childs_goes_on (void **unused)
{
  Answer answer = { 0 };

  ask (&answer, "GET", S "/api/user", "Cookie: a=1; mlSession=abc; admin_session=x\r\n");
  assert_string_equal (set_field (&answer.route, "Cookie"), "mlSession=abc");
  answer_clear (&answer);
  ask (&answer, "GET", S "/api/user", "Cookie: admin_session=x; xmlSession=1\r\n");
  assert_null (set_field (&answer.route, "Cookie"));
  assert_true (is_dropped (&answer.route, "Cookie"));
  answer_clear (&answer);
}

static void
a_foreign_origin_is_refused_everywhere_in_a_session (void **unused)
{
  static const char *const targets[] = { S "/stream.html", S "/api/host/stream", S "/_hydraneck/overlay.js", S };

  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++) {
    Answer answer = { 0 };

    ask (&answer, "GET", targets[i], "Origin: https://evil.test\r\n");
    assert_int_equal (answer.route.kind, HN_ROUTE_REFUSE);
    assert_int_equal (answer.route.status, 403);
    assert_null (answer.session_id);
    answer_clear (&answer);
    ask (&answer, "GET", targets[i], "Origin: https://hydra.test\r\n");
    assert_int_not_equal (answer.route.kind, HN_ROUTE_REFUSE);
    answer_clear (&answer);
  }
}

static void
a_page_is_asked_for_whole_and_plain_and_gets_the_script (void **unused)
{
  static const char *const fields[] = { "Range",    "If-Range",        "If-None-Match", "If-Modified-Since",
                                        "If-Match", "Accept-Encoding", "If-Unmodified-Since" };
  static const char *const targets[] = { S "/", S "/stream.html?x=a.js", S "/ADMIN.HTML", S "/a.b/page", S "/x.htm" };

  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++) {
    Answer answer = { 0 };

    ask (&answer, "GET", targets[i], "");
    assert_non_null (answer.route.filter);
    assert_non_null (strstr (answer.route.filter_data, "/session/" ID "/_hydraneck/overlay.js"));
    for (gsize j = 0; j < G_N_ELEMENTS (fields); j++)
      assert_true (is_dropped (&answer.route, fields[j]));
    answer_clear (&answer);
  }
}

static void
what_is_no_page_is_left_alone (void **unused)
{
  static const char *const targets[] = { S "/stream.js", S "/styles/a.css", S "/api/user", S "/api/app/image", S "/x.html/y.js" };

  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++) {
    Answer answer = { 0 };

    ask (&answer, "GET", targets[i], "");
    assert_int_equal (answer.route.kind, HN_ROUTE_PROXY);
    assert_null (answer.route.filter);
    assert_false (is_dropped (&answer.route, "Range"));
    answer_clear (&answer);
  }
}

static void
pages_tell_nobody_their_address (void **unused)
{
  Answer answer = { 0 };
  HnRouteField *field;

  ask (&answer, "GET", S "/stream.html", "");
  assert_int_equal (answer.route.response_set->len, 1);
  field = &g_array_index (answer.route.response_set, HnRouteField, 0);
  assert_string_equal (field->name, "Referrer-Policy");
  assert_string_equal (field->value, "no-referrer");
  answer_clear (&answer);
}

static void
the_prefix_without_its_slash_is_redirected_with_its_query (void **unused)
{
  Answer answer = { 0 };

  ask (&answer, "GET", S "?a=1&b=2", "");
  assert_string_equal (answer.route.location, S "/?a=1&b=2");
  answer_clear (&answer);
}

static void
a_strangers_forwarding_is_not_believed (void **unused)
{
  Answer answer = { 0 };

  ask (&answer, "GET", S "/", "X-Forwarded-For: 10.0.0.1\r\n");
  assert_string_equal (set_field (&answer.route, "X-Forwarded-For"), "192.0.2.9");
  answer_clear (&answer);
}

static void
a_session_that_ended_takes_a_rating_and_nothing_else (void **unused)
{
  static const struct {
    const char *method;
    const char *path;
    guint kind;
  } rows[] = {
    { "POST", "/session/" ENDED "/rating", HN_ROUTE_API },       { "GET", "/session/" ENDED "/rating", HN_ROUTE_REFUSE },
    { "POST", "/session/" ENDED "/quit", HN_ROUTE_REFUSE },       { "GET", "/session/" ENDED "/", HN_ROUTE_REFUSE },
    { "GET", "/session/" ENDED "/stream.html", HN_ROUTE_REFUSE }, { "GET", "/session/" ENDED, HN_ROUTE_REFUSE },
    { "POST", "/session/" ENDED "/rating/", HN_ROUTE_REFUSE },    { "GET", "/session/" ENDED "/api/host/stream", HN_ROUTE_REFUSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    Answer answer = { 0 };

    ask (&answer, rows[i].method, rows[i].path, "");
    assert_int_equal (answer.route.kind, rows[i].kind);
    if (rows[i].kind == HN_ROUTE_REFUSE)
      assert_int_equal (answer.route.status, 404);
    answer_clear (&answer);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_session_that_ended_takes_a_rating_and_nothing_else),
    cmocka_unit_test (each_request_goes_where_the_list_says),
    cmocka_unit_test (an_ended_session_is_told_in_the_contracts_words),
    cmocka_unit_test (the_child_is_reached_on_loopback_under_the_sessions_tag),
    cmocka_unit_test (every_spelling_of_the_user_is_replaced_by_ours),
    cmocka_unit_test (of_all_cookies_only_the_childs_goes_on),
    cmocka_unit_test (a_foreign_origin_is_refused_everywhere_in_a_session),
    cmocka_unit_test (a_page_is_asked_for_whole_and_plain_and_gets_the_script),
    cmocka_unit_test (what_is_no_page_is_left_alone),
    cmocka_unit_test (pages_tell_nobody_their_address),
    cmocka_unit_test (the_prefix_without_its_slash_is_redirected_with_its_query),
    cmocka_unit_test (a_strangers_forwarding_is_not_believed),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
