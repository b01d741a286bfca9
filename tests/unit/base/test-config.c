/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/config.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/config-print.h"
#include "base/config-sample.h"
#include "base/config-table.h"
#include "tests/support/unit.h"

static HnConfig *
parse (const char *text, HnMode mode, GError **error)
{
  return hn_config_parse (text, strlen (text), "worker.yaml", mode, error);
}

static HnConfig *
parse_seed (const char *name, HnMode mode, GError **error)
{
  g_autofree char *path = g_build_filename (FIXTURES, "seeds", name, NULL);
  g_autofree char *text = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;
  return hn_config_parse (text, length, name, mode, error);
}

static void
the_worker_sample_of_the_runbook_parses_unchanged (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = parse_seed ("runbook-worker.yaml", HN_MODE_WORKER, &error);
  g_autofree char *ip = NULL;

  assert_null (error);
  assert_non_null (config);
  assert_string_equal (config->server_listen, ":47990");
  assert_string_equal (config->server_admin_token, "<secure-token>");
  assert_string_equal (config->controller_url, "https://hydraneckwebrtc.experiencenet.com");
  assert_int_equal (config->sessions_max, 15);
  assert_int_equal (config->sessions_port_range_start, 8080);
  assert_string_equal (config->sessions_return_url, "https://hydraheadwebstream.experiencenet.com");
  assert_string_equal (config->sunshine_username, "sunshine");
  assert_int_equal (json_array_get_length (config->ice_servers), 2);
  assert_true (hn_config_has_turn (config));
  assert_string_equal (config->nps_token, "<nps-admin-token>");
  ip = hn_config_public_ip (config);
  assert_null (ip); /* `<server-public-ip>` is no address */
}

static void
the_colocated_sample_of_the_runbook_parses_unchanged (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = parse_seed ("runbook-colocated.yaml", HN_MODE_WORKER, &error);

  assert_null (error);
  assert_string_equal (config->server_listen, ":8090");
  assert_false (hn_config_has_turn (config));
}

static void
the_dev_mode_sample_of_the_runbook_parses_for_both_roles (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) controller = parse_seed ("runbook-dev.yaml", HN_MODE_CONTROLLER, &error);
  g_autoptr (HnConfig) worker = parse_seed ("runbook-dev.yaml", HN_MODE_WORKER, &error);

  assert_null (error);
  assert_string_equal (controller->server_listen, ":8080");
  assert_string_equal (worker->server_admin_token, "dev-token");
  assert_int_equal (controller->workers_heartbeat_timeout, hn_seconds (60));
}

static void
the_controller_sample_of_the_runbook_parses_unchanged (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = parse_seed ("runbook-controller.yaml", HN_MODE_CONTROLLER, &error);

  assert_null (error);
  assert_string_equal (config->server_domain, "hydraneckwebrtc.experiencenet.com");
  assert_string_equal (config->server_https_listen, ":443");
  assert_string_equal (config->server_http_listen, ":80");
  assert_null (config->server_listen);
}

static void
there_is_one_way_to_a_certificate_and_it_is_whole (void **unused)
{
  static const struct {
    const char *server, *refused;
  } rows[] = {
    { "{admin_token: x, listen: \":1\", tls: {cert: a}}", "'server.tls.cert' needs 'server.tls.key'" },
    { "{admin_token: x, listen: \":1\", tls: {key: a}}", "'server.tls.key' needs 'server.tls.cert'" },
    { "{admin_token: x, domain: a.example, tls: {cert: a, key: b}}", "remove 'server.tls.cert' and 'server.tls.key'" },
    { "{admin_token: x, domain: a.example, tls: {key: b}}", "remove 'server.tls.cert' and 'server.tls.key'" },
    { "{admin_token: x, domain: a.example, listen: \":1\"}", "'server.listen' is not used with 'server.domain'" },
    { "{admin_token: x, domain: ../private}", "'server.domain' must be a host name" },
    { "{admin_token: x, domain: \"a.example:\"}", "'server.domain' must be a host name" },
    { "{admin_token: x, domain: \"a_b.example\"}", "'server.domain' must be a host name" },
    { "{admin_token: x, domain: \"a.example:8443\"}", NULL },
    { "{admin_token: x, listen: \":1\", tls: {cert: a, key: b}}", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = g_strconcat ("server: ", rows[i].server, "\n", NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (HnConfig) config = parse (text, HN_MODE_CONTROLLER, &error);

    assert_true ((config == NULL) == (rows[i].refused != NULL));
    if (rows[i].refused == NULL)
      continue;
    assert_int_equal (hn_error_exit_status (error), 78);
    assert_non_null (strstr (error->message, rows[i].refused));
  }
}

static void
an_unknown_key_is_refused_with_its_place_and_the_nearest_name (void **unused)
{
  g_autoptr (GError) error = NULL;

  assert_null (parse ("server:\n  admin_token: x\n  lissten: \":1\"\n", HN_MODE_WORKER, &error));
  assert_hn_error (error, HN_ERROR_CONFIG, "worker.yaml:3:3: unknown key 'server.lissten', did you mean 'server.listen'?");
  assert_null (parse ("sevrer:\n  admin_token: x\n", HN_MODE_WORKER, &error));
  assert_hn_error (error, HN_ERROR_CONFIG, "worker.yaml:1:1: unknown key 'sevrer', did you mean 'server'?");
  assert_null (parse ("sessions:\n  maximum: 3\n", HN_MODE_WORKER, &error));
  assert_hn_error (error, HN_ERROR_CONFIG, "worker.yaml:2:3: unknown key 'sessions.maximum', did you mean 'sessions.max'?");
}

typedef struct {
  const char *text;
  const char *message;
} Wrong;

static const Wrong wrongs[] = {
  { "sessions:\n  max: many\n", "worker.yaml:2:8: 'sessions.max' must be a whole number from 1 to 1000, not 'many'" },
  { "sessions:\n  max: 0\n", "worker.yaml:2:8: 'sessions.max' must be a whole number from 1 to 1000, not '0'" },
  { "sessions:\n  max: -1\n", "worker.yaml:2:8: 'sessions.max' must be a whole number from 1 to 1000, not '-1'" },
  { "sessions:\n\tmax: 1\n", "worker.yaml:2:1: found character that cannot start any token (a tab? use spaces)" },
  { "worker:\n  id: a/b\n", "worker.yaml:2:7: 'worker.id' must be 1 to 64 letters, digits and characters of '._:-', not 'a/b'" },
  { "sessions:\n  max: [1]\n", "worker.yaml:2:8: 'sessions.max' must be a single value" },
  { "sessions:\n  max: 1\n  max: 2\n", "worker.yaml:3:3: 'sessions.max' is given twice" },
  { "sessions: 5\n", "worker.yaml:1:11: 'sessions' must be a mapping" },
  { "server:\n  listen: \"8080\"\n", "worker.yaml:2:11: 'server.listen' must be address:port or :port, not '8080'" },
  { "server:\n  listen: \"localhost:80\"\n", "worker.yaml:2:11: 'server.listen' must be address:port or :port, not 'localhost:80'" },
  { "server:\n  admin_token: \"\"\n", "worker.yaml:2:16: 'server.admin_token' must not be empty" },
  { "server:\n  admin_token: [secret]\n", "worker.yaml:2:16: 'server.admin_token' must be a single value" },
  { "controller:\n  url: ftp://x\n", "worker.yaml:2:8: 'controller.url' must be an http:// or https:// URL, not 'ftp://x'" },
  { "workers:\n  heartbeat_timeout: 60\n",
    "worker.yaml:2:22: 'workers.heartbeat_timeout' must be a duration such as 30s, 5m or 1h, from 1s to 3600s, not '60'" },
  { "workers:\n  heartbeat_timeout: 2h\n", "worker.yaml:2:22: 'workers.heartbeat_timeout' must be a duration such as 30s, 5m or 1h, from 1s to 3600s, not '2h'" },
  { "sunshine:\n  allowed_networks: [10.0.0.0/33]\n",
    "worker.yaml:2:22: 'sunshine.allowed_networks' must be networks such as 10.0.0.0/8" },
  { "webrtc:\n  public_ip: example.com\n", "worker.yaml:2:14: 'webrtc.public_ip' must be an IP address, not 'example.com'" },
  { "ice_servers: turn:1.2.3.4\n", "worker.yaml:1:14: 'ice_servers' must be a list" },
  { "ice_servers:\n  - url: x\n", "worker.yaml:2:5: entry 1 of 'ice_servers' may only have 'urls', 'username' and 'credential' (or 'credential_file')" },
  { "ice_servers:\n  - urls: [\"http://x\"]\n", "worker.yaml:2:5: entry 1 of 'ice_servers' has a URL that is not stun:, stuns:, turn: or turns:" },
  { "moonlight:\n  default_settings: 3\n", "worker.yaml:2:21: 'moonlight.default_settings' must be a mapping" },
  { "- a\n", "worker.yaml:1:1: the file must be a mapping of keys to values" },
  { "server: {\n", "worker.yaml:2:1: did not find expected node content" },
  { "", "worker.yaml: 'server.admin_token' is required" },
  { "mode: controller\nserver:\n  admin_token: x\n", "worker.yaml: 'mode' is 'controller', but the command is 'worker'" },
};

static void
each_wrong_value_is_refused_with_file_line_and_column (void **unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrongs); i++) {
    g_autoptr (GError) error = NULL;

    assert_null (parse (wrongs[i].text, HN_MODE_WORKER, &error));
    assert_non_null (error);
    assert_int_equal (hn_error_exit_status (error), 78);
    assert_string_equal (error->message, wrongs[i].message);
  }
}

static void
a_switch_is_on_or_off (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) usual = parse ("server: {admin_token: x}\n", HN_MODE_WORKER, &error);
  g_autoptr (HnConfig) off = parse ("server: {admin_token: x}\nupdate: {auto: off}\n", HN_MODE_WORKER, &error);

  assert_null (error);
  assert_true (usual->update_auto);
  assert_false (off->update_auto);
  assert_null (parse ("server: {admin_token: x}\nupdate: {auto: maybe}\n", HN_MODE_WORKER, &error));
  assert_non_null (strstr (error->message, ":2:16: 'update.auto' must be on or off, not 'maybe'"));
}

static void
a_wrong_secret_is_never_repeated (void **unused)
{
  g_autoptr (GError) error = NULL;

  assert_null (parse ("server:\n  admin_token: {hunter2: 1}\n", HN_MODE_WORKER, &error));
  assert_null (strstr (error->message, "hunter2"));
}

static void
aliases_that_blow_up_or_loop_are_refused (void **unused)
{
  g_autoptr (GError) error = NULL;

  assert_null (parse ("moonlight:\n  default_settings: &a\n    x: *a\n", HN_MODE_WORKER, &error));
  assert_non_null (strstr (error->message, "nested deeper than 32"));
}

static void
default_settings_keep_their_types (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = parse ("server: {admin_token: x}\nmoonlight:\n  default_settings: {fps: 60, hdr: false, videoSize: 1080p, "
                                       "scale: 1.5, videoSizeCustom: {width: 1920}}\n",
                                       HN_MODE_WORKER, &error);
  g_autofree char *text = NULL;

  assert_null (error);
  text = json_to_string (config->moonlight_default_settings, FALSE);
  assert_string_equal (text, "{\"fps\":60,\"hdr\":false,\"videoSize\":\"1080p\",\"scale\":1.5,\"videoSizeCustom\":{\"width\":1920}}");
}

static void
the_public_address_comes_from_the_first_turn_url (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = parse ("server: {admin_token: x}\nice_servers:\n  - urls: [\"stun:192.0.2.1:3478\"]\n"
                                       "  - urls: [\"turn:192.0.2.7:3478?transport=udp\"]\n    username: u\n    credential: 1234\n",
                                       HN_MODE_WORKER, &error);
  g_autofree char *ip = NULL;

  assert_null (error);
  ip = hn_config_public_ip (config);
  assert_string_equal (ip, "192.0.2.7");
  assert_string_equal (json_object_get_string_member (json_array_get_object_element (config->ice_servers, 1), "credential"), "1234");
}

static void
the_sample_names_every_option_and_its_sections_once (void **unused)
{
  g_autofree char *sample = hn_config_sample ();
  const char *server = strstr (sample, "\nserver:");

#define OPTION(path, type, field, default_value, min, max, doc) assert_non_null (strstr (sample, doc));
#define OPTION_LIVE OPTION
#include "base/options.h"
#undef OPTION
#undef OPTION_LIVE
  assert_non_null (server);
  assert_null (strstr (server + 1, "\nserver:"));
}

static void
the_sample_with_its_comments_taken_away_is_a_configuration (void **unused)
{
  g_autofree char *sample = hn_config_sample ();
  g_auto (GStrv) lines = g_strsplit (sample, "\n", -1);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = NULL;

  for (guint i = 0; lines[i] != NULL; i++) {
    const char *hash = strstr (lines[i], "# ");
    const char *colon = hash != NULL ? strstr (hash, ": ") : NULL;
    gboolean is_key = colon != NULL && strcspn (hash + 2, " `") == (gsize) (colon - hash - 1);
    gboolean refused = is_key && g_str_has_prefix (hash, "# domain:"); /* not with `listen` */

    if (is_key && !refused)
      g_string_append_printf (text, "%.*s%s\n", (int) (hash - lines[i]), lines[i], hash + 2);
    else if (hash == NULL)
      g_string_append_printf (text, "%s\n", lines[i]);
  }
  config = parse (text->str, HN_MODE_WORKER, &error);
  if (error != NULL)
    print_message ("%s\n%s\n", error->message, text->str);
  assert_null (error);
  assert_string_equal (config->sunshine_username, "sunshine");
  assert_int_equal (config->hydrabody_port, 47991);
  assert_true (hn_config_has_turn (config));
}

static void
what_is_printed_says_where_it_came_from_and_no_secret (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = parse ("server: {admin_token: hunter2, trusted_proxies: [10.0.0.0/8, \"::1\"]}\nsessions:\n  max: 3\n"
                                       "ice_servers: [{urls: [\"turn:x\"], username: u, credential: hunter2}, {urls: [\"stun:x\"]}]\n"
                                       "sunshine: {username: \"a \\\"b\\\" # c\"}\n",
                                       HN_MODE_WORKER, &error);
  g_autofree char *text = NULL;

  assert_null (error);
  text = hn_config_print (config);
  assert_null (strstr (text, "hunter2"));
  assert_non_null (strstr (text, "  listen: \":47990\" # default\n  admin_token: \"***\" # worker.yaml:1:23\n"
                                 "  trusted_proxies: [\"10.0.0.0/8\", \"::1\"] # worker.yaml:1:49\n"));
  assert_non_null (strstr (text, "\nsessions:\n  max: 3 # worker.yaml:3:8\n  port_range_start: 8080 # default\n"));
  assert_non_null (strstr (text, "\"credential\":\"***\"},{\"urls\":[\"stun:x\"],\"username\":\"\",\"credential\":\"\"}] # worker.yaml:4:14\n"));
  assert_non_null (strstr (text, "\n  username: \"a \\\"b\\\" # c\" # worker.yaml:5:22\n"));
}

static void
what_is_printed_is_a_configuration_with_the_same_values (void **unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = parse_seed ("runbook-worker.yaml", HN_MODE_WORKER, &error);
  g_autofree char *text = hn_config_print (config);
  g_autoptr (HnConfig) again = parse (text, HN_MODE_WORKER, &error);
  guint count = 0;
  const HnConfigOption *rows = hn_config_table_rows (&count);

  assert_null (error);
  for (guint i = 0; i < count; i++) {
    g_autofree char *before = hn_config_value_to_text (config, &rows[i]);
    g_autofree char *after = hn_config_value_to_text (again, &rows[i]);

    if (rows[i].type == HN_CONFIG_SECRET)
      assert_true ((before == NULL) == (after == NULL));
    else if (rows[i].type != HN_CONFIG_ICE)
      assert_int_equal (g_strcmp0 (before, after), 0);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_worker_sample_of_the_runbook_parses_unchanged),
    cmocka_unit_test (the_colocated_sample_of_the_runbook_parses_unchanged),
    cmocka_unit_test (the_dev_mode_sample_of_the_runbook_parses_for_both_roles),
    cmocka_unit_test (the_controller_sample_of_the_runbook_parses_unchanged),
    cmocka_unit_test (there_is_one_way_to_a_certificate_and_it_is_whole),
    cmocka_unit_test (an_unknown_key_is_refused_with_its_place_and_the_nearest_name),
    cmocka_unit_test (each_wrong_value_is_refused_with_file_line_and_column),
    cmocka_unit_test (a_switch_is_on_or_off),
    cmocka_unit_test (a_wrong_secret_is_never_repeated),
    cmocka_unit_test (aliases_that_blow_up_or_loop_are_refused),
    cmocka_unit_test (default_settings_keep_their_types),
    cmocka_unit_test (the_public_address_comes_from_the_first_turn_url),
    cmocka_unit_test (the_sample_names_every_option_and_its_sections_once),
    cmocka_unit_test (the_sample_with_its_comments_taken_away_is_a_configuration),
    cmocka_unit_test (what_is_printed_says_where_it_came_from_and_no_secret),
    cmocka_unit_test (what_is_printed_is_a_configuration_with_the_same_values),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
