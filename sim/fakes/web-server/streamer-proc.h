/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sim/fakes/web-server/fault.h"

typedef struct SimStreamer SimStreamer;

/**
 * SimStreamerEvents:
 * @line: one line of its stdout
 * @closed: its stdout has ended; comes once and last
 *
 * Never called from inside a call to the streamer, nor after [func@sim_streamer_free].
 */
typedef struct {
  void (*line) (gpointer owner, const char *text);
  void (*closed) (gpointer owner);
} SimStreamerEvents;

/**
 * sim_streamer_new:
 * @path: the program, searched as a plain path
 * @faults: what it is to do wrong
 * @events: what to tell
 * @owner: for @events
 * @error: it could not be started
 *
 * One `streamer` child in our own process group; what it writes to stderr goes to our log. Main thread.
 *
 * Returns: (transfer full) (nullable): the running child
 */
SimStreamer *sim_streamer_new (const char *path, const SimFaults *faults, const SimStreamerEvents *events, gpointer owner, GError **error);

/** sim_streamer_free: (nullable) @self: the child is killed */
void sim_streamer_free (SimStreamer *self);

/** sim_streamer_signal: sends @number to the child */
void sim_streamer_signal (SimStreamer *self, int number);

/** sim_streamer_send: queues one line; a child that does not read is cut off after 1 MiB */
void sim_streamer_send (SimStreamer *self, const char *line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimStreamer, sim_streamer_free)
