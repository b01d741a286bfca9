/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small values: errors, time, ids, chance, addresses. */
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/id.h"
#include "tests/support/unit.h"

static void
each_code_has_one_http_and_one_exit_status (void **unused)
{
  g_autoptr (GError) taken = g_error_new (HN_ERROR, HN_ERROR_CONFLICT, "x");
  g_autoptr (GError) config = g_error_new (HN_ERROR, HN_ERROR_CONFIG, "x");
  g_autoptr (GError) foreign = g_error_new (G_FILE_ERROR, 1, "x");

  assert_int_equal (hn_error_http_status (taken), 409);
  assert_int_equal (hn_error_exit_status (config), 78);
  assert_int_equal (hn_error_http_status (foreign), 500);
  assert_int_equal (hn_error_from_status (504), HN_ERROR_TIMEOUT);
  assert_int_equal (hn_error_from_status (418), HN_ERROR_UPSTREAM);
}

static void
detail_and_status_travel_with_an_error (void **unused)
{
  g_autoptr (GError) error = g_error_new (HN_ERROR, HN_ERROR_UPSTREAM, "x");
  g_autoptr (GError) copy = NULL;

  hn_error_set_detail (error, "see %d", 7);
  hn_error_set_status (error, 418);
  copy = g_error_copy (error);
  assert_string_equal (hn_error_detail (copy), "see 7");
  assert_int_equal (hn_error_http_status (copy), 418);
}

static void
spans_read_like_the_runbook (void **unused)
{
  static const struct {
    gint64 seconds;
    const char *text;
  } rows[] = { { -5, "0s" }, { 0, "0s" }, { 59, "59s" }, { 60, "1m0s" }, { 3599, "59m59s" }, { 3723, "1h2m3s" }, { 360000, "100h0m0s" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = hn_clock_span (rows[i].seconds * 1000000);

    assert_string_equal (text, rows[i].text);
  }
}

static void
seconds_do_not_overflow_and_never_is_later_than_all (void **unused)
{
  assert_true (hn_seconds (3600 * 24 * 365) == G_GINT64_CONSTANT (31536000000000));
  assert_true (hn_clock_earliest (HN_NEVER, 5) == 5);
  assert_true (hn_clock_earliest (7, 5) == 5);
  assert_true (hn_clock_earliest (HN_NEVER, HN_NEVER) == HN_NEVER);
}

static void
times_leave_as_rfc_3339 (void **unused)
{
  g_autofree char *text = hn_clock_rfc3339 (G_GINT64_CONSTANT (1700000000000000));

  assert_string_equal (text, "2023-11-14T22:13:20Z");
}

static void
ids_are_128_bits_and_logs_see_8_characters (void **unused)
{
  g_autoptr (HnRandom) random = hn_random_new_system ();
  g_autofree char *a = hn_id_new (random);
  g_autofree char *b = hn_id_new (random);

  assert_true (hn_id_is_valid (a));
  assert_string_not_equal (a, b);
  assert_int_equal (strlen (hn_id_short (a).text), 8);
  assert_memory_equal (hn_id_short (a).text, a, 8);
  assert_string_equal (hn_id_short (NULL).text, "-");
}

static void
only_32_lower_case_hex_digits_are_an_id (void **unused)
{
  assert_false (hn_id_is_valid (NULL));
  assert_false (hn_id_is_valid (""));
  assert_false (hn_id_is_valid ("0123456789abcdef0123456789abcde"));
  assert_false (hn_id_is_valid ("0123456789abcdef0123456789abcdeF"));
  assert_false (hn_id_is_valid ("../3456789abcdef0123456789abcdef0"));
  assert_true (hn_id_is_valid ("0123456789abcdef0123456789abcdef"));
}

static void
secrets_are_equal_only_when_whole_and_not_empty (void **unused)
{
  assert_true (hn_secret_equal ("token", "token"));
  assert_false (hn_secret_equal ("token", "token2"));
  assert_false (hn_secret_equal ("tokentoken", "token"));
  assert_false (hn_secret_equal ("token", "toke"));
  assert_false (hn_secret_equal ("", ""));
  assert_false (hn_secret_equal (NULL, "x"));
  assert_false (hn_secret_equal ("x", NULL));
}

static void
seeded_chance_repeats_and_stays_below_its_limit (void **unused)
{
  g_autoptr (HnRandom) a = hn_random_new_seeded (1);
  g_autoptr (HnRandom) b = hn_random_new_seeded (1);
  guint seen = 0;

  for (guint i = 0; i < 200; i++) {
    guint32 value = hn_random_below (a, 5);

    assert_int_equal (value, hn_random_below (b, 5));
    assert_in_range (value, 0, 4);
    seen |= 1u << value;
  }
  assert_int_equal (seen, 0x1f);
}

static void
a_mapped_address_is_its_ipv4_address (void **unused)
{
  HnAddress plain, mapped;

  assert_true (hn_address_parse ("127.0.0.1", &plain));
  assert_true (hn_address_parse ("::ffff:127.0.0.1", &mapped));
  assert_true (hn_address_equal (&plain, &mapped));
  assert_true (hn_address_is_loopback (&mapped));
}

static void
odd_spellings_are_no_address (void **unused)
{
  static const char *const odd[] = { "", "127.1", "010.0.0.1", "0x7f.0.0.1", "2130706433", "127.0.0.1 ", "[::1]", "fe80::1%eth0", "1.2.3.4.5", "host" };
  HnAddress address;

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    assert_false (hn_address_parse (odd[i], &address));
}

static void
networks_hold_what_their_prefix_says (void **unused)
{
  static const struct {
    const char *network, *address;
    gboolean inside;
  } rows[] = {
    { "10.0.0.0/8", "10.255.0.1", TRUE },       { "10.0.0.0/8", "11.0.0.1", FALSE },      { "100.64.0.0/10", "100.127.255.255", TRUE },
    { "100.64.0.0/10", "100.128.0.0", FALSE },  { "127.0.1.0/24", "127.0.1.9", TRUE },    { "127.0.1.0/24", "127.0.2.9", FALSE },
    { "192.0.2.1", "192.0.2.1", TRUE },         { "192.0.2.1", "192.0.2.2", FALSE },      { "fd00::/8", "fd12::1", TRUE },
    { "fd00::/8", "10.0.0.1", FALSE },          { "0.0.0.0/0", "8.8.8.8", TRUE },         { "0.0.0.0/0", "::1", FALSE },
    { "10.0.0.0/8", "::ffff:10.1.1.1", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GArray) networks = g_array_new (FALSE, FALSE, sizeof (HnNetwork));
    HnNetwork network;
    HnAddress address;

    assert_true (hn_network_parse (rows[i].network, &network));
    assert_true (hn_address_parse (rows[i].address, &address));
    g_array_append_val (networks, network);
    assert_int_equal (hn_networks_contain (networks, &address), rows[i].inside);
  }
}

static void
a_listen_address_is_a_literal_and_a_port (void **unused)
{
  static const char *const bad[] = { "", ":", ":0", ":65536", "8080", "localhost:80", "::1:80", "[127.0.0.1]:80", "1.2.3.4:x" };
  g_autofree char *host = NULL;
  guint16 port = 0;

  assert_true (hn_address_split_listen ("[::1]:8080", &host, &port));
  assert_string_equal (host, "::1");
  assert_int_equal (port, 8080);
  g_clear_pointer (&host, g_free);
  assert_true (hn_address_split_listen (":47990", &host, &port));
  assert_string_equal (host, "");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    char *none = NULL;

    assert_false (hn_address_split_listen (bad[i], &none, &port));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_code_has_one_http_and_one_exit_status),
    cmocka_unit_test (detail_and_status_travel_with_an_error),
    cmocka_unit_test (spans_read_like_the_runbook),
    cmocka_unit_test (seconds_do_not_overflow_and_never_is_later_than_all),
    cmocka_unit_test (times_leave_as_rfc_3339),
    cmocka_unit_test (ids_are_128_bits_and_logs_see_8_characters),
    cmocka_unit_test (only_32_lower_case_hex_digits_are_an_id),
    cmocka_unit_test (secrets_are_equal_only_when_whole_and_not_empty),
    cmocka_unit_test (seeded_chance_repeats_and_stays_below_its_limit),
    cmocka_unit_test (a_mapped_address_is_its_ipv4_address),
    cmocka_unit_test (odd_spellings_are_no_address),
    cmocka_unit_test (networks_hold_what_their_prefix_says),
    cmocka_unit_test (a_listen_address_is_a_literal_and_a_port),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
