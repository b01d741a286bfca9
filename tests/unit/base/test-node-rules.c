/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the doctor judges by: sets of ports, the kernel's socket tables, limits of a node; and how findings are shown. */
#include <string.h>

#include "base/clock.h"
#include "base/node-rules.h"
#include "base/port-ranges.h"
#include "base/proc-net.h"
#include "tests/support/unit.h"

#define MB G_GUINT64_CONSTANT (1048576)

static void
the_kernels_ranges_are_understood (void **unused)
{
  g_autoptr (GArray) pair = hn_port_ranges_parse ("32768\t60999\n");
  g_autoptr (GArray) list = hn_port_ranges_parse ("8080-8095,3478,40000-40299");
  g_autoptr (GArray) none = hn_port_ranges_parse ("\n");
  g_autoptr (GArray) odd = hn_port_ranges_parse ("x,9-8,70000,5-,7");

  assert_int_equal (pair->len, 1);
  assert_int_equal (g_array_index (pair, HnPortRange, 0).first, 32768);
  assert_int_equal (g_array_index (pair, HnPortRange, 0).last, 60999);
  assert_int_equal (list->len, 3);
  assert_int_equal (g_array_index (list, HnPortRange, 1).last, 3478);
  assert_int_equal (none->len, 0);
  assert_int_equal (odd->len, 1); /* 7 */
}

static void
exposed_is_what_is_ephemeral_and_not_reserved (void **unused)
{
  g_autoptr (GArray) ephemeral = hn_port_ranges_parse ("32768 60999");
  g_autoptr (GArray) reserved = hn_port_ranges_parse ("40000-40009,40015");
  g_autoptr (GArray) none = hn_port_ranges_parse ("");

  assert_int_equal (hn_port_ranges_exposed ((HnPortRange){ 8080, 8095 }, ephemeral, none), 0);
  assert_int_equal (hn_port_ranges_exposed ((HnPortRange){ 40000, 40019 }, ephemeral, none), 20);
  assert_int_equal (hn_port_ranges_exposed ((HnPortRange){ 40000, 40019 }, ephemeral, reserved), 9);
  assert_int_equal (hn_port_ranges_exposed ((HnPortRange){ 32760, 32768 }, ephemeral, none), 1);
  assert_int_equal (hn_port_ranges_exposed ((HnPortRange){ 65530, 70000 }, ephemeral, none), 0);
}

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define REST " 00000000:00000000 00:00000000 00000000     0        0 "

static void
the_holder_of_a_port_is_found_by_address_and_state (void **unused)
{
  static const char v4[] = HEAD "   0: 0100007F:1F90 0200007F:1F91 01" REST "11 1 0\n"
                                "   1: 0100007F:1F90 00000000:0000 0A" REST "12 1 0\n"
                                "   2: 00000000:0050 00000000:0000 0A" REST "13 1 0\n"
                                "   3: 0200007F:1F90 00000000:0000 0A" REST "14 1 0\n"
                                "   4: short\n   5: zz:1F92 x 0A" REST "15 1 0\n";
  static const char v6[] = HEAD "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A" REST "21 1 0\n"
                                "   1: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A" REST "22 1 0\n"
                                "   2: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A" REST "23 1 0\n";
  HnAddress one, two, six, all;

  hn_address_parse ("127.0.0.1", &one);
  hn_address_parse ("127.0.0.2", &two);
  hn_address_parse ("::1", &six);
  hn_address_parse ("0.0.0.0", &all);
  assert_int_equal (hn_proc_net_find (v4, &one, 8080, TRUE), 12);
  assert_int_equal (hn_proc_net_find (v4, &one, 8080, FALSE), 11);
  assert_int_equal (hn_proc_net_find (v4, &two, 8080, TRUE), 14);
  assert_int_equal (hn_proc_net_find (v4, &two, 80, TRUE), 13);  /* who listens on all addresses has this one too */
  assert_int_equal (hn_proc_net_find (v4, &all, 8080, TRUE), 12); /* who wants all of them wants each */
  assert_int_equal (hn_proc_net_find (v4, NULL, 8080, TRUE), 12);
  assert_int_equal (hn_proc_net_find (v4, &one, 8082, TRUE), 0);
  assert_int_equal (hn_proc_net_find (v4, &one, 8081, TRUE), 0);
  assert_int_equal (hn_proc_net_find (v6, &six, 8080, TRUE), 21);
  assert_int_equal (hn_proc_net_find (v6, &one, 8081, TRUE), 22);
  assert_int_equal (hn_proc_net_find (v6, &one, 443, TRUE), 23);
  assert_int_equal (hn_proc_net_find ("", NULL, 443, TRUE), 0);
}

static HnConfig *
config_of_worker (void)
{
  static const char text[] = "server: {admin_token: x}\nsessions: {max: 10, port_range_start: 8080, udp_port_start: 40000, data_dir: /data}\n";

  return hn_config_parse (text, strlen (text), "x", HN_MODE_WORKER, NULL);
}

static guint
judge (HnMode mode, HnNodeFacts facts, HnFindingLevel level)
{
  g_autoptr (HnConfig) config = config_of_worker ();
  g_autoptr (HnFindings) findings = hn_findings_new ();

  hn_node_rules_limits (config, mode, &facts, findings);
  return hn_findings_count (findings, level);
}

static void
each_limit_has_its_measure (void **unused)
{
  const HnNodeFacts enough = { .open_files = 8192, .memory_bytes = 1000 * MB, .disk_bytes = 1024 * MB, .somaxconn = 1024 };
  HnNodeFacts facts = enough;

  assert_int_equal (judge (HN_MODE_WORKER, enough, HN_FINDING_OK), 4);
  assert_int_equal (judge (HN_MODE_CONTROLLER, enough, HN_FINDING_OK), 3);
  facts.open_files = 8191;
  assert_int_equal (judge (HN_MODE_WORKER, facts, HN_FINDING_WARN), 1);
  facts.open_files = 1023;
  assert_int_equal (judge (HN_MODE_WORKER, facts, HN_FINDING_FAIL), 1);
  facts = enough;
  facts.memory_bytes = 999 * MB;
  assert_int_equal (judge (HN_MODE_WORKER, facts, HN_FINDING_WARN), 1);
  assert_int_equal (judge (HN_MODE_CONTROLLER, facts, HN_FINDING_WARN), 0);
  facts = enough;
  facts.disk_bytes = 1023 * MB;
  assert_int_equal (judge (HN_MODE_WORKER, facts, HN_FINDING_WARN), 1);
  facts.disk_bytes = 63 * MB;
  assert_int_equal (judge (HN_MODE_WORKER, facts, HN_FINDING_FAIL), 1);
  facts.disk_bytes = G_MAXUINT64;
  assert_int_equal (judge (HN_MODE_WORKER, facts, HN_FINDING_OK), 3);
  facts = enough;
  facts.somaxconn = 1023;
  assert_int_equal (judge (HN_MODE_CONTROLLER, facts, HN_FINDING_WARN), 1);
}

static void
a_clock_may_differ_by_half_a_minute (void **unused)
{
  g_autoptr (HnFindings) findings = hn_findings_new ();

  hn_node_rules_clock (TRUE, G_MAXINT64, findings);
  assert_int_equal (hn_findings_count (findings, HN_FINDING_OK), 1);
  hn_node_rules_clock (TRUE, hn_seconds (-30), findings);
  assert_int_equal (hn_findings_count (findings, HN_FINDING_OK), 3);
  hn_node_rules_clock (TRUE, hn_seconds (-31), findings);
  assert_int_equal (hn_findings_count (findings, HN_FINDING_WARN), 1);
  hn_node_rules_clock (FALSE, hn_seconds (31), findings);
  assert_int_equal (hn_findings_count (findings, HN_FINDING_WARN), 3);
}

static void
the_mend_keeps_what_is_reserved_already (void **unused)
{
  g_autoptr (HnConfig) config = config_of_worker ();
  g_autoptr (HnFindings) findings = hn_findings_new ();
  const HnNodeFacts facts = { .port_range = "32768\t60999", .reserved = "3478" };
  g_autofree char *text = NULL;

  hn_node_rules_reserved (config, &facts, findings);
  text = hn_findings_to_text (findings);
  assert_string_equal (text, "ok    ports      no passing connection gets the HTTP ports of sessions, 8080-8090\n"
                             "warn  ports      a passing connection may get 200 of the media ports of sessions, 40000-40199"
                             "  -->  sysctl -w net.ipv4.ip_local_reserved_ports=3478,8080-8090,40000-40199\n"
                             "1 ok, 1 warn, 0 FAIL\n");
}

static void
findings_are_shown_with_their_mends (void **unused)
{
  g_autoptr (HnFindings) findings = hn_findings_new ();
  g_autofree char *text = NULL;
  g_autofree char *json = NULL;

  hn_findings_add (findings, HN_FINDING_OK, "a", "not shown", "fine");
  hn_findings_add (findings, HN_FINDING_FAIL, "b", "do \"this\"", "%d wrong", 2);
  text = hn_findings_to_text (findings);
  json = hn_findings_to_json (findings);
  assert_string_equal (text, "ok    a          fine\nFAIL  b          2 wrong  -->  do \"this\"\n1 ok, 0 warn, 1 FAIL\n");
  assert_string_equal (json, "{\"findings\":[{\"level\":\"ok\",\"check\":\"a\",\"what\":\"fine\"},{\"level\":\"fail\",\"check\":\"b\",\"what\":\"2 wrong\","
                             "\"mend\":\"do \\\"this\\\"\"}],\"ok\":1,\"warn\":0,\"fail\":1}\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_kernels_ranges_are_understood),
    cmocka_unit_test (exposed_is_what_is_ephemeral_and_not_reserved),
    cmocka_unit_test (the_holder_of_a_port_is_found_by_address_and_state),
    cmocka_unit_test (each_limit_has_its_measure),
    cmocka_unit_test (a_clock_may_differ_by_half_a_minute),
    cmocka_unit_test (the_mend_keeps_what_is_reserved_already),
    cmocka_unit_test (findings_are_shown_with_their_mends),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
