/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/ended-page.h"

#include <string.h>

#include "tests/support/unit.h"

#define BROWSER "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"

static void
refuse (HnRoute *route, const char *line, const char *fields, const char *return_url)
{
  g_autofree char *text = g_strconcat (line, " HTTP/1.1\r\nHost: x\r\n", fields, "\r\n", NULL);
  guint status = 0;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (text, strlen (text), &status, NULL);

  assert_non_null (head);
  hn_route_init (route);
  hn_ended_page_refuse (route, head, return_url);
  assert_int_equal (route->kind, HN_ROUTE_REFUSE);
  assert_int_equal (route->status, 404);
  assert_string_equal (route->error, "session not found");
}

static void
a_person_sees_a_page_with_a_way_back (void **unused)
{
  HnRoute route;

  refuse (&route, "GET /session/x/stream.html", BROWSER, "https://example.com/?a=1&b=\"><script>");
  assert_non_null (strstr (route.page, "This stream has ended"));
  assert_non_null (strstr (route.page, "href=\"https://example.com/?a=1&amp;b=&quot;&gt;&lt;script&gt;\""));
  assert_null (strstr (route.page, "<script"));
  assert_non_null (strstr (route.page_policy, "default-src 'none'; style-src 'sha256-"));
  hn_route_clear (&route);
  assert_null (route.page);
}

static void
a_way_back_that_is_no_website_is_left_out (void **unused)
{
  static const char *const urls[] = { "javascript:alert(1)", "JavaScript:alert(1)", " https://x", "data:text/html,x", "//evil", "", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++) {
    HnRoute route;

    refuse (&route, "GET /session/x/", BROWSER, urls[i]);
    assert_non_null (route.page);
    assert_null (strstr (route.page, "<a "));
    hn_route_clear (&route);
  }
}

static void
a_program_gets_the_error_shape (void **unused)
{
  static const char *const requests[][2] = {
    { "GET /session/x/", "" }, { "GET /session/x/", "Accept: */*\r\n" }, { "GET /session/x/", "Accept: application/json\r\n" },
    { "POST /session/x/quit", BROWSER },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++) {
    HnRoute route;

    refuse (&route, requests[i][0], requests[i][1], "https://example.com");
    assert_null (route.page);
    hn_route_clear (&route);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_person_sees_a_page_with_a_way_back),
    cmocka_unit_test (a_way_back_that_is_no_website_is_left_out),
    cmocka_unit_test (a_program_gets_the_error_shape),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
