/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/distance.h"

gint64
hn_distance_median (const gint64 *samples, guint count)
{
  for (guint i = 0; i < count; i++) {
    guint below = 0;

    /* equal ones are ordered by their place */
    for (guint k = 0; k < count; k++)
      below += samples[k] < samples[i] || (samples[k] == samples[i] && k < i);
    if (below == (count - 1) / 2)
      return samples[i];
  }
  return 0;
}
