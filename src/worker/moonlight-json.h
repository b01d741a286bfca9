/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* What moonlight-web-stream reads and writes: its config.json, and the requests and answers of its API. Pure. */

#define HN_MOONLIGHT_USER_HEADER "X-Forwarded-User"

typedef struct {
  const char *session_id;
  const char *host; /* IPv4 literal to listen on */
  guint16 http_port;
  guint16 udp_min;
  guint16 udp_max;
  const char *public_ip;         /* (nullable) for nat_1to1 */
  JsonArray *ice_servers;        /* those that do not differ between stream starts */
  const char *ice_server_script; /* (nullable) */
  const char *program;           /* path of web-server; `streamer` lies beside it */
  JsonNode *default_settings;    /* (nullable) */
  gint64 rtt_us;                 /* worker to body */
} HnMoonlightConfig;

/**
 * hn_moonlight_json_config:
 * @config: what differs between sessions
 *
 * Returns: (transfer full): text of `server/config.json`
 */
char *hn_moonlight_json_config (const HnMoonlightConfig *config);

/**
 * hn_moonlight_json_ice_timeout:
 * @rtt_us: round trip to the body
 *
 * Returns: `ice_disconnected_timeout_seconds`: 10 below 80 ms, 15 up to 200 ms, else 25
 */
guint hn_moonlight_json_ice_timeout (gint64 rtt_us);

/**
 * hn_moonlight_json_add_host:
 * @body_ip: the body
 *
 * Returns: (transfer full): body of POST api/host
 */
char *hn_moonlight_json_add_host (const char *body_ip);

/**
 * hn_moonlight_json_host_id:
 * @host_id: a host
 *
 * Returns: (transfer full): body of POST api/pair and api/host/cancel
 */
char *hn_moonlight_json_host_id (guint32 host_id);

/**
 * hn_moonlight_json_parse_host:
 * @text: (array length=length): answer of POST api/host
 * @length: bytes
 * @ret_host_id: (out): the host
 * @error: PROTOCOL
 *
 * Returns: whether it is one
 */
gboolean hn_moonlight_json_parse_host (const char *text, gsize length, guint32 *ret_host_id, GError **error);

typedef enum { HN_PAIR_LINE_PIN, HN_PAIR_LINE_PAIRED, HN_PAIR_LINE_ERROR } HnPairLine;

/**
 * hn_moonlight_json_parse_pair_line:
 * @text: (array length=length): one line of the answer of POST api/pair
 * @length: bytes
 * @ret_line: (out): which
 * @ret_pin: (out): with %HN_PAIR_LINE_PIN: four digits
 * @error: PROTOCOL
 *
 * Returns: whether it is one
 */
gboolean hn_moonlight_json_parse_pair_line (const char *text, gsize length, HnPairLine *ret_line, char ret_pin[5],
                                            GError **error);

/**
 * hn_moonlight_json_choose_app:
 * @text: (array length=length): answer of GET api/apps
 * @length: bytes
 * @wanted: (nullable): exact title; otherwise, or when there is none of that title: `Desktop`, or else the first
 * @ret_app_id: (out): the application
 * @ret_title: (out) (transfer full): its title
 * @error: PROTOCOL, or UPSTREAM when the list is empty
 *
 * Returns: whether there is one
 */
gboolean hn_moonlight_json_choose_app (const char *text, gsize length, const char *wanted, guint32 *ret_app_id, char **ret_title,
                                       GError **error);

/**
 * hn_moonlight_json_stream_path:
 * @session_id: a session
 * @host_id: its host
 * @app_id: its application
 *
 * Returns: (transfer full): path and query of its stream page
 */
char *hn_moonlight_json_stream_path (const char *session_id, guint32 host_id, guint32 app_id);
