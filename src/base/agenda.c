/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/agenda.h"

#include "base/clock.h"

typedef struct {
  gpointer thing;
  gint64 when_us;
} Date;

struct _HnAgenda {
  GSequence *dates;   /* of Date, earliest first */
  GHashTable *places; /* thing → GSequenceIter */
};

static int
compare (gconstpointer one, gconstpointer other, gpointer unused)
{
  const Date *a = one, *b = other;

  return (a->when_us > b->when_us) - (a->when_us < b->when_us);
}

static void
drop (HnAgenda *self, GSequenceIter *place)
{
  const Date *date = g_sequence_get (place);

  g_hash_table_remove (self->places, date->thing);
  g_sequence_remove (place);
}

void
hn_agenda_put (HnAgenda *self, gpointer thing, gint64 when_us)
{
  GSequenceIter *place = g_hash_table_lookup (self->places, thing);
  Date *date;

  if (place != NULL)
    drop (self, place);
  if (when_us == HN_NEVER)
    return;
  date = g_new (Date, 1);
  date->thing = thing;
  date->when_us = when_us;
  g_hash_table_insert (self->places, thing, g_sequence_insert_sorted (self->dates, date, compare, NULL));
}

gpointer
hn_agenda_take (HnAgenda *self, gint64 now_us)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->dates);
  gint64 next_us = hn_agenda_get_next (self);
  gpointer thing;

  if (next_us == HN_NEVER || next_us > now_us)
    return NULL;
  thing = ((const Date *) g_sequence_get (first))->thing;
  drop (self, first);
  return thing;
}

gint64
hn_agenda_get_next (const HnAgenda *self)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->dates);

  return g_sequence_iter_is_end (first) ? HN_NEVER : ((const Date *) g_sequence_get (first))->when_us;
}

HnAgenda *
hn_agenda_new (void)
{
  HnAgenda *self = g_new0 (HnAgenda, 1);

  self->dates = g_sequence_new (g_free);
  self->places = g_hash_table_new (NULL, NULL);
  return self;
}

void
hn_agenda_free (HnAgenda *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->places);
  g_sequence_free (self->dates);
  g_free (self);
}
