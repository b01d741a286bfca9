/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/support/unit.h"

#include "sim/fakes/swarm/place.h"

static void
check (const char *network, guint16 first_port, guint index, const char *host, guint16 expected_port)
{
  guint16 port = 0;
  g_autofree char *address = sim_place_address (network, first_port, index, &port);

  assert_string_equal (address, host);
  assert_int_equal (port, expected_port);
}

static void
on_one_address_workers_differ_by_port (void **state)
{
  check ("127.0.0.1", 2000, 0, "127.0.0.1", 2000);
  check ("127.0.0.1", 2000, 999, "127.0.0.1", 2999);
}

static void
in_a_network_each_has_an_address_and_then_the_next_port (void **state)
{
  check ("127.36.1.0/24", 47990, 0, "127.36.1.1", 47990);
  check ("127.36.1.77/24", 47990, 253, "127.36.1.254", 47990);
  check ("127.36.1.0/24", 47990, 254, "127.36.1.1", 47991);
  check ("127.36.4.0/22", 47990, 300, "127.36.5.45", 47990);
}

static void
ports_end (void **state)
{
  guint16 port = 0;

  assert_null (sim_place_address ("127.0.0.1", 65535, 1, &port));
}

static void
what_is_no_network_is_refused (void **state)
{
  static const char *const bad[] = { "", "127.0.0", "127.0.0.256", "127.0.0.1/33", "127.0.0.1/7", "::1", "127.0.0.1.5", "a.b.c.d" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_false (sim_place_check (bad[i]));
  assert_true (sim_place_check ("127.0.0.0/8"));
}

static void
addresses_follow_each_other_across_bytes (void **state)
{
  g_autofree char *after = sim_place_after ("10.200.0.255", 257);

  assert_string_equal (after, "10.200.2.0");
  assert_null (sim_place_after ("10.0.0.0/8", 1));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (on_one_address_workers_differ_by_port),
    cmocka_unit_test (in_a_network_each_has_an_address_and_then_the_next_port),
    cmocka_unit_test (ports_end),
    cmocka_unit_test (what_is_no_network_is_refused),
    cmocka_unit_test (addresses_follow_each_other_across_bytes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
