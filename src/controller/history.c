/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: spans begin at whole multiples of their length, so that a curve does not wobble between two looks; one that nothing touched costs nothing when
 * it passes. Of one span's durations the first TIMES count for the median. A create that nobody waited for, or that asked for nonsense, is neither
 * a success nor a failure of ours. */
#include "controller/history.h"

#include <stdlib.h>

#include "base/clock.h"

#define TIMES 64

typedef struct {
  gint64 number; /* which multiple; a span that holds another number is empty */
  guint created;
  guint failed;
  guint32 slowest_ms;
  guint32 times_ms[TIMES];
} Span;

struct _HnHistory {
  Span spans[HN_HISTORY_SPANS];
};

static gint64
number_at (gint64 now_us)
{
  return now_us / hn_seconds (HN_HISTORY_SPAN_SECONDS) + 1; /* 0 is what zeroed memory says */
}

static Span *
span_of (HnHistory *self, gint64 number)
{
  return &self->spans[number % HN_HISTORY_SPANS];
}

static void
add_time (Span *span, gint64 took_us)
{
  guint32 ms = (guint32) CLAMP (took_us / 1000, 0, G_MAXUINT32);

  if (span->created < TIMES)
    span->times_ms[span->created] = ms;
  span->created++;
  span->slowest_ms = MAX (span->slowest_ms, ms);
}

void
hn_history_create (HnHistory *self, guint status, gint64 took_us, gint64 now_us)
{
  gint64 number = number_at (now_us);
  Span *span = span_of (self, number);

  if (status != 201 && status < 500)
    return;
  if (span->number != number)
    *span = (Span){ .number = number };
  if (status == 201)
    add_time (span, took_us);
  else
    span->failed++;
}

static int
compare (const void *a, const void *b)
{
  guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;

  return left < right ? -1 : left > right;
}

static guint32
median (const Span *span)
{
  guint n = MIN (span->created, TIMES);
  guint32 sorted[TIMES];

  for (guint i = 0; i < n; i++)
    sorted[i] = span->times_ms[i];
  qsort (sorted, n, sizeof sorted[0], compare);
  return sorted[n / 2];
}

static void
add_duration (JsonArray *to, const Span *span, guint32 ms)
{
  if (span->created > 0)
    json_array_add_int_element (to, ms);
  else
    json_array_add_null_element (to);
}

JsonObject *
hn_history_to_json (HnHistory *self, gint64 now_us)
{
  static const Span nothing = { 0 };
  JsonObject *object = json_object_new ();
  JsonArray *created = json_array_new (), *failed = json_array_new ();
  JsonArray *medians = json_array_new (), *slowest = json_array_new ();
  gint64 last = number_at (now_us);

  for (gint64 number = last - HN_HISTORY_SPANS + 1; number <= last; number++) {
    const Span *span = number > 0 && span_of (self, number)->number == number ? span_of (self, number) : &nothing;

    json_array_add_int_element (created, span->created);
    json_array_add_int_element (failed, span->failed);
    add_duration (medians, span, span->created > 0 ? median (span) : 0);
    add_duration (slowest, span, span->slowest_ms);
  }
  json_object_set_int_member (object, "span_seconds", HN_HISTORY_SPAN_SECONDS);
  json_object_set_array_member (object, "created", created);
  json_object_set_array_member (object, "failed", failed);
  json_object_set_array_member (object, "median_ms", medians);
  json_object_set_array_member (object, "slowest_ms", slowest);
  return object;
}

HnHistory *
hn_history_new (void)
{
  return g_new0 (HnHistory, 1);
}

void
hn_history_free (HnHistory *self)
{
  g_free (self);
}
