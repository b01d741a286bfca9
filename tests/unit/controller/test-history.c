/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"
#include "controller/history.h"
#include "tests/support/unit.h"

#define SPAN (HN_HISTORY_SPAN_SECONDS * (gint64) G_USEC_PER_SEC)
#define HOUR (HN_HISTORY_SPANS * SPAN)
#define MS(n) ((n) * (gint64) 1000)

/* Of the span that lies @back before the last one; -1 for null. */
static gint64
value (HnHistory *history, gint64 now_us, const char *name, guint back)
{
  g_autoptr (JsonObject) object = hn_history_to_json (history, now_us);
  JsonArray *array = json_object_get_array_member (object, name);

  assert_int_equal (json_array_get_length (array), HN_HISTORY_SPANS);
  return json_array_get_null_element (array, HN_HISTORY_SPANS - 1 - back) ? -1 : json_array_get_int_element (array, HN_HISTORY_SPANS - 1 - back);
}

static void
creates_are_counted_in_the_span_they_ended_in (void **unused)
{
  g_autoptr (HnHistory) history = hn_history_new ();
  gint64 now = 1000 * HOUR;

  hn_history_create (history, 201, MS (100), now);
  hn_history_create (history, 201, MS (300), now + 1);
  hn_history_create (history, 201, MS (200), now + SPAN - 1);
  hn_history_create (history, 502, MS (5000), now + 2);
  hn_history_create (history, 201, MS (50), now + SPAN);
  assert_int_equal (value (history, now + SPAN, "created", 1), 3);
  assert_int_equal (value (history, now + SPAN, "failed", 1), 1);
  assert_int_equal (value (history, now + SPAN, "median_ms", 1), 200);
  assert_int_equal (value (history, now + SPAN, "slowest_ms", 1), 300);
  assert_int_equal (value (history, now + SPAN, "created", 0), 1);
  assert_int_equal (value (history, now + SPAN, "created", 2), 0);
  assert_int_equal (value (history, now + SPAN, "median_ms", 2), -1);
}

static void
what_was_asked_wrongly_or_left_is_neither (void **unused)
{
  g_autoptr (HnHistory) history = hn_history_new ();

  hn_history_create (history, 400, MS (1), HOUR);
  hn_history_create (history, 409, MS (1), HOUR);
  hn_history_create (history, 0, MS (1), HOUR);
  assert_int_equal (value (history, HOUR, "created", 0), 0);
  assert_int_equal (value (history, HOUR, "failed", 0), 0);
}

static void
an_hour_later_it_is_forgotten (void **unused)
{
  g_autoptr (HnHistory) history = hn_history_new ();

  hn_history_create (history, 201, MS (1), HOUR);
  assert_int_equal (value (history, HOUR + HOUR - SPAN, "created", HN_HISTORY_SPANS - 1), 1);
  for (guint back = 0; back < HN_HISTORY_SPANS; back++)
    assert_int_equal (value (history, HOUR + HOUR, "created", back), 0);
}

static void
a_young_machine_has_no_spans_before_its_start (void **unused)
{
  g_autoptr (HnHistory) history = hn_history_new ();

  hn_history_create (history, 201, MS (7), 5);
  assert_int_equal (value (history, 5, "created", 0), 1);
  assert_int_equal (value (history, 5, "created", HN_HISTORY_SPANS - 1), 0);
}

static void
a_thousand_creates_in_a_span_are_all_counted (void **unused)
{
  g_autoptr (HnHistory) history = hn_history_new ();

  for (guint i = 0; i < 1000; i++)
    hn_history_create (history, 201, MS (i), HOUR);
  assert_int_equal (value (history, HOUR, "created", 0), 1000);
  assert_int_equal (value (history, HOUR, "slowest_ms", 0), 999);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (creates_are_counted_in_the_span_they_ended_in),
    cmocka_unit_test (what_was_asked_wrongly_or_left_is_neither),
    cmocka_unit_test (an_hour_later_it_is_forgotten),
    cmocka_unit_test (a_young_machine_has_no_spans_before_its_start),
    cmocka_unit_test (a_thousand_creates_in_a_span_are_all_counted),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
