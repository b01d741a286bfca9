/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done when: thousands of tasks behind one timer, so that a turn of the loop costs the same with any number of them. Pure:
 * the time is an argument. */
#pragma once

#include <glib.h>

typedef struct SimSchedule SimSchedule;
typedef struct SimTask SimTask;
typedef void (*SimTaskFunc) (gpointer user);

/**
 * sim_schedule_new:
 *
 * Returns: (transfer full): nothing to do
 */
SimSchedule *sim_schedule_new (void);

/**
 * sim_schedule_free:
 * @self: (nullable) (transfer full): a schedule; what is left of it is never done
 */
void sim_schedule_free (SimSchedule *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimSchedule, sim_schedule_free)

/**
 * sim_schedule_add:
 * @self: a schedule
 * @at_us: monotonic time
 * @func: what to do; the task is gone when it is called
 * @user: for @func
 *
 * Returns: (transfer none): the task, until it is done or dropped
 */
SimTask *sim_schedule_add (SimSchedule *self, gint64 at_us, SimTaskFunc func, gpointer user);

/**
 * sim_schedule_drop:
 * @self: a schedule
 * @task: (inout): a task, or NULL; NULL afterwards
 */
void sim_schedule_drop (SimSchedule *self, SimTask **task);

/**
 * sim_schedule_deadline:
 * @self: a schedule
 *
 * Returns: when sim_schedule_run() has something to do, or -1
 */
gint64 sim_schedule_deadline (const SimSchedule *self);

/**
 * sim_schedule_run:
 * @self: a schedule
 * @now_us: monotonic time
 *
 * Does what is due, the oldest first; tasks may add and drop others.
 */
void sim_schedule_run (SimSchedule *self, gint64 now_us);
