/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/fakes/web-server/fault.h"

static void
without_words_everything_is_as_in_the_real_program (void **unused)
{
  SimFaults faults;

  assert_true (sim_faults_parse (NULL, &faults, NULL));
  assert_int_equal (faults.stop_delay_ms, 10000);
  assert_int_equal (faults.bad_config, 0);
  assert_int_equal (faults.terminate_after_ms, 0);
}

static void
a_word_turns_a_knob_and_the_last_one_counts (void **unused)
{
  SimFaults faults;

  assert_true (sim_faults_parse ("pair-close, stop-delay-ms=300\n,pair-split=5,stop-delay-ms=7,pair-close=0,", &faults, NULL));
  assert_int_equal (faults.stop_delay_ms, 7);
  assert_int_equal (faults.pair_split, 5);
  assert_int_equal (faults.pair_close, 0);
}

static void
an_unknown_word_or_a_number_that_is_none_is_named (void **unused)
{
  static const char *const wrong[] = { "no-such", "pair-split=x", "pair-split=", "pair-split=-1", "stop-delay-ms=3600001" };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *unknown = NULL;
    SimFaults faults;

    assert_false (sim_faults_parse (wrong[i], &faults, &unknown));
    assert_string_equal (unknown, wrong[i]);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (without_words_everything_is_as_in_the_real_program),
    cmocka_unit_test (a_word_turns_a_knob_and_the_last_one_counts),
    cmocka_unit_test (an_unknown_word_or_a_number_that_is_none_is_named),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
