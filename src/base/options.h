/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every option once. Read as struct fields, as the parser's table and as the commented sample: no include guard.
 * `OPTION_LIVE` is taken up by a running process on SIGHUP, `OPTION` needs a restart. Every SECRET has a twin `<path>_file`.
 * The runbook's keys first in each section; then those that the neighbours force on us, with defaults that fit the runbook.
 *
 *      path                        type      field                      default   min  max       what it is */
OPTION ("mode",                     TEXT,     mode,                      NULL,     0,   0,        "`controller` or `worker`; when given it must agree with the subcommand.")

OPTION ("server.domain",            TEXT,     server_domain,             NULL,     0,   0,        "Public host name, with `:port` if browsers use another than 443: HTTPS with a certificate by ACME.")
OPTION ("server.https_listen",      LISTEN,   server_https_listen,       ":443",   0,   0,        "With `server.domain`: where HTTPS is.")
OPTION ("server.http_listen",       LISTEN,   server_http_listen,        ":80",    0,   0,        "With `server.domain`: where ACME's challenges are answered and all else leads to HTTPS.")
OPTION ("server.acme_dir",          TEXT,     server_acme_dir,           "/var/lib/hydraneckwebrtc-controller/acme", 0, 0, "With `server.domain`: where `acme-renew` keeps account, keys, certificates and challenges.")
OPTION ("server.acme_url",          URL,      server_acme_url,           "https://acme-v02.api.letsencrypt.org/directory", 0, 0, "With `server.domain`: who is asked for certificates.")
OPTION ("server.acme_email",        TEXT,     server_acme_email,         NULL,     0,   0,        "With `server.domain`: whom they may tell about them.")
OPTION ("server.listen",            LISTEN,   server_listen,             NULL,     0,   0,        "`address:port` or `:port` for HTTP, or HTTPS with `server.tls`. A worker's default is `:47990`.")
OPTION_LIVE ("server.admin_token", SECRET,   server_admin_token,        NULL,     0,   0,        "Bearer token of the API.")
OPTION_LIVE ("server.admin_token_previous", SECRET, server_admin_token_previous, NULL, 0, 0,      "The one before: accepted beside it until everybody has the new one.")
OPTION ("server.trusted_proxies",   NETWORKS, server_trusted_proxies,    "",       0,   0,        "Addresses whose X-Forwarded-* fields are believed.")
OPTION ("server.admin_listen",     LISTEN,   server_admin_listen,       "127.0.0.1:9047", 1, 0,    "`address:port` of a controller's dashboard, an origin of its own. Empty: none.")
OPTION ("server.admin_origin",     URL,      server_admin_origin,       NULL,     0,   0,        "What browsers call it, if a proxy stands in front: `https://…`.")
OPTION_LIVE ("server.tls.cert", TEXT,     server_tls_cert,           NULL,     0,   0,        "Certificate chain, PEM file.")
OPTION_LIVE ("server.tls.key", TEXT,     server_tls_key,            NULL,     0,   0,        "Private key, PEM file.")

OPTION ("api.rate_address",         UINT,     api_rate_address,          "600",    1,   1000000,  "Requests a minute from one address without a good token: 429 beyond.")
OPTION ("api.rate_token",           UINT,     api_rate_token,            "60000",  1,   1000000,  "The same with one token.")
OPTION ("api.rate_failures",        UINT,     api_rate_failures,         "30",     1,   1000000,  "Wrong tokens a minute from one address; beyond, none from there is looked at.")

OPTION ("controller.url",           URL,      controller_url,            NULL,     0,   0,        "Where a worker sends its heartbeats.")
OPTION_LIVE ("controller.token", SECRET,   controller_token,          NULL,     0,   0,        "The controller's `server.admin_token`, or what `worker-token` prints.")

OPTION_LIVE ("workers.heartbeat_timeout", DURATION, workers_heartbeat_timeout, "60s",   1,   3600,     "A worker silent for so long is unhealthy.")

OPTION ("worker.id",                WORKER_ID, worker_id,                NULL,     0,   0,        "Name of this worker: up to 64 letters, digits and `._:-`. Default: host name and port.")
OPTION ("worker.url",               URL,      worker_url,                NULL,     0,   0,        "Where the controller reaches this worker. Default: its own address and port.")
OPTION ("worker.public_url",        URL,      worker_public_url,         NULL,     0,   0,        "Where browsers reach this worker directly; used for stream URLs if https.")

OPTION_LIVE ("sessions.max", UINT,     sessions_max,              "15",     1,   1000,     "Sessions at once on this worker.")
OPTION ("sessions.port_range_start", UINT,    sessions_port_range_start, "8080",   1,   65535,    "First HTTP port for moonlight-web-stream processes.")
OPTION_LIVE ("sessions.return_url", URL,      sessions_return_url,       "https://hydraheadwebstream.experiencenet.com", 0, 0, "Where `Start new stream` leads.")
OPTION_LIVE ("sessions.report_url", URL,      sessions_report_url,       "https://issues.experiencenet.com/report", 0, 0, "Where `Report a problem` leads.")
OPTION ("sessions.udp_port_start",  UINT,     sessions_udp_port_start,   "40000",  1024, 65535,   "First media port; 20 for each session.")
OPTION ("sessions.data_dir",        TEXT,     sessions_data_dir,         "/tmp/hydraneckwebrtc-sessions", 0, 0, "Where session directories live.")
OPTION ("sessions.abandon_timeout", DURATION,  sessions_abandon_timeout,  "120s",   1,   86400,    "A session without a page or stream for so long is ended.")

OPTION_LIVE ("sunshine.username", TEXT,     sunshine_username,         "sunshine", 0, 0,        "User of Sunshine's API, unless the request names one.")
OPTION_LIVE ("sunshine.password", SECRET,   sunshine_password,         "sunshine", 0, 0,        "Its password. Default: `sunshine`.")
OPTION ("sunshine.allowed_networks", NETWORKS, sunshine_allowed_networks, "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10", 0, 0, "Where bodies may be.")

OPTION_LIVE ("ice_servers", ICE,      ice_servers,               NULL,     0,   0,        "STUN and TURN servers for the browser and web-server.")

OPTION ("turn.secret",              SECRET,   turn_secret,               NULL,     0,   0,        "Makes credentials that expire and belong to one session, in place of those in ice_servers. Without turn.userdb coturn's static-auth-secret.")
OPTION ("turn.userdb",              TEXT,     turn_userdb,               NULL,     0,   0,        "coturn's SQLite database: each session gets a secret of its own there, gone when it ends.")
OPTION ("turn.realm",               TEXT,     turn_realm,                "hydraneckwebrtc", 0, 0, "coturn's realm, whose secrets those are.")
OPTION_LIVE ("turn.ttl",            DURATION, turn_ttl,                  "5m",     10,  86400,    "How long a credential is good for a new relay; one that is there goes on.")
OPTION ("turn.cli",                 LISTEN,   turn_cli,                  NULL,     0,   0,        "coturn's command line on loopback, `127.0.0.1:5766`: the relays of a session that ends are ended there.")
OPTION ("turn.cli_password",        SECRET,   turn_cli_password,         NULL,     0,   0,        "Its password.")
OPTION ("turn.restart_file",        TEXT,     turn_restart_file,         NULL,     0,   0,        "Written when relays have failed three times running: a path unit may restart coturn then.")

OPTION ("webrtc.public_ip",         ADDRESS,  webrtc_public_ip,          NULL,     0,   0,        "Address of this node as browsers see it. Default: host of the first `turn:` URL.")
OPTION ("webrtc.ice_server_script", TEXT,     webrtc_ice_server_script,  NULL,     0,   0,        "Program that prints ICE servers as JSON at each stream start.")

OPTION ("moonlight.path",           TEXT,     moonlight_path,            "/opt/moonlight-web-stream/web-server", 0, 0, "The web-server program; `streamer` and `static` lie beside it.")
OPTION ("moonlight.default_settings", JSON,   moonlight_default_settings, NULL,    0,   0,        "Defaults of the stream page.")

OPTION ("hydrabody.port",           UINT,     hydrabody_port,            "47991",  1,   65535,    "Port of hydrabody on a body.")
OPTION_LIVE ("hydrabody.token", SECRET,   hydrabody_token,           NULL,     0,   0,        "Its bearer token, if it asks for one.")

OPTION ("nps.url",                  URL,      nps_url,                   NULL,     0,   0,        "Where session records go at session end.")
OPTION_LIVE ("nps.token", SECRET,   nps_token,                 NULL,     0,   0,        "Its bearer token.")

OPTION ("library.url",              URL,      library_url,               NULL,     0,   0,        "Experience library, for ratings.")
OPTION_LIVE ("library.token", SECRET,   library_token,             NULL,     0,   0,        "Its bearer token.")

OPTION ("mic.port",                 UINT,     mic_port,                  "47995",  1,   65535,    "UDP port of hydravoice on a body.")

OPTION ("update.auto",              BOOL,     update_auto,               "on",     0,   0,        "Whether a newer release is looked for and installed by itself; needs a public key.")
OPTION ("update.url",               URL,      update_url,                "https://releases.experiencenet.com", 0, 0, "Release server.")
OPTION ("update.channel",           TEXT,     update_channel,            "production", 0, 0,      "Its channel: `production` or `staging`.")
OPTION ("update.public_key",        TEXT,     update_public_key,         NULL,     0,   0,        "Minisign public key (`RW…`) of the releases, instead of the built-in one.")
OPTION ("update.interval",          DURATION, update_interval,           "6h",     1,   604800,   "How often it is looked for; a quarter of it is left to chance.")
OPTION ("update.defer_limit",       DURATION, update_defer_limit,        "2h",     0,   86400,    "So long an update waits for a moment without sessions; then a worker takes no new ones for as long again.")
OPTION ("update.request_file",      TEXT,     update_request_file,       "/run/hydraneckwebrtc/update-wanted", 0, 0, "Written when the update may begin: the root service that installs it watches this file.")

OPTION_LIVE ("log.level", LOG_LEVEL,      log_level,                 "info",   0,   0,        "debug, info, warning or error; `--log-level` is stronger.")
