/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every option once. Read as struct fields, as the parser's table and as the commented sample: no include guard.
 * `OPTION_LIVE` is taken up by a running process on SIGHUP, `OPTION` needs a restart. Every SECRET has a twin `<path>_file`.
 * The runbook's keys first in each section; then those that the neighbours force on us, with defaults that fit the runbook.
 *
 *      path                        type      field                      default   min  max       what it is */
OPTION ("mode",                     TEXT,     mode,                      NULL,     0,   0,        "`controller`, `worker`, `rooms` or `mesh`; when given it must agree with the subcommand.")

OPTION ("server.domain",            TEXT,     server_domain,             NULL,     0,   0,        "Public host name, with `:port` if browsers use another than 443: HTTPS with a certificate by ACME.")
OPTION ("server.https_listen",      LISTEN,   server_https_listen,       ":443",   0,   0,        "With `server.domain`: where HTTPS is.")
OPTION ("server.http_listen",       LISTEN,   server_http_listen,        ":80",    0,   0,        "With `server.domain`: where ACME's challenges are answered and all else leads to HTTPS.")
OPTION ("server.acme_dir",          TEXT,     server_acme_dir,           "/var/lib/hydraneckwebrtc-controller/acme", 0, 0, "With `server.domain`: where `acme-renew` keeps account, keys, certificates and challenges.")
OPTION ("server.acme_url",          URL,      server_acme_url,           "https://acme-v02.api.letsencrypt.org/directory", 0, 0, "With `server.domain`: who is asked for certificates.")
OPTION ("server.acme_email",        TEXT,     server_acme_email,         NULL,     0,   0,        "With `server.domain`: whom they may tell about them.")
OPTION ("server.listen",            LISTEN,   server_listen,             NULL,     0,   0,        "`address:port` or `:port` for HTTP, or HTTPS with `server.tls`. A worker's default is `:47990`, that of rooms `127.0.0.1:8000`, of mesh `:8443`.")
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

OPTION_LIVE ("tokens.secret",       SECRET,   tokens_secret,             NULL,     0,   0,        "What users' JSON web tokens are signed with; rooms, and mesh with `auth: token`.")
OPTION_LIVE ("tokens.secret_previous", SECRET, tokens_secret_previous,   NULL,     0,   0,        "The one before: accepted beside it until the last token of it has expired.")
OPTION ("tokens.algorithm",         CHOICE,   tokens_algorithm,          "HS256|HS384|HS512", 0, 0, "How they are signed: HS256, HS384 or HS512.")
OPTION ("tokens.audience",          TEXT,     tokens_audience,           NULL,     0,   0,        "What their `aud` must be or hold. Without it a token with one is refused.")
OPTION ("tokens.enforce_expiry",    BOOL,     tokens_enforce_expiry,     "on",     0,   0,        "Whether a socket is closed when its token expires.")

OPTION ("redis.url",                SECRET,   redis_url,                 NULL,     0,   0,        "What instances of rooms or mesh share: `redis://[:password@]host[:port][/db]` or `unix:///path`. Without it one process serves alone.")
OPTION ("redis.host",               TEXT,     redis_host,                NULL,     0,   0,        "The same in pieces.")
OPTION ("redis.port",               UINT,     redis_port,                "6379",   1,   65535,    "With `redis.host`.")
OPTION ("redis.db",                 UINT,     redis_db,                  "0",      0,   1023,     "With `redis.host`.")
OPTION ("redis.password",           SECRET,   redis_password,            NULL,     0,   0,        "With `redis.host`.")

OPTION ("websocket.allowed_origins", TEXTS,   websocket_allowed_origins, "",       0,   0,        "Origins whose pages may open sockets of rooms or mesh; empty: any. Who sends none is no page.")
OPTION ("websocket.ping",           PERIOD,   websocket_ping,            "25s",    10,  3600000,  "Who was silent for so long is asked whether it lives.")
OPTION ("websocket.pong",           PERIOD,   websocket_pong,            "10s",    10,  3600000,  "Then it has so long to say anything.")
OPTION ("websocket.message_timeout", PERIOD,  websocket_message_timeout, "30s",    10,  3600000,  "A message that has begun must have ended by then.")
OPTION ("websocket.close_timeout",  PERIOD,   websocket_close_timeout,   "2s",     10,  60000,    "How long a peer has to take what was sent and to close.")
OPTION ("websocket.queue_bytes",    UINT,     websocket_queue_bytes,     "1048576", 65536, 1073741824, "What may wait for one peer; who reads slower is closed.")
OPTION ("websocket.sockets",        UINT,     websocket_sockets,         "100000", 1,  10000000, "Sockets at once on one instance: 503 beyond.")
OPTION ("websocket.connects_address", UINT,   websocket_connects_address, "600",   1,   1000000,  "Sockets opened a minute from one address: 429 beyond.")
OPTION ("websocket.drain",          PERIOD,   websocket_drain,           "5s",     0,   600000,   "At the end sockets are closed one after another over so long.")

OPTION_LIVE ("rooms.stun_urls",     TEXTS,    rooms_stun_urls,           "stun:stun.l.google.com:19302,stun:stun1.l.google.com:19302", 0, 0, "STUN servers that clients are told.")
OPTION_LIVE ("rooms.turn_urls",     TEXTS,    rooms_turn_urls,           "",       0,   0,        "TURN servers that clients are told; need `turn_secret`, or `turn_username` and `turn_credential`.")
OPTION_LIVE ("rooms.turn_username", TEXT,     rooms_turn_username,       NULL,     0,   0,        "One name for everybody.")
OPTION_LIVE ("rooms.turn_credential", SECRET, rooms_turn_credential,     NULL,     0,   0,        "Its password, which everybody learns.")
OPTION_LIVE ("rooms.turn_secret",   SECRET,   rooms_turn_secret,         NULL,     0,   0,        "coturn's static-auth-secret: each user gets a name and a credential that expire.")
OPTION_LIVE ("rooms.turn_ttl",      DURATION, rooms_turn_ttl,            "12h",    1,   604800,   "After so long.")
OPTION_LIVE ("rooms.ice_transport_policy", CHOICE, rooms_ice_transport_policy, "all|relay", 0, 0, "Told to clients: all or relay.")
OPTION_LIVE ("rooms.bundle_policy", CHOICE,   rooms_bundle_policy,       "balanced|max-compat|max-bundle", 0, 0, "Told to clients: balanced, max-compat or max-bundle.")
OPTION_LIVE ("rooms.rtcp_mux_policy", CHOICE, rooms_rtcp_mux_policy,     "require|negotiate", 0, 0, "Told to clients: require or negotiate.")
OPTION ("rooms.presence_ttl",       PERIOD,   rooms_presence_ttl,        "30s",    100, 3600000,  "A process that Redis has not heard of for so long is dead: its users leave.")
OPTION ("rooms.max_participants",   UINT,     rooms_max_participants,    "50",     1,   100000,   "Users in one room, over all instances.")
OPTION ("rooms.grace",              PERIOD,   rooms_grace,               "0s",     0,   600000,   "Who is lost without a close has so long to come back before the others are told.")
OPTION ("rooms.dialect",            CHOICE,   rooms_dialect,             "underscore|hyphen", 0, 0, "How types are written to clients that do not say `?dialect=`: underscore or hyphen.")
OPTION ("rooms.broadcast",          BOOL,     rooms_broadcast,           "off",    0,   0,        "Whether what is for one user goes to the whole room, as older servers did.")
OPTION ("rooms.strict_ids",         BOOL,     rooms_strict_ids,          "off",    0,   0,        "Whether a room's name with other characters than letters, digits, - and _ is refused; else they are left out.")
OPTION ("rooms.message_bytes",      UINT,     rooms_message_bytes,       "65536",  1024, 500000,   "Longest message of a client.")
OPTION ("rooms.rate",               UINT,     rooms_rate,                "100",    1,   1000000,  "Messages a second from one socket, …")
OPTION ("rooms.burst",              UINT,     rooms_burst,               "1500",   1,   1000000,  "… of which so many may come at once.")
OPTION ("rooms.rate_patience",      PERIOD,   rooms_rate_patience,       "5s",     10,  3600000,  "Who goes beyond that for so long is closed.")
OPTION ("rooms.bad_messages",       UINT,     rooms_bad_messages,        "20",     1,   1000000,  "So many wrong messages running close a socket.")
OPTION ("rooms.sockets_user",       UINT,     rooms_sockets_user,        "50",     1,   1000000,  "Sockets of one user on one instance.")
OPTION ("rooms.rooms_user",         UINT,     rooms_rooms_user,          "50",     1,   1000000,  "Rooms that one user is in on one instance.")
OPTION ("rooms.refuse",             CHOICE,   rooms_refuse,              "close|deny", 0, 0,      "How a socket is refused: close after its handshake, with a code and a reason, or deny it, with an HTTP status.")
OPTION ("rooms.server_sender",      BOOL,     rooms_server_sender,       "off",    0,   0,        "Whether what the server says has the sender_id `server`; else null.")
OPTION ("rooms.cors_origins",       TEXTS,    rooms_cors_origins,        "",       0,   0,        "Origins whose pages may read answers; `*`: all.")
OPTION ("rooms.debug",              BOOL,     rooms_debug,               "off",    0,   0,        "Whether each message that is relayed is logged.")
OPTION ("rooms.demo",               TEXT,     rooms_demo,                NULL,     0,   0,        "Rooms that anybody may enter as a guest, by the page /webrtc/demo: a name, or a prefix with `*` behind it. Without it there is no such page.")

OPTION ("mesh.auth",                CHOICE,   mesh_auth,                 "none|token", 0, 0,      "`none`: whoever comes may register; `token`: with a JSON web token.")
OPTION ("mesh.presence_ttl",        PERIOD,   mesh_presence_ttl,         "30s",    100, 3600000,  "A process that Redis has not heard of for so long is dead: its agents leave.")
OPTION ("mesh.max_agents",          UINT,     mesh_max_agents,           "4000",   1,   100000,   "Agents over all instances; the list of all their ids must fit into `websocket.queue_bytes`.")
OPTION ("mesh.message_bytes",       UINT,     mesh_message_bytes,        "262144", 1024, 16777216, "Longest message of an agent.")
OPTION ("mesh.rate",                UINT,     mesh_rate,                 "1000",   1,   1000000,  "Messages a second from one agent, …")
OPTION ("mesh.burst",               UINT,     mesh_burst,                "20000",  1,   1000000,  "… of which so many may come at once.")
OPTION ("mesh.strict",              BOOL,     mesh_strict,               "off",    0,   0,        "Whether a message of an unknown type is answered with an error; else it is ignored.")
OPTION ("mesh.witness_url",         URL,      mesh_witness_url,          NULL,     0,   0,        "Where events are posted; without a path to /api/log.")
OPTION_LIVE ("mesh.witness_api_key", SECRET,  mesh_witness_api_key,      NULL,     0,   0,        "Its bearer token.")
OPTION_LIVE ("mesh.witness_candidates", CHOICE, mesh_witness_candidates, "hash|whole", 0, 0,      "How a candidate, which holds addresses of networks, is told: as a hash or whole.")
OPTION ("mesh.witness_batch",       UINT,     mesh_witness_batch,        "1",      1,   1000,     "Events in one request: one JSON object, or up to so many lines of them (application/x-ndjson).")

OPTION_LIVE ("log.level", LOG_LEVEL,      log_level,                 "info",   0,   0,        "debug, info, warning or error; `--log-level` is stronger.")
