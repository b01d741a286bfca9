/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/unpack.h"

#include <gio/gio.h>
#include <string.h>

#include "base/limits.h"
#include "tests/support/unit.h"

static GBytes *
pack (const char *bytes, gsize n_bytes)
{
  g_autoptr (GConverter) converter = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6));
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (memory, converter);

  assert_true (g_output_stream_write_all (stream, bytes, n_bytes, NULL, NULL, NULL));
  assert_true (g_output_stream_close (stream, NULL, NULL));
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

/* Fed in pieces of @piece bytes; NULL when one of them is refused. */
static GByteArray *
unpack (GBytes *packed, gsize n_bytes, gsize piece)
{
  g_autoptr (HnUnpack) self = hn_unpack_new ();
  g_autoptr (GByteArray) all = g_byte_array_new ();
  const char *bytes = g_bytes_get_data (packed, NULL);

  for (gsize at = 0; at < n_bytes || n_bytes == 0; at += piece) {
    gsize length = MIN (piece, n_bytes - at);
    g_autoptr (GByteArray) part = hn_unpack_feed (self, bytes + at, length, at + length == n_bytes);

    if (part == NULL)
      return NULL;
    g_byte_array_append (all, part->data, part->len);
    if (n_bytes == 0)
      break;
  }
  return g_steal_pointer (&all);
}

static void
a_page_comes_out_as_it_was_however_it_is_cut (void **unused)
{
  g_autofree char *page = g_malloc (100000);
  g_autoptr (GBytes) packed = NULL;

  for (gsize i = 0; i < 100000; i++)
    page[i] = (char) (i * i >> 7);
  packed = pack (page, 100000);
  for (gsize piece = 1; piece < 200000; piece = piece * 3 + 1) {
    g_autoptr (GByteArray) out = unpack (packed, g_bytes_get_size (packed), piece);

    assert_non_null (out);
    assert_int_equal (out->len, 100000);
    assert_memory_equal (out->data, page, 100000);
  }
}

static void
a_page_that_is_cut_or_broken_or_followed_by_more_is_refused (void **unused)
{
  g_autoptr (GBytes) packed = pack ("<html>", 6);
  gsize length = g_bytes_get_size (packed);
  g_autofree char *longer = g_malloc0 (length + 1);
  g_autoptr (GBytes) followed = NULL;
  g_autoptr (GBytes) plain = g_bytes_new_static ("<html>", 6);

  memcpy (longer, g_bytes_get_data (packed, NULL), length);
  followed = g_bytes_new_static (longer, length + 1);
  for (gsize n = 1; n < length; n++)
    assert_null (unpack (packed, n, length));
  assert_null (unpack (followed, length + 1, length + 1));
  assert_null (unpack (followed, length + 1, length));
  assert_null (unpack (plain, 6, 6));
}

static void
no_body_at_all_is_an_empty_page (void **unused)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GByteArray) out = unpack (nothing, 0, 1);

  assert_int_equal (out->len, 0);
}

static void
a_page_that_grows_without_end_is_refused (void **unused)
{
  g_autofree char *zeros = g_malloc0 (HN_LIMIT_UNPACKED_BYTES + 1);
  g_autoptr (GBytes) fits = pack (zeros, HN_LIMIT_UNPACKED_BYTES);
  g_autoptr (GBytes) grows = pack (zeros, HN_LIMIT_UNPACKED_BYTES + 1);
  g_autoptr (GByteArray) out = unpack (fits, g_bytes_get_size (fits), 1000);

  assert_int_equal (out->len, HN_LIMIT_UNPACKED_BYTES);
  assert_null (unpack (grows, g_bytes_get_size (grows), 1000));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_page_comes_out_as_it_was_however_it_is_cut),
    cmocka_unit_test (a_page_that_is_cut_or_broken_or_followed_by_more_is_refused),
    cmocka_unit_test (no_body_at_all_is_an_empty_page),
    cmocka_unit_test (a_page_that_grows_without_end_is_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
