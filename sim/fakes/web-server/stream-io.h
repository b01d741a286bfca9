/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

typedef struct SimStreamIo SimStreamIo;

/**
 * SimStreamIoEvents:
 * @text: a text frame
 * @other: a binary frame
 * @lost: the socket is gone, by whoever's doing; comes once and last
 *
 * Never after [func@sim_stream_io_free].
 */
typedef struct {
  void (*text) (gpointer owner, const char *text, gsize length_bytes);
  void (*other) (gpointer owner);
  void (*lost) (gpointer owner);
} SimStreamIoEvents;

/**
 * sim_stream_io_new:
 * @stream: (transfer full): the connection after the 101
 * @socket: its socket
 * @events: what to tell
 * @owner: for @events
 *
 * The server's end of a WebSocket with the manners of the real program: pings are not answered, a Close is not echoed.
 *
 * Returns: (transfer full): the socket
 */
SimStreamIo *sim_stream_io_new (GIOStream *stream, GSocket *socket, const SimStreamIoEvents *events, gpointer owner);

/** sim_stream_io_free: (nullable) @self: dropped without a Close frame (the peer sees 1006) */
void sim_stream_io_free (SimStreamIo *self);

/** sim_stream_io_send: queues a text frame; a peer that does not read is dropped after 4 MiB */
void sim_stream_io_send (SimStreamIo *self, const char *text);

/** sim_stream_io_close: a Close frame without a code, then the end of the connection, then `lost` */
void sim_stream_io_close (SimStreamIo *self);

/** sim_stream_io_deafen: nothing is read any more, silently */
void sim_stream_io_deafen (SimStreamIo *self);
