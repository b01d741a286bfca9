/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: a `/`, a `\` or a NUL that was hidden by an escape, and an escape that is none, make it no segment at all; a dot segment neither. Then white space alone is
 * blank; then only what an id may hold stays. */
#include "rooms/room-id.h"

static gboolean
is_kept (guint8 c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_';
}

/* One byte of the segment at @at, escapes read; FALSE for an escape that is none. */
static gboolean
read_byte (HnSlice segment, gsize *at, guint8 *ret_byte)
{
  int high, low;

  if (segment.text[*at] != '%') {
    *ret_byte = (guint8) segment.text[(*at)++];
    return TRUE;
  }
  if (segment.length - *at < 3)
    return FALSE;
  high = g_ascii_xdigit_value (segment.text[*at + 1]);
  low = g_ascii_xdigit_value (segment.text[*at + 2]);
  if (high < 0 || low < 0)
    return FALSE;
  *ret_byte = (guint8) (high * 16 + low);
  *at += 3;
  return TRUE;
}

/* The segment with its escapes read, or NULL when it is none. */
static GString *
decode (HnSlice segment)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize at = 0;
  guint8 byte;

  while (at < segment.length) {
    if (!read_byte (segment, &at, &byte) || byte == '/' || byte == '\\' || byte == '\0')
      return NULL;
    g_string_append_c (text, (char) byte);
  }
  if (text->len == 0 || g_str_equal (text->str, ".") || g_str_equal (text->str, ".."))
    return NULL;
  return g_steal_pointer (&text);
}

static gboolean
is_blank (const GString *text)
{
  for (gsize i = 0; i < text->len; i++)
    if (!g_ascii_isspace (text->str[i]))
      return FALSE;
  return TRUE;
}

HnRoomIdVerdict
hn_room_id_decide (HnSlice segment, gboolean strict, char **ret_id)
{
  g_autoptr (GString) text = decode (segment);
  char id[HN_ROOM_ID_MAX + 1];
  gsize length = 0;

  *ret_id = NULL;
  if (text == NULL)
    return HN_ROOM_ID_NOWHERE;
  if (is_blank (text))
    return HN_ROOM_ID_BLANK;
  for (gsize i = 0; i < text->len; i++) {
    guint8 c = (guint8) text->str[i];

    if (c >= 0x80 || (!is_kept (c) && strict) || (is_kept (c) && length == HN_ROOM_ID_MAX))
      return HN_ROOM_ID_WRONG;
    if (is_kept (c))
      id[length++] = (char) c;
  }
  if (length == 0)
    return HN_ROOM_ID_WRONG;
  *ret_id = g_strndup (id, length);
  return HN_ROOM_ID_GOOD;
}
