/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All times are kept: a percentile of a run is exact. */
#include "sim/fakes/swarm/stats.h"

struct SimStats {
  GArray *times; /* of gint64 */
  gboolean sorted;
};

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 one = *(const gint64 *)a;
  gint64 other = *(const gint64 *)b;

  return one < other ? -1 : one > other;
}

SimStats *
sim_stats_new (void)
{
  SimStats *self = g_new0 (SimStats, 1);

  self->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  return self;
}

void
sim_stats_free (SimStats *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->times);
  g_free (self);
}

void
sim_stats_add (SimStats *self, gint64 us)
{
  g_array_append_val (self->times, us);
  self->sorted = FALSE;
}

guint
sim_stats_count (const SimStats *self)
{
  return self->times->len;
}

gint64
sim_stats_at (SimStats *self, double percent)
{
  guint n = self->times->len;
  guint rank;

  if (n == 0)
    return 0;
  if (!self->sorted)
    g_array_sort (self->times, compare);
  self->sorted = TRUE;
  rank = (guint)(percent * n / 100.0);
  if (rank < percent * n / 100.0)
    rank++;
  return g_array_index (self->times, gint64, CLAMP (rank, 1, n) - 1);
}

JsonObject *
sim_stats_json (SimStats *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "count", sim_stats_count (self));
  json_object_set_int_member (object, "p50", sim_stats_at (self, 50));
  json_object_set_int_member (object, "p99", sim_stats_at (self, 99));
  json_object_set_int_member (object, "max", sim_stats_at (self, 100));
  return object;
}
