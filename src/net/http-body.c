/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/http-body.h"

#include <string.h>

#include "base/error.h"

/* Chunked framing is a machine that takes one byte a step, but for the data itself. What it refuses: a size without digits or with more
 * than 15, a sign, white space that no `;` follows, bare LF or CR, control characters in extensions and trailers, a trailer line without a name,
 * and more than 4 KB of either: they carry nothing for us. */

#define SIZE_DIGITS_MAX 15
#define LINE_BYTES_MAX 4096

typedef enum {
  SIZE,
  SIZE_SPACE, /* white space before `;` */
  EXTENSION,
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  TRAILER, /* at the beginning of a line */
  TRAILER_NAME,
  TRAILER_VALUE,
  TRAILER_LF,
  LAST_LF,
  DONE,
} State;

void
hn_http_body_init (HnHttpBody *self, HnHttpBodyKind kind, gint64 content_length)
{
  *self = (HnHttpBody){ .kind = kind };
  if (kind == HN_HTTP_BODY_LENGTH)
    self->left_bytes = content_length;
  self->state = kind == HN_HTTP_BODY_CHUNKED ? SIZE : DATA;
  if (kind == HN_HTTP_BODY_NONE || (kind == HN_HTTP_BODY_LENGTH && content_length == 0))
    self->state = DONE;
}

gboolean
hn_http_body_is_done (const HnHttpBody *self)
{
  return self->state == DONE;
}

static gboolean
is_name_char (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

static gboolean
is_text (char c)
{
  return c == '\t' || ((guint8) c >= 0x20 && c != 0x7f);
}

static gboolean
step_size (HnHttpBody *self, char c)
{
  int digit = g_ascii_xdigit_value (c);

  if (digit >= 0) {
    if (++self->digits > SIZE_DIGITS_MAX)
      return FALSE;
    self->left_bytes = self->left_bytes * 16 + digit;
    return TRUE;
  }
  if (self->digits == 0)
    return FALSE;
  if (c == '\r')
    self->state = SIZE_LF;
  else if (c == ';')
    self->state = EXTENSION;
  else if (c == ' ' || c == '\t')
    self->state = SIZE_SPACE;
  else
    return FALSE;
  return TRUE;
}

static gboolean
step_extension (HnHttpBody *self, char c)
{
  if (++self->line_bytes > LINE_BYTES_MAX)
    return FALSE;
  if (self->state == SIZE_SPACE) {
    if (c == ';')
      self->state = EXTENSION;
    return c == ';' || c == ' ' || c == '\t';
  }
  if (c == '\r')
    self->state = SIZE_LF;
  return c == '\r' || is_text (c);
}

static gboolean
step_trailer (HnHttpBody *self, char c)
{
  if (++self->line_bytes > LINE_BYTES_MAX)
    return FALSE;
  if (self->state == TRAILER) {
    if (c == '\r')
      self->state = LAST_LF;
    else
      self->state = TRAILER_NAME;
    return c == '\r' || is_name_char (c);
  }
  if (self->state == TRAILER_NAME) {
    if (c == ':')
      self->state = TRAILER_VALUE;
    return c == ':' || is_name_char (c);
  }
  if (c == '\r')
    self->state = TRAILER_LF;
  return c == '\r' || is_text (c);
}

static gboolean
step_line_feed (HnHttpBody *self, char c)
{
  if (c != '\n')
    return FALSE;
  if (self->state == LAST_LF) {
    self->state = DONE;
  } else if (self->state == TRAILER_LF) {
    self->state = TRAILER;
  } else if (self->state == DATA_LF) {
    self->state = SIZE;
    self->digits = 0;
    self->left_bytes = 0;
  } else {
    self->state = self->left_bytes > 0 ? DATA : TRAILER;
    self->line_bytes = 0;
  }
  return TRUE;
}

static gboolean
step (HnHttpBody *self, char c)
{
  switch ((State) self->state) {
  case SIZE:
    return step_size (self, c);
  case SIZE_SPACE:
  case EXTENSION:
    return step_extension (self, c);
  case DATA_CR:
    self->state = DATA_LF;
    return c == '\r';
  case TRAILER:
  case TRAILER_NAME:
  case TRAILER_VALUE:
    return step_trailer (self, c);
  case SIZE_LF:
  case DATA_LF:
  case TRAILER_LF:
  case LAST_LF:
    return step_line_feed (self, c);
  case DATA:
  case DONE:
    break;
  }
  return FALSE;
}

/* Takes as much data as there is of this chunk or length. */
static gsize
take_data (HnHttpBody *self, gsize available)
{
  gsize n = (gint64) available < self->left_bytes ? available : (gsize) self->left_bytes;

  self->left_bytes -= (gint64) n;
  if (self->left_bytes == 0)
    self->state = self->kind == HN_HTTP_BODY_CHUNKED ? DATA_CR : DONE;
  return n;
}

gboolean
hn_http_body_feed (HnHttpBody *self, char *bytes, gsize length, gsize *ret_used, gsize *ret_payload, GError **error)
{
  gsize used = 0;
  gsize payload = 0;

  if (self->kind == HN_HTTP_BODY_UNTIL_CLOSE)
    used = payload = length;
  while (used < length && self->state != DONE) {
    if (self->state == DATA) {
      gsize n = take_data (self, length - used);

      if (payload != used)
        memmove (bytes + payload, bytes + used, n);
      payload += n;
      used += n;
    } else if (!step (self, bytes[used++])) {
      g_set_error_literal (error, HN_ERROR, HN_ERROR_PROTOCOL, "the body's chunks are malformed");
      return FALSE;
    }
  }
  *ret_used = used;
  *ret_payload = payload;
  return TRUE;
}
