/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control address of a fake: GET /state, GET /events (long poll), POST /fault, POST /reset. Main thread only. */
#pragma once

#include "sim/fakes/body/events.h"
#include "sim/fakes/body/listen-http.h"

typedef struct SimControl SimControl;

typedef struct {
  /* (transfer full): everything there is to know */
  JsonObject *(*state) (gpointer user);
  /* FALSE and @error: the answer is 400 */
  gboolean (*fault) (gpointer user, JsonObject *input, GError **error);
  /* FALSE and @error: the answer is 500 */
  gboolean (*reset) (gpointer user, GError **error);
} SimControlEvents;

/**
 * sim_control_new:
 * @where: (nullable): ADDRESS:PORT, NULL = no control address
 * @log: what happens; outlives it
 * @events: how to do what is asked
 * @user: for @events
 * @error: names address:port
 *
 * Returns: (transfer full) (nullable): a control address that listens
 */
SimControl *sim_control_new (const char *where, SimEvents *log, const SimControlEvents *events, gpointer user, GError **error);

/**
 * sim_control_free:
 * @self: (nullable) (transfer full): a control address
 */
void sim_control_free (SimControl *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimControl, sim_control_free)

/**
 * sim_control_split:
 * @where: ADDRESS:PORT
 * @ret_address: (out) (transfer full): IPv4 address
 * @ret_port: (out): port
 * @error: names what is wrong
 *
 * Returns: whether @where is an IPv4 address with a port
 */
gboolean sim_control_split (const char *where, char **ret_address, guint16 *ret_port, GError **error);
