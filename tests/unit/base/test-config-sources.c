/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What besides the file gives a value: the environment, files that hold a secret, systemd's credentials; and which of them is stronger. */
#include <string.h>

#include "base/config-environment.h"
#include "base/config-table.h"
#include "base/config.h"
#include "tests/support/unit.h"

#define TOKEN "server: {admin_token: from-file}\n"

/* Files that there are: `/secrets/NAME` holds NAME; `/run/credentials/server-admin_token` and …/nps.token too. */
static char *
read_secret (const char *path, gpointer unused, GError **error)
{
  if (g_str_has_prefix (path, "/secrets/"))
    return g_strdup (path + strlen ("/secrets/"));
  if (g_str_equal (path, "/run/credentials/server-admin_token") || g_str_equal (path, "/run/credentials/nps.token"))
    return g_strdup ("from-systemd");
  if (g_str_equal (path, "/run/credentials/library-token"))
    g_set_error (error, HN_ERROR, HN_ERROR_CONFIG, "'%s' is empty", path);
  else
    g_set_error (error, HN_ERROR, HN_ERROR_NOT_FOUND, "cannot read '%s': No such file or directory", path);
  return NULL;
}

static HnConfig *
read_both (const char *text, const char *const *environment, GError **error)
{
  const HnConfigSources sources = { "worker.yaml", text, strlen (text), environment, read_secret, NULL };

  return hn_config_read (&sources, HN_MODE_WORKER, error);
}

static const char *
origin_of (const HnConfig *config, const char *path)
{
  gboolean is_file = FALSE;

  return config->origins[hn_config_table_index (hn_config_table_find (path, &is_file))];
}

static void
the_environment_is_stronger_than_the_file (void **unused)
{
  static const char *const environment[] = { "HYDRANECK_SERVER_LISTEN=127.0.0.1:1", "HYDRANECK_SESSIONS_MAX=7", "HYDRANECK_SERVER_ADMIN_TOKEN=from-environment",
                                             "HYDRANECK_WORKERS_HEARTBEAT_TIMEOUT=", "PATH=/bin", "HYDRANECK_SUNSHINE_ALLOWED_NETWORKS=10.1.0.0/16,10.2.0.0/16",
                                             "HYDRANECK_ICE_SERVERS=[{\"urls\":[\"turn:192.0.2.7:3478\"],\"username\":\"u\",\"credential_file\":\"/secrets/turn\"}]",
                                             "HYDRANECK_SERVER_TRUSTED_PROXIES=[\"10.0.0.1\"]", "HYDRANECK_MOONLIGHT_DEFAULT_SETTINGS={\"fps\":60}", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = read_both (TOKEN "sessions: {max: 3}\n", environment, &error);
  JsonObject *server;

  assert_null (error);
  assert_string_equal (config->server_listen, "127.0.0.1:1");
  assert_int_equal (config->sessions_max, 7);
  assert_string_equal (config->server_admin_token, "from-environment");
  assert_int_equal (config->workers_heartbeat_timeout, 60 * (gint64) G_USEC_PER_SEC); /* empty is as good as not there */
  assert_int_equal (config->sunshine_allowed_networks->len, 2);
  assert_int_equal (config->server_trusted_proxies->len, 1);
  server = json_array_get_object_element (config->ice_servers, 0);
  assert_string_equal (json_object_get_string_member (server, "credential"), "turn");
  assert_non_null (config->moonlight_default_settings);
  assert_string_equal (origin_of (config, "sessions.max"), "HYDRANECK_SESSIONS_MAX");
  assert_null (origin_of (config, "workers.heartbeat_timeout"));
}

static void
a_secret_may_stand_in_a_file_of_its_own (void **unused)
{
  static const char *const environment[] = { "HYDRANECK_NPS_TOKEN_FILE=/secrets/nps", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config =
      read_both ("server:\n  admin_token_file: /secrets/admin\nice_servers:\n  - urls: [\"turn:192.0.2.7\"]\n    credential_file: /secrets/turn\n",
                 environment, &error);
  JsonObject *server;

  assert_null (error);
  assert_string_equal (config->server_admin_token, "admin");
  assert_string_equal (config->nps_token, "nps");
  server = json_array_get_object_element (config->ice_servers, 0);
  assert_string_equal (json_object_get_string_member (server, "credential"), "turn");
  assert_false (json_object_has_member (server, "credential_file"));
  assert_string_equal (origin_of (config, "server.admin_token"), "/secrets/admin (worker.yaml:2:21)");
  assert_string_equal (origin_of (config, "nps.token"), "/secrets/nps (HYDRANECK_NPS_TOKEN_FILE)");
}

static void
a_credential_of_systemd_counts_where_nothing_else_gives_the_secret (void **unused)
{
  static const char *const environment[] = { "CREDENTIALS_DIRECTORY=/run/credentials", NULL };
  static const char *const broken[] = { "CREDENTIALS_DIRECTORY=/run/credentials", "HYDRANECK_LIBRARY_URL=http://x", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = read_both ("library: {token: here}\n", environment, &error);
  g_autoptr (HnConfig) other = NULL;

  assert_null (error);
  assert_string_equal (config->server_admin_token, "from-systemd");
  assert_string_equal (config->nps_token, "from-systemd");
  assert_string_equal (config->library_token, "here");
  assert_string_equal (config->sunshine_password, "sunshine");
  assert_string_equal (origin_of (config, "server.admin_token"), "credential server-admin_token");
  assert_null (read_both (TOKEN, broken, &error));
  assert_hn_error (error, HN_ERROR_CONFIG, "credential library-token: '/run/credentials/library-token' is empty");
  g_clear_error (&error);
  other = read_both (TOKEN "library: {token: here}\n", broken, &error);
  assert_null (error);
  assert_string_equal (other->server_admin_token, "from-file");
}

typedef struct {
  const char *text;
  const char *variable;
  const char *message;
} Wrong;

static const Wrong wrongs[] = {
  { "server:\n  admin_token: a\n  admin_token_file: /secrets/a\n", NULL,
    "worker.yaml:3:3: 'server.admin_token' and 'server.admin_token_file' are both given" },
  { "server:\n  admin_token_file: /secrets/a\n  admin_token: a\n", NULL,
    "worker.yaml:3:3: 'server.admin_token' and 'server.admin_token_file' are both given" },
  { "server:\n  admin_token_file: /secrets/a\n  admin_token_file: /secrets/a\n", NULL, "worker.yaml:3:3: 'server.admin_token_file' is given twice" },
  { "server:\n  admin_token_file: secrets/a\n", NULL, "worker.yaml:2:21: 'server.admin_token_file' must be an absolute path" },
  { "server:\n  admin_token_file: [a]\n", NULL, "worker.yaml:2:21: 'server.admin_token_file' must be an absolute path" },
  { "server:\n  admin_token_file: /none\n", NULL,
    "worker.yaml:2:21: 'server.admin_token_file': cannot read '/none': No such file or directory" },
  { "server:\n  admin_token_fiel: /secrets/a\n", NULL,
    "worker.yaml:2:3: unknown key 'server.admin_token_fiel', did you mean 'server.admin_token_file'?" },
  { "server:\n  listen_file: /secrets/a\n", NULL, "worker.yaml:2:3: unknown key 'server.listen_file', did you mean 'server.listen'?" },
  { "ice_servers:\n  - urls: [\"turn:x\"]\n    credential: a\n    credential_file: /secrets/a\n", NULL,
    "worker.yaml:4:22: 'credential' and 'credential_file' of 'ice_servers' are both given" },
  { "ice_servers:\n  - urls: [\"turn:x\"]\n    credential_file: /none\n", NULL,
    "worker.yaml:3:22: 'credential_file' of 'ice_servers': cannot read '/none': No such file or directory" },
  { TOKEN, "HYDRANECK_SESSIONS_MAX=many", "environment: HYDRANECK_SESSIONS_MAX must be a whole number from 1 to 1000" },
  { TOKEN, "HYDRANECK_SERVER_LISTEN=8080", "environment: HYDRANECK_SERVER_LISTEN must be address:port or :port" },
  { TOKEN, "HYDRANECK_LOG_LEVEL=loud", "environment: HYDRANECK_LOG_LEVEL must be debug, info, warning or error" },
  { TOKEN, "HYDRANECK_SUNSHINE_USERNAME=\xff", "environment: HYDRANECK_SUNSHINE_USERNAME must be UTF-8" },
  { TOKEN, "HYDRANECK_ICE_SERVERS=[{\"urls\":[\"http:x\"]}]",
    "HYDRANECK_ICE_SERVERS:1:2: entry 1 of 'ice_servers' has a URL that is not stun:, stuns:, turn: or turns:" },
  { TOKEN, "HYDRANECK_ICE_SERVERS=[{", "HYDRANECK_ICE_SERVERS:2:1: did not find expected node content" },
  { TOKEN, "HYDRANECK_NPS_TOKEN_FILE=nps", "environment: HYDRANECK_NPS_TOKEN_FILE: must be an absolute path" },
  { TOKEN, "HYDRANECK_NPS_TOKEN_FILE=/none", "environment: HYDRANECK_NPS_TOKEN_FILE: cannot read '/none': No such file or directory" },
  { TOKEN, "HYDRANECK_SEVRER_LISTEN=:1", "environment: unknown option 'HYDRANECK_SEVRER_LISTEN', did you mean 'HYDRANECK_SERVER_LISTEN'?" },
  { TOKEN, "HYDRANECK_SESSIONS_MAXIMUM=1", "environment: unknown option 'HYDRANECK_SESSIONS_MAXIMUM', did you mean 'HYDRANECK_SESSIONS_MAX'?" },
  { TOKEN, "HYDRANECK_NPS_TOKEN_FIEL=/x", "environment: unknown option 'HYDRANECK_NPS_TOKEN_FIEL', did you mean 'HYDRANECK_NPS_TOKEN_FILE'?" },
};

static void
each_wrong_source_is_refused_with_its_place (void **unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrongs); i++) {
    const char *const environment[] = { wrongs[i].variable, NULL };
    g_autoptr (GError) error = NULL;

    assert_null (read_both (wrongs[i].text, environment, &error));
    assert_non_null (error);
    assert_int_equal (hn_error_exit_status (error), 78);
    assert_string_equal (error->message, wrongs[i].message);
  }
}

static void
a_value_and_its_file_may_not_both_stand_in_the_environment (void **unused)
{
  static const char *const environment[] = { "HYDRANECK_NPS_TOKEN=a", "HYDRANECK_NPS_TOKEN_FILE=/secrets/a", NULL };
  g_autoptr (GError) error = NULL;

  assert_null (read_both (TOKEN, environment, &error));
  assert_hn_error (error, HN_ERROR_CONFIG, "environment: HYDRANECK_NPS_TOKEN and HYDRANECK_NPS_TOKEN_FILE are both given");
}

static void
what_our_other_programs_read_is_let_be (void **unused)
{
  static const char *const environment[] = { "HYDRANECK_TIME_SCALE=1", "HYDRANECK_BUILD=/x", "HYDRANECK_DOT_DIR=/x", "HYDRANECK_LONG=1", "HYDRANECK_KEEP=1",
                                             "HYDRANECK_SIM_FAULT=x", "HYDRANECK_SIM_STATIC=/x", "HYDRANECK_WIREGUARD_DIR=/x", "HYDRANECK_SEED=1",
                                             "HYDRANECK_SHOTS=/x", "HYDRANECK_SESSION_OF=x", "HYDRANECK_MUTANTS=1", "HYDRANECK_BOUNDS=1",
                                             "HYDRANECK_BENCH_BUILD=/x", "HYDRANECK_SOMETHING_ELSE=1", "HYDRA=1", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (HnConfig) config = read_both (TOKEN, environment, &error);

  assert_null (error);
  assert_non_null (config);
}

static void
no_two_options_share_a_name_in_the_environment (void **unused)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint count = 0;
  const HnConfigOption *rows = hn_config_table_rows (&count);

  for (guint i = 0; i < count; i++) {
    assert_true (g_hash_table_add (names, hn_config_environment_name (rows[i].path)));
    if (rows[i].type == HN_CONFIG_SECRET) {
      g_autofree char *name = hn_config_environment_name (rows[i].path);

      assert_true (g_hash_table_add (names, g_strconcat (name, "_FILE", NULL)));
    }
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_environment_is_stronger_than_the_file),
    cmocka_unit_test (a_secret_may_stand_in_a_file_of_its_own),
    cmocka_unit_test (a_credential_of_systemd_counts_where_nothing_else_gives_the_secret),
    cmocka_unit_test (each_wrong_source_is_refused_with_its_place),
    cmocka_unit_test (a_value_and_its_file_may_not_both_stand_in_the_environment),
    cmocka_unit_test (what_our_other_programs_read_is_let_be),
    cmocka_unit_test (no_two_options_share_a_name_in_the_environment),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
