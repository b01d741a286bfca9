/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What rooms and mesh read besides the file: names of others in the environment and in a file of lines. */
#include "base/config.h"

#include <string.h>

#include "base/clock.h"
#include "base/config-print.h"
#include "tests/support/unit.h"

#define SECRET "SECRET_KEY=k9Wq-long-enough"

/* All but the mode may be NULL. */
typedef struct {
  HnMode mode;
  const char *yaml;
  const char *const *environment;
  const char *env_text;
  const char *host, *port;
} Given;

static HnConfig *
read_given (const Given *given, GError **error)
{
  const HnConfigSources sources = {
    .file = "rooms.yaml",
    .text = given->yaml != NULL ? given->yaml : "",
    .length = given->yaml != NULL ? strlen (given->yaml) : 0,
    .environment = given->environment,
    .env_file = given->env_text != NULL ? ".sbd" : NULL,
    .env_text = given->env_text,
    .env_length = given->env_text != NULL ? strlen (given->env_text) : 0,
    .host = given->host,
    .port = given->port,
  };

  return hn_config_read (&sources, given->mode, error);
}

static HnConfig *
good (const Given *given)
{
  g_autoptr (GError) error = NULL;
  HnConfig *config = read_given (given, &error);

  if (error != NULL)
    print_message ("%s\n", error->message);
  assert_non_null (config);
  return config;
}

static void
assert_refused (const Given *given, const char *message)
{
  GError *error = NULL;

  assert_null (read_given (given, &error));
  assert_hn_error (error, HN_ERROR_CONFIG, message);
}

static void
rooms_need_nothing_but_a_secret (void **unused)
{
  static const char *const environment[] = { SECRET, NULL };
  g_autoptr (HnConfig) config = good (&(Given){ .mode = HN_MODE_ROOMS, .environment = environment });

  assert_string_equal (config->server_listen, "127.0.0.1:8000");
  assert_string_equal (config->tokens_secret, "k9Wq-long-enough");
  assert_string_equal (config->tokens_algorithm, "HS256");
  assert_string_equal (config->rooms_stun_urls[0], "stun:stun.l.google.com:19302");
  assert_string_equal (config->rooms_stun_urls[1], "stun:stun1.l.google.com:19302");
  assert_null (config->rooms_stun_urls[2]);
  assert_null (config->rooms_turn_urls[0]);
  assert_string_equal (config->rooms_ice_transport_policy, "all");
  assert_string_equal (config->rooms_bundle_policy, "balanced");
  assert_string_equal (config->rooms_rtcp_mux_policy, "require");
  assert_int_equal (config->rooms_presence_ttl, hn_seconds (30));
  assert_int_equal (config->rooms_max_participants, 50);
  assert_int_equal (config->rooms_grace, 0);
  assert_int_equal (config->websocket_ping, hn_seconds (25));
  assert_false (config->rooms_debug);
  assert_null (hn_config_redis (config));
}

static void
mesh_needs_nothing_at_all (void **unused)
{
  g_autoptr (HnConfig) config = good (&(Given){ .mode = HN_MODE_MESH });

  assert_string_equal (config->server_listen, ":8443");
  assert_string_equal (config->mesh_auth, "none");
}

/* The lines of the seed, comments included. */
static void
the_seeds_lines_are_read (void **unused)
{
  static const char *const lines = "# STUN servers (comma-separated)\n"
                                   "WEBRTC_STUN_URLS=stun:stun.l.google.com:19302, stun:stun1.l.google.com:19302\n\n"
                                   "WEBRTC_TURN_URLS=turn:turn.example.com:3478\n"
                                   "WEBRTC_TURN_USERNAME=your_username\n"
                                   "WEBRTC_TURN_CREDENTIAL=your_password\n"
                                   "WEBRTC_ICE_TRANSPORT_POLICY=relay  # or \"relay\" to force TURN\n"
                                   "WEBRTC_BUNDLE_POLICY=max-bundle\n"
                                   "WEBRTC_RTCP_MUX_POLICY=negotiate\n"
                                   "WEBRTC_ROOM_PRESENCE_TTL=31  # Heartbeat timeout in seconds\n"
                                   "WEBRTC_MAX_PARTICIPANTS_PER_ROOM=51\n"
                                   "MONGODB_URL=mongodb://somebody/else\n"
                                   "DEBUG=True\n" SECRET "\nSECRET_KEY_PREVIOUS=older-one\nALGORITHM=HS512\nHOST=0.0.0.0\nPORT=8001\n"
                                   "CORS_ORIGINS=https://a.example,https://b.example\nREDIS_HOST=redis\nREDIS_PORT=6380\nREDIS_DB=2\nREDIS_PASSWORD=pw\n";
  g_autoptr (HnConfig) config = good (&(Given){ .mode = HN_MODE_ROOMS, .env_text = lines });
  g_autoptr (HnRedisUrl) redis = hn_config_redis (config);
  g_autofree char *printed = hn_config_print (config);

  assert_string_equal (config->rooms_stun_urls[1], "stun:stun1.l.google.com:19302");
  assert_string_equal (config->rooms_turn_urls[0], "turn:turn.example.com:3478");
  assert_string_equal (config->rooms_turn_username, "your_username");
  assert_string_equal (config->rooms_turn_credential, "your_password");
  assert_string_equal (config->rooms_ice_transport_policy, "relay");
  assert_string_equal (config->rooms_bundle_policy, "max-bundle");
  assert_string_equal (config->rooms_rtcp_mux_policy, "negotiate");
  assert_int_equal (config->rooms_presence_ttl, hn_seconds (31));
  assert_int_equal (config->rooms_max_participants, 51);
  assert_true (config->rooms_debug);
  assert_string_equal (config->tokens_secret_previous, "older-one");
  assert_string_equal (config->tokens_algorithm, "HS512");
  assert_string_equal (config->server_listen, "0.0.0.0:8001");
  assert_string_equal (config->rooms_cors_origins[1], "https://b.example");
  assert_string_equal (redis->host, "redis");
  assert_int_equal (redis->port, 6380);
  assert_int_equal (redis->db, 2);
  assert_string_equal (redis->password, "pw");
  assert_non_null (strstr (printed, "max_participants: 51 # .sbd:11 (WEBRTC_MAX_PARTICIPANTS_PER_ROOM)\n"));
  assert_non_null (strstr (printed, "cors_origins: [\"https://a.example\", \"https://b.example\"]"));
  assert_non_null (strstr (printed, "bundle_policy: \"max-bundle\""));
  assert_null (strstr (printed, "your_password"));
}

static void
the_seeds_of_mesh_are_read (void **unused)
{
  static const char *const environment[] = { "PORT=9443", "HOST=::1", "REDIS_URL=redis://redis:6379", "WITNESS_LOGGER_URL=http://witness:9000", "TLS_CERT_PATH=/c.pem",
                                             "TLS_KEY_PATH=/k.pem", "IF_WITNESS_API_KEY=key", NULL };
  g_autoptr (HnConfig) config = good (&(Given){ .mode = HN_MODE_MESH, .environment = environment });
  g_autoptr (HnRedisUrl) redis = hn_config_redis (config);

  assert_string_equal (config->server_listen, "[::1]:9443");
  assert_string_equal (redis->host, "redis");
  assert_string_equal (config->mesh_witness_url, "http://witness:9000");
  assert_string_equal (config->mesh_witness_api_key, "key");
  assert_string_equal (config->server_tls_cert, "/c.pem");
  assert_string_equal (config->server_tls_key, "/k.pem");
}

static void
what_is_stronger_counts (void **unused)
{
  static const char *const weak[] = { SECRET, "WEBRTC_MAX_PARTICIPANTS_PER_ROOM=3", NULL };
  static const char *const strong[] = { SECRET, "WEBRTC_MAX_PARTICIPANTS_PER_ROOM=3", "HYDRANECK_ROOMS_MAX_PARTICIPANTS=4", NULL };
  Given given = { .mode = HN_MODE_ROOMS, .env_text = SECRET "\nWEBRTC_MAX_PARTICIPANTS_PER_ROOM=1\n" };
  g_autoptr (HnConfig) line = good (&given);
  g_autoptr (HnConfig) file = NULL;
  g_autoptr (HnConfig) name = NULL;
  g_autoptr (HnConfig) own = NULL;

  assert_int_equal (line->rooms_max_participants, 1);
  given.yaml = "rooms: {max_participants: 2}\n";
  file = good (&given);
  assert_int_equal (file->rooms_max_participants, 2);
  given.environment = weak;
  name = good (&given);
  assert_int_equal (name->rooms_max_participants, 3);
  given.environment = strong;
  own = good (&given);
  assert_int_equal (own->rooms_max_participants, 4);
}

static void
where_to_listen_comes_in_halves (void **unused)
{
  static const struct {
    const char *line, *yaml, *variable, *own, *host, *port, *listen;
  } rows[] = {
    { "PORT=1", NULL, NULL, NULL, NULL, NULL, "127.0.0.1:1" },
    { "HOST=0.0.0.0", NULL, NULL, NULL, NULL, NULL, "0.0.0.0:8000" },
    { "PORT=1", "server: {listen: \":2\"}", NULL, NULL, NULL, NULL, ":2" },
    { NULL, "server: {listen: \":2\"}", "PORT=3", NULL, NULL, NULL, ":3" },
    { NULL, "server: {listen: \"1.2.3.4:2\"}", "HOST=localhost", NULL, NULL, NULL, "127.0.0.1:2" },
    { NULL, NULL, "PORT=3", "HYDRANECK_SERVER_LISTEN=1.2.3.4:4", NULL, NULL, "1.2.3.4:4" },
    { NULL, NULL, "PORT=3", "HYDRANECK_SERVER_LISTEN=1.2.3.4:4", "5.6.7.8", NULL, "5.6.7.8:4" },
    { NULL, NULL, "PORT=3", NULL, "::", "5", "[::]:5" },
    { NULL, NULL, "HOST=my-machine", NULL, "127.0.0.1", NULL, "127.0.0.1:8000" },
    { "PORT=x", NULL, NULL, NULL, NULL, "5", "127.0.0.1:5" },
    { NULL, NULL, "PORT=", NULL, NULL, NULL, "127.0.0.1:8000" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const char *environment[] = { SECRET, rows[i].variable != NULL ? rows[i].variable : rows[i].own, rows[i].variable != NULL ? rows[i].own : NULL, NULL };
    g_autoptr (HnConfig) config = good (&(Given){ HN_MODE_ROOMS, rows[i].yaml, environment, rows[i].line, rows[i].host, rows[i].port });

    assert_string_equal (config->server_listen, rows[i].listen);
  }
}

static void
wrong_values_are_refused_with_their_place (void **unused)
{
  static const struct {
    const char *line, *message;
  } rows[] = {
    { "WEBRTC_BUNDLE_POLICY=max", "WEBRTC_BUNDLE_POLICY must be one of balanced/max-compat/max-bundle, not 'max'" },
    { "WEBRTC_MAX_PARTICIPANTS_PER_ROOM=0", "WEBRTC_MAX_PARTICIPANTS_PER_ROOM must be a whole number from 1 to 100000, not '0'" },
    { "WEBRTC_ROOM_PRESENCE_TTL=0", "WEBRTC_ROOM_PRESENCE_TTL must be a duration such as 500ms, 30s or 5m, from 100ms to 3600s, not '0'" },
    { "DEBUG=perhaps", "DEBUG must be on or off, not 'perhaps'" },
    { "ALGORITHM=none", "ALGORITHM must be one of HS256/HS384/HS512, not 'none'" },
    { "WEBRTC_STUN_URLS=a,,b", "WEBRTC_STUN_URLS must be texts separated by commas, not 'a,,b'" },
    { "WEBRTC_STUN_URL=stun:a", "unknown name 'WEBRTC_STUN_URL', did you mean 'WEBRTC_STUN_URLS'?" },
    { "PORT=65536", "PORT must be a whole number from 1 to 65535" },
    { "HOST=my-machine", "HOST must be an IP address of this machine, or localhost" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const char *const environment[] = { SECRET, rows[i].line, NULL };
    g_autofree char *lines = g_strconcat (SECRET, "\n", rows[i].line, NULL);
    g_autofree char *in_environment = g_strconcat ("environment: ", rows[i].message, NULL);
    g_autofree char *in_file = g_strconcat (".sbd:2: ", rows[i].message, NULL);

    assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .environment = environment }, in_environment);
    assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .env_text = lines }, in_file);
  }
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .env_text = "HYDRANECK_LOG_LEVEL=debug" },
                  ".sbd:1: HYDRANECK_LOG_LEVEL belongs into the environment, or without its prefix into the configuration");
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .env_text = "oops" }, ".sbd:1: is no KEY=value");
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .port = "x" }, "command line: PORT must be a whole number from 1 to 65535");
}

static void
a_wrong_secret_is_not_shown (void **unused)
{
  static const char *const environment[] = { "SECRET_KEY=\xff\xfe", NULL };

  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .environment = environment }, "environment: SECRET_KEY must be UTF-8");
}

static void
placeholders_are_no_secrets (void **unused)
{
  static const struct {
    const char *yaml, *message;
  } rows[] = {
    { "", "rooms.yaml: 'tokens.secret' (SECRET_KEY) is required: what users' tokens are signed with" },
    { "tokens: {secret: your-secret-CHANGEme}", "rooms.yaml:1:18: 'tokens.secret' holds 'change', as placeholders do: make a secret of your own" },
    { "tokens: {secret: a0000b}", "rooms.yaml:1:18: 'tokens.secret' holds '0000', as placeholders do: make a secret of your own" },
    { "tokens: {secret: fine, secret_previous: change}", "rooms.yaml:1:41: 'tokens.secret_previous' holds 'change', as placeholders do: make a secret of your own" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GError *error = NULL;

    assert_null (read_given (&(Given){ .mode = HN_MODE_ROOMS, .yaml = rows[i].yaml }, &error));
    assert_string_equal (hn_error_detail (error), "openssl rand -base64 48");
    assert_hn_error (error, HN_ERROR_CONFIG, rows[i].message);
  }
  assert_refused (&(Given){ .mode = HN_MODE_MESH, .yaml = "mesh: {auth: token}" },
                  "rooms.yaml: 'tokens.secret' (SECRET_KEY) is required: what users' tokens are signed with");
}

static void
an_empty_secret_counts_as_none (void **unused)
{
  static const char *const environment[] = { "SECRET_KEY=", NULL };

  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .environment = environment },
                  "rooms.yaml: 'tokens.secret' (SECRET_KEY) is required: what users' tokens are signed with");
}

static void
what_contradicts_itself_is_refused (void **unused)
{
  static const struct {
    const char *rooms, *message;
  } rows[] = {
    { "{turn_username: a}", "'rooms.turn_username' and 'rooms.turn_credential' belong together" },
    { "{turn_credential: a}", "'rooms.turn_username' and 'rooms.turn_credential' belong together" },
    { "{turn_username: a, turn_credential: b}", "'rooms.turn_username' and 'rooms.turn_secret' need 'rooms.turn_urls'" },
    { "{turn_secret: a}", "'rooms.turn_username' and 'rooms.turn_secret' need 'rooms.turn_urls'" },
    { "{turn_urls: [\"turn:a\"], turn_username: a, turn_credential: b, turn_secret: c}",
      "'rooms.turn_secret' makes names and credentials: remove 'rooms.turn_username' and 'rooms.turn_credential'" },
    { "{turn_urls: [\"turn:a\"]}",
      "'rooms.turn_urls' needs 'rooms.turn_secret', or 'rooms.turn_username' and 'rooms.turn_credential': browsers refuse a TURN server without" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *yaml = g_strconcat ("tokens: {secret: s}\nrooms: ", rows[i].rooms, "\n", NULL);
    g_autofree char *message = g_strconcat ("rooms.yaml: ", rows[i].message, NULL);

    assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = yaml }, message);
  }
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "tokens: {secret: s}\nrooms: {stun_urls: [\"http://a\"]}" },
                  "rooms.yaml:2:20: 'rooms.stun_urls' must be URLs such as stun:host:3478, not 'http://a'");
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "tokens: {secret: s}\nredis: {url: \"rediss://h\"}" },
                  "rooms.yaml:2:14: 'redis.url' must not be rediss://: let stunnel speak TLS to Redis, and name where it listens by redis://");
  assert_refused (&(Given){ .mode = HN_MODE_MESH, .yaml = "server: {tls: {cert: a}}" }, "rooms.yaml:1:22: 'server.tls.cert' needs 'server.tls.key'");
}

static void
a_wrong_turn_url_is_refused (void **unused)
{
  g_autoptr (GError) error = NULL;

  assert_null (read_given (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "tokens: {secret: s}\nrooms: {turn_urls: [\"stun:a\"], turn_secret: s}" }, &error));
  assert_true (g_str_has_prefix (error->message, "rooms.yaml:2:20: 'rooms.turn_urls': "));
}

static void
no_stun_server_at_all_means_the_two_that_everybody_knows (void **unused)
{
  static const char *const empty[] = { SECRET, "WEBRTC_STUN_URLS=", NULL };
  static const char *const turn[] = { SECRET, "WEBRTC_STUN_URLS= ", "WEBRTC_TURN_URLS=turn:a", "WEBRTC_TURN_SECRET=s", NULL };
  g_autoptr (HnConfig) without_turn = good (&(Given){ .mode = HN_MODE_ROOMS, .environment = empty });
  g_autoptr (HnConfig) with_turn = good (&(Given){ .mode = HN_MODE_ROOMS, .environment = turn });
  g_autoptr (HnConfig) meant = good (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "tokens: {secret: s}\nrooms: {stun_urls: []}" });

  assert_int_equal (g_strv_length (without_turn->rooms_stun_urls), 2);
  assert_int_equal (g_strv_length (with_turn->rooms_stun_urls), 0);
  assert_int_equal (g_strv_length (meant->rooms_stun_urls), 0);
}

static void
the_first_of_two_names_counts (void **unused)
{
  static const char *const environment[] = { SECRET, "REDIS_STORAGE_URI=redis://second", "REDIS_URL=redis://first", "REDIS_HOST=third", NULL };
  static const char *const other[] = { SECRET, "REDIS_STORAGE_URI=redis://second", NULL };
  g_autoptr (HnConfig) config = good (&(Given){ .mode = HN_MODE_ROOMS, .environment = environment });
  g_autoptr (HnConfig) config_of_other = good (&(Given){ .mode = HN_MODE_ROOMS, .environment = other });
  g_autoptr (HnRedisUrl) first = hn_config_redis (config);
  g_autoptr (HnRedisUrl) second = hn_config_redis (config_of_other);

  assert_string_equal (first->host, "first");
  assert_string_equal (second->host, "second");
}

static void
other_modes_do_not_know_those_names (void **unused)
{
  static const char *const environment[] = { "PORT=1", "HOST=nonsense", "DEBUG=perhaps", "REDIS_URL=x", "WEBRTC_STUN_URL=x", NULL };
  Given given = { .mode = HN_MODE_WORKER, .yaml = "server: {admin_token: x}\n", .environment = environment, .env_text = "PORT=2" };
  g_autoptr (HnConfig) worker = good (&given);
  g_autoptr (HnConfig) mesh = NULL;
  static const char *const of_rooms[] = { "WEBRTC_MAX_PARTICIPANTS_PER_ROOM=x", "WEBRTC_STUN_URL=x", "CORS_ORIGINS=,", NULL };

  assert_string_equal (worker->server_listen, ":47990");
  mesh = good (&(Given){ .mode = HN_MODE_MESH, .environment = of_rooms });
  assert_int_equal (mesh->rooms_max_participants, 50);
}

static void
periods_and_lists_are_read_from_yaml (void **unused)
{
  g_autoptr (HnConfig) config = good (&(Given){ .mode = HN_MODE_ROOMS,
                                                .yaml = "tokens: {secret: s}\nwebsocket: {ping: 50ms, pong: 2m, allowed_origins: [\"https://a\", \"https://b\"]}\n"
                                                        "rooms: {cors_origins: \"https://c , https://d\", dialect: hyphen}" });
  g_autofree char *printed = hn_config_print (config);

  assert_int_equal (config->websocket_ping, 50000);
  assert_int_equal (config->websocket_pong, hn_seconds (120));
  assert_string_equal (config->websocket_allowed_origins[1], "https://b");
  assert_string_equal (config->rooms_cors_origins[0], "https://c");
  assert_string_equal (config->rooms_cors_origins[1], "https://d");
  assert_string_equal (config->rooms_dialect, "hyphen");
  assert_non_null (strstr (printed, "ping: 50ms # rooms.yaml:2:19\n"));
  assert_non_null (strstr (printed, "pong: 2m # "));
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "websocket: {ping: 9ms}" },
                  "rooms.yaml:1:19: 'websocket.ping' must be a duration such as 500ms, 30s or 5m, from 10ms to 3600s, not '9ms'");
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "websocket: {ping: 9}" },
                  "rooms.yaml:1:19: 'websocket.ping' must be a duration such as 500ms, 30s or 5m, from 10ms to 3600s, not '9'");
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "rooms: {dialect: x}" }, "rooms.yaml:1:18: 'rooms.dialect' must be one of underscore/hyphen, not 'x'");
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "rooms: {cors_origins: [a, [b]]}" },
                  "rooms.yaml:1:27: 'rooms.cors_origins' must be a list of texts without commas");
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "rooms: {cors_origins: [\"a,b\"]}" },
                  "rooms.yaml:1:24: 'rooms.cors_origins' must be a list of texts without commas");
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "rooms: {cors_origins: {a: b}}" }, "rooms.yaml:1:23: 'rooms.cors_origins' must be a list of texts");
}

static void
lists_of_the_environment_are_plain_or_json (void **unused)
{
  static const char *const plain[] = { SECRET, "HYDRANECK_ROOMS_CORS_ORIGINS=https://a, https://b", NULL };
  static const char *const json[] = { SECRET, "HYDRANECK_ROOMS_CORS_ORIGINS=[\"https://a\",\"https://b\"]", NULL };
  g_autoptr (HnConfig) one = good (&(Given){ .mode = HN_MODE_ROOMS, .environment = plain });
  g_autoptr (HnConfig) other = good (&(Given){ .mode = HN_MODE_ROOMS, .environment = json });

  assert_int_equal (g_strv_length (one->rooms_cors_origins), 2);
  assert_string_equal (one->rooms_cors_origins[1], "https://b");
  assert_string_equal (other->rooms_cors_origins[1], "https://b");
}

static void
modes_have_names (void **unused)
{
  HnMode mode = HN_MODE_WORKER;
  const HnConfigSources sources = { .file = "x", .text = "mode: mesh", .length = strlen ("mode: mesh") };

  assert_true (hn_config_mode_from_text ("rooms", &mode));
  assert_int_equal (mode, HN_MODE_ROOMS);
  assert_string_equal (hn_config_mode_name (HN_MODE_MESH), "mesh");
  assert_false (hn_config_mode_from_text ("room", &mode));
  assert_true (hn_config_guess_mode (&sources, &mode, NULL));
  assert_int_equal (mode, HN_MODE_MESH);
  assert_refused (&(Given){ .mode = HN_MODE_ROOMS, .yaml = "mode: mesh" }, "rooms.yaml: 'mode' is 'mesh', but the command is 'rooms'");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (rooms_need_nothing_but_a_secret),
    cmocka_unit_test (mesh_needs_nothing_at_all),
    cmocka_unit_test (the_seeds_lines_are_read),
    cmocka_unit_test (the_seeds_of_mesh_are_read),
    cmocka_unit_test (what_is_stronger_counts),
    cmocka_unit_test (where_to_listen_comes_in_halves),
    cmocka_unit_test (wrong_values_are_refused_with_their_place),
    cmocka_unit_test (a_wrong_secret_is_not_shown),
    cmocka_unit_test (placeholders_are_no_secrets),
    cmocka_unit_test (an_empty_secret_counts_as_none),
    cmocka_unit_test (what_contradicts_itself_is_refused),
    cmocka_unit_test (a_wrong_turn_url_is_refused),
    cmocka_unit_test (no_stun_server_at_all_means_the_two_that_everybody_knows),
    cmocka_unit_test (the_first_of_two_names_counts),
    cmocka_unit_test (other_modes_do_not_know_those_names),
    cmocka_unit_test (periods_and_lists_are_read_from_yaml),
    cmocka_unit_test (lists_of_the_environment_are_plain_or_json),
    cmocka_unit_test (modes_have_names),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
