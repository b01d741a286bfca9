/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "worker/turn-health.h"
#include "worker/turn-io.h"

/* Asks each TURN server for a relay, at once and every minute, and tells what it finds. Logs as `[turn]`. */

typedef struct _HnTurnHealthIo HnTurnHealthIo;

typedef struct {
  /* `turn_health_check_failed` or `turn_auto_restarted`, @data is transferred. */
  void (*event) (const char *type, JsonObject *data, gpointer user_data);
  /* The view has changed. */
  void (*changed) (gpointer user_data);
} HnTurnHealthIoEvents;

/**
 * hn_turn_health_io_new:
 * @config: outlives it; its ice_servers are looked up anew for each look
 * @turn: outlives it; gives the credentials
 * @time_scale: of the minute
 * @events: static; called from the loop
 * @user_data: for @events
 *
 * Returns: (transfer full): looks begin; without a TURN server they see nothing
 */
HnTurnHealthIo *hn_turn_health_io_new (const HnConfig *config, HnTurnIo *turn, double time_scale, const HnTurnHealthIoEvents *events,
                                       gpointer user_data);

/**
 * hn_turn_health_io_get_view:
 * @self: (nullable): looks
 *
 * Returns: what is shown
 */
HnTurnView hn_turn_health_io_get_view (HnTurnHealthIo *self);

/**
 * hn_turn_health_io_free:
 * @self: (nullable): what to free
 */
void hn_turn_health_io_free (HnTurnHealthIo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnTurnHealthIo, hn_turn_health_io_free)
