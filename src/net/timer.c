/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/timer.h"

#include "base/clock.h"

typedef struct {
  GSource source;
  void (*func) (gpointer user_data);
  gpointer user_data;
} TimerSource;

struct _HnTimer {
  GSource *source;
};

static gboolean
timer_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  TimerSource *self = (TimerSource *) source;

  g_source_set_ready_time (source, -1);
  self->func (self->user_data);
  return G_SOURCE_CONTINUE;
}

HnTimer *
hn_timer_new (void (*func) (gpointer user_data), gpointer user_data)
{
  static GSourceFuncs funcs = { .dispatch = timer_dispatch };
  HnTimer *self = g_new0 (HnTimer, 1);
  TimerSource *source;

  self->source = g_source_new (&funcs, sizeof (TimerSource));
  source = (TimerSource *) self->source;
  source->func = func;
  source->user_data = user_data;
  g_source_set_name (self->source, "hn-timer");
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return self;
}

void
hn_timer_arm (HnTimer *self, gint64 deadline_us)
{
  /* 0 would mean "now" to GSource, and -1 "never", which is HN_NEVER */
  g_source_set_ready_time (self->source, deadline_us == HN_NEVER ? -1 : MAX (deadline_us, 0));
}

void
hn_timer_free (HnTimer *self)
{
  if (self == NULL)
    return;
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_free (self);
}
