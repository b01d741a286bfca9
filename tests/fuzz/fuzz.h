/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <glib.h>

/* What every fuzz target begins with. A target is one function; libfuzzer.c calls it with what libFuzzer invents, replay.c with the
 * corpus. It checks what must hold of any input, not only that nothing breaks. */

/* Ends the program, as both callers want it: libFuzzer keeps the input then, cmocka's run breaks off. */
#define must(condition)                                                           \
  do {                                                                            \
    if (!(condition)) {                                                           \
      g_printerr ("%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      abort ();                                                                   \
    }                                                                             \
  } while (0)

/**
 * fuzz_one:
 * @bytes: (array length=length): anything; a block of exactly that size, so that a sanitizer sees each step beyond it
 * @length: bytes
 *
 * Returns: whether the code under test took it for well-formed
 */
gboolean fuzz_one (const char *bytes, gsize length);

/* Two results that must be the same bytes. */
static inline gboolean
same_bytes (const GByteArray *a, const GByteArray *b)
{
  return a->len == b->len && (a->len == 0 || memcmp (a->data, b->data, a->len) == 0);
}
