/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every unit test begins with: cmocka and the headers it wants before it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "base/error.h"

/* The error must have this code and this text; it is freed and cleared. */
#define assert_hn_error(error, expected_code, expected_text)       \
  do {                                                             \
    assert_non_null (error);                                       \
    assert_true (g_error_matches (error, HN_ERROR, expected_code)); \
    assert_string_equal ((error)->message, expected_text);         \
    g_clear_error (&(error));                                      \
  } while (0)
