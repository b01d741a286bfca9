/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/unit.h"

#include <string.h>

#include "fuzz.h"

/* Gives one target its corpus (argv[1]) as ordinary tests: as it is, cut short at each byte, and with one byte changed. */

#define CUT_BYTES_MAX 2048

typedef struct {
  const char *folder;
  GPtrArray *inputs; /* of GBytes */
} Corpus;

static gboolean
give (const char *bytes, gsize length)
{
  g_autofree char *exact = length > 0 ? g_memdup2 (bytes, length) : g_malloc (1);

  return fuzz_one (exact, length);
}

static int
load (void **state)
{
  Corpus *corpus = *state;
  g_autoptr (GDir) dir = g_dir_open (corpus->folder, 0, NULL);
  const char *name;

  corpus->inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (corpus->folder, name, NULL);
    char *text = NULL;
    gsize length = 0;

    if (!g_file_get_contents (path, &text, &length, NULL))
      return -1;
    g_ptr_array_add (corpus->inputs, g_bytes_new_take (text, length));
  }
  return 0;
}

static int
unload (void **state)
{
  Corpus *corpus = *state;

  g_clear_pointer (&corpus->inputs, g_ptr_array_unref);
  return 0;
}

static void
the_corpus_has_inputs_that_are_taken_and_inputs_that_are_refused (void **state)
{
  Corpus *corpus = *state;
  guint taken = 0;

  for (guint i = 0; i < corpus->inputs->len; i++) {
    gsize length = 0;
    const char *bytes = g_bytes_get_data (corpus->inputs->pdata[i], &length);

    taken += give (bytes, length) ? 1 : 0;
  }
  assert_true (taken > 0);
  assert_true (taken < corpus->inputs->len);
}

static void
what_must_hold_holds_of_each_input_cut_anywhere (void **state)
{
  Corpus *corpus = *state;

  for (guint i = 0; i < corpus->inputs->len; i++) {
    gsize length = 0;
    const char *bytes = g_bytes_get_data (corpus->inputs->pdata[i], &length);

    for (gsize cut = 0; cut < MIN (length, CUT_BYTES_MAX); cut++) {
      give (bytes, cut);
      give (bytes + cut, length - cut);
    }
  }
}

static void
what_must_hold_holds_of_each_input_with_one_byte_changed (void **state)
{
  static const char odd[] = { '\0', '\n', '\r', ' ', '"', '%', ',', '/', ':', '<', '>', '\x7f', '\xff', '0', 'f', '{' };
  Corpus *corpus = *state;

  for (guint i = 0; i < corpus->inputs->len; i++) {
    gsize length = 0;
    const char *bytes = g_bytes_get_data (corpus->inputs->pdata[i], &length);
    g_autofree char *copy = g_memdup2 (bytes, MAX (length, 1));

    for (gsize at = 0; at < MIN (length, CUT_BYTES_MAX); at++) {
      copy[at] = odd[(at + i) % sizeof odd];
      give (copy, length);
      copy[at] = bytes[at];
    }
  }
}

int
main (int argc, char **argv)
{
  Corpus corpus = { argc > 1 ? argv[1] : ".", NULL };
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_prestate (the_corpus_has_inputs_that_are_taken_and_inputs_that_are_refused, &corpus),
    cmocka_unit_test_prestate (what_must_hold_holds_of_each_input_cut_anywhere, &corpus),
    cmocka_unit_test_prestate (what_must_hold_holds_of_each_input_with_one_byte_changed, &corpus),
  };
  void *state = &corpus;
  int failed;

  if (load (&state) != 0)
    return 1;
  failed = cmocka_run_group_tests (tests, NULL, NULL);
  unload (&state);
  return failed;
}
