/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/rate-limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"

#define T0 hn_seconds (1000)

static const HnRate slow = { .per_minute = 60, .burst = 3 };

static HnAddress
address (const char *text)
{
  HnAddress parsed;

  assert_true (hn_address_parse (text, &parsed));
  return parsed;
}

static void
a_burst_is_allowed_then_an_even_rate (void **state)
{
  g_autoptr (HnRateLimit) limit = hn_rate_limit_new ();

  for (int i = 0; i < 3; i++)
    assert_int_equal (hn_rate_limit_take (limit, "a", &slow, T0), 0);
  assert_int_equal (hn_rate_limit_take (limit, "a", &slow, T0), 1);
  assert_int_equal (hn_rate_limit_take (limit, "b", &slow, T0), 0);
  assert_int_equal (hn_rate_limit_take (limit, "a", &slow, T0 + hn_seconds (1)), 0);
  assert_int_equal (hn_rate_limit_take (limit, "a", &slow, T0 + hn_seconds (1.5)), 1);
  for (int i = 0; i < 3; i++)
    assert_int_equal (hn_rate_limit_take (limit, "a", &slow, T0 + hn_seconds (100)), 0);
  assert_int_equal (hn_rate_limit_take (limit, "a", &slow, T0 + hn_seconds (100)), 1);
}

static void
the_wait_is_said_in_whole_seconds_and_never_more_than_a_minute (void **state)
{
  static const HnRate rare = { .per_minute = 6, .burst = 1 };
  static const HnRate rarest = { .per_minute = 1, .burst = 1 };
  g_autoptr (HnRateLimit) limit = hn_rate_limit_new ();

  assert_int_equal (hn_rate_limit_take (limit, "a", &rare, T0), 0);
  assert_int_equal (hn_rate_limit_take (limit, "a", &rare, T0), 10);
  assert_int_equal (hn_rate_limit_take (limit, "b", &rarest, T0), 0);
  assert_int_equal (hn_rate_limit_take (limit, "b", &rarest, T0), 60);
}

static void
looking_does_not_count (void **state)
{
  g_autoptr (HnRateLimit) limit = hn_rate_limit_new ();

  for (int i = 0; i < 10; i++)
    assert_int_equal (hn_rate_limit_look (limit, "a", &slow, T0), 0);
  assert_int_equal (hn_rate_limit_get_count (limit), 0);
  for (int i = 0; i < 3; i++)
    assert_int_equal (hn_rate_limit_take (limit, "a", &slow, T0), 0);
  assert_int_equal (hn_rate_limit_look (limit, "a", &slow, T0), 1);
  assert_int_equal (hn_rate_limit_look (limit, "a", &slow, T0 + hn_seconds (1)), 0);
}

static void
no_rate_is_no_limit (void **state)
{
  static const HnRate none = { 0, 0 };
  g_autoptr (HnRateLimit) limit = hn_rate_limit_new ();

  for (int i = 0; i < 1000; i++)
    assert_int_equal (hn_rate_limit_take (limit, "a", &none, T0), 0);
  assert_int_equal (hn_rate_limit_get_count (limit), 0);
}

static void
buckets_are_limited_and_the_one_in_use_stays (void **state)
{
  g_autoptr (HnRateLimit) limit = hn_rate_limit_new ();

  for (int i = 0; i < 3; i++)
    assert_int_equal (hn_rate_limit_take (limit, "mine", &slow, T0), 0);
  for (int i = 0; i < 3 * HN_LIMIT_BUCKETS; i++) {
    g_autofree char *key = g_strdup_printf ("%d", i);

    assert_int_equal (hn_rate_limit_take (limit, key, &slow, T0), 0);
    assert_int_equal (hn_rate_limit_take (limit, "mine", &slow, T0), 1);
  }
  assert_int_equal (hn_rate_limit_get_count (limit), HN_LIMIT_BUCKETS);
}

static void
expect_client (const char *peer, const char *forwarded, const char *expected)
{
  g_autoptr (GArray) trusted = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
  HnNetwork network;
  HnAddress from = address (peer), wanted = address (expected), client;

  assert_true (hn_network_parse ("10.0.0.0/8", &network));
  g_array_append_val (trusted, network);
  client = hn_rate_limit_client (&from, forwarded, trusted);
  assert_true (hn_address_equal (&client, &wanted));
}

static void
the_client_is_the_rightmost_whom_no_trusted_proxy_is (void **state)
{
  expect_client ("192.0.2.1", NULL, "192.0.2.1");
  expect_client ("192.0.2.1", "198.51.100.7", "192.0.2.1"); /* a stranger's word */
  expect_client ("10.0.0.1", NULL, "10.0.0.1");
  expect_client ("10.0.0.1", "198.51.100.7", "198.51.100.7");
  expect_client ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"); /* what the client sent itself stands left */
  expect_client ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7");
  expect_client ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3");
  expect_client ("10.0.0.1", "198.51.100.7:1234 ,[2001:db8::1]:80", "2001:db8::1");
  expect_client ("10.0.0.1", "[2001:db8::1]", "2001:db8::1");
  expect_client ("10.0.0.1", "198.51.100.7, unknown", "10.0.0.1");
  expect_client ("10.0.0.1", "", "10.0.0.1");
}

static void
of_ipv6_the_network_counts_and_of_ipv4_the_address (void **state)
{
  HnAddress a = address ("2001:db8::1"), b = address ("2001:db8::ffff:2"), c = address ("192.0.2.1"), d = address ("192.0.2.2");
  g_autofree char *key_a = hn_rate_limit_key ("x", &a);
  g_autofree char *key_b = hn_rate_limit_key ("x", &b);
  g_autofree char *key_c = hn_rate_limit_key ("x", &c);
  g_autofree char *key_d = hn_rate_limit_key ("x", &d);
  g_autofree char *other = hn_rate_limit_key ("y", &c);

  assert_string_equal (key_a, key_b);
  assert_string_not_equal (key_c, key_d);
  assert_string_not_equal (key_c, other);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_burst_is_allowed_then_an_even_rate),
    cmocka_unit_test (the_wait_is_said_in_whole_seconds_and_never_more_than_a_minute),
    cmocka_unit_test (looking_does_not_count),
    cmocka_unit_test (no_rate_is_no_limit),
    cmocka_unit_test (buckets_are_limited_and_the_one_in_use_stays),
    cmocka_unit_test (the_client_is_the_rightmost_whom_no_trusted_proxy_is),
    cmocka_unit_test (of_ipv6_the_network_counts_and_of_ipv4_the_address),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
