/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/later.h"

struct _HnLater {
  HnPoller *poller;
  void (*func) (gpointer user_data); /* NULL: its owner is gone */
  gpointer user_data;
  gboolean waits;
};

static void
run (gpointer data)
{
  HnLater *self = data;

  self->waits = FALSE;
  if (self->func == NULL)
    g_free (self);
  else
    self->func (self->user_data); /* may free us */
}

void
hn_later_wake (HnLater *self)
{
  if (self->waits)
    return;
  self->waits = TRUE;
  hn_poller_defer (self->poller, run, self);
}

HnLater *
hn_later_new (HnPoller *poller, void (*func) (gpointer user_data), gpointer user_data)
{
  HnLater *self = g_new0 (HnLater, 1);

  self->poller = poller;
  self->func = func;
  self->user_data = user_data;
  return self;
}

void
hn_later_free (HnLater *self)
{
  if (self == NULL)
    return;
  self->func = NULL;
  if (!self->waits)
    g_free (self);
}
