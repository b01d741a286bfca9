/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WebSocket frames (RFC 6455, section 5) as both sides of the swarm need them, without extensions. Pure. */
#pragma once

#include <glib.h>

#define SIM_FRAME_HEAD_MAX 14
#define SIM_FRAME_MAX_BYTES (1024 * 1024)

typedef enum {
  SIM_FRAME_CONTINUATION = 0,
  SIM_FRAME_TEXT = 1,
  SIM_FRAME_BINARY = 2,
  SIM_FRAME_CLOSE = 8,
  SIM_FRAME_PING = 9,
  SIM_FRAME_PONG = 10,
} SimFrameKind;

typedef struct {
  guint kind; /* of SimFrameKind */
  gboolean fin;
  gboolean masked;
  guint8 mask[4];
  const guint8 *payload; /* as it came, masked; points into the parsed bytes */
  gsize length;
} SimFrame;

/**
 * sim_frame_parse:
 * @bytes: (array length=length): what has arrived
 * @length: bytes
 * @from_client: frames of a client must be masked, those of a server must not
 * @ret_frame: (out): the frame
 *
 * Returns: bytes of the whole frame, 0 when more is needed, -1 when it is none or longer than SIM_FRAME_MAX_BYTES
 */
gssize sim_frame_parse (const guint8 *bytes, gsize length, gboolean from_client, SimFrame *ret_frame);

/**
 * sim_frame_payload:
 * @self: a frame
 *
 * Returns: (transfer full): its payload, unmasked
 */
GBytes *sim_frame_payload (const SimFrame *self);

/**
 * sim_frame_write:
 * @kind: what it is
 * @payload: (array length=length) (nullable): what it carries
 * @length: bytes
 * @mask: (array fixed-size=4) (nullable): a client's key, NULL for a server
 *
 * Returns: (transfer full): one whole frame
 */
GByteArray *sim_frame_write (SimFrameKind kind, const void *payload, gsize length, const guint8 *mask);

/**
 * sim_frame_accept:
 * @key: a `Sec-WebSocket-Key`
 *
 * Returns: (transfer full): the `Sec-WebSocket-Accept` that answers it
 */
char *sim_frame_accept (const char *key);
