/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "base/config.h"

/* A worker's sessions towards coturn: gives each its credentials, and takes them back. Logs as `[turn]`. */

typedef struct _HnTurnIo HnTurnIo;

/**
 * hn_turn_io_new:
 * @config: outlives it
 * @worker_id: this worker
 * @error: CONFIG
 *
 * What a predecessor of the same worker left in turn.userdb is removed: to be called when it is certain that there is none.
 *
 * Returns: (transfer full) (nullable): no sessions
 */
HnTurnIo *hn_turn_io_new (const HnConfig *config, const char *worker_id, GError **error);

/**
 * hn_turn_io_warn:
 * @config: a worker's configuration
 *
 * Logs what in it weakens TURN or does nothing.
 */
void hn_turn_io_warn (const HnConfig *config);

/**
 * hn_turn_io_begin:
 * @self: sessions
 * @session_id: a new one, or another name within the worker
 *
 * From now on its credentials are good.
 */
void hn_turn_io_begin (HnTurnIo *self, const char *session_id);

/**
 * hn_turn_io_end:
 * @self: sessions
 * @session_id: one that ends
 *
 * With turn.userdb its credentials are good for no new relay from now on; with turn.cli its relays are ended soon after.
 */
void hn_turn_io_end (HnTurnIo *self, const char *session_id);

/**
 * hn_turn_io_ticket:
 * @self: sessions
 * @session_id: one of them
 *
 * Returns: (transfer full) (nullable): what `turn-credentials` must find beside web-server; a secret; %NULL when no credentials are issued
 */
char *hn_turn_io_ticket (HnTurnIo *self, const char *session_id);

/**
 * hn_turn_io_fixed_servers:
 * @self: sessions
 *
 * Returns: (transfer full): the ICE servers that do not differ between sessions
 */
JsonArray *hn_turn_io_fixed_servers (HnTurnIo *self);

/**
 * hn_turn_io_servers:
 * @self: sessions
 * @session_id: one of them
 *
 * Returns: (transfer full): all ICE servers, with credentials that are good now
 */
JsonArray *hn_turn_io_servers (HnTurnIo *self, const char *session_id);

/**
 * hn_turn_io_free:
 * @self: (nullable): what to free; relays that are being ended are left to time out
 */
void hn_turn_io_free (HnTurnIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTurnIo, hn_turn_io_free)
