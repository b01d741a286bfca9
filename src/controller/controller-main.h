/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/config.h"
#include "net/service.h"

/* The whole controller: one per process or more, on the thread's default main context, which somebody else runs. */

typedef struct _HnController HnController;

typedef struct {
  void (*stopped) (gpointer user_data); /* once, from the loop, after hn_controller_stop() */
} HnControllerEvents;

/**
 * hn_controller_new:
 * @config: outlives the controller
 * @service: (nullable): may have a socket for it, named "listen"; outlives the controller
 * @events: static
 * @user_data: for @events
 * @error: CONFLICT when its address is taken (`cannot bind — is another hydraneckwebrtc already running?`), INVALID when it is not ours
 *
 * Binds and serves from the next turn of the loop on; logs its address.
 *
 * Returns: (transfer full) (nullable): a controller
 */
HnController *hn_controller_new (const HnConfig *config, HnService *service, const HnControllerEvents *events, gpointer user_data,
                                 GError **error);

/**
 * hn_controller_free:
 * @self: (nullable): closes everything at once; no event comes after it
 */
void hn_controller_free (HnController *self);

/**
 * hn_controller_get_port:
 * @self: a controller
 *
 * Returns: the port it listens on
 */
guint16 hn_controller_get_port (HnController *self);

/**
 * hn_controller_get_sessions:
 * @self: a controller
 *
 * Returns: how many sessions all workers have, those on their way included: a restart would cut their streams
 */
guint hn_controller_get_sessions (HnController *self);

/**
 * hn_controller_publish:
 * @self: a controller
 * @type: of an event
 * @data: (transfer full): its particulars
 *
 * For whoever reads its events.
 */
void hn_controller_publish (HnController *self, const char *type, JsonObject *data);

/**
 * hn_controller_reload:
 * @self: a controller
 *
 * The configuration given at construction was read anew: what is derived from its live options is made anew; nobody is cut.
 */
void hn_controller_reload (HnController *self);

/**
 * hn_controller_stop:
 * @self: a controller; calling it again changes nothing
 *
 * Accepts nobody any more, cancels creations (at their workers too), answers who waits, then `stopped` comes: in 3 s at most. Sessions
 * live on at their workers.
 */
void hn_controller_stop (HnController *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HnController, hn_controller_free)
