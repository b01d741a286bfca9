/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/frame-border.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/unit.h"

static const guint8 frames[] = {
  0x81, 2, 'h', 'i',                               /* text */
  0x89, 0,                                         /* ping, empty */
  0x02, 126, 0, 200, [10 + 0] = 0xff, [209] = 0xff, /* binary, begun: a 16-bit length */
  0x80, 127, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3,      /* its end: a 64-bit length */
};
static const gsize ends[] = { 0, 4, 6, 210, 223 };

static gboolean
is_an_end (gsize at)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    if (ends[i] == at)
      return TRUE;
  return FALSE;
}

static void
a_border_is_where_a_frame_ends_and_nowhere_else (void **unused)
{
  HnFrameBorder border = { 0 };

  assert_int_equal (sizeof frames, 223);
  assert_true (hn_frame_border_is_here (&border));
  for (gsize i = 0; i < sizeof frames; i++) {
    hn_frame_border_feed (&border, frames + i, 1);
    assert_int_equal (hn_frame_border_is_here (&border), is_an_end (i + 1));
  }
}

static void
no_cut_between_two_reads_changes_it (void **unused)
{
  for (gsize first = 0; first <= sizeof frames; first++)
    for (gsize second = first; second <= sizeof frames; second++) {
      HnFrameBorder border = { 0 };

      hn_frame_border_feed (&border, frames, first);
      assert_int_equal (hn_frame_border_is_here (&border), is_an_end (first));
      hn_frame_border_feed (&border, frames + first, second - first);
      hn_frame_border_feed (&border, frames + second, sizeof frames - second);
      assert_true (hn_frame_border_is_here (&border));
    }
}

static void
nothing_follows_a_close_or_what_is_no_servers_frame (void **unused)
{
  static const guint8 texts[][10] = {
    { 0x88, 0 },                                  /* Close */
    { 0x81, 0x80 },                               /* masked */
    { 0x83, 0 },                                  /* no such opcode */
    { 0x8b, 0 },                                  /* no such control opcode */
    { 0x09, 0 },                                  /* a ping in two parts */
    { 0x89, 126 },                                /* a long ping */
    { 0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0 },     /* a length with its highest bit set */
    { 'H', 'T', 'T', 'P' },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    HnFrameBorder border = { 0 };

    hn_frame_border_feed (&border, texts[i], sizeof texts[i]);
    hn_frame_border_feed (&border, frames, sizeof frames);
    assert_false (hn_frame_border_is_here (&border));
  }
}

static void
a_frame_of_the_longest_length_is_waited_for (void **unused)
{
  static const guint8 head[] = { 0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 };
  HnFrameBorder border = { 0 };

  hn_frame_border_feed (&border, head, sizeof head);
  assert_false (hn_frame_border_is_here (&border));
  assert_true (border.left == G_MAXINT64 - 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_border_is_where_a_frame_ends_and_nowhere_else),
    cmocka_unit_test (no_cut_between_two_reads_changes_it),
    cmocka_unit_test (nothing_follows_a_close_or_what_is_no_servers_frame),
    cmocka_unit_test (a_frame_of_the_longest_length_is_waited_for),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
