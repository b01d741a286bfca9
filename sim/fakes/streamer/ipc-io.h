/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef struct {
  void (*line) (gpointer owner, const char *line, gsize len);
  void (*closed) (gpointer owner); /* end of input, or a line over the limit; comes once, and last */
} SimIpcEvents;

typedef struct _SimIpc SimIpc;

/**
 * sim_ipc_new:
 * @events: (transfer none): what to call, from the main loop
 * @owner: for @events
 *
 * Takes stdin and stdout. Whatever else writes to stdout from now on (a library) writes to stderr.
 *
 * Returns: (transfer full): the two pipes to web-server
 */
SimIpc *sim_ipc_new (const SimIpcEvents *events, gpointer owner);

/**
 * sim_ipc_free:
 * @self: (nullable) (transfer full): the pipes
 */
void sim_ipc_free (SimIpc *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimIpc, sim_ipc_free)

/**
 * sim_ipc_write:
 * @self: the pipes
 * @line: a line without its end
 *
 * Blocks while web-server does not read. A broken pipe is noticed as the end of input.
 */
void sim_ipc_write (SimIpc *self, const char *line);
