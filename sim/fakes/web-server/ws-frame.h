/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * SimWsEvent:
 * @SIM_WS_NOTHING: feed more
 * @SIM_WS_BROKEN: not the client's side of RFC 6455, or too large; nothing more will be read
 *
 * What the reader found.
 */
typedef enum {
  SIM_WS_NOTHING,
  SIM_WS_TEXT,
  SIM_WS_BINARY,
  SIM_WS_PING,
  SIM_WS_PONG,
  SIM_WS_CLOSE,
  SIM_WS_BROKEN,
} SimWsEvent;

/**
 * SimWsReader:
 *
 * Takes bytes from a client and gives messages. Pure; one thread.
 */
typedef struct SimWsReader SimWsReader;

/**
 * sim_ws_reader_new:
 * @message_max_bytes: a message may not be longer, in one frame or many
 *
 * Returns: (transfer full): a reader
 */
SimWsReader *sim_ws_reader_new (gsize message_max_bytes);

/** sim_ws_reader_free: (nullable) @self: released */
void sim_ws_reader_free (SimWsReader *self);

/** sim_ws_reader_feed: appends what came from the wire; call [func@sim_ws_reader_next] until it says nothing */
void sim_ws_reader_feed (SimWsReader *self, const void *bytes, gsize length_bytes);

/**
 * sim_ws_reader_next:
 * @self: the reader
 * @ret_payload: (out) (transfer full): payload of a text, binary or control message; untouched otherwise
 *
 * Returns: the next thing in the input
 */
SimWsEvent sim_ws_reader_next (SimWsReader *self, GBytes **ret_payload);

/** sim_ws_text_frame: (transfer full) one unmasked text frame */
GBytes *sim_ws_text_frame (const char *text, gsize length_bytes);

/** sim_ws_close_frame: (transfer full) a Close without a code: the peer sees 1005 */
GBytes *sim_ws_close_frame (void);

/** sim_ws_accept: (transfer full) the answer to a `Sec-WebSocket-Key` */
char *sim_ws_accept (const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimWsReader, sim_ws_reader_free)
