/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/http-body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
  const char *text;
  const char *payload; /* NULL: refused */
  const char *behind;  /* what does not belong to it */
  gboolean done;
} Case;

static const Case chunked[] = {
  { "0\r\n\r\n", "", "", TRUE },
  { "3\r\nabc\r\n0\r\n\r\n", "abc", "", TRUE },
  { "3\r\nabc\r\n0\r\n\r\nGET /", "abc", "GET /", TRUE },
  { "1\r\na\r\n2\r\nbc\r\n00\r\n\r\n\r\n", "abc", "\r\n", TRUE },
  { "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", "", TRUE },
  { "000000000000003\r\nabc\r\n0\r\n\r\n", "abc", "", TRUE },
  { "3;name\r\nabc\r\n0;a=\"b c\"\r\n\r\n", "abc", "", TRUE },
  { "3 \t;name=value\r\nabc\r\n0\r\n\r\n", "abc", "", TRUE },
  { "3\r\nabc\r\n0\r\nTrailer: value\r\nOther:\r\n\r\nX", "abc", "X", TRUE },
  { "3\r\n\r\n\r\r\n0\r\n\r\n", "\r\n\r", "", TRUE },
  { "3\r\nab", "ab", "", FALSE },
  { "3\r\nabc\r\n0\r\n", "abc", "", FALSE },
  { "3\r\nabc\r\n0\r\nT: v\r\n", "abc", "", FALSE },
  { "0000000000000003\r\nabc\r\n0\r\n\r\n", NULL, NULL, FALSE },
  { "fffffffffffffffff\r\n", NULL, NULL, FALSE },
  { "zz\r\n", NULL, NULL, FALSE },
  { "-1\r\n", NULL, NULL, FALSE },
  { "+3\r\nabc\r\n", NULL, NULL, FALSE },
  { "0x3\r\nabc\r\n", NULL, NULL, FALSE },
  { "\r\n", NULL, NULL, FALSE },
  { ";x\r\n", NULL, NULL, FALSE },
  { " 3\r\nabc\r\n", NULL, NULL, FALSE },
  { "3 \r\nabc\r\n", NULL, NULL, FALSE },
  { "3\nabc\r\n", NULL, NULL, FALSE },
  { "3\r\rabc\r\n", NULL, NULL, FALSE },
  { "3;a\nb\r\nabc\r\n", NULL, NULL, FALSE },
  { "3;a\x01\r\nabc\r\n", NULL, NULL, FALSE },
  { "3\r\nabcd\r\n", NULL, NULL, FALSE },
  { "3\r\nabc\n0\r\n\r\n", NULL, NULL, FALSE },
  { "3\r\nabc0\r\n\r\n", NULL, NULL, FALSE },
  { "0\r\nGET / HTTP/1.1\r\n\r\n", NULL, NULL, FALSE },
  { "0\r\n: no name\r\n\r\n", NULL, NULL, FALSE },
  { "0\r\n folded\r\n\r\n", NULL, NULL, FALSE },
  { "0\r\nT: v\n\r\n", NULL, NULL, FALSE },
  { "0\r\nT: v\r\n\n", NULL, NULL, FALSE },
  { "0\r\n\rX", NULL, NULL, FALSE },
};

/* Feeds @text in two pieces, as they would come. */
static void
run_case (const Case *one, gsize split)
{
  g_autoptr (GString) payload = g_string_new (NULL);
  gsize ends[] = { split, strlen (one->text) };
  gsize at = 0;
  gboolean fine = TRUE;
  HnHttpBody body;

  hn_http_body_init (&body, HN_HTTP_BODY_CHUNKED, -1);
  for (int i = 0; i < 2 && fine && !hn_http_body_is_done (&body); i++) {
    gsize length = ends[i] - at;
    g_autofree char *piece = g_memdup2 (one->text + at, length);
    g_autoptr (GError) error = NULL;
    gsize used = 0, n = 0;

    fine = hn_http_body_feed (&body, piece, length, &used, &n, &error);
    assert_true (fine == (error == NULL));
    if (!fine)
      break;
    assert_true (used == length || hn_http_body_is_done (&body));
    g_string_append_len (payload, piece, (gssize) n);
    if (length > used)
      assert_memory_equal (piece + used, one->text + at + used, length - used);
    at += used;
  }
  if (fine != (one->payload != NULL))
    fail_msg ("split at %zu: %s", split, one->text);
  if (!fine)
    return;
  assert_string_equal (payload->str, one->payload);
  assert_int_equal (hn_http_body_is_done (&body), one->done);
  assert_string_equal (one->text + at, one->behind);
}

static void
chunks_are_the_same_however_they_are_cut (void **unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (chunked); i++)
    for (gsize split = 0; split <= strlen (chunked[i].text); split++)
      run_case (&chunked[i], split);
}

static void
extensions_and_trailers_may_not_go_on_for_ever (void **unused)
{
  static const char *const openings[] = { "3;", "0\r\nTrailer: ", "3 " };

  for (gsize i = 0; i < G_N_ELEMENTS (openings); i++) {
    g_autofree char *opening = g_strdup (openings[i]);
    gsize used = 0, n = 0;
    gboolean fine = TRUE;
    guint fed = 0;
    HnHttpBody body;

    hn_http_body_init (&body, HN_HTTP_BODY_CHUNKED, -1);
    assert_true (hn_http_body_feed (&body, opening, strlen (opening), &used, &n, NULL));
    for (; fine && fed < 100000; fed++) {
      char byte = i == 2 ? ' ' : 'x';

      fine = hn_http_body_feed (&body, &byte, 1, &used, &n, NULL);
    }
    assert_false (fine);
    assert_true (fed > 1000 && fed < 10000);
  }
}

static void
a_length_takes_exactly_its_bytes (void **unused)
{
  char text[] = "abcdef";
  gsize used = 0, n = 0;
  HnHttpBody body;

  hn_http_body_init (&body, HN_HTTP_BODY_LENGTH, 4);
  assert_false (hn_http_body_is_done (&body));
  assert_true (hn_http_body_feed (&body, text, 3, &used, &n, NULL));
  assert_int_equal (used, 3);
  assert_int_equal (n, 3);
  assert_true (hn_http_body_feed (&body, text + 3, 3, &used, &n, NULL));
  assert_int_equal (used, 1);
  assert_int_equal (n, 1);
  assert_true (hn_http_body_is_done (&body));
}

static void
no_body_is_done_at_once_and_one_until_close_never (void **unused)
{
  char text[] = "abc";
  gsize used = 0, n = 0;
  HnHttpBody body;

  hn_http_body_init (&body, HN_HTTP_BODY_NONE, -1);
  assert_true (hn_http_body_is_done (&body));
  hn_http_body_init (&body, HN_HTTP_BODY_LENGTH, 0);
  assert_true (hn_http_body_is_done (&body));
  hn_http_body_init (&body, HN_HTTP_BODY_UNTIL_CLOSE, -1);
  assert_true (hn_http_body_feed (&body, text, 3, &used, &n, NULL));
  assert_int_equal (used, 3);
  assert_int_equal (n, 3);
  assert_false (hn_http_body_is_done (&body));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (chunks_are_the_same_however_they_are_cut),
    cmocka_unit_test (extensions_and_trailers_may_not_go_on_for_ever),
    cmocka_unit_test (a_length_takes_exactly_its_bytes),
    cmocka_unit_test (no_body_is_done_at_once_and_one_until_close_never),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
