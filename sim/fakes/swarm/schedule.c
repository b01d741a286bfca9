/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tasks due at the same time are done in the order in which they were added. */
#include "sim/fakes/swarm/schedule.h"

struct SimTask {
  gint64 at_us;
  guint64 number;
  SimTaskFunc func;
  gpointer user;
};

struct SimSchedule {
  GTree *tasks; /* SimTask to itself */
  guint64 last;
};

static int
compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const SimTask *one = a;
  const SimTask *other = b;

  if (one->at_us != other->at_us)
    return one->at_us < other->at_us ? -1 : 1;
  return one->number < other->number ? -1 : one->number > other->number;
}

SimSchedule *
sim_schedule_new (void)
{
  SimSchedule *self = g_new0 (SimSchedule, 1);

  self->tasks = g_tree_new_full (compare, NULL, g_free, NULL);
  return self;
}

void
sim_schedule_free (SimSchedule *self)
{
  if (self == NULL)
    return;
  g_tree_unref (self->tasks);
  g_free (self);
}

SimTask *
sim_schedule_add (SimSchedule *self, gint64 at_us, SimTaskFunc func, gpointer user)
{
  SimTask *task = g_new0 (SimTask, 1);

  task->at_us = at_us;
  task->number = ++self->last;
  task->func = func;
  task->user = user;
  g_tree_insert (self->tasks, task, task);
  return task;
}

void
sim_schedule_drop (SimSchedule *self, SimTask **task)
{
  if (*task != NULL)
    g_tree_remove (self->tasks, *task);
  *task = NULL;
}

static SimTask *
first (const SimSchedule *self)
{
  GTreeNode *node = g_tree_node_first (self->tasks);

  return node != NULL ? g_tree_node_value (node) : NULL;
}

gint64
sim_schedule_deadline (const SimSchedule *self)
{
  const SimTask *task = first (self);

  return task != NULL ? task->at_us : -1;
}

void
sim_schedule_run (SimSchedule *self, gint64 now_us)
{
  guint64 until = self->last; /* what is added meanwhile has its turn next time */
  SimTask *task;

  while ((task = first (self)) != NULL && task->at_us <= now_us && task->number <= until) {
    SimTaskFunc func = task->func;
    gpointer user = task->user;

    g_tree_remove (self->tasks, task);
    func (user);
  }
}
