/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/unit.h"

#include "base/address.h"
#include "base/limits.h"
#include "net/acme.h"

#define PREFIX "/.well-known/acme-challenge/"

static HnSlice
slice (const char *text)
{
  return (HnSlice){ text, strlen (text) };
}

static void
a_token_can_be_nothing_but_a_name (void **unused)
{
  static const char *const no[] = {
    PREFIX, PREFIX "a/b", PREFIX "..", PREFIX "../key", PREFIX "%2e%2e", PREFIX "a.pem", PREFIX "a b", "/.well-known/acme-challenge", "/", "/session/x",
  };
  g_autofree char *token = hn_acme_token_of (slice (PREFIX "Az09-_"));
  g_autofree char *long_name = g_strnfill (HN_LIMIT_ACME_TOKEN_BYTES + 1, 'a');
  g_autofree char *long_path = g_strconcat (PREFIX, long_name, NULL);
  g_autofree char *longest = hn_acme_token_of (slice (long_path));

  assert_string_equal (token, "Az09-_");
  assert_null (longest);
  for (gsize i = 0; i < G_N_ELEMENTS (no); i++)
    assert_null (hn_acme_token_of (slice (no[i])));
}

static void
only_a_key_authorization_for_this_token_is_shown (void **unused)
{
  g_autofree char *filler = g_strnfill (HN_LIMIT_ACME_ANSWER_BYTES, 'a');
  g_autofree char *too_long = g_strconcat ("t.", filler, NULL);

  assert_true (hn_acme_is_answer ("tok-en.Thumb_1", 14, "tok-en"));
  assert_false (hn_acme_is_answer ("tok-en.Thumb_1", 14, "token"));
  assert_false (hn_acme_is_answer ("tok-en", 6, "tok-en"));
  assert_false (hn_acme_is_answer ("tok-en.", 7, "tok-en"));
  assert_false (hn_acme_is_answer ("tok-enXThumb", 12, "tok-en"));
  assert_false (hn_acme_is_answer ("t.a\nb", 5, "t"));
  assert_false (hn_acme_is_answer ("t.a\0b", 5, "t"));
  assert_false (hn_acme_is_answer (too_long, strlen (too_long), "t"));
}

static void
everybody_else_is_led_to_the_same_target_at_the_domain (void **unused)
{
  static const char text[] = "POST /a/b?c=d%20e HTTP/1.1\r\nHost: elsewhere.example\r\nContent-Length: 0\r\n\r\n";
  guint status = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (text, sizeof text - 1, &status, &error);
  HnRoute route;

  assert_non_null (head);
  hn_route_init (&route);
  hn_acme_redirect (head, "neck.example:8443", &route);
  assert_int_equal (route.kind, HN_ROUTE_REDIRECT);
  assert_int_equal (route.status, 308);
  assert_string_equal (route.location, "https://neck.example:8443/a/b?c=d%20e");
  hn_route_clear (&route);
}

static void
a_domain_is_a_host_name_and_perhaps_a_port (void **unused)
{
  static const struct {
    const char *text, *host;
    guint16 port;
  } rows[] = {
    { "Neck.Example", "neck.example", 443 },
    { "a-1.b.c:8443", "a-1.b.c", 8443 },
    { "localhost", "localhost", 443 },
    { "", NULL, 0 },
    { ".", NULL, 0 },
    { "..", NULL, 0 },
    { "../x", NULL, 0 },
    { "a..b", NULL, 0 },
    { "a.b.", NULL, 0 },
    { "-a.b", NULL, 0 },
    { "a-.b", NULL, 0 },
    { "a_b", NULL, 0 },
    { "a.b:", NULL, 0 },
    { "a.b:0", NULL, 0 },
    { "a.b:65536", NULL, 0 },
    { "https://a.b", NULL, 0 },
    { "*.a.b", NULL, 0 },
    { "[::1]", NULL, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *host = NULL;
    guint16 port = 0;

    assert_int_equal (hn_address_split_domain (rows[i].text, &host, &port), rows[i].host != NULL);
    assert_int_equal (port, rows[i].port);
    if (rows[i].host != NULL)
      assert_string_equal (host, rows[i].host);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_token_can_be_nothing_but_a_name),
    cmocka_unit_test (only_a_key_authorization_for_this_token_is_shown),
    cmocka_unit_test (everybody_else_is_led_to_the_same_target_at_the_domain),
    cmocka_unit_test (a_domain_is_a_host_name_and_perhaps_a_port),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
