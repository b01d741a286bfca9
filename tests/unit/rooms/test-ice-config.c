/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rooms/ice-config.h"

#include <string.h>

#include "base/clock.h"
#include "base/json-scan.h"
#include "tests/support/unit.h"

#define NOW_US hn_seconds (2000000000)
#define POLICIES "\"ice_transport_policy\":\"all\",\"bundle_policy\":\"balanced\",\"rtcp_mux_policy\":\"require\""
#define ALIASES "\"iceTransportPolicy\":\"all\",\"bundlePolicy\":\"balanced\",\"rtcpMuxPolicy\":\"require\""

static HnConfig *
config_of (const char *rooms)
{
  g_autofree char *text = g_strdup_printf ("tokens: {secret: s}\nrooms: {%s}\n", rooms);
  g_autoptr (GError) error = NULL;
  HnConfig *config = hn_config_parse (text, strlen (text), "x", HN_MODE_ROOMS, &error);

  assert_null (error);
  return config;
}

static void
assert_servers (const char *rooms, const char *user, const char *servers)
{
  g_autoptr (HnConfig) config = config_of (rooms);
  g_autofree char *text = hn_ice_config_text (config, user, NOW_US);
  g_autofree char *expected = g_strdup_printf ("{\"ice_servers\":%s," POLICIES ",\"iceServers\":%s," ALIASES "}\n", servers, servers);
  HnJsonValue value;

  assert_string_equal (text, expected);
  assert_true (hn_json_scan (text, strlen (text), 4, &value, NULL));
  assert_true (hn_json_object_is_clear (&value));
}

static void
without_anything_there_are_the_two_that_everybody_knows (void **unused)
{
  assert_servers ("", "u", "[{\"urls\":[\"stun:stun.l.google.com:19302\",\"stun:stun1.l.google.com:19302\"]}]");
}

static void
one_password_for_everybody_is_a_second_entry (void **unused)
{
  assert_servers ("stun_urls: [\"stun:a\"], turn_urls: [\"turn:b:3478\", \"turns:b:5349\"], turn_username: your_username, turn_credential: \"p\\\"w\"", "u",
                  "[{\"urls\":[\"stun:a\"]},{\"urls\":[\"turn:b:3478\",\"turns:b:5349\"],\"username\":\"your_username\",\"credential\":\"p\\\"w\"}]");
}

static void
without_stun_servers_there_is_no_entry_of_them (void **unused)
{
  assert_servers ("stun_urls: []", "u", "[]");
  assert_servers ("stun_urls: [], turn_urls: [\"turn:b\"], turn_username: n, turn_credential: c", "u", "[{\"urls\":[\"turn:b\"],\"username\":\"n\",\"credential\":\"c\"}]");
}

/* printf 2000043200:ann | openssl dgst -sha1 -hmac secret -binary | base64 */
static void
with_a_secret_each_user_has_its_own_until_it_expires (void **unused)
{
  assert_servers ("stun_urls: [], turn_urls: [\"turn:b\"], turn_secret: secret", "ann",
                  "[{\"urls\":[\"turn:b\"],\"username\":\"2000043200:ann\",\"credential\":\"pwwArga3mHZaSIGo8yulADhXcCE=\"}]");
  assert_servers ("stun_urls: [], turn_urls: [\"turn:b\"], turn_secret: secret, turn_ttl: 60s", "bob@x.y",
                  "[{\"urls\":[\"turn:b\"],\"username\":\"2000000060:bob@x.y\",\"credential\":\"E+HnmiuxxHcJ9pt5wRZxmtluKZY=\"}]");
}

static void
a_name_that_is_no_plain_word_is_not_shown_to_turn (void **unused)
{
  static const char *const names[] = { "r\xc3\xa4u", "a b", "a:b", "a\"b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
  g_autoptr (HnConfig) config = config_of ("turn_urls: [\"turn:b\"], turn_secret: secret");
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *text = hn_ice_config_text (config, names[i], NOW_US);
    const char *name = strstr (text, "\"username\":\"2000043200:");

    assert_non_null (name);
    name += strlen ("\"username\":\"2000043200:");
    assert_int_equal (strspn (name, "0123456789abcdef"), 16);
    assert_int_equal (name[16], '"');
    assert_true (g_hash_table_add (seen, g_strndup (name, 16)));
  }
}

static void
policies_are_the_configured_ones (void **unused)
{
  g_autoptr (HnConfig) config = config_of ("ice_transport_policy: relay, bundle_policy: max-bundle, rtcp_mux_policy: negotiate");
  g_autofree char *text = hn_ice_config_text (config, "u", NOW_US);

  assert_non_null (strstr (text, "\"ice_transport_policy\":\"relay\",\"bundle_policy\":\"max-bundle\",\"rtcp_mux_policy\":\"negotiate\""));
  assert_non_null (strstr (text, "\"iceTransportPolicy\":\"relay\",\"bundlePolicy\":\"max-bundle\",\"rtcpMuxPolicy\":\"negotiate\""));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (without_anything_there_are_the_two_that_everybody_knows),
    cmocka_unit_test (one_password_for_everybody_is_a_second_entry),
    cmocka_unit_test (without_stun_servers_there_is_no_entry_of_them),
    cmocka_unit_test (with_a_secret_each_user_has_its_own_until_it_expires),
    cmocka_unit_test (a_name_that_is_no_plain_word_is_not_shown_to_turn),
    cmocka_unit_test (policies_are_the_configured_ones),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
