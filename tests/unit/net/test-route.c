/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static HnHttpHead *
request (const char *fields)
{
  g_autofree char *text = g_strconcat ("GET / HTTP/1.1\r\n", fields, "\r\n", NULL);
  const char *kept = g_intern_string (text); /* the head points into it */
  guint status = 0;
  HnHttpHead *head = hn_http_head_parse_request (kept, strlen (kept), &status, NULL);

  assert_non_null (head);
  return head;
}

static const char *
request_field (const HnRoute *route, const char *name)
{
  for (guint i = 0; route->request_set != NULL && i < route->request_set->len; i++)
    if (strcmp (g_array_index (route->request_set, HnRouteField, i).name, name) == 0)
      return g_array_index (route->request_set, HnRouteField, i).value;
  return NULL;
}

static void
plain_paths_are_plain_and_every_disguise_is_seen (void **unused)
{
  static const char *const plain[] = {
    "/", "/a", "/a/", "/a/b.c", "/a..b", "/..a/a..", "/...", "/%41/%7e", "/a%20b", "/a;b=c", "/a%25b", "/.well-known/x", "/session/0/%25zz", "/%2541",
  };
  static const char *const odd[] = {
    "", "a", "//", "//a", "/a//b", "/.", "/..", "/a/..", "/a/../b", "/a/./b", "/%2e", "/%2E%2e/a", "/.%2e/", "/a/%2e./b",
    "/..;x/a", "/..;", "/.;/a", "/..%3bx/a", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00b", "/a%0d%0ab", "/a%7fb", "/a%", "/a%2", "/a%zz",
    "/%252e%252e/a", "/a%252fb", "/a%255cb", "/a%2500", "/%25252e", "/%25%32%65./x", "/%252%2565/x", "/%25%2532e/x", "/..%253bx/y",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (plain); i++)
    if (hn_route_check_path ((HnSlice){ plain[i], strlen (plain[i]) }) != NULL)
      fail_msg ("'%s' is plain", plain[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++) {
    gsize length = strlen (odd[i]);
    g_autofree char *copy = g_memdup2 (odd[i], MAX (length, 1));

    if (hn_route_check_path ((HnSlice){ copy, length }) == NULL)
      fail_msg ("'%s' is not plain", odd[i]);
  }
  assert_non_null (hn_route_check_path ((HnSlice){ "/a\0b", 4 }));
}

static void
an_origin_is_absent_or_the_requests_own (void **unused)
{
  static const struct {
    const char *fields;
    gboolean fine;
  } cases[] = {
    { "Host: a.example\r\n", TRUE },
    { "Host: a.example\r\nOrigin: http://a.example\r\n", TRUE },
    { "Host: A.example\r\nOrigin: https://a.EXAMPLE\r\n", TRUE },
    { "Host: a.example:8080\r\nOrigin: http://a.example:8080\r\n", TRUE },
    { "Host: a.example\r\nOrigin: https://a.example:443\r\n", TRUE },
    { "Host: a.example:80\r\nOrigin: http://a.example\r\n", TRUE },
    { "Host: [::1]:8080\r\nOrigin: http://[::1]:8080\r\n", TRUE },
    { "Host: a.example\r\nOrigin: http://a.example:8080\r\n", FALSE },
    { "Host: a.example\r\nOrigin: http://b.example\r\n", FALSE },
    { "Host: a.example\r\nOrigin: http://a.example.evil\r\n", FALSE },
    { "Host: a.example\r\nOrigin: http://evil-a.example\r\n", FALSE },
    { "Host: a.example\r\nOrigin: ftp://a.example\r\n", FALSE },
    { "Host: a.example\r\nOrigin: null\r\n", FALSE },
    { "Host: a.example\r\nOrigin:\r\n", FALSE },
    { "Host: a.example\r\nOrigin: http://\r\n", FALSE },
    { "Host: a.example\r\nOrigin: http://a.example, http://a.example\r\n", FALSE },
    { "Host: a.example\r\nOrigin: http://a.example\r\nOrigin: http://a.example\r\n", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (HnHttpHead) head = request (cases[i].fields);

    if (hn_route_check_origin (head) != cases[i].fine)
      fail_msg ("case %zu: %s", i, cases[i].fields);
  }
}

static void
what_a_stranger_says_about_himself_is_replaced (void **unused)
{
  g_autoptr (HnHttpHead) head
    = request ("Host: a.example\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\nForwarded: for=1\r\n");
  HnPeer peer = { .port = 1 };
  HnRoute route;

  assert_true (hn_address_parse ("10.0.0.7", &peer.address));
  hn_route_init (&route);
  hn_route_forwarded (&route, head, &peer, NULL);
  assert_string_equal (request_field (&route, "X-Forwarded-For"), "10.0.0.7");
  assert_string_equal (request_field (&route, "X-Forwarded-Host"), "a.example");
  assert_string_equal (request_field (&route, "X-Forwarded-Proto"), "http");
  assert_int_equal (route.request_drop->len, 1);
  assert_string_equal (g_ptr_array_index (route.request_drop, 0), "Forwarded");
  hn_route_clear (&route);
}

static void
what_a_trusted_proxy_says_is_kept_and_extended (void **unused)
{
  g_autoptr (HnHttpHead) head = request ("Host: inner\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\r\n"
                                         "X-Forwarded-Host: outer\r\nX-Forwarded-Proto: https\r\n");
  g_autoptr (HnHttpHead) odd = request ("Host: inner\r\nX-Forwarded-Proto: javascript\r\n");
  g_autoptr (GArray) trusted = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
  HnPeer peer = { .port = 1 };
  HnNetwork network;
  HnRoute route;

  assert_true (hn_network_parse ("fd00::/8", &network));
  g_array_append_val (trusted, network);
  assert_true (hn_address_parse ("fd00::1", &peer.address));
  hn_route_init (&route);
  hn_route_forwarded (&route, head, &peer, trusted);
  assert_string_equal (request_field (&route, "X-Forwarded-For"), "1.1.1.1, 2.2.2.2, 3.3.3.3, fd00::1");
  assert_string_equal (request_field (&route, "X-Forwarded-Host"), "outer");
  assert_string_equal (request_field (&route, "X-Forwarded-Proto"), "https");
  hn_route_forwarded (&route, odd, &peer, trusted);
  assert_string_equal (request_field (&route, "X-Forwarded-For"), "fd00::1");
  assert_string_equal (request_field (&route, "X-Forwarded-Host"), "inner");
  assert_string_equal (request_field (&route, "X-Forwarded-Proto"), "http");
  assert_int_equal (route.request_set->len, 3);
  hn_route_clear (&route);
}

static void
count_free (gpointer data)
{
  ++*(int *) data;
}

static void
a_cleared_route_is_empty_and_frees_its_filters_data_once (void **unused)
{
  int freed = 0;
  HnRoute route;

  hn_route_init (&route);
  hn_route_refuse (&route, 403, "no", "because");
  hn_route_refuse (&route, 404, "not here", NULL);
  assert_int_equal (route.kind, HN_ROUTE_REFUSE);
  assert_int_equal (route.status, 404);
  assert_string_equal (route.error, "not here");
  assert_null (route.detail);
  hn_route_set_response_field (&route, "A", "b");
  route.filter_data = &freed;
  route.filter_data_free = count_free;
  hn_route_clear (&route);
  hn_route_clear (&route);
  assert_int_equal (freed, 1);
  assert_null (route.response_set);
}

static void
fields_of_any_length_and_number_are_kept_by_the_route (void **unused)
{
  g_autofree char *long_value = g_strnfill (5000, 'v');
  HnRoute route;

  hn_route_init (&route);
  for (int i = 0; i < 200; i++) {
    g_autofree char *name = g_strdup_printf ("X-Number-%d", i);

    hn_route_set_request_field (&route, name, i == 100 ? long_value : name);
    hn_route_drop_request_field (&route, name);
  }
  assert_int_equal (route.request_set->len, 200);
  for (guint i = 0; i < 200; i++) {
    const HnRouteField *field = &g_array_index (route.request_set, HnRouteField, i);
    g_autofree char *name = g_strdup_printf ("X-Number-%u", i);

    assert_string_equal (field->name, name);
    assert_string_equal (field->value, i == 100 ? long_value : name);
    assert_string_equal (g_ptr_array_index (route.request_drop, i), name);
  }
  hn_route_clear (&route);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (plain_paths_are_plain_and_every_disguise_is_seen),
    cmocka_unit_test (an_origin_is_absent_or_the_requests_own),
    cmocka_unit_test (what_a_stranger_says_about_himself_is_replaced),
    cmocka_unit_test (what_a_trusted_proxy_says_is_kept_and_extended),
    cmocka_unit_test (a_cleared_route_is_empty_and_frees_its_filters_data_once),
    cmocka_unit_test (fields_of_any_length_and_number_are_kept_by_the_route),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
