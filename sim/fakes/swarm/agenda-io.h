/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A schedule with the one timer that it needs. Main thread only. */
#pragma once

#include "sim/fakes/swarm/schedule.h"

typedef struct SimAgenda SimAgenda;

/**
 * sim_agenda_new:
 *
 * Returns: (transfer full): nothing to do
 */
SimAgenda *sim_agenda_new (void);

/**
 * sim_agenda_free:
 * @self: (nullable) (transfer full): an agenda; what is left of it is never done
 */
void sim_agenda_free (SimAgenda *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimAgenda, sim_agenda_free)

/**
 * sim_agenda_at:
 * @self: an agenda
 * @at_us: monotonic time
 * @func: called from the loop; the task is gone by then
 * @user: for @func
 *
 * Returns: (transfer none): the task, until it is done or dropped
 */
SimTask *sim_agenda_at (SimAgenda *self, gint64 at_us, SimTaskFunc func, gpointer user);

/**
 * sim_agenda_in:
 * @self: an agenda
 * @after_us: from now
 * @func: called from the loop; the task is gone by then
 * @user: for @func
 *
 * Returns: (transfer none): the task, until it is done or dropped
 */
SimTask *sim_agenda_in (SimAgenda *self, gint64 after_us, SimTaskFunc func, gpointer user);

/**
 * sim_agenda_drop:
 * @self: an agenda
 * @task: (inout): a task, or NULL; NULL afterwards
 */
void sim_agenda_drop (SimAgenda *self, SimTask **task);
