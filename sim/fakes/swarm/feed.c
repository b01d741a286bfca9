/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fakes/swarm/feed.h"

#define PER_SECOND 60
#define KEY_WEIGHT 4

gsize
sim_feed_bytes (guint kbit, guint64 number)
{
  gsize second = (gsize)kbit * 1000 / 8;
  gsize plain = second / (PER_SECOND - 1 + KEY_WEIGHT);

  return number % PER_SECOND == 0 ? second - plain * (PER_SECOND - 1) : plain;
}
