/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sim/fakes/web-server/config.h"
#include "sim/fakes/web-server/json.h"
#include "sim/fakes/web-server/options.h"

#define BOTH "\"first_login_create_admin\":true,\"first_login_assign_global_hosts\":true"

static SimConfig *
from (const char *text, GError **error)
{
  return sim_config_new (text, text ? strlen (text) : 0, FALSE, error);
}

static void
no_file_means_the_defaults (void **unused)
{
  g_autoptr (SimConfig) config = from (NULL, NULL);

  assert_string_equal (sim_config_string (config, "web_server", "bind_address"), "0.0.0.0:8080");
  assert_string_equal (sim_config_string (config, "web_server", "url_path_prefix"), "");
  assert_null (sim_config_get (config, "web_server", "forwarded_header"));
  assert_string_equal (sim_config_string (config, NULL, "streamer_path"), "./streamer");
  JsonArray *servers = json_node_get_array (sim_config_get (config, "webrtc", "ice_servers"));
  assert_int_equal (json_array_get_length (servers), 1);
  JsonArray *urls = json_object_get_array_member (json_array_get_object_element (servers, 0), "urls");
  assert_int_equal (json_array_get_length (urls), 10);
}

static void
the_two_login_keys_are_required_where_there_is_a_web_server (void **unused)
{
  static const char *const bad[] = {
    "{\"web_server\":{}}",
    "{\"web_server\":{\"first_login_create_admin\":true}}",
    "{\"web_server\":{\"first_login_assign_global_hosts\":true}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    assert_null (from (bad[i], &error));
    assert_non_null (strstr (error->message, i == 1 ? "missing field `first_login_assign_global_hosts`"
                                                    : "missing field `first_login_create_admin`"));
  }
  g_autoptr (SimConfig) good = from ("{\"web_server\":{" BOTH "}}", NULL);
  assert_non_null (good);
}

static void
comments_and_trailing_commas_are_tolerated (void **unused)
{
  g_autoptr (SimConfig) config = from ("{ // one\n# two\n/* three */ \"web_server\": {" BOTH
                                       ", \"url_path_prefix\":\"/a//b\",}, \"streamer_path\":\"x#y\", }",
                                       NULL);

  assert_non_null (config);
  assert_string_equal (sim_config_string (config, "web_server", "url_path_prefix"), "/a//b");
  assert_string_equal (sim_config_string (config, NULL, "streamer_path"), "x#y");
}

static void
values_of_the_wrong_type_are_refused (void **unused)
{
  static const char *const bad[] = {
    "",
    "[]",
    "{} {}",
    "{\"web_server\":7}",
    "{\"log\":{}}",
    "{\"log\":{\"level_filter\":\"loud\"}}",
    "{\"data_storage\":{\"type\":\"json\"}}",
    "{\"webrtc\":{\"port_range\":{\"min\":1}}}",
    "{\"webrtc\":{\"nat_1to1\":{\"ips\":[\"1.2.3.4\"]}}}",
    "{\"webrtc\":{\"network_types\":[\"udp5\"]}}",
    "{\"webrtc\":{\"ice_servers\":[{}]}}",
    "{\"web_server\":{" BOTH ",\"bind_address\":\"localhost:80\"}}",
    "{\"web_server\":{" BOTH ",\"forwarded_header\":{}}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    assert_null (from (bad[i], &error));
    assert_non_null (error);
  }
}

static void
defaults_inside_given_objects_are_filled_in (void **unused)
{
  g_autoptr (SimConfig) config = from ("{\"web_server\":{" BOTH ",\"forwarded_header\":{\"username_header\":\"X\"}},"
                                       "\"webrtc\":{\"ice_servers\":[{\"urls\":[\"stun:a\"]}]},"
                                       "\"log\":{\"level_filter\":\"Debug\"},\"unheard\":1}",
                                       NULL);
  g_autofree char *text = sim_config_print (config);
  JsonObject *rule = sim_json_object (sim_config_section (config, "web_server"), "forwarded_header");
  JsonArray *servers = json_node_get_array (sim_config_get (config, "webrtc", "ice_servers"));

  assert_true (sim_json_bool (rule, "auto_create_missing_user", FALSE));
  assert_string_equal (sim_json_string (json_array_get_object_element (servers, 0), "username"), "");
  assert_string_equal (sim_config_string (config, "log", "level_filter"), "DEBUG");
  assert_null (strstr (text, "unheard"));
}

static void
argv_wins_over_the_environment (void **unused)
{
  const char *argv[] = { "web-server", "-c", "x.json", "--bind-address=127.0.0.1:1", "--webrtc-port-range", "10:20",
                   "print-config", NULL };
  const char *variables[] = { "BIND_ADDRESS=127.0.0.1:2", "PATH_PREFIX=/p", "WEBRTC_ICE_SERVER_3_URL=stun:three",
                        "WEBRTC_NAT_1TO1_HOST=192.0.2.1", "HOME=/", NULL };
  g_autoptr (SimOptions) options = sim_options_parse (argv, variables, NULL);
  g_autoptr (SimConfig) config = from (NULL, NULL);
  guint64 max = 0;

  assert_true (options->print_config);
  assert_string_equal (options->config_path, "x.json");
  assert_true (sim_options_apply (options, config, NULL));
  assert_string_equal (sim_config_string (config, "web_server", "bind_address"), "127.0.0.1:1");
  assert_string_equal (sim_config_string (config, "web_server", "url_path_prefix"), "/p");
  assert_true (sim_json_uint (sim_json_object (sim_config_section (config, "webrtc"), "port_range"), "max", 99, &max));
  assert_int_equal (max, 20);
  assert_int_equal (json_array_get_length (json_node_get_array (sim_config_get (config, "webrtc", "ice_servers"))), 2);
}

static void
unknown_words_on_the_command_line_are_refused (void **unused)
{
  const char *option[] = { "web-server", "--colour", NULL }, *word[] = { "web-server", "fly", NULL };
  const char *half[] = { "web-server", "--ssl-certificate", "a", NULL };
  g_autoptr (SimConfig) config = from (NULL, NULL);
  g_autoptr (SimOptions) one = sim_options_parse (half, NULL, NULL);

  assert_null (sim_options_parse (option, NULL, NULL));
  assert_null (sim_options_parse (word, NULL, NULL));
  assert_false (sim_options_apply (one, config, NULL));
}

static void
strict_json_stays_strict (void **unused)
{
  static const char *const bad[] = { "", " ", "{\"a\":1,}", "// x\n1", "01", "1 2", "[1 2]", "\"\x01\"", "nul",
                                     "{\"a\" 1}", "\"\\x\"", "\"open", "[", "{\"a\":", "+1", "1.", "0x10" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_null (sim_json_parse (bad[i], strlen (bad[i]), FALSE, NULL));
  const char *text = " {\"a\":[1,-2.5e3,\"\\u00e9\",null]} ";
  g_autofree char *deep = g_strnfill (100000, '[');
  assert_null (sim_json_parse (deep, 100000, FALSE, NULL));
  g_autoptr (JsonNode) good = sim_json_parse (text, strlen (text), FALSE, NULL);
  assert_non_null (good);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (no_file_means_the_defaults),
    cmocka_unit_test (the_two_login_keys_are_required_where_there_is_a_web_server),
    cmocka_unit_test (comments_and_trailing_commas_are_tolerated),
    cmocka_unit_test (values_of_the_wrong_type_are_refused),
    cmocka_unit_test (defaults_inside_given_objects_are_filled_in),
    cmocka_unit_test (argv_wins_over_the_environment),
    cmocka_unit_test (unknown_words_on_the_command_line_are_refused),
    cmocka_unit_test (strict_json_stays_strict),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
