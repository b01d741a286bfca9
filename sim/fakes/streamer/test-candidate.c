/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/streamer/candidate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOST "candidate:1 1 UDP 2015364095 192.0.2.2 40301 typ host"

static const char *const nat[] = { "203.0.113.5", "203.0.113.6", NULL };

static void
udp_with_an_ip_literal_is_let_in (void **unused)
{
  assert_true (sim_candidate_is_wanted (HOST));
  assert_true (sim_candidate_is_wanted ("candidate:1 1 udp 1 fd00::2 40301 typ relay raddr 0.0.0.0 rport 0"));
}

static void
names_tcp_and_nonsense_are_kept_out (void **unused)
{
  assert_false (sim_candidate_is_wanted ("candidate:1 1 udp 1 0f9e6a2e-aaaa.local 9 typ host"));
  assert_false (sim_candidate_is_wanted ("candidate:1 1 udp 1 attacker.example 9 typ host"));
  assert_false (sim_candidate_is_wanted ("candidate:1 1 tcp 1 192.0.2.2 9 typ host tcptype active"));
  assert_false (sim_candidate_is_wanted ("candidate:1 1 udp 1 192.0.2.2 9"));
  assert_false (sim_candidate_is_wanted ("candidate:1 1 udp 1 192.0.2.2 9 tip host"));
  assert_false (sim_candidate_is_wanted ("a=" HOST));
  assert_false (sim_candidate_is_wanted (""));
}

static void
without_nat_a_candidate_is_told_as_it_is (void **unused)
{
  g_auto (GStrv) told = sim_candidate_map (HOST, NULL, FALSE);

  assert_int_equal (g_strv_length (told), 1);
  assert_string_equal (told[0], HOST);
}

static void
nat_of_type_host_replaces_the_address (void **unused)
{
  g_auto (GStrv) told = sim_candidate_map (HOST, nat, TRUE);

  assert_int_equal (g_strv_length (told), 1);
  assert_string_equal (told[0], "candidate:1 1 UDP 2015364095 203.0.113.5 40301 typ host");
}

static void
nat_of_type_srflx_adds_a_candidate_per_address (void **unused)
{
  g_auto (GStrv) told = sim_candidate_map (HOST, nat, FALSE);

  assert_int_equal (g_strv_length (told), 3);
  assert_string_equal (told[0], "candidate:19 1 UDP 1579156479 203.0.113.5 40301 typ srflx raddr 0.0.0.0 rport 40301");
  assert_string_equal (told[1], "candidate:19 1 UDP 1579156479 203.0.113.6 40301 typ srflx raddr 0.0.0.0 rport 40301");
  assert_string_equal (told[2], HOST);
}

static void
nat_leaves_other_families_and_its_own_address_alone (void **unused)
{
  const char *const mixed[] = { "2001:db8::1", "192.0.2.2", NULL };
  g_auto (GStrv) told = sim_candidate_map (HOST, mixed, TRUE);

  assert_int_equal (g_strv_length (told), 1);
  assert_string_equal (told[0], HOST);
}

static void
the_mid_is_read_from_the_m_line (void **unused)
{
  const char *sdp = "v=0\r\na=mid:no\r\nm=application 9\r\na=mid:0\r\nm=video 0\r\na=mid:video0\r\n";
  g_autofree char *first = sim_sdp_mid (sdp, 0);
  g_autofree char *second = sim_sdp_mid (sdp, 1);
  g_autofree char *absent = sim_sdp_mid (sdp, 2);

  assert_string_equal (first, "0");
  assert_string_equal (second, "video0");
  assert_string_equal (absent, "2");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (udp_with_an_ip_literal_is_let_in),
    cmocka_unit_test (names_tcp_and_nonsense_are_kept_out),
    cmocka_unit_test (without_nat_a_candidate_is_told_as_it_is),
    cmocka_unit_test (nat_of_type_host_replaces_the_address),
    cmocka_unit_test (nat_of_type_srflx_adds_a_candidate_per_address),
    cmocka_unit_test (nat_leaves_other_families_and_its_own_address_alone),
    cmocka_unit_test (the_mid_is_read_from_the_m_line),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
