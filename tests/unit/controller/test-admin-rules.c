/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "controller/admin-rules.h"
#include "tests/support/unit.h"

/* What is decided about a request that begins with @line and has these fields; 0: it goes on to the API. */
static guint
decide (const char *line, const char *fields, const char *listen_host, const char *origin)
{
  g_autofree char *text = g_strconcat (line, " HTTP/1.1\r\n", fields, "\r\n", NULL);
  g_autoptr (GError) error = NULL;
  guint status = 0;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (text, strlen (text), &status, &error);
  HnRoute route;
  guint answer;

  assert_non_null (head);
  hn_route_init (&route);
  hn_admin_rules_decide (head, listen_host, origin, &route);
  answer = route.kind == HN_ROUTE_API ? 0 : route.status;
  hn_route_clear (&route);
  return answer;
}

static void
addresses_of_this_machine_are_hosts_whatever_the_port (void **unused)
{
  static const char *const good[] = { "127.0.0.1:9047", "127.0.0.1", "localhost:9999", "LocalHost", "[::1]:9047", "127.7.7.7:9047" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autofree char *field = g_strdup_printf ("Host: %s\r\n", good[i]);

    assert_int_equal (decide ("GET /", field, "127.7.7.7", NULL), 0);
  }
}

static void
a_name_that_somebody_points_here_is_no_host (void **unused)
{
  static const char *const bad[] = { "evil.example", "evil.example:9047", "127.0.0.1.evil.example:9047", "localhost.evil.example", "192.0.2.1:9047", "[::2]" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *field = g_strdup_printf ("Host: %s\r\n", bad[i]);

    assert_int_equal (decide ("GET /", field, "127.0.0.1", NULL), 421);
  }
  assert_int_equal (decide ("GET /", "Host: evil.example\r\n", "", NULL), 421);
  assert_int_equal (decide ("GET /", "Host: evil.example\r\n", "0.0.0.0", NULL), 421);
}

static void
with_all_addresses_listened_at_each_literal_is_one (void **unused)
{
  assert_int_equal (decide ("GET /", "Host: 10.10.0.1:9047\r\n", "", NULL), 0);
  assert_int_equal (decide ("GET /", "Host: 10.10.0.1:9047\r\n", "0.0.0.0", NULL), 0);
  assert_int_equal (decide ("GET /", "Host: [fd00::1]:9047\r\n", "::", NULL), 0);
  assert_int_equal (decide ("GET /", "Host: [fd00::1]:9047\r\n", "fd00::1", NULL), 0);
}

static void
the_configured_origin_is_a_host (void **unused)
{
  assert_int_equal (decide ("GET /", "Host: admin.example\r\n", "127.0.0.1", "https://admin.example"), 0);
  assert_int_equal (decide ("GET /", "Host: admin.example:8443\r\n", "127.0.0.1", "https://admin.example"), 421);
}

static void
only_the_page_may_be_opened_from_elsewhere (void **unused)
{
#define HERE "Host: 127.0.0.1:9047\r\n"
  assert_int_equal (decide ("GET /", HERE "Sec-Fetch-Site: cross-site\r\n", "127.0.0.1", NULL), 0);
  assert_int_equal (decide ("GET /api/v1/workers", HERE "Sec-Fetch-Site: cross-site\r\n", "127.0.0.1", NULL), 403);
  assert_int_equal (decide ("GET /api/v1/workers", HERE "Sec-Fetch-Site: same-site\r\n", "127.0.0.1", NULL), 403);
  assert_int_equal (decide ("GET /api/v1/workers", HERE "Sec-Fetch-Site: same-origin\r\n", "127.0.0.1", NULL), 0);
  assert_int_equal (decide ("GET /api/v1/workers", HERE "Sec-Fetch-Site: none\r\n", "127.0.0.1", NULL), 0);
  assert_int_equal (decide ("GET /api/v1/workers", HERE "Origin: http://127.0.0.1:8080\r\n", "127.0.0.1", NULL), 403);
  assert_int_equal (decide ("GET /api/v1/workers", HERE "Origin: http://127.0.0.1:9047\r\n", "127.0.0.1", NULL), 0);
  assert_int_equal (decide ("GET /", HERE "Origin: null\r\n", "127.0.0.1", NULL), 403);
}

static void
a_change_says_that_it_is_one (void **unused)
{
#define LONG HERE "Content-Length: 2\r\n"
  assert_int_equal (decide ("POST /login", LONG, "127.0.0.1", NULL), 403);
  assert_int_equal (decide ("POST /login", LONG "X-Hydraneck-Admin: 1\r\n", "127.0.0.1", NULL), 0);
  assert_int_equal (decide ("POST /login", LONG "X-Hydraneck-Admin: 1\r\nOrigin: https://evil.example\r\n", "127.0.0.1", NULL), 403);
  assert_int_equal (decide ("POST /", LONG "X-Hydraneck-Admin: 1\r\nSec-Fetch-Site: cross-site\r\n", "127.0.0.1", NULL), 403);
  assert_int_equal (decide ("DELETE /api/v1/sessions/x", HERE, "127.0.0.1", NULL), 403);
}

static void
an_odd_path_is_refused (void **unused)
{
  assert_int_equal (decide ("GET /../session/x", HERE, "127.0.0.1", NULL), 400);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (addresses_of_this_machine_are_hosts_whatever_the_port),
    cmocka_unit_test (a_name_that_somebody_points_here_is_no_host),
    cmocka_unit_test (with_all_addresses_listened_at_each_literal_is_one),
    cmocka_unit_test (the_configured_origin_is_a_host),
    cmocka_unit_test (only_the_page_may_be_opened_from_elsewhere),
    cmocka_unit_test (a_change_says_that_it_is_one),
    cmocka_unit_test (an_odd_path_is_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
