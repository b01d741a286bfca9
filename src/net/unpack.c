/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thousand bytes of zeros pack into one: what comes out is bounded as a whole, whatever goes in. */
#include "net/unpack.h"

#include <gio/gio.h>

#include "base/limits.h"

#define PIECE_BYTES 16384

struct _HnUnpack {
  GConverter *converter;
  gsize total;
  gboolean begun;
  gboolean finished;
};

gboolean
hn_unpack_is_known (const HnHttpHead *head)
{
  const HnHttpField *encoding = hn_http_head_find (head, "content-encoding");

  return encoding != NULL && (hn_slice_equal_nocase (encoding->value, "gzip") || hn_slice_equal_nocase (encoding->value, "x-gzip"));
}

/* One step; FALSE when there is nothing more to do, for now or for ever. */
static gboolean
step (HnUnpack *self, HnSlice *input, gboolean last, GByteArray *out, gboolean *ret_broken)
{
  guint had = out->len;
  gsize n_read = 0, n_written = 0;
  GConverterResult result;
  g_autoptr (GError) error = NULL;

  g_byte_array_set_size (out, had + PIECE_BYTES);
  result = g_converter_convert (self->converter, input->text, input->length, out->data + had, PIECE_BYTES,
                                last ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS, &n_read, &n_written, &error);
  g_byte_array_set_size (out, had + (guint) n_written);
  input->text += n_read;
  input->length -= n_read;
  self->total += n_written;
  self->finished |= result == G_CONVERTER_FINISHED;
  *ret_broken = self->total > HN_LIMIT_UNPACKED_BYTES
                || (result == G_CONVERTER_ERROR && (last || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT)));
  return result == G_CONVERTER_CONVERTED && !*ret_broken;
}

GByteArray *
hn_unpack_feed (HnUnpack *self, const char *bytes, gsize n_bytes, gboolean last)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  HnSlice input = { bytes, n_bytes };
  gboolean broken = FALSE;

  self->begun |= n_bytes > 0;
  if (!self->begun || (self->finished && n_bytes == 0))
    return g_steal_pointer (&out);
  if (self->finished)
    return NULL; /* more than one page */
  while ((input.length > 0 || last) && step (self, &input, last, out, &broken))
    ;
  return broken || (self->finished && input.length > 0) ? NULL : g_steal_pointer (&out);
}

HnUnpack *
hn_unpack_new (void)
{
  HnUnpack *self = g_new0 (HnUnpack, 1);

  self->converter = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  return self;
}

void
hn_unpack_free (HnUnpack *self)
{
  if (self == NULL)
    return;
  g_object_unref (self->converter);
  g_free (self);
}
