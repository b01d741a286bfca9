/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <gio/gio.h>
#include <json-glib/json-glib.h>

/* The longest line web-server may send: an SDP of a browser is about 6 KB, a WebSocket frame at most 64 KB. */
#define SIM_MESSAGE_MAX_BYTES (256 * 1024)

/* The deepest nesting that is handed to json-glib, which recurses. */
#define SIM_MESSAGE_MAX_DEPTH 32

/* The longest SDP and the longest candidate that is handed to GStreamer. */
#define SIM_SDP_MAX_BYTES (64 * 1024)
#define SIM_CANDIDATE_MAX_BYTES 1024

/* What web-server said in one line. */
typedef enum {
  SIM_MESSAGE_INIT,
  SIM_MESSAGE_DESCRIPTION,
  SIM_MESSAGE_CANDIDATE,
  SIM_MESSAGE_TRANSPORT,
  SIM_MESSAGE_START_STREAM,
  SIM_MESSAGE_LAUNCH,
  SIM_MESSAGE_TERMINATE,
  SIM_MESSAGE_STOP,
  SIM_MESSAGE_OTHER,
} SimMessageKind;

/* The `webrtc` object of server/config.json and what else Init tells. */
typedef struct {
  int port_min; /* 0: any port */
  int port_max;
  char **nat_ips; /* may be NULL */
  gboolean nat_is_host;
  gboolean udp4;
  gboolean udp6;
  gboolean loopback;
  gboolean relay_only;
  int disconnected_seconds;
  JsonNode *ice_servers; /* passed on to the browser as it came */
  char *session;
  char *host_address;
  char *app_title;
  char *offer;   /* may be NULL: the browser's, when it is answered over HTTP; audio and video are in it */
  int video_payload; /* of the RTP packets */
  int audio_payload;
} SimInit;

/* One parsed line; only the members of its kind are set. */
typedef struct {
  SimMessageKind kind;
  SimInit *init;         /* INIT */
  char *text;            /* DESCRIPTION: sdp; CANDIDATE: candidate; TRANSPORT: name; LAUNCH: error text */
  char *type;            /* DESCRIPTION: `offer`, `answer` … */
  int mline;             /* CANDIDATE */
  gboolean ok;           /* LAUNCH */
  int error_code;        /* LAUNCH, TERMINATE */
  int supported_formats; /* START_STREAM */
} SimMessage;

/**
 * sim_message_parse:
 * @line: one line without its end
 * @len: its length in bytes
 * @error: where to say what is wrong with it
 *
 * Returns: (transfer full) (nullable): the message; %NULL when it is not JSON, too deep, or a member has a wrong type
 */
SimMessage *sim_message_parse (const char *line, gsize len, GError **error);

/**
 * sim_message_free:
 * @self: (nullable) (transfer full): a message
 */
void sim_message_free (SimMessage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimMessage, sim_message_free)

/**
 * sim_message_debug_log:
 * @text: what the page shows in its log
 * @type: (nullable): `fatal`, `fatalDescription` …
 *
 * Returns: (transfer full): one line `{"Server":{"DebugLog":…}}`, without its end
 */
char *sim_message_debug_log (const char *text, const char *type);

/**
 * sim_message_setup:
 * @ice_servers: (nullable): the array from Init
 *
 * Returns: (transfer full): the Setup line, in which username and credential are always present
 */
char *sim_message_setup (JsonNode *ice_servers);

/**
 * sim_message_description:
 * @type: `offer` or `answer`
 * @sdp: the description
 *
 * Returns: (transfer full): the WebRtc Description line
 */
char *sim_message_description (const char *type, const char *sdp);

/**
 * sim_message_candidate:
 * @candidate: `candidate:…`
 * @mid: the m-line's id
 * @mline: the m-line's index
 *
 * Returns: (transfer full): the WebRtc AddIceCandidate line
 */
char *sim_message_candidate (const char *candidate, const char *mid, int mline);

/**
 * sim_message_complete:
 * @width: of the picture that is sent
 * @height: of the picture that is sent
 * @fps: of the picture that is sent
 *
 * Returns: (transfer full): the ConnectionComplete line for H264 and stereo Opus in 10 ms packets
 */
char *sim_message_complete (int width, int height, int fps);

/**
 * sim_message_terminated:
 * @error_code: 0 or one of Moonlight's negative codes
 *
 * Returns: (transfer full): the ConnectionTerminated line
 */
char *sim_message_terminated (int error_code);

/**
 * sim_message_channel_json:
 * @data: a message of the general channel
 * @len: its length in bytes
 *
 * The payload is a big-endian u16 length and JSON; JSON alone is accepted as well.
 *
 * Returns: (transfer full) (nullable): the JSON text, %NULL when the length does not fit
 */
char *sim_message_channel_json (const guint8 *data, gsize len);
