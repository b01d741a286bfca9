/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happened to the fakes, numbered from 1, so that a test can wait for it instead of sleeping. Pure. */
#pragma once

#include <json-glib/json-glib.h>

#define SIM_EVENTS_MAX 4096

typedef struct SimEvents SimEvents;

/**
 * sim_events_new:
 *
 * Returns: (transfer full): an empty log
 */
SimEvents *sim_events_new (void);

/**
 * sim_events_free:
 * @self: (nullable) (transfer full): a log
 */
void sim_events_free (SimEvents *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimEvents, sim_events_free)

/**
 * sim_events_watch:
 * @self: a log
 * @added: called after each new event, from inside sim_events_add(): it may only make a note
 * @user: for @added
 */
void sim_events_watch (SimEvents *self, void (*added) (gpointer user), gpointer user);

/**
 * sim_events_add:
 * @self: a log
 * @type: what happened
 * @body: (nullable): address of the body it happened to
 * @...: name, value pairs of text, ended by NULL; pairs with a NULL value are left out
 */
void sim_events_add (SimEvents *self, const char *type, const char *body, ...) G_GNUC_NULL_TERMINATED;

/**
 * sim_events_last:
 * @self: a log
 *
 * Returns: number of the newest event, 0 when there was none
 */
gint64 sim_events_last (const SimEvents *self);

/**
 * sim_events_since:
 * @self: a log
 * @since: number of the last event that is already known
 *
 * Returns: (transfer full): `{"events":[...],"last":N}`
 */
JsonObject *sim_events_since (const SimEvents *self, gint64 since);

/**
 * sim_events_reset:
 * @self: a log
 *
 * Forgets the events; numbers go on, so that a waiter never sees one twice.
 */
void sim_events_reset (SimEvents *self);
