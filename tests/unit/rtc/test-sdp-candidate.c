/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/sdp-candidate.h"

#include "tests/support/unit.h"

static void
a_candidate_is_written_again_in_its_plainest_form (void **unused)
{
  static const struct {
    const char *in;
    const char *out;
  } good[] = {
    { "candidate:842163049 1 udp 1677729535 192.0.2.7 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0 network-cost 999",
      "candidate:842163049 1 UDP 1677729535 192.0.2.7 46154 typ srflx" },
    { "candidate:a+/9 1 UDP 1 127.0.0.1 65535 typ host", "candidate:a+/9 1 UDP 1 127.0.0.1 65535 typ host" },
    { "candidate:1 1 udp 4294967295 2001:db8::1 1 typ relay", "candidate:1 1 UDP 4294967295 2001:db8::1 1 typ relay" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autofree char *out = hn_sdp_candidate (good[i].in);

    assert_non_null (out);
    assert_string_equal (out, good[i].out);
  }
}

static void
names_tcp_and_odd_things_are_dropped (void **unused)
{
  static const char *const wrong[] = {
    "",
    "candidate:",
    "candidate:1 1 udp 1 192.0.2.7 5 typ",
    "1 1 udp 1 192.0.2.7 5 typ host",
    "candidate:1 1 udp 1 5b1b1b1b-dead-beef-9999-012345678901.local 5000 typ host",
    "candidate:1 1 udp 1 evil.example.com 5000 typ host",
    "candidate:1 1 udp 1 localhost 5000 typ host",
    "candidate:1 1 tcp 1 192.0.2.7 9 typ host tcptype active",
    "candidate:1 2 udp 1 192.0.2.7 5000 typ host",
    "candidate:1 1 udp 0 192.0.2.7 5000 typ host",
    "candidate:1 1 udp 4294967296 192.0.2.7 5000 typ host",
    "candidate:1 1 udp -1 192.0.2.7 5000 typ host",
    "candidate:1 1 udp 1 192.0.2.7 0 typ host",
    "candidate:1 1 udp 1 192.0.2.7 65536 typ host",
    "candidate:1 1 udp 1 192.0.2.7 5000 typ other",
    "candidate:1 1 udp 1 192.0.2.7 5000 tip host",
    "candidate:1 1 udp 1 0.0.0.0 5000 typ host",
    "candidate:1 1 udp 1 0.1.2.3 5000 typ host",
    "candidate:1 1 udp 1 224.0.0.251 5353 typ host",
    "candidate:1 1 udp 1 255.255.255.255 5000 typ host",
    "candidate:1 1 udp 1 :: 5000 typ host",
    "candidate:1 1 udp 1 ff02::fb 5353 typ host",
    "candidate:1 1 udp 1 ::ffff:224.0.0.1 5000 typ host",
    "candidate:1 1 udp 1 010.0.0.1 5000 typ host",
    "candidate:1 1 udp 1 10.0.0.1%eth0 5000 typ host",
    "candidate:! 1 udp 1 192.0.2.7 5000 typ host",
    "candidate: 1 udp 1 192.0.2.7 5000 typ host",
    "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.7 5000 typ host",
    "candidate:1  1 udp 1 192.0.2.7 5000 typ host",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *out = hn_sdp_candidate (wrong[i]);

    if (out != NULL)
      fail_msg ("'%s' is taken", wrong[i]);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_candidate_is_written_again_in_its_plainest_form),
    cmocka_unit_test (names_tcp_and_odd_things_are_dropped),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
