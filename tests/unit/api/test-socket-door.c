/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/socket-door.h"

#include "base/limits.h"
#include "tests/support/unit.h"

#define S G_GINT64_CONSTANT (1000000)
#define OPEN 9 /* sockets there are */

static const char *const origins[] = { "https://app.example.com", NULL };

/* What becomes of an upgrade with these fields from this address: 0 when it is admitted, else the status. */
static guint
outcome (const HnSocketDoorRules *rules, HnRateLimit *rates, const char *address, const char *fields, gint64 now_us, guint *ret_retry)
{
  g_autofree char *text = g_strconcat ("GET / HTTP/1.1\r\nHost: a\r\n", fields, "\r\n", NULL);
  g_autoptr (HnHttpHead) head = hn_http_head_parse_request (text, strlen (text), NULL, NULL);
  HnPeer peer = { 0 };
  HnRoute route;
  gboolean admitted;
  guint status;

  assert_non_null (head);
  assert_true (hn_address_parse (address, &peer.address));
  hn_route_init (&route);
  admitted = hn_socket_door_admit (rules, rates, head, &peer, OPEN, now_us, &route);
  status = admitted ? 0 : route.status;
  if (ret_retry != NULL)
    *ret_retry = route.retry_after_seconds;
  assert_true (admitted || route.kind == HN_ROUTE_REFUSE);
  hn_route_clear (&route);
  return status;
}

#define UPGRADE "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

static void
an_address_that_opens_too_many_waits (void **unused)
{
  g_autoptr (HnRateLimit) rates = hn_rate_limit_new ();
  const HnSocketDoorRules rules = { .sockets_max = OPEN + 1, .per_minute = 30 };
  guint retry = 0;

  for (guint i = 0; i < 10; i++)
    assert_int_equal (outcome (&rules, rates, "192.0.2.1", UPGRADE, 0, NULL), 0);
  assert_int_equal (outcome (&rules, rates, "192.0.2.1", UPGRADE, 0, &retry), 429);
  assert_int_equal (retry, 2);
  assert_int_equal (outcome (&rules, rates, "192.0.2.2", UPGRADE, 0, NULL), 0);
  assert_int_equal (outcome (&rules, rates, "192.0.2.1", UPGRADE, 2 * S, NULL), 0);
}

static void
beyond_as_many_as_may_be_open_nobody_gets_in (void **unused)
{
  g_autoptr (HnRateLimit) rates = hn_rate_limit_new ();
  const HnSocketDoorRules full = { .sockets_max = OPEN, .per_minute = 3 };
  const HnSocketDoorRules room = { .sockets_max = OPEN + 1, .per_minute = 3 };
  guint retry = 0;

  assert_int_equal (outcome (&full, rates, "192.0.2.1", UPGRADE, 0, &retry), 503);
  assert_true (retry > 0);
  assert_int_equal (outcome (&full, rates, "192.0.2.1", "", 0, NULL), 0);
  assert_int_equal (outcome (&room, rates, "192.0.2.1", UPGRADE, 0, NULL), 0); /* who was turned away was not counted */
}

static void
callers_of_this_machine_may_come_more_often (void **unused)
{
  g_autoptr (HnRateLimit) rates = hn_rate_limit_new ();
  const HnSocketDoorRules rules = { .sockets_max = OPEN + 1, .per_minute = 3 };

  for (guint i = 0; i < HN_LIMIT_RATE_LOCAL_FACTOR; i++)
    assert_int_equal (outcome (&rules, rates, "127.0.0.9", UPGRADE, 0, NULL), 0);
  assert_int_equal (outcome (&rules, rates, "127.0.0.9", UPGRADE, 0, NULL), 429);
}

static void
whom_a_trusted_proxy_names_is_counted (void **unused)
{
  g_autoptr (HnRateLimit) rates = hn_rate_limit_new ();
  g_autoptr (GArray) trusted = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
  const HnSocketDoorRules rules = { .sockets_max = OPEN + 1, .per_minute = 1, .trusted = trusted };
  HnNetwork proxy;

  assert_true (hn_network_parse ("127.0.0.1", &proxy));
  g_array_append_val (trusted, proxy);
  assert_int_equal (outcome (&rules, rates, "127.0.0.1", UPGRADE "X-Forwarded-For: 192.0.2.1\r\n", 0, NULL), 0);
  assert_int_equal (outcome (&rules, rates, "127.0.0.1", UPGRADE "X-Forwarded-For: 192.0.2.1\r\n", 0, NULL), 429);
  assert_int_equal (outcome (&rules, rates, "127.0.0.1", UPGRADE "X-Forwarded-For: 192.0.2.2\r\n", 0, NULL), 0);
}

static void
a_page_of_a_foreign_origin_opens_nothing_and_costs_nobody (void **unused)
{
  g_autoptr (HnRateLimit) rates = hn_rate_limit_new ();
  const HnSocketDoorRules rules = { .sockets_max = OPEN + 1, .origins = origins, .per_minute = 1 };

  assert_int_equal (outcome (&rules, rates, "192.0.2.1", UPGRADE "Origin: https://evil.example.com\r\n", 0, NULL), 403);
  assert_int_equal (outcome (&rules, rates, "192.0.2.1", UPGRADE "Origin: https://app.example.com\r\n", 0, NULL), 0);
  assert_int_equal (outcome (&rules, rates, "192.0.2.1", UPGRADE, 0, NULL), 429);
}

static void
what_opens_no_socket_is_not_counted (void **unused)
{
  g_autoptr (HnRateLimit) rates = hn_rate_limit_new ();
  const HnSocketDoorRules rules = { .sockets_max = OPEN + 1, .origins = origins, .per_minute = 1 };

  for (guint i = 0; i < 5; i++)
    assert_int_equal (outcome (&rules, rates, "192.0.2.1", "Origin: https://evil.example.com\r\n", 0, NULL), 0);
  assert_int_equal (hn_rate_limit_get_count (rates), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_address_that_opens_too_many_waits),
    cmocka_unit_test (beyond_as_many_as_may_be_open_nobody_gets_in),
    cmocka_unit_test (callers_of_this_machine_may_come_more_often),
    cmocka_unit_test (whom_a_trusted_proxy_names_is_counted),
    cmocka_unit_test (a_page_of_a_foreign_origin_opens_nothing_and_costs_nobody),
    cmocka_unit_test (what_opens_no_socket_is_not_counted),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
