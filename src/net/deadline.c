/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/deadline.h"

#include "base/clock.h"
#include "net/timer.h"

struct _HnDeadline {
  GCancellable *inner;
  GCancellable *outer;
  gulong outer_handler;
  HnTimer *timer;
  gboolean passed;
};

static void
on_time (gpointer data)
{
  HnDeadline *self = data;

  self->passed = TRUE;
  g_cancellable_cancel (self->inner);
}

static void
on_outer_cancelled (GCancellable *outer, gpointer inner)
{
  g_cancellable_cancel (inner);
}

HnDeadline *
hn_deadline_new (gint64 timeout_us, GCancellable *outer)
{
  HnDeadline *self = g_new0 (HnDeadline, 1);

  self->inner = g_cancellable_new ();
  self->timer = hn_timer_new (on_time, self);
  hn_timer_arm (self->timer, hn_clock_now_us () + MAX (timeout_us, 1000));
  if (outer != NULL) {
    self->outer = g_object_ref (outer);
    self->outer_handler = g_cancellable_connect (outer, G_CALLBACK (on_outer_cancelled), g_object_ref (self->inner), g_object_unref);
  }
  return self;
}

GCancellable *
hn_deadline_get_cancellable (HnDeadline *self)
{
  return self->inner;
}

gboolean
hn_deadline_has_passed (HnDeadline *self)
{
  return self->passed;
}

void
hn_deadline_cancel (HnDeadline *self)
{
  g_cancellable_cancel (self->inner);
}

void
hn_deadline_free (HnDeadline *self)
{
  if (self == NULL)
    return;
  hn_timer_free (self->timer);
  if (self->outer != NULL)
    g_cancellable_disconnect (self->outer, self->outer_handler);
  g_clear_object (&self->outer);
  g_clear_object (&self->inner);
  g_free (self);
}
