/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: one request is under way at a time, so that events arrive in order. What is under way is never dropped. A pause is what is due, less a random half, so that instances which lost the same witness do not
 * come back in step. */
#include "mesh/witness.h"

#include <string.h>

#include "base/clock.h"

struct _HnWitness {
  HnWitnessRules rules;
  HnRandom *random;
  GQueue events; /* of char *, oldest first */
  guint under_way;
  guint failed; /* in a row */
  gint64 next_us;
  HnWitnessFigures figures;
};

static void
drop_nth (HnWitness *self, guint n)
{
  g_autofree char *event = g_queue_pop_nth (&self->events, n);

  self->figures.bytes -= strlen (event);
}

void
hn_witness_add (HnWitness *self, char *event)
{
  self->figures.bytes += strlen (event);
  g_queue_push_tail (&self->events, event);
  while (self->events.length > self->rules.events_max || self->figures.bytes > self->rules.bytes_max) {
    drop_nth (self, self->under_way);
    self->figures.dropped++;
  }
}

char *
hn_witness_take (HnWitness *self, gint64 now_us, guint *ret_events)
{
  GString *lines;

  if (hn_witness_deadline (self) == HN_NEVER || hn_witness_deadline (self) > now_us)
    return NULL;
  lines = g_string_new (NULL);
  for (const GList *at = self->events.head; at != NULL && self->under_way < self->rules.batch; at = at->next) {
    if (self->under_way > 0)
      g_string_append_c (lines, '\n');
    g_string_append (lines, at->data);
    self->under_way++;
  }
  *ret_events = self->under_way;
  return g_string_free (lines, FALSE);
}

static gint64
pause_us (HnWitness *self)
{
  gint64 full_us = self->rules.first_pause_us;

  for (guint i = 1; i < self->failed && full_us < self->rules.last_pause_us; i++)
    full_us *= 2;
  full_us = MIN (full_us, self->rules.last_pause_us);
  return full_us - (gint64) hn_random_below (self->random, (guint32) MIN (full_us / 2 + 1, G_MAXUINT32));
}

guint
hn_witness_told (HnWitness *self, HnWitnessVerdict verdict, gint64 now_us)
{
  guint n = self->under_way;

  self->under_way = 0;
  if (verdict == HN_WITNESS_AGAIN) {
    self->figures.failures++;
    self->failed++;
    self->next_us = now_us + pause_us (self);
    return self->failed;
  }
  for (guint i = 0; i < n; i++)
    drop_nth (self, 0);
  if (verdict == HN_WITNESS_TAKEN)
    self->figures.sent += n;
  else
    self->figures.refused += n;
  self->failed = 0;
  self->next_us = now_us;
  return 0;
}

gint64
hn_witness_deadline (const HnWitness *self)
{
  return self->events.length == 0 || self->under_way > 0 ? HN_NEVER : self->next_us;
}

HnWitnessFigures
hn_witness_get_figures (const HnWitness *self)
{
  HnWitnessFigures figures = self->figures;

  figures.waiting = self->events.length;
  return figures;
}

HnWitnessVerdict
hn_witness_verdict (guint status)
{
  if (status >= 200 && status < 300)
    return HN_WITNESS_TAKEN;
  return status == 400 || status == 413 || status == 415 || status == 422 ? HN_WITNESS_REFUSED : HN_WITNESS_AGAIN;
}

HnWitness *
hn_witness_new (const HnWitnessRules *rules, HnRandom *random)
{
  HnWitness *self = g_new0 (HnWitness, 1);

  self->rules = *rules;
  self->random = random;
  g_queue_init (&self->events);
  return self;
}

void
hn_witness_free (HnWitness *self)
{
  if (self == NULL)
    return;
  g_queue_clear_full (&self->events, g_free);
  g_free (self);
}
