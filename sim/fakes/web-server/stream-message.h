/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "sim/fakes/web-server/config.h"
#include "sim/fakes/web-server/nvhttp.h"

/**
 * SimStreamKind:
 * @SIM_STREAM_NOT_JSON: does not parse at all
 * @SIM_STREAM_UNKNOWN: JSON, but no message that we know
 *
 * Which message the browser sent.
 */
typedef enum {
  SIM_STREAM_NOT_JSON,
  SIM_STREAM_UNKNOWN,
  SIM_STREAM_INIT,
  SIM_STREAM_SET_TRANSPORT,
  SIM_STREAM_WEB_RTC,
  SIM_STREAM_START,
} SimStreamKind;

/**
 * SimStreamInit:
 *
 * The browser's first message.
 */
typedef struct {
  guint32 host_id;
  guint32 app_id;
  guint32 video_frame_queue_size;
  guint32 audio_sample_queue_size;
  const char *offer; /* (nullable): over HTTP, the offer; borrowed */
} SimStreamInit;

/**
 * sim_stream_message_read:
 * @text: one text frame
 * @length_bytes: its length
 * @ret_init: (out): filled for an Init, else untouched
 * @ret_settings: (out) (transfer full) (nullable): body of a StartStream, else %NULL
 *
 * Pure.
 *
 * Returns: what it is
 */
SimStreamKind sim_stream_message_read (const char *text, gsize length_bytes, SimStreamInit *ret_init,
                                       JsonObject **ret_settings);

/** sim_stream_message_app: (transfer full) `UpdateApp` */
char *sim_stream_message_app (const SimNvApp *app);

/** sim_stream_message_log: (transfer full) `DebugLog`; @type is %NULL for null */
char *sim_stream_message_log (const char *message, const char *type);

/**
 * sim_stream_ipc_init:
 * @config: its `webrtc` and prefix
 * @extra: (nullable): ice servers of the script
 * @address: the host
 * @app: the program
 * @init: the browser's wishes
 *
 * Returns: (transfer full): the streamer's first line, without line end
 */
char *sim_stream_ipc_init (const SimConfig *config, JsonArray *extra, const char *address, const SimNvApp *app,
                           const SimStreamInit *init);

/**
 * sim_stream_ipc_client:
 * @text: a text frame that is valid JSON
 * @length_bytes: its length
 *
 * Returns: (transfer full): the line that carries it; its own bytes but for line breaks, which become spaces
 */
char *sim_stream_ipc_client (const char *text, gsize length_bytes);

/** sim_stream_ipc_launch: (transfer full) the outcome of the launch; @why is %NULL when it went well */
char *sim_stream_ipc_launch (const char *why);

/**
 * sim_stream_ipc_read:
 * @line: one line of the streamer
 * @ret_stop: (out): whether it is `"Stop"`
 *
 * Returns: (transfer full) (nullable): the text for the browser, %NULL when there is none
 */
char *sim_stream_ipc_read (const char *line, gboolean *ret_stop);
