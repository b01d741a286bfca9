/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <string.h>

/* Times in nanoseconds, however many, to within 1.6 %: 64 steps for each power of two. */

#define STEPS 64

typedef struct {
  uint64_t n, counts[64 * STEPS];
} Histogram;

static inline void
histogram_add (Histogram *self, int64_t ns)
{
  uint64_t value = ns < STEPS ? STEPS : (uint64_t) ns;
  unsigned shift = 57 - (unsigned) __builtin_clzll (value);

  self->counts[shift * STEPS + (value >> shift) - STEPS]++;
  self->n++;
}

/* The middle of the step that holds @part (0 to 1) of all, in µs. */
static inline double
histogram_part_us (const Histogram *self, double part)
{
  uint64_t wanted = (uint64_t) ((double) self->n * part), seen = 0;

  for (unsigned i = 0; i < 64 * STEPS; i++)
    if (self->counts[i] > 0 && (seen += self->counts[i]) > wanted)
      return ((double) (i % STEPS + STEPS) + 0.5) * (double) (1ull << (i / STEPS)) / 1e3;
  return 0;
}
