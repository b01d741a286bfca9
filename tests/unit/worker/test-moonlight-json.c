/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/moonlight-json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"

#define MS G_GINT64_CONSTANT (1000)

static JsonObject *
object_of (const char *text)
{
  JsonObject *object = hn_json_parse_object (text, strlen (text), NULL);

  assert_non_null (object);
  return object;
}

static JsonObject *
config_of (const char *public_ip, const char *script, const char *settings)
{
  g_autoptr (JsonObject) servers =
      object_of ("{\"a\":[{\"urls\":[\"turn:192.0.2.7:3478\"],\"username\":\"u\",\"credential\":\"c\"}]}");
  g_autoptr (JsonNode) node = settings != NULL ? hn_json_parse (settings, strlen (settings), NULL) : NULL;
  HnMoonlightConfig config = {
    .session_id = "3f9c2a", .host = "127.0.0.5", .http_port = 8083, .udp_min = 40060, .udp_max = 40075, .public_ip = public_ip,
    .ice_server_script = script, .program = "/opt/mws/web-server", .default_settings = node, .rtt_us = 100 * MS,
  };
  g_autofree char *text = NULL;

  config.ice_servers = json_object_get_array_member (servers, "a");
  text = hn_moonlight_json_config (&config);
  return object_of (text);
}

static void
the_configuration_has_all_that_the_program_insists_on (void **unused)
{
  g_autoptr (JsonObject) config = config_of ("192.0.2.7", NULL, NULL);
  JsonObject *web = json_object_get_object_member (config, "web_server");
  JsonObject *header = json_object_get_object_member (web, "forwarded_header");

  assert_true (json_object_has_member (web, "first_login_create_admin"));
  assert_true (json_object_has_member (web, "first_login_assign_global_hosts"));
  assert_string_equal (json_object_get_string_member (web, "bind_address"), "127.0.0.5:8083");
  assert_string_equal (json_object_get_string_member (web, "url_path_prefix"), "/session/3f9c2a");
  assert_string_equal (json_object_get_string_member (header, "username_header"), "X-Forwarded-User");
  assert_true (json_object_get_boolean_member (header, "auto_create_missing_user"));
  assert_string_equal (json_object_get_string_member (config, "streamer_path"), "/opt/mws/streamer");
  assert_string_equal (json_object_get_string_member (json_object_get_object_member (config, "log"), "level_filter"), "Info");
  assert_false (json_object_has_member (config, "default_settings"));
}

static void
the_media_part_names_ports_servers_and_our_public_address (void **unused)
{
  g_autoptr (JsonObject) config = config_of ("192.0.2.7", "/bin/ice", NULL);
  JsonObject *webrtc = json_object_get_object_member (config, "webrtc");
  JsonObject *range = json_object_get_object_member (webrtc, "port_range");
  JsonObject *nat = json_object_get_object_member (webrtc, "nat_1to1");
  JsonObject *server = hn_json_array_get_object (json_object_get_array_member (webrtc, "ice_servers"), 0);

  assert_int_equal (json_object_get_int_member (range, "min"), 40060);
  assert_int_equal (json_object_get_int_member (range, "max"), 40075);
  assert_string_equal (json_array_get_string_element (json_object_get_array_member (nat, "ips"), 0), "192.0.2.7");
  assert_string_equal (json_object_get_string_member (nat, "ice_candidate_type"), "srflx");
  assert_string_equal (json_object_get_string_member (server, "credential"), "c");
  assert_string_equal (json_object_get_string_member (webrtc, "ice_server_script"), "/bin/ice");
  assert_false (json_object_get_boolean_member (webrtc, "relay_only"));
  assert_int_equal (json_object_get_int_member (webrtc, "ice_disconnected_timeout_seconds"), 15);
}

static void
what_is_not_configured_is_not_written (void **unused)
{
  g_autoptr (JsonObject) config = config_of (NULL, NULL, "{\"fps\":30}");
  JsonObject *webrtc = json_object_get_object_member (config, "webrtc");

  assert_false (json_object_has_member (webrtc, "nat_1to1"));
  assert_false (json_object_has_member (webrtc, "ice_server_script"));
  assert_int_equal (json_object_get_int_member (json_object_get_object_member (config, "default_settings"), "fps"), 30);
}

static void
the_ice_timeout_follows_the_round_trip (void **unused)
{
  assert_int_equal (hn_moonlight_json_ice_timeout (0), 10);
  assert_int_equal (hn_moonlight_json_ice_timeout (80 * MS - 1), 10);
  assert_int_equal (hn_moonlight_json_ice_timeout (80 * MS), 15);
  assert_int_equal (hn_moonlight_json_ice_timeout (200 * MS), 15);
  assert_int_equal (hn_moonlight_json_ice_timeout (200 * MS + 1), 25);
}

static void
requests_are_what_the_program_reads (void **unused)
{
  g_autofree char *host = hn_moonlight_json_add_host ("10.0.0.1");
  g_autofree char *id = hn_moonlight_json_host_id (4294967295u);
  g_autofree char *path = hn_moonlight_json_stream_path ("ab", 7, 4294967295u);

  assert_string_equal (host, "{\"address\":\"10.0.0.1\"}\n");
  assert_string_equal (id, "{\"host_id\":4294967295}\n");
  assert_string_equal (path, "/session/ab/stream.html?hostId=7&appId=4294967295");
}

static void
a_new_hosts_id_is_read_or_refused (void **unused)
{
  static const char *const bad[] = { "", "[]", "{}", "{\"host\":1}", "{\"host\":{}}", "{\"host\":{\"host_id\":\"1\"}}",
                                     "{\"host\":{\"host_id\":4294967296}}", "{\"host\":{\"host_id\":-1}}" };
  static const char good[] = "{\"host\":{\"host_id\":4294967295,\"name\":\"x\"}}";
  guint32 id = 0;

  assert_true (hn_moonlight_json_parse_host (good, strlen (good), &id, NULL));
  assert_int_equal (id, 4294967295u);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    assert_false (hn_moonlight_json_parse_host (bad[i], strlen (bad[i]), &id, &error));
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_PROTOCOL));
    assert_true (g_str_has_prefix (error->message, "moonlight-web-stream answered the new host oddly: "));
  }
}

static void
the_lines_of_a_pairing_are_told_apart (void **unused)
{
  static const struct {
    const char *text;
    HnPairLine line;
  } rows[] = {
    { "{\"Pin\":\"0427\"}", HN_PAIR_LINE_PIN },
    { "{\"Paired\":{\"host_id\":1}}", HN_PAIR_LINE_PAIRED },
    { "\"PairError\"", HN_PAIR_LINE_ERROR },
    { "\"InternalServerError\"", HN_PAIR_LINE_ERROR },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    HnPairLine line = HN_PAIR_LINE_PAIRED;
    char pin[5] = "";

    assert_true (hn_moonlight_json_parse_pair_line (rows[i].text, strlen (rows[i].text), &line, pin, NULL));
    assert_int_equal (line, rows[i].line);
    assert_string_equal (pin, line == HN_PAIR_LINE_PIN ? "0427" : "");
  }
}

static void
an_odd_line_of_a_pairing_is_refused (void **unused)
{
  static const char *const bad[] = { "",           "{",          "{}",          "{\"Pin\":427}", "{\"Pin\":\"427\"}",
                                     "{\"Pin\":\"42a7\"}", "{\"Pin\":\"04270\"}", "1,2", "\"a\",\"b\"" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    HnPairLine line;
    char pin[5];
    g_autoptr (GError) error = NULL;

    assert_false (hn_moonlight_json_parse_pair_line (bad[i], strlen (bad[i]), &line, pin, &error));
    assert_true (g_error_matches (error, HN_ERROR, HN_ERROR_PROTOCOL));
  }
}

static void
the_application_is_the_wanted_one_else_desktop_else_the_first (void **unused)
{
#define APP(id, title) "{\"app_id\":" #id ",\"title\":\"" title "\",\"is_hdr_supported\":false}"
  static const struct {
    const char *apps;
    const char *wanted;
    guint32 id;
  } rows[] = {
    { APP (1, "Steam") "," APP (2, "Desktop") "," APP (3, "Forest"), "Forest", 3 },
    { APP (1, "Steam") "," APP (2, "Desktop") "," APP (3, "Forest"), "forest", 2 },
    { APP (1, "Steam") "," APP (2, "Desktop"), NULL, 2 },
    { APP (1, "Steam") "," APP (3, "Forest"), "Sea", 1 },
    { APP (4, "Forest") "," APP (5, "Forest"), "Forest", 4 },
    { "7,{\"title\":\"x\"}," APP (6, "Steam"), NULL, 6 },
  };
#undef APP

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = g_strdup_printf ("{\"apps\":[%s]}", rows[i].apps);
    g_autofree char *title = NULL;
    guint32 id = 0;

    assert_true (hn_moonlight_json_choose_app (text, strlen (text), rows[i].wanted, &id, &title, NULL));
    assert_int_equal (id, rows[i].id);
    assert_non_null (title);
  }
}

static void
a_body_without_applications_is_named (void **unused)
{
  static const char empty[] = "{\"apps\":[]}", odd[] = "{\"apps\":{}}";
  g_autoptr (GError) error = NULL, other = NULL;
  g_autofree char *title = NULL;
  guint32 id;

  assert_false (hn_moonlight_json_choose_app (empty, strlen (empty), NULL, &id, &title, &error));
  assert_string_equal (error->message, "Sunshine on the body offers no application");
  assert_false (hn_moonlight_json_choose_app (odd, strlen (odd), NULL, &id, &title, &other));
  assert_true (g_error_matches (other, HN_ERROR, HN_ERROR_PROTOCOL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_configuration_has_all_that_the_program_insists_on),
    cmocka_unit_test (the_media_part_names_ports_servers_and_our_public_address),
    cmocka_unit_test (what_is_not_configured_is_not_written),
    cmocka_unit_test (the_ice_timeout_follows_the_round_trip),
    cmocka_unit_test (requests_are_what_the_program_reads),
    cmocka_unit_test (a_new_hosts_id_is_read_or_refused),
    cmocka_unit_test (the_lines_of_a_pairing_are_told_apart),
    cmocka_unit_test (an_odd_line_of_a_pairing_is_refused),
    cmocka_unit_test (the_application_is_the_wanted_one_else_desktop_else_the_first),
    cmocka_unit_test (a_body_without_applications_is_named),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
