/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"

#define MS G_GINT64_CONSTANT (1000)
#define S G_GINT64_CONSTANT (1000000)

typedef enum { BEGUN, DELAY, POSTING, TAKEN, OVER } At;

static HnPairing *
pairing_at (At at)
{
  HnPairing *self = hn_pairing_new (0);

  if (at >= DELAY)
    hn_pairing_handle (self, HN_PAIRING_PIN_KNOWN, NULL, 0);
  if (at >= POSTING)
    assert_int_equal (hn_pairing_handle (self, HN_PAIRING_TIME_UP, NULL, 300 * MS), HN_PAIRING_DO_POST);
  if (at >= TAKEN)
    hn_pairing_handle (self, HN_PAIRING_PIN_TAKEN, NULL, 310 * MS);
  if (at >= OVER)
    hn_pairing_handle (self, HN_PAIRING_PAIRED, NULL, 400 * MS);
  return self;
}

static const struct {
  At from;
  HnPairingEvent event;
  int effects;
  const char *message; /* of a failure */
} rows[] = {
#define CRYPTO " (crypto handshake rejected by Sunshine)"
  { BEGUN, HN_PAIRING_PIN_KNOWN, 0, NULL },
  { BEGUN, HN_PAIRING_PAIRED, HN_PAIRING_DO_SUCCEED, NULL },
  { BEGUN, HN_PAIRING_REFUSED, HN_PAIRING_DO_FAIL, "pair failed: refused before the pin was posted" CRYPTO },
  { BEGUN, HN_PAIRING_BROKEN, HN_PAIRING_DO_FAIL, "pair failed: why" },
  { DELAY, HN_PAIRING_TIME_UP, HN_PAIRING_DO_POST, NULL },
  { DELAY, HN_PAIRING_PAIRED, HN_PAIRING_DO_SUCCEED, NULL },
  { DELAY, HN_PAIRING_REFUSED, HN_PAIRING_DO_FAIL, "pair failed: refused before the pin was posted" CRYPTO },
  { DELAY, HN_PAIRING_BROKEN, HN_PAIRING_DO_FAIL, "pair failed: why" },
  { POSTING, HN_PAIRING_PIN_TAKEN, 0, NULL },
  { POSTING, HN_PAIRING_PIN_EARLY, 0, NULL },
  { POSTING, HN_PAIRING_PIN_UNSURE, 0, NULL },
  { POSTING, HN_PAIRING_PIN_REFUSED, HN_PAIRING_DO_FAIL, "pair failed: why" },
  { POSTING, HN_PAIRING_PAIRED, HN_PAIRING_DO_SUCCEED, NULL },
  { POSTING, HN_PAIRING_REFUSED, HN_PAIRING_DO_FAIL, "pair failed: the handshake did not complete" CRYPTO },
  { POSTING, HN_PAIRING_BROKEN, HN_PAIRING_DO_FAIL, "pair failed: why" },
  { TAKEN, HN_PAIRING_PAIRED, HN_PAIRING_DO_SUCCEED, NULL },
  { TAKEN, HN_PAIRING_REFUSED, HN_PAIRING_DO_FAIL, "pair failed: the handshake did not complete" CRYPTO },
  { TAKEN, HN_PAIRING_BROKEN, HN_PAIRING_DO_FAIL, "pair failed: why" },
};

static void
every_row_does_what_it_says (void **unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (HnPairing) self = pairing_at (rows[i].from);

    assert_int_equal (hn_pairing_handle (self, rows[i].event, "why", S), rows[i].effects);
    if (rows[i].message != NULL) {
      assert_string_equal (hn_pairing_get_error (self)->message, rows[i].message);
      assert_int_equal (hn_error_http_status (hn_pairing_get_error (self)), 502);
    } else {
      assert_null (hn_pairing_get_error (self));
    }
  }
  assert_int_equal (G_N_ELEMENTS (rows), hn_pairing_table_rows ());
}

static gboolean
has_row (At from, HnPairingEvent event)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].from == from && rows[i].event == event)
      return TRUE;
  return FALSE;
}

static void
what_has_no_row_does_nothing (void **unused)
{
  for (int from = BEGUN; from <= OVER; from++) {
    for (int event = HN_PAIRING_PIN_KNOWN; event <= HN_PAIRING_TIME_UP; event++) {
      g_autoptr (HnPairing) self = pairing_at ((At) from);

      if (!has_row ((At) from, (HnPairingEvent) event))
        assert_int_equal (hn_pairing_handle (self, (HnPairingEvent) event, NULL, S), HN_PAIRING_DO_NOTHING);
    }
  }
}

static void
the_pin_is_posted_no_sooner_than_300_ms_after_it_is_known (void **unused)
{
  g_autoptr (HnPairing) self = hn_pairing_new (0);

  assert_true (hn_pairing_deadline (self) == 30 * S);
  hn_pairing_handle (self, HN_PAIRING_PIN_KNOWN, NULL, 100 * MS);
  assert_true (hn_pairing_deadline (self) == 400 * MS);
  assert_int_equal (hn_pairing_handle (self, HN_PAIRING_TIME_UP, NULL, 399 * MS), HN_PAIRING_DO_NOTHING);
  assert_int_equal (hn_pairing_handle (self, HN_PAIRING_TIME_UP, NULL, 400 * MS), HN_PAIRING_DO_POST);
}

static void
an_early_pin_is_posted_again_300_ms_later (void **unused)
{
  g_autoptr (HnPairing) self = pairing_at (POSTING);

  for (int i = 1; i <= 20; i++) {
    gint64 now = i * S;

    assert_int_equal (hn_pairing_handle (self, HN_PAIRING_PIN_EARLY, NULL, now), HN_PAIRING_DO_NOTHING);
    assert_true (hn_pairing_deadline (self) == now + 300 * MS);
    assert_int_equal (hn_pairing_handle (self, HN_PAIRING_TIME_UP, NULL, now + 300 * MS), HN_PAIRING_DO_POST);
  }
}

static void
after_the_first_true_no_pin_is_ever_posted_again (void **unused)
{
  g_autoptr (HnPairing) self = pairing_at (TAKEN);

  assert_true (hn_pairing_deadline (self) == 30 * S);
  for (gint64 now = S; now < 30 * S; now += S)
    assert_int_equal (hn_pairing_handle (self, HN_PAIRING_TIME_UP, NULL, now), HN_PAIRING_DO_NOTHING);
  assert_int_equal (hn_pairing_handle (self, HN_PAIRING_PIN_EARLY, NULL, 5 * S), HN_PAIRING_DO_NOTHING);
  assert_true (hn_pairing_deadline (self) == 30 * S);
}

static void
a_post_without_an_answer_is_not_repeated_either (void **unused)
{
  g_autoptr (HnPairing) self = pairing_at (POSTING);

  hn_pairing_handle (self, HN_PAIRING_PIN_UNSURE, NULL, S);
  assert_true (hn_pairing_deadline (self) == 30 * S);
  assert_int_equal (hn_pairing_handle (self, HN_PAIRING_PAIRED, NULL, 2 * S), HN_PAIRING_DO_SUCCEED);
}

static void
in_every_state_30_seconds_are_the_end (void **unused)
{
  for (int from = BEGUN; from < OVER; from++) {
    g_autoptr (HnPairing) self = pairing_at ((At) from);

    assert_int_equal (hn_pairing_handle (self, HN_PAIRING_TIME_UP, NULL, 30 * S), HN_PAIRING_DO_FAIL);
    assert_string_equal (hn_pairing_get_error (self)->message, "pair failed: timed out after 30s");
    assert_int_equal (hn_error_http_status (hn_pairing_get_error (self)), 504);
    assert_true (hn_pairing_deadline (self) == HN_NEVER);
  }
}

static void
a_retry_never_outlives_the_30_seconds (void **unused)
{
  g_autoptr (HnPairing) self = pairing_at (POSTING);

  hn_pairing_handle (self, HN_PAIRING_PIN_EARLY, NULL, 30 * S - 100 * MS);
  assert_true (hn_pairing_deadline (self) == 30 * S);
}

static void
a_failure_without_a_reason_says_so (void **unused)
{
  g_autoptr (HnPairing) self = pairing_at (TAKEN);

  hn_pairing_handle (self, HN_PAIRING_BROKEN, NULL, S);
  assert_string_equal (hn_pairing_get_error (self)->message, "pair failed: no result");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_row_does_what_it_says),
    cmocka_unit_test (what_has_no_row_does_nothing),
    cmocka_unit_test (the_pin_is_posted_no_sooner_than_300_ms_after_it_is_known),
    cmocka_unit_test (an_early_pin_is_posted_again_300_ms_later),
    cmocka_unit_test (after_the_first_true_no_pin_is_ever_posted_again),
    cmocka_unit_test (a_post_without_an_answer_is_not_repeated_either),
    cmocka_unit_test (in_every_state_30_seconds_are_the_end),
    cmocka_unit_test (a_retry_never_outlives_the_30_seconds),
    cmocka_unit_test (a_failure_without_a_reason_says_so),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
